// The answers of satchel as people read them. Each test gives what --json prints and asks for the words.
#include "client/app/plain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/console/json.hpp"

namespace satchel::client::app {
namespace {

using console::Json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Json json(const std::string& text)
{
    auto out = console::parse_json(text);
    EXPECT_TRUE(out) << text;
    return out ? *std::move(out) : Json{};
}

std::string said(console::PlainText plain, const std::string& body)
{
    return plain(json(body), {});
}

// --- A run ------------------------------------------------------------------------------------------------------------

TEST(PlainSync, OneIsNotCalledMany)
{
    EXPECT_EQ(said(plain_sync, R"({"sent":1,"received":1,"rulings":{"applied":0,"merged":0,"suggested":1,"conflict":0,
                                   "refused":0},"purged_cases":1,"waiting":1,"attention":1})"),
              "1 change of yours was received centrally; 1 entry came in.\n"
              "  1 suggestion\n"
              "Access removed: 1 case left this device.\n"
              "1 change waits on this device.\n"
              "Look at `attention list`: 1 item is new.\n");
}

TEST(PlainSync, EachRulingHasItsLineAndThoseInTheRecordAreCountedTogether)
{
    EXPECT_EQ(said(plain_sync, R"({"sent":14,"received":20,"rulings":{"applied":3,"merged":2,"suggested":4,"conflict":2,
                                   "refused":3},"purged_cases":2,"waiting":5,"attention":9})"),
              "14 changes of yours were received centrally; 20 entries came in.\n"
              "  5 in the record\n"
              "  4 suggestions\n"
              "  2 with two versions\n"
              "  3 held, not in the record\n"
              "Access removed: 2 cases left this device.\n"
              "5 changes wait on this device.\n"
              "Look at `attention list`: 9 items are new.\n");
}

TEST(PlainSync, ARunWithNothingToDoSaysOnlyThat)
{
    EXPECT_EQ(said(plain_sync, R"({"sent":0,"received":0,"rulings":{"applied":0,"merged":0,"suggested":0,"conflict":0,
                                   "refused":0},"purged_cases":0,"waiting":0,"attention":0})"),
              "0 changes of yours were received centrally; 0 entries came in.\n");
}

TEST(PlainSync, ARunThatEndedEarlySaysWhatHappenedAndWhatToDo)
{
    EXPECT_EQ(said(plain_sync, R"({"sent":1,"received":0,"rulings":{"applied":0,"merged":0,"suggested":0,"conflict":0,
                                   "refused":0},"purged_cases":0,"waiting":2,"attention":0,
                                   "error":{"message":"The hub was not reached.","next":"Try again when there is a network."}})"),
              "1 change of yours was received centrally; 0 entries came in.\n"
              "2 changes wait on this device.\n"
              "It ended before everything was done. The hub was not reached.\n"
              "Try again when there is a network.\n");
}

TEST(PlainStatus, SaysWhatWaitsAndWhy)
{
    EXPECT_EQ(said(plain_status, R"({"outbox":1,"last_received_at":null,"last_checked_at":null,"why":"no network",
                                     "running":false})"),
              "1 change waits on this device.\nNothing of this device has been received centrally yet.\nNo network\n");
    EXPECT_EQ(said(plain_status, R"({"outbox":0,"last_received_at":"2026-03-01T10:00:00Z",
                                     "last_checked_at":"2026-03-02T11:00:00Z","why":"","running":true})"),
              "0 changes wait on this device.\nLast received centrally: 2026-03-01T10:00:00Z.\n"
              "Last checked with the hub: 2026-03-02T11:00:00Z.\nA run is under way.\n");
}

TEST(PlainServe, LockingAndUnlockingAreToldApart)
{
    EXPECT_EQ(said(plain_serve, R"({"event":"ready"})"), "Unlocked. Other commands go through this one.\n");
    EXPECT_EQ(said(plain_serve, R"({"event":"locked"})"), "Locked.\n");
    EXPECT_EQ(said(plain_lock, R"({"locked":true})"), "Locked.\n");
    EXPECT_EQ(said(plain_lock, R"({"locked":false})"), "It was locked already: nothing holds this profile open.\n");
}

// --- What to expect of what was typed ----------------------------------------------------------------------------------

