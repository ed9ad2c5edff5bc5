// satchel-hub as its users meet it: the real program, its files, its exit codes. Unhappy paths first.
#include "tests/unit/tools/hub/hub_program.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>
#include <map>
#include <sstream>

#include "sync/console/turn.hpp"

namespace satchel::tools::hub {
namespace {

unsigned mode_of(const std::filesystem::path& path)
{
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777u;
}

std::string content_of(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::map<std::string, std::string> files_in(const std::filesystem::path& folder)
{
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().filename() != "lock")
            out[entry.path().filename().string()] = content_of(entry.path());
    return out;
}

// The lines of an export, sorted, without the keys of the records: they are ids, new with every import.
std::vector<std::string> without_keys(const std::string& exported)
{
    std::vector<std::string> out;
    std::istringstream in(exported);
    for (std::string line; std::getline(in, line);) {
        const auto at = line.find("\"key\":\"");
        if (line.find("\"kind\":\"record\"") != std::string::npos && at != std::string::npos)
            line.erase(at, line.find(',', at) - at);
        out.push_back(line);
    }
    std::sort(out.begin(), out.end());
    return out;
}

TEST_F(HubProgram, WrongWordsAreExit2AndMakeNothing)
{
    for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                   {"init"},
                                                                   {"inti", "--area", "X"},
                                                                   {"init", "--area", "X", "--kdf", "cheap"},
                                                                   {"init", "--aera", "X"},
                                                                   {"user"},
                                                                   {"serve"},
                                                                   {"unassign", "--case", "C1", "--because", "tired"}}) {
        const auto said = hub(words);
        EXPECT_EQ(said.exit, 2) << said.out << said.err;
        EXPECT_FALSE(said.json.at("ok").boolean());
        EXPECT_EQ(said.error().at("safe").text(), "Nothing was saved or changed.");
        EXPECT_TRUE(said.error().at("next").text().starts_with("For example:  satchel-hub ")) << said.out;
        EXPECT_FALSE(std::filesystem::exists(dir));
    }
    EXPECT_NE(hub({"inti", "--area", "X"}).message().find("did you mean \"init\""), std::string::npos);
}

TEST_F(HubProgram, WithoutAHubEveryCommandSaysHowToMakeOne)
{
    const auto nowhere = hub({"status"});
    EXPECT_EQ(nowhere.exit, 1) << nowhere.out;
    EXPECT_FALSE(std::filesystem::exists(dir)) << "a question makes no folder";
    std::filesystem::create_directories(dir);
    const auto empty = hub({"status"});
    EXPECT_EQ(empty.exit, 1);
    EXPECT_NE(empty.message().find("init --area NAME"), std::string::npos) << empty.out;
}

TEST_F(HubProgram, ABadPassphraseMakesNoHub)
{
    for (const auto* bad : {"", "\n", "\xff\xfe"}) {
        passphrase = bad;
        const auto said = hub({"init", "--area", "Exampleshire", "--kdf", "floor"});
        EXPECT_EQ(said.exit, 2) << said.out << said.err;
    }
    passphrase = std::string(5000, 'x');
    EXPECT_EQ(hub({"init", "--area", "Exampleshire", "--kdf", "floor"}).code(), "too_large");
    EXPECT_FALSE(std::filesystem::exists(dir / "hub.db"));
    EXPECT_FALSE(std::filesystem::exists(dir / "keys.a"));
}

TEST_F(HubProgram, AnotherDescriptorThanAnOpenOneIsAMistake)
{
    init();
    auto what = invocation({"status"});
    for (auto& word : what.arguments)
        if (word == "3")
            word = "97";
    EXPECT_EQ(told(what).exit, 2);
    for (auto& word : what.arguments)
        if (word == "97")
            word = "three";
    EXPECT_EQ(told(what).exit, 2);
}

