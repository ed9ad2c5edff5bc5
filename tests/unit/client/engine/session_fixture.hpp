// Two people of two agencies on one case, each with the real device, and the real hub between them.
#pragma once

#include "sync/hub/verify.hpp"
#include "tests/unit/client/engine/real_hub.hpp"

namespace satchel::client::test {

using How = Typed::How;

class Session : public ::testing::Test {
protected:
    Session()
    {
        case_id = must(hub.service().add_case("one"));
        police_user = hub.user("Pia Policia", "police.offender_manager");
        probation_user = hub.user("Prob Ation", "probation.practitioner");
        assign(police_user);
        assign(probation_user);
        police = std::make_unique<RealDevice>(hub, police_user);
        probation = std::make_unique<RealDevice>(hub, probation_user);
    }
    void assign(const UserId& user)
    {
        must(hub.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    }
    void unassign(const UserId& user, Ended because)
    {
        must(hub.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(user)}, because));
    }
    std::size_t hub_records()
    {
        const auto cases = must(hub.service().cases());
        return cases.at(0).records;
    }
    void TearDown() override // whatever happened, the hub's history is sound
    {
        const auto view = must(hub.store().view());
        for (const auto& failure : must(verify_history(*view, hub.keys)).failures)
            ADD_FAILURE() << failure.table << " " << failure.row << ": " << failure.kind;
    }

    HubWorld hub;
    CaseId case_id;
    UserId police_user, probation_user;
    std::unique_ptr<RealDevice> police, probation;
};

} // namespace satchel::client::test
