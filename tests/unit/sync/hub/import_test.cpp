// A caseload comes in whole or not at all, and says in which line it is wrong.
#include <gmock/gmock.h>

#include "tests/unit/sync/hub/wire.hpp"

namespace satchel::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::string_literals;

Result<ImportCounts> import_into(HubWorld& w, const std::vector<std::string>& given, bool dry_run = false)
{
    std::size_t at = 0;
    return w.service().import(
        [&]() -> Result<std::optional<std::string>> {
            return at < given.size() ? std::optional(given[at++]) : std::nullopt;
        },
        dry_run);
}

const std::string a_case = R"({"v":1,"kind":"case","key":"C1","area":"North"})";

std::string record(const std::string& rest, const std::string& type = "address", const std::string& key = "r1")
{
    return R"({"v":1,"kind":"record","case":"C1","key":")" + key + R"(","type":")" + type +
           R"(","agency":"police","role":"police.offender_manager",)" + rest + "}";
}

struct Bad {
    std::string line;
    Errc code;
    std::string says;
};

TEST(Import, EachMistakeNamesItsLineAndNothingIsKept)
{
    const std::string good = record(R"("fields":{"lines":"1 Invented Row","from":"2024-05-01"})", "address", "good");
    const std::vector<Bad> all{
        {"not json", Errc::malformed, "not a JSON object"},
        {"[1]", Errc::malformed, "not a JSON object"},
        {R"({"kind":"case","key":"C2"})", Errc::invalid_argument, "\"v\" is 1"},
        {R"({"v":2,"kind":"case","key":"C2"})", Errc::invalid_argument, "\"v\" is 1"},
        {R"({"v":1,"kind":"house","key":"C2"})", Errc::unknown_name, "case or record"},
        {R"({"v":1,"kind":"case"})", Errc::invalid_argument, "\"key\" is missing"},
        {R"({"v":1,"kind":"case","key":"C2","aera":"x"})", Errc::unknown_name, "did you mean \"area\"?"},
        {R"({"v":1,"kind":"case","key":"C1"})", Errc::duplicate, "case with this key"},
        {R"({"v":1,"kind":"record","case":"C9","key":"r","type":"address","agency":"police","role":"police.offender_manager","fields":{}})",
         Errc::not_found, "opens the case"},
        {record(R"("fields":{"lines":"x"})", "adress"), Errc::unknown_name, "did you mean \"address\"?"},
        {record(R"("fields":{"lnes":"x"})"), Errc::unknown_name, "did you mean \"lines\"?"},
        {record(R"("fields":{"from":"tomorrow"})"), Errc::invalid_argument, "date"},
        {record(R"("fields":{"lines":1.5})"), Errc::invalid_argument, "whole number"},
        {record(R"("fields":{"lines":{"a":1}})"), Errc::invalid_argument, "text"},
        {record(R"("fields":7)"), Errc::invalid_argument, "not an object"},
        {record(R"("event_at":"yesterday","fields":{"lines":"x"})"), Errc::malformed, "a time is written like"},
        {record(R"("fields":{})"), Errc::invalid_argument, "says nothing"},
        {record(R"("fields":{"lines":"x"})", "address", "good"), Errc::duplicate, "record with this key"},
        {record(R"("fields":{"cites":"@nobody"})", "trigger_plan"), Errc::not_found, "earlier record"},
        {record(R"("fields":{"why":"x"})", "flag"), Errc::invalid_argument, "elements"},
        {record(R"("elements":{"where":[]})"), Errc::unknown_name, "no list"},
        {record(R"("elements":{"raises":[{"what":"x"}]})", "flag"), Errc::unknown_name, "no field"},
        {record(R"("elements":{"raises":[7]})", "flag"), Errc::invalid_argument, "list of objects"},
        {record(R"("fields":{"next":"2026-01-01"})", "review"), Errc::invalid_argument, "\"held_on\" is missing"},
        {R"({"v":1,"kind":"record","case":"C1","key":"r","type":"address","agency":"polise","role":"police.offender_manager","fields":{"lines":"x"}})",
         Errc::unknown_name, "did you mean \"police\"?"},
        {R"({"v":1,"kind":"record","case":"C1","key":"r","type":"address","agency":"police","role":"prison.omu","fields":{"lines":"x"}})",
         Errc::unknown_name, "no role"},
        {record(R"("author":"two\nlines\u0001","fields":{"lines":"x"})"), Errc::invalid_argument, "control characters"},
    };
    HubWorld w;
    const auto before = must(w.service().status()).head;
    for (const auto& bad : all) {
        SCOPED_TRACE(bad.line);
        const auto outcome = import_into(w, {a_case, good, "", bad.line});
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, bad.code) << outcome.error().detail;
        EXPECT_THAT(outcome.error().detail, HasSubstr("line 4: "));
        EXPECT_THAT(outcome.error().detail, HasSubstr(bad.says));
        EXPECT_EQ(must(w.service().status()).head, before);
        EXPECT_THAT(must(w.service().cases()), IsEmpty());
    }
}

