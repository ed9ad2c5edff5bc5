// satchel-file-sweep: the files beside the encrypted stores (key slots, device secret, the hub's keys, enrolment files), all of
// which the product writes through one port. The power goes after each call that changes the folder, with everything that
// may be lost of what was not synced; each call fails once, and from then on. What opened before must open afterwards, with
// the passphrase that counts; and so it must after a second cut, in the repairs that unlocking makes, and a third.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>

#include <CLI/CLI.hpp>

#include "crypto/keyslots.hpp"
#include "tests/simulation/rng.hpp"
#include "tests/simulation/small_disk.hpp"

namespace {

using namespace satchel;
using namespace satchel::simulation;

constexpr std::array<std::string_view, lefts> left_words{"everything kept", "nothing kept", "a beginning kept", "some kept",
                                                         "torn writes"};

struct Counts {
    std::array<std::uint64_t, lefts> cuts{};
    std::uint64_t errors = 0, states = 0, lost = 0, unopenable = 0;
    std::uint64_t places = 0;

    [[nodiscard]] std::uint64_t wrong() const { return lost + unopenable; }
};

// Something that the product does to its files, and what must be so afterwards.
class Act {
public:
    virtual ~Act() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual Folder begin() = 0;
    virtual Result<void> run(crypto::FileSystem& files) = 0;
    // What somebody does who finds the folder so; it may repair. `done`: run() had said ok. Empty: all is well.
    virtual std::string find(crypto::FileSystem& files, bool done) = 0;
};

class Sweep {
public:
    explicit Sweep(Act& act) : act_(act) {}

    Counts run()
    {
        const auto start = act_.begin();
        {
            SmallDisk disk(start);
            SmallFiles files(disk);
            SATCHEL_CHECK(act_.run(files).has_value());
            cut_everywhere(disk, disk.calls(), true);
            counts_.places = disk.calls();
        }
        for (std::uint64_t at = 1; at <= counts_.places; ++at)
            for (const int error : {EIO, ENOSPC})
                for (const bool lasts : {false, true}) {
                    SmallDisk disk(start);
                    disk.fail_after(at, error, lasts);
                    SmallFiles files(disk);
                    const bool ok = act_.run(files).has_value();
                    ++counts_.errors;
                    what_ = "call " + std::to_string(at) + " failed" + (lasts ? " and all after it" : "");
                    judge(disk.now(), ok);
                    disk.cut_after(disk.calls(), [&](Left left, Folder folder) {
                        count(left);
                        judge(folder, ok);
                    });
                }
        return counts_;
    }

private:
    void count(Left left) { ++counts_.cuts[static_cast<std::size_t>(left)]; }

    // `done`: after the last call somebody was told that it is done.
    void cut_everywhere(const SmallDisk& disk, std::size_t calls, bool done_at_the_end)
    {
        for (std::size_t after = 0; after <= calls; ++after)
            disk.cut_after(after, [&](Left left, Folder folder) {
                count(left);
                what_ = "a cut after call " + std::to_string(after) + ", " +
                        std::string(left_words[static_cast<std::size_t>(left)]);
                judge(folder, done_at_the_end && after == calls);
            });
    }

    // Each state once, and with it whatever a cut in its repair may leave.
    void judge(Folder folder, bool done)
    {
        // Whatever stands in a file under its first name is never read (SmallFiles says so); that it is there may matter.
        for (auto& [path, content] : folder)
            if (path.ends_with(".new"))
                content.clear();
        if (!known_.emplace(folder, done).second)
            return;
        ++counts_.states;
        SmallDisk disk(folder);
        SmallFiles files(disk);
        const auto what = what_;
        if (const auto wrong = act_.find(files, done); !wrong.empty()) {
            ++(done ? counts_.lost : counts_.unopenable);
            if (counts_.wrong() <= 5 && SmallDisk::lie == SmallDisk::Lie::none)
                std::printf("FAILED: %s, after %s: %s\n", std::string(act_.name()).c_str(), what.c_str(), wrong.c_str());
        }
        for (std::size_t after = 0; after <= disk.calls(); ++after)
            disk.cut_after(after, [&](Left left, Folder next) {
                count(left);
                what_ = what + ", and one in the repair";
                judge(next, done);
            });
    }

