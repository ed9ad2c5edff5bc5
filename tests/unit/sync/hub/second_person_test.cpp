// Two people decide for less protection: who is one person, the hub knows from its register.
#include <gtest/gtest.h>

#include "sync/hub/verify.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

class SecondPersonAtTheHub : public testing::Test {
protected:
    SecondPersonAtTheHub()
    {
        case_id = must(w.service().add_case("C1"));
        one = person("Invented One");
        another = person("Invented Another");
        first = w.enrol(one, role);
        second = w.enrol(another, role);
        // Two officers wrote at once; that it is withheld stands until they decide.
        const auto record = singleton_record_id(case_id, schema::type_id("withholding"));
        w.save(first, case_id, {w.creates(case_id, "withholding", "decision", {{"withheld", "no"}})});
        conflict = w.save(second, case_id, {w.edits(case_id, record, "withholding", "decision", {{"withheld", "yes"}})});
        w.push(first);
        w.push(second);
        EXPECT_EQ(open_items(), 1u);
    }
    UserId person(const std::string& name)
    {
        const auto out = w.user(name, role);
        must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(out)}));
        return out;
    }
    void decide(Device& device)
    {
        w.save(device, case_id, {w.resolves(conflict, schema::Resolution::choose_a)});
        w.push(device);
    }
    std::size_t open_items() { return must(w.service().open_items(OpenItem::Kind::conflict, std::nullopt)).size(); }

    const std::string role = "police.offender_manager";
    HubWorld w;
    CaseId case_id;
    UserId one, another;
    Device first, second;
    OpenedChangeset conflict;
};

TEST_F(SecondPersonAtTheHub, OneWithTwoDevicesDoesNotDecideAlone)
{
    decide(first);
    EXPECT_EQ(open_items(), 1u);
    auto tablet = w.enrol(one, role, "Second tablet");
    w.pull(tablet);
    decide(tablet);
    EXPECT_EQ(open_items(), 1u);
}

TEST_F(SecondPersonAtTheHub, OneAtADeviceAndAtTheHubsDeskDoesNotDecideAlone)
{
    decide(first);
    const auto typed = must(w.service().decide({conflict.versions.front(), one, schema::Resolution::choose_a, {}, "Agreed"}));
    EXPECT_EQ(typed.ruling.rule, "second-person");
    EXPECT_EQ(open_items(), 1u);
}

TEST_F(SecondPersonAtTheHub, TwoPeopleDecideAndTheHistoryVerifies)
{
    decide(first);
    decide(second);
    EXPECT_EQ(open_items(), 0u);
    const auto report = must(verify_history(*must(w.store().view()), w.keys));
    EXPECT_TRUE(report.failures.empty());
}

}  // namespace
}  // namespace satchel::test
