#include "schema/wire/frame.hpp"

#include <random>

#include <gtest/gtest.h>
#include <zstd.h>

#include "allocation_meter.hpp"
#include "example_message.hpp"
#include "schema/wire/archive.hpp"
#include "schema/wire/compress.hpp"

namespace satchel::schema::wire {

namespace {

Bytes noise(std::size_t size, unsigned seed = 1)
{
    std::mt19937 random(seed);  // NOLINT: the same bytes every time
    Bytes bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(random());
    return bytes;
}

// Compresses to about a third.
Bytes prose(std::size_t size)
{
    auto bytes = noise(size);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>("etaonris"[byte % 8]);
    return bytes;
}

Bytes written(const Frame& frame, FrameLimits limits = in_session)
{
    Bytes out;
    EXPECT_TRUE(write_frame(out, frame, limits));
    return out;
}

Bytes header(std::uint32_t length, std::uint8_t type, std::uint8_t flags)
{
    Bytes out;
    Writer w(out);
    w.u32(length);
    w.u8(type);
    w.u8(flags);
    return out;
}

// What the reader makes of the bytes when they come all at once.
std::optional<Result<Frame>> read_one(ByteView bytes, FrameLimits limits = in_session)
{
    FrameReader reader(limits);
    reader.feed(bytes);
    return reader.next();
}

Errc error_of(ByteView bytes, FrameLimits limits = in_session)
{
    const auto frame = read_one(bytes, limits);
    return !frame || frame->has_value() ? Errc::bug : frame->error().code;
}

// A frame as a hostile peer may write it: any compressed bytes under a right header.
Bytes compressed_frame(const Bytes& compressed)
{
    auto out = header(static_cast<std::uint32_t>(compressed.size()), 1, 1);
    out.insert(out.end(), compressed.begin(), compressed.end());
    return out;
}

Bytes zstd(const Bytes& plain, bool with_size)
{
    auto* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, with_size ? 1 : 0);
    Bytes out(ZSTD_compressBound(plain.size()));
    out.resize(ZSTD_compress2(context, out.data(), out.size(), plain.data(), plain.size()));
    ZSTD_freeCCtx(context);
    return out;
}

}  // namespace

TEST(Frame, WhatIsWrittenIsRead)
{
    for (const auto& payload : {Bytes{}, Bytes{1}, noise(255), noise(256), prose(257), prose(100'000),
                                noise(in_session.payload_bytes_max), Bytes(1'000'000, 7)}) {
        const Frame frame{42, payload};
        const auto back = read_one(written(frame));
        ASSERT_TRUE(back && *back) << payload.size();
        EXPECT_EQ(**back, frame);
    }
}

TEST(Frame, HeaderIsTheOneWrittenDown)
{
    EXPECT_EQ(to_hex(written({9, {0xaa, 0xbb}})), "0200000009" "00" "aabb");
    EXPECT_EQ(written({9, prose(small_bytes_max + 1)})[5], 1);
    EXPECT_EQ(written({9, prose(1000)})[5], 3);
    EXPECT_LT(written({9, prose(1000)}).size(), 600u);
}

TEST(Frame, NothingIsCompressedBeforeAuthentication)
{
    EXPECT_EQ(written({9, prose(1000)}, before_authentication).size(), 1000 + frame_header_bytes);
    EXPECT_EQ(error_of(written({9, prose(1000)}, in_session), before_authentication), Errc::protocol_violation);
}

TEST(Frame, ComesOutWholeHoweverTheStreamIsCut)
{
    const Frame first{1, prose(700)};
    const Frame second{2, noise(300)};
    const Frame third{3, {}};
    auto stream = written(first);
    for (const auto& frame : {second, third}) {
        const auto more = written(frame);
        stream.insert(stream.end(), more.begin(), more.end());
    }
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        FrameReader reader(in_session);
        std::vector<Frame> frames;
        for (const auto part : {ByteView(stream).first(cut), ByteView(stream).subspan(cut)}) {
            reader.feed(part);
            while (auto frame = reader.next()) {
                ASSERT_TRUE(*frame);
                frames.push_back(**frame);
            }
        }
        ASSERT_EQ(frames, (std::vector{first, second, third})) << "cut at " << cut;
        ASSERT_TRUE(reader.at_boundary());
    }
}

TEST(Frame, AStreamCutShortIsNeverAFrameNorABoundary)
{
    const auto stream = written({1, prose(700)});
    for (std::size_t n = 1; n < stream.size(); ++n) {
        FrameReader reader(in_session);
        reader.feed(ByteView(stream).first(n));
        ASSERT_FALSE(reader.next()) << n;
        ASSERT_FALSE(reader.at_boundary()) << n;
    }
}

