// What the commands of satchel-hub print without --json, word for word.
#include "tools/hub/plain.hpp"

#include <gtest/gtest.h>

#include "tools/hub/commands.hpp"

namespace satchel::tools::hub {
namespace {

using console::Json;

Json said(std::string_view text)
{
    auto json = console::parse_json(text);
    EXPECT_TRUE(json) << text;
    return json ? *std::move(json) : Json();
}

TEST(PlainWords, WhatIsWrongWithAnAgreementIsNamedWithFileAndLine)
{
    EXPECT_EQ(plain_lint(said(R"({"files":2,"problems":[
                                    {"file":"people.toml","line":12,"reason":"no such role"},
                                    {"file":"bundle","line":0,"reason":"no agency is declared"}]})"),
                         {}),
              "people.toml:12: no such role\n"
              "bundle: no agency is declared\n");
}

TEST(PlainWords, AnAgreementWithoutProblemsSaysWhichItIs)
{
    EXPECT_EQ(plain_lint(said(R"({"files":3,"version":7,"types":12,"problems":[]})"), {}),
              "The agreement has no problems: version 7, 12 record types.\n");
}

TEST(PlainWords, AHistoryThatDoesNotFitNamesEveryRow)
{
    EXPECT_EQ(plain_verify(said(R"({"checked":{"entries":9,"open_items":2},"failures":[
                                      {"table":"entries","row":"3","kind":"audit_head"},
                                      {"table":"records","row":"5m2k","kind":"state"}]})"),
                           {}),
              "Checked: 9 entries, 2 open items.\n"
              "Something was changed or lost:\n"
              "Table    Row   What is wrong\n"
              "entries  3     audit_head\n"
              "records  5m2k  state\n");
}

TEST(PlainWords, AHistoryThatFitsSaysWhatWasChecked)
{
    EXPECT_EQ(plain_verify(said(R"({"checked":{"entries":9},"failures":[]})"), {}),
              "Checked: 9 entries.\nEverything fits together.\n");
}

TEST(PlainWords, ADryRunSaysThatNothingWasKept)
{
    EXPECT_EQ(plain_import(said(R"({"cases":2,"records":6,"values":11,"earlier_words":0,"dry_run":true})"), {}),
              "The input is right: 2 cases, 6 records and 11 values. Nothing was kept.\n");
    EXPECT_EQ(plain_import(said(R"({"cases":2,"records":6,"values":11,"earlier_words":0,"dry_run":false})"), {}),
              "Imported: 2 cases, 6 records and 11 values.\n");
    EXPECT_EQ(plain_import(said(R"({"cases":2,"records":6,"values":11,"earlier_words":3,"dry_run":true})"), {}),
              "The input is right: 2 cases, 6 records and 11 values. Words of earlier editions read as the present ones: 3. Nothing was kept.\n");
}

TEST(PlainWords, ANewHubAsksForACopyOfFolderAndPassphrase)
{
    EXPECT_EQ(plain_init(said(R"({"dir":"hubs/one","area":"Exampleshire","policy_version":1})"), {}),
              "A new hub for Exampleshire is in hubs/one.\n"
              "Keep a copy of this folder and of the passphrase: without them nobody can open the hub.\n");
}

TEST(PlainWords, AUserIsRecordedOrSuspended)
{
    EXPECT_EQ(plain_user(said(R"({"user":"5m2k"})"), {}), "User 5m2k is recorded.\n");
    EXPECT_EQ(plain_user(said(R"({"user":"5m2k","suspended":true})"), {}), "User 5m2k is suspended.\n");
}

TEST(PlainWords, ASlipSaysForWhomUntilWhenAndThatItIsASecret)
{
    EXPECT_EQ(plain_enrolment(said(R"({"enrolment":"e","user":"5m2k","name":"A. Sample","agency":"probation",
                                       "expires_at":"2026-03-01T09:45:00.000Z","file":"sample.enrolment"})"),
                              {}),
              "The slip is in sample.enrolment, good for one device of A. Sample until 2026-03-01T09:45:00.000Z.\n"
              "Hand it over by a safe way: whoever holds it can enrol.\n");
}

TEST(PlainWords, AServerSaysWhereItListensAndThatItStopped)
{
    EXPECT_EQ(plain_serve(said(R"({"event":"listening","address":"127.0.0.1:41234"})"), {}),
              "Listening on 127.0.0.1:41234\n");
    EXPECT_EQ(plain_serve(said(R"({"event":"stopped"})"), {}), "Stopped.\n");
}

TEST(PlainWords, ADecisionThatOnlySuggestsSaysWhoCanDecide)
{
    EXPECT_EQ(plain_decision(said(R"({"outcome":"suggested","who_can":"Probation practitioners decide it."})"), {}),
              "Kept as a suggestion. Probation practitioners decide it.\n");
    EXPECT_EQ(plain_decision(said(R"({"outcome":"refused","who_can":"The Chair decides it."})"), {}),
              "Kept, and nothing is decided. The Chair decides it.\n");
}

