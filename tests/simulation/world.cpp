#include "tests/simulation/world.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "client/engine/enrolment.hpp"
#include "crypto/certificates.hpp"
#include "crypto/hash.hpp"
#include "crypto/vault/database.hpp"
#include "schema/base/mutant.hpp"
#include "schema/policy/compile.hpp"
#include "sync/central/sqlcipher_central.hpp"
#include "sync/core/bundle.hpp"
#include "sync/hub/commit.hpp"
#include "tests/simulation/agreement.hpp"
#include "tests/simulation/device_reader.hpp"
#include "tests/simulation/fast_store.hpp"
#include "tests/simulation/log_reader.hpp"

namespace satchel::simulation {
namespace {

constexpr std::string_view hub_path = "/hub/hub.db";
constexpr std::string_view device_path = "/device/device.db";

struct Seat {
    std::string_view agency, role;
};
constexpr std::array seats{Seat{"police", "police.offender_manager"},       Seat{"probation", "probation.practitioner"},
                           Seat{"prison", "prison.omu"},                    Seat{"coordination", "coordination.coordinator"},
                           Seat{"police", "police.offender_manager"},       Seat{"probation", "probation.manager"},
                           Seat{"prison", "prison.omu"},                    Seat{"probation", "probation.practitioner"}};

std::string outcome(const Error& error) { return std::string(name(error.code)) + ": " + error.detail; }

crypto::SecretBytes store_key(std::uint8_t fill)
{
    crypto::SecretBytes out(crypto::store_key_bytes);
    std::fill(out.writable().begin(), out.writable().end(), fill);
    return out;
}

// VFS names are the process's.
std::string disk_name(std::string_view what)
{
    static std::uint64_t counter = 0;
    return "simulated-" + std::string(what) + "-" + std::to_string(++counter);
}

}  // namespace

// A world as administrators set it up, before anything is saved. It depends on how many there are of each and on nothing
// else, so it is made once and every schedule begins with a copy.
struct World::Founded {
    crypto::SecretBytes keys;  // encoded
    Disk::Copy hub;
    std::vector<CaseId> cases;
    struct Device {
        Disk::Copy folder;
        Bytes certificate;
        UserId user;
        std::string user_name, agency, role;
        CredentialId credential;
    };
    std::vector<Device> devices;
};

World::World(std::nullptr_t)
    : hub_clock_(true_ms_), hub_random_(1), hub_disk_(disk_name("hub")), jobs_(std::make_unique<Jobs>())
{
}

World::World(std::uint64_t seed, const WorldOptions& options)
    : options_(options), hub_clock_(true_ms_), hub_random_(seed), hub_disk_(disk_name("hub")), jobs_(std::make_unique<Jobs>())
{
    const auto& begin = founded(options.devices, options.cases);
    keys_ = std::make_unique<KeyFile>(begin.keys, hub_disk_);
    cases_ = begin.cases;
    hub_disk_.put_back(begin.hub);
    for (unsigned i = 0; i < options.devices; ++i) {
        add_device(i, seed);
        auto& device = *devices_.back();
        const auto& from = begin.devices[i];
        device.certificate = from.certificate;
        device.user = from.user;
        device.user_name = from.user_name;
        device.agency = from.agency;
        device.role = from.role;
        device.credential = from.credential;
        device.disk.put_back(from.folder);
        if (i < options.skews.size())
            device.clock.skew_ms = options.skews[i];
        open_device(device);
    }
    start_hub();
}

const World::Founded& World::founded(unsigned devices, unsigned cases)
{
    // With those of the key: what was made with one cannot be opened without it.
    static std::map<std::tuple<StoreKind, bool, unsigned, unsigned>, Founded> all;
    const auto key = std::tuple{store_in_use(), mutant(Mutant::key_not_given), devices, cases};
    if (const auto at = all.find(key); at != all.end())
        return at->second;
    World world(nullptr);
    world.found(devices, cases);
    Founded out;
    out.keys = sync::encode(world.keys());
    out.cases = world.cases_;
    world.service_.reset();
    world.store_.reset();
    out.hub = world.hub_disk_.copy();
    for (auto& device : world.devices_) {
        device->store.reset();
        out.devices.push_back({device->disk.copy(), device->certificate, device->user, device->user_name, device->agency,
                               device->role, device->credential});
    }
    return all.emplace(key, std::move(out)).first->second;
}

void World::found(unsigned devices, unsigned cases)
{
    keys_ = std::make_unique<KeyFile>(
        sync::encode(must(sync::make_hub_keys({"police", "probation", "prison", "coordination"}, "Simshire", hub_clock_.now(),
                                              hub_random_))),
        hub_disk_);
    sync::SqlcipherCentralOptions create;
    create.create = true;
    create.vfs = hub_disk_.name();
    store_ = must(sync::open_sqlcipher_central(std::string(hub_path), store_key(7), create));
    const auto text = agreement_text(first_agreement);
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    const sync::HubParts parts{*store_, keys(), hub_clock_, hub_random_};
    must(sync::HubService::initialise(parts, "Simshire", bundle));
    service_ = must(sync::HubService::open(parts));
    for (unsigned i = 0; i < cases; ++i)
        cases_.push_back(must(service_->add_case("case " + std::to_string(i + 1))));
    for (unsigned i = 0; i < devices; ++i) {
        add_device(i, 1);
        enrol(*devices_.back());
    }
}

void World::add_device(unsigned index, std::uint64_t seed)
{
    devices_.push_back(std::make_unique<DeviceHost>(disk_name("device"), true_ms_, seed * 31 + index));
    devices_.back()->index = index;
    devices_.back()->key = store_key(static_cast<std::uint8_t>(100 + index));
}

World::~World()
{
    for (auto& device : devices_) {
        device->link.reset();
        device->store.reset();
    }
    jobs_.reset();
    service_.reset();
    store_.reset();
}

void World::enrol(DeviceHost& device)
{
    const auto& seat = seats[device.index % seats.size()];
    device.agency = seat.agency;
    device.role = seat.role;
    device.user_name = "Invented Person " + std::to_string(device.index + 1);
    device.user = must(service_->add_user({device.user_name, {{device.agency, "east", device.role}}, "enhanced"}));
    for (const auto& id : cases_)
        must(service_->assign(id, {sync::AssignmentRow::Subject::user, to_string(device.user)}));

    const auto slip = must(service_->create_enrolment(device.user, std::chrono::minutes(15), "localhost:1"));
    client::EnrolmentSession asking(slip, "Tablet", "localhost:1", device.random);
    sync::EnrolSession answering(*service_);
    const auto channel = channel_binding();
    (void)answering.on_open(channel, {});
    const auto request = asking.on_open(channel, {});
    const auto answer = answering.on_frame(request.frames.at(0));
    (void)asking.on_frame(answer.frames.at(0));
    asking.on_closed(nullptr);
    answering.on_closed(nullptr);
    auto enrolled = must(asking.result());
    device.certificate = must(crypto::certificates_from_pem(enrolled.identity.certificate_chain)).front();
    device.credential = enrolled.identity.credential;
    device.store = std::make_unique<client::DeviceStore>(
        must(client::DeviceStore::create(std::string(device_path), device.key, enrolled.identity, enrolled.chain,
                                         enrolled.policy, {device.disk.name()})));
    use_policy(device, must(device.store->policy_bundle()));
}

// Compiling the same agreement again would take more time than everything else a device does when it starts.
void World::use_policy(DeviceHost& device, const sync::PolicyMessage& bundle)
{
    static std::map<Digest, std::shared_ptr<const schema::Policy>> compiled;
    auto& policy = compiled[crypto::sha256(bundle.bundle)];
    if (!policy)
        policy = std::make_shared<const schema::Policy>(must(sync::open_policy(bundle, device.store->identity().receipt_key)));
    device.store->use_policy(policy);
}

void World::note(std::string line)
{
    trace(line);
    story_.push_back(std::move(line));
}

void World::trace(std::string_view line)
{
    for (const char c : line)
        for (auto& half : trace_)
            half = (half ^ static_cast<std::uint8_t>(c)) * (0x100000001b3ULL + 2 * static_cast<std::uint64_t>(&half - trace_));
}

std::string World::trace_hash() const
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const auto half : trace_)
        for (int shift = 60; shift >= 0; shift -= 4)
            out += digits[half >> shift & 15];
    return out;
}