TEST(Frame, AStreamMayNotEndBeforeWhatCameIsRead)
{
    auto bytes = written({1, noise(10)});
    const auto second = written({2, noise(10)});
    bytes.insert(bytes.end(), second.begin(), second.end());
    FrameReader reader(in_session);
    EXPECT_TRUE(reader.at_boundary());
    reader.feed(bytes);
    ASSERT_TRUE(reader.next());
    EXPECT_FALSE(reader.at_boundary()) << "another frame is there";
    ASSERT_TRUE(reader.next());
    EXPECT_TRUE(reader.at_boundary());
    auto damaged = header(10, 1, 0x01);
    damaged.resize(damaged.size() + 10);
    reader.feed(damaged);
    ASSERT_FALSE(*reader.next());
    EXPECT_FALSE(reader.at_boundary()) << "after an error it has no meaning any more";
}

TEST(Frame, OversizeIsRefusedFromTheHeaderAlone)
{
    EXPECT_EQ(error_of(header(4 * 1024 + 1, 1, 0), before_authentication), Errc::too_large);
    EXPECT_EQ(error_of(header(16 * 1024 + 1, 1, 0), during_enrolment), Errc::too_large);
    EXPECT_EQ(error_of(header(1024 * 1024 + 1, 1, 0)), Errc::too_large);
    EXPECT_EQ(error_of(header(0xffff'ffff, 1, 0)), Errc::too_large);
    EXPECT_FALSE(read_one(header(4 * 1024, 1, 0), before_authentication));
    EXPECT_EQ(error_of(header(0, 1, 2)), Errc::protocol_violation);
}

TEST(Frame, AHeaderAloneCostsNoMemory)
{
    FrameReader reader(in_session);
    const auto promise = header(1024 * 1024, 1, 0);
    reader.feed(promise);
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.bytes_held(), 0u);
    const Bytes some(1000);
    reader.feed(some);
    EXPECT_FALSE(reader.next());
    EXPECT_LE(reader.bytes_held(), 2000u);
}

TEST(Frame, AfterAnErrorTheStreamStaysRefused)
{
    FrameReader reader(in_session);
    auto stream = header(0, 1, 2);
    const auto good = written({1, {1}});
    stream.insert(stream.end(), good.begin(), good.end());
    reader.feed(stream);
    for (int i = 0; i < 3; ++i) {
        const auto frame = reader.next();
        ASSERT_TRUE(frame);
        EXPECT_FALSE(*frame);
    }
    reader.feed(good);
    EXPECT_FALSE(*reader.next());
    EXPECT_FALSE(reader.at_boundary());
}

TEST(Frame, LimitsRiseFromTheNextFrameOn)
{
    FrameReader reader(before_authentication);
    auto stream = written({1, {1}});
    const auto large = written({2, noise(100'000)});
    stream.insert(stream.end(), large.begin(), large.end());
    reader.feed(stream);
    ASSERT_TRUE(*reader.next());
    reader.set_limits(in_session);
    const auto second = reader.next();
    ASSERT_TRUE(second && *second);
    EXPECT_EQ((*second)->payload.size(), 100'000u);
}

TEST(Frame, APayloadBeyondTheLimitIsSentOnlyIfItCompresses)
{
    Bytes out{1, 2, 3};
    const auto refused = write_frame(out, {1, noise(in_session.payload_bytes_max + 1)}, in_session);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::too_large);
    EXPECT_EQ(out, (Bytes{1, 2, 3}));
    const auto still = write_frame(out, {1, prose(4 * in_session.payload_bytes_max)}, in_session);
    ASSERT_FALSE(still);
    EXPECT_EQ(still.error().code, Errc::too_large) << "compressed it is still too long";
    EXPECT_EQ(out, (Bytes{1, 2, 3}));
    EXPECT_TRUE(write_frame(out, {1, prose(2 * in_session.payload_bytes_max)}, in_session));
    EXPECT_FALSE(write_frame(out, {1, noise(4 * 1024 + 1)}, before_authentication));
}

// This file, as every user of a message, sees no archive: the message's own .cpp instantiates it.
TEST(Frame, CarriesAMessageWhoseEncodingIsInAnotherFile)
{
    const test::ExampleMessage message{"hello", {1, 2, 3}};
    const auto frame = read_one(written({7, pack(message)}));
    ASSERT_TRUE(frame && *frame);
    const auto back = unpack<test::ExampleMessage>((*frame)->payload);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, message);
}

TEST(Compression, ABombIsRefusedBeforeItIsInflated)
{
    const auto declared = zstd(Bytes(64 * 1024 * 1024), true);    // honest about its 64 MiB
    const auto undeclared = zstd(Bytes(64 * 1024 * 1024), false);  // says nothing
    const auto dense = zstd(Bytes(1024 * 1024), true);             // within the size, beyond the ratio
    auto liar = zstd(Bytes(64 * 1024 * 1024), true);
    ASSERT_EQ(ZSTD_getFrameContentSize(liar.data(), liar.size()), 64u * 1024 * 1024);
    // Single segment off, 4-byte content size: the size field follows descriptor and window byte.
    liar[6] = 0;
    liar[7] = 4;
    liar[8] = 0;
    liar[9] = 0;
    ASSERT_EQ(ZSTD_getFrameContentSize(liar.data(), liar.size()), 1024u);
    test::reset_peak();
    const auto before = test::allocated_now();
    EXPECT_EQ(error_of(compressed_frame(declared)), Errc::too_large);
    EXPECT_EQ(error_of(compressed_frame(undeclared)), Errc::malformed);
    EXPECT_EQ(error_of(compressed_frame(dense)), Errc::too_large);
    EXPECT_EQ(error_of(compressed_frame(liar)), Errc::malformed);
    EXPECT_LT(test::allocated_peak() - before, 256u * 1024u);
}

TEST(Compression, OnlyOneCompleteFrameInflates)
{
    const auto good = zstd(prose(5'000), true);
    EXPECT_TRUE(inflate(good));
    for (std::size_t n = 0; n < good.size(); ++n)
        ASSERT_FALSE(inflate(ByteView(good).first(n))) << n;
    auto twice = good;
    twice.insert(twice.end(), good.begin(), good.end());
    EXPECT_FALSE(inflate(twice));
    auto followed = good;
    const auto skippable = from_hex("502a4d180100000000");
    ASSERT_TRUE(skippable);
    followed.insert(followed.end(), skippable->begin(), skippable->end());
    EXPECT_FALSE(inflate(followed));
    EXPECT_FALSE(inflate(*skippable));
}

// What is small is compressed against words that both sides know.
TEST(Compression, ASmallFrameKnowsTheWordsOfTheProduct)
{
    const std::string said = R"({"type":"case_update","status":"review"} probation.practitioner assessed appointment missed)";
    const Bytes plain(said.begin(), said.end());
    Bytes small;
    ASSERT_TRUE(compress_small(small, plain));
    EXPECT_LT(small.size(), plain.size() * 3 / 4);
    EXPECT_EQ(*inflate_small(small), plain);
    for (std::size_t n = 0; n < small.size(); ++n)
        ASSERT_FALSE(inflate_small(ByteView(small).first(n))) << n;
    small.push_back(0);
    EXPECT_FALSE(inflate_small(small));
    Bytes large;
    EXPECT_FALSE(compress_small(large, prose(small_bytes_max + 1)));
    EXPECT_TRUE(large.empty());
}

TEST(Compression, ASmallFrameMayNotInflateBeyondItsBound)
{
    const auto all = zstd(prose(small_bytes_max + 1), true);
    Bytes small(all.begin() + 4, all.end());  // without the magic number
    ASSERT_LT(small.size(), small_bytes_max);
    EXPECT_EQ(inflate_small(small).error().code, Errc::too_large);
    const auto dense = zstd(Bytes(small_bytes_max, 7), true);
    EXPECT_EQ(inflate_small(ByteView(dense).subspan(4)).error().code, Errc::too_large);
    EXPECT_EQ(inflate_small(Bytes(small_bytes_max + 1)).error().code, Errc::too_large);
}

TEST(Compression, NothingIsCompressedThatTheOtherEndWouldNotInflate)
{
    Bytes out{1, 2, 3};
    EXPECT_FALSE(compress(out, prose(inflated_bytes_max + 1)));
    EXPECT_EQ(out, (Bytes{1, 2, 3}));
    EXPECT_FALSE(compress(out, noise(1000))) << "nor what would not be smaller";
    EXPECT_EQ(out, (Bytes{1, 2, 3}));
    EXPECT_TRUE(compress(out, prose(inflated_bytes_max)));
}

TEST(Compression, TooGoodToBeAllowedIsSentPlain)
{
    const Frame zeros{1, Bytes(100'000)};
    const auto out = written(zeros);
    EXPECT_EQ(out[5], 0);
    EXPECT_EQ(**read_one(out), zeros);
}

// 200,000 frames of noise, half of them behind a plausible header, in pieces of any size.
TEST(Frame, RandomBytesNeverDoMoreThanFail)
{
    std::mt19937 random(11);  // NOLINT: the same bytes every time
    const auto good = zstd(prose(900), true);
    test::reset_peak();
    const auto before = test::allocated_now();
    std::size_t accepted = 0;
    std::size_t refused = 0;
    for (int i = 0; i < 200'000; ++i) {
        Bytes bytes;
        if (i % 2 == 0) {
            bytes = i % 4 == 0 ? good : Bytes(random() % 300);
            for (int flips = i % 4 == 0 ? 1 + static_cast<int>(random() % 3) : static_cast<int>(bytes.size());
                 flips > 0; --flips)
                bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
            bytes = compressed_frame(bytes);
        } else {
            bytes.resize(random() % 300);
            for (auto& byte : bytes)
                byte = static_cast<std::uint8_t>(random());
        }
        FrameReader reader(i % 8 < 6 ? in_session : before_authentication);
        ByteView rest = bytes;
        while (!rest.empty()) {
            const auto n = std::min<std::size_t>(rest.size(), 1 + random() % 200);
            reader.feed(rest.first(n));
            rest = rest.subspan(n);
            while (auto frame = reader.next()) {
                if (*frame) {
                    ++accepted;
                } else {
                    ++refused;
                    rest = {};
                    break;
                }
            }
        }
    }
    EXPECT_GT(accepted, 1'000u);
    EXPECT_GT(refused, 100'000u);
    EXPECT_LT(test::allocated_peak() - before, 512u * 1024u);
}

}  // namespace satchel::schema::wire
