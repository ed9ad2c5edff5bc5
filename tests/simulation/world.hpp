// One hub and its devices, real in everything but what is outside them: their disks, clocks, randomness and connections.
// Everything that may go wrong is done to them from here; what they promised stands in the ledger.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/store/compose.hpp"
#include "client/store/store.hpp"
#include "sync/central/central_store.hpp"
#include "sync/hub/committer.hpp"
#include "sync/hub/service.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/link.hpp"

namespace satchel::simulation {

// What must never be: found by a check, or by the world itself.
struct Violation {
    std::string invariant;  // "I1", "open", "liveness" …
    std::string what;
};

struct WorldOptions {
    unsigned devices = 5;   // 3 to 8
    unsigned cases = 2;
    std::vector<std::int64_t> skews;  // of each device's clock, ms; missing ones are right
    bool forgetful = false;  // the hub keeps no case in memory but the one it used last
};

// One device with its user. The first are police, probation, prison, co-ordination, police again, and probation's manager.
struct DeviceHost {
    DeviceHost(std::string disk_name, const std::int64_t& true_ms, std::uint64_t seed)
        : disk(std::move(disk_name)), clock(true_ms), random(seed)
    {
    }
    unsigned index = 0;
    Disk disk;
    SkewedClock clock;
    SeededRandom random;
    crypto::SecretBytes key;
    Bytes certificate;
    UserId user;
    std::string user_name, agency, role;
    CredentialId credential;
    std::unique_ptr<client::DeviceStore> store;  // null: switched off
    std::unique_ptr<Link> link;                  // its session, while there is one
    std::optional<Disk::Copy> copy;              // of its folder, to be put back
    std::uint64_t copied_at = 0;                 // the ledger's length then
    unsigned copied_side = 0;
    // Its folder was copied, and both are used in turn: the one that is not in use just now.
    struct Twin {
        Disk::Copy folder;
        unsigned side = 0;
        std::uint64_t since = 0;  // the ledger's length when they parted
    };
    std::optional<Twin> twin;
    unsigned side = 0;  // which of them is in use
    bool was_copied = false;  // and the copy was used: beside it, or put back
    std::uint64_t sessions = 0;
};

// What somebody sits down to do, where that is not left to chance.
struct Wish {
    enum class To : std::uint8_t { write, edit, settle, withdraw } to{};
    std::size_t case_no = 0;  // cases count from 0
    std::string_view type;    // one that this device's agency may try
    bool hidden = false;      // intelligence of which nobody else is told
    bool ahead = false;       // a supervision of probation's that begins the next day
};

// What the world itself does may not fail: it is not what is tried.
template <class T>
T must(Result<T> result, boost::source_location where = BOOST_CURRENT_LOCATION)
{
    if (!result)
        check_failed((std::string(name(result.error().code)) + ": " + result.error().detail).c_str(), where);
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

// The hub's keys: durable at once, unless its machine is off.
class KeyFile final : public sync::KeyKeeper {
public:
    KeyFile(const crypto::SecretBytes& encoded, const Disk& disk) : keys(must(sync::decode_hub_keys(encoded))), disk_(disk) {}
    [[nodiscard]] std::unique_ptr<KeyFile> copy() const { return std::make_unique<KeyFile>(sync::encode(keys), disk_); }
    Result<void> add(std::vector<sync::AgencyKeys> made) override
    {
        if (disk_.dead())
            return fail(Errc::io_error, "the power is gone");
        for (auto& one : made)
            keys.agencies.add(std::move(one));
        return {};
    }

    sync::HubKeys keys;

private:
    const Disk& disk_;
};

class World {
public:
    World(std::uint64_t seed, const WorldOptions& options);
    ~World();
    static void prepare(unsigned devices, unsigned cases) { (void)founded(devices, cases); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // --- What people do ---

    // Somebody saves something, chosen from `rng` as far as there is no wish. What was told to them goes into the ledger.
    void save(unsigned device, Rng& rng, const Wish* wish = nullptr);
    // Administrators: who is assigned, revoked; a newer agreement; the day's tick, a case at a time between commits,
    // sometimes of the next day.
    void reassign(Rng& rng);
    void assign(unsigned device, std::size_t case_no);
    void unassign(unsigned device, std::size_t case_no, sync::Ended because);
    void revoke(unsigned device);
    void publish();
    void tick(Rng& rng);
    void next_day();  // and all of its work

    // --- What machines do ---

    void connect(unsigned device, Rng& rng, const Meddling& meddling, bool breaks, std::shared_ptr<Bytes> heard = {});
    // Up to so many deliveries, commits and letters, of all links in any order.
    void run(std::uint64_t steps, Rng& rng);
    void block(unsigned device, Rng& rng);  // one direction or both stop; somebody notices at the next settle
    void cut_links(Rng& rng);

    // A program ends in order, and begins again; what has ended because of its disk begins again.
    void restart_device(unsigned device);
    void restart_hub();
    void start_all();
    // What does not open while this says so is opened again later: something else than its disk is in its way.
    void excuse_opening(std::function<bool()> excused) { excused_ = std::move(excused); }
    // Off and on again. `of_loss` chooses what is lost; without it the machine's own randomness does. `again`: with the how
    // many-th change after that the power goes once more; 0: it stays.
    void device_power(unsigned device, Loss loss, Random* of_loss = nullptr, std::uint64_t again = 0);
    void hub_power(Loss loss, Random* of_loss = nullptr, std::uint64_t again = 0);
    // Every program at once, in the middle of anything; the machines stay on.
    void everybody_ends();
    void copy_device(unsigned device);
    void put_back_device(unsigned device);
    // From then on there are two of this device, with one name and one store; each call goes over to the other one.
    void use_twin(unsigned device);
    void copy_hub();
    void put_back_hub();

    // What may be put back: everything on disks, and what chance and time have come to.
    struct Moment;
    [[nodiscard]] std::shared_ptr<const Moment> moment() const;
    // The other devices are off from then on.
    void go_back(const Moment& to, const std::vector<unsigned>& devices);
    // Randomness and time alone.
    void go_back_in_time(const Moment& to);
    // One session without a fault, and every byte that the device hears in it. `afresh`: with its store as it was enrolled.
    Bytes heard_by(unsigned device, bool afresh, std::uint64_t seed);

    // Ends all faults, switches everything on, and lets everybody synchronise until nothing moves any more.
    void settle(Rng& rng);

    // --- What checks read ---

    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    [[nodiscard]] std::vector<std::unique_ptr<DeviceHost>>& devices() { return devices_; }
    [[nodiscard]] sync::HubService& hub() { return *service_; }
    [[nodiscard]] sync::CentralStore& store() { return *store_; }
    [[nodiscard]] const sync::HubKeys& keys() const { return keys_->keys; }
    [[nodiscard]] Disk& hub_disk() { return hub_disk_; }
    [[nodiscard]] const std::vector<CaseId>& cases() const { return cases_; }
    [[nodiscard]] std::vector<Violation>& violations() { return violations_; }
    [[nodiscard]] const std::vector<std::string>& story() const { return story_; }
    [[nodiscard]] Happenings happened() const;  // so far, but for what the log tells
    [[nodiscard]] std::uint64_t steps() const { return steps_; }
    [[nodiscard]] Date today() const { return schema::day_in_england(Instant{true_ms_}); }
    // Over the story, and over what was traced beside it, in order.
    [[nodiscard]] std::string trace_hash() const;

    void note(std::string line);  // into the story and the trace
    void trace(std::string_view line);  // what nobody reads, such as digests
    void violated(std::string invariant, std::string what) { violations_.push_back({std::move(invariant), std::move(what)}); }

private:
    // The hub's writer: what was handed in since it last looked becomes one group.
    class Jobs final : public sync::Committer {
    public:
        void submit(sync::CommitJob job) override { waiting.push_back(std::move(job)); }
        std::vector<sync::CommitJob> waiting;
    };

    struct Founded;
    static const Founded& founded(unsigned devices, unsigned cases);
    void found(unsigned devices, unsigned cases);
    explicit World(std::nullptr_t);  // empty, to be founded

    WorldOptions options_;

    void start_hub();
    void stop_hub(bool power_cut);
    void add_device(unsigned index, std::uint64_t seed);
    void enrol(DeviceHost& device);
    void use_policy(DeviceHost& device, const sync::PolicyMessage& bundle);
    bool open_device(DeviceHost& device);
    void close_device(DeviceHost& device, bool power_cut);
    void finish_session(DeviceHost& device, Rng& rng);
    void drop_link(DeviceHost& device, bool tell_device, bool tell_hub);
    void after_link(DeviceHost& device, const client::SessionReport& report);
    void notice_the_dead();
    void synchronise_all(Rng& rng);
    void change_sides(DeviceHost& device);  // to its twin
    void leave_twin(DeviceHost& device);    // for good
    // What a device counts as received centrally the hub holds, whatever became of the hub since, unless it was put back.
    void check_receipts(const DeviceHost& device);
    bool step(Rng& rng);
    // The day's work, as the server does it: begun when a day has not been finished in this life of the hub.
    void midnight();
    void begin_day();
    void go_on_with_day();
    void finish_day();
    [[nodiscard]] bool assigned(const DeviceHost& device, const CaseId& case_id) const;

    std::int64_t true_ms_ = 1'780'000'000'000;  // 2026-05-28
    SkewedClock hub_clock_;
    SeededRandom hub_random_;
    Disk hub_disk_;
    std::unique_ptr<KeyFile> keys_;
    std::unique_ptr<sync::CentralStore> store_;
    std::unique_ptr<sync::HubService> service_;
    std::optional<sync::Tick> day_;  // under way
    std::optional<std::pair<Date, std::uint32_t>> ticked_;  // the last that came to its end, and the agreement's version
    [[nodiscard]] bool day_is_done() const { return ticked_ == std::pair(today(), service_->policy()->version); }
    std::unique_ptr<Jobs> jobs_;
    std::optional<Disk::Copy> hub_copy_;
    std::unique_ptr<KeyFile> copied_keys_;  // with it
    std::vector<CaseId> cases_;
    std::vector<std::unique_ptr<DeviceHost>> devices_;
    Ledger ledger_;
    std::vector<Violation> violations_;
    std::vector<std::string> story_;
    Happenings happened_;  // without what links and disks count themselves
    std::uint64_t steps_ = 0;
    std::function<bool()> excused_ = [] { return false; };
    bool settling_ = false;  // nothing goes wrong now
    std::uint64_t trace_[2] = {0xcbf29ce484222325ULL, 0x9e3779b97f4a7c15ULL};
};

}  // namespace satchel::simulation
