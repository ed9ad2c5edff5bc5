// Key slots: who cannot open them, what damage they survive, and what a forger gains by changing them.
#include "crypto/keyslots.hpp"

#include <chrono>
#include <map>

#include <gtest/gtest.h>

#include "crypto/hash.hpp"
#include "tests/unit/crypto/fixed_random.hpp"

namespace satchel::crypto {
namespace {

// Files in memory that stop working after a number of changes, as at a power cut; the change at the cut is torn.
class FakeFiles final : public FileSystem {
public:
    Result<Bytes> read(const std::string& path, std::size_t max) override
    {
        if (path == unreadable)
            return fail(Errc::io_error, "a bad sector");
        const auto found = content.find(path);
        if (found == content.end())
            return fail(Errc::not_found, "none");
        if (found->second.size() > max)
            return fail(Errc::too_large, "long");
        return found->second;
    }
    Result<void> write_durable(const std::string& path, ByteView bytes) override
    {
        if (changes_left == 0)
            return fail(Errc::io_error, "cut");
        if (--changes_left == 0 && torn) {
            content[path] =
                Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2));
            return fail(Errc::io_error, "cut");
        }
        content[path] = Bytes(bytes.begin(), bytes.end());
        return {};
    }
    Result<void> remove(const std::string& path) override
    {
        content.erase(path);
        return {};
    }
    Result<bool> exists(const std::string& path) override { return content.contains(path); }

    std::map<std::string, Bytes> content;
    std::string unreadable;
    long changes_left = -1;
    bool torn = false;
};

SecretBytes phrase(std::string_view words)
{
    return SecretBytes::copy_of(view(words));
}

template <class T>
std::string outcome(const Result<T>& result)
{
    return result ? "ok" : std::string{name(result.error().code)};
}

class KeySlotsTest : public testing::Test {
protected:
    SecretBytes create()
    {
        return *slots_.create(store_, phrase("right"), KdfParams::floor(), recovery_.public_key(), random_);
    }
    Bytes& copy(char which) { return files_.content["dir/keys." + std::string(1, which)]; }

    // As a forger does who knows the format: the check sum fits again.
    static void change(Bytes& file, std::size_t at, std::uint8_t mask)
    {
        file[at] ^= mask;
        const auto sum = sha256(ByteView{file}.first(file.size() - 32));
        std::copy(sum.begin(), sum.end(), file.end() - 32);
    }

    FakeRandom random_{7};
    FakeFiles files_;
    FileDeviceSecret device_{files_, "dir/device.secret"};
    KeySlots slots_{files_, device_, "dir"};
    StoreId store_ = random_id<StoreId>(random_);
    SealingKey recovery_ = SealingKey::generate(random_);
};

TEST_F(KeySlotsTest, NothingThereIsNotFound)
{
    EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "not_found");
    EXPECT_EQ(outcome(slots_.info()), "not_found");
    EXPECT_EQ(outcome(slots_.recover(recovery_)), "not_found");
    EXPECT_FALSE(*slots_.exist());
}

TEST_F(KeySlotsTest, UnusablePassphraseOrCheapKdfIsRefusedBeforeAnythingIsWritten)
{
    const auto make = [&](const SecretBytes& passphrase, KdfParams kdf) {
        return outcome(slots_.create(store_, passphrase, kdf, {}, random_));
    };
    EXPECT_EQ(make(SecretBytes{}, KdfParams::floor()), "invalid_argument");
    EXPECT_EQ(make(SecretBytes{passphrase_bytes_max + 1}, KdfParams::floor()), "invalid_argument");
    EXPECT_EQ(make(phrase("x"), {(64 << 10) - 1, 3, 4}), "refused");
    EXPECT_EQ(make(phrase("x"), {64 << 10, 2, 4}), "refused");
    EXPECT_EQ(make(phrase("x"), {64 << 10, 3, 0}), "refused");
    EXPECT_EQ(make(phrase("x"), {1u << 31, 3, 4}), "refused");
    EXPECT_TRUE(files_.content.empty());
}

TEST_F(KeySlotsTest, RightPassphraseOnTheRightDeviceOpensAndNothingElseDoes)
{
    const auto key = create();
    EXPECT_EQ(key.size(), 48u);
    EXPECT_TRUE(constant_time_equal(slots_.unlock(phrase("right"))->reveal(), key.reveal()));
    EXPECT_EQ(outcome(slots_.unlock(phrase("Right"))), "wrong_passphrase");
    EXPECT_EQ(outcome(slots_.unlock(phrase(""))), "invalid_argument");
    files_.content["dir/device.secret"] = Bytes(32, 1);
    EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "wrong_key");
    files_.content["dir/device.secret"].pop_back();
    EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "corrupt");
    files_.content.erase("dir/device.secret");
    EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "not_found");
}

