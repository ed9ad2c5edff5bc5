// How the tests and the demonstration run programs.
#include "tools/demo/process.hpp"

#include <gtest/gtest.h>

namespace satchel::demo {
namespace {

// It ended a whole test program without a word, on a busy machine.
TEST(Process, AProgramThatEndsWithoutReadingItsInputDoesNotEndOurs)
{
    Invocation what;
    what.program = "/bin/false";
    what.input = std::string(4u << 20, 'x');
    for (int i = 0; i < 20; ++i)  // most of the time the pipe is found closed before it is written to
        EXPECT_EQ(run(what).exit_code, 1);
}

}  // namespace
}  // namespace satchel::demo
