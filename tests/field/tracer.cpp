#include "tests/field/tracer.hpp"

#include <algorithm>
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

Calls counted(const std::string& file, const std::string& dir)
{
    Calls out;
    std::map<std::pair<std::string, std::string>, unsigned> so_far;  // by thread and call
    std::ifstream in(file);
    std::string first;
    for (std::string line; std::getline(in, line);) {
        const auto thread = line.substr(0, line.find(' '));
        if (first.empty())
            first = thread;
        for (const auto& call : traced_calls)
            if (line.find(" " + call + "(") != std::string::npos) {
                const auto at = ++so_far[{thread, call}];
                if (call != "openat" || (thread == first && line.find("\"" + dir) != std::string::npos))
                    out[call].insert(at);
            }
    }
    return out;
}

std::vector<Injection> injections(const Calls& calls, std::size_t most)
{
    std::vector<std::vector<Injection>> by_call;
    for (const auto& [call, times] : calls) {
        auto& all = by_call.emplace_back();
        for (const auto at : times)
            for (const bool lasting : {false, true})
                for (const char* what : {"KILL", "EIO", "ENOSPC"})
                    // A pipe has no disk to fill; what is written to it may be cut off at any place, which KILL does.
                    if (call != "write" || std::string(what) == "KILL")
                        if (!lasting || std::string(what) != "KILL")
                            all.push_back({call, at, what, lasting});
    }
    // What the rare ones leave of their share goes to the others.
    std::sort(by_call.begin(), by_call.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    std::vector<Injection> out;
    for (std::size_t i = 0; i < by_call.size(); ++i) {
        const auto& all = by_call[i];
        const auto share = std::min(all.size(), (most - out.size()) / (by_call.size() - i));
        const std::size_t kinds = all.front().call == "write" ? 1 : 5;  // of what may happen at each
        for (std::size_t n = 0; n < share; ++n)
            out.push_back(all[n * all.size() / share / kinds * kinds + (n + i) % kinds]);
    }
    return out;
}

}  // namespace satchel::field
