// Cases as the hub would read them, and the figures of the agreement counted over them.
#pragma once

#include <gtest/gtest.h>

#include "schema/value/identifiers.hpp"
#include "sync/core/figures.hpp"
#include "tests/unit/figures_bundle.hpp"

namespace satchel::test {

using namespace satchel::sync;  // NOLINT: a test's own header
using schema::Policy;
using Fields = std::vector<std::pair<std::string, std::string>>;

inline const Policy& agreement()
{
    static const Policy policy = [] {
        // A line of small counts beside those of the agreement.
        auto outcome = compile_figures(R"(
[[caseload_list]]
id = "no-list"
title = "Nobody"
counts = "cases"
when = { fact.mappa_level = ["3"], fact.category = ["4"] }
refs = ["L1-247"]
[[kpi]]
id = "each-interval"
title = "Each time between two Level 3 meetings"
counts = "meeting"
on = "held_on"
when = { field.meeting_level = ["3"] }
every = "8 weeks"
unit = "interval"
target = 90
refs = ["G-31-22"]
[[kpi]]
id = "small"
title = "By category, small counts withheld"
counts = "cases"
by = ["fact.category"]
withhold_below = 5
refs = ["G-32-15"]
[[kpi]]
id = "ticks"
title = "Breaches ticked"
counts = "licence_condition"
on = "checked_on"
when = { field.compliance = ["breached"] }
refs = ["G-32-15"]
)");
        for (const auto& problem : outcome.problems)
            ADD_FAILURE() << to_string(problem);
        if (!outcome.policy)
            std::abort();
        return *std::move(outcome.policy);
    }();
    return policy;
}

inline Date on(std::string_view text)
{
    return *parse_date(text);
}

inline RecordId numbered(int n)
{
    RecordId out;
    out.bytes[0] = 1;
    out.bytes[14] = static_cast<std::uint8_t>(n >> 8);
    out.bytes[15] = static_cast<std::uint8_t>(n);
    return out;
}

// One case as the hub would read it.
class Case {
public:
    explicit Case(const std::string& area = "Exampleshire", const std::string& since = "2020-01-01")
    {
        if (!area.empty())
            decide("area", {{"mappa_area", area}, {"area_since", since}});
    }

    // A further version of the group of these fields in the one record of the type that a case has.
    Case& decide(const std::string& type, const Fields& fields)
    {
        auto& records = sheet.records[schema::type_id(type)];
        if (records.empty())
            records.push_back(fresh(type));
        write(records.front(), type, fields);
        return *this;
    }
    Case& level(const std::string& value, const std::string& decided_on, const std::string& rationale = "Reasons.")
    {
        return decide("level_decision", {{"level", value}, {"decided_on", decided_on}, {"rationale", rationale}});
    }
    Case& category(const std::string& value, const std::string& decided_on = "2020-01-01")
    {
        return decide("category_decision", {{"category", value}, {"category_decided_on", decided_on}});
    }
    Case& person(const std::string& born) { return decide("person", {{"dob", born}}); }
    Case& known_as(const std::string& scheme, const std::string& identifier)
    {
        decide("person", {});
        auto& group = group_of(sheet.records[schema::type_id("person")].front(), "person", "identifiers");
        group.elements.push_back(version("person", {{"scheme", scheme}, {"identifier", identifier}}));
        return *this;
    }
    RecordId record(const std::string& type, const Fields& fields)
    {
        auto& records = sheet.records[schema::type_id(type)];
        records.push_back(fresh(type));
        write(records.back(), type, fields);
        return records.back().id;
    }
    RecordId meeting(const std::string& of_level, const std::string& held_on, const std::string& status = "held")
    {
        return record("meeting", {{"meeting_level", of_level}, {"held_on", held_on}, {"meeting_status", status}});
    }
    void came(const RecordId& meeting, const std::string& agency, const std::string& how = "attended",
              const std::string& grade = "", const std::string& authority = "")
    {
        record("attendance", {{"of_meeting", to_string(meeting)},
                              {"attendee_agency", agency},
                              {"attended", how},
                              {"attendee_grade", grade},
                              {"delegated_authority", authority}});
    }
    void invited(const RecordId& meeting, const std::string& agency, const std::string& standing = "yes",
                 const std::string& sent_on = "2025-04-01", const std::string& capacity = "")
    {
        record("invitation", {{"to_meeting", to_string(meeting)},
                              {"invited_agency", agency},
                              {"invited", standing},
                              {"invited_as", capacity},
                              {"sent_on", sent_on}});
    }
    // A further entry of a list in the last record of the type.
    void element(const std::string& type, const std::string& group, const Fields& fields)
    {
        auto& record = sheet.records.at(schema::type_id(type)).back();
        group_of(record, type, group).elements.push_back(version(type, fields));
    }
    void minutes(const RecordId& meeting, const std::string& status, const std::string& considered,
                 const std::string& approved_on = "", const std::string& decision = "do_not_disclose")
    {
        record("minutes", {{"of_meeting", to_string(meeting)},
                           {"minutes_status", status},
                           {"disclosure_considered", considered},
                           {"disclosure_decision", considered.empty() ? "" : decision},
                           {"approved_on", approved_on}});
    }
    void withdraw(const RecordId& id)
    {
        for (auto& [type, records] : sheet.records)
            for (auto& record : records)
                if (record.id == id)
                    record.withdrawn = VersionId{numbered(999).bytes};
    }

