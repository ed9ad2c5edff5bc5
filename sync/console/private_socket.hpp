// The private socket of a running `serve`: other commands of the same user go through it, so that one process holds the
// store. A request is one line of JSON, then as many bytes of input as it says; the answer is lines of JSON: progress,
// lines of a stream, and at the end the answer with its exit code.
//
// The socket lies in the program's own folder with mode 0600, and both ends ask the kernel who the other is: nobody but
// the same user (or root) is served or believed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "schema/base/bytes.hpp"
#include "sync/console/answer.hpp"
#include "sync/console/command_line.hpp"
#include "sync/console/terminal.hpp"

namespace satchel::console {

inline constexpr std::size_t request_bytes_max = 1u << 20;    // one line
inline constexpr std::size_t reply_bytes_max = 64u << 20;     // one line
inline constexpr std::size_t input_bytes_max = 1024u << 20;   // what follows a request: an import
inline constexpr std::chrono::milliseconds busy_after{5000};  // parallel commands wait this long for each other

struct Request {
    Invocation invocation;
    Bytes input;  // a file or standard input, read by the one who asks
};

// Where a command puts what comes before its end; the same for a command that runs in its own process.
class Replies {
public:
    virtual ~Replies() = default;
    virtual Progress& progress() = 0;
    virtual void line(std::string_view line) = 0;  // of a stream, in a form of its own

    // For a command that waits for something outside, such as a bad network: others run while it has stepped aside.
    // First it says that it will; one at a time may, until its end. busy: another one does.
    virtual Result<void> will_step_aside() { return {}; }
    virtual void step_aside() {}
    virtual void step_in() {}  // waits for the one that runs
    [[nodiscard]] virtual bool another_stepped_aside() const { return false; }
};

// Runs one command. May be called from any thread, one call at a time.
using Handler = std::function<Result<Answer>(const Request&, Replies&)>;

// Answers in threads of its own from construction to stop().
class SocketServer {
public:
    // A socket left behind by a process that died is replaced: the caller holds the store, so nobody else serves it.
    // io_error; invalid_argument when the path is too long for a socket.
    // `busy`: how long a request waits for the one before it.
    static Result<std::unique_ptr<SocketServer>> start(const std::string& path, Handler handler,
                                                       std::chrono::milliseconds busy = busy_after);
    ~SocketServer();
    SocketServer(const SocketServer&) = delete;
    SocketServer& operator=(const SocketServer&) = delete;

    // Takes no new request, lets the one that runs end, removes the socket.
    void stop();

private:
    struct Impl;
    explicit SocketServer(std::unique_ptr<Impl> impl) noexcept;
    std::unique_ptr<Impl> impl_;
};

// Asks whoever serves at `path`. Nothing when nobody does; otherwise the answer or the error, as if the command had run
// here. Also: refused, when the socket belongs to another user; closed, when the server went away before the end.
Result<std::optional<Answer>> ask_server(const std::string& path, const Request& request, Output& output);

// For commands that run here.
class LocalReplies final : public Replies {
public:
    explicit LocalReplies(Output& output) noexcept : output_(output) {}
    Progress& progress() override { return output_.progress(); }
    void line(std::string_view line) override { output_.raw_line(line); }

private:
    Output& output_;
};

}  // namespace satchel::console
