// The device's program when the machine fails under it: killed in the middle of saves and of a sync, no room for what it
// writes, key slots that are damaged. What was acknowledged is there afterwards, once; what was not says so.
#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "scratch.hpp"
#include "tools/demo/story.hpp"

namespace satchel::demo {
namespace {

const std::string crn = "X100095";

class DeviceFaults : public ::testing::Test {
protected:
    static void SetUpTestSuite()
    {
        scratch = new Scratch;
        World world(SATCHEL_PROGRAMS, scratch->path / "world");
        Story story;
        story.crn = crn;
        story.import = case_lines("faults", crn, "Faults-Testcase");
        story.team = {"practitioner", "police"};
        world.create_hub();
        prepare(world, {story});
    }
    static void TearDownTestSuite() { delete scratch; }

    void SetUp() override
    {
        std::filesystem::remove_all(scratch->path / "copy");
        world = World(SATCHEL_PROGRAMS, scratch->path / "world").copy(scratch->path / "copy");
    }
    void TearDown() override { world.lock_devices(); }

    [[nodiscard]] std::filesystem::path profile() const { return world.profile("practitioner"); }
    static std::string program() { return std::filesystem::path(SATCHEL_PROGRAMS) / "satchel"; }

    // In a process of its own, which opens the profile itself.
    Finished alone(std::vector<std::string> arguments)
    {
        Invocation what;
        what.program = program();
        what.arguments = {"--profile", profile().string(), "--json", "--passphrase-fd", "3"};
        what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
        what.passphrase = passphrase_of("practitioner");
        return run(what);
    }
    // Through the one that serves: no passphrase is at hand.
    Finished through_serve(std::vector<std::string> arguments)
    {
        Invocation what;
        what.program = program();
        what.arguments = {"--profile", profile().string(), "--json"};
        what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
        return run(what);
    }
    Background serve()
    {
        Invocation what;
        what.program = program();
        what.arguments = {"--profile", profile().string(), "--json", "--passphrase-fd", "3", "serve"};
        what.passphrase = passphrase_of("practitioner");
        return Background(what);
    }
    static std::vector<std::string> contact(const std::string& words)
    {
        return {"record", "new", "contact", "--case", crn, "--set=contact_kind=phone", "--set=summary=" + words};
    }
    static json::value parsed(const Finished& finished)
    {
        boost::system::error_code ec;
        auto out = json::parse(finished.out, ec);
        return ec ? json::value(nullptr) : out;
    }
    // How often each contact is on the case, as a device shows it.
    std::map<std::string, int> contacts_of(const std::string& who)
    {
        std::map<std::string, int> out;
        for (const auto& record : world.records(who, crn, "contact"))
            ++out[text(record, "fields/summary")];
        return out;
    }
    std::map<std::string, int> unsent()
    {
        std::map<std::string, int> out;
        const auto listed = parsed(alone({"outbox", "list"}));
        for (int i = 0;; ++i) {
            const auto one = at(listed, "items/" + std::to_string(i));
            if (one.is_null())
                return out;
            ++out[text(one, "changes/0/fields/summary")];
        }
    }
    void expect_each_once_everywhere(const std::set<std::string>& acknowledged)
    {
        for (const auto* who : {"practitioner", "police"}) {
            ASSERT_TRUE(world.sync(who).exit_code == 0 || world.sync(who).exit_code == 5) << who;
            const auto there = contacts_of(who);
            for (const auto& words : acknowledged)
                EXPECT_EQ(there.count(words) ? there.at(words) : 0, 1) << who << ": " << words;
            for (const auto& [words, times] : there)
                EXPECT_EQ(times, 1) << who << ": " << words;
        }
        EXPECT_EQ(world.hub({"verify"}).exit_code, 0);
    }