Happenings World::happened() const
{
    auto out = happened_;
    const auto of = [&](const Disk& disk) {
        out.add(Happened::disk_full, disk.without_room());
        out.add(Happened::read_failed, disk.failures(Disk::Call::read));
        out.add(Happened::write_failed, disk.failures(Disk::Call::write));
        out.add(Happened::sync_failed, disk.failures(Disk::Call::sync));
    };
    of(hub_disk_);
    for (const auto& device : devices_) {
        of(device->disk);
        out.add(Happened::clock_wrong, device->clock.skew_ms != 0);
        if (device->link)
            out += device->link->happened();
    }
    return out;
}

struct World::Moment {
    std::int64_t true_ms = 0;
    SeededRandom hub_random{0};
    Disk::Copy hub;
    struct Device {
        SeededRandom random{0};
        Disk::Copy disk;
    };
    std::vector<Device> devices;
};

std::shared_ptr<const World::Moment> World::moment() const
{
    auto out = std::make_shared<Moment>();
    out->true_ms = true_ms_;
    out->hub_random = hub_random_;
    out->hub = hub_disk_.copy();
    for (const auto& device : devices_)
        out->devices.push_back({device->random, device->disk.copy()});
    return out;
}

void World::go_back_in_time(const Moment& to)
{
    true_ms_ = to.true_ms;
    hub_random_ = to.hub_random;
    for (auto& device : devices_)
        device->random = to.devices[device->index].random;
}