TEST(Import, ADryRunChecksEverythingAndKeepsNothing)
{
    HubWorld w;
    const auto before = must(w.service().status()).head;
    const auto counts = must(import_into(w, {a_case, record(R"("fields":{"lines":"1 Invented Row"})")}, /*dry_run=*/true));
    EXPECT_EQ(counts.cases, 1u);
    EXPECT_EQ(counts.records, 1u);
    EXPECT_EQ(must(w.service().status()).head, before);
    EXPECT_FALSE(import_into(w, {a_case, "x"}, /*dry_run=*/true));
    // What was dropped leaves no trace in what comes next.
    EXPECT_TRUE(import_into(w, {a_case}));
    EXPECT_EQ(must(w.service().cases()).size(), 1u);
}

TEST(Import, ValuesStandInTheNameOfWhoeverAttestedThemAndFactsFollow)
{
    HubWorld w;
    const auto counts = must(import_into(
        w, {a_case, record(R"("author":"Invented Clerk","event_at":"2024-05-01T10:00:00Z","fields":{"lines":"1 Invented Row","from":"2024-05-01"})", "address", "a"),
            record(R"("fields":{"cites":"@a","text":"If away from home"})", "trigger_plan", "p"),
            record(R"("elements":{"raises":[{"why":"Threats"},{"why":"Weapons"}]})", "flag", "f"),
            R"({"v":1,"kind":"record","case":"C1","key":"s","type":"supervision","agency":"probation","role":"probation.practitioner","fields":{"agency":"probation","from":"2026-01-01"}})"}));
    EXPECT_EQ(counts.records, 4u);
    EXPECT_EQ(counts.values, 8u);
    const auto id = must(w.service().find_case("C1"));
    const auto state = hub_state(w, id);
    EXPECT_EQ(state.fact("lead_agency"), "probation");
    const auto policy = w.service().policy();
    for (const auto& [record_id, one] : state.records) {
        if (one.type == schema::type_id("address")) {
            EXPECT_EQ(one.created.agency, "police");
            EXPECT_EQ(one.created.role, "police.offender_manager");
            EXPECT_TRUE(one.created.author.empty());
        }
        if (one.type == schema::type_id("flag")) {
            EXPECT_EQ(one.groups.at(0).elements.size(), 2u);
        }
        if (one.type == schema::type_id("trigger_plan")) {
            const auto* cites = policy->type("trigger_plan")->group("plan")->field("cites");
            const auto* ref = std::get_if<schema::Ref>(find(one.groups.at(0).current.values, cites->id));
            ASSERT_TRUE(ref);
            EXPECT_TRUE(state.records.contains(ref->record));
        }
    }
    // A reader gets it all as the system's entries.
    const auto user = w.user("Invented Probation", "probation.practitioner");
    must(w.service().assign(id, {AssignmentRow::Subject::role, "probation.practitioner"}));
    auto device = w.enrol(user, "probation.practitioner");
    ReadingDevice reading(w, device);
    for (const auto& page : pages_for(w, device))
        reading.apply(page);
    EXPECT_EQ(reading.states[id].records, state.records);
    EXPECT_EQ(reading.states[id].facts, state.facts);
}