TEST_F(HubProgram, AWrongPassphraseIsExit3AndChangesNoFile)
{
    init();
    const auto before = files_in(dir);
    passphrase = "not the passphrase";
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"status"}, {"user", "add", "--name", "N", "--hat", "probation/eastside/practitioner"}, {"verify"}}) {
        const auto said = hub(words);
        EXPECT_EQ(said.exit, 3) << said.out << said.err;
        EXPECT_EQ(said.code(), "wrong_passphrase");
        EXPECT_EQ(said.out.find(passphrase), std::string::npos);
    }
    EXPECT_EQ(files_in(dir), before);
}

TEST_F(HubProgram, WithoutTerminalOrDescriptorItIsLocked)
{
    init();
    with_passphrase = false;
    auto what = invocation({"status"});
    what.program = "/usr/bin/setsid";  // no controlling terminal to ask on
    what.arguments.insert(what.arguments.begin(), {"--wait", SATCHEL_HUB_PROGRAM});
    const auto said = told(what);
    EXPECT_EQ(said.exit, 3) << said.out << said.err;
    EXPECT_EQ(said.code(), "locked");
}

TEST_F(HubProgram, ASecondInitTouchesNothing)
{
    init();
    const auto before = files_in(dir);
    const auto said = hub({"init", "--area", "Elsewhere", "--kdf", "floor"});
    EXPECT_EQ(said.exit, 2) << said.out;
    EXPECT_EQ(said.code(), "duplicate");
    EXPECT_EQ(files_in(dir), before);
}

TEST_F(HubProgram, ItsFilesAreForItsUserAloneAndShowNothing)
{
    init();
    EXPECT_EQ(mode_of(dir), 0700u);
    for (const auto* name : {"hub.db", "hub.keys", "keys.a", "keys.b", "device.secret"})
        EXPECT_EQ(mode_of(dir / name), 0600u) << name;
    ASSERT_EQ(hub({"import", "-"}, case_lines()).exit, 0);
    for (const auto& [name, content] : files_in(dir))
        for (const auto* word : {"FICTITIOUS", "Nowhere", "X000001", "a passphrase of the tests", "BEGIN "})
            EXPECT_EQ(content.find(word), std::string::npos) << name << ": " << word;
}

