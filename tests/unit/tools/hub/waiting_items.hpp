// A hub with a suggestion and a conflict that wait, and its commands as the operator types them.
#pragma once

#include <gtest/gtest.h>

#include "tests/unit/sync/hub/hub_world.hpp"
#include "tools/hub/commands.hpp"

namespace satchel::tools::hub {

using console::Answer;
using console::Json;

class NoReplies final : public console::Replies, console::Progress {
public:
    console::Progress& progress() override { return *this; }
    void line(std::string_view text) override { lines += std::string(text) + "\n"; }
    void report(std::string_view, std::uint64_t, std::uint64_t) override {}
    std::string lines;
};

// Probation leads; police suggest another address; two practitioners write the level of risk at once.
class Decisions : public ::testing::Test {
protected:
    Decisions()
    {
        auto& hub = world.service();
        case_id = test::must(hub.add_case("C1"));
        owner = world.user("Owner Example", "probation.practitioner");
        const auto second = world.user("Second Example", "probation.practitioner");
        const auto officer = world.user("Officer Example", "police.offender_manager");
        prison_user = world.user("Prison Example", "prison.omu");
        world.user("Coordinator Example", "coordination.coordinator");
        for (const auto& user : {owner, second, officer, prison_user})
            test::must(hub.assign(case_id, {sync::AssignmentRow::Subject::user, to_string(user)}));
        auto first_device = world.enrol(owner, "probation.practitioner");
        auto second_device = world.enrol(second, "probation.practitioner");
        auto police_device = world.enrol(officer, "police.offender_manager");

        world.save(first_device, case_id, {world.creates(case_id, "supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})});
        world.sync(first_device);
        const auto place = world.save(first_device, case_id, {world.creates(case_id, "address", "where", {{"lines", "1 Invented Row"}, {"from", "2026-01-01"}})});
        address = place.changes.front().record;
        world.save(first_device, case_id, {world.creates(case_id, "risk", "public", {{"level", "medium"}})});
        world.sync(first_device);
        world.pull(second_device);
        world.pull(police_device);
        world.save(police_device, case_id, {world.edits(case_id, address, "address", "where", {{"lines", "2 Invented Row"}, {"from", "2026-05-01"}})});
        world.push(police_device);
        const auto risk = sync::singleton_record_id(case_id, schema::type_id("risk"));
        const auto low = world.edits(case_id, risk, "risk", "public", {{"level", "low"}});
        const auto high = world.edits(case_id, risk, "risk", "public", {{"level", "high"}});
        world.save(first_device, case_id, {low});
        world.save(second_device, case_id, {high});
        world.push(first_device);
        world.push(second_device);
    }

    Result<Answer> ask(std::vector<std::string> words, Bytes input = {})
    {
        words.insert(words.end(), {"--dir", "/nowhere"});
        const auto parsed = console::parse(program(), words);
        const auto* invocation = std::get_if<console::Invocation>(&parsed);
        if (!invocation)
            return fail(Errc::invalid_argument, "usage: " + std::get<console::ErrorWords>(parsed).message);
        const Desk desk{&world.service(), world.store(), world.keys, files, cut};
        return run_command(desk, {*invocation, std::move(input)}, replies);
    }
    Json answered(const std::vector<std::string>& words)
    {
        const auto answer = ask(words);
        EXPECT_TRUE(answer) << name(answer.error().code) << ": " << answer.error().detail;
        return answer ? answer->body : Json();
    }
    Json only_item(const std::string& kind, const std::vector<std::string>& more = {})
    {
        std::vector<std::string> words{kind, "list"};
        words.insert(words.end(), more.begin(), more.end());
        const auto list = answered(words).at("items");
        EXPECT_EQ(list.items().size(), 1u) << to_text(list);
        return list.items().empty() ? Json() : list.items().front();
    }
    std::string value_now(schema::TypeId type, const RecordId& record, const std::string& group, const std::string& field)
    {
        const auto policy = world.service().policy();
        const auto* in = policy->type(type)->group(group);
        const auto state = world.record(case_id, record);
        return schema::to_text(*find(state->group(in->id)->current.values, in->field(field)->id));
    }
    std::string risk_now()
    {
        return value_now(schema::type_id("risk"), sync::singleton_record_id(case_id, schema::type_id("risk")), "public", "level");
    }
    std::string lines_now() { return value_now(schema::type_id("address"), address, "where", "lines"); }

    test::HubWorld world;
    crypto::PosixFiles files;
    NoReplies replies;
    std::function<void(const CredentialId&)> cut;  // of the desk
    CaseId case_id;
    UserId owner, prison_user;
    RecordId address;
};

}  // namespace satchel::tools::hub