TEST(Import, WhatWasExportedComesInAgainAsTheSame)
{
    HubWorld w;
    must(import_into(w, {a_case, record(R"("fields":{"lines":"1 Invented Row","from":"2024-05-01"})", "address", "a"),
                         record(R"("fields":{"cites":"@a","text":"If away from home"})", "trigger_plan", "p"),
                         record(R"("fields":{"level":"2","rationale":"Ærlig – \"quoted\""})", "level", "l"),
                         record(R"("elements":{"raises":[{"why":"Threats"}]})", "flag", "f")}));
    const auto exported = [](HubWorld& from) {
        std::vector<std::string> out;
        must(from.service().export_cases({}, [&](std::string_view line) -> Result<void> {
            out.emplace_back(line);
            return {};
        }));
        return out;
    };
    const auto first = exported(w);
    EXPECT_EQ(first.size(), 5u);
    HubWorld again;
    must(import_into(again, first));
    // Keys are the new records' ids; everything else is the same.
    const auto second = exported(again);
    ASSERT_EQ(second.size(), first.size());
    HubWorld third;
    must(import_into(third, second));
    const auto one = hub_state(again, must(again.service().find_case("C1")));
    const auto two = hub_state(third, must(third.service().find_case("C1")));
    EXPECT_EQ(one.records.size(), two.records.size());
    EXPECT_EQ(one.facts, two.facts);
    const auto missing = again.service().export_cases(random_id<CaseId>(again.random()), [](std::string_view) -> Result<void> { return {}; });
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::not_found);
}

// Who wrote a record and when it happened are part of it, whether it was imported or typed on a device.
TEST(Import, AuthorAndTimeOfARecordSurviveAnExport)
{
    HubWorld w;
    must(import_into(w, {a_case,
                         R"({"v":1,"kind":"record","case":"C1","key":"s","type":"supervision","agency":"probation",)"
                         R"("role":"probation.practitioner","fields":{"agency":"probation","from":"2020-01-01"}})",
                         record(R"("author":"Officer Fictitious 1","event_at":"2019-05-01T10:00:00Z",)"
                                R"("fields":{"lines":"1 Invented Row","from":"2019-05-01"})")}));
    const auto case_id = must(w.service().find_case("C1"));
    const auto user = w.user("Typist Example", "probation.practitioner");
    must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    auto device = w.enrol(user, "probation.practitioner");
    w.pull(device);
    w.save(device, case_id, {w.creates(case_id, "address", "where", {{"lines", "2 Invented Row"}, {"from", "2026-01-01"}})},
           *parse_instant("2026-01-02T08:30:00Z"));
    w.push(device);

    const auto told = [](HubWorld& from, const std::string& lines) {
        std::string out;
        must(from.service().export_cases({}, [&](std::string_view line) -> Result<void> {
            if (line.find(lines) != std::string_view::npos)
                out = line;
            return {};
        }));
        return out;
    };
    EXPECT_THAT(told(w, "1 Invented Row"), HasSubstr(R"("author":"Officer Fictitious 1","event_at":"2019-05-01T10:00:00.000Z")"));
    EXPECT_THAT(told(w, "2 Invented Row"), HasSubstr(R"("author":"Typist Example","event_at":"2026-01-02T08:30:00.000Z")"));

    std::vector<std::string> exported;
    must(w.service().export_cases({}, [&](std::string_view line) -> Result<void> {
        exported.emplace_back(line);
        return {};
    }));
    HubWorld again;
    must(import_into(again, exported));
    EXPECT_THAT(told(again, "1 Invented Row"), HasSubstr(R"("author":"Officer Fictitious 1","event_at":"2019-05-01T10:00:00.000Z")"));
    EXPECT_THAT(told(again, "2 Invented Row"), HasSubstr(R"("author":"Typist Example","event_at":"2026-01-02T08:30:00.000Z")"));
}

// The small agreement, and what its words were before.
const std::string earlier_words_text = R"(
[record.old]
title = "Earlier word"
refs = ["G-1-14"]
create = "nobody"
audience = "case_agencies"
[record.old.group.word]
owner = "supplier"
merge = "manual"
[record.old.group.word.fields]
about = { choices = ["level", "agency", "role", "risk"], required = true }
literal = "text"
now = "text"
stood_in = { type = "ref", of = "any" }
stood_as = "text"
[earlier_words]
keep = "old.word"
written = "literal"
present = "now"
stood_in = "stood_in"
stood_as = "stood_as"
refs = ["G-1-14"]
[[earlier_word]]
in = "level.level"
words = ["ordinary", "Level 1 - ordinary"]
means = "1"
keep = { about = "level" }
refs = ["G-1-14"]
[[earlier_word]]
in = "risk.level"
words = "grave"
means = "very_high"
keep = { about = "risk" }
refs = ["G-1-14"]
[[earlier_word]]
in = "agency"
words = "Probation Trust"
means = "probation"
keep = { about = "agency" }
refs = ["G-A-14"]
[[earlier_word]]
in = "role"
words = ["OM", "Offender Manager"]
means = "probation.practitioner"
keep = { about = "role" }
refs = ["G-A-14"]
[[earlier_word]]
in = "role"
words = "OM"
means = "prison.omu"
keep = { about = "role" }
refs = ["G-A-14"]
)";

