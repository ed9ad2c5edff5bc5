// What a process of the same user sends to the private socket of a running `serve`: through the real server, its socket
// and its threads.
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sync/console/private_socket.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace satchel::fuzz {
namespace {

using namespace console;

// A server whose command answers with how much input it was given.
class Served {
public:
    Served()
    {
        auto folder = (std::filesystem::temp_directory_path() / "satchel-fuzz-XXXXXX").string();
        promise(::mkdtemp(folder.data()) != nullptr, "a folder");
        path_ = folder + "/control.sock";
        auto started = SocketServer::start(path_, [](const Request& request, Replies& replies) -> Result<Answer> {
            replies.line(request.invocation.command);
            Answer answer;
            answer.body["input"] = request.input.size();
            return answer;
        });
        promise(started.has_value(), "the server serves");
        server_ = std::move(*started);
    }
    ~Served()
    {
        server_->stop();
        std::filesystem::remove_all(std::filesystem::path(path_).parent_path());
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    std::string ask(ByteView bytes)
    {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path_.copy(name.sun_path, sizeof name.sun_path - 1);
        promise(fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0, "the server listens");
        while (!bytes.empty()) {
            const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0)
                break;
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
        ::shutdown(fd, SHUT_WR);
        std::string out;
        char part[4096];
        for (ssize_t n = 0; (n = ::recv(fd, part, sizeof part, 0)) > 0;)
            out.append(part, static_cast<std::size_t>(n));
        ::close(fd);
        return out;
    }

private:
    std::string path_;
    std::unique_ptr<SocketServer> server_;
};

}  // namespace

void run(ByteView input)
{
    static Served served;
    const auto reply = served.ask(input);
    if (reply.empty())
        return;  // hung up: more had come than was wanted
    promise(reply.ends_with('\n'), "a reply is whole lines");
    const auto last = reply.rfind('\n', reply.size() - 2);
    const auto end = parse_json(std::string_view(reply).substr(last == std::string::npos ? 0 : last + 1), {16u << 20, 32});
    promise(end && (end->at("event").text() == "answer" || end->at("event").text() == "error"),
            "each request is told how it ended");
}

}  // namespace satchel::fuzz