TEST(PlainSaved, WhatIsNotSavedIsNotCalledSaved)
{
    EXPECT_EQ(said(plain_saved, R"({"error":{"message":"It would not be in the record at once."},
                                    "forecast":[{"field":"lines","outcome":"suggested","owner":"Probation","say":"",
                                                 "outside_policy":false,"instead":"","paragraph":"G-2-4"}]})"),
              "Not saved: It would not be in the record at once.\n"
              "  lines: Decided by Probation. It will go there as a suggestion. (G-2-4)\n");
}

TEST(PlainSaved, EveryOutcomeHasItsSentence)
{
    const auto forecast = [](const std::string& members) {
        return said(plain_decision, R"({"forecast":{"owner":"","decided_by":"the lead agency",)" + members + "}}");
    };
    EXPECT_EQ(forecast(R"("outcome":"applied","say":"","outside_policy":false,"instead":"","paragraph":"G-2-4")"),
              "Saved on this device.\n  It will be in the record when it is received centrally.\n");
    EXPECT_EQ(forecast(R"("outcome":"merged","say":"","outside_policy":false,"instead":"","paragraph":"")"),
              "Saved on this device.\n  It will be in the record when it is received centrally.\n");
    EXPECT_EQ(
        forecast(R"("outcome":"suggested","say":"Probation confirms it first.","outside_policy":false,"instead":"",
                          "paragraph":"")"),
        "Saved on this device.\n  Probation confirms it first.\n");
    EXPECT_EQ(forecast(R"("outcome":"conflict","say":"","outside_policy":false,"instead":"","paragraph":"G-13-7")"),
              "Saved on this device.\n  There will be two versions. Decided by the lead agency. (G-13-7)\n");
    EXPECT_EQ(forecast(R"("outcome":"refused","say":"Only the Chair cancels a meeting.","outside_policy":false,
                          "instead":"concern","paragraph":"G-13a-20")"),
              "Saved on this device.\n  It will be held, not in the record. Only the Chair cancels a meeting. "
              "It is kept as: Concern. (G-13a-20)\n");
}

TEST(PlainSaved, WhatHappenedOutsidePolicyIsRecordedAndMarked)
{
    const auto forecast = [](const std::string& words) {
        return said(plain_decision,
                    R"({"forecast":{"outcome":"applied","owner":"","decided_by":"","outside_policy":true,
                                        "instead":"","paragraph":"","say":")" +
                        words + R"("}})");
    };
    EXPECT_THAT(forecast(""), EndsWith("centrally. It will be marked outside policy.\n"));
    EXPECT_THAT(forecast("No consent was asked."),
                EndsWith("centrally. It happened outside policy: No consent was asked.\n"));
}

TEST(PlainSaved, OfManyRecordsOnlyThoseThatWillNotBeInTheRecordAreListed)
{
    EXPECT_EQ(said(plain_saved, R"({"records":[
                 {"record":"aa11","forecast":[{"field":"text","outcome":"applied","owner":"","say":"",
                                              "outside_policy":false,"instead":"","paragraph":""}]},
                 {"record":"bb22","forecast":[{"field":"lines","outcome":"conflict","owner":"Police","say":"",
                                              "outside_policy":false,"instead":"","paragraph":""}]}]})"),
              "Saved on this device: 2 records.\n"
              "  bb22 lines: There will be two versions. Decided by Police.\n");
}

// --- A record ---------------------------------------------------------------------------------------------------------

const std::string bare = R"("title":"Address","id":"aa11","event_at":null,"pending":false,"late":false,"stale":false,
                            "withdrawn":false,"outside":[],"links":[],"groups":{},"warnings":[],"open":[])";

TEST(PlainRecord, SaysWhatIsInItAndNothingOfWhatIsNot)
{
    EXPECT_EQ(
        said(plain_records, R"({"records":[{)" + bare + R"(,"fields":{"lines":"1 Invented Row","confirmed":true,
                 "raises":[{"id":"e1","why":"Call-out","by":null},{"id":"e2","why":"Letter"}]}}]})"),
        "Address  aa11\n  lines: 1 Invented Row\n  confirmed: yes\n  raises: why: Call-out\n  raises: why: Letter\n");
    EXPECT_EQ(said(plain_records, R"({"records":[]})"), "There is no such record.\n");
}