    Act& act_;
    Counts counts_;
    std::set<std::pair<Folder, bool>> known_;
    std::string what_;
};

crypto::SecretBytes phrase(std::string_view words) { return crypto::SecretBytes::copy_of(view(words)); }

// --- Key slots ---------------------------------------------------------------------------------------------------------

class Slots : public Act {
protected:
    struct Opened {
        crypto::FileDeviceSecret secret;
        crypto::KeySlots slots;
        explicit Opened(crypto::FileSystem& files) : secret(files, "p/device.secret"), slots(files, secret, "p") {}
    };
    Result<void> make(crypto::FileSystem& files)
    {
        SeededRandom random(7);
        Opened opened(files);
        SATCHEL_TRYV(opened.slots.create(random_id<crypto::StoreId>(random), before_, crypto::KdfParams::floor(), std::nullopt,
                                         random));
        return {};
    }
    // As make() made it.
    Folder made()
    {
        SmallDisk disk({});
        SmallFiles files(disk);
        SATCHEL_CHECK(make(files).has_value());
        Opened opened(files);
        key_ = *opened.slots.unlock(before_);
        return disk.now();
    }
    std::string opens(crypto::FileSystem& files, const crypto::SecretBytes& passphrase)
    {
        Opened opened(files);
        const auto key = opened.slots.unlock(passphrase);
        if (!key)
            return std::string(satchel::name(key.error().code)) + ": " + key.error().detail;
        return key_.size() == 0 || std::ranges::equal(key->reveal(), key_.reveal()) ? "" : "another key";
    }

    const crypto::SecretBytes before_ = phrase("before the change"), after_ = phrase("after the change");
    crypto::SecretBytes key_;
};

class Making final : public Slots {
public:
    [[nodiscard]] std::string_view name() const override { return "key slots are made"; }
    Folder begin() override { return {}; }
    Result<void> run(crypto::FileSystem& files) override { return make(files); }
    std::string find(crypto::FileSystem& files, bool done) override
    {
        Opened opened(files);
        const auto there = opened.slots.exist();
        if (done || (there && *there))
            return opens(files, before_);
        const auto made = make(files);  // nothing is there yet: whoever began begins again
        return made ? "" : "they cannot be made any more: " + made.error().detail;
    }
};

class Changing final : public Slots {
public:
    [[nodiscard]] std::string_view name() const override { return "a passphrase is changed"; }
    Folder begin() override { return made(); }
    Result<void> run(crypto::FileSystem& files) override
    {
        SeededRandom random(8);
        Opened opened(files);
        return opened.slots.change_passphrase(before_, after_, crypto::KdfParams::floor(), random);
    }
    // Exactly one of the two.
    std::string find(crypto::FileSystem& files, bool done) override
    {
        const auto with_after = opens(files, after_);
        if (with_after.empty())
            return opens(files, before_).empty() ? "both passphrases open" : "";
        return done ? "the new passphrase does not open: " + with_after : opens(files, before_);
    }
};

class Repairing final : public Slots {
public:
    [[nodiscard]] std::string_view name() const override { return "a damaged copy of the key slots is repaired"; }
    Folder begin() override
    {
        auto out = made();
        out["p/keys.a"][20] ^= 1;
        return out;
    }
    Result<void> run(crypto::FileSystem& files) override
    {
        Opened opened(files);
        SATCHEL_TRYV(opened.slots.unlock(before_));
        return {};
    }
    std::string find(crypto::FileSystem& files, bool) override { return opens(files, before_); }
};

// --- Any other file ----------------------------------------------------------------------------------------------------

const std::string some_path = "p/hub.keys";

class Writing : public Act {
public:
    explicit Writing(bool over) : over_(over) {}
    [[nodiscard]] std::string_view name() const override
    {
        return over_ ? "a file takes another's place" : "a file is written";
    }
    Folder begin() override { return over_ ? Folder{{some_path, before_}} : Folder{}; }
    Result<void> run(crypto::FileSystem& files) override { return files.write_durable(some_path, after_); }
    std::string find(crypto::FileSystem& files, bool done) override
    {
        const auto found = files.read(some_path, 1 << 20);
        if (found ? *found == after_ : !done && !over_)
            return {};
        return found && over_ && !done && *found == before_ ? "" : "neither what was there nor what was written";
    }

private:
    bool over_;
    const Bytes before_ = Bytes(3000, 'b'), after_ = Bytes(2500, 'a');
};

class Removing final : public Act {
public:
    [[nodiscard]] std::string_view name() const override { return "a file is removed"; }
    Folder begin() override { return {{some_path, content_}}; }
    Result<void> run(crypto::FileSystem& files) override { return files.remove(some_path); }
    std::string find(crypto::FileSystem& files, bool done) override
    {
        const auto found = files.read(some_path, 1 << 20);
        return found ? (done ? "it is back" : *found == content_ ? "" : "it has changed") : "";
    }

private:
    const Bytes content_ = Bytes(1000, 'c');
};

}  // namespace

