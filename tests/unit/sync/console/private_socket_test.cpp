// The private socket with its real kernel objects: files, modes, peers, threads.
#include "sync/console/private_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <gtest/gtest.h>

namespace satchel::console {
namespace {

using namespace std::chrono_literals;

class PrivateSocket : public ::testing::Test {
protected:
    PrivateSocket() : output(/*json=*/true, Side::hub)
    {
        std::string name = (std::filesystem::temp_directory_path() / "console-XXXXXX").string();
        folder = mkdtemp(name.data());
        path = folder + "/control";
    }
    ~PrivateSocket() override { std::filesystem::remove_all(folder); }

    std::unique_ptr<SocketServer> serve(Handler handler, std::chrono::milliseconds busy = 5s)
    {
        auto server = SocketServer::start(path, std::move(handler), busy);
        EXPECT_TRUE(server) << server.error().detail;
        return std::move(*server);
    }
    Result<std::optional<Answer>> ask(const std::string& command, Bytes input = {})
    {
        Request request;
        request.invocation.command = command;
        request.invocation.values["word"] = {"Zoë", ""};
        request.input = std::move(input);
        return ask_server(path, request, output);
    }
    // What a peer gets that sends these bytes and then nothing more.
    std::string raw(const std::string& bytes)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        for (std::size_t sent = 0; sent < bytes.size();) {
            const auto n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (n <= 0)
                break;
            sent += static_cast<std::size_t>(n);
        }
        ::shutdown(fd, SHUT_WR);
        std::string out;
        char part[4096];
        for (ssize_t n = 0; (n = ::recv(fd, part, sizeof part, 0)) > 0;)
            out.append(part, static_cast<std::size_t>(n));
        ::close(fd);
        return out;
    }
    static Handler echo()
    {
        return [](const Request& request, Replies&) -> Result<Answer> {
            Answer answer;
            answer.body["command"] = request.invocation.command;
            answer.body["words"] = Json(request.invocation.all("word"));
            answer.body["bytes"] = request.input.size();
            answer.exit = Exit::attention;
            return answer;
        };
    }

    std::string folder, path;
    Output output;
};

TEST_F(PrivateSocket, WhereNobodyServesThereIsNoAnswerAndNoError)
{
    EXPECT_EQ(*ask("x"), std::nullopt) << "no file";
    { const auto server = serve(echo()); }
    EXPECT_EQ(*ask("x"), std::nullopt) << "stopped";
    path = folder + "/none/control";
    EXPECT_EQ(*ask("x"), std::nullopt) << "no folder";
    path = folder + "/" + std::string(90, 'n') + "/" + std::string(60, 'n');
    EXPECT_EQ(*ask("x"), std::nullopt) << "no folder, long name";
}

TEST_F(PrivateSocket, AnswersWithBodyAndExitCode)
{
    const auto server = serve(echo());
    const auto answer = ask("user add", Bytes(3'000'000, 'x'));
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ(to_text((*answer)->body), R"({"command":"user add","words":["Zoë",""],"bytes":3000000})");
    EXPECT_EQ((*answer)->exit, Exit::attention);
}

TEST_F(PrivateSocket, AnErrorKeepsItsCodeAndDetail)
{
    const auto server = serve([](const Request&, Replies&) -> Result<Answer> { return fail(Errc::refused, "rule r1"); });
    const auto answer = ask("x");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::refused);
    EXPECT_EQ(answer.error().detail, "rule r1");
}

TEST_F(PrivateSocket, ACommandThatThrowsEndsItselfAndNotTheServer)
{
    const auto server = serve([](const Request& request, Replies&) -> Result<Answer> {
        if (request.invocation.command == "throw")
            throw std::runtime_error("thrown");
        return Answer{};
    });
    EXPECT_EQ(ask("throw").error().code, Errc::bug);
    EXPECT_TRUE(ask("x"));
}

TEST_F(PrivateSocket, BelongsToItsUserAlone)
{
    const auto server = serve(echo());
    struct stat found {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777u, 0600u);
}

TEST_F(PrivateSocket, LinesAndProgressArriveBeforeTheAnswer)
{
    const auto server = serve([](const Request&, Replies& replies) -> Result<Answer> {
        replies.progress().report("export", 1, 2);
        replies.line("{\"kind\":\"case\"}");
        replies.line("second \"line\"");
        return Answer{};
    });
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(ask("export"));
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "{\"kind\":\"case\"}\nsecond \"line\"\n");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(),
              "{\"v\":1,\"ok\":true,\"event\":\"progress\",\"phase\":\"export\",\"done\":1,\"total\":2}\n");
}

TEST_F(PrivateSocket, WhoWaitsTooLongIsToldBusy)
{
    std::promise<void> started, release;
    auto released = release.get_future();
    const auto server = serve(
        [&](const Request& request, Replies&) -> Result<Answer> {
            if (request.invocation.command == "long") {
                started.set_value();
                released.wait();
            }
            return Answer{};
        },
        200ms);
    auto first = std::async(std::launch::async, [&] { return ask("long").has_value(); });
    started.get_future().wait();
    const auto second = ask("short");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::busy);
    release.set_value();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(ask("short"));
}

TEST_F(PrivateSocket, CommandsRunOneAtATime)
{
    std::atomic<int> inside{0}, most{0}, runs{0};
    const auto server = serve([&](const Request&, Replies&) -> Result<Answer> {
        most = std::max(most.load(), ++inside);
        std::this_thread::sleep_for(2ms);
        --inside;
        ++runs;
        return Answer{};
    });
    std::vector<std::thread> askers;
    for (int i = 0; i < 20; ++i)
        askers.emplace_back([&] { EXPECT_TRUE(ask("x")); });
    for (auto& asker : askers)
        asker.join();
    EXPECT_EQ(runs, 20);
    EXPECT_EQ(most, 1);
}

