// Receipts of devices as files: what `satchel-hub verify --receipt` takes, and what it says of a file that is none.
#include "tools/hub/receipt.hpp"

#include <gtest/gtest.h>

namespace satchel::tools::hub {
namespace {

using console::Json;

sync::Receipt some_receipt()
{
    sync::Receipt out;
    out.epoch.fill(0x0e);
    out.credential.bytes.fill(1);
    out.incarnation.bytes.fill(2);
    out.up_to = 17;
    out.chain_head.fill(0xc4);
    out.audit_head.fill(0xa0);
    out.received_at = {1'780'000'000'123};
    out.signature.fill(0x51);
    return out;
}

std::string line_of(const sync::Receipt& receipt)
{
    return to_text(to_json(receipt)) + "\n";
}

// With one member that says something else.
std::string line_with(const std::string& key, Json value)
{
    auto json = to_json(some_receipt());
    json[key] = std::move(value);
    return to_text(json) + "\n";
}

std::string read(const std::string& lines)
{
    sync::VerifyOptions options;
    const auto done = read_receipts(lines, options);
    return done ? std::to_string(options.receipts.size()) + " receipts"
                : std::string(name(done.error().code)) + ": " + done.error().detail;
}

TEST(ReceiptFile, EachThingThatIsNotWhatItShouldBeIsNamed)
{
    const auto digest = std::to_string(Digest{}.size());
    EXPECT_EQ(read(line_with("epoch", "00")), "malformed: receipt line 1: \"epoch\" is not " +
                                                  std::to_string(sync::Epoch{}.size()) + " bytes in hexadecimal");
    EXPECT_EQ(read(line_with("chain_head", "not hexadecimal")),
              "malformed: receipt line 1: \"chain_head\" is not " + digest + " bytes in hexadecimal");
    EXPECT_EQ(read(line_with("audit_head", std::string(2 * Digest{}.size(), 'A'))),
              "malformed: receipt line 1: \"audit_head\" is not " + digest + " bytes in hexadecimal")
        << "capitals are not how it is printed";
    EXPECT_EQ(read(line_with("signature", nullptr)), "malformed: receipt line 1: \"signature\" is not " +
                                                         std::to_string(crypto::Signature{}.size()) +
                                                         " bytes in hexadecimal");
    EXPECT_EQ(read(line_with("credential", "tablet")), "malformed: receipt line 1: \"credential\" is no id");
    EXPECT_EQ(read(line_with("incarnation", 7)), "malformed: receipt line 1: \"incarnation\" is no id");
    EXPECT_EQ(read(line_with("up_to", "17")), "malformed: receipt line 1: \"up_to\" is no number");
    EXPECT_EQ(read(line_with("up_to", -1)), "malformed: receipt line 1: \"up_to\" is no number");
    EXPECT_EQ(read(line_with("received_at", "yesterday")),
              "malformed: receipt line 1: \"received_at\": a time is written like 2026-03-01T09:30:00Z");
}

TEST(ReceiptFile, AMistakeIsCountedByLinesAsAnEditorCountsThem)
{
    EXPECT_EQ(read(line_of(some_receipt()) + "\n \t\r\n" + line_with("up_to", -1)),
              "malformed: receipt line 4: \"up_to\" is no number");
    EXPECT_TRUE(read(line_of(some_receipt()) + "{").starts_with("malformed: receipt line 2: not JSON: column "))
        << read(line_of(some_receipt()) + "{");
}

TEST(ReceiptFile, OneBadLineTakesNothingFromTheMessageOfTheFirst)
{
    EXPECT_EQ(read(line_with("epoch", "00") + line_with("up_to", -1)), "malformed: receipt line 1: \"epoch\" is not " +
                                                                           std::to_string(sync::Epoch{}.size()) +
                                                                           " bytes in hexadecimal");
}

TEST(ReceiptFile, ALastReceiptThatIsNoReceiptIsAMistakeToo)
{
    EXPECT_EQ(read(R"({"v":1,"last_receipt":"none"})"), "malformed: receipt line 1: \"epoch\" is not " +
                                                            std::to_string(sync::Epoch{}.size()) +
                                                            " bytes in hexadecimal");
}

TEST(ReceiptFile, ADeviceWithoutAReceiptYetHasNothingToCompare)
{
    EXPECT_EQ(read(""), "0 receipts");
    EXPECT_EQ(read("\n\n"), "0 receipts");
    EXPECT_EQ(read("{\"v\":1,\"ok\":true,\"last_receipt\":null}"), "0 receipts");
}

TEST(ReceiptFile, WhatIsPrintedIsReadAgainEveryBitOfIt)
{
    auto other = some_receipt();
    other.up_to = 0;
    const auto doctor = to_text(Json::object({{"v", 1}, {"last_receipt", to_json(other)}}));
    sync::VerifyOptions options;
    const auto done = read_receipts(line_of(some_receipt()) + doctor, options);  // the last line has no end
    ASSERT_TRUE(done) << done.error().detail;
    ASSERT_EQ(options.receipts.size(), 2u);
    const auto& read = options.receipts[0];
    const auto wanted = some_receipt();
    EXPECT_EQ(read.epoch, wanted.epoch);
    EXPECT_EQ(read.credential, wanted.credential);
    EXPECT_EQ(read.incarnation, wanted.incarnation);
    EXPECT_EQ(read.up_to, 17u);
    EXPECT_EQ(read.chain_head, wanted.chain_head);
    EXPECT_EQ(read.audit_head, wanted.audit_head);
    EXPECT_EQ(read.received_at, wanted.received_at);
    EXPECT_EQ(read.signature, wanted.signature);
    EXPECT_EQ(options.receipts[1].up_to, 0u);
}

}  // namespace
}  // namespace satchel::tools::hub
