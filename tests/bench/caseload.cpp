// A caseload of 100 cases with 60 records each, as the programs load, unlock and search it.
#include <fstream>
#include <sstream>

#include "client/app/profile.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/limits.hpp"

namespace satchel::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t cases = 100;
constexpr std::size_t records_each = 60;

// What the device holds of each entry that it was sent. Nobody else may have the store open.
std::vector<Bytes> entries_of(const fs::path& store, const crypto::SecretBytes& key)
{
    auto db = must(crypto::Database::open(store.string(), key, {}));
    auto query = must(db.statement("SELECT body, rulings FROM entries ORDER BY entry_no"));
    std::vector<Bytes> out;
    while (must(query.step())) {
        const auto body = query.blob(0), rulings = query.blob(1);
        out.emplace_back(body.begin(), body.end());
        out.back().insert(out.back().end(), rulings.begin(), rulings.end());
    }
    return out;
}

// The generator's cases, filled up with case updates to so many records each.
std::vector<std::string> write_caseload(const Bench& bench, const fs::path& to)
{
    const auto made = to.string() + ".made";
    bench.area.make_caseload(made, cases, 11);
    std::ifstream in(made);
    std::ofstream out(to);
    std::vector<std::string> labels;
    const auto papers = documents(cases * records_each);
    std::size_t paper = 0, records = 0;
    const auto fill_up = [&] {
        for (; !labels.empty() && records < records_each; ++records) {
            out << R"({"v":1,"kind":"record","case":")" << labels.back() << R"(","key":"u)" << records
                << R"(","type":"case_update","agency":"probation","role":"probation.practitioner",)"
                << R"("author":"Bench Placeholder","event_at":"2026-01-01T09:00:00Z","fields":{)";
            const char* comma = "";
            for (const auto& [field, value] : papers[paper++]) {
                out << comma << '"' << field << R"(":")" << value << '"';
                comma = ",";
            }
            out << "}}\n";
        }
    };
    for (std::string line; std::getline(in, line);) {
        if (line.find(R"("kind":"case")") != std::string::npos) {
            fill_up();
            const auto at = line.find(R"("key":")") + 7;
            labels.push_back(line.substr(at, line.find('"', at) - at));
            records = 0;
        } else {
            ++records;
        }
        out << line << '\n';
    }
    fill_up();
    return labels;
}

double milliseconds_of(const demo::Invocation& what)
{
    const auto began = wall_seconds();
    const auto finished = demo::run(what);
    if (finished.exit_code != 0 && finished.exit_code != 5)
        die(what.program.string() + " failed: " + finished.out + finished.err);
    return (wall_seconds() - began) * 1e3;
}

// Milliseconds from the start of the program to the moment when others can use the profile.
double unlock(const Bench& bench, const std::string& profile, demo::Background& held)
{
    const auto began = wall_seconds();
    held = demo::Background(bench.area.device_program(profile, {"serve"}));
    return (wall_seconds() - began) * 1e3;
}

double kdf_ms(const crypto::KdfParams& cost, Random& random, const fs::path& folder)
{
    fs::create_directories(folder);
    crypto::PosixFiles files;
    crypto::FileDeviceSecret secret(files, (folder / "device.secret").string());
    must(secret.create(random));
    crypto::KeySlots slots(files, secret, folder.string());
    const crypto::SecretBytes passphrase(16);
    must(slots.create(random_id<crypto::StoreId>(random), passphrase, cost, std::nullopt, random));
    std::vector<double> took;
    for (int i = 0; i < 3; ++i) {
        const auto began = wall_seconds();
        must(slots.unlock(passphrase));
        took.push_back((wall_seconds() - began) * 1e3);
    }
    return median(took);
}

crypto::KdfParams kdf_of(const std::string& profile)
{
    crypto::PosixFiles files;
    crypto::FileDeviceSecret secret(files, profile + "/device.secret");
    return must(crypto::KeySlots(files, secret, profile).info()).kdf;
}

}  // namespace