TEST(PlainRecord, EveryMarkIsToldBeforeTheFields)
{
    EXPECT_EQ(said(plain_records,
                   R"({"records":[{"title":"Address","id":"aa11","event_at":"2026-03-01T10:00:00Z","pending":true,
                 "late":true,"stale":true,"withdrawn":true,"outside":["no consent","no date"],
                 "links":[{"record":"bb22","discrepancy":true},{"record":"cc33","discrepancy":false}],
                 "groups":{"acknowledged":{"voided":true,"version":""},"where":{"voided":false,"version":""}},
                 "warnings":[{"field":"crn","reason":"the check letter is another"}],"open":[],
                 "fields":{"confirmed":false,"lines":null}}]})"),
              "Address  aa11  2026-03-01\n"
              "  [saved on this device, not decided centrally yet, came late, stale: something it rests on has "
              "changed, withdrawn, "
              "outside policy: no consent, no date, linked with bb22, and they differ, linked with cc33, "
              "acknowledged is of an earlier version, crn: the check letter is another]\n"
              "  confirmed: no\n  lines: \n");
}

TEST(PlainRecord, TheVersionOfEachPartIsPrintedForWhoeverEditsIt)
{
    EXPECT_EQ(
        said(plain_record, R"({"record":{"title":"Address","id":"aa11","event_at":null,"pending":false,"late":false,
                 "stale":false,"withdrawn":false,"outside":[],"links":[],"warnings":[],"open":[],"fields":{},
                 "groups":{"where":{"voided":false,"version":"7q4f"},"note":{"voided":false,"version":""}}}})"),
        "Address  aa11\n  version of where: 7q4f\n");
}

// --- What waits for a decision -----------------------------------------------------------------------------------------

TEST(PlainItems, TheSidesOfTwoVersionsAreLettersAndOneIsShown)
{
    EXPECT_EQ(
        said(plain_items,
             R"({"items":[{"title":"Risk","field":"level","id":"i1","kind":"conflict","decided_by":"the lead agency",
                 "yours_to_decide":true,"note":"Will ask police","first_decision":null,"sides":[
                   {"value":"low","stands":false,"author":"A. Fictus","agency_title":"Probation","version":"v1"},
                   {"value":"high","stands":true,"author":"B. Fictus","agency_title":"Police","version":""}]}]})"),
        "Risk, level  i1\n  Decided by the lead agency: you may  [Will ask police]\n"
        "    A: low  — A. Fictus, Probation  v1\n"
        "    B (shown): high  — B. Fictus, Police\n");
}

// Whoever chose A for the only side that was shown dropped it.
TEST(PlainItems, OfAConflictWithNothingRecordedWhatIsAskedForIsB)
{
    EXPECT_EQ(said(plain_items,
                   R"({"items":[{"title":"Address","field":"lines","id":"i3","kind":"conflict","decided_by":"Probation",
                 "yours_to_decide":true,"note":"","first_decision":null,"sides":[
                   {"value":"2 Invented Row","stands":false,"author":"B. Fictus","agency_title":"Police","version":"v2"}]}]})"),
              "Address, lines  i3\n  Decided by Probation: you may\n"
              "    A: nothing changes\n"
              "    B: 2 Invented Row  — B. Fictus, Police  v2\n");
}

TEST(PlainItems, ASuggestionStandsBesideWhatIsRecorded)
{
    EXPECT_EQ(said(plain_items, R"({"items":[{"title":"Address","field":"lines","id":"i2","kind":"suggestion",
                 "decided_by":"Probation","yours_to_decide":false,"note":"","first_decision":null,"sides":[
                   {"value":{"lines":"1 Invented Row","from":"2026-01-01"},"stands":true,"author":"A. Fictus",
                    "agency_title":"Probation","version":"v1"},
                   {"value":[{"why":"Call-out"},{"why":"Letter"}],"stands":false,"author":"B. Fictus",
                    "agency_title":"Police","version":"v2"}]}]})"),
              "Address, lines  i2\n  Decided by Probation\n"
              "    recorded: lines: 1 Invented Row; from: 2026-01-01  — A. Fictus, Probation  v1\n"
              "    suggested: why: Call-out | why: Letter  — B. Fictus, Police  v2\n");
    EXPECT_EQ(said(plain_items, R"({"items":[]})"), "Nothing waits for a decision.\n");
}

