// Key slots: who cannot open them, what damage they survive, and what a forger gains by changing them.
#include "crypto/keyslots.hpp"

#include <chrono>
#include <fstream>
#include <map>

#include <sys/resource.h>
#include <unistd.h>

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
        if (path == unreadable || reads_left == 0)
            return fail(Errc::io_error, "a bad sector");
        --reads_left;
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
    Result<bool> exists(const std::string& path) override
    {
        if (path == hidden)
            return fail(Errc::io_error, "the folder cannot be looked into");
        return content.contains(path);
    }

    std::map<std::string, Bytes> content;
    std::string unreadable;
    long changes_left = -1;
    long reads_left = -1;
    bool torn = false;
    std::string hidden; // whether it is there cannot be told
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
    EXPECT_EQ(make(phrase("x"), {64 << 10, 65, 4}), "refused");
    EXPECT_EQ(make(phrase("x"), {64 << 10, 3, 17}), "refused");
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

TEST_F(KeySlotsTest, ACopyThatIsCutAnywhereIsCorruptAlsoWhenItsCheckSumFits)
{
    create();
    const auto good = copy('a');
    for (std::size_t size = 12; size + 32 < good.size(); ++size) {
        copy('a') = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        copy('a').resize(size + 32);
        change(copy('a'), 0, 0);
        copy('b') = copy('a');
        EXPECT_EQ(outcome(slots_.info()), "corrupt") << size;
    }
}

TEST_F(KeySlotsTest, ARecoverySlotAndItsKeyAreThereTogetherOrNotAtAll)
{
    constexpr std::size_t recoverable_at = 8 + 4 + 16 + 8 + 1 + 12 + 16 + 16;
    const auto read = [&](Bytes file) {
        change(file, 0, 0);
        copy('a') = copy('b') = file;
        return outcome(slots_.info());
    };
    create();
    auto no_key = copy('a');
    no_key[recoverable_at] = 0;
    const auto key_at = no_key.begin() + recoverable_at + 1;
    const Bytes key(key_at, key_at + 32);
    no_key.erase(key_at, key_at + 32);
    EXPECT_EQ(read(no_key), "corrupt") << "a slot without a key";
    files_ = FakeFiles{};
    ASSERT_EQ(outcome(slots_.create(store_, phrase("right"), KdfParams::floor(), {}, random_)), "ok");
    const auto plain = copy('a');
    auto forged = plain;
    forged[recoverable_at] = 2;
    EXPECT_EQ(read(forged), "corrupt") << "neither yes nor no";
    forged[recoverable_at] = 1;
    forged.insert(forged.begin() + recoverable_at + 1, key.begin(), key.end());
    EXPECT_EQ(read(forged), "corrupt") << "a key without a slot";
    EXPECT_EQ(read(plain), "ok");
}

// Anyone can seal to a public key: what comes out is a store key only if it looks like one.
TEST_F(KeySlotsTest, AForgedRecoverySlotOfAnotherSizeHoldsNoStoreKey)
{
    create();
    auto& file = copy('a');
    constexpr std::size_t header = 114, passphrase_slot = 1 + 76;
    Bytes associated(file.begin(), file.begin() + header);
    associated.push_back(1);
    const auto sealed = *seal_to(recovery_.public_key(), Bytes(16, 1), associated, random_);
    file.resize(header + passphrase_slot);
    Writer{file}.bytes(sealed);
    file.resize(file.size() + 32);
    change(file, 0, 0);
    copy('b') = file;
    ASSERT_EQ(outcome(slots_.info()), "ok");
    EXPECT_EQ(outcome(slots_.recover(recovery_)), "corrupt");
}

TEST_F(KeySlotsTest, ARecoveryKeyThatNothingCanBeSealedToIsRefusedAndLeavesNoSlots)
{
    EXPECT_EQ(outcome(slots_.create(store_, phrase("right"), KdfParams::floor(), SealingPublicKey{}, random_)), "invalid_argument");
    EXPECT_FALSE(*slots_.exist());
}

TEST_F(KeySlotsTest, TheNewerOfTwoCopiesCountsWhicheverItIs)
{
    create();
    const auto old = copy('a');
    ASSERT_EQ(outcome(slots_.change_passphrase(phrase("right"), phrase("new"), KdfParams::floor(), random_)), "ok");
    for (const char older : {'a', 'b'}) {
        copy(older) = old;
        EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "wrong_passphrase");
        EXPECT_EQ(copy(older), old);
        EXPECT_EQ(outcome(slots_.unlock(phrase("new"))), "ok");
        EXPECT_EQ(copy('a'), copy('b'));
    }
}

TEST_F(KeySlotsTest, ADamagedCopyBesideNoneIsNotMistakenForNoSlots)
{
    create();
    for (const char damaged : {'a', 'b'}) {
        files_.content.erase("dir/keys.a");
        files_.content.erase("dir/keys.b");
        copy(damaged) = Bytes(10);
        EXPECT_EQ(outcome(slots_.info()), "corrupt");
    }
}

