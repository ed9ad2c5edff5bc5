// What a user waits for: a save, a save that reaches the hub, a sync that has nothing to do.
#include "tests/bench/figures.hpp"
#include "tests/bench/limits.hpp"
#include "tests/bench/line.hpp"

namespace satchel::bench {

void measure_moments(const Bench& bench)
{
    auto& area = bench.area;
    area.add_cases("moment", 10);
    const auto user = area.add_user("Moment Placeholder");
    area.assign("moment", 10, user);
    auto device = area.enrol(user, "moments");
    area.synchronise(device);
    const auto times = bench.scale.repeats;
    const auto papers = documents(3 * times);

    // One that is saved and one raw row in turns, so that both have the same disk.
    RawStore raw(area.folder() / "moment-raw.db", Side::device);
    std::vector<double> saved, raw_saved;
    for (std::size_t i = 0; i < times; ++i) {
        const auto draft = area.draft(device, papers[i], device.cases[i % device.cases.size()]);
        auto began = wall_seconds();
        must(device.store->save(draft));
        saved.push_back((wall_seconds() - began) * 1e3);
        const auto row = bodies(*device.store, i + 1).back();
        began = wall_seconds();
        raw.insert({&row, 1});
        raw_saved.push_back((wall_seconds() - began) * 1e3);
    }
    bench.table.add({"durable save of one change", "ms", median(saved), median(raw_saved), 2, {}, Better::lower,
                     "raw: one row of the same bytes, durable", true});
    area.synchronise(device);

    // In turns again: the same row written durably on both sides, and between them a connection of plain TLS.
    RawEcho durable(area.folder() / "moment-raw-hub.db"), echo;
    const auto raw_row = bodies(*device.store, 1).front();
    std::vector<double> received, whole, raw_received;
    for (std::size_t i = 0; i < times; ++i) {
        const auto draft = area.draft(device, papers[times + i], device.cases[i % device.cases.size()]);
        FirstReceipt watch;
        const auto began = wall_seconds();
        must(device.store->save(draft));
        area.synchronise(device, &watch);
        received.push_back((watch.when() - began) * 1e3);
        whole.push_back((wall_seconds() - began) * 1e3);
        const auto raw_began = wall_seconds();
        raw.insert({&raw_row, 1});
        durable.exchange(raw_row);
        raw_received.push_back((wall_seconds() - raw_began) * 1e3);
    }
    bench.table.add({"save to receipt, new connection included", "ms", median(received), median(raw_received), 5, 2,
                     Better::lower, "raw: two durable rows, mutual TLS, one message there and back"});
    bench.table.add({"save to the end of its session", "ms", median(whole)});

    std::vector<double> nothing, raw_nothing;
    for (std::size_t i = 0; i < times; ++i) {
        const auto began = wall_seconds();
        echo.exchange(raw_row);
        raw_nothing.push_back((wall_seconds() - began) * 1e3);
    }
    const auto hub_before = cpu_seconds(area.hub_pid());
    const auto device_before = cpu_seconds();
    for (std::size_t i = 0; i < times; ++i) {
        const auto began = wall_seconds();
        area.synchronise(device);
        nothing.push_back((wall_seconds() - began) * 1e3);
    }
    char text[120];
    std::snprintf(text, sizeof text, "ms of processor each: device %.2f, hub %.2f",
                  (cpu_seconds() - device_before) * 1e3 / static_cast<double>(times),
                  (cpu_seconds(area.hub_pid()) - hub_before) * 1e3 / static_cast<double>(times));
    bench.table.add({"sync with nothing to do, new connection included", "ms", median(nothing), median(raw_nothing), {}, {}, Better::lower,
                     std::string("raw: mutual TLS, one message there and back; ") + text});

    CountingLine line(area.address());
    area.synchronise(device, nullptr, line.address());
    const auto idle = line.last();
    constexpr std::uint64_t goodbye = 24;  // a TLS close notification
    const auto turns = idle.round_trips - (idle.last_to_device <= goodbye ? 1 : 0) - 1;
    bench.table.add({"  round trips of it after the handshake", "", static_cast<double>(turns), {}, 1});
    bench.table.add({"  bytes of it, both ways, handshake included", "B", static_cast<double>(idle.to_hub + idle.to_device)});
}

}  // namespace satchel::bench