HubWorld world_with_earlier_words() { return HubWorld(11, {}, {{"small.toml", small_policy_text}, {"old.toml", earlier_words_text}}); }

struct Word {
    std::string about, literal, now, stood_as;
    bool stands_somewhere = false;
    std::string agency, role;
    bool operator==(const Word&) const = default;
};
void PrintTo(const Word& word, std::ostream* out)
{
    *out << word.about << " / " << word.literal << " / " << word.now << " / " << word.stood_as << " / " << word.agency << " / " << word.role
         << (word.stands_somewhere ? " / stands in a record" : "");
}

// Every word that the case keeps as it was written.
std::vector<Word> kept_words(HubWorld& w)
{
    const auto state = hub_state(w, must(w.service().find_case("C1")));
    const auto policy = w.service().policy();
    const auto* group = policy->type("old")->group("word");
    std::vector<Word> out;
    for (const auto& [id, one] : state.records) {
        if (one.type != schema::type_id("old"))
            continue;
        const auto& values = one.groups.at(0).current.values;
        const auto text = [&](const char* field) {
            const auto* value = find(values, group->field(field)->id);
            return value ? to_text(*value) : std::string();
        };
        const auto* stood_in = find(values, group->field("stood_in")->id);
        const auto* ref = stood_in ? std::get_if<schema::Ref>(stood_in) : nullptr;
        EXPECT_TRUE(!ref || state.records.contains(ref->record));
        out.push_back({text("about"), text("literal"), text("now"), text("stood_as"), ref != nullptr, one.created.agency, one.created.role});
    }
    return out;
}

const std::string an_ordinary_level = record(R"("author":"Invented Clerk","fields":{"level":"Ordinary","rationale":"x"})", "level", "l");

TEST(ImportOfEarlierWords, AWordThatNobodyDeclaredIsRefusedAsEver)
{
    auto w = world_with_earlier_words();
    HubWorld plain;
    const auto trust = [](const std::string& agency, const std::string& role) {
        return R"({"v":1,"kind":"record","case":"C1","key":"r","type":"note","agency":")" + agency + R"(","role":")" + role + R"(","fields":{"text":"x"}})";
    };
    for (const auto& line : {record(R"("fields":{"level":"usual"})", "level"), record(R"("fields":{"level":"ordinary"})", "risk"),
                             record(R"("fields":{"level":"ordinary, they say"})", "level"), record(R"("fields":{"text":null,"agency":"x"})", "note"),
                             trust("Probation", "OM"), trust("Probation Board", "OM"), trust("Probation Trust", "Officer"), trust("police", "OM"),
                             R"({"v":1,"kind":"record","case":"C1","key":"s","type":"supervision","agency":"probation","role":"probation.practitioner","fields":{"agency":"OM"}})"s}) {
        const auto said = import_into(w, {a_case, line});
        ASSERT_FALSE(said) << line;
        EXPECT_THAT(said.error().detail, HasSubstr("line 2: "));
        EXPECT_THAT(must(w.service().cases()), IsEmpty());
    }
    const auto usual = record(R"("fields":{"level":"usual"})", "level");
    EXPECT_EQ(import_into(w, {a_case, usual}).error().detail, import_into(plain, {a_case, usual}).error().detail);
    EXPECT_FALSE(import_into(plain, {a_case, an_ordinary_level})) << "an agreement without earlier words maps none";
}

TEST(ImportOfEarlierWords, ADryRunCountsThemAndKeepsNothing)
{
    auto w = world_with_earlier_words();
    const auto before = must(w.service().status()).head;
    const auto counts = must(import_into(w, {a_case, an_ordinary_level}, /*dry_run=*/true));
    EXPECT_EQ(counts.records, 1u);
    EXPECT_EQ(counts.earlier_words, 1u);
    EXPECT_EQ(must(w.service().status()).head, before);
}

