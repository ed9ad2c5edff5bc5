// The conflicts of the domain, and rules about who decides or what is refused, run on the engine under the embedded agreement:
// one test for each scenario, and the table in tests/golden/conflicts.tsv held against the scenarios that there are.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "schema/policy/compile.hpp"
#include "schema/policy/embedded.hpp"
#include "tests/unit/sync/core/scenarios/scenario_run.hpp"

namespace satchel::test::scenarios {
namespace {

const std::string tree = SATCHEL_SOURCE_TREE;

const schema::Policy& agreement()
{
    static const auto outcome = schema::compile(schema::embedded_bundle());
    SATCHEL_CHECK(outcome.policy.has_value());
    return *outcome.policy;
}

const Result<std::vector<Scenario>>& all()
{
    static const auto read = read_scenarios(tree + "/tests/unit/sync/core/scenarios");
    return read;
}

const std::vector<Scenario>& scenarios()
{
    static const std::vector<Scenario> none;
    return all() ? *all() : none;
}

std::string report(const std::vector<std::string>& problems)
{
    std::string out;
    for (const auto& problem : problems)
        out += "\n  " + problem;
    return out;
}

class ConflictScenario : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ConflictScenario, EndsAsTheDomainSays)
{
    const auto& scenario = scenarios()[GetParam()];
    const auto problems = run(scenario, agreement());
    EXPECT_TRUE(problems.empty()) << scenario.file << ":" << scenario.line << ": " << scenario.id << ": "
                                  << scenario.title << report(problems);
}

std::string test_name(const ::testing::TestParamInfo<std::size_t>& info)
{
    const auto& scenario = scenarios()[info.param];
    auto out = scenario.id + (scenario.variant.empty() ? "" : "_" + scenario.variant);
    std::replace_if(out.begin(), out.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
    return out;
}

INSTANTIATE_TEST_SUITE_P(Domain, ConflictScenario, ::testing::Range(std::size_t{0}, scenarios().size()), test_name);

TEST(ConflictScenarios, AllFilesCanBeRead) { ASSERT_TRUE(all().has_value()) << all().error().detail; }

struct Row {
    std::string scenario, types, reading;
};

std::map<std::string, Row> table()
{
    std::map<std::string, Row> out;
    std::ifstream file(tree + "/tests/golden/conflicts.tsv");
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        std::istringstream cells(line);
        std::string id;
        Row row;
        std::getline(cells, id, '\t');
        std::getline(cells, row.scenario, '\t');
        std::getline(cells, row.types, '\t');
        std::getline(cells, row.reading, '\t');
        out.emplace(id, row);
    }
    return out;
}

bool is_later(const Row& row) { return row.types.starts_with("later: "); }
// What no record of a case can tell, a test of another kind does: "test: FILE NAME".
bool has_test(const Row& row) { return row.types.starts_with("test: "); }

std::map<std::string, std::string> kind_by_requirement()
{
    std::map<std::string, std::string> out;
    std::ifstream file(tree + "/tests/golden/requirements.tsv");
    for (std::string line; std::getline(file, line);)
        out.emplace(line.substr(0, line.find('\t')), line.substr(line.find('\t') + 1));
    return out;
}

TEST(ConflictScenarios, EveryConflictOfTheDomainIsInTheTable)
{
    const auto rows = table();
    const auto requirements = kind_by_requirement();
    std::size_t conflicts = 0;
    for (const auto& [id, kind] : requirements) {
        if (kind != "conflict")
            continue;
        ++conflicts;
        EXPECT_TRUE(rows.contains(id)) << id;
    }
    EXPECT_EQ(requirements.size(), 1391u);
    EXPECT_EQ(conflicts, 196u);
    EXPECT_EQ(rows.size(), conflicts);
}

TEST(ConflictScenarios, AConflictHasAScenarioExactlyWhenTheAgreementExpressesIt)
{
    std::set<std::string> told;
    for (const auto& scenario : scenarios())
        told.insert(scenario.id);
    std::size_t expressed = 0;
    for (const auto& [id, row] : table()) {
        EXPECT_FALSE(row.types.empty()) << id;
        EXPECT_EQ(is_later(row) || has_test(row), !told.contains(id)) << id;
        expressed += is_later(row) ? 0 : 1;
        told.erase(id);
    }
    const auto requirements = kind_by_requirement();
    for (const auto& id : told)  // the others tell a rule
        EXPECT_TRUE(requirements.contains(id)) << id << " is no requirement of the domain";
    EXPECT_EQ(expressed, 196u);
}

// "FILE KEY: the reading", where KEY is a table of that file, or the id of a deadline, figure or rule in it. These the domain leaves
// open: sections E of chapters 1 to 13b and X.5 of 13b to 22, section 10 of the framework, and "no ranking" in the text (G-14-20, G-15-57).
TEST(ConflictScenarios, WhatTheDomainLeavesOpenSaysWhichReadingWasTakenAndWhereItStands)
{
    const auto rows = table();
    for (const auto* id : {"G-3-18", "G-12-22", "G-13a-21", "G-13bx-13", "G-13b-39", "G-13b-40", "G-14-20", "G-14-21", "G-15-56",
                           "G-15-57", "G-17-24", "G-22-33", "G-23-36", "G-31-17", "G-31-18", "L1-249", "L1-250"})
        EXPECT_FALSE(rows.at(id).reading.empty()) << id;
    for (const auto& [id, row] : rows) {
        if (row.reading.empty())
            continue;
        std::istringstream words(row.reading);
        std::string file, key, reading;
        words >> file >> key >> std::ws;
        std::getline(words, reading);
        ASSERT_TRUE(key.ends_with(":")) << id;
        key.pop_back();
        EXPECT_FALSE(reading.empty()) << id;
        std::ifstream in(tree + "/" + file);
        const std::string text(std::istreambuf_iterator<char>(in), {});
        const auto stands = [&](const std::string& line) { return text.find("\n" + line + "\n") != std::string::npos; };
        EXPECT_TRUE(stands("[" + key + "]") || stands("id = \"" + key + "\"") || stands("rule = \"" + key + "\""))
            << id << ": " << file << " has no " << key;
    }
}

TEST(ConflictScenarios, TheTypesNamedInTheTableExist)
{
    for (const auto& [id, row] : table()) {
        if (is_later(row) || has_test(row))
            continue;
        std::istringstream words(row.types);
        std::string type;
        while (std::getline(words, type, ' '))
            EXPECT_NE(agreement().type(type), nullptr) << id << ": " << type;
    }
}

TEST(ConflictScenarios, TheTestsNamedInTheTableExistAndCiteTheConflict)
{
    for (const auto& [id, row] : table()) {
        if (!has_test(row))
            continue;
        std::istringstream words(row.types);
        std::string marker, file, name;
        words >> marker >> file >> name;
        std::ifstream in(tree + "/" + file);
        const std::string text(std::istreambuf_iterator<char>(in), {});
        const auto at = text.find(", " + name + ")");
        ASSERT_NE(at, std::string::npos) << id << ": " << file << " has no test " << name;
        EXPECT_NE(text.substr(at, text.find("\nTEST", at) - at).find(id), std::string::npos) << id << ": " << name;
    }
}

// --- a scenario must be able to fail ----------------------------------------------------------------------------------

Scenario sample()
{
    Scenario s;
    s.id = "sample";
    s.start.push_back({"supervision", "supervision", "probation.practitioner",
                       {{"agency", "probation"}, {"from", "2020-01-01"}}, {}});
    s.start.push_back({"home", "address", "probation.practitioner",
                       {{"lines", "1 Null Terrace"}, {"kind", "main"}, {"from", "2025-01-01"}}, {}});
    Save save;
    save.label = "edit";
    save.by = "police.offender_manager";
    save.record = "home";
    save.set = {{"lines", "2 Null Terrace"}, {"kind", "main"}};
    save.expected.outcome = "suggested";
    s.saves.push_back(save);
    s.then.record = {{"home", {{"lines", "1 Null Terrace"}}}};
    s.then.waiting = std::vector<std::string>{"edit"};
    return s;
}

TEST(ScenarioRunner, WhatIsAsWrittenHasNoProblem)
{
    const auto problems = run(sample(), agreement());
    EXPECT_TRUE(problems.empty()) << report(problems);
}

TEST(ScenarioRunner, EachWrongExpectationIsReported)
{
    const auto wrong = [](auto spoil) {
        auto s = sample();
        spoil(s);
        return run(s, agreement()).size();
    };
    EXPECT_EQ(wrong([](Scenario& s) { s.saves[0].expected.outcome = "applied"; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.saves[0].expected.rule = "owner"; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.saves[0].expected.paragraph = "G-0-0"; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.saves[0].expected.decided_by = "agency:prison"; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.saves[0].expected.stands = true; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.saves[0].expected.outside = true; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.record[0].second[0].second = "2 Null Terrace"; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.shown = {{"home", {{"lines", "?"}}}}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.waiting->clear(); }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.facts = {{"lead_agency", "police"}}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.tasks = {{"prison.governor", "", "", "", "", false, ""}}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) {
        s.then.no_tasks = {{"probation.practitioner", "home", "depend on this address", "", "", false, ""}};
    }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.stale = {"home"}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.late = {"home"}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.outside = {{"home", "any"}}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.linked = {{"home", "supervision"}}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.written = {{"referral", {}, ""}}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.then.blind = {{"prison.omu", {"home"}}}; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.saves[0].set[0].first = "linse"; }), 1u);
    EXPECT_EQ(wrong([](Scenario& s) { s.start[1].type = "castle"; }), 1u);
}

}  // namespace
}  // namespace satchel::test::scenarios
