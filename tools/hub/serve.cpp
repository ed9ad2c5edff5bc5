#include "tools/hub/serve.hpp"

#include <atomic>
#include <charconv>
#include <thread>

#include <arpa/inet.h>
#include <sys/resource.h>

#include "sync/console/stop.hpp"
#include "sync/console/turn.hpp"
#include "sync/hub/server.hpp"
#include "sync/hub/session.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;

struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
};

bool is_numeric(const std::string& host)
{
    unsigned char address[sizeof(in6_addr)];
    return ::inet_pton(AF_INET, host.c_str(), address) == 1 || ::inet_pton(AF_INET6, host.c_str(), address) == 1;
}

// "127.0.0.1:7443" or "[::1]:7443".
Result<ListenAddress> parse_listen(std::string_view text)
{
    ListenAddress out;
    const auto colon = text.rfind(':');
    auto host = text.substr(0, colon == std::string_view::npos ? 0 : colon);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    out.host = host;
    const auto port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (port.empty() || failed != std::errc{} || end != port.data() + port.size() || !is_numeric(out.host))
        return fail(Errc::invalid_argument,
                    "--listen is a numeric address and a port, \"127.0.0.1:7443\" or \"[::1]:0\"");
    return out;
}

std::string_view word(sync::SessionNote::What what)
{
    using What = sync::SessionNote::What;
    switch (what) {
    case What::admitted:
        return "admitted";
    case What::enrolled:
        return "enrolled";
    case What::pushed:
        return "pushed";
    case What::pulled:
        return "pulled";
    case What::removed:
        return "removed";
    case What::refused:
        return "refused";
    case What::closed:
        return "closed";
    }
    return "unknown";
}

Json to_json(const sync::SessionNote& note, Instant now)
{
    auto out = Json::object({{"event", "session"}, {"at", now}, {"what", word(note.what)}});
    if (!note.credential.empty())
        out["device"] = note.credential;
    if (note.count != 0)
        out["count"] = note.count;
    if (note.why)
        out["why"] = name(*note.why);
    return out;
}

// Waits for the signal on a thread of its own, so that the server runs on the main one.
class StopWatch {
public:
    StopWatch(const console::StopSignal& signal, std::function<void()> stop)
        : thread_([this, &signal, stop = std::move(stop)] {
              while (!over_)
                  if (signal.wait_for(std::chrono::milliseconds(200))) {
                      stop();
                      return;
                  }
          })
    {
    }
    ~StopWatch()
    {
        over_ = true;
        thread_.join();
    }
    StopWatch(const StopWatch&) = delete;
    StopWatch& operator=(const StopWatch&) = delete;

private:
    std::atomic<bool> over_{false};
    std::thread thread_;
};

// Each connection is an open file, and most systems start programs with room for 1,024.
void allow_many_files()
{
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

Result<Answer> serve(console::Call& call, const World& world)
{
    const auto& in = call.invocation;
    const auto folder = in.one("dir").value_or("");
    SATCHEL_TRY(const auto listen, parse_listen(in.one("listen").value_or("")));
    SATCHEL_TRY(const auto turn, console::take_turn(folder));
    SATCHEL_TRY(const auto home, open_hub(folder, in, world));

    allow_many_files();
    const console::StopSignal stop;  // before the first thread
    sync::ServerConfig config;
    config.host = listen.host;
    config.port = listen.port;
    auto& service = home->service();
    sync::NoteSession note;
    if (in.has("log"))
        note = [&](const sync::SessionNote& said) { call.output.note(to_json(said, world.clock.now())); };
    const auto make = [&](crypto::TlsProtocol protocol, sync::Committer& committer,
                          const std::shared_ptr<sync::Mailbox>& mailbox) {
        return sync::make_hub_machine(service, protocol, committer, mailbox, note);
    };
    SATCHEL_TRY(const auto server, sync::HubServer::open(service, home->keys(), world.clock, make, config));
    if (in.has("log"))
        server->on_handshake_failure([&](const std::string& from, const Error& why) {
            call.output.note(Json::object({{"event", "handshake"},
                                           {"at", world.clock.now()},
                                           {"from", from},
                                           {"why", name(why.code)},
                                           {"detail", why.detail}}));
        });
    server->on_tick_failure([&](const Error& error) { call.output.warn(error); });

    const Desk desk{&service, home->store(), home->keys(), world.files,
                    [&](const CredentialId& device) { server->cut(device); }};
    SATCHEL_TRY(const auto commands,
                console::SocketServer::start(folder + "/" + std::string(console::socket_name),
                                             [&](const console::Request& request, console::Replies& replies) {
                                                 return run_command(desk, request, replies);
                                             }));
    call.output.event(Json::object({{"event", "listening"}, {"address", server->address()}}),
                      program().command("serve")->plain);
    {
        const StopWatch watch(stop, [&] { server->stop(); });
        server->run();
    }
    commands->stop();
    Answer answer;
    answer.body["event"] = "stopped";
    return answer;
}

}  // namespace satchel::tools::hub