TEST_F(HubProgram, EveryBadImportLineIsNamedAndNothingIsKept)
{
    init();
    const auto before = counts();
    const std::string good = case_lines();
    const auto record = [](const std::string& type, const std::string& fields, const std::string& rest = {}) {
        return R"({"v":1,"kind":"record","case":"C1","key":"z","type":")" + type +
               R"(","agency":"probation","role":"probation.practitioner","author":"A","event_at":"2024-02-01T09:00:00Z","fields":{)" +
               fields + "}" + rest + "}\n";
    };
    const std::vector<std::pair<std::string, std::string>> bad{
        {"not JSON", "{\"v\":1,\n"},
        {"not an object", "[]\n"},
        {"no version", "{\"kind\":\"case\",\"key\":\"C2\",\"area\":\"Exampleshire\"}\n"},
        {"another version", "{\"v\":2,\"kind\":\"case\",\"key\":\"C2\",\"area\":\"Exampleshire\"}\n"},
        {"an unknown kind", "{\"v\":1,\"kind\":\"person\",\"key\":\"C2\"}\n"},
        {"an unknown member", "{\"v\":1,\"kind\":\"case\",\"key\":\"C2\",\"area\":\"Exampleshire\",\"name\":\"CANARY\"}\n"},
        {"a member twice", "{\"v\":1,\"kind\":\"case\",\"key\":\"C2\",\"key\":\"C3\",\"area\":\"Exampleshire\"}\n"},
        {"a case twice", "{\"v\":1,\"kind\":\"case\",\"key\":\"C1\",\"area\":\"Exampleshire\"}\n"},
        {"a record twice", record("address", "\"lines\":\"2 Nowhere Street\",\"kind\":\"main\"") + record("address", "\"lines\":\"2 Nowhere Street\",\"kind\":\"main\"")},
        {"a record of no case", R"({"v":1,"kind":"record","case":"C9","key":"z","type":"address","agency":"probation","role":"probation.practitioner","author":"A","event_at":"2024-02-01T09:00:00Z","fields":{"lines":"x","kind":"main"}})" "\n"},
        {"an unknown type", record("adress", "\"lines\":\"CANARY\"")},
        {"an unknown field", record("address", "\"linse\":\"CANARY\"")},
        {"an unknown group", record("person", "", R"(,"elements":{"aliasses":[{"alias":"CANARY"}]})")},
        {"a value of another type", record("address", "\"lines\":\"x\",\"kind\":\"main\",\"from\":\"CANARY\"")},
        {"a day that is none", record("address", "\"lines\":\"x\",\"kind\":\"main\",\"from\":\"2023-02-30\"")},
        {"a reference to nothing", record("trigger_plan", "\"response\":\"x\",\"cites\":\"@CANARY\"")},
        {"an unknown agency", R"({"v":1,"kind":"record","case":"C1","key":"z","type":"address","agency":"polcie","role":"probation.practitioner","author":"A","event_at":"2024-02-01T09:00:00Z","fields":{"lines":"x","kind":"main"}})" "\n"},
        {"an unknown role", R"({"v":1,"kind":"record","case":"C1","key":"z","type":"address","agency":"probation","role":"probation.practitoner","author":"A","event_at":"2024-02-01T09:00:00Z","fields":{"lines":"x","kind":"main"}})" "\n"},
        {"no time", R"({"v":1,"kind":"record","case":"C1","key":"z","type":"address","agency":"probation","role":"probation.practitioner","author":"A","event_at":"yesterday","fields":{"lines":"x","kind":"main"}})" "\n"},
        {"bytes that are no text", "\"\xff\xfe\"\n"},
    };
    for (const auto& [what, lines] : bad) {
        const auto said = hub({"import", "-"}, good + lines);
        EXPECT_EQ(said.exit, 2) << what << ": " << said.out << said.err;
        EXPECT_NE(said.message().find("line "), std::string::npos) << what << ": " << said.message();
        EXPECT_EQ(said.message().find("CANARY"), std::string::npos) << what << ": " << said.message();
        EXPECT_EQ(hub({"import", "-", "--dry-run"}, good + lines).exit, 2) << what;
    }
    EXPECT_NE(hub({"import", "-"}, good + bad[10].second).message().find("did you mean \"address\""), std::string::npos);
    EXPECT_NE(hub({"import", "-"}, good + bad[11].second).message().find("did you mean \"lines\""), std::string::npos);
    EXPECT_EQ(counts(), before);
}

TEST_F(HubProgram, AnImportThatCannotBeReadSaysWhy)
{
    init();
    EXPECT_EQ(hub({"import", (folder / "none.ndjson").string()}).exit, 1);
    EXPECT_EQ(hub({"import", folder.string()}).exit, 1);
    EXPECT_EQ(hub({"import"}).exit, 2);
}

TEST_F(HubProgram, ADryRunCountsAndKeepsNothing)
{
    init();
    const auto before = counts();
    const auto dry = hub({"import", "-", "--dry-run"}, case_lines());
    EXPECT_EQ(dry.exit, 0) << dry.out << dry.err;
    EXPECT_TRUE(dry.json.at("dry_run").boolean());
    EXPECT_EQ(dry.json.at("cases").integer(), 1);
    EXPECT_EQ(dry.json.at("records").integer(), 3);
    EXPECT_EQ(counts(), before);
}

