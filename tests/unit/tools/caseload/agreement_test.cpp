// Everything generated is something that the agreement knows: what the hub would refuse to import is not generated.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "schema/value/identifiers.hpp"
#include "sync/core/authority.hpp"
#include "tests/data/first_bundle.hpp"
#include "tests/unit/tools/caseload/collected.hpp"

namespace satchel::tools::caseload {
namespace {

using schema::Field;
using schema::FieldType;
using schema::Group;
using schema::Merge;
using schema::RecordType;

bool is_set(const Group& group) { return group.merge == Merge::append || group.merge == Merge::add_wins; }

// Whether a role may record the type in a case that its agency leads, or that another leads.
bool may_create(const RecordType& type, const RecordLine& line)
{
    const schema::Hat hat{line.agency, "any", line.role};
    for (const auto* lead : {"police", "probation"}) {
        const sync::Facts facts{{"lead_agency", lead}};
        for (const auto& authority : type.create)
            if (sync::holds(authority, hat, {}, {agreement(), facts}))
                return true;
    }
    return false;
}

// The problems of a caseload, one line each; at most some.
class Inspector {
public:
    const std::vector<std::string>& problems(const Collected& collected)
    {
        for (const auto& [key, line] : collected.records) {
            if (key != case_) {
                case_ = key;
                seen_.clear();
                singletons_.clear();
            }
            record(line);
        }
        return problems_;
    }

private:
    void wrong(const RecordLine& line, const std::string& what)
    {
        if (problems_.size() < 20)
            problems_.push_back(case_ + " " + line.key + " (" + line.type + "): " + what);
    }

    void record(const RecordLine& line)
    {
        const auto* type = agreement().type(line.type);
        if (!type)
            return wrong(line, "no such type");
        const auto* role = agreement().role(line.role);
        if (!role || role->agency != line.agency)
            wrong(line, "no such role in the agency");
        else if (!may_create(*type, line))
            wrong(line, line.role + " does not record this");
        if (type->singleton && !singletons_.insert(line.type).second)
            wrong(line, "there is one in a case");
        if (test_day < day_of(line.event_at))
            wrong(line, "it has not happened yet");
        std::map<std::string, std::set<std::string>> touched;
        for (const auto& [name, text] : line.fields) {
            const auto* group = type->group_of_field(name);
            if (!group) {
                wrong(line, "no field " + name);
                continue;
            }
            if (is_set(*group))
                wrong(line, name + " belongs to a set");
            value(line, *group->field(name), text);
            if (!touched[group->name].insert(name).second)
                wrong(line, name + " twice");
        }
        for (const auto& [name, names] : touched)
            required(line, *type->group(name), names);
        limits(line, *type);
        for (const auto& [name, elements] : line.elements) {
            const auto* group = type->group(name);
            if (!group || !is_set(*group)) {
                wrong(line, name + " is no set");
                continue;
            }
            for (const auto& element : elements) {
                std::set<std::string> names;
                for (const auto& [field_name, text] : element) {
                    const auto* field = group->field(field_name);
                    if (!field)
                        wrong(line, "no field " + field_name + " in " + name);
                    else
                        value(line, *field, text);
                    names.insert(field_name);
                }
                required(line, *group, names);
            }
        }
        if (!seen_.emplace("@" + line.key, line.type).second)
            wrong(line, "the key stands twice");
    }

    void required(const RecordLine& line, const Group& group, const std::set<std::string>& names)
    {
        for (const auto& field : group.fields)
            if (field.required && !names.contains(field.name))
                wrong(line, field.name + " is missing");
    }

    void value(const RecordLine& line, const Field& field, const std::string& text)
    {
        if (text.empty())
            return wrong(line, field.name + " is empty");
        if (field.type == FieldType::ref) {
            const auto at = seen_.find(text);
            if (at == seen_.end() || at->second != field.target)
                wrong(line, field.name + " names no earlier " + field.target);
            return;
        }
        const auto parsed = schema::parse_field_value(field, text);
        if (!parsed)
            return wrong(line, parsed.error().detail);
        if (const auto problem = schema::value_problem(field, *parsed))
            wrong(line, field.name + ": " + *problem);
    }

    void limits(const RecordLine& line, const RecordType& type)
    {
        const auto date = [&](const Group& group, schema::FieldId id) -> std::optional<Date> {
            for (const auto& [name, text] : line.fields)
                if (const auto* field = group.field(name); field && field->id == id)
                    if (const auto parsed = parse_date(text))
                        return *parsed;
            return {};
        };
        for (const auto& group : type.groups)
            for (const auto& limit : group.limits) {
                const auto from = date(group, limit.from);
                const auto to = date(group, limit.field);
                if (from && to && counted(*from, limit.within, agreement().calendar).date < *to)
                    wrong(line, limit.say);
            }
    }

    std::string case_;
    std::map<std::string, std::string> seen_;  // reference and type
    std::set<std::string> singletons_;
    std::vector<std::string> problems_;
};

TEST(CaseloadAgreement, EveryRecordIsOneThatTheEmbeddedAgreementAdmits)
{
    for (const std::uint64_t seed : {1u, 7u, 4242u}) {
        const auto collected = collect(400, seed);
        Inspector inspector;
        const auto& problems = inspector.problems(collected);
        EXPECT_TRUE(problems.empty()) << "seed " << seed << ": " << ::testing::PrintToString(problems);
    }
}

// The inspector itself must be able to find fault.
TEST(CaseloadAgreement, ARecordThatTheAgreementDoesNotAdmitIsFound)
{
    RecordLine line;
    line.key = "r1";
    line.type = "address";
    line.agency = "probation";
    line.role = "probation.practitioner";
    const auto found = [](RecordLine l) {
        Collected collected;
        collected.records.emplace_back("C1", std::move(l));
        Inspector inspector;
        return inspector.problems(collected).size();
    };
    line.fields = {{"lines", "1 Null Terrace"}, {"kind", "main"}};
    EXPECT_EQ(found(line), 0u);
    line.fields = {{"lines", "1 Null Terrace"}};
    EXPECT_EQ(found(line), 1u);  // a required field is missing
    line.fields = {{"lines", "1 Null Terrace"}, {"kind", "castle"}};
    EXPECT_EQ(found(line), 1u);
    line.fields = {{"lines", "1 Null Terrace"}, {"kind", "main"}, {"colour", "red"}};
    EXPECT_EQ(found(line), 1u);
    line.type = "trigger_plan";
    line.agency = "police";
    line.role = "police.offender_manager";
    line.fields = {{"cites", "@r9"}, {"response", "Attend"}};
    EXPECT_EQ(found(line), 1u);
}

// Of the first agreement: what came to it later is told in scenarios and does not stand in every caseload.
TEST(CaseloadAgreement, ItHoldsNearlyEveryTypeOfTheAgreement)
{
    std::set<std::string> types;
    for (const auto& [key, line] : collect(3000, 3).records)
        types.insert(line.type);
    for (const auto& type : test::first_bundle().types)
        EXPECT_TRUE(types.contains(type.name)) << type.name;
}

TEST(CaseloadAgreement, AllThreeAgenciesAndTheCoordinationUnitWrite)
{
    std::map<std::string, std::size_t> lines;
    const auto collected = collect(300, 5);
    for (const auto& [key, line] : collected.records)
        ++lines[line.agency];
    for (const auto* agency : {"police", "probation", "prison", "coordination"})
        EXPECT_GT(lines[agency], collected.cases.size()) << agency;
}

}  // namespace
}  // namespace satchel::tools::caseload
