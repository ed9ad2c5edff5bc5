// Work from a device to the hub and on to a fresh device.
#include "sync/core/messages.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/limits.hpp"
#include "tests/bench/line.hpp"

namespace satchel::bench {

namespace {

constexpr std::size_t cases = 10;
constexpr std::size_t saved_at_once = 500;

std::string counted(std::size_t n)
{
    auto out = std::to_string(n);
    for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3)
        out.insert(static_cast<std::size_t>(at), ",");
    return out;
}

struct Round {
    double push = 0, pull = 0, push_whole = 0, pull_whole = 0;     // a second
    double push_device_us = 0, push_hub_us = 0;                    // of processor, each
    double pull_device_us = 0, pull_hub_us = 0;
    double push_bytes = 0, pull_bytes = 0;                         // on the wire, each
    double push_alone_bytes = 0;                                   // of the first push
    double raw_hub = 0, raw_device = 0, raw_tls = 0;               // a second
};

struct Used {
    double wall, device, hub;
    explicit Used(pid_t hub_process) : wall(wall_seconds()), device(cpu_seconds()), hub(cpu_seconds(hub_process)) {}
};

Round play(const Bench& bench, std::size_t count, std::size_t number)
{
    auto& area = bench.area;
    const auto name = "m" + std::to_string(count) + "-" + std::to_string(number) + "-";
    area.add_cases(name, cases);
    const auto user = area.add_user("Bench Placeholder " + name);
    area.assign(name, cases, user);
    auto writer = area.enrol(user, name + "writer");
    area.synchronise(writer);
    CountingLine line(area.address());
    const auto n = static_cast<double>(count);
    Round out;
    area.save(writer, documents(count), saved_at_once);
    Phases pushed;
    const Used before(area.hub_pid());
    area.synchronise(writer, &pushed);
    const Used after(area.hub_pid());
    const auto& push_begin = pushed.begin("sending");
    const auto& push_end = pushed.end("sending");  // told when the last receipt has been taken in
    out.push = n / (push_end.wall - push_begin.wall);
    out.push_whole = n / (after.wall - before.wall);
    out.push_device_us = (push_end.device_cpu - push_begin.device_cpu) * 1e6 / n;
    out.push_hub_us = (after.hub - before.hub) * 1e6 / n;

    auto reader = area.enrol(user, name + "reader");
    Phases pulled;
    const Used start(area.hub_pid());
    area.synchronise(reader, &pulled);
    const Used end(area.hub_pid());
    out.pull_whole = n / (end.wall - start.wall);
    const auto& first = pulled.begin("receiving");
    const auto& last = pulled.end("receiving");
    // What came on one page has no beginning of its own: the session is its time.
    out.pull = last.wall > first.wall ? n / (last.wall - first.wall) : out.pull_whole;
    out.pull_device_us = (last.device_cpu - first.device_cpu) * 1e6 / n;
    out.pull_hub_us = (end.hub - start.hub) * 1e6 / n;
    if (must(reader.store->health()).records != count)
        die("something was lost");

    // The same again over a line that counts, less a session that moves nothing: the same documents are other changesets.
    area.synchronise(writer, nullptr, line.address());
    const auto idle = line.last();
    area.save(writer, documents(count), saved_at_once);
    area.synchronise(writer, nullptr, line.address());
    const auto sent = line.last();
    out.push_bytes = static_cast<double>(sent.to_hub - idle.to_hub) / n;
    // The one push of a session that has one comes after two turns of handshake and hello. Less than a signature, a case's id and TLS is
    // no push: the figure would hold whatever a change takes.
    constexpr std::size_t push_turn = 2;
    constexpr std::uint64_t push_bytes_least = 64 + 16 + 22;
    if (sent.turns_to_hub.size() <= push_turn || sent.turns_to_hub[push_turn] < push_bytes_least)
        die("the turn that was taken for the push is none");
    out.push_alone_bytes = static_cast<double>(sent.turns_to_hub[push_turn]);
    auto late = area.enrol(user, name + "late");
    area.synchronise(late, nullptr, line.address());
    out.pull_bytes = static_cast<double>(line.last().to_device - idle.to_device) / (2 * n);

    const auto rows = bodies(*writer.store, count);
    std::size_t bytes = 0;
    for (const auto& row : rows)
        bytes += row.size();
    out.raw_hub = raw_rows_per_second(area.folder() / (name + "raw-hub.db"), Side::hub, rows, sync::push_items_max);
    out.raw_device = raw_rows_per_second(area.folder() / (name + "raw-device.db"), Side::device, rows, sync::push_items_max);
    out.raw_tls = raw_tls_bytes_per_second(std::max<std::size_t>(bytes, 1 << 20)) * n / static_cast<double>(bytes);
    return out;
}

double middle(const std::vector<Round>& rounds, double Round::*what)
{
    std::vector<double> values;
    for (const auto& round : rounds)
        values.push_back(round.*what);
    return median(values);
}

std::string used(double device, double hub)
{
    char text[120];
    std::snprintf(text, sizeof text, "us of processor each: device %.1f, hub %.1f", device, hub);
    return text;
}

}  // namespace

