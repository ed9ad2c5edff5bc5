// The device's program from outside: what it says and how it ends when things go wrong, and who may hold the profile.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "scratch.hpp"
#include "tools/demo/relay.hpp"
#include "tools/demo/story.hpp"

namespace satchel::demo {
namespace {

const std::string crn = "X100095";

// A hub with one case and one enrolled practitioner; the hub is stopped. Made once.
class Cli : public ::testing::Test {
protected:
    static void SetUpTestSuite()
    {
        scratch = new Scratch;
        World world(SATCHEL_PROGRAMS, scratch->path / "world");
        Story story;
        story.crn = crn;
        story.import = case_lines("cli", crn, "Cli-Testcase",
                                  {record_line("cli", "a", "address", "probation", "probation.practitioner",
                                               R"("lines":"1 Invented Row","kind":"main","from":"2024-02-01")")});
        story.team = {"practitioner", "police"};
        world.create_hub();
        prepare(world, {story});
    }
    static void TearDownTestSuite() { delete scratch; }

    void SetUp() override { world = World(SATCHEL_PROGRAMS, scratch->path / "world").copy(scratch->path / "copy"); }
    void TearDown() override { world.lock_devices(); }

    // The program alone, in its own process, without a `serve` before it.
    static Finished satchel(const std::filesystem::path& profile, std::vector<std::string> arguments,
                            const std::optional<std::string>& passphrase, const std::string& input = {}, bool json = true)
    {
        Invocation what;
        what.program = std::filesystem::path(SATCHEL_PROGRAMS) / "satchel";
        what.arguments = {"--profile", profile.string()};
        if (json)
            what.arguments.push_back("--json");
        if (passphrase)
            what.arguments.insert(what.arguments.end(), {"--passphrase-fd", "3"});
        what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
        what.input = input;
        what.passphrase = passphrase;
        return run(what);
    }
    Finished practitioner(std::vector<std::string> arguments, const std::string& input = {}, bool json = true)
    {
        return satchel(world.profile("practitioner"), std::move(arguments), passphrase_of("practitioner"), input, json);
    }
    static json::value parsed(const Finished& finished)
    {
        boost::system::error_code ec;
        auto out = json::parse(finished.out, ec);
        return ec ? json::value(nullptr) : out;
    }
    static std::string code(const Finished& finished) { return text(parsed(finished), "error/code"); }

