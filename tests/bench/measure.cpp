#include "tests/bench/measure.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include <boost/json.hpp>

namespace satchel::bench {
namespace {

namespace fs = std::filesystem;

std::string number(double value)
{
    std::array<char, 64> text{};
    const char* const format = value >= 1000 ? "%.0f" : value >= 100 ? "%.1f" : "%.2f";
    std::snprintf(text.data(), text.size(), format, value);
    std::string out = text.data();
    if (value >= 1000)
        for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
            out.insert(static_cast<std::size_t>(at), ",");
    return out;
}

std::uint64_t status_line(pid_t process, const std::string& wanted)
{
    std::ifstream file("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(wanted + ":"))
            return std::strtoull(line.c_str() + wanted.size() + 1, nullptr, 10);
    die("no " + wanted + " of process " + std::to_string(process));
}

}  // namespace

void die(const std::string& why)
{
    throw std::runtime_error(why);  // to main, so that the hub and the folder do not stay behind
}

Instant RealClock::now() const
{
    using namespace std::chrono;
    return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

double wall_seconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    return of(used.ru_utime) + of(used.ru_stime);
}

double cpu_seconds(pid_t process)
{
    double nanoseconds = 0;
    std::error_code gone;
    for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
        std::ifstream file(thread.path() / "schedstat");
        double ran = 0;
        file >> ran;
        nanoseconds += ran;
    }
    return nanoseconds / 1e9;
}

double load()
{
    double one = 0;
    return ::getloadavg(&one, 1) == 1 ? one : -1;
}

std::uint64_t peak_kib(pid_t process) { return status_line(process, "VmHWM"); }
std::uint64_t resident_kib(pid_t process) { return status_line(process, "VmRSS"); }

void reset_peak(pid_t process)
{
    std::ofstream file("/proc/" + std::to_string(process) + "/clear_refs");
    file << "5" << std::flush;
    if (!file)
        die("the peak of process " + std::to_string(process) + " cannot be reset");
}

double median(std::vector<double> values)
{
    if (values.empty())
        die("a median of nothing");
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

std::optional<double> Figure::ratio() const
{
    if (!raw || *raw == 0)
        return std::nullopt;
    return better == Better::higher ? *raw / measured : measured / *raw;
}

std::optional<bool> Figure::met() const
{
    if (!must)
        return std::nullopt;
    if (must_is_ratio)
        return ratio() && *ratio() <= *must;
    return better == Better::higher ? measured >= *must : measured <= *must;
}

void Table::head() const
{
    std::printf("%-54s %12s %-6s %12s %7s %9s %9s  %s\n", "figure", "measured", "unit", "raw limit", "times", "must", "aim",
                "");
}

void Table::add(Figure figure)
{
    const auto ratio = figure.ratio();
    const auto met = figure.met();
    const auto wanted = figure.must ? (figure.must_is_ratio ? "x" : "") + number(*figure.must) : std::string("-");
    std::printf("%-54s %12s %-6s %12s %7s %9s %9s  %-6s %s\n", figure.name.c_str(), number(figure.measured).c_str(),
                figure.unit.c_str(), figure.raw ? number(*figure.raw).c_str() : "-",
                ratio ? number(*ratio).c_str() : "-", wanted.c_str(), figure.aim ? number(*figure.aim).c_str() : "-",
                !met ? "" : *met ? "ok" : "MISSED", figure.note.c_str());
    std::fflush(stdout);
    figures_.push_back(std::move(figure));
}

std::size_t Table::missed() const
{
    return static_cast<std::size_t>(
        std::count_if(figures_.begin(), figures_.end(), [](const auto& f) { return f.met() == false; }));
}

std::string Table::json(const std::string& size) const
{
    namespace json = boost::json;
    json::array lines;
    for (const auto& f : figures_) {
        json::object line{{"figure", f.name}, {"unit", f.unit}, {"measured", f.measured}};
        const auto put = [&](const char* name, const std::optional<double>& value) {
            if (value)
                line[name] = *value;
        };
        put("raw", f.raw);
        put("times_raw", f.ratio());
        put(f.must_is_ratio ? "must_times_raw" : "must", f.must);
        put("aim", f.aim);
        if (const auto met = f.met())
            line["met"] = *met;
        if (!f.note.empty())
            line["note"] = f.note;
        lines.push_back(std::move(line));
    }
    const json::object out{{"size", size},
                           {"processors", std::thread::hardware_concurrency()},
                           {"load", load()},
                           {"missed", missed()},
                           {"figures", std::move(lines)}};
    return json::serialize(out) + "\n";
}

void Table::summary() const
{
    const auto musts = std::count_if(figures_.begin(), figures_.end(), [](const auto& f) { return f.must.has_value(); });
    std::printf("\n%zu figures, %td of them with a must: %zu missed. Load %.2f on %u processors.\n", figures_.size(), musts,
                missed(), load(), std::thread::hardware_concurrency());
}

}  // namespace satchel::bench