TEST_F(HubProgram, WhatIsImportedIsListedVerifiedAndExportedAgain)
{
    init();
    std::ofstream(folder / "in.ndjson") << case_lines("C1", "X000001") << case_lines("C2", "X000002");
    const auto imported = hub({"import", (folder / "in.ndjson").string()});
    ASSERT_EQ(imported.exit, 0) << imported.out << imported.err;
    EXPECT_EQ(imported.json.at("cases").integer(), 2);
    const auto cases = hub({"case", "list"});
    ASSERT_EQ(cases.json.at("cases").items().size(), 2u) << cases.out;
    EXPECT_EQ(cases.json.at("cases").items()[0].at("facts").at("lead_agency").text(), "probation") << cases.out;
    const auto verified = hub({"verify"});
    EXPECT_EQ(verified.exit, 0) << verified.out;
    EXPECT_GT(verified.json.at("checked").at("entries").integer(), 6) << verified.out;
    EXPECT_TRUE(verified.json.at("failures").is_array());

    const auto exported = hub({"export"});
    ASSERT_EQ(exported.exit, 0) << exported.out << exported.err;
    const auto one = hub({"export", "--case", " x 000001 "});
    EXPECT_NE(one.out.find("X000001"), std::string::npos) << one.out;
    EXPECT_EQ(one.out.find("X000002"), std::string::npos);
    dir = folder / "second";
    init();
    const auto again = hub({"import", "-"}, exported.out);
    EXPECT_EQ(again.exit, 0) << again.out << again.err;
    EXPECT_EQ(again.json.at("cases").integer(), 2);
    EXPECT_EQ(again.json.at("records").integer(), imported.json.at("records").integer());
    EXPECT_EQ(without_keys(hub({"export"}).out), without_keys(exported.out)) << "record ids are the only difference";
}

// G-A-14, G-1-14, G-A-11: an old file comes in as it is.
TEST_F(HubProgram, AnOldFileIsReadInThePresentWordsAndKeepsItsOwn)
{
    init();
    const auto line = [](const std::string& key, const std::string& type, const std::string& agency, const std::string& role, const std::string& fields) {
        return R"({"v":1,"kind":"record","case":"C1","key":")" + key + R"(","type":")" + type + R"(","agency":")" + agency + R"(","role":")" + role +
               R"(","author":"Imported, as stated","event_at":"2010-02-01T09:00:00Z","fields":{)" + fields + "}}\n";
    };
    const auto old_file = R"({"v":1,"kind":"case","key":"C1","area":"Exampleshire"})" "\n" +
                          line("s", "supervision", "Probation Trust", "Offender Manager", R"("agency":"probation trust","from":"2010-01-02","basis":"licence")") +
                          line("l", "level_decision", "Probation Trust", "OM", R"("level":"Ordinary Agency Management","rationale":"As then","decided_on":"2010-02-01")") +
                          line("d", "case_document", "probation", "probation.practitioner", R"("document_kind":"letter","document_title":"Letter","document_marking":"RESTRICTED")") +
                          line("y", "note_of_nothing", "YOS", "yot.worker", "");
    const auto refused = hub({"import", "-"}, old_file);
    EXPECT_EQ(refused.exit, 2);
    EXPECT_NE(refused.message().find("line 5: no record type"), std::string::npos) << refused.message();

    const auto lines = old_file.substr(0, old_file.find(R"({"v":1,"kind":"record","case":"C1","key":"y")"));
    const auto before = counts();
    const auto dry = hub({"import", "-", "--dry-run"}, lines);
    ASSERT_EQ(dry.exit, 0) << dry.out << dry.err;
    EXPECT_EQ(dry.json.at("earlier_words").integer(), 7);
    EXPECT_EQ(counts(), before);
    const auto confidential = hub({"import", "-"}, lines + line("c", "case_document", "probation", "probation.practitioner",
                                                                R"("document_kind":"letter","document_title":"Letter","document_marking":"CONFIDENTIAL")"));
    EXPECT_EQ(confidential.exit, 2);
    EXPECT_NE(confidential.message().find("line 5: "), std::string::npos) << "what it is now, nobody can say: " << confidential.message();
    const auto active = hub({"import", "-"}, lines + line("a", "meeting", "coordination", "coordination.coordinator", R"("meeting_level":"active")"));
    EXPECT_EQ(active.exit, 2) << "Level 2 or 3, it does not say which";

    const auto imported = hub({"import", "-"}, lines);
    ASSERT_EQ(imported.exit, 0) << imported.out << imported.err;
    EXPECT_EQ(imported.json.at("records").integer(), 3);
    EXPECT_EQ(imported.json.at("earlier_words").integer(), 7);
    const auto facts = hub({"case", "list"}).json.at("cases").items()[0].at("facts");
    EXPECT_EQ(facts.at("lead_agency").text(), "probation");
    EXPECT_EQ(facts.at("mappa_level").text(), "1");
    EXPECT_EQ(hub({"verify"}).exit, 0);

    const auto exported = hub({"export"});
    for (const std::string kept : {R"("literal":"Probation Trust")", R"("means_now":"Probation")", R"("literal":"Offender Manager")", R"("means_now":"Probation practitioner")",
                                   R"("literal":"Ordinary Agency Management")", R"("term_field":"level_decision.level")", R"("literal":"RESTRICTED")",
                                   R"("term_edition":"Government Protective Marking Scheme")", R"("document_marking":"official_sensitive")"})
        EXPECT_NE(exported.out.find(kept), std::string::npos) << kept << "\n" << exported.out;
    dir = folder / "second";
    init();
    const auto again = hub({"import", "-"}, exported.out);
    ASSERT_EQ(again.exit, 0) << again.out << again.err;
    EXPECT_EQ(again.json.at("earlier_words").integer(), 0);
    EXPECT_EQ(without_keys(hub({"export"}).out).size(), without_keys(exported.out).size());
}