void measure_caseload(const Bench& bench)
{
    auto& area = bench.area;
    const auto file = area.folder() / "caseload.ndjson";
    const auto labels = write_caseload(bench, file);
    area.import(file);
    const auto user = area.add_user("Caseload Placeholder");
    for (const auto& label : labels)
        area.assign(label, user);

    // In this process first: the session alone.
    std::vector<double> loads;
    std::vector<double> hub_cpu, device_cpu;
    std::uint64_t records = 0, entries = 0;
    Device device;
    for (std::size_t i = 0; i < bench.scale.rounds; ++i) {
        device = area.enrol(user, "load" + std::to_string(i));
        const auto device_before = cpu_seconds(), hub_before = cpu_seconds(area.hub_pid());
        const auto began = wall_seconds();
        area.synchronise(device);
        loads.push_back(wall_seconds() - began);
        device_cpu.push_back(cpu_seconds() - device_before);
        hub_cpu.push_back(cpu_seconds(area.hub_pid()) - hub_before);
        const auto health = must(device.store->health());
        records = health.records;
        entries = health.entries;
    }
    auto other = area.enrol(user, "raw");
    area.synchronise(other);
    other.store.reset();
    const auto rows = entries_of(area.folder() / "raw.db", other.key);
    if (rows.size() != entries)
        die("two devices of one user hold different entries");
    std::size_t bytes = 0;
    for (const auto& row : rows)
        bytes += row.size();
    const auto raw_seconds =
        static_cast<double>(rows.size()) / raw_rows_per_second(area.folder() / "load-raw.db", Side::device, rows, 60);
    char text[160];
    std::snprintf(text, sizeof text, "%zu cases, %llu records, %llu entries of %zu B; s of processor: device %.2f, hub %.2f", cases,
                  static_cast<unsigned long long>(records), static_cast<unsigned long long>(entries), bytes / rows.size(),
                  median(device_cpu), median(hub_cpu));
    bench.table.add({"first load of 100 cases of 60 records", "s", median(loads), raw_seconds, 1.5, {}, Better::lower, text});

    // Search: rare, common, and two words of which the last is cut short.
    std::vector<std::string> texts;
    for (const auto& document : documents(records))
        texts.push_back(document.back().second);
    double slowest = 0;
    for (const char* words : {"warehouse", "appointment", "next appoint"}) {
        std::vector<double> searches;
        for (std::size_t i = 0; i < bench.scale.repeats / 4; ++i) {
            const auto began = wall_seconds();
            if (must(device.store->search(words)).empty())
                die(std::string("a search for \"") + words + "\" finds nothing: it measures nothing");
            searches.push_back((wall_seconds() - began) * 1e3);
        }
        slowest = std::max(slowest, median(searches));
    }
    bench.table.add({"search in 100 cases, the slowest of three", "ms", slowest,
                     raw_search_ms(area.folder() / "search-raw.db", texts, "\"appointment\" \"miss\"*", 25), 20, {},
                     Better::lower, "raw: the index alone"});

    // The programs.
    const auto profile = area.enrol_program(user, "program", "floor");
    demo::Background held;
    const auto unlocked_floor = unlock(bench, profile, held);
    reset_peak(held.pid());
    const auto sync_ms = milliseconds_of(area.device_program(profile, {"sync", "run", "--hub", area.address()}));
    bench.table.add({"first load by the programs", "s", sync_ms / 1e3, {}, 1.5, {}, Better::lower, "satchel sync run through satchel serve"});
    std::vector<double> program_searches;
    for (int i = 0; i < 5; ++i)
        program_searches.push_back(milliseconds_of(area.device_program(profile, {"search", "appointment"})));
    bench.table.add({"search by the programs", "ms", median(program_searches), {}, {}, {}, Better::lower, "start of the program included"});
    bench.table.add({"memory of the device, peak beside the key derivation", "MB",
                     static_cast<double>(peak_kib(held.pid())) / 1024, {}, 60, 40, Better::lower,
                     "satchel serve, first load and searches"});
    held.stop();
    const auto raw_floor = kdf_ms(crypto::KdfParams::floor(), area.random, area.folder() / "kdf-floor");
    bench.table.add({"unlock, key derivation at its floor", "ms", unlocked_floor, raw_floor, {}, {}, Better::lower,
                     "raw: the derivation alone; 100 cases"});
    const auto standard = area.enrol_program(user, "standard", "standard");
    const auto unlocked = unlock(bench, standard, held);
    bench.table.add({"unlock, key derivation as calibrated here", "ms", unlocked,
                     kdf_ms(kdf_of(standard), area.random, area.folder() / "kdf-standard"), {}, {}, Better::lower,
                     "raw: the derivation alone"});
    held.stop();

    // Without a derivation: what is left.
    crypto::PosixFiles files;
    crypto::FileDeviceSecret secret(files, profile + "/device.secret");
    crypto::KeySlots slots(files, secret, profile);
    const std::string words = "measurements only";
    const auto key = must(slots.unlock(crypto::SecretBytes::copy_of(view(words))));
    std::vector<double> opens;
    for (int i = 0; i < 5; ++i) {
        const auto began = wall_seconds();
        auto store = must(client::DeviceStore::open(profile + "/device.db", key));
        must(client::app::use_stored_policy(store));
        opens.push_back((wall_seconds() - began) * 1e3);
    }
    bench.table.add({"unlock without the derivation: store and agreement", "ms", median(opens)});
}

}  // namespace satchel::bench