int main(int argc, char** argv)
{
    CLI::App app{"Cuts the power after each call that changes the small files beside the stores, with everything that may be lost,\n"
                 "and lets each call fail; then each must open as before.\n"
                 "Example:  satchel-file-sweep\n"
                 "          satchel-file-sweep --lie folders      that it would find out"};
    app.add_option("--lie", SmallDisk::lie, "a disk that says it has synced files, or folders, and has not: this must be found")
        ->transform(CLI::CheckedTransformer(std::map<std::string, SmallDisk::Lie>{
            {"files", SmallDisk::Lie::files}, {"folders", SmallDisk::Lie::folders}}));
    CLI11_PARSE(app, argc, argv);

    const auto begin = std::chrono::steady_clock::now();
    Making making;
    Changing changing;
    Repairing repairing;
    Writing writing(false), replacing(true);
    Removing removing;
    std::uint64_t cases = 0, wrong = 0;
    for (Act* act : std::initializer_list<Act*>{&writing, &replacing, &removing, &making, &changing, &repairing}) {
        const auto counts = Sweep(*act).run();
        std::printf("%s: %llu places", std::string(act->name()).c_str(), static_cast<unsigned long long>(counts.places));
        for (std::size_t i = 0; i < left_words.size(); ++i) {
            std::printf(", %llu cuts with %s", static_cast<unsigned long long>(counts.cuts[i]), std::string(left_words[i]).c_str());
            cases += counts.cuts[i];
        }
        std::printf(", %llu failing calls; %llu different states, %llu lost something acknowledged, %llu could not be opened\n",
                    static_cast<unsigned long long>(counts.errors), static_cast<unsigned long long>(counts.states),
                    static_cast<unsigned long long>(counts.lost), static_cast<unsigned long long>(counts.unopenable));
        std::fflush(stdout);
        cases += counts.errors;
        wrong += counts.wrong();
        if (SmallDisk::lie != SmallDisk::Lie::none && wrong > 0)
            break;
    }
    std::printf("%llu cases, %llu failed (%.1f s)\n", static_cast<unsigned long long>(cases), static_cast<unsigned long long>(wrong),
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (SmallDisk::lie == SmallDisk::Lie::none)
        return wrong ? 1 : 0;
    std::printf("the lie is %s\n", wrong ? "found out" : "NOT found out");
    return wrong ? 0 : 1;
}
