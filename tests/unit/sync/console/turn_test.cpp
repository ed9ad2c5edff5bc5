#include "sync/console/turn.hpp"

#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

namespace satchel::console {
namespace {

using namespace std::chrono_literals;

class Turn : public ::testing::Test {
protected:
    Turn() : output(/*json=*/true, Side::hub)
    {
        std::string name = (std::filesystem::temp_directory_path() / "turn-XXXXXX").string();
        folder = mkdtemp(name.data());
    }
    ~Turn() override { std::filesystem::remove_all(folder); }

    // What a command would answer: where it ran.
    std::string ran(std::chrono::milliseconds wait)
    {
        const auto answer = run_in_turn(
            folder, {}, output, []() -> Result<Answer> { return Answer{Json::object({{"ran", "here"}})}; }, wait);
        return answer ? answer->body.at("ran").text() : std::string(name(answer.error().code));
    }

    std::string folder;
    Output output;
};

TEST_F(Turn, OneProcessAtATimeAndTheNextOneWaits)
{
    auto lock = FolderLock::take(folder);
    ASSERT_TRUE(lock);
    EXPECT_EQ(ran(50ms), "busy");
    std::thread other([&] {
        std::this_thread::sleep_for(100ms);
        const FolderLock ended = std::move(*lock);
    });
    EXPECT_EQ(ran(5s), "here");
    other.join();
    EXPECT_EQ(ran(0ms), "here") << "and lets go at its end";
}

TEST_F(Turn, WhileSomebodyServesTheCommandGoesThere)
{
    const auto lock = take_turn(folder);
    ASSERT_TRUE(lock);
    const auto server = SocketServer::start(folder + "/" + std::string(socket_name), [](const auto&, auto&) -> Result<Answer> {
        return Answer{Json::object({{"ran", "there"}})};
    });
    ASSERT_TRUE(server);
    EXPECT_EQ(ran(0ms), "there");
    EXPECT_EQ(take_turn(folder, 50ms).error().code, Errc::busy) << "there is one server";
}

TEST_F(Turn, AServerThatIsStillStartingIsWaitedFor)
{
    const auto lock = take_turn(folder);
    Result<std::unique_ptr<SocketServer>> server = fail(Errc::bug);
    std::thread starting([&] {
        std::this_thread::sleep_for(100ms);
        server = SocketServer::start(folder + "/" + std::string(socket_name), [](const auto&, auto&) -> Result<Answer> {
            return Answer{Json::object({{"ran", "there"}})};
        });
    });
    EXPECT_EQ(ran(5s), "there");
    starting.join();
}

TEST_F(Turn, WithoutAFolderThereIsNothing)
{
    folder += "/none";
    EXPECT_EQ(ran(5s), "not_found");
    EXPECT_FALSE(std::filesystem::exists(folder));
    EXPECT_EQ(take_turn(folder).error().code, Errc::not_found);
}

}  // namespace
}  // namespace satchel::console