TEST(PlainItems, ASuggestionThatTakesSomethingAwaySaysWhat)
{
    const auto asked = [](const std::string& value) {
        return said(plain_items,
                    R"({"items":[{"title":"Diary","field":"line","id":"i4","kind":"suggestion","decided_by":"Police",
                    "yours_to_decide":true,"note":"","first_decision":null,"sides":[{"stands":false,"author":"B. Fictus",
                    "agency_title":"Police","version":"v2","value":)" +
                        value + "}]}]}");
    };
    EXPECT_THAT(asked(R"({"withdraws":true})"), HasSubstr("suggested: the whole record is withdrawn  — B. Fictus"));
    EXPECT_THAT(asked(R"({"removes":[{"line":"At the mill"}]})"),
                HasSubstr("suggested: removed: line: At the mill  — B. Fictus"));
}

TEST(PlainItems, WhatOneOfTwoHasDecidedIsToldToTheOther)
{
    EXPECT_THAT(
        said(plain_items,
             R"({"items":[{"title":"Level","field":"level","id":"i3","kind":"suggestion","decided_by":"two people",
                 "yours_to_decide":true,"note":"","sides":[],
                 "first_decision":{"value":"2","author":"C. Fictus","agency_title":"Police"}}]})"),
        EndsWith("    decided by one of two: 2  — C. Fictus, Police\n"));
}

TEST(PlainItems, ActionsThatAreStillOpenAreCountedAndShown)
{
    const std::string item =
        R"("item":{"title":"Level","field":"level","id":"i3","kind":"suggestion","decided_by":"the Chair",
                                "yours_to_decide":false,"note":"","sides":[],"first_decision":null})";
    EXPECT_THAT(
        said(plain_item, "{" + item + R"(,"open_type":"rmp_action","open_actions":[{)" + bare + R"(,"fields":{}}]})"),
        EndsWith("\nStill open (Rmp action): 1\n\nAddress  aa11\n"));
    EXPECT_THAT(said(plain_item, "{" + item + R"(,"open_type":"","open_actions":null})"), Not(HasSubstr("Still open")));
}

// --- Histories --------------------------------------------------------------------------------------------------------

// A line of a history with other members than the usual ones.
std::string line(const std::string& others)
{
    auto out = json(R"({"ruling":"applied","forecast":false,"disposition":"","operation":"set","value":"low",
                        "fields":{"level":"low"},"resolution":"","group":"public","reason":"","event_at":null,
                        "authored_at":"2026-03-02T09:00:00Z","received_at":"2026-03-03T09:00:00Z","author":"A. Fictus",
                        "role":"probation.practitioner","rule":"owner","paragraph":"","signature":"valid"})");
    const auto given = json("{" + others + "}");
    for (const auto& [name, value] : given.members())
        out[name] = value;
    return console::to_text(out);
}

TEST(PlainSince, SaysWhatWasAndWhatIsAndKeepsTasksFromBeforeApart)
{
    const auto parsed = console::parse_json(R"({"case":"c1","name":"Sample Person","since":"2026-05-10","because":"Meeting: Held on",
        "facts":[{"fact":"mappa_level","title":"MAPPA level","was":"1","is":"2"}],
        "records":[{"record":"r1","title":"Address","new":false,
            "withdrawn":{"author":"Sample Officer","agency":"police","reason":"Another person's","waits":false},"changed":[
            {"group":"where","was":{"lines":"1 Invented Row"},"is":{"lines":"2 Invented Row"},"author":"Sample Officer","agency":"police","reason":"","waits":true}]}],
        "tasks":{"before":[{"task":"Old","role":"r","due":"2026-05-01","state":"open"}],"new":[],"settled":[]},
        "decisions":{"before":[],"new":[],"settled":[{"id":"v1","record":"r1","title":"Address","disposition":"declined"}]}})");
    ASSERT_TRUE(parsed);
    const auto said = plain_since(*parsed, {});
    EXPECT_NE(said.find("Since 2026-05-10 (Meeting: Held on):"), std::string::npos) << said;
    EXPECT_NE(said.find("MAPPA level: 1 -> 2"), std::string::npos);
    EXPECT_NE(said.find("Where: lines: 1 Invented Row -> lines: 2 Invented Row\n    by Sample Officer, police, saved on this device"),
              std::string::npos)
        << said;
    EXPECT_NE(said.find("  withdrawn\n    by Sample Officer, police: Another person's\n"), std::string::npos) << said;
    EXPECT_NE(said.find("Decided: Address  v1, declined"), std::string::npos) << said;
    EXPECT_NE(said.find("Tasks still open from before"), std::string::npos);
    EXPECT_EQ(said.find("New tasks"), std::string::npos);
}

