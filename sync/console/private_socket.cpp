#include "sync/console/private_socket.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <list>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace satchel::console {
namespace {

constexpr std::size_t connections_max = 32;
constexpr std::chrono::seconds request_within{30};  // a peer of the same user that says nothing

class Fd {
public:
    explicit Fd(int fd = -1) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

std::string reason(int error)
{
    return std::strerror(error);
}

// A path that is too long for a socket's address goes by way of its folder's descriptor.
struct Address {
    sockaddr_un name{};
    Fd folder;
};
Result<Address> address_of(const std::string& path)
{
    Address out;
    out.name.sun_family = AF_UNIX;
    auto text = path;
    if (text.size() >= sizeof out.name.sun_path) {
        const std::filesystem::path whole(path);
        out.folder = Fd(::open(whole.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (out.folder.get() < 0)
            return fail(errno == ENOENT ? Errc::not_found : Errc::io_error,
                        "the folder of the socket: " + reason(errno));
        text = "/proc/self/fd/" + std::to_string(out.folder.get()) + "/" + whole.filename().string();
        if (text.size() >= sizeof out.name.sun_path)
            return fail(Errc::invalid_argument, "the name of the socket is too long");
    }
    std::memcpy(out.name.sun_path, text.c_str(), text.size() + 1);
    return out;
}

Fd new_socket()
{
    return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

bool same_user(int fd) noexcept
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    return peer.uid == ::geteuid() || peer.uid == 0;
}

void limit_waiting(int fd, std::chrono::seconds limit) noexcept
{
    const timeval time{limit.count(), 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

bool send_all(int fd, ByteView bytes) noexcept
{
    while (!bytes.empty()) {
        const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

// Lines and counted bytes of one connection.
class LineReader {
public:
    explicit LineReader(int fd) noexcept : fd_(fd) {}

    Result<std::string> line(std::size_t bytes_max)
    {
        for (;;) {
            if (const auto end = held_.find('\n', searched_); end != std::string::npos) {
                auto out = held_.substr(0, end);
                held_.erase(0, end + 1);
                searched_ = 0;
                return out;
            }
            searched_ = held_.size();
            if (held_.size() > bytes_max)
                return fail(Errc::too_large, "a line of more than " + std::to_string(bytes_max) + " bytes");
            SATCHEL_TRYV(more());
        }
    }
    Result<Bytes> bytes(std::size_t count)
    {
        Bytes out;
        while (out.size() + held_.size() < count) {
            out.insert(out.end(), held_.begin(), held_.end());
            held_.clear();
            SATCHEL_TRYV(more());
        }
        const auto rest = count - out.size();
        out.insert(out.end(), held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(rest));
        held_.erase(0, rest);
        searched_ = 0;
        return out;
    }

private:
    Result<void> more()
    {
        char part[65536];
        ssize_t n = 0;
        do
            n = ::recv(fd_, part, sizeof part, 0);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            return fail(errno == EAGAIN ? Errc::timed_out : Errc::io_error, "the private socket: " + reason(errno));
        if (n == 0)
            return fail(Errc::closed, "the private socket was closed before the end");
        held_.append(part, static_cast<std::size_t>(n));
        return {};
    }

    int fd_;
    std::string held_;
    std::size_t searched_ = 0;
};

// Lets one command run at a time, in the order in which they came: one that steps in and out all the time leaves room for
// the others. (A timed mutex would do for the rest; g++ 12's thread sanitizer does not know its clock.)
class Turnstile {
public:
    bool enter(std::chrono::milliseconds wait)
    {
        std::unique_lock lock(mutex_);
        const auto mine = waiting_.insert(waiting_.end(), ++number_);
        const bool entered =
            free_.wait_for(lock, wait, [&] { return !taken_ && waiting_.front() == *mine; });
        waiting_.erase(mine);
        taken_ = taken_ || entered;
        if (!entered)
            free_.notify_all();  // it may have stood before somebody
        return entered;
    }
    void leave()
    {
        {
            const std::lock_guard lock(mutex_);
            taken_ = false;
        }
        free_.notify_all();
    }
    [[nodiscard]] bool taken() const
    {
        const std::lock_guard lock(mutex_);
        return taken_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable free_;
    bool taken_ = false;
    std::uint64_t number_ = 0;
    std::list<std::uint64_t> waiting_;
};

// Whose turn it is: everybody's, and of those who step aside.
struct Turns {
    explicit Turns(std::chrono::milliseconds busy_after) : busy(busy_after) {}
    std::chrono::milliseconds busy;
    Turnstile all, asides;
};

// Progress and lines of a command, sent to whoever asked for it. When they are gone the command goes on to its end.
class SentReplies final : public Replies, Progress {
public:
    SentReplies(int fd, Turns* turns) noexcept : fd_(fd), turns_(turns) {}

    Progress& progress() override { return *this; }
    void report(std::string_view phase, std::uint64_t done, std::uint64_t total) override
    {
        const auto now = std::chrono::steady_clock::now();
        if (phase == phase_ && now - sent_ < std::chrono::milliseconds(100) && !(total != 0 && done >= total))
            return;
        phase_ = phase;
        sent_ = now;
        send(Json::object({{"event", "progress"}, {"phase", phase}, {"done", done}, {"total", total}}));
    }
    void line(std::string_view line) override { send(Json::object({{"event", "line"}, {"line", line}})); }
    void send(const Json& json)
    {
        if (!gone_)
            gone_ = !send_all(fd_, view(to_text(json) + "\n"));
    }

    Result<void> will_step_aside() override
    {
        if (may_)
            return {};
        turns_->all.leave();
        may_ = turns_->asides.enter(turns_->busy);
        enter();
        if (!may_)
            return fail(Errc::busy, "another command that takes long has been running for a while");
        return {};
    }
    void step_aside() override
    {
        SATCHEL_CHECK(may_ && !aside_);
        aside_ = true;
        turns_->all.leave();
    }
    void step_in() override
    {
        SATCHEL_CHECK(aside_);
        enter();
        aside_ = false;
    }
    [[nodiscard]] bool another_stepped_aside() const override { return !may_ && turns_->asides.taken(); }
    // The command is over, however it ended.
    void leave()
    {
        if (may_)
            turns_->asides.leave();
        if (!aside_)
            turns_->all.leave();
    }

private:
    void enter()
    {
        while (!turns_->all.enter(std::chrono::hours(1))) {
        }
    }

    int fd_;
    Turns* turns_;
    bool may_ = false, aside_ = false;
    bool gone_ = false;
    std::string phase_;
    std::chrono::steady_clock::time_point sent_{};
};

Result<Request> read_request(LineReader& reader)
{
    SATCHEL_TRY(const auto line, reader.line(request_bytes_max));
    SATCHEL_TRY(const auto json, parse_json(line, {request_bytes_max, 8}));
    if (json.at("v").integer() != 1)
        return fail(Errc::version_mismatch, "the server that runs is of another version");
    Request request;
    SATCHEL_TRY(request.invocation, invocation_from(json));
    const auto size = json.at("input_bytes").integer();
    if (size < 0 || static_cast<std::size_t>(size) > input_bytes_max)
        return fail(Errc::too_large, "input of more than " + std::to_string(input_bytes_max) + " bytes");
    SATCHEL_TRY(request.input, reader.bytes(static_cast<std::size_t>(size)));
    return request;
}

Json ended(const Result<Answer>& answer)
{
    if (answer)
        return Json::object({{"event", "answer"},
                             {"ok", answer->ok},
                             {"exit", static_cast<int>(answer->exit)},
                             {"body", answer->body}});
    // The side that asks chooses the words; the place in the source stays here.
    return Json::object(
        {{"event", "error"}, {"code", static_cast<int>(answer.error().code)}, {"detail", answer.error().detail}});
}

}  // namespace

struct SocketServer::Impl {
    std::string path;
    Handler handler;
    Turns turns{busy_after};
    Fd listener;
    Fd wake;  // an eventfd: stop() has been called
    std::mutex guard;  // of `threads`
    struct Thread {
        std::thread thread;
        std::atomic<bool> ended{false};
        int fd = -1;
        std::atomic<bool> reading{true};
    };
    std::list<Thread> threads;
    std::thread acceptor;
    std::atomic<bool> stopping{false};

    // A command that throws ends its own request and no other.
    Result<Answer> handled(const Request& request, Replies& replies)
    {
        try {
            return handler(request, replies);
        } catch (const std::exception& thrown) {
            return fail(Errc::bug, thrown.what());
        }
    }

    void serve(Thread& self, Fd connection)
    {
        limit_waiting(connection.get(), request_within);
        LineReader reader(connection.get());
        SentReplies replies(connection.get(), &turns);
        auto request = read_request(reader);
        self.reading = false;
        if (!request) {
            replies.send(ended(tl::unexpected(request.error())));
        } else if (!turns.all.enter(turns.busy)) {
            replies.send(ended(fail(Errc::busy, "another command has been running for a while")));
        } else {
            const auto answer = handled(*request, replies);
            replies.leave();
            replies.send(ended(answer));
        }
        {
            const std::lock_guard lock(guard);
            self.fd = -1;  // stop() may not touch a number that somebody else may get
        }
        self.ended = true;
    }

    void reap()
    {
        const std::lock_guard lock(guard);
        for (auto at = threads.begin(); at != threads.end();) {
            if (!at->ended) {
                ++at;
                continue;
            }
            at->thread.join();
            at = threads.erase(at);
        }
    }

    void accept_all()
    {
        for (;;) {
            pollfd waiting[] = {{listener.get(), POLLIN, 0}, {wake.get(), POLLIN, 0}};
            if (::poll(waiting, 2, -1) < 0 && errno != EINTR)
                return;
            if (stopping)
                return;
            reap();
            Fd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (connection.get() < 0) {
                if (errno == EMFILE || errno == ENFILE)
                    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // others close theirs meanwhile
                continue;
            }
            if (!same_user(connection.get()))
                continue;
            const std::lock_guard lock(guard);
            if (threads.size() >= connections_max) {
                SentReplies(connection.get(), nullptr).send(ended(fail(Errc::busy, "too many commands at once")));
                continue;
            }
            auto& entry = threads.emplace_back();
            entry.fd = connection.get();
            entry.thread = std::thread(&Impl::serve, this, std::ref(entry), std::move(connection));
        }
    }
};

Result<std::unique_ptr<SocketServer>> SocketServer::start(const std::string& path, Handler handler,
                                                          std::chrono::milliseconds busy)
{
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->handler = std::move(handler);
    impl->turns.busy = busy;
    SATCHEL_TRY(const auto address, address_of(path));
    impl->listener = new_socket();
    impl->wake = Fd(::eventfd(0, EFD_CLOEXEC));
    if (impl->listener.get() < 0 || impl->wake.get() < 0)
        return fail(Errc::io_error, "a socket: " + reason(errno));
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode))
            return fail(Errc::io_error, path + " is in the way: it is no socket");
        ::unlink(path.c_str());
    }
    // Linux gives the file the mode of the descriptor: there is no moment at which others could connect.
    ::fchmod(impl->listener.get(), 0600);
    if (::bind(impl->listener.get(), reinterpret_cast<const sockaddr*>(&address.name), sizeof address.name) != 0 ||
        ::chmod(path.c_str(), 0600) != 0 || ::listen(impl->listener.get(), 16) != 0)
        return fail(Errc::io_error, path + ": " + reason(errno));
    auto* raw = impl.get();
    impl->acceptor = std::thread([raw] { raw->accept_all(); });
    return std::unique_ptr<SocketServer>(new SocketServer(std::move(impl)));
}

SocketServer::SocketServer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

SocketServer::~SocketServer()
{
    stop();
}

void SocketServer::stop()
{
    if (impl_->stopping.exchange(true))
        return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(impl_->wake.get(), &one, sizeof one);
    impl_->acceptor.join();
    ::unlink(impl_->path.c_str());
    {
        const std::lock_guard lock(impl_->guard);
        for (auto& entry : impl_->threads)
            if (entry.reading && entry.fd >= 0)
                ::shutdown(entry.fd, SHUT_RD);  // has not said what it wants: is told that it is over
    }
    for (auto& entry : impl_->threads)
        entry.thread.join();
    impl_->threads.clear();
}

Result<std::optional<Answer>> ask_server(const std::string& path, const Request& request, Output& output)
{
    auto address = address_of(path);
    if (!address) {
        if (address.error().code == Errc::not_found)
            return std::optional<Answer>{};
        return tl::unexpected(address.error());
    }
    const auto connection = new_socket();
    if (connection.get() < 0)
        return fail(Errc::io_error, "a socket: " + reason(errno));
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address->name), sizeof address->name) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
            return std::optional<Answer>{};
        if (errno == EACCES || errno == EPERM)
            return fail(Errc::refused, "the folder belongs to another user");
        return fail(Errc::io_error, "the private socket: " + reason(errno));
    }
    if (!same_user(connection.get()))
        return fail(Errc::refused, "the process that serves here belongs to another user");

    auto asked = to_json(request.invocation);
    asked["v"] = 1;
    asked["input_bytes"] = request.input.size();
    const auto text = to_text(asked) + "\n";
    if (text.size() > request_bytes_max)
        return fail(Errc::too_large,
                    "the command's words are longer than " + std::to_string(request_bytes_max) + " bytes");
    // A server that refuses early closes: its answer is read all the same.
    if (send_all(connection.get(), view(text)))
        send_all(connection.get(), request.input);

    LineReader reader(connection.get());
    for (;;) {
        SATCHEL_TRY(const auto line, reader.line(reply_bytes_max));
        SATCHEL_TRY(const auto json, parse_json(line, {reply_bytes_max + 1, 64}));
        const auto& event = json.at("event").text();
        if (event == "progress") {
            output.progress().report(json.at("phase").text(), static_cast<std::uint64_t>(json.at("done").integer()),
                                     static_cast<std::uint64_t>(json.at("total").integer()));
        } else if (event == "line") {
            output.raw_line(json.at("line").text());
        } else if (event == "answer") {
            return std::optional(
                Answer{json.at("body"), static_cast<Exit>(json.at("exit").integer()), json.at("ok").boolean()});
        } else if (event == "error") {
            return fail(static_cast<Errc>(json.at("code").integer()), json.at("detail").text());
        } else {
            return fail(Errc::protocol_violation, "the private socket answered what is not known here");
        }
    }
}

}  // namespace satchel::console