TEST_F(HubProgram, UnknownHatsLevelsAndUsersAreNamedAndChangeNothing)
{
    init();
    const auto before = counts();
    for (const auto* hat : {"", "probation", "probation/eastside", "probaton/eastside/practitioner",
                            "probation/eastside/practitoner", "probation/eastside/practitioner/x"})
        EXPECT_EQ(hub({"user", "add", "--name", "A. Sample", "--hat", hat}).exit, 2) << hat;
    EXPECT_EQ(hub({"user", "add", "--name", "", "--hat", "probation/eastside/practitioner"}).exit, 2);
    EXPECT_EQ(hub({"user", "add", "--name", "A. Sample"}).exit, 2);
    const auto level = hub({"user", "add", "--name", "A. Sample", "--hat", "probation/eastside/practitioner",
                            "--vetting", "none-such"});
    EXPECT_EQ(level.exit, 2) << level.out;
    EXPECT_EQ(hub({"user", "suspend", "Nobody"}).exit, 1);
    EXPECT_EQ(hub({"user", "suspend", "Nobody"}).code(), "not_found");
    EXPECT_EQ(counts(), before);
}

TEST_F(HubProgram, UsersAreAddedListedAndSuspended)
{
    init();
    const auto id = add_user("A. Sample", "probation/eastside/practitioner");
    EXPECT_EQ(id.size(), 26u);
    auto from_input = invocation({"user", "add", "--name", "@-", "--hat", "police/eastside/offender_manager"}, "Zoë Example\n");
    EXPECT_EQ(told(from_input).exit, 0);
    const auto list = hub({"user", "list"});
    ASSERT_EQ(list.json.at("users").items().size(), 2u) << list.out;
    EXPECT_EQ(list.json.at("users").items()[0].at("user").text(), id);
    EXPECT_EQ(list.json.at("users").items()[1].at("name").text(), "Zoë Example");
    EXPECT_EQ(hub({"user", "suspend", "A. Sample"}).exit, 0);
    EXPECT_TRUE(hub({"user", "list"}).json.at("users").items()[0].at("suspended").boolean());
    EXPECT_EQ(hub({"verify"}).exit, 0);
}

TEST_F(HubProgram, AssignmentsTakeExactlyOneSubjectAndAKnownCase)
{
    init();
    ASSERT_EQ(hub({"import", "-"}, case_lines()).exit, 0);
    const auto user = add_user("A. Sample", "probation/eastside/practitioner");
    EXPECT_EQ(hub({"assign", "--case", "C1"}).exit, 2);
    EXPECT_EQ(hub({"assign", "--case", "C1", "--user", user, "--team", "eastside"}).exit, 2);
    const auto absent = hub({"assign", "--case", "X999999", "--user", user});
    EXPECT_EQ(absent.exit, 1);
    EXPECT_EQ(absent.out, hub({"assign", "--case", "C9", "--user", user}).out) << "and every absence sounds the same";
    EXPECT_EQ(hub({"assign", "--case", "X000001", "--user", user}).exit, 0);
    EXPECT_EQ(hub({"assign", "--case", "C1", "--role", "police.offender_manager"}).exit, 0);
    const auto assigned = hub({"case", "list"}).json.at("cases").items()[0].at("assigned");
    EXPECT_EQ(assigned.items().size(), 2u) << console::to_text(assigned);
    EXPECT_EQ(hub({"unassign", "--case", "C1", "--user", user, "--because", "moved"}).exit, 0);
    EXPECT_EQ(hub({"unassign", "--case", "C1", "--user", user, "--because", "moved"}).exit, 1) << "only once";
    EXPECT_EQ(hub({"case", "list"}).json.at("cases").items()[0].at("assigned").items().size(), 1u);
}

