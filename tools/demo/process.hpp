// Runs one of the programs as a user would: arguments, standard input, a passphrase on a descriptor of its own.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace satchel::demo {

struct Finished {
    int exit_code = -1;  // 128 + signal when killed
    std::string out;
    std::string err;
    std::chrono::milliseconds took{};
};

struct Invocation {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    std::string input;
    std::optional<std::string> passphrase;  // given on descriptor 3
    std::chrono::seconds limit{120};        // killed after that
    std::filesystem::path log = {};         // of a Background: its standard error; empty: nowhere
};

// The same, run by another program, such as a tracer; no words: as it is.
Invocation under_another(Invocation what, const std::vector<std::string>& words);

// Waits for the program to end. Throws std::runtime_error when it cannot be started.
Finished run(const Invocation& invocation);

// A program that goes on running: the hub while it serves.
class Background {
public:
    Background() = default;
    // Returns when the program printed its first line, which is kept; throws when it ends or stays silent before that.
    explicit Background(const Invocation& invocation);
    Background(Background&& other) noexcept { *this = std::move(other); }
    Background& operator=(Background&& other) noexcept;
    ~Background() { stop(); }

    [[nodiscard]] bool running() const noexcept { return pid_ > 0; }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }  // negative: none
    [[nodiscard]] const std::string& first_line() const noexcept { return first_line_; }
    int stop();  // SIGTERM, then waits; the exit code
    void kill(); // SIGKILL

private:
    pid_t pid_ = -1;
    int out_ = -1;
    std::string first_line_;
};

}  // namespace satchel::demo
