// Holding a profile unlocked, and locking it again.
#include <csignal>

#include <unistd.h>

#include "client/app/local.hpp"
#include "client/engine/runner.hpp"
#include "sync/console/stop.hpp"
#include "sync/console/turn.hpp"

namespace satchel::client::app {
namespace {

std::string socket_in(const std::string& folder)
{
    return folder + "/" + std::string(console::socket_name);
}

}  // namespace

Result<Answer> serve(console::Call& call, const World& world)
{
    const console::StopSignal stop;
    const auto folder = call.invocation.one("profile").value_or("");
    SATCHEL_TRY(const auto turn, console::take_turn(folder));
    SATCHEL_TRY(auto profile, open_profile(folder, call.invocation, world));
    KeptTls tls;
    std::stop_source locking;
    const auto handler = [&](const Request& request, Replies& replies) -> Result<Answer> {
        if (request.invocation.command == "lock") {
            ::kill(::getpid(), SIGTERM);  // waits in `stop`; this answer still goes out
            Answer answer;
            answer.body["locked"] = true;
            return answer;
        }
        return run_on(profile.store(), folder, request, replies, world, {&tls, locking.get_token()});
    };
    SATCHEL_TRY(const auto server, console::SocketServer::start(socket_in(folder), handler));
    const auto* spec = program().command("serve");
    call.output.event(Json::object({{"event", "ready"}, {"profile", folder}}), spec->plain);
    stop.wait();
    locking.request_stop();
    server->stop();
    Answer answer;
    answer.body["event"] = "locked";
    return answer;
}

Result<Answer> lock(console::Call& call)
{
    const auto folder = call.invocation.one("profile").value_or("");
    SATCHEL_TRY(auto served, console::ask_server(socket_in(folder), Request{call.invocation, {}}, call.output));
    if (served)
        return *std::move(served);
    Answer answer;
    answer.body["locked"] = false;
    return answer;
}

}  // namespace satchel::client::app