TEST(PlainSince, NothingDifferentIsSaid)
{
    const auto parsed = console::parse_json(R"({"case":"c1","name":"Sample Person","since":"2026-05-10","because":"","facts":[],"records":[],
        "tasks":{"before":[],"new":[],"settled":[]},"decisions":{"before":[],"new":[],"settled":[]}})");
    ASSERT_TRUE(parsed);
    EXPECT_NE(plain_since(*parsed, {}).find("Nothing is different."), std::string::npos);
}

TEST(PlainHistory, AValueIsToldWithItsRuleAndParagraph)
{
    const auto told =
        said(plain_why, R"({"field":"level","current":"high","versions":[)" +
                            line(R"("paragraph":"G-13-7","disposition":"accepted","reason":"Checked")") + "]}");
    EXPECT_THAT(told, StartsWith("level is now: high\n"));
    for (const auto* words : {"2026-03-02", "A. Fictus, probation.practitioner", "low (Checked)",
                              "in the record, accepted", "owner (G-13-7)", "Valid"})
        EXPECT_THAT(told, HasSubstr(words));
    EXPECT_THAT(said(plain_why, R"({"field":"level","current":null,"versions":[]})"),
                StartsWith("level is now: (nothing)\n"));
}

TEST(PlainHistory, WhatIsNotRuledYetIsCalledExpected)
{
    EXPECT_THAT(said(plain_history, R"({"versions":[)" + line(R"("forecast":true,"ruling":"suggested")") + "]}"),
                HasSubstr("saved on this device; expected: a suggestion"));
}

TEST(PlainHistory, EveryRulingHasItsWords)
{
    const auto became = [](const std::string& ruling) {
        return said(plain_history, R"({"versions":[)" + line(R"("ruling":")" + ruling + '"') + "]}");
    };
    EXPECT_THAT(became("merged"), HasSubstr("in the record, together with another change"));
    EXPECT_THAT(became("conflict"), HasSubstr("one of two versions"));
    EXPECT_THAT(became("refused"), HasSubstr("held, not in the record"));
    EXPECT_THAT(became("of a later version"), HasSubstr("of a later version"));
}

TEST(PlainHistory, AChangeWithoutAValueIsToldByWhatWasDone)
{
    const auto what = [](const std::string& members) {
        return said(plain_history, R"({"versions":[)" + line(members) + "]}");
    };
    EXPECT_THAT(what(R"("operation":"withdraw","fields":{})"), HasSubstr("public — withdraw"));
    EXPECT_THAT(what(R"("operation":"remove","fields":{"why":"Call-out"})"),
                HasSubstr("public — remove why: Call-out"));
    EXPECT_THAT(what(R"("resolution":"choose B")"), HasSubstr("public — choose B: level: low"));
}

TEST(PlainHistory, WhenItHappenedIsShownAndOtherwiseWhenItWasWrittenOrCame)
{
    const auto when = [](const std::string& members) {
        return said(plain_history, R"({"versions":[)" + line(members) + "]}");
    };
    EXPECT_THAT(when(R"("event_at":"2026-02-01T09:00:00Z")"), HasSubstr("2026-02-01"));
    EXPECT_THAT(when(R"("authored_at":null)"), HasSubstr("2026-03-03"));
    EXPECT_THAT(when(R"("authored_at":null)"), Not(HasSubstr("2026-03-02")));
}

TEST(PlainHistory, WhatNobodyWroteIsTheSystems)
{
    const auto who = [](const std::string& members) {
        return said(plain_history, R"({"versions":[)" + line(members) + "]}");
    };
    EXPECT_THAT(who(R"("author":"","role":"")"), HasSubstr("the system"));
    const auto role = who(R"("author":"")");
    EXPECT_THAT(role, HasSubstr("probation.practitioner"));
    EXPECT_THAT(role, Not(HasSubstr(", probation.practitioner")));
}

// --- Lists ------------------------------------------------------------------------------------------------------------

TEST(PlainLists, AnEmptyListIsToldInWords)
{
    EXPECT_EQ(said(plain_cases, R"({"cases":[]})"), "There is no case on this device.\n");
    EXPECT_EQ(said(plain_attention, R"({"items":[]})"), "Nothing needs your attention.\n");
    EXPECT_EQ(said(plain_outbox, R"({"items":[]})"), "Everything of yours has been received and decided centrally.\n");
    EXPECT_EQ(said(plain_tasks, R"({"tasks":[]})"), "There is no open task.\n");
    EXPECT_EQ(said(plain_changes, R"({"changes":[]})"), "Nothing has changed since you last looked.\n");
    EXPECT_EQ(said(plain_hits, R"({"hits":[]})"), "Nothing was found on this device.\n");
}

TEST(PlainLists, ACaseHasAllItsIdentifiersAndWhatIsDueNext)
{
    const auto told = said(plain_cases, R"({"cases":[{"case":"c1","name":"Testcase-Teapot","next_due":"2026-04-01",
                 "identifiers":[{"scheme":"CRN","identifier":"X000001"},{"scheme":"PNC","identifier":"2099/0000001A"}],
                 "facts":{"lead_agency":"probation","category":"1","mappa_level":"level_2"},"rosh":{"public":"high"}}]})");
    for (const auto* words : {"X000001, 2099/0000001A", "2026-04-01", "Level 2", "public: high", "Testcase-Teapot"})
        EXPECT_THAT(told, HasSubstr(words));
}