TEST_F(HubProgram, AnEnrolmentSlipIsANewPrivateFile)
{
    init();
    const auto user = add_user("A. Sample", "probation/eastside/practitioner");
    const auto file = folder / "sample.enrolment";
    for (const auto* ttl : {"15", "0m", "15w", "m", "-5m", "1s", "8d", "99d", "9999999999999999999s"})
        EXPECT_EQ(hub({"enrolment", "create", "--user", user, "--out", file.string(), "--ttl", ttl}).exit, 2) << ttl;
    EXPECT_FALSE(std::filesystem::exists(file));
    const auto longest = (folder / "longest.enrolment").string();
    EXPECT_EQ(hub({"enrolment", "create", "--user", user, "--out", longest, "--ttl", "7d"}).exit, 0);
    const auto made = hub({"enrolment", "create", "--user", user, "--out", file.string(), "--address", "127.0.0.1:7443"});
    ASSERT_EQ(made.exit, 0) << made.out << made.err;
    EXPECT_EQ(mode_of(file), 0600u);
    const auto slip = content_of(file);
    EXPECT_NE(slip.find("A. Sample"), std::string::npos);
    const auto code_at = slip.find("code: ") + 6;
    const auto code = slip.substr(code_at, slip.find('\n', code_at) - code_at);
    ASSERT_GT(code.size(), 10u);
    EXPECT_EQ(made.out.find(code), std::string::npos) << "the code is in the file alone";
    const auto again = hub({"enrolment", "create", "--user", user, "--out", file.string()});
    EXPECT_EQ(again.exit, 2) << again.out;
    EXPECT_EQ(content_of(file), slip);
    for (const auto& [name, content] : files_in(dir))
        EXPECT_EQ(content.find(code), std::string::npos) << name;
}

TEST_F(HubProgram, ADecisionNeedsAnItemThatIsThere)
{
    init();
    add_user("A. Sample", "probation/eastside/practitioner");
    EXPECT_EQ(hub({"suggestion", "accept", "nonsense", "--as", "A. Sample", "--reason", "R"}).exit, 2);
    const auto absent =
        hub({"suggestion", "accept", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "--as", "A. Sample", "--reason", "R"});
    EXPECT_EQ(absent.exit, 1) << absent.out;
    EXPECT_EQ(hub({"conflict", "resolve", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "--as", "A. Sample", "--reason", "R"}).exit, 2);
    EXPECT_TRUE(hub({"suggestion", "list"}).json.at("items").items().empty());
    EXPECT_TRUE(hub({"conflict", "list"}).json.at("items").items().empty());
    EXPECT_TRUE(hub({"device", "list"}).json.at("devices").items().empty());
    EXPECT_EQ(hub({"device", "revoke", "aaaaaaaaaaaaaaaaaaaaaaaaaa"}).exit, 1);
}

