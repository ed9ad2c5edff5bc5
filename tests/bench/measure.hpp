// Clocks and counters of a measurement, and the table that figures end in.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "schema/base/ports.hpp"
#include "schema/base/result.hpp"

namespace satchel::bench {

[[noreturn]] void die(const std::string& why);

// A measurement that cannot be made ends the run.
template <class T>
T must(Result<T> result)
{
    if (!result)
        die(std::string(name(result.error().code)) + ": " + result.error().detail);
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

class RealClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override;
};

double wall_seconds();                   // since some moment
double cpu_seconds();                    // of this process, all its threads, ended ones included
double cpu_seconds(pid_t process);       // of another, as far as its threads live
double load();                           // of the machine, over a minute
std::uint64_t peak_kib(pid_t process);   // resident, since the start or reset_peak()
std::uint64_t resident_kib(pid_t process);
void reset_peak(pid_t process);

double median(std::vector<double> values);

enum class Better : std::uint8_t { higher, lower };

// One line of the table. `raw` is the limit measured in the same run on the same bytes.
struct Figure {
    std::string name;
    std::string unit;
    double measured = 0;
    std::optional<double> raw = {};
    std::optional<double> must = {};
    std::optional<double> aim = {};
    Better better = Better::lower;
    std::string note = {};                // conditions: processor time, what the limit is
    bool must_is_ratio = false;           // of the raw limit

    [[nodiscard]] std::optional<double> ratio() const;
    [[nodiscard]] std::optional<bool> met() const;  // nothing: no must
};

class Table {
public:
    void add(Figure figure);  // and prints it
    void head() const;
    [[nodiscard]] std::size_t missed() const;
    [[nodiscard]] std::string json(const std::string& size) const;
    void summary() const;

private:
    std::vector<Figure> figures_;
};

}  // namespace satchel::bench
