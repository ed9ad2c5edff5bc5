// What the programs write to: standard output and error, their width, colour and progress, and tables that fit.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sync/console/answer.hpp"

namespace satchel::console {

struct Terminal {
    std::size_t width = 0;  // 0: no terminal, lines may be as long as they like
    bool colour = false;    // never with NO_COLOR set or TERM=dumb
};
Terminal terminal_of(int fd);  // asks the descriptor and the environment

// Rows under headings, in columns that fit the terminal: cells are wrapped, never cut. Cells are made printable.
struct Table {
    std::vector<std::string> headings;
    std::vector<std::vector<std::string>> rows;
};
std::string to_text(const Table& table, const Terminal& terminal);

// Any answer in words, for commands that need no better ones: "Heading: value" lines, a table for each list of objects.
// snake_case names become words.
std::string describe(const Json& body, const Terminal& terminal);
std::string in_words(std::string_view snake_case);  // "received_at" -> "Received at"

using PlainText = std::string (*)(const Json& body, const Terminal& terminal);

// How far long work has got. May be called from the thread that does the work, as often as it likes: what is shown is
// limited to ten times a second. A phase that is never reported shows nothing.
class Progress {
public:
    virtual ~Progress() = default;
    // `total` 0: not known.
    virtual void report(std::string_view phase, std::uint64_t done, std::uint64_t total) = 0;
};

// Writes to standard output and error. One per process; its functions may be called from any thread.
class Output {
public:
    Output(bool json, Side side);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    [[nodiscard]] bool json() const noexcept { return json_; }
    [[nodiscard]] const Terminal& out() const noexcept { return out_; }

    // A bar on a terminal; {"event":"progress","phase",…} lines on standard error with --json; otherwise nothing.
    [[nodiscard]] Progress& progress() noexcept;

    // One object of a stream, whole and at once, without "v" and "ok": they are added. Without --json it is told in
    // words.
    void event(const Json& body, PlainText plain = describe);
    // Exactly this line, for output that has a form of its own (an export).
    void raw_line(std::string_view line);

    // A problem of something that goes on all the same (a server): on standard error, as an object with --json.
    void warn(const Error& error);
    // Something worth knowing of something that goes on: one line on standard error.
    void note(const Json& event);

    // The end of a command: writes the answer or the error and returns the exit code. A standard output that cannot be
    // written to is a failure, except that nobody is told.
    int finish(const Result<Answer>& answer, PlainText plain = describe);
    int finish(const ErrorWords& words);

private:
    struct Bar;
    void write(int fd, std::string_view text);

    bool json_;
    Side side_;
    Terminal out_;
    Terminal err_;
    bool failed_ = false;
    std::unique_ptr<Bar> bar_;
};

}  // namespace satchel::console