void World::go_back(const Moment& to, const std::vector<unsigned>& devices)
{
    stop_hub(false);
    hub_disk_.put_back(to.hub);
    for (auto& device : devices_)
        close_device(*device, false);
    go_back_in_time(to);
    start_hub();
    for (const auto index : devices) {
        devices_[index]->disk.put_back(to.devices[index].disk);
        open_device(*devices_[index]);
    }
}

Bytes World::heard_by(unsigned index, bool afresh, std::uint64_t seed)
{
    auto& device = *devices_[index];
    if (afresh) {
        close_device(device, false);
        device.disk.put_back(founded(options_.devices, options_.cases).devices[index].folder);
        open_device(device);
    }
    Rng rng(seed);
    const auto heard = std::make_shared<Bytes>();
    connect(index, rng, {}, false, heard);
    finish_session(device, rng);
    return *heard;
}

// --- Power -------------------------------------------------------------------------------------------------------------

void World::stop_hub(bool power_cut)
{
    for (auto& device : devices_)
        if (device->link)
            drop_link(*device, /*tell_device=*/true, /*tell_hub=*/!power_cut);
    jobs_->waiting.clear();
    happened_.add(Happened::day_cut, day_.has_value());
    day_.reset();
    ticked_.reset();
    service_.reset();
    store_.reset();
}

void World::start_hub()
{
    if (service_)
        return;
    sync::SqlcipherCentralOptions options;
    options.vfs = hub_disk_.name();
    options.writer_cache_bytes = options.reader_cache_bytes = 1u << 20;
    auto store = sync::open_sqlcipher_central(std::string(hub_path), store_key(7), options);
    if (!store) {
        if (!hub_disk_.faulty() && !excused_())
            violated("open", "the hub's store does not open: " + outcome(store.error()));
        return;
    }
    store_ = *std::move(store);
    sync::HubParts parts{*store_, keys(), hub_clock_, hub_random_, keys_.get()};
    if (options_.forgetful)
        parts.hot_bytes = 1;
    auto service = sync::HubService::open(parts);
    if (!service) {
        store_.reset();
        if (!hub_disk_.faulty() && !excused_())
            violated("open", "the hub does not start: " + outcome(service.error()));
        return;
    }
    service_ = *std::move(service);
}

void World::hub_power(Loss loss, Random* of_loss, std::uint64_t again)
{
    happened_.add(Happened::hub_power);
    note("the hub's power is cut, loss " + std::to_string(static_cast<int>(loss)));
    stop_hub(true);
    hub_disk_.restart(loss, of_loss ? *of_loss : hub_random_);
    hub_disk_.cut_power_after(again);
    start_hub();
    for (const auto& device : devices_)
        check_receipts(*device);
}

bool World::open_device(DeviceHost& device)
{
    if (device.store)
        return true;
    auto store = client::DeviceStore::open(std::string(device_path), device.key, {device.disk.name()});
    const auto failed = [&](const std::string& what, const Error& error) {
        if (!device.disk.faulty() && !excused_())
            violated("open", "device " + std::to_string(device.index) + what + outcome(error));
        device.store.reset();
        return false;
    };
    if (!store)
        return failed(" does not open: ", store.error());
    device.store = std::make_unique<client::DeviceStore>(*std::move(store));
    auto bundle = device.store->policy_bundle();
    if (!bundle)
        return failed(" has no agreement: ", bundle.error());
    use_policy(device, *bundle);
    return true;
}

void World::close_device(DeviceHost& device, bool power_cut)
{
    if (device.link)
        drop_link(device, /*tell_device=*/!power_cut, /*tell_hub=*/true);
    device.store.reset();
}

void World::device_power(unsigned index, Loss loss, Random* of_loss, std::uint64_t again)
{
    auto& device = *devices_[index];
    happened_.add(Happened::device_power);
    note("device " + std::to_string(index) + "'s power is cut, loss " + std::to_string(static_cast<int>(loss)));
    // Destructors run while the disk is gone: closing in order is what a power cut does not do.
    if (!device.disk.dead())
        device.disk.cut_power_after(1);
    close_device(device, true);
    device.disk.restart(loss, of_loss ? *of_loss : device.random);
    device.disk.cut_power_after(again);
    open_device(device);
}

void World::everybody_ends()
{
    note("every program ends");
    for (const auto& device : devices_)
        device_power(device->index, Loss::nothing);
    hub_power(Loss::nothing);
}

void World::restart_device(unsigned index)
{
    note("device " + std::to_string(index) + "'s program ends and begins again");
    close_device(*devices_[index], false);
    open_device(*devices_[index]);
}