TEST(PlainLists, ASafetyTaskIsCalledOneAndSaysWhy)
{
    const auto told = said(plain_tasks, R"({"tasks":[
                 {"id":"t1","safety":true,"task":"Check plans","due":null,"role":"police.offender_manager","state":"open",
                  "reason":"Address, by A. Fictus","paragraph":"G-11-4"},
                 {"id":"t2","safety":false,"task":"Hold the review","due":"2026-07-15","role":"probation.practitioner",
                  "state":"open","reason":"Review held","paragraph":""}]})");
    EXPECT_THAT(told, HasSubstr("SAFETY: Check plans"));
    EXPECT_THAT(told, HasSubstr("Address, by A. Fictus (G-11-4)"));
    EXPECT_THAT(told, Not(HasSubstr("SAFETY: Hold")));
    EXPECT_THAT(told, Not(HasSubstr("()")));
}

TEST(PlainLists, ATaskOfARoleThatNobodyHasSaysToWhomItFalls)
{
    const auto told = said(plain_tasks, R"({"tasks":[
                 {"id":"t1","safety":true,"task":"Check plans","due":null,"role":"police.offender_manager","falls_to_you":true,
                  "state":"open","reason":"","paragraph":""},
                 {"id":"t2","safety":false,"task":"Hold","due":null,"role":"prison.omu","falls_to_you":false,
                  "state":"open","reason":"","paragraph":""}]})");
    EXPECT_THAT(told, HasSubstr("police.offender_manager (nobody has this role: it falls to you)"));
    EXPECT_THAT(told, Not(HasSubstr("prison.omu (nobody")));
}

TEST(PlainLists, WhatNeedsAttentionSaysWhatHappenedWhatNextAndWhoActs)
{
    const auto told = said(plain_attention, R"({"items":[
                 {"record":"aa11","field":"level","what_happened":"Refused","what_next":"The lead agency decides.",
                  "paragraph":"G-15-49","who_acts":"probation"},
                 {"record":"bb22","field":"lines","what_happened":"Two versions","what_next":"Choose one.","paragraph":"",
                  "who_acts":"you"}]})");
    EXPECT_THAT(told, HasSubstr("The lead agency decides. (G-15-49)"));
    EXPECT_THAT(told, HasSubstr("Choose one."));
    EXPECT_THAT(told, Not(HasSubstr("()")));
}

TEST(PlainLists, TheOutboxNamesEveryChangeOfAnEntry)
{
    EXPECT_THAT(
        said(plain_outbox, R"({"items":[{"sequence":7,"words":"Saved on this device","saved_at":"2026-03-01T10:00:00Z",
                 "changes":[{"title":"Address","fields":{"lines":"1 Invented Row"}},{"title":"Note","fields":{"text":"Seen"}}]}]})"),
        HasSubstr("Address: lines: 1 Invented Row; Note: text: Seen"));
}

TEST(PlainLists, FoundWordsAndOthersChangesAreRows)
{
    EXPECT_THAT(said(plain_hits, R"({"hits":[{"case":"c1","name":"Testcase-Teapot","record":"aa11","type":"address",
                                     "excerpt":"1 Invented Row"}]})"),
                HasSubstr("1 Invented Row"));
    EXPECT_THAT(
        said(plain_changes, R"({"changes":[{"received_at":"2026-03-03T09:00:00Z","record":"aa11","title":"Address",
                 "fields":{"lines":"1 Invented Row"},"author":"A. Fictus","agency":"police","ruling":"merged"}]})"),
        HasSubstr("in the record, together with another change"));
}