TEST_F(KeySlotsTest, ADeviceSecretThatCannotBeReadIsNotReplaced)
{
    files_.content["dir/device.secret"] = Bytes(5, 1);
    EXPECT_EQ(outcome(slots_.create(store_, phrase("right"), KdfParams::floor(), {}, random_)), "corrupt");
    EXPECT_EQ(files_.content["dir/device.secret"], Bytes(5, 1));
    files_.content["dir/device.secret"] = Bytes(32, 1);
    EXPECT_EQ(outcome(slots_.create(store_, phrase("right"), KdfParams::floor(), {}, random_)), "ok");
    EXPECT_EQ(files_.content["dir/device.secret"], Bytes(32, 1)) << "one that is there is used";
}

TEST_F(KeySlotsTest, WhatCannotBeLookedForIsNotTakenForAbsent)
{
    for (const auto* path : {"dir/keys.a", "dir/keys.b"}) {
        files_.hidden = path;
        EXPECT_EQ(outcome(slots_.exist()), "io_error");
        EXPECT_EQ(outcome(slots_.create(store_, phrase("right"), KdfParams::floor(), {}, random_)), "io_error");
        EXPECT_TRUE(files_.content.empty());
    }
}

TEST_F(KeySlotsTest, APassphraseIsChangedOnlyWhereThereAreSlotsAndToABearableCost)
{
    const auto change_to = [&](KdfParams kdf) {
        return outcome(slots_.change_passphrase(phrase("right"), phrase("new"), kdf, random_));
    };
    EXPECT_EQ(change_to(KdfParams::floor()), "not_found");
    create();
    EXPECT_EQ(change_to({8, 3, 4}), "refused");
    files_.reads_left = 3; // two copies, and the device's secret once
    EXPECT_EQ(change_to(KdfParams::floor()), "io_error");
    files_.reads_left = -1;
    EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "ok");
}

#ifndef __SANITIZE_ADDRESS__ // which takes more memory than there is then

// No more memory than there is now, and a little.
class LittleMemory {
public:
    LittleMemory()
    {
        getrlimit(RLIMIT_AS, &before_);
        std::size_t pages = 0;
        std::ifstream{"/proc/self/statm"} >> pages;
        const rlimit little{pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + (16u << 20), before_.rlim_max};
        setrlimit(RLIMIT_AS, &little);
    }
    ~LittleMemory() { setrlimit(RLIMIT_AS, &before_); }
    LittleMemory(const LittleMemory&) = delete;
    LittleMemory& operator=(const LittleMemory&) = delete;

private:
    rlimit before_{};
};

TEST_F(KeySlotsTest, WithoutTheMemoryToStretchAPassphraseNothingIsOpenedOrChanged)
{
    const auto changes_to = [&](KdfParams kdf) {
        return outcome(slots_.change_passphrase(phrase("right"), phrase("new"), kdf, random_));
    };
    {
        const LittleMemory little;
        EXPECT_EQ(outcome(slots_.create(store_, phrase("right"), KdfParams::floor(), {}, random_)), "io_error");
        EXPECT_FALSE(*slots_.exist());
    }
    create();
    const auto before = files_.content;
    {
        const LittleMemory little;
        EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "io_error") << "not a wrong passphrase";
    }
    {
        rlimit limit{};
        getrlimit(RLIMIT_AS, &limit);
        const rlimit one_gib{1u << 30, limit.rlim_max};
        setrlimit(RLIMIT_AS, &one_gib);
        EXPECT_EQ(changes_to({4u << 20, 3, 4}), "io_error");
        setrlimit(RLIMIT_AS, &limit);
    }
    EXPECT_EQ(files_.content, before);
    EXPECT_EQ(outcome(slots_.unlock(phrase("right"))), "ok");
}

TEST(KdfParams, AMachineWithoutTheMemoryGetsTheFloor)
{
    const LittleMemory little;
    EXPECT_EQ(KdfParams::calibrate(), KdfParams::floor());
}

#endif

TEST(KdfParams, TheCostIsWhatTakesHalfASecondToOne)
{
    using namespace std::chrono_literals;
    const auto on = [](std::chrono::nanoseconds for_a_pass_and_gib) {
        return KdfParams::calibrate([=](const KdfParams& kdf) { return for_a_pass_and_gib * kdf.passes * (kdf.memory_kib >> 10) / 1024; });
    };
    EXPECT_EQ(on(1000ms), KdfParams::standard()) << "0.75 s";
    EXPECT_EQ(on(2000ms), (KdfParams{128 << 10, 3, 2})) << "1.5 s, so half of the memory";
    EXPECT_EQ(on(9s), KdfParams::floor()) << "too slow for any";
    EXPECT_EQ(on(500ms), (KdfParams{256 << 10, 5, 2})) << "0.375 s, so more passes";
    EXPECT_EQ(on(0ns).passes, 64u) << "as many as there may be";
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