TEST_F(KeySlotsTest, ExistingSlotsAreNeverOverwritten)
{
    create();
    const auto before = files_.content;
    EXPECT_EQ(outcome(slots_.create(store_, phrase("other"), KdfParams::floor(), {}, random_)), "duplicate");
    files_.content.erase("dir/keys.a");
    EXPECT_EQ(outcome(slots_.create(store_, phrase("other"), KdfParams::floor(), {}, random_)), "duplicate");
    EXPECT_EQ(files_.content["dir/keys.b"], before.at("dir/keys.b"));
    EXPECT_EQ(files_.content["dir/device.secret"], before.at("dir/device.secret"));
}

TEST_F(KeySlotsTest, NothingOfTheKeysIsInTheFiles)
{
    const auto key = create();
    for (const auto& [path, bytes] : files_.content)
        for (const auto& secret : {key.reveal().first(8), key.reveal().subspan(32, 8)})
            EXPECT_EQ(text(bytes).find(text(secret)), std::string_view::npos) << path;
    EXPECT_EQ(text(copy('a')).find("right"), std::string_view::npos);
}

TEST_F(KeySlotsTest, InfoNeedsNoPassphrase)
{
    create();
    const auto info = *slots_.info();
    EXPECT_EQ(info.store, store_);
    EXPECT_EQ(info.generation, 1u);
    EXPECT_EQ(info.kdf, KdfParams::floor());
    EXPECT_TRUE(info.recoverable);
}

TEST_F(KeySlotsTest, AnyDamageToOneCopyIsSurvivedAndRepaired)
{
    const auto key = create();
    const auto good = copy('a');
    for (const char which : {'a', 'b'}) {
        for (const std::size_t at : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
            copy(which)[at] ^= 1;
            EXPECT_TRUE(constant_time_equal(slots_.unlock(phrase("right"))->reveal(), key.reveal()));
            EXPECT_EQ(copy(which), good);
        }
        copy(which).resize(good.size() / 3);
        EXPECT_EQ(outcome(slots_.unlock(phrase("wrong"))), "wrong_passphrase");
        EXPECT_NE(copy(which), good) << "a wrong passphrase repairs nothing";
        EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "ok");
        EXPECT_EQ(copy(which), good);
    }
}

TEST_F(KeySlotsTest, ACopyThatTheDiskDoesNotGiveIsSurvived)
{
    create();
    for (const char* path : {"dir/keys.a", "dir/keys.b"}) {
        files_.unreadable = path;
        EXPECT_EQ(outcome(slots_.info()), "ok") << path;
    }
    files_.content.erase("dir/keys.a");
    EXPECT_EQ(outcome(slots_.info()), "io_error") << "not told as never made";
}

TEST_F(KeySlotsTest, EveryFlippedByteAndEveryCutIsNoticedInACopy)
{
    create();
    const auto good = copy('a');
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char which : {'a', 'b'}) {
            copy(which) = good;
            copy(which)[at] ^= 0x04;
        }
        const auto code = outcome(slots_.info());
        EXPECT_EQ(code, "corrupt") << at;
        for (const char which : {'a', 'b'}) {
            copy('a') = copy('b') = good;
            copy(which)[at] ^= 0x04;
            EXPECT_EQ(outcome(slots_.info()), "ok") << which << at << ": the other copy is sound";
        }
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        for (const char which : {'a', 'b'})
            copy(which) = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_EQ(outcome(slots_.info()), "corrupt") << size;
    }
    copy('a') = copy('b') = Bytes(10000);
    EXPECT_EQ(outcome(slots_.info()), "corrupt");
}

// The recovery slot has the same associated data as the passphrase slot and needs no stretching, so every byte can be tried.
TEST_F(KeySlotsTest, ForgerWhoFixesTheCheckSumGainsNothingAtAnyByte)
{
    create();
    const auto good = copy('a');
    for (std::size_t at = 0; at + 32 < good.size(); ++at) {
        for (const std::uint8_t mask : {std::uint8_t{0x01}, std::uint8_t{0x80}}) {
            copy('a') = good;
            change(copy('a'), at, mask);
            copy('b') = copy('a');
            const bool in_passphrase_slot = outcome(slots_.recover(recovery_)) == "ok";
            EXPECT_TRUE(!in_passphrase_slot || (at >= 115 && at < 191)) << at;
        }
    }
}

TEST_F(KeySlotsTest, CheapenedHeaderIsRefusedBeforeItsPriceIsPaid)
{
    create();
    const auto good = copy('a');
    const std::size_t memory_at = 8 + 4 + 16 + 8 + 1;
    const auto with_memory = [&](std::uint32_t kib) {
        for (const char which : {'a', 'b'}) {
            copy(which) = good;
            for (std::size_t i = 0; i < 4; ++i)
                copy(which)[memory_at + i] = static_cast<std::uint8_t>(kib >> (8 * i));
            change(copy(which), 0, 0);
        }
        return outcome(slots_.unlock(phrase("right")));
    };
    EXPECT_EQ(with_memory(8), "refused");
    EXPECT_EQ(with_memory((64 << 10) - 1), "refused");
    EXPECT_EQ(with_memory(0xffffffff), "refused");
    EXPECT_EQ(with_memory((64 << 10) + 1), "wrong_passphrase") << "dearer, but not what was sealed";
    EXPECT_EQ(with_memory(64 << 10), "ok");
}