// --- The case and the device -------------------------------------------------------------------------------------------

TEST(PlainCase, SafetyComesBeforeDecisionsTasksAndRecords)
{
    const auto told = said(
        plain_case, R"({"name":"Testcase-Teapot","case":"c1","identifiers":[{"scheme":"CRN","identifier":"X000001"}],
                 "facts":{"lead_agency":"probation","mappa_level":"level_2"},"fact_titles":{"lead_agency":"Lead agency"},
                 "prompts":{"level":"very_high"},"prompt_titles":{"level":"Risk of serious harm"},
                 "suggestions":[{}],"conflicts":[{},{}],
                 "tasks":[{"task":"Check plans","role":"police.offender_manager","due":null}],
                 "records":[{)" +
                        bare + R"(,"fields":{"lines":"1 Invented Row"}}]})");
    EXPECT_THAT(told, StartsWith("Testcase-Teapot  c1\nCRN X000001  \n\nLead agency: Probation\nMappa level: Level 2\n"
                                 "\nFor safety, act on:\n  Risk of serious harm: Very high\n"
                                 "\nFor a decision: 1 suggestion\n\nFor a decision: two versions of 2 parts\n"));
    EXPECT_THAT(told, HasSubstr("Check plans"));
    EXPECT_THAT(told, EndsWith("\nAddress  aa11\n  lines: 1 Invented Row\n"));
}

TEST(PlainTypes, WhatIsNeededAndWhatMayBeChosenIsTold)
{
    EXPECT_EQ(
        said(plain_types, R"({"hats":["probation/east/practitioner","coordination/unit/coordinator"],"types":[
                 {"name":"risk","title":"Risk","one_per_case":true,"groups":[{"name":"public","list":false,"fields":[
                    {"name":"level","type":"choice","choices":["low","high"],"required":true},
                    {"name":"seen_on","type":"date","choices":[],"required":false}]}]},
                 {"name":"flag","title":"Flag","one_per_case":false,"groups":[{"name":"raises","list":true,"fields":[]}]}]})"),
        "You write as: probation/east/practitioner, coordination/unit/coordinator\n"
        "\nrisk — Risk (one for each case)\n  public\n    level: Choice, one of low, high, needed\n    seen_on: Date\n"
        "\nflag — Flag\n  raises (a list: --add)\n");
}

TEST(PlainEnrol, SaysWhoseProfileItIsAndWhatToDoNext)
{
    EXPECT_EQ(said(plain_enrol, R"({"name":"A. Fictus","agency":"police","device_name":"Van tablet","profile":"me"})"),
              "This profile is A. Fictus's, of police, on device Van tablet.\n"
              "Next: `satchel --profile me sync run` loads your cases.\n");
}

TEST(PlainDoctor, EachCheckSaysWhetherItHolds)
{
    const auto told = said(plain_doctor, R"({"device":"d1","name":"A. Fictus","checks":[
                 {"check":"signatures","holds":true,"found":"12 of 12"},{"check":"own chain","holds":false,"found":"a gap"}]})");
    EXPECT_THAT(told, StartsWith("Device d1 of A. Fictus\n"));
    EXPECT_THAT(told, HasSubstr("yes"));
    EXPECT_THAT(told, HasSubstr("no"));
    EXPECT_THAT(told, HasSubstr("a gap"));
}

TEST(PlainText, AnInstantIsShownByItsDayInEngland)
{
    const auto shown = [](const std::string& saved_at) {
        return said(plain_outbox, R"({"items":[{"sequence":1,"words":"waiting","changes":[],"saved_at":")" + saved_at + R"("}]})");
    };
    EXPECT_THAT(shown("2026-07-31T22:30:00.000Z"), HasSubstr("2026-07-31"));
    EXPECT_THAT(shown("2026-07-31T23:30:00.000Z"), HasSubstr("2026-08-01"));
    EXPECT_THAT(shown("2026-12-31T23:30:00.000Z"), HasSubstr("2026-12-31"));
}

// Words of others go to a terminal: an escape in them must not.
TEST(PlainText, ControlCharactersOfOthersAreNotPrinted)
{
    EXPECT_THAT(said(plain_records, "{\"records\":[{" + bare + ",\"fields\":{\"text\":\"a\\u001b[2Jb\"}}]}"),
                Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace satchel::client::app