    CaseSheet sheet;
    // Every version of every group, as the history would tell it.
    std::map<schema::GroupId, std::vector<Version>> history;
    mutable int asked = 0;

private:
    RecordState fresh(const std::string& type)
    {
        RecordState out;
        out.id = numbered(++next_);
        out.type = schema::type_id(type);
        return out;
    }
    Version version(const std::string& type, const Fields& fields)
    {
        Version out;
        out.id = VersionId{numbered(++next_).bytes};
        const auto* of = agreement().type(type);
        for (const auto& [name, text] : fields) {
            const auto* group = of->group_of_field(name);
            if (!group) {
                ADD_FAILURE() << type << " has no field " << name;
                std::abort();
            }
            auto value = schema::parse_field_value(*group->field(name), text);
            if (!value) {
                ADD_FAILURE() << name << ": " << value.error().detail;
                std::abort();
            }
            if (!is_null(*value))
                assign(out.values, group->field(name)->id, *std::move(value));
        }
        return out;
    }
    static GroupState& group_of(RecordState& record, const std::string& type, const std::string& group)
    {
        return record.group_for(schema::group_id(type, group));
    }
    void write(RecordState& record, const std::string& type, const Fields& fields)
    {
        std::map<std::string, Fields> by_group;
        for (const auto& field : fields)
            by_group[agreement().type(type)->group_of_field(field.first)->name].push_back(field);
        for (const auto& [name, own] : by_group) {
            auto& group = group_of(record, type, name);
            group.previous = group.current;
            group.current = version(type, own);
            history[group.id].push_back(group.current);
        }
    }
    int next_ = 0;
};

inline const schema::Figure& figure(const std::string& id)
{
    const auto& all = *agreement().figures;
    for (const auto* list : {&all.kpis, &all.lists, &all.returns.front().lines})
        for (const auto& one : *list)
            if (one.id == id)
                return one;
    ADD_FAILURE() << "no figure " << id;
    std::abort();
}

inline FigureCount count(const std::string& id, const std::vector<Case>& cases, const std::string& from, const std::string& to,
                  const std::string& area = "Exampleshire")
{
    Counting counting(agreement(), {&figure(id)}, {on(from), on(to)}, area);
    for (const auto& one : cases) {
        const VersionsOf versions = [&](schema::TypeId, schema::GroupId group) -> Result<std::vector<Version>> {
            ++one.asked;
            return one.history.at(group);
        };
        const auto added = counting.add(one.sheet, versions);
        EXPECT_TRUE(added);
    }
    return counting.done().front();
}
inline FigureCount count(const std::string& id, const Case& one, const std::string& from = "2025-04-01",
                  const std::string& to = "2025-06-30")
{
    return count(id, std::vector<Case>{one}, from, to);
}
// "met/counted"
inline std::string told(const FigureCount& found)
{
    return std::to_string(found.met) + "/" + std::to_string(found.counted);
}
inline std::string on_day(const std::string& fact, const std::string& day, const Case& one)
{
    const VersionsOf versions = [&](schema::TypeId, schema::GroupId group) -> Result<std::vector<Version>> {
        ++one.asked;
        return one.history.at(group);
    };
    return fact_on(agreement(), fact, on(day), one.sheet, versions)->value;
}

inline Case eligible(const std::string& category, const std::string& level, const std::string& area = "Exampleshire")
{
    Case out(area);
    out.category(category);
    if (!level.empty())
        out.level(level, "2024-01-01");
    return out;
}

}  // namespace satchel::test
