// Pages that a hub, or somebody in its place, has meddled with: nothing of them is kept.
#include <functional>

#include "tests/unit/client/device_fixture.hpp"

namespace satchel::client::test {
namespace {

class Verify : public DeviceTest {
protected:
    void SetUp() override
    {
        DeviceTest::SetUp();
        hub.write("police.offender_manager", hub.creates("address", "where", {{"lines", "1 Elm Row"}}));
        hub.write("prison.omu", hub.creates("note", "what", {{"text", "in custody"}}));
        good = hub.page(store().identity().credential, 0);
    }
    std::string checked(const std::function<void(Page&)>& meddle)
    {
        auto bad = good;
        meddle(bad);
        const auto said = outcome(apply(bad));
        EXPECT_TRUE(store().cases()->empty());
        return said.substr(0, said.find(':'));
    }
    Entry& first(Page& from) const
    {
        for (auto& entry : from.entries)
            if (entry.kind == Entry::Kind::changeset)
                return entry;
        std::abort();
    }
    Page good;
};

TEST_F(Verify, AGoodPageIsTaken)
{
    EXPECT_EQ(outcome(apply(good)), "ok");
    expect_same_as_hub();
}

TEST_F(Verify, EveryByteOfAnEntryIsUnderItsAuthorsSignature)
{
    auto& entry = first(good);
    const auto header = entry.header;
    const auto change = entry.changes[0];
    for (std::size_t i = 0; i < header.size(); ++i)
        EXPECT_NE(checked([&](Page& bad) { first(bad).header[i] ^= 1; }), "ok") << i;
    for (std::size_t i = 0; i < change.size(); ++i)
        EXPECT_NE(checked([&](Page& bad) { first(bad).changes[0][i] ^= 1; }), "ok") << i;
    for (std::size_t i = 0; i < 16; ++i)
        EXPECT_EQ(checked([&](Page& bad) { first(bad).secret[i] ^= 1; }), "bad_signature") << i;
    for (std::size_t i = 0; i < 32; ++i)
        EXPECT_EQ(checked([&](Page& bad) { first(bad).blind[i] ^= 1; }), "bad_signature") << i;
}

TEST_F(Verify, WhatDoesNotBelongTogetherIsRefused)
{
    EXPECT_EQ(checked([&](Page& bad) { bad.case_id.bytes[0] ^= 1; }), "protocol_violation");
    EXPECT_EQ(checked([&](Page& bad) { first(bad).batch = 9; }), "protocol_violation");
    EXPECT_EQ(checked([&](Page& bad) { first(bad).batch ^= 1; }), "bad_signature");
    EXPECT_EQ(checked([&](Page& bad) { first(bad).place ^= 1; }), "bad_signature");
    EXPECT_EQ(checked([&](Page& bad) { first(bad).rulings = encode(std::vector<Ruling>{}); }), "protocol_violation");
    EXPECT_NE(checked([&](Page& bad) { first(bad).rulings.pop_back(); }), "ok");
    EXPECT_EQ(checked([&](Page& bad) { bad.authors.clear(); }), "protocol_violation");
    EXPECT_EQ(checked([&](Page& bad) { bad.authors[0].signature[5] ^= 1; }), "bad_signature");
    EXPECT_EQ(checked([&](Page& bad) { bad.batches[0].signature[5] ^= 1; }), "bad_signature");
    EXPECT_EQ(checked([&](Page& bad) { std::swap(bad.batches[0].signature, bad.batches[1].signature); }), "bad_signature");
    EXPECT_EQ(checked([&](Page& bad) { bad.batches[0].proof.push_back(0); }), "malformed");
    EXPECT_EQ(checked([&](Page& bad) { bad.batches.push_back(bad.batches[0]); }), "malformed") << "a batch of nothing";
    EXPECT_EQ(checked([&](Page& bad) { bad.authors[0].display_name = "bell \a"; }), "malformed");
}

TEST_F(Verify, AnAuthorNobodyWeKnowVouchesForIsNone)
{
    FakeRandom random(9);
    const auto stranger = crypto::SigningKey::generate(random);
    auto& who = hub.person("police.offender_manager");
    crypto::CredentialRecord record;
    record.credential = who.credential;
    record.user = who.user;
    record.agency = "police";
    record.device_name = "d";
    record.signing_key = stranger.public_key();
    const auto forged = *crypto::sign_credential(record, stranger);
    EXPECT_EQ(checked([&](Page& bad) {
                  for (auto& author : bad.authors)
                      if (author.record == who.record.record)
                          author = {forged.record, forged.signature, "Forged"};
              }),
              "bad_signature");
}

TEST_F(Verify, ABatchOfManyIsProvedByTheFewThatAreShown)
{
    // Own work of a colleague's device: three changesets in one batch, one of which this reader does not get.
    ASSERT_EQ(outcome(apply(good)), "ok");
    pulled_ = hub.log.size();
    for (const char* text : {"a", "b", "c"})
        ASSERT_EQ(outcome(record_new("note", {{Typed::How::set, "text", text}})), "ok");
    push();
    const auto reader = random_id<CredentialId>(hub.random);
    auto part = hub.page(reader, pulled_, /*whole=*/true);
    ASSERT_EQ(part.batches.size(), 1u);
    part.authors.push_back(store().identity().self);
    EXPECT_EQ(outcome(apply(part)), "ok");
    part.entries.pop_back();
    EXPECT_NE(outcome(apply(part)), "ok") << "a proof for three does not fit two";
}

}  // namespace
}  // namespace satchel::client::test