    static inline Scratch* scratch = nullptr;
    World world{SATCHEL_PROGRAMS, scratch->path / "copy"};
};

TEST_F(DeviceFaults, KilledInTheMiddleOfSavesNoAcknowledgedSaveIsLost)
{
    std::set<std::string> acknowledged, tried;
    for (int round = 0; round < 8; ++round) {
        auto serving = serve();
        std::atomic<bool> gone{false};
        std::thread typing([&] {
            for (int i = 0; !gone; ++i) {
                const auto words = "Save " + std::to_string(round) + "." + std::to_string(i);
                tried.insert(words);
                if (through_serve(contact(words)).exit_code != 0)
                    return;
                acknowledged.insert(words);
            }
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(60 + 37 * round));
        serving.kill();
        gone = true;
        typing.join();
        ASSERT_EQ(alone({"device", "doctor"}).exit_code, 0) << "after kill " << round;
    }
    EXPECT_FALSE(acknowledged.empty());
    const auto kept = unsent();
    for (const auto& words : acknowledged)
        EXPECT_EQ(kept.count(words) ? kept.at(words) : 0, 1) << words;
    for (const auto& [words, times] : kept) {
        EXPECT_TRUE(tried.contains(words)) << words;
        EXPECT_EQ(times, 1) << words;
    }
    world.serve();
    expect_each_once_everywhere(acknowledged);
}

TEST_F(DeviceFaults, KilledInTheMiddleOfASyncEverythingEndsThereOnce)
{
    std::set<std::string> saved;
    {
        auto serving = serve();
        for (int i = 0; i < 60; ++i) {
            const auto words = "Contact " + std::to_string(i);
            ASSERT_EQ(through_serve(contact(words)).exit_code, 0);
            saved.insert(words);
        }
        EXPECT_EQ(serving.stop(), 0);
    }
    world.serve();
    bool whole = false;
    for (int delay = 1; delay < 1000 && !whole; delay += 1 + delay / 4) {
        auto serving = serve();
        std::atomic<int> exit_code{-1};
        std::thread syncing([&] { exit_code = through_serve({"sync", "run", "--hub", world.address()}).exit_code; });
        std::this_thread::sleep_for(std::chrono::milliseconds(delay));
        serving.kill();
        syncing.join();
        whole = exit_code == 0;
        ASSERT_EQ(alone({"device", "doctor"}).exit_code, 0) << "killed after " << delay << " ms";
        const auto again = through_serve(contact("nobody serves"));
        EXPECT_NE(again.exit_code, 0);
    }
    EXPECT_TRUE(whole) << "no sync was quick enough";
    expect_each_once_everywhere(saved);
    EXPECT_TRUE(unsent().empty());
}

// Writing fails beyond a size: at the log, or at the store when the log is put back into it.
TEST_F(DeviceFaults, WithoutRoomASaveSaysSoOrIsKeptWhole)
{
    std::set<std::string> acknowledged;
    int refused = 0;
    for (int kib = 0; kib <= 1024; kib += kib < 64 ? 8 : 192) {
        const auto words = "Room " + std::to_string(kib);
        Invocation what;
        what.program = "/bin/bash";
        what.arguments = {"-c", "ulimit -f " + std::to_string(kib) + "; exec \"$0\" \"$@\"", program(),
                          "--profile", profile().string(), "--json", "--passphrase-fd", "3"};
        const auto more = contact(words);
        what.arguments.insert(what.arguments.end(), more.begin(), more.end());
        what.passphrase = passphrase_of("practitioner");
        const auto finished = run(what);
        ASSERT_LT(finished.exit_code, 128) << "ended by a signal at " << kib << " KiB";
        if (finished.exit_code == 0) {
            acknowledged.insert(words);
        } else {
            ++refused;
            EXPECT_EQ(finished.exit_code, 1) << finished.out;
            EXPECT_NE(finished.out.find("still on this device"), std::string::npos) << finished.out;
        }
        EXPECT_EQ(alone({"device", "doctor"}).exit_code, 0) << kib;
        const auto kept = unsent();
        EXPECT_EQ(kept.contains(words), finished.exit_code == 0) << words;
    }
    EXPECT_GT(refused, 0);
    EXPECT_FALSE(acknowledged.empty());
    const auto kept = unsent();
    EXPECT_EQ(kept.size(), acknowledged.size());
    world.serve();
    expect_each_once_everywhere(acknowledged);
}

// --- Key slots ----------------------------------------------------------------------------------------------------

std::string contents(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST_F(DeviceFaults, DamagedKeySlotsAreToldApartFromAWrongPassphraseAndNothingIsChanged)
{
    const auto a = profile() / "keys.a", b = profile() / "keys.b";
    const auto sound = contents(a);
    ASSERT_GT(sound.size(), 100u);
    const auto store = contents(profile() / "device.db");
    const auto attempt = [&](const std::string& what, const std::string& bytes) {
        write(a, bytes);
        write(b, bytes);
        const auto finished = alone({"case", "list"});
        EXPECT_EQ(finished.exit_code, 8) << what << ": " << finished.out;
        const auto code = text(parsed(finished), "error/code");
        EXPECT_TRUE(code == "corrupt" || code == "version_mismatch") << what << ": " << finished.out;
        EXPECT_NE(finished.out.find("Nothing was changed"), std::string::npos) << what;
        EXPECT_EQ(contents(a), bytes) << what;
        EXPECT_EQ(contents(b), bytes) << what;
        EXPECT_EQ(contents(profile() / "device.db"), store) << what;
    };
    for (std::size_t at = 0; at < sound.size(); at += 17) {
        auto altered = sound;
        altered[at] = static_cast<char>(altered[at] ^ 0x40);
        attempt("byte " + std::to_string(at), altered);
    }
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{8}, sound.size() / 2, sound.size() - 1})
        attempt("cut to " + std::to_string(length), sound.substr(0, length));
    attempt("longer", sound + "x");

    // One sound copy is enough, and the other is made sound by it.
    write(b, sound);
    EXPECT_EQ(alone({"case", "list"}).exit_code, 0);
    write(a, sound);
    write(b, sound.substr(0, 20));
    EXPECT_EQ(alone({"case", "list"}).exit_code, 0);
}

}  // namespace
}  // namespace satchel::demo
