// A case with whatever records a rule needs, and what the system does because of one ruled change of it.
#pragma once

#include <gtest/gtest.h>

#include "bench.hpp"
#include "small_policy.hpp"

namespace satchel::test {

class Reacting : public testing::Test {
protected:
    schema::Policy policy = small_policy();
    CaseState state;
    Received received{Instant{1'780'000'000'000}, day_of(Instant{1'780'000'000'000})};
    schema::Hat hat{"probation", {}, "probation.practitioner"};
    std::uint32_t saves = 0;
    OpenedChangeset last;

    Reacting()
    {
        state.id = number_id<CaseId>(1, 1);
        state.facts = {{"lead_agency", "probation"}};
    }

    // A record whose first part has a value, by an agency.
    RecordState& has(std::uint32_t n, const std::string& type, const std::string& group, const std::string& agency)
    {
        auto& record = state.records[number_id<RecordId>(4, n)];
        record = {};
        record.id = number_id<RecordId>(4, n);
        record.type = schema::type_id(type);
        record.created.agency = agency;
        auto& part = record.group_for(schema::group_id(type, group));
        part.current.id = number_id<VersionId>(6, 1000 + n);
        part.current.source.agency = agency;
        return record;
    }
    [[nodiscard]] schema::FieldValues values(const std::string& type, const std::map<std::string, std::string>& typed) const
    {
        return CaseBench(small_policy()).values(type, typed);
    }
    [[nodiscard]] schema::Change edit(std::uint32_t n, const std::string& type, const std::string& group,
                                      const std::map<std::string, std::string>& typed) const
    {
        schema::Change change;
        change.record = number_id<RecordId>(4, n);
        change.type = schema::type_id(type);
        change.group = schema::group_id(type, group);
        change.values = values(type, typed);
        return change;
    }
    // The state is not folded on: each call asks what would follow.
    std::vector<Effect> react(std::vector<schema::Change> changes, Outcome outcome = Outcome::applied,
                              const std::string& rule = "owner", bool outside = false, const std::string& instead = {},
                              Instant event_at = {})
    {
        last = {};
        last.header.hat = hat;
        last.header.event_at = event_at;
        std::vector<Ruling> rulings;
        for (auto& change : changes) {
            Ruling ruling;
            ruling.outcome = outcome;
            ruling.rule = rule;
            ruling.outside_policy = outside;
            ruling.instead = instead;
            ruling.decided_by = waits_for;
            rulings.push_back(ruling);
            last.versions.push_back(next_version.empty() ? number_id<VersionId>(6, ++versions) : next_version);
            last.changes.push_back(std::move(change));
        }
        const auto before = state;
        auto effects = consequences(state, last, rulings, policy, received);
        EXPECT_TRUE(state.facts == before.facts && state.records == before.records && state.tasks == before.tasks)
            << "the state was lent, and is given back as it was";
        return effects;
    }
    std::vector<Effect> react(schema::Change change, Outcome outcome = Outcome::applied, const std::string& rule = "owner",
                              bool outside = false)
    {
        return react(std::vector{std::move(change)}, outcome, rule, outside);
    }
    static std::vector<Task> opened(const std::vector<Effect>& effects)
    {
        std::vector<Task> out;
        for (const auto& effect : effects)
            if (effect.kind == Effect::Kind::task_opened)
                out.push_back(effect.task);
        return out;
    }

    VersionId next_version;
    std::string waits_for;  // the authority that decides

private:
    std::uint32_t versions = 0;
};

}  // namespace satchel::test
