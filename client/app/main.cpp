// satchel: the device.
#include "client/app/local.hpp"
#include "crypto/random.hpp"
#include "sync/console/system_clock.hpp"

int main(int argc, char** argv)
{
    using namespace satchel;
    crypto::PosixFiles files;
    const console::SystemClock clock;
    crypto::SystemRandom random;
    const client::app::World world{files, clock, random};
    return console::run_program(client::app::program(), console::Side::device, argc, argv,
                                [&](console::Call& call) { return client::app::run(call, world); });
}
