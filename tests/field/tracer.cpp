#include "tests/field/tracer.hpp"

#include <fstream>

#include "tools/demo/process.hpp"

namespace satchel::field {
namespace {

constexpr const char* program = "/usr/bin/strace";

std::vector<std::string> words(const std::string& output, const std::string& calls)
{
    // -D: the program is our child, and its end and its signals are ours; the tracer stands beside it.
    return {program, "-D", "-f", "-qq", "-o", output, "-e", "trace=" + calls};
}

}  // namespace

std::vector<std::string> Injection::under() const
{
    auto out = words("/dev/null", call);
    out.insert(out.end(), {"-e", "inject=" + call + (what == "KILL" ? ":signal=KILL" : ":error=" + what) +
                                     ":when=" + std::to_string(at) + (lasting ? "+" : "")});
    return out;
}

bool can_trace()
{
    try {
        demo::Invocation what;
        what.program = program;
        what.arguments = {"-D", "-f", "-qq", "-o", "/dev/null", "/bin/true"};
        return demo::run(what).exit_code == 0;
    } catch (const std::exception&) {
        return false;
    }
}

std::vector<std::string> under_counting(const std::string& file)
{
    std::string all;
    for (const auto& call : traced_calls)
        all += (all.empty() ? "" : ",") + call;
    return words(file, all);
}

std::map<std::string, unsigned> counted(const std::string& file)
{
    std::map<std::string, unsigned> out;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        for (const auto& call : traced_calls)
            if (line.find(" " + call + "(") != std::string::npos)
                ++out[call];
    return out;
}

std::vector<Injection> injections(const std::map<std::string, unsigned>& calls, std::size_t most)
{
    std::vector<Injection> all;
    for (const auto& [call, times] : calls)
        for (unsigned at = 1; at <= times; ++at)
            for (const bool lasting : {false, true})
                for (const char* what : {"KILL", "EIO", "ENOSPC"})
                    // A pipe has no disk to fill; what is written to it may be cut off at any place, which KILL does.
                    if (call != "write" || std::string(what) == "KILL")
                        if (!lasting || std::string(what) != "KILL")
                            all.push_back({call, at, what, lasting});
    if (all.size() <= most)
        return all;
    std::vector<Injection> out;
    for (std::size_t i = 0; i < most; ++i)
        out.push_back(all[i * all.size() / most]);
    return out;
}

}  // namespace satchel::field