TEST_F(HubProgram, TheAgreementIsCheckedShownAndExplained)
{
    with_passphrase = false;
    const auto built_in = hub({"policy", "lint"});
    EXPECT_EQ(built_in.exit, 0) << built_in.out;
    std::filesystem::create_directories(folder / "agreement");
    EXPECT_EQ(hub({"policy", "lint", (folder / "agreement").string()}).exit, 2) << "no files";
    std::ofstream(folder / "agreement" / "bad.toml") << "[record.thing]\ntitle = 3\nnonsense = true\n";
    const auto bad = hub({"policy", "lint", (folder / "agreement").string()});
    EXPECT_EQ(bad.exit, 2) << bad.out;
    ASSERT_FALSE(bad.json.at("problems").items().empty()) << bad.out;
    EXPECT_EQ(bad.json.at("problems").items()[0].at("file").text(), "bad.toml");
    EXPECT_EQ(bad.code(), "policy_invalid");
    with_passphrase = true;
    const auto refused = hub({"init", "--area", "X", "--kdf", "floor", "--policy", (folder / "agreement").string()});
    EXPECT_EQ(refused.exit, 2) << refused.out;
    EXPECT_FALSE(std::filesystem::exists(dir));

    init();
    EXPECT_GT(hub({"policy", "show"}).json.at("types").items().size(), 5u);
    EXPECT_EQ(hub({"policy", "show", "--type", "address"}).json.at("type").text(), "address");
    const auto typo = hub({"policy", "show", "--type", "adress"});
    EXPECT_EQ(typo.exit, 2);
    EXPECT_NE(typo.message().find("did you mean \"address\""), std::string::npos) << typo.out;
    EXPECT_EQ(hub({"policy", "publish", (folder / "agreement").string()}).exit, 2);
    EXPECT_EQ(hub({"verify"}).exit, 0);
}

TEST_F(HubProgram, AnAlteredRowIsExit8AndNamed)
{
    init();
    ASSERT_EQ(hub({"import", "-"}, case_lines()).exit, 0);
    ASSERT_EQ(hub({"verify"}).exit, 0);
    const auto refused = inspect("UPDATE entries SET received_at = received_at + 1 WHERE position = 3");
    EXPECT_NE(refused.exit, 0) << "read-only unless --write";
    ASSERT_EQ(hub({"verify"}).exit, 0);
    const auto altered = inspect("UPDATE entries SET received_at = received_at + 1 WHERE position = 3", /*write=*/true);
    ASSERT_EQ(altered.exit, 0) << altered.out << altered.err;
    EXPECT_EQ(altered.json.at("changed").integer(), 1);
    const auto found = hub({"verify"});
    EXPECT_EQ(found.exit, 8) << found.out;
    EXPECT_FALSE(found.json.at("ok").boolean());
    ASSERT_FALSE(found.json.at("failures").items().empty());
    bool named = false;
    for (const auto& failure : found.json.at("failures").items())
        named = named || (failure.at("table").text() == "entries" && failure.at("row").text().find('3') != std::string::npos);
    EXPECT_TRUE(named) << found.out;
}

TEST_F(HubProgram, ReceiptsThatAreNoneAreMistakes)
{
    init();
    for (const auto* bad : {"nonsense", "[]", "{}", "{\"last_receipt\":{\"epoch\":\"00\"}}"})
        EXPECT_EQ(hub({"verify", "--receipt", "-"}, bad).exit, 2) << bad;
    EXPECT_EQ(hub({"verify", "--receipt", "-"}, "{\"v\":1,\"ok\":true,\"last_receipt\":null}\n").exit, 0);
    EXPECT_EQ(hub({"verify", "--receipt", (folder / "none").string()}).exit, 1);
}

TEST_F(HubProgram, ParallelCommandsWaitForEachOther)
{
    init();
    std::vector<std::future<Told>> running;
    for (int i = 0; i < 4; ++i)
        running.push_back(std::async(std::launch::async, [this, i] {
            return hub({"user", "add", "--name", "User " + std::to_string(i), "--hat", "probation/eastside/practitioner"});
        }));
    for (auto& one : running) {
        const auto said = one.get();
        EXPECT_EQ(said.exit, 0) << said.out << said.err;
    }
    EXPECT_EQ(hub({"user", "list"}).json.at("users").items().size(), 4u);
}

