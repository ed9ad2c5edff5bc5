// What a device makes of a hub that enrols it, and of one that does not as it should: such answers are made up here.
#include "client/engine/runner.hpp"
#include "tests/unit/client/engine/real_hub.hpp"

namespace satchel::client::test {
namespace {

class Enrolling : public ::testing::Test {
protected:
    // The outcome, where the hub says this.
    std::string answered(MessageType type, const Bytes& payload)
    {
        EnrolmentSession session(slip, "Tablet", "localhost:1", random);
        session.on_open(HubWorld::channel(), {});
        EXPECT_TRUE(session.on_frame({static_cast<std::uint8_t>(type), payload}).close);
        session.on_closed(nullptr);
        return outcome(session.result());
    }
    std::string refused(const std::string& message)
    {
        Refusal refusal;
        refusal.message = message;
        return answered(MessageType::refusal, schema::wire::pack(refusal));
    }

    HubWorld hub;
    FakeRandom random{31};
    UserId user = hub.user("Pia Policia", "police.offender_manager");
    EnrolmentSlip slip = must(hub.service().create_enrolment(user, std::chrono::minutes(15), ""));
};

TEST_F(Enrolling, AnEnrolmentIsGoodOnce)
{
    const auto attempt = [&](const Wire::Meddle& meddle = {}) {
        EnrolmentSession session(slip, "Tablet", "localhost:1", random);
        EnrolSession other(hub.service());
        Letters letters;
        Wire(session, other, letters, {}).run(SIZE_MAX, meddle);
        auto result = session.result();
        return outcome(result).substr(0, outcome(result).find(':'));
    };
    // Meddled with on its way to the hub: no proof, no enrolment, and the slip is still good.
    EXPECT_EQ(attempt([](Frame& frame, bool to_device) {
                  if (!to_device)
                      frame.payload.back() ^= 1;
              }),
              "refused");
    EXPECT_EQ(attempt(), "ok");
    EXPECT_EQ(attempt(), "refused") << "single use";
}

TEST_F(Enrolling, AnAnswerThatDoesNotFitIsNone)
{
    const auto attempt = [&](const std::function<void(EnrolAnswer&)>& change) {
        const auto fresh = must(hub.service().create_enrolment(user, std::chrono::minutes(15), ""));
        EnrolmentSession session(fresh, "Tablet", "localhost:1", random);
        EnrolSession other(hub.service());
        Letters letters;
        Wire(session, other, letters, {}).run(SIZE_MAX, [&](Frame& frame, bool to_device) {
            if (!to_device)
                return;
            auto answer = must(schema::wire::unpack<EnrolAnswer>(frame.payload));
            change(answer);
            frame.payload = schema::wire::pack(answer);
        });
        const auto result = session.result();
        return outcome(result).substr(0, outcome(result).find(':'));
    };
    EXPECT_EQ(attempt([](EnrolAnswer&) {}), "ok");
    EXPECT_EQ(attempt([](EnrolAnswer& a) { a.credential.bytes[0] ^= 1; }), "bad_signature");
    EXPECT_EQ(attempt([](EnrolAnswer& a) { a.user.bytes[0] ^= 1; }), "bad_signature");
    EXPECT_EQ(attempt([](EnrolAnswer& a) { a.self.signature[3] ^= 1; }), "bad_signature");
    EXPECT_EQ(attempt([](EnrolAnswer& a) { a.agency_keys.clear(); }), "bad_signature");
    EXPECT_EQ(attempt([](EnrolAnswer& a) { a.agency_keys[0].push_back(0); }), "malformed");
    EXPECT_EQ(attempt([](EnrolAnswer& a) { a.policy.bundle.back() ^= 1; }), "bad_signature");
    EXPECT_EQ(attempt([](EnrolAnswer& a) { a.receipt_key.bytes[0] ^= 1; }), "bad_signature");
    EXPECT_EQ(attempt([](EnrolAnswer& a) { a.user_name = "bell \a"; }), "malformed");
    EXPECT_NE(attempt([](EnrolAnswer& a) { a.certificate_chain.clear(); }), "ok");
    EXPECT_NE(attempt([](EnrolAnswer& a) { a.hats = {"nonsense"}; }), "ok");
}

TEST_F(Enrolling, WhatTheHubSaysIsRepeatedOnlyWhereItCanBeRead)
{
    EXPECT_EQ(refused("this enrolment has run out"),
              "refused: the hub does not enrol this device: this enrolment has run out");
    EXPECT_EQ(refused("bell \a"), "refused: the hub does not enrol this device");
    EXPECT_EQ(refused(std::string(500, 'x')), "refused: the hub does not enrol this device");
    EXPECT_EQ(answered(MessageType::refusal, {0xff}), "refused: the hub does not enrol this device");
}

TEST_F(Enrolling, AnAnswerToAnotherQuestionIsNone)
{
    EXPECT_EQ(answered(MessageType::receipt, {}), "protocol_violation: a frame that does not belong to an enrolment");
    EXPECT_NE(answered(MessageType::enrol_answer, {1, 2, 3}), "ok");
}

TEST_F(Enrolling, AConnectionThatEndsBeforeTheAnswerSaysHow)
{
    EnrolmentSession silent(slip, "Tablet", "localhost:1", random);
    silent.on_open(HubWorld::channel(), {});
    EXPECT_EQ(outcome(silent.result()), "peer_gone: there was no answer");
    silent.on_closed(nullptr);
    EXPECT_EQ(outcome(silent.result()), "peer_gone: the hub hung up before it answered");
    EnrolmentSession cut(slip, "Tablet", "localhost:1", random);
    cut.on_open(HubWorld::channel(), {});
    const Error why{Errc::timed_out, "nobody there", BOOST_CURRENT_LOCATION};
    cut.on_closed(&why);
    EXPECT_EQ(outcome(cut.result()), "timed_out: nobody there");
}

TEST_F(Enrolling, WithoutAChannelToBindToNothingIsAsked)
{
    EnrolmentSession session(slip, "Tablet", "localhost:1", random);
    const auto out = session.on_open(Bytes(3), {});
    EXPECT_TRUE(out.close);
    EXPECT_TRUE(out.frames.empty());
    session.on_closed(nullptr);
    EXPECT_EQ(outcome(session.result()), "protocol_violation: channel binding");
}

TEST_F(Enrolling, TheFirstAnswerCounts)
{
    EnrolmentSession session(slip, "Tablet", "localhost:1", random);
    session.on_open(HubWorld::channel(), {});
    session.on_frame({static_cast<std::uint8_t>(MessageType::receipt), {}});
    session.on_frame({static_cast<std::uint8_t>(MessageType::refusal), schema::wire::pack(Refusal{})});
    EXPECT_EQ(outcome(session.result()), "protocol_violation: a frame that does not belong to an enrolment");
}

TEST_F(Enrolling, ASlipWithoutAnAddressNeedsOneByHand)
{
    EXPECT_EQ(outcome(enrol(slip, "Tablet", hub.clock, random, {})),
              "invalid_argument: the enrolment file names no hub: say --hub HOST:PORT");
}

}  // namespace
}  // namespace satchel::client::test
