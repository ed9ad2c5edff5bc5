// Devices that stay connected and say nothing, at a hub that has as many cases in memory as it may.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/resource.h>
#include <thread>

#include "crypto/tls.hpp"
#include "sync/net/connector.hpp"
#include "sync/net/pump.hpp"
#include "tests/bench/figures.hpp"

namespace satchel::bench {
namespace {

constexpr std::size_t connecting_max = 32;  // at a time
constexpr std::size_t cases_at_hub = 2000;  // of some fifty records each: more than the bound on what is kept of them

// A hub that has just started looks at every case, as each new day makes it do. It has done so when it works no more.
void await_day(pid_t hub)
{
    constexpr double idle_seconds = 1, tick = 0.02;
    auto cpu = cpu_seconds(hub);
    for (auto since = wall_seconds(); wall_seconds() - since < idle_seconds;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        if (const auto now = cpu_seconds(hub); now > cpu + tick) {
            cpu = now;
            since = wall_seconds();
        }
    }
}

sync::SharedTls tls_of(const client::Identity& identity)
{
    const auto key = must(crypto::CertificateKey::from_der(identity.tls_key));
    auto chain = must(crypto::certificates_from_pem(identity.certificate_chain));
    return std::make_shared<const crypto::TlsContext>(
        must(crypto::device_tls_context({std::move(chain), key}, {identity.hub_root_hash, identity.hub_uri})));
}

// Says hello as a device does, and no more.
class Silent final : public sync::Machine {
public:
    Silent(const client::SessionParts& parts, std::size_t& admitted) : session_(parts), admitted_(admitted) {}
    sync::Outbox on_open(ByteView channel_binding, ByteView certificate) override
    {
        return session_.on_open(channel_binding, certificate);
    }
    sync::Outbox on_frame(const sync::Frame& frame) override
    {
        if (static_cast<sync::MessageType>(frame.type) == sync::MessageType::hello_ack)
            ++admitted_;
        return {};
    }
    sync::Outbox on_closed(const Error*) override { return {}; }
    sync::Outbox on_timer(Instant) override { return {}; }

private:
    client::DeviceSession session_;
    std::size_t& admitted_;
};

sync::Async<void> stay(sync::Address address, sync::SharedTls tls, client::SessionParts parts, std::size_t& admitted,
                       std::vector<std::shared_ptr<sync::Connection>>& all)
{
    auto connection = co_await sync::connect(std::move(address), std::move(tls), {});
    if (!connection)
        die("no connection: " + connection.error().detail);
    all.push_back(*connection);
    const auto pump = sync::Pump::over(*connection, std::make_shared<Silent>(parts, admitted), parts.clock);
    co_await pump->run();
}

}  // namespace

void measure_connections(const Bench& bench)
{
    auto& area = bench.area;
    const auto count = bench.scale.connections;
    const auto made = area.folder() / "made.ndjson";
    area.make_caseload(made, cases_at_hub, 13);
    area.stop_hub();
    area.import(made);
    // The hub starts as most systems start programs; this one needs a file for each connection as well.
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(1024, files.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &files);
    area.start_hub();
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    await_day(area.hub_pid());

    area.add_cases("quiet", 1);
    const auto user = area.add_user("Quiet Placeholder");
    area.assign("quiet", 1, user);
    auto device = area.enrol(user, "quiet");
    area.synchronise(device);
    const auto before = resident_kib(area.hub_pid());
    const auto peak_before = peak_kib(area.hub_pid());

    boost::asio::io_context io(1);
    std::size_t admitted = 0, begun = 0;
    std::vector<std::shared_ptr<sync::Connection>> all;
    const auto tls = tls_of(device.store->identity());
    const auto address = must(sync::parse_address(area.address()));
    const auto cpu = cpu_seconds(area.hub_pid());
    const auto began = wall_seconds();
    while (admitted < count) {
        for (; begun < count && begun - admitted < connecting_max; ++begun)
            boost::asio::co_spawn(io, stay(address, tls, {*device.store, area.clock, area.random, nullptr}, admitted, all),
                                  boost::asio::detached);
        if (io.run_one_for(std::chrono::seconds(30)) == 0)
            die("only " + std::to_string(admitted) + " of " + std::to_string(count) + " connections were let in");
    }
    const auto n = static_cast<double>(count);
    const auto took = wall_seconds() - began;
    const auto hub_cpu = cpu_seconds(area.hub_pid()) - cpu;
    const auto resident = resident_kib(area.hub_pid());
    char text[120];
    std::snprintf(text, sizeof text, "%.1f KiB a connection; the hub had %.0f MB before, peak %.0f",
                  static_cast<double>(resident - std::min(before, resident)) / n, static_cast<double>(before) / 1024,
                  static_cast<double>(peak_before) / 1024);
    bench.table.add({"memory of the hub with " + std::to_string(cases_at_hub) + " cases and " + std::to_string(count) +
                         " idle connections",
                     "MB",
                     static_cast<double>(peak_kib(area.hub_pid())) / 1024, {}, 200, {}, Better::lower, text});
    std::snprintf(text, sizeof text, "%.2f ms of the hub's processor each", hub_cpu * 1e3 / n);
    bench.table.add({"connections admitted, full handshakes, both ends here", "/s", n / took, {}, {}, {}, Better::higher, text});
    for (const auto& connection : all)
        connection->abort();
    io.run_for(std::chrono::seconds(10));
}

}  // namespace satchel::bench
