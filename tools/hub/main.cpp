// satchel-hub: the central service and its administration.
#include "crypto/random.hpp"
#include "sync/console/system_clock.hpp"
#include "tools/hub/local.hpp"

int main(int argc, char** argv)
{
    using namespace satchel;
    crypto::PosixFiles files;
    const console::SystemClock clock;
    crypto::SystemRandom random;
    const tools::hub::World world{files, clock, random};
    return console::run_program(tools::hub::program(), console::Side::hub, argc, argv,
                                [&](console::Call& call) { return tools::hub::run(call, world); });
}