TEST(PlainWords, OnlyWhatBecomesTheValueIsCalledInTheRecord)
{
    const auto after = [](const std::string& how) {
        return plain_decision(said(R"({"outcome":"applied","who_can":"","resolution":")" + how + "\"}"), {});
    };
    for (const auto* how : {"accept", "amend", "choose A", "both", "previous"})
        EXPECT_EQ(after(how), "It is in the record.\n") << how;
    EXPECT_EQ(plain_decision(said(R"({"outcome":"merged","who_can":"","resolution":"amend"})"), {}), "It is in the record.\n");
    EXPECT_EQ(after("decline"), "Declined: what was recorded stands.\n");
    EXPECT_EQ(after("comment"), "The comment is kept. Nothing is decided yet.\n");
    EXPECT_EQ(after("escalate"), "It has been passed upwards. Nothing is decided yet.\n");
}

TEST(PlainWords, WhatIsHandedOnNamesEveryRoleWithATask)
{
    EXPECT_EQ(plain_routed(said(R"({"role":"police.offender_manager","roles":["police.offender_manager"]})"), {}),
              "There is a task for police.offender_manager. Nothing is decided yet.\n");
    EXPECT_EQ(plain_routed(said(R"({"role":"a.b","roles":["a.b","c.d"]})"), {}),
              "There is a task for a.b and c.d. Nothing is decided yet.\n");
}

TEST(PlainWords, WhatWaitsIsATableWithOneLineEach)
{
    EXPECT_EQ(plain_items(said(R"({"items":[{"id":"5m2k","case_label":"C1","type":"address","field":"where",
                                   "owner_role":"probation.practitioner","opened_at":"2026-03-01T09:30:00.000Z"}]})"),
                          {}),
              "Id    Case  What     Field  Decided by              Since\n"
              "5m2k  C1    address  where  probation.practitioner  2026-03-01T09:30:00.000Z\n");
}

std::string item(std::string_view kind, std::string_view roles, std::string_view sides)
{
    return R"({"item":{"id":"5m2k","case_label":"C1","type":"address","field":"where","kind":")" + std::string(kind) +
           R"(","owner_roles":)" + std::string(roles) +
           R"(,"decided_by":"the lead agency","opened_at":"2026-03-01T09:30:00.000Z","sides":)" + std::string(sides) +
           "}}";
}

TEST(PlainWords, TheSidesOfASuggestionAreTheRecordedAndTheSuggestedOne)
{
    EXPECT_EQ(plain_item(said(item("suggestion", R"(["probation.practitioner","probation.manager"])",
                                   R"([{"version":null,"value":null,"author":"","agency":""},
                                       {"version":"7a","value":{"lines":"2 Invented Row","from":"2026-05-01"},
                                        "author":"Officer Example","agency":"police"}])")),
                         {}),
              "Suggestion 5m2k\n"
              "Case C1, address, where, since 2026-03-01T09:30:00.000Z\n"
              "Decided by: probation.practitioner or probation.manager\n"
              "Side       Value                                    Author           Agency  Version\n"
              "recorded   (not shown)\n"
              "suggested  lines: 2 Invented Row; from: 2026-05-01  Officer Example  police  7a\n");
}

TEST(PlainWords, WithoutARoleThatDecidesTheAgreementsWordsStand)
{
    EXPECT_EQ(plain_item(said(item("conflict", "[]",
                                   R"([{"version":"7a","value":"low","author":"A. Sample","agency":"probation"},
                                       {"version":"8b","value":"high","author":"B. Example","agency":"police"}])")),
                         {}),
              "Two versions 5m2k\n"
              "Case C1, address, where, since 2026-03-01T09:30:00.000Z\n"
              "Decided by: the lead agency\n"
              "Side  Value  Author      Agency     Version\n"
              "A     low    A. Sample   probation  7a\n"
              "B     high   B. Example  police     8b\n");
}

TEST(PlainWords, WhatSomebodyTypedCannotMoveTheCursor)
{
    EXPECT_EQ(plain_user(Json::object({{"user", "5m\x1b[2Jk"}}), {}), "User 5m\xEF\xBF\xBD[2Jk is recorded.\n");
    EXPECT_EQ(plain_routed(Json::object({{"roles", Json(std::vector<std::string>{"a\rb"})}}), {}),
              "There is a task for a\xEF\xBF\xBD"
              "b. Nothing is decided yet.\n");
}

TEST(PlainWords, NothingHeldIsSaidInWords)
{
    EXPECT_EQ(plain_held_list(said(R"({"held":[]})"), {}), "No work is held.\n");
}

TEST(PlainWords, HeldWorkThatTheDeviceDidNotSignIsMarked)
{
    const auto held = [](const std::string& signature, const std::string& reason) {
        return said(R"({"held":{"author":"A. Sample","acting_as":"police/eastside/offender_manager",
                        "authored_at":"2026-03-01T09:30:00.000Z","case_label":"C1","why":"sealed","signature":")" +
                    signature + R"(","changes":[{"operation":"set","type":"note","group":"what",
                        "fields":{"text":"Invented words"},"reason":")" +
                    reason + R"("}]}})");
    };
    const std::string head = "Written by A. Sample as police/eastside/offender_manager, 2026-03-01T09:30:00.000Z by "
                             "their device's clock; case C1. Held (sealed), not in the record.\n";
    const std::string change = "\nset note / what\n  text: Invented words\n";
    const std::string end = "\nThat this was opened, by whom and why is in the history.\n";
    EXPECT_EQ(plain_held(held("valid", ""), {}), head + change + end);
    EXPECT_EQ(plain_held(held("invalid", "Seen there"), {}),
              head + "It is NOT what the device signed.\n" + change + "  reason: Seen there\n" + end);
}

}  // namespace
}  // namespace satchel::tools::hub
