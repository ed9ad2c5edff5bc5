// Every canonical encoding reads back what was written, and refuses everything else.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "bench.hpp"
#include "small_policy.hpp"

namespace satchel::test {
namespace {

schema::Change sample_change()
{
    schema::Change c;
    c.op = schema::Op::set;
    c.creates = true;
    c.type = schema::type_id("address");
    c.group = schema::group_id("address", "where");
    c.base = number_id<VersionId>(5, 1);
    c.confirmed = number_id<VersionId>(5, 2);
    assign(c.values, schema::FieldId{3}, std::string("1 Invented Row\nżółć"));
    assign(c.values, schema::FieldId{1}, Date{20'000});
    assign(c.values, schema::FieldId{2}, schema::Null{});
    assign(c.values, schema::FieldId{4}, schema::Opaque{200, {1, 2, 3}});
    assign(c.values, schema::FieldId{5}, std::int64_t{-77});
    assign(c.values, schema::FieldId{6}, schema::Decimal{51'500'001});
    assign(c.values, schema::FieldId{7}, true);
    c.targets = {number_id<VersionId>(6, 1)};
    c.reason = "because";
    c.unknown = {9, 9};
    return c;
}

TEST(ChangeEncoding, ReadsBackWhatWasWritten)
{
    const auto c = sample_change();
    const auto bytes = encode(c);
    const auto back = schema::decode_change(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, c);
    EXPECT_EQ(encode(*back), bytes);
}

TEST(ChangeEncoding, TruncationAtEveryByteIsMalformed)
{
    const auto bytes = encode(sample_change());
    for (std::size_t n = 0; n < bytes.size(); ++n)
        EXPECT_FALSE(schema::decode_change(ByteView(bytes).first(n))) << n;
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(schema::decode_change(longer));
}

TEST(ChangeEncoding, TextWithControlCharactersOrBrokenUtf8IsRefused)
{
    for (const std::string& bad : {std::string("a\0b", 3), std::string("\x1b[2J"), std::string("\xc0\xaf"),
                                  std::string("\xed\xa0\x80"), std::string("\xf5\x80\x80\x80"), std::string("\xe2\x82")}) {
        schema::Change c;
        c.type = schema::TypeId{1};
        c.group = schema::GroupId{1};
        assign(c.values, schema::FieldId{1}, bad);
        EXPECT_FALSE(schema::decode_change(encode(c)));
    }
}

// Whatever decodes has one encoding: no two byte strings mean the same change.
RC_GTEST_PROP(ChangeEncoding, WhateverDecodesEncodesToTheSameBytes, ())
{
    auto bytes = encode(sample_change());
    const auto flips = *rc::gen::inRange(1, 4);
    for (int i = 0; i < flips; ++i) {
        const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        bytes[at] = *rc::gen::arbitrary<std::uint8_t>();
    }
    const auto back = schema::decode_change(bytes);
    if (back)
        RC_ASSERT(encode(*back) == bytes);
}

TEST(HeaderEncoding, ReadsBackWhatWasWrittenAndRefusesTruncation)
{
    schema::Header h;
    h.case_id = number_id<CaseId>(1, 1);
    h.author = number_id<CredentialId>(3, 1);
    h.hat = {"police", "eastside", "police.offender_manager"};
    h.authored_at = Instant{1'770'000'000'123};
    h.event_at = Instant{-5};
    h.basis = schema::Basis::verified;
    h.basis_source = "tenancy agreement";
    h.policy_version = 9;
    h.was = number_id<ChangesetId>(4, 4);
    Bytes bytes;
    Writer out(bytes);
    encode(out, h);
    const auto back = schema::decode_header(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, h);
    for (std::size_t n = 0; n < bytes.size(); ++n)
        EXPECT_FALSE(schema::decode_header(ByteView(bytes).first(n))) << n;
}

TEST(StateEncoding, AFactSaysWhateverAFieldHolds)
{
    Effect effect;
    effect.kind = Effect::Kind::fact;
    effect.name = "whereabouts";
    effect.text = std::string(schema::text_bytes_max, 'x');
    EXPECT_TRUE(decode_effect(encode(effect)));
}

TEST(StateEncoding, RecordsRulingsEffectsAndTasksReadBack)
{
    CaseBench bench(small_policy());
    const std::string probation = "probation.practitioner", police = "police.offender_manager";
    bench.save(probation, {{bench.creates("supervision", "period", {{"agency", "probation"}, {"from", "2020-01-01"}})}});
    const auto a = bench.save(probation, {{bench.creates("address", "where", {{"lines", "1 Invented Row"}, {"from", "2024-01-01"}})}});
    const auto b = bench.save(police, {{bench.edits(a.record(), "address", "where", {{"lines", "2"}})}});
    bench.save(probation, {{bench.creates("address", "where", {{"lines", "3"}, {"from", "2025-01-01"}})}});
    // Somebody agreed with the record; two versions wait, and one of two people has decided between them.
    bench.save(probation + "/second", {{bench.edits(a.record(), "address", "where",
                                                    {{"lines", "1 Invented Row"}, {"from", "2024-01-01"}, {"to", "2025-01-01"}})}});
    const auto no = bench.creates("withholding", "decision", {{"withheld", "no"}});
    const auto yes = bench.creates("withholding", "decision", {{"withheld", "yes"}});
    bench.save(police, {{no}});
    const auto two = bench.save(police + "/second", {{yes}});
    bench.save(police, {{bench.resolves(two, schema::Resolution::choose_a, "settled")}});
    ASSERT_FALSE(bench.state().record(a.record())->groups.front().agreed.empty());
    ASSERT_FALSE(bench.state().record(two.record())->groups.front().open.front().proposed.id.empty());
    ASSERT_FALSE(bench.state().tasks.empty());
    for (const auto& [id, record] : bench.state().records) {
        const auto bytes = encode(record);
        const auto back = decode_record_state(bytes);
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, record);
        for (std::size_t n = 0; n < bytes.size(); ++n)
            EXPECT_FALSE(decode_record_state(ByteView(bytes).first(n)));
    }
    for (const auto& [id, task] : bench.state().tasks)
        EXPECT_EQ(*decode_task(encode(task)), task);
    EXPECT_EQ(*decode_rulings(encode(b.rulings)), b.rulings);
    for (const auto& effect : b.effects) {
        const auto bytes = encode(effect);
        EXPECT_EQ(*decode_effect(bytes), effect);
        for (std::size_t n = 0; n < bytes.size(); ++n)
            EXPECT_FALSE(decode_effect(ByteView(bytes).first(n)));
    }
}

// What decodes after one byte of it was changed must be what these bytes say, and nothing else.
template <class Decode>
void expect_one_encoding(const Bytes& bytes, Decode decode)
{
    for (std::size_t at = 0; at < bytes.size(); ++at)
        for (const int value : {0, 1, 2, 3, 4, 5, 8, 32, 255}) {
            auto other = bytes;
            other[at] = static_cast<std::uint8_t>(value);
            const auto decoded = decode(other);
            EXPECT_TRUE(!decoded || encode(*decoded) == other) << at << " " << value;
        }
}

// Found by fuzzing: truth values other than 0 and 1, groups in any order, parts that say nothing, and a task in an effect
// that is about none were all read.
TEST(StateEncoding, OneStateHasOneEncoding)
{
    CaseBench bench(small_policy());
    const auto a = bench.save("police.offender_manager",
                              {{bench.creates("address", "where", {{"lines", "1 Invented Row"}, {"from", "2024-01-01"}})}});
    const auto b = bench.save("probation.practitioner", {{bench.edits(a.record(), "address", "where", {{"lines", "2"}})}});
    ASSERT_FALSE(bench.state().tasks.empty());
    ASSERT_FALSE(a.effects.empty());
    for (const auto& [id, record] : bench.state().records)
        expect_one_encoding(encode(record), decode_record_state);
    for (const auto& [id, task] : bench.state().tasks)
        expect_one_encoding(encode(task), decode_task);
    expect_one_encoding(encode(b.rulings), decode_rulings);
    for (const auto& effect : a.effects)
        expect_one_encoding(encode(effect), decode_effect);

    RecordState two;
    two.groups.resize(2);
    two.groups[0].id = schema::GroupId{2};
    two.groups[1].id = schema::GroupId{1};
    EXPECT_FALSE(decode_record_state(encode(two)));
    std::swap(two.groups[0], two.groups[1]);
    EXPECT_TRUE(decode_record_state(encode(two)));
}

TEST(Proof, AnyBitOfAChangesetChangesItsDigestAndItsIds)
{
    CaseBench bench(small_policy());
    schema::Changeset cs;
    cs.header.case_id = bench.state().id;
    cs.header.hat = {"police", "t", "police.offender_manager"};
    cs.changes = {bench.creates("note", "what", {{"text", "seen"}})};
    const crypto::HmacKey key(view("salt"));
    const auto sealed = *seal(cs, changeset_secret(key, 1));
    const auto digest = changeset_digest(sealed);
    const auto differs = [&](auto mutate) {
        auto other = sealed;
        mutate(other);
        return changeset_digest(other) != digest;
    };
    EXPECT_TRUE(differs([](auto& s) { s.header.back() ^= 1; }));
    EXPECT_TRUE(differs([](auto& s) { s.changes.front().back() ^= 1; }));
    EXPECT_TRUE(differs([](auto& s) { s.secret[0] ^= 1; }));
    EXPECT_TRUE(differs([](auto& s) { s.blind[0] ^= 1; }));
    EXPECT_TRUE(differs([](auto& s) { s.changes.push_back(s.changes.front()); }));
    EXPECT_TRUE(differs([](auto& s) {
        s.header.push_back(s.changes.front().front());
        s.changes.front().erase(s.changes.front().begin());
    }));
    cs.link.seen = 5;
    EXPECT_NE(changeset_digest(*seal(cs, changeset_secret(key, 1))), digest);
}

TEST(Proof, SealRefusesWhatTheHubWouldRefuse)
{
    schema::Changeset cs;
    EXPECT_EQ(seal(cs, {}).error().code, Errc::too_large);
    schema::Change c;
    c.type = schema::TypeId{1};
    c.group = schema::GroupId{1};
    for (std::uint32_t f = 1; f <= 10; ++f)
        assign(c.values, schema::FieldId{f}, std::string(schema::text_bytes_max, 'x'));
    cs.changes = {c};
    EXPECT_EQ(seal(cs, {}).error().code, Errc::too_large);
}

}  // namespace
}  // namespace satchel::test