TEST_F(KeySlotsTest, PassphraseSlotIsBoundToItsHeader)
{
    create();
    const auto good = copy('a');
    for (const std::size_t at :
         {std::size_t{12}, std::size_t{28}, std::size_t{70}}) { // store, generation, salt…
        change(copy('a'), at, 0x02);
        copy('b') = copy('a');
        const auto code = outcome(slots_.unlock(phrase("right")));
        EXPECT_TRUE(code == "wrong_passphrase" || code == "wrong_key") << at << code;
        copy('a') = copy('b') = good;
    }
}

TEST_F(KeySlotsTest, ChangedPassphraseOpensTheSameKeyAndTheOldOneNothing)
{
    const auto key = create();
    EXPECT_EQ(outcome(slots_.change_passphrase(phrase("wrong"), phrase("new"), KdfParams::floor(), random_)),
              "wrong_passphrase");
    EXPECT_EQ(outcome(slots_.change_passphrase(phrase("right"), phrase(""), KdfParams::floor(), random_)),
              "invalid_argument");
    ASSERT_EQ(outcome(slots_.change_passphrase(phrase("right"), phrase("new"), KdfParams::floor(), random_)),
              "ok");
    EXPECT_TRUE(constant_time_equal(slots_.unlock(phrase("new"))->reveal(), key.reveal()));
    EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "wrong_passphrase");
    EXPECT_EQ(copy('a'), copy('b'));
    EXPECT_EQ(slots_.info()->generation, 2u);
    EXPECT_TRUE(constant_time_equal(slots_.recover(recovery_)->reveal(), key.reveal()));
}

TEST_F(KeySlotsTest, PowerCutWhileChangingLeavesExactlyOnePassphraseInForce)
{
    for (long changes = 0; changes <= 2; ++changes) {
        for (const bool torn : {false, true}) {
            files_ = FakeFiles{};
            const auto key = create();
            files_.changes_left = changes;
            files_.torn = torn;
            const auto changed = outcome(
                slots_.change_passphrase(phrase("right"), phrase("new"), KdfParams::floor(), random_));
            files_.changes_left = -1;
            const auto with_new = slots_.unlock(phrase("new"));
            EXPECT_EQ(with_new.has_value(), changed == "ok") << changes << torn;
            EXPECT_EQ(outcome(slots_.unlock(phrase("right"))) == "ok", changed != "ok") << changes << torn;
            EXPECT_EQ(copy('a'), copy('b')) << "unlocking has repaired the other copy";
        }
    }
}

TEST_F(KeySlotsTest, PowerCutWhileCreatingLeavesNothingOrSlotsThatOpen)
{
    for (long changes = 0; changes <= 3; ++changes) {
        files_ = FakeFiles{};
        files_.changes_left = changes;
        const auto created = slots_.create(store_, phrase("right"), KdfParams::floor(), {}, random_);
        files_.changes_left = -1;
        if (*slots_.exist())
            EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "ok") << changes;
        else
            EXPECT_EQ(outcome(slots_.create(store_, phrase("right"), KdfParams::floor(), {}, random_)), "ok")
                << changes;
    }
}

TEST_F(KeySlotsTest, RecoveryKeyOpensWithoutPassphraseAndDeviceSecret)
{
    const auto key = create();
    files_.content.erase("dir/device.secret");
    EXPECT_TRUE(constant_time_equal(slots_.recover(recovery_)->reveal(), key.reveal()));
    EXPECT_EQ(outcome(slots_.recover(SealingKey::generate(random_))), "wrong_key");
}

TEST_F(KeySlotsTest, StoreWithoutRecoveryKeyHasNoSecondSlot)
{
    ASSERT_EQ(outcome(slots_.create(store_, phrase("right"), KdfParams::floor(), {}, random_)), "ok");
    EXPECT_EQ(outcome(slots_.recover(recovery_)), "not_found");
    EXPECT_FALSE(slots_.info()->recoverable);
}

TEST(KdfParams, GuessCostsWhatTheFloorPromises)
{
    FakeRandom random{8};
    FakeFiles files;
    FileDeviceSecret device{files, "d"};
    KeySlots slots{files, device, "dir"};
    ASSERT_TRUE(slots.create({}, phrase("right"), KdfParams::floor(), {}, random));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(slots.unlock(phrase("guess")));
    EXPECT_GT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
    EXPECT_TRUE(KdfParams::standard().acceptable());
}

TEST(KdfParams, CalibrationIsNeverBelowTheFloor)
{
    const auto params = KdfParams::calibrate();
    EXPECT_TRUE(params.acceptable());
}

} // namespace
} // namespace satchel::crypto
