// How devices and the hub of a simulated world meet: sessions, what becomes of their lines, and the rest at which
// everybody is done.
#include "client/engine/session.hpp"
#include "schema/wire/archive.hpp"
#include "sync/hub/commit.hpp"
#include "tests/simulation/day_checks.hpp"
#include "tests/simulation/world.hpp"

namespace satchel::simulation {
namespace {

constexpr int settle_rounds_max = 12;
constexpr std::uint64_t settle_steps_max = 20'000;

}  // namespace

void World::connect(unsigned index, Rng& rng, const Meddling& meddling, bool breaks, std::shared_ptr<Bytes> heard)
{
    auto& device = *devices_[index];
    if (!device.store || device.link || !service_ || hub_disk_.dead() || device.disk.dead())
        return;
    ++device.sessions;
    note("device " + std::to_string(index) + " connects" + (breaks ? ", over a line that will break" : ""));
    auto letters = std::make_shared<Letters>();
    Link::Parts parts;
    parts.device = std::make_shared<client::DeviceSession>(
        client::SessionParts{*device.store, device.clock, device.random, nullptr});
    parts.hub = std::make_shared<sync::HubSession>(*service_, *jobs_, letters);
    parts.letters = letters;
    parts.certificate = device.certificate;
    parts.heard = std::move(heard);
    parts.forged_receipt = [&device] {
        const auto& chain = device.store->chain();
        sync::Receipt receipt;
        receipt.epoch = chain.epoch;
        receipt.credential = device.credential;
        receipt.incarnation = chain.incarnation;
        receipt.up_to = chain.sequence;
        receipt.chain_head = chain.head;
        return sync::Frame{static_cast<std::uint8_t>(sync::MessageType::receipt), schema::wire::pack(receipt)};
    };
    device.link = std::make_unique<Link>(std::move(parts), rng.next(), meddling);
    if (breaks)
        device.link->break_after(rng.chance(50) ? Link::Way::to_hub : Link::Way::to_device, rng.below(12), static_cast<unsigned>(rng.below(1000)));
}

void World::drop_link(DeviceHost& device, bool tell_device, bool tell_hub)
{
    auto link = std::move(device.link);
    link->hang_up(tell_device, tell_hub);
    happened_ += link->happened();
    after_link(device, link->report());
}

void World::after_link(DeviceHost& device, const client::SessionReport& report)
{
    std::string line = "device " + std::to_string(device.index) + "'s session ends: ";
    line += report.barred ? "barred" : report.complete ? "complete" : report.again ? "again" : "broken off";
    line += ", sent " + std::to_string(report.sent) + ", received " + std::to_string(report.tally.entries);
    if (report.rewritten)
        line += ", written again " + std::to_string(report.rewritten);
    if (report.error)
        line += ", " + std::string(name(report.error->code));
    note(line);
    check_receipts(device);
    if (settling_ && report.error && !report.again)
        violated("session", line + ", without a fault: " + report.error->detail);
    if (report.error && (report.error->code == Errc::bug || report.error->code == Errc::corrupt) && !device.disk.dead())
        violated("session", line + " " + report.error->detail);
}

void World::check_receipts(const DeviceHost& device)
{
    if (!service_ || hub_disk_.dead() || !device.store || device.disk.dead())
        return;
    const auto& chain = device.store->chain();
    auto view = store_->view();
    if (!view || chain.received == 0)
        return;
    const auto hub = (*view)->hub();
    const auto credential = (*view)->credential(device.credential);
    if (!hub || !*hub || (*hub)->epoch != chain.epoch || !credential || !*credential)
        return;
    std::uint64_t held = 0;
    const auto read = (*view)->incarnations(sync::CredentialNo{(*credential)->no}, [&](const sync::IncarnationRow& row) -> Result<bool> {
        if (row.id == chain.incarnation)
            held = row.received;
        return true;
    });
    if (read && held < chain.received)  // its disk may be failing
        violated("receipt", "device " + std::to_string(device.index) + " counts " + std::to_string(chain.received) +
                                " changesets as received, and the hub holds " + std::to_string(held));
    if (chain.audit_head == Digest{})
        return;
    const auto place = (*view)->checkpoint_with(chain.audit_head);
    if (place && !*place)
        violated("I8", "device " + std::to_string(device.index) + " has a receipt for a place that the log does not have");
}

void World::block(unsigned index, Rng& rng)
{
    auto& device = *devices_[index];
    if (!device.link)
        return;
    const auto how = rng.below(3);
    happened_.add(how == 0 ? Happened::partition : Happened::partition_one_way);
    note("device " + std::to_string(index) + "'s line is stuck" + (how == 0 ? "" : how == 1 ? " towards the hub" : " from the hub"));
    if (how != 2)
        device.link->block(Link::Way::to_hub);
    if (how != 1)
        device.link->block(Link::Way::to_device);
}

void World::cut_links(Rng& rng)
{
    for (auto& device : devices_)
        if (device->link && rng.chance(50)) {
            happened_.add(Happened::line_cut);
            drop_link(*device, true, true);
        }
}

void World::notice_the_dead()
{
    if (hub_disk_.dead() && service_) {
        happened_.add(Happened::hub_died);
        note("the hub's power goes in the middle of its work");
        stop_hub(true);
    }
    for (auto& device : devices_)
        if (device->disk.dead() && device->store) {
            happened_.add(Happened::device_died);
            note("device " + std::to_string(device->index) + "'s power goes in the middle of its work");
            close_device(*device, true);
        }
}

// One thing that can happen next happens.
bool World::step(Rng& rng)
{
    struct Choice {
        DeviceHost* device;
        int what;  // 0 to hub, 1 to device, 2 letter, 3 commit
    };
    std::vector<Choice> choices;
    for (auto& device : devices_)
        if (device->link && device->link->moving())
            for (int what = 0; what < 3; ++what)
                choices.push_back({device.get(), what});
    if (!jobs_->waiting.empty())
        choices.push_back({nullptr, 3});
    bool did = false;
    while (!choices.empty() && !did) {
        const auto i = static_cast<std::size_t>(rng.below(choices.size()));
        const auto [device, what] = choices[i];
        choices.erase(choices.begin() + static_cast<std::ptrdiff_t>(i));
        if (what == 3) {
            service_->commit(std::exchange(jobs_->waiting, {}));
            go_on_with_day();
            did = true;
        } else if (what == 2) {
            did = device->link->read_letter();
        } else {
            did = device->link->deliver(what == 0 ? Link::Way::to_hub : Link::Way::to_device);
        }
    }
    true_ms_ += static_cast<std::int64_t>(rng.below(400));
    ++steps_;
    notice_the_dead();
    for (auto& device : devices_)
        if (device->link && device->link->over())
            drop_link(*device, true, true);
    return did;
}

void World::run(std::uint64_t steps, Rng& rng)
{
    for (std::uint64_t i = 0; i < steps; ++i)
        if (!step(rng))
            return;
}

void World::settle(Rng& rng)
{
    note("all faults end");
    if (!service_ || hub_disk_.dead()) {
        stop_hub(true);
        hub_disk_.restart(static_cast<Loss>(rng.below(losses)), hub_random_);
    } else {
        hub_disk_.heal();
    }
    start_hub();
    for (const auto& device : devices_)
        check_receipts(*device);
    for (auto& device : devices_) {
        if (device->link)
            drop_link(*device, true, service_ != nullptr);
        if (device->disk.dead()) {
            device->store.reset();
            device->disk.restart(static_cast<Loss>(rng.below(losses)), device->random);
        } else {
            device->disk.heal();
            // As a program that ends: by its own choice, or because its store has met an error.
            if (rng.chance(30) || (device->store && !device->store->waiting()))
                device->store.reset();
        }
        open_device(*device);
    }
    if (!violations_.empty())
        return;
    settling_ = true;
    begin_day();
    synchronise_all(rng);  // the day's work between the commits of what comes
    finish_day();
    // What has come by now may fall due on one of the next days.
    for (auto days = rng.below(3); days > 0; --days)
        midnight();
    begin_day();
    finish_day();
    synchronise_all(rng);
    settling_ = false;
    if (!violations_.empty())
        return;
    if (!day_is_done())
        return violated("day", "the hub's day fails, without a fault");
    check_day(*this);
}

void World::finish_session(DeviceHost& device, Rng& rng)
{
    for (std::uint64_t i = 0; device.link && i < settle_steps_max; ++i)
        step(rng);
}

void World::synchronise_all(Rng& rng)
{
    // Until as many sessions as there are devices, one after the other, have brought nothing. One of which there are two has
    // two turns.
    std::vector<DeviceHost*> turns;
    for (const auto& device : devices_)
        turns.insert(turns.end(), device->twin ? 2 : 1, device.get());
    const auto waiting_on = [&](const DeviceHost& device) -> std::uint64_t {
        const auto waiting = device.store ? device.store->waiting() : fail(Errc::closed, "it is not open");
        if (!waiting)
            violated("open", "device " + std::to_string(device.index) + "'s store: " + waiting.error().detail);
        return waiting.value_or(0);
    };
    std::size_t quiet = 0;
    for (std::size_t n = 0; n < settle_rounds_max * turns.size() && quiet < turns.size(); ++n) {
        auto& device = *turns[n % turns.size()];
        if (device.twin)
            change_sides(device);
        connect(device.index, rng, {}, false);
        std::uint64_t sent = 0, entries = 0;
        bool again = false;
        for (std::uint64_t i = 0; device.link && i < settle_steps_max; ++i) {
            const auto& report = device.link->report();
            sent = report.sent, entries = report.tally.entries, again = report.again;
            if (!device.link->moving() && jobs_->waiting.empty() && !device.link->over())
                return violated("liveness", "device " + std::to_string(device.index) + "'s session stands still");
            step(rng);
        }
        const bool moved = sent != 0 || entries != 0 || again || waiting_on(device) != 0;
        quiet = moved ? 0 : quiet + 1;
    }
    if (quiet == turns.size()) {
        for (const auto& device : devices_)
            if (device->twin)
                leave_twin(*device);
        return;
    }
    for (auto& device : devices_)
        if (const auto waiting = waiting_on(*device))
            violated("liveness", "device " + std::to_string(device->index) + " still waits for " +
                                     std::to_string(waiting) + " receipts");
    if (violations_.empty())
        violated("liveness", "synchronising does not come to an end");
}

}  // namespace satchel::simulation