TEST(ImportOfEarlierWords, APresentWordIsLeftAsItIs)
{
    auto w = world_with_earlier_words();
    EXPECT_EQ(must(import_into(w, {a_case, record(R"("fields":{"level":"1","rationale":"x"})", "level", "l")})).earlier_words, 0u);
    EXPECT_THAT(kept_words(w), IsEmpty());
}

TEST(ImportOfEarlierWords, TheFieldHoldsThePresentWordAndWhatWasWrittenStandsBesideIt)
{
    auto w = world_with_earlier_words();
    const auto counts = must(import_into(w, {a_case, an_ordinary_level, record(R"("fields":{"level":" GRAVE "})", "risk", "k")}));
    EXPECT_EQ(counts.records, 2u);
    EXPECT_EQ(counts.values, 3u);
    EXPECT_EQ(counts.earlier_words, 2u);
    const auto state = hub_state(w, must(w.service().find_case("C1")));
    const auto* level = w.service().policy()->type("level");
    for (const auto& [id, one] : state.records)
        if (one.type == level->id) {
            EXPECT_EQ(to_text(*find(one.groups.at(0).current.values, level->group("decision")->field("level")->id)), "1");
        }
    EXPECT_THAT(kept_words(w), testing::UnorderedElementsAre(Word{"level", "Ordinary", "1", "level.level", true, "police", "police.offender_manager"},
                                                             Word{"risk", " GRAVE ", "very high", "risk.level", true, "police", "police.offender_manager"}));
}

// Who an agency is stands on every record of an old file: the case says once what it was called, and of which record it is not said.
TEST(ImportOfEarlierWords, WhatAnAgencyAndARoleWereCalledIsKeptOnceInACase)
{
    auto w = world_with_earlier_words();
    const auto note = [](const std::string& key, const std::string& agency, const std::string& role) {
        return R"({"v":1,"kind":"record","case":"C1","key":")" + key + R"(","type":"note","agency":")" + agency + R"(","role":")" + role +
               R"(","author":"Invented Clerk","event_at":"2009-05-01T10:00:00Z","fields":{"text":"x"}})";
    };
    const auto counts = must(import_into(
        w, {a_case, note("a", "Probation Trust", "Offender Manager"), note("b", "PROBATION-TRUST", "OM"), note("c", "prison", "OM"),
            R"({"v":1,"kind":"record","case":"C1","key":"s","type":"supervision","agency":"probation","role":"probation.practitioner","fields":{"agency":"Probation Trust","from":"2009-01-01"}})"}));
    EXPECT_EQ(counts.earlier_words, 6u);
    EXPECT_THAT(kept_words(w),
                testing::UnorderedElementsAre(Word{"agency", "Probation Trust", "Probation", "", false, "probation", "probation.practitioner"},
                                              Word{"role", "Offender Manager", "Probation practitioner", "", false, "probation", "probation.practitioner"},
                                              Word{"role", "OM", "Probation practitioner", "", false, "probation", "probation.practitioner"},
                                              Word{"role", "OM", "Offender management unit", "", false, "prison", "prison.omu"}));
    const auto state = hub_state(w, must(w.service().find_case("C1")));
    EXPECT_EQ(state.fact("lead_agency"), "probation");
    must(w.service().export_cases({}, [&](std::string_view line) -> Result<void> {
        const bool of_a_word = line.find("\"type\":\"old\"") != std::string_view::npos;
        EXPECT_FALSE(of_a_word && line.find("Invented Clerk") != std::string_view::npos) << line;
        return {};
    }));
}

TEST(ImportOfEarlierWords, WhatWasExportedComesInAgainWithTheWordsAsTheyWereWritten)
{
    auto w = world_with_earlier_words();
    must(import_into(w, {a_case, an_ordinary_level}));
    std::vector<std::string> lines;
    must(w.service().export_cases({}, [&](std::string_view line) -> Result<void> {
        lines.emplace_back(line);
        return {};
    }));
    auto again = world_with_earlier_words();
    const auto counts = must(import_into(again, lines));
    EXPECT_EQ(counts.records, 2u);
    EXPECT_EQ(counts.earlier_words, 0u) << "the present word is written by now";
    EXPECT_EQ(kept_words(again), kept_words(w));
    EXPECT_EQ(kept_words(again), (std::vector{Word{"level", "Ordinary", "1", "level.level", true, "police", "police.offender_manager"}}));
}

}  // namespace
}  // namespace satchel::test