    static inline Scratch* scratch = nullptr;
    World world{SATCHEL_PROGRAMS, scratch->path / "copy"};
};

TEST_F(Cli, WithoutAProfileItSaysHowToMakeOne)
{
    const auto missing = satchel(scratch->path / "nowhere", {"case", "list"}, "x", {}, /*json=*/false);
    EXPECT_EQ(missing.exit_code, 1);
    EXPECT_NE(missing.err.find("enrol --enrolment FILE"), std::string::npos) << missing.err;
    EXPECT_NE(missing.err.find("What is safe:"), std::string::npos);
    EXPECT_EQ(missing.out, "");
    EXPECT_FALSE(std::filesystem::exists(scratch->path / "nowhere"));
}

TEST_F(Cli, AWrongPassphraseIsExitThreeAndChangesNothing)
{
    const auto wrong = satchel(world.profile("practitioner"), {"case", "list"}, "not it");
    EXPECT_EQ(wrong.exit_code, 3);
    EXPECT_EQ(code(wrong), "wrong_passphrase");
    EXPECT_EQ(practitioner({"case", "list"}).exit_code, 0);
}

TEST_F(Cli, ADescriptorThatIsNotOpenIsAMistakeOfTheCaller)
{
    const auto finished = satchel(world.profile("practitioner"), {"case", "list", "--passphrase-fd", "77"}, std::nullopt);
    EXPECT_EQ(finished.exit_code, 2);
}

TEST_F(Cli, AnotherMachinesHalfOfTheSecretIsNeeded)
{
    std::filesystem::remove(world.profile("practitioner") / "device.secret");
    EXPECT_EQ(practitioner({"case", "list"}).exit_code, 1);
    std::filesystem::copy_file(world.profile("police") / "device.secret", world.profile("practitioner") / "device.secret");
    const auto wrong = practitioner({"case", "list"});
    EXPECT_EQ(wrong.exit_code, 8);
    EXPECT_EQ(code(wrong), "wrong_key");
}

TEST_F(Cli, WhatIsMistypedIsAnsweredWithTheNearest)
{
    const auto command = practitioner({"atention", "list"});
    EXPECT_EQ(command.exit_code, 2);
    EXPECT_NE(command.out.find("did you mean \\\"attention\\\"?"), std::string::npos) << command.out;
    const auto option = practitioner({"record", "new", "contact", "--cse", crn});
    EXPECT_EQ(option.exit_code, 2);
    EXPECT_NE(option.out.find("did you mean --case?"), std::string::npos) << option.out;
    const auto before = satchel(world.profile("practitioner"), {"--pasphrase-fd", "3", "case", "list"}, passphrase_of("practitioner"));
    EXPECT_EQ(before.exit_code, 2);
    EXPECT_NE(before.out.find("did you mean --passphrase-fd?"), std::string::npos) << before.out;
    EXPECT_EQ(practitioner({"case", "list", "--clock-offset=ten years"}).exit_code, 2);
    EXPECT_EQ(practitioner({"record", "new", "contact", "--case", crn, "--set", "summary"}).exit_code, 2);
}

TEST_F(Cli, HelpHasAnExampleFirst)
{
    for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"}, {"record", "new", "--help"}, {"why", "--help"}}) {
        const auto help = satchel(scratch->path / "nowhere", words, std::nullopt, {}, /*json=*/false);
        EXPECT_EQ(help.exit_code, 0);
        EXPECT_TRUE(help.out.starts_with("Example:\n  satchel --profile")) << help.out;
    }
}

TEST_F(Cli, WithoutAHubWorkIsSavedAndTheExitCodeSaysFour)
{
    ASSERT_EQ(practitioner({"record", "new", "contact", "--case", crn, "--set=contact_kind=phone", "--set=summary=@-"},
                           "Rang, nobody answered\n").exit_code, 0);
    const auto unreachable = practitioner({"sync", "run", "--hub", "127.0.0.1:9"});
    EXPECT_EQ(unreachable.exit_code, 4) << unreachable.out;
    EXPECT_EQ(code(unreachable), "unreachable");
    EXPECT_EQ(practitioner({"sync", "run", "--hub", "no port"}).exit_code, 2);
    const auto status = parsed(practitioner({"sync", "status"}));
    EXPECT_EQ(text(status, "outbox"), "1");
    EXPECT_EQ(text(status, "state"), "offline");
    EXPECT_FALSE(text(status, "since").empty());
    const auto outbox = parsed(practitioner({"outbox", "list"}));
    EXPECT_EQ(text(outbox, "items/0/changes/0/fields/summary"), "Rang, nobody answered");

    world.serve();
    const auto sent = practitioner({"sync", "run", "--hub", world.address()});
    EXPECT_EQ(sent.exit_code, 0) << sent.out;
    EXPECT_EQ(text(parsed(sent), "sent"), "1");
    EXPECT_EQ(text(parsed(sent), "rulings/applied"), "1");
    EXPECT_EQ(text(parsed(sent), "waiting"), "0");
    const auto again = practitioner({"sync", "run", "--hub", world.address()});
    EXPECT_EQ(text(parsed(again), "sent"), "0");
    EXPECT_EQ(text(parsed(again), "received"), "0");
    const auto after = parsed(practitioner({"sync", "status"}));
    EXPECT_EQ(text(after, "state"), "up_to_date");
    EXPECT_EQ(text(after, "since"), text(after, "last_checked_at"));
    EXPECT_FALSE(text(after, "last_received_at").empty());
}

TEST_F(Cli, WhoseAccessWasRemovedIsNotToldThatAllIsWell)
{
    world.serve();
    ASSERT_EQ(world.hub({"user", "suspend", world.user_of("practitioner")}).exit_code, 0);
    practitioner({"sync", "run", "--hub", world.address()});
    const auto status = parsed(practitioner({"sync", "status"}));
    EXPECT_EQ(text(status, "state"), "cannot_send");
    EXPECT_NE(text(status, "why").find("Access was removed"), std::string::npos) << text(status, "why");
}

TEST_F(Cli, TheFirstLoadIsNoChangeAndWhatComesAfterIs)
{
    EXPECT_EQ(practitioner({"changes"}).out, "{\"v\":1,\"ok\":true,\"changes\":[]}\n");
    const auto police = [&](std::vector<std::string> arguments) {
        return satchel(world.profile("police"), std::move(arguments), passphrase_of("police"));
    };
    ASSERT_EQ(police({"record", "new", "contact", "--case", crn, "--set=contact_kind=phone", "--set=summary=Rang"}).exit_code, 0);
    world.serve();
    police({"sync", "run", "--hub", world.address()});
    practitioner({"sync", "run", "--hub", world.address()});
    EXPECT_NE(practitioner({"changes"}).out.find("Rang"), std::string::npos);
    EXPECT_EQ(practitioner({"changes"}).out, "{\"v\":1,\"ok\":true,\"changes\":[]}\n");
}

TEST_F(Cli, ASyncThatBringsSomethingToLookAtIsExitFive)
{
    const auto police = [&](std::vector<std::string> arguments) {
        return satchel(world.profile("police"), std::move(arguments), passphrase_of("police"));
    };
    ASSERT_EQ(police({"record", "new", "address", "--case", crn, "--set=lines=5 Nowhere Court"}).exit_code, 0);
    world.serve();
    EXPECT_EQ(police({"sync", "run", "--hub", world.address()}).exit_code, 5) << "it became a suggestion";
    EXPECT_EQ(police({"sync", "run", "--hub", world.address()}).exit_code, 0) << "told once";
    EXPECT_EQ(practitioner({"sync", "run", "--hub", world.address()}).exit_code, 5) << "there is something to decide";
}

TEST_F(Cli, AClockThatIsWrongIsEvidenceAndNothingElse)
{
    const auto saved = parsed(practitioner({"--clock-offset=-10y", "record", "new", "contact", "--case", crn,
                                            "--set=contact_kind=phone", "--set=summary=Rang"}));
    world.serve();
    EXPECT_EQ(practitioner({"--clock-offset=-10y", "sync", "run", "--hub", world.address()}).exit_code, 0);
    const auto why = parsed(practitioner({"why", text(saved, "record"), "summary"}));
    EXPECT_EQ(text(why, "versions/0/ruling"), "applied");
    const auto year = [&](const char* field) { return std::stoi(text(why, std::string("versions/0/") + field).substr(0, 4)); };
    EXPECT_EQ(year("received_at") - year("authored_at"), 10);
    EXPECT_EQ(text(why, "versions/0/signature"), "valid");
}

TEST_F(Cli, ItSaysWhichVersionItIs)
{
    Invocation what;
    what.program = std::filesystem::path(SATCHEL_PROGRAMS) / "satchel";
    what.arguments = {"--version"};
    const auto told = run(what);
    EXPECT_EQ(told.exit_code, 0);
    EXPECT_TRUE(told.out.starts_with("satchel 0.")) << told.out;
}

// --- Who holds the profile ----------------------------------------------------------------------------------------

TEST_F(Cli, WhileItServesNoPassphraseIsNeededUntilItIsLocked)
{
    Invocation what;
    what.program = std::filesystem::path(SATCHEL_PROGRAMS) / "satchel";
    what.arguments = {"--profile", world.profile("practitioner").string(), "--json", "--passphrase-fd", "3", "serve"};
    what.passphrase = passphrase_of("practitioner");
    Background serve(what);
    EXPECT_NE(serve.first_line().find("\"event\":\"ready\""), std::string::npos) << serve.first_line();
    const auto without = [&](std::vector<std::string> arguments, const std::string& input = {}) {
        return satchel(world.profile("practitioner"), std::move(arguments), std::nullopt, input);
    };
    EXPECT_EQ(without({"case", "list"}).exit_code, 0);
    const auto saved = without({"record", "new", "contact", "--case", crn, "--input", "-"},
                               R"({"set":{"contact_kind":"office","summary":"Through the one that serves"}})");
    EXPECT_EQ(saved.exit_code, 0) << saved.out;
    EXPECT_NE(without({"search", "-"}, "serves").out.find("Through the one"), std::string::npos);
    EXPECT_EQ(text(parsed(without({"sync", "run", "--hub", "127.0.0.1:9"})), "error/code"), "unreachable");
    EXPECT_EQ(text(parsed(without({"lock"})), "locked"), "true");
    EXPECT_EQ(serve.stop(), 0);
    EXPECT_EQ(text(parsed(without({"lock"})), "locked"), "false");
    const auto locked = without({"case", "list"});
    EXPECT_EQ(locked.exit_code, 3) << "nobody can be asked for the passphrase here";
    EXPECT_EQ(text(parsed(practitioner({"outbox", "list"})), "items/0/changes/0/fields/summary"), "Through the one that serves");
}

// Found by satchel-kills: a device that was to lock went on for as long as it took to receive a long backlog.
TEST_F(Cli, LockingDoesNotWaitForASynchronisationToComeToItsEnd)
{
    world.serve();
    const auto whole = [&] {
        Relay line(world.address(), UINT64_MAX, UINT64_MAX);
        (void)practitioner({"sync", "run", "--hub", line.address()});
        return line.carried_to_device();
    };
    (void)whole();
    constexpr std::uint64_t not_the_end = 60;  // a signature more or less
    Relay line(world.address(), whole() - not_the_end, UINT64_MAX, Relay::Then::silent);
    Invocation what;
    what.program = std::filesystem::path(SATCHEL_PROGRAMS) / "satchel";
    what.arguments = {"--profile", world.profile("practitioner").string(), "--json", "--passphrase-fd", "3", "serve"};
    what.passphrase = passphrase_of("practitioner");
    Background serve(what);
    ASSERT_NE(serve.first_line().find("\"event\":\"ready\""), std::string::npos);
    auto syncing = std::async(std::launch::async, [&] {
        return parsed(satchel(world.profile("practitioner"), {"sync", "run", "--hub", line.address()}, std::nullopt));
    });
    for (int i = 0; i < 200 && !line.cut(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(line.cut());
    EXPECT_EQ(serve.stop(), 0);
    const auto answer = syncing.get();
    EXPECT_EQ(text(answer, "ok"), "false");
    EXPECT_NE(text(answer, "error/code"), "timed_out") << "it waited for the line until that gave up";
    EXPECT_EQ(practitioner({"sync", "run", "--hub", world.address()}).exit_code, 0);
}

TEST_F(Cli, SigtermDrainsAndIsExitZero)
{
    Invocation what;
    what.program = std::filesystem::path(SATCHEL_PROGRAMS) / "satchel";
    what.arguments = {"--profile", world.profile("practitioner").string(), "--json", "--passphrase-fd", "3", "serve"};
    what.passphrase = passphrase_of("practitioner");
    Background serve(what);
    EXPECT_EQ(serve.stop(), 0);
    EXPECT_FALSE(std::filesystem::exists(world.profile("practitioner") / "control.sock"));
    Background killed(what);
    killed.kill();
    EXPECT_EQ(practitioner({"case", "list"}).exit_code, 0) << "a socket left behind stands in nobody's way";
}

TEST_F(Cli, WhoCannotHaveTheStoreInFiveSecondsIsToldSo)
{
    const auto path = world.profile("practitioner") / "lock";
    const int held = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::flock(held, LOCK_EX), 0);
    const auto busy = practitioner({"case", "list"});
    ::close(held);
    EXPECT_EQ(busy.exit_code, 1);
    EXPECT_EQ(code(busy), "busy");
    EXPECT_GE(busy.took, std::chrono::seconds(4));
    EXPECT_EQ(practitioner({"case", "list"}).exit_code, 0);
}

// --- Enrolment ----------------------------------------------------------------------------------------------------

TEST_F(Cli, ASlipIsGoodForOneDevice)
{
    world.serve();
    const auto slip = scratch->path / "second.enrolment";
    std::filesystem::remove(slip);
    ASSERT_EQ(world.hub({"enrolment", "create", "--user", world.user_of("practitioner"), "--out", slip.string(), "--address",
                         world.address()}).exit_code, 0);
    const auto enrol = [&](const std::filesystem::path& profile, const std::filesystem::path& file) {
        return satchel(profile, {"enrol", "--enrolment", file.string(), "--kdf", "floor"}, "words of the second");
    };
    const auto there = enrol(world.profile("practitioner"), slip);
    EXPECT_EQ(there.exit_code, 2) << "a profile is never overwritten, and the slip is still good";
    EXPECT_EQ(code(there), "duplicate");
    const auto garbled = scratch->path / "garbled.enrolment";
    std::filesystem::copy_file(slip, garbled, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(garbled, std::filesystem::file_size(garbled) / 2);
    EXPECT_EQ(enrol(world.profile("second"), garbled).exit_code, 2);
    EXPECT_EQ(enrol(world.profile("second"), scratch->path / "none").exit_code, 1);

    const auto first = enrol(world.profile("second"), slip);
    ASSERT_EQ(first.exit_code, 0) << first.out;
    EXPECT_EQ(text(parsed(satchel(world.profile("second"), {"sync", "status"}, "words of the second")), "state"),
              "never_connected");
    EXPECT_EQ(text(parsed(first), "agency"), "probation");
    EXPECT_EQ(text(parsed(first), "user"), world.user_of("practitioner"));
    const auto again = enrol(world.profile("third"), slip);
    EXPECT_EQ(again.exit_code, 7) << again.out;
    EXPECT_FALSE(std::filesystem::exists(world.profile("third") / "keys.a")) << "nothing that opens is left";
    const auto synced = satchel(world.profile("second"), {"sync", "run"}, "words of the second");
    EXPECT_EQ(synced.exit_code, 0) << synced.out;
    EXPECT_EQ(satchel(world.profile("second"), {"case", "show", crn}, "words of the second").exit_code, 0);
}

TEST_F(Cli, AnotherHubIsNotBelieved)
{
    World other(SATCHEL_PROGRAMS, scratch->path / "other");
    other.create_hub();
    other.serve();
    ASSERT_EQ(practitioner({"record", "new", "contact", "--case", crn, "--set=contact_kind=phone", "--set=summary=Rang"}).exit_code, 0);
    const auto foreign = practitioner({"sync", "run", "--hub", other.address()});
    EXPECT_EQ(foreign.exit_code, 8) << foreign.out;
    EXPECT_EQ(code(foreign), "bad_certificate");
    EXPECT_EQ(text(parsed(practitioner({"sync", "status"})), "outbox"), "1");
}

// --- An old copy comes back ---------------------------------------------------------------------------------------

TEST_F(Cli, AnOldCopyOfTheProfileLosesNothing)
{
    const auto profile = world.profile("practitioner");
    const auto old = scratch->path / "old";
    std::filesystem::remove_all(old);
    std::filesystem::copy(profile, old, std::filesystem::copy_options::recursive);
    const auto contact = [&](const std::string& words) {
        ASSERT_EQ(practitioner({"record", "new", "contact", "--case", crn, "--set=contact_kind=phone", "--set=summary=" + words}).exit_code, 0);
    };
    contact("Received before the copy came back");
    world.serve();
    ASSERT_EQ(practitioner({"sync", "run", "--hub", world.address()}).exit_code, 0);
    std::filesystem::remove_all(profile);
    std::filesystem::copy(old, profile, std::filesystem::copy_options::recursive);
    contact("Typed on the old copy");
    const auto synced = practitioner({"sync", "run", "--hub", world.address()});
    EXPECT_TRUE(synced.exit_code == 0 || synced.exit_code == 5) << synced.out;
    practitioner({"sync", "run", "--hub", world.address()});
    const auto shown = practitioner({"case", "show", crn}).out;
    EXPECT_NE(shown.find("Received before the copy came back"), std::string::npos);
    EXPECT_NE(shown.find("Typed on the old copy"), std::string::npos);
    EXPECT_EQ(practitioner({"device", "doctor"}).exit_code, 0);
    EXPECT_EQ(world.hub({"verify"}).exit_code, 0);
}

}  // namespace
}  // namespace satchel::demo