TEST_F(HubProgram, WhoWaitsFiveSecondsInVainIsToldBusy)
{
    init();
    const auto lock = console::FolderLock::take(dir.string());
    ASSERT_TRUE(lock);
    const auto before = std::chrono::steady_clock::now();
    const auto said = hub({"status"});
    const auto took = std::chrono::steady_clock::now() - before;
    EXPECT_EQ(said.exit, 1);
    EXPECT_EQ(said.code(), "busy");
    EXPECT_GE(took, std::chrono::milliseconds(4900));
    EXPECT_LT(took, std::chrono::seconds(20));
}

TEST_F(HubProgram, ListenAddressesThatCannotBeAreNamed)
{
    init();
    for (const auto* bad : {"", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", "somewhere:80", ":80"})
        EXPECT_EQ(hub({"serve", "--listen", bad}).exit, 2) << bad;
}

TEST_F(HubProgram, WhileItServesCommandsGoThroughItWithoutAPassphrase)
{
    init();
    demo::Background serving(invocation({"serve", "--listen", "127.0.0.1:0"}));
    const auto first = console::parse_json(serving.first_line());
    ASSERT_TRUE(first) << serving.first_line();
    EXPECT_EQ(first->at("event").text(), "listening");
    EXPECT_EQ(first->at("v").integer(), 1);
    EXPECT_TRUE(first->at("address").text().starts_with("127.0.0.1:")) << serving.first_line();
    EXPECT_EQ(mode_of(dir / "control.sock"), 0600u);

    with_passphrase = false;
    const auto user = add_user("A. Sample", "probation/eastside/practitioner");
    const auto imported = hub({"import", "-"}, case_lines());
    EXPECT_EQ(imported.exit, 0) << imported.out;
    EXPECT_EQ(hub({"assign", "--case", "C1", "--user", user}).exit, 0);
    EXPECT_EQ(hub({"import", "-"}, "nonsense\n").exit, 2);
    EXPECT_EQ(hub({"assign", "--case", "C9", "--user", user}).exit, 1);
    EXPECT_NE(hub({"export"}).out.find("FICTITIOUS"), std::string::npos);
    EXPECT_EQ(hub({"verify"}).exit, 0);

    with_passphrase = true;
    const auto second = hub({"serve", "--listen", "127.0.0.1:0"});
    EXPECT_EQ(second.exit, 1) << second.out;
    EXPECT_EQ(second.code(), "busy");

    EXPECT_EQ(serving.stop(), 0) << "SIGTERM is an orderly end";
    EXPECT_FALSE(std::filesystem::exists(dir / "control.sock"));
    const auto users = hub({"user", "list"});
    EXPECT_EQ(users.json.at("users").items().size(), 1u) << users.out;
}

TEST_F(HubProgram, AfterAKillTheHubIsWhatItWas)
{
    init();
    {
        demo::Background serving(invocation({"serve", "--listen", "127.0.0.1:0"}));
        ASSERT_EQ(hub({"import", "-"}, case_lines()).exit, 0);
        serving.kill();
    }
    const auto status = hub({"status"});
    EXPECT_EQ(status.exit, 0) << status.out << status.err;
    EXPECT_EQ(status.json.at("counts").at("cases").integer(), 1);
    EXPECT_EQ(hub({"verify"}).exit, 0);
}

TEST_F(HubProgram, InPlainEnglishAnswersAndMistakesGoTheirOwnWays)
{
    auto what = invocation({"init", "--area", "Exampleshire", "--kdf", "floor"});
    std::erase(what.arguments, "--json");
    const auto made = demo::run(what);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    EXPECT_TRUE(made.out.starts_with("A new hub for Exampleshire is in ")) << made.out;
    EXPECT_EQ(made.err, "");
    const auto again = demo::run(what);
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_EQ(again.out, "");
    EXPECT_NE(again.err.find("What is safe:"), std::string::npos) << again.err;
    EXPECT_NE(again.err.find("What to do:"), std::string::npos);
    const auto help = demo::run({SATCHEL_HUB_PROGRAM, {"verify", "--help"}, "", {}, std::chrono::seconds(10)});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_TRUE(help.out.starts_with("Example:\n  satchel-hub --dir hub verify")) << help.out;
}

}  // namespace
}  // namespace satchel::tools::hub
