#include "sync/console/program.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace satchel::console {
namespace {

void keep_private()
{
    ::umask(077);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__  // its leak check reads the process from outside
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

Result<Answer> guarded(const Runner& runner, Call& call)
{
    try {
        return runner(call);
    } catch (const std::bad_alloc&) {
        return fail(Errc::io_error, "the machine has not enough memory");
    } catch (const std::exception& thrown) {
        return fail(Errc::bug, thrown.what());
    }
}

}  // namespace

int run_program(const ProgramSpec& program, Side side, int argc, char** argv, const Runner& runner)
{
    keep_private();
    std::signal(SIGXFSZ, SIG_IGN);  // no room is an error to be told of, not an end
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (words == std::vector<std::string>{"--version"}) {
        Output(/*json=*/false, side).raw_line(program.name + " " SATCHEL_VERSION);
        return static_cast<int>(Exit::ok);
    }
    auto parsed = parse(program, words);
    const auto* invocation = std::get_if<Invocation>(&parsed);
    // After a mistake the words say best how the caller wants to be told.
    const bool json =
        invocation ? invocation->has("json") : std::find(words.begin(), words.end(), "--json") != words.end();
    Output output(json, side);
    if (const auto* help = std::get_if<Help>(&parsed)) {
        auto text = help->text;
        if (text.ends_with('\n'))
            text.pop_back();
        output.raw_line(text);
        return static_cast<int>(Exit::ok);
    }
    if (const auto* mistake = std::get_if<ErrorWords>(&parsed))
        return output.finish(*mistake);
    Input input;
    Call call{*invocation, output, input};
    const auto* command = program.command(invocation->command);
    return output.finish(guarded(runner, call), command->plain);
}

}  // namespace satchel::console