void World::restart_hub()
{
    note("the hub ends and begins again");
    stop_hub(false);
    start_hub();
}

void World::start_all()
{
    start_hub();
    for (auto& device : devices_)
        open_device(*device);
}

void World::copy_device(unsigned index)
{
    auto& device = *devices_[index];
    if (!device.store || device.disk.dead())
        return;
    note("a copy is made of device " + std::to_string(index));
    device.copy = device.disk.copy();
    device.copied_at = ledger_.promises().size();
    device.copied_side = device.side;
}

void World::put_back_device(unsigned index)
{
    auto& device = *devices_[index];
    if (!device.copy || device.copied_side != device.side || !service_ || hub_disk_.dead() || device.disk.dead())
        return;
    happened_.add(Happened::device_put_back);
    device.was_copied = true;
    note("the copy of device " + std::to_string(index) + " is put back");
    device.disk.heal();
    close_device(device, false);
    device.disk.put_back(*device.copy);
    const auto log = read_log(*store_, keys());
    auto& promises = ledger_.promises();
    for (std::size_t i = device.copied_at; i < promises.size(); ++i) {
        const bool is_twins = device.twin && i >= device.twin->since && promises[i].side == device.twin->side;
        if (promises[i].device != index || is_twins)
            continue;
        promises[i].device_lost_it = true;
        promises[i].excused = promises[i].excused || log.times(promises[i]).all == 0;
    }
    open_device(device);
}

void World::use_twin(unsigned index)
{
    auto& device = *devices_[index];
    if (!device.store || device.link || device.disk.faulty())
        return;
    if (!device.twin) {
        note("device " + std::to_string(index) + " is copied, and both are used");
        device.twin = {device.disk.copy(), 1 - device.side, ledger_.promises().size()};
        device.was_copied = true;
    }
    happened_.add(Happened::twin_used);
    note("the other of the two devices " + std::to_string(index));
    change_sides(device);
}

void World::change_sides(DeviceHost& device)
{
    close_device(device, false);
    auto folder = device.disk.copy();
    device.disk.put_back(device.twin->folder);
    device.twin->folder = std::move(folder);
    std::swap(device.side, device.twin->side);
    open_device(device);
}

void World::leave_twin(DeviceHost& device)
{
    note("only one of the two devices " + std::to_string(device.index) + " is used any more");
    auto& promises = ledger_.promises();
    for (auto i = device.twin->since; i < promises.size(); ++i)
        if (promises[i].device == device.index && promises[i].side == device.twin->side)
            promises[i].device_lost_it = true;
    device.twin.reset();
}

void World::copy_hub()
{
    if (!service_ || hub_disk_.dead())
        return;
    note("a copy is made of the hub");
    hub_copy_ = hub_disk_.copy();
    copied_keys_ = keys_->copy();
}

void World::put_back_hub()
{
    if (!hub_copy_ || !service_ || hub_disk_.dead())
        return;
    happened_.add(Happened::hub_put_back);
    note("the copy of the hub is put back, and it begins a new epoch");
    hub_disk_.heal();  // a new disk: whoever puts a copy back sees it through
    stop_hub(false);
    hub_disk_.put_back(*hub_copy_);
    // Their file comes from the same copy, or was saved: an agency may have joined in between.
    std::array<std::uint8_t, 1> coin{};
    hub_random_.fill(coin);
    if (coin[0] % 2 == 0)
        keys_ = copied_keys_->copy();
    start_hub();
    if (!service_)
        return;
    must(service_->begin_epoch());
    const auto log = read_log(*store_, keys());
    // What its device has given up with its case, or lost itself, nobody can offer again.
    const auto excuse = [&](const DeviceHost& device, const auto& concerns) {
        std::optional<std::set<ChangesetId>> kept;
        for (auto& promise : ledger_.promises()) {
            if (promise.device != device.index || promise.excused || !concerns(promise) || log.times(promise).all > 0)
                continue;
            if (!kept)
                kept = own_work_on(device);
            promise.excused = promise.device_lost_it || !device.store || !kept->contains(promise.id);
        }
    };
    for (auto& device : devices_) {
        const auto is_twins = [&](const Promise& promise) {
            return device->twin && promise.side == device->twin->side;
        };
        excuse(*device, [&](const Promise& promise) { return !is_twins(promise); });
        if (!device->twin)
            continue;
        if (device->disk.dead()) {  // nobody can look at the other one before it is on again
            for (auto& promise : ledger_.promises())
                promise.excused = promise.excused || (promise.device == device->index && is_twins(promise) && log.times(promise).all == 0);
            continue;
        }
        change_sides(*device);
        excuse(*device, [&](const Promise& promise) { return !is_twins(promise); });
        change_sides(*device);
    }
}

}  // namespace satchel::simulation