std::vector<Bytes> bodies(client::DeviceStore& store, std::size_t count)
{
    std::vector<Bytes> out;
    std::uint64_t after = 0;
    while (out.size() < count) {
        const auto work = must(store.to_push(after, sync::push_items_max, sync::push_bytes_max));
        if (work.empty())
            die("less work than was saved");
        for (const auto& one : work) {
            after = one.sequence;
            if (!one.body || out.size() == count)
                continue;
            auto bytes = one.body->header;
            for (const auto& change : one.body->changes)
                bytes.insert(bytes.end(), change.begin(), change.end());
            out.push_back(std::move(bytes));
        }
    }
    return out;
}

void measure_moving(const Bench& bench)
{
    for (const auto count : bench.scale.changesets) {
        std::vector<Round> rounds;
        const auto times = count >= 100'000 ? 1 : count <= 100 ? bench.scale.rounds * 3 : bench.scale.rounds;
        for (std::size_t i = 0; i < times; ++i)
            rounds.push_back(play(bench, count, i));
        const bool many = count >= 10'000;
        const auto of = [&](double Round::*what) { return middle(rounds, what); };
        const auto wanted = [&](double rate) { return many ? std::optional(rate) : std::nullopt; };
        const auto what = counted(count);
        bench.table.add({"push of " + what, "/s", of(&Round::push), of(&Round::raw_hub), wanted(20'000), wanted(60'000),
                         Better::higher, used(of(&Round::push_device_us), of(&Round::push_hub_us))});
        bench.table.add({"  its whole session, TLS and rulings included", "/s", of(&Round::push_whole), {}, {}, {},
                         Better::higher});
        bench.table.add({"fresh pull of " + what, "/s", of(&Round::pull), of(&Round::raw_device), wanted(40'000),
                         wanted(100'000), Better::higher, used(of(&Round::pull_device_us), of(&Round::pull_hub_us))});
        bench.table.add({"  its whole session, TLS and search index included", "/s", of(&Round::pull_whole), {}, {}, {},
                         Better::higher});
        bench.table.add({"plain TLS, the bytes of " + what, "/s", of(&Round::raw_tls), {}, {}, {}, Better::higher});
        if (count == 1)
            bench.table.add({"bytes of one change, framed and under TLS", "B", of(&Round::push_alone_bytes), {}, 250, {},
                             Better::lower, "64 are its signature, 22 are TLS"});
        bench.table.add({"bytes a change on the wire, pushed, of " + what, "B", of(&Round::push_bytes), {},
                         many ? std::optional(100.0) : std::nullopt, {}, Better::lower,
                         "above a session that moves nothing"});
        bench.table.add({"bytes a change on the wire, pulled, of " + counted(2 * count), "B", of(&Round::pull_bytes), {}, {}, {},
                         Better::lower, "50 of a reader's proof do not compress: secret, blind, place"});
    }
}

}  // namespace satchel::bench
