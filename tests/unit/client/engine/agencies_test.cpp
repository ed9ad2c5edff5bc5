// An agency joins the area: its people are strangers to a device until the area's root has spoken for the key that says who they are.
#include "schema/policy/embedded.hpp"
#include "sync/hub/verify.hpp"
#include "tests/data/first_bundle.hpp"
#include "tests/unit/client/engine/real_hub.hpp"

namespace satchel::client {
namespace {

using namespace test; // NOLINT
using How = Typed::How;
using Keys = std::vector<sync::AgencyIntroduction>;

class AgencyJoins : public testing::Test {
protected:
    AgencyJoins()
    {
        must(hub.service().assign(case_id, {AssignmentRow::Subject::user, to_string(police_user)}));
    }
    void publish()
    {
        const auto text = satchel::test::small_policy_with_health();
        must(hub.service().publish_policy(std::vector<schema::SourceFile>{{"small.toml", text}}));
    }
    // Enrolled after the agency came, and at work.
    std::unique_ptr<RealDevice> nurse()
    {
        const auto user = hub.user("Invented Nurse", "health.care_coordinator");
        must(hub.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
        auto out = std::make_unique<RealDevice>(hub, user);
        out->sync();
        return out;
    }
    static std::vector<std::string> known(RealDevice& device)
    {
        std::vector<std::string> out;
        for (const auto& key : device.store().identity().agency_keys)
            out.push_back(key.agency);
        std::sort(out.begin(), out.end());
        return out;
    }
    // One session in which the introductions are altered on their way.
    SessionReport with(RealDevice& device, const std::function<void(Keys&)>& alter)
    {
        return device.session(SIZE_MAX, [&](Frame& frame, bool) {
            if (frame.type != static_cast<std::uint8_t>(MessageType::policy_and_agencies))
                return;
            auto message = must(schema::wire::unpack<PolicyAndAgencies>(frame.payload));
            alter(message.agencies);
            frame.payload = schema::wire::pack(message);
        });
    }
    static std::string says(const SessionReport& report)
    {
        return report.error ? std::string(name(report.error->code)) + ": " + report.error->detail : "nothing";
    }

    HubWorld hub{31};
    UserId police_user = hub.user("Invented Police", "police.offender_manager");
    CaseId case_id = must(hub.service().add_case("C1"));
    const std::vector<std::string> before{"coordination", "police", "prison", "probation"};
    const std::vector<std::string> after{"coordination", "health", "police", "prison", "probation"};
};

TEST_F(AgencyJoins, ADeviceFromBeforeBelievesItsPeopleInTheSessionInWhichItHears)
{
    RealDevice police(hub, police_user);
    police.sync();
    ASSERT_EQ(known(police), before);
    publish();
    const auto made = [&] {
        auto writer = nurse();
        const auto saved = must(writer->record_new(case_id, "note", {{How::set, "text", "Was at the clinic"}}));
        writer->sync();
        return saved.record;
    }();
    police.sync();
    EXPECT_EQ(police.store().policy().version, 8u);
    EXPECT_EQ(police.value(case_id, made, "text"), "Was at the clinic");
    EXPECT_EQ(known(police), after);
    police.reopen();
    EXPECT_EQ(known(police), after) << "kept";
    const auto lines = must(police.store().history(case_id, made, /*prove=*/true));
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].proof, Proof::valid);
    police.sync();
    const auto verified = must(verify_history(*must(hub.store().view()), hub.keys));
    EXPECT_TRUE(verified.ok()) << verified.failures.front().table << " " << verified.failures.front().kind;
}

TEST_F(AgencyJoins, ADeviceThatIsEnrolledSinceKnowsItFromTheBeginning)
{
    publish();
    RealDevice police(hub, police_user);
    EXPECT_EQ(known(police), after);
    EXPECT_EQ(police.store().policy().version, 8u);
}

// Whoever forges it has the connection to the device, as a hub would, and not the root's key.
TEST_F(AgencyJoins, WithoutTheRootsWordChangesNothingOnADevice)
{
    RealDevice police(hub, police_user);
    police.sync();
    publish();
    const auto bundle = must(police.store().policy_bundle()).bundle;
    const auto mine = crypto::SigningKey::generate(hub.random());
    const auto root = must(crypto::RootAuthority::create("testshire", hub.clock.now(), hub.random()));
    const auto police_key = hub.keys.agency("police")->registry.public_key();
    const std::string strangers = "bad_signature: the area's root did not sign for the agency \"health\"";
    const std::string known_already = "refused: another key was given for the agency \"police\", which is known already";
    const std::vector<std::pair<std::string, std::function<void(Keys&)>>> forgeries{
        {strangers, [&](Keys& keys) { keys[0].signature.back() ^= 1; }},
        {strangers, [&](Keys& keys) { keys[0].signature.clear(); }},
        {strangers, [&](Keys& keys) { keys[0].registry_key = mine.public_key(); }},
        // Another root's, the hub's own, and what the root said of another.
        {strangers, [&](Keys& keys) { keys[0] = {"health", mine.public_key(), crypto::introduce_agency(root, "health", mine.public_key())}; }},
        {strangers, [&](Keys& keys) {
             const auto word = hub.keys.receipt.sign(keys[0].registry_key.view());
             keys[0].signature.assign(word.begin(), word.end());
         }},
        {strangers, [&](Keys& keys) { keys[0].signature = crypto::introduce_agency(hub.keys.root, "police", keys[0].registry_key); }},
        // Not even the root exchanges a key, or brings in whom the agreement does not name.
        {known_already, [&](Keys& keys) {
             keys.push_back({"police", mine.public_key(), crypto::introduce_agency(hub.keys.root, "police", mine.public_key())});
         }},
        {"refused: an agency was introduced that the agreement does not name", [&](Keys& keys) {
             keys.push_back({"nobody", mine.public_key(), crypto::introduce_agency(hub.keys.root, "nobody", mine.public_key())});
         }},
        {"refused: another key was given for the agency \"health\", which is known already", [&](Keys& keys) {
             keys.push_back({"health", mine.public_key(), crypto::introduce_agency(hub.keys.root, "health", mine.public_key())});
         }},
        {"too_large: more elements than a message may have", [&](Keys& keys) { keys.resize(agencies_max + 1, keys[0]); }},
    };
    for (const auto& [expected, forge] : forgeries) {
        SCOPED_TRACE(expected);
        const auto report = with(police, forge);
        EXPECT_FALSE(report.complete);
        EXPECT_EQ(says(report), expected);
        for (int times = 0; times < 2; ++times) {
            EXPECT_EQ(known(police), before);
            EXPECT_EQ(police.store().policy().version, 7u);
            EXPECT_EQ(must(police.store().policy_bundle()).bundle, bundle);
            for (const auto& key : police.store().identity().agency_keys) {
                EXPECT_TRUE(key.agency != "police" || key.key == police_key);
            }
            police.reopen();
        }
    }
    police.sync();
    EXPECT_EQ(known(police), after) << "the next one that is as it should be is taken";
}

// The hub would not give the key again before the next agreement, and nobody of the agency would be believed until then.
TEST_F(AgencyJoins, AnAgreementWithoutTheKeyOfItsAgencyIsNotTaken)
{
    RealDevice police(hub, police_user);
    police.sync();
    publish();
    EXPECT_EQ(says(with(police, [](Keys& keys) { keys.clear(); })), "protocol_violation: the agency \"health\" came without its key");
    const auto as_before = police.session(SIZE_MAX, [&](Frame& frame, bool) {
        if (frame.type != static_cast<std::uint8_t>(MessageType::policy_and_agencies))
            return;
        const auto message = must(schema::wire::unpack<PolicyAndAgencies>(frame.payload));
        frame = {static_cast<std::uint8_t>(MessageType::policy), schema::wire::pack(message.policy)};
    });
    EXPECT_EQ(says(as_before), "protocol_violation: the agency \"health\" came without its key");
    EXPECT_EQ(police.store().policy().version, 7u);
    EXPECT_EQ(known(police), before);
    police.sync();
    EXPECT_EQ(known(police), after);
}

TEST_F(AgencyJoins, ItsPeopleAreNotBelievedBeforeItWasIntroduced)
{
    RealDevice police(hub, police_user);
    police.sync();
    publish();
    {
        auto writer = nurse();
        must(writer->record_new(case_id, "note", {{How::set, "text", "Was at the clinic"}}));
        writer->sync();
    }
    // A hub that gives pages and not the agreement.
    const auto report = police.session(SIZE_MAX, [&](Frame& frame, bool) {
        if (frame.type == static_cast<std::uint8_t>(MessageType::policy_and_agencies))
            frame = {static_cast<std::uint8_t>(MessageType::policy), schema::wire::pack(must(police.store().policy_bundle()))};
    });
    EXPECT_EQ(says(report), "bad_signature: an author of an agency that this device does not know");
    EXPECT_EQ(police.records(case_id), 0u);
}

// A session may be cut anywhere: agreement and keys are there together or not at all.
TEST_F(AgencyJoins, AgreementAndKeysAreThereTogetherOrNotAtAll)
{
    RealDevice police(hub, police_user);
    police.sync();
    publish();
    for (std::size_t cut = 1; police.store().policy().version == 7; ++cut) {
        EXPECT_EQ(known(police), before) << cut;
        police.session(cut);
        police.reopen();
        ASSERT_LT(cut, 10u);
    }
    EXPECT_EQ(known(police), after);
}

// Devices from the field: the first agreement, which the embedded one follows with many agencies more.
TEST(FirstAgreement, IsFollowedByTheSecondOnAHubAndADeviceThatBeganWithTheFirst)
{
    HubWorld hub(47, {}, satchel::test::first_bundle_files());
    auto& service = hub.service();
    const auto officer = hub.user("Invented Officer", "police.offender_manager");
    const auto case_id = must(service.add_case("C1"));
    must(service.assign(case_id, {AssignmentRow::Subject::user, to_string(officer)}));
    RealDevice police(hub, officer);
    police.sync();
    ASSERT_EQ(police.store().policy().version, 1u);

    ASSERT_EQ(must(service.publish_policy(schema::embedded_bundle())), 2u);
    const auto nurse_user = hub.user("Invented Nurse", "health.care_coordinator");
    must(service.assign(case_id, {AssignmentRow::Subject::user, to_string(nurse_user)}));
    RealDevice nurse(hub, nurse_user);
    nurse.sync();
    const auto saved = nurse.record_new(
        case_id, "accountable_role", {{How::set, "accountable_for", "health.care_coordinator"}, {How::set, "held_by", "Invented Nurse"}});
    ASSERT_EQ(outcome(saved), "ok");
    nurse.sync();

    police.sync();
    EXPECT_EQ(police.store().policy().version, 2u);
    EXPECT_EQ(police.value(case_id, saved->record, "held_by"), "Invented Nurse");
    const auto lines = must(police.store().history(case_id, saved->record, /*prove=*/true));
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines[0].proof, Proof::valid);
    EXPECT_EQ(police.store().identity().agency_keys.size(), police.store().policy().agencies.size());
    const auto verified = must(verify_history(*must(hub.store().view()), hub.keys));
    EXPECT_TRUE(verified.ok()) << verified.failures.front().table << " " << verified.failures.front().kind;
}

} // namespace
} // namespace satchel::client
