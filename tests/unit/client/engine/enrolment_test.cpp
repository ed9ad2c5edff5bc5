// What a device makes of a hub that does not enrol it as it should. The answers are made up here; no hub gives them.
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
    EnrolmentSlip slip = must(hub.service().create_enrolment(hub.user("Pia Policia", "police.offender_manager"),
                                                             std::chrono::minutes(15), ""));
};

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
