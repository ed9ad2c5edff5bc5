// Where libFuzzer calls a target.
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    satchel::fuzz::run({data, size});
    return 0;
}