TEST_F(PrivateSocket, MalformedRequestsGetAnErrorAndTheHandlerNeverRuns)
{
    std::atomic<int> runs{0};
    const auto server = serve([&](const Request&, Replies&) -> Result<Answer> {
        ++runs;
        return Answer{};
    });
    const auto code = [&](const std::string& bytes) {
        const auto json = parse_json(raw(bytes));
        return json ? json->at("code").integer() : -1;
    };
    EXPECT_EQ(code("not json\n"), static_cast<int>(Errc::malformed));
    EXPECT_EQ(code("{\"v\":1}\n"), static_cast<int>(Errc::malformed));
    EXPECT_EQ(code("{\"v\":2,\"command\":\"x\",\"values\":{}}\n"), static_cast<int>(Errc::version_mismatch));
    EXPECT_EQ(code("{\"v\":1,\"command\":\"x\",\"values\":{},\"input_bytes\":-1}\n"), static_cast<int>(Errc::too_large));
    EXPECT_EQ(code("{\"v\":1,\"command\":\"x\",\"values\":{},\"input_bytes\":9999999999999}\n"),
              static_cast<int>(Errc::too_large));
    EXPECT_EQ(code("{\"v\":1,\"command\":\"x\",\"values\":{},\"input_bytes\":5}\nab"), static_cast<int>(Errc::closed));
    EXPECT_EQ(code("{\"v\":1,"), static_cast<int>(Errc::closed));
    EXPECT_EQ(code(std::string(request_bytes_max + 100'000, 'x')), static_cast<int>(Errc::too_large));
    EXPECT_EQ(runs, 0);
    EXPECT_TRUE(ask("x")) << "and the next one is served";
    EXPECT_EQ(runs, 1);
}

TEST_F(PrivateSocket, ACommandRunsToItsEndThoughWhoAskedHasGone)
{
    std::promise<void> ended;
    const auto server = serve([&](const Request&, Replies& replies) -> Result<Answer> {
        for (int i = 0; i < 200; ++i)
            replies.line(std::string(10'000, 'x'));
        ended.set_value();
        return Answer{};
    });
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string request = "{\"v\":1,\"command\":\"x\",\"values\":{}}\n";
    ASSERT_EQ(::send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    ::close(fd);
    EXPECT_EQ(ended.get_future().wait_for(10s), std::future_status::ready);
}

TEST_F(PrivateSocket, StopLetsTheRunningCommandEndAndTellsTheSilentOnes)
{
    std::promise<void> started;
    auto server = serve([&](const Request&, Replies&) -> Result<Answer> {
        started.set_value();
        std::this_thread::sleep_for(100ms);
        return Answer{};
    });
    auto running = std::async(std::launch::async, [&] { return ask("x").has_value(); });
    started.get_future().wait();
    auto silent = std::async(std::launch::async, [&] {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        char byte = 0;
        ssize_t n = -1;
        if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
            while ((n = ::recv(fd, &byte, 1, 0)) > 0) {
            }
        ::close(fd);
        return n;
    });
    std::this_thread::sleep_for(50ms);
    const auto before = std::chrono::steady_clock::now();
    server->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
    EXPECT_TRUE(running.get());
    EXPECT_EQ(silent.get(), 0);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(PrivateSocket, ASocketOfADeadProcessIsReplacedAndAnythingElseIsNot)
{
    {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        ::close(fd);  // bound, never unlinked: as after a kill -9
    }
    EXPECT_EQ(*ask("x"), std::nullopt);
    serve(echo())->stop();
    std::ofstream(path) << "precious";
    const auto refused = SocketServer::start(path, echo());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::io_error);
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(PrivateSocket, ALongFolderNameServesAsWell)
{
    const auto deep = folder + "/" + std::string(120, 'd');
    std::filesystem::create_directories(deep);
    path = deep + "/control";
    if (!std::filesystem::exists("/proc/self/fd"))
        GTEST_SKIP() << "not run: /proc is not mounted here";
    const auto server = serve(echo());
    EXPECT_TRUE(ask("x"));
}

TEST_F(PrivateSocket, WhileACommandHasSteppedAsideOthersRun)
{
    std::promise<void> aside, others_ran;
    auto server = serve([&](const Request& request, Replies& replies) -> Result<Answer> {
        if (request.invocation.command == "long") {
            SATCHEL_TRYV(replies.will_step_aside());
            replies.step_aside();
            aside.set_value();
            others_ran.get_future().wait();
            replies.step_in();
            EXPECT_FALSE(replies.another_stepped_aside());
        } else {
            EXPECT_TRUE(replies.another_stepped_aside());
        }
        return Answer{};
    });
    auto lasting = std::async(std::launch::async, [&] { return ask("long"); });
    aside.get_future().wait();
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(ask("short"));
    others_ran.set_value();
    EXPECT_TRUE(lasting.get());
}

TEST_F(PrivateSocket, OnlyOneStepsAsideAndASecondHoldsNobodyUp)
{
    std::promise<void> aside, over;
    auto server = serve(
        [&](const Request& request, Replies& replies) -> Result<Answer> {
            if (request.invocation.command == "short")
                return Answer{};
            SATCHEL_TRYV(replies.will_step_aside());
            replies.step_aside();
            aside.set_value();
            over.get_future().wait();
            replies.step_in();
            return Answer{};
        },
        100ms);
    auto lasting = std::async(std::launch::async, [&] { return ask("long"); });
    aside.get_future().wait();
    const auto second = ask("long");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::busy);
    EXPECT_TRUE(ask("short"));
    over.set_value();
    EXPECT_TRUE(lasting.get());
}

}  // namespace
}  // namespace satchel::console
