// The frame of a program: words in, one command run, answer or error out. Everything that both programs do alike.
#pragma once

#include <functional>

#include "sync/console/command_line.hpp"
#include "sync/console/input.hpp"
#include "sync/console/private_socket.hpp"
#include "sync/console/terminal.hpp"

namespace satchel::console {

struct Call {
    const Invocation& invocation;
    Output& output;
    Input& input;
};
using Runner = std::function<Result<Answer>(Call&)>;

// Parses, shows help or the mistake, or runs the command and tells its answer; returns the exit code. What throws is
// told as a bug. Sets what every file and every dump of the process needs: no rights for others, no core dumps.
int run_program(const ProgramSpec& program, Side side, int argc, char** argv, const Runner& runner);

}  // namespace satchel::console
