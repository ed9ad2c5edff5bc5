// A caseload to import, into the real hub over its real store, on a disk in memory. What comes in is exported and comes
// in again as the same.
#include <algorithm>
#include <cctype>

#include "crypto/vault/database.hpp"
#include "schema/policy/compile.hpp"
#include "schema/policy/embedded.hpp"
#include "sync/central/sqlcipher_central.hpp"
#include "sync/console/json.hpp"
#include "sync/hub/service.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/unit/crypto/fixed_random.hpp"

namespace satchel::fuzz {
namespace {

using namespace sync;

class FixedClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return Instant{1'780'000'000'000}; }
};

template <class T>
T must(Result<T> result)
{
    promise(result.has_value(), result ? "" : result.error().detail.c_str());
    return *std::move(result);
}

using Lines = std::vector<std::string>;

std::vector<std::string> agencies()
{
    std::vector<std::string> out;
    for (const auto& agency : must(schema::compile_or_fail(schema::embedded_bundle())).agencies)
        out.push_back(agency.name);
    return out;
}

class Hub {
public:
    Hub()
        : keys_(must(make_hub_keys(agencies(), "Testshire", clock_.now(), random_)))
    {
        open(/*create=*/true);
        const auto ready = HubService::initialise(parts(), "Testshire", schema::embedded_bundle());
        promise(ready.has_value(), ready ? "" : ready.error().detail.c_str());
        close();
        empty_ = disk_.copy();
        open(/*create=*/false);
        service_ = must(HubService::open(parts()));
    }
    ~Hub() { close(); }
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    Result<ImportCounts> import(const Lines& lines, bool dry_run)
    {
        std::size_t at = 0;
        return service_->import(
            [&]() -> Result<std::optional<std::string>> {
                return at < lines.size() ? std::optional(lines[at++]) : std::nullopt;
            },
            dry_run);
    }
    Lines exported() const
    {
        Lines out;
        const auto done = service_->export_cases(std::nullopt, [&](std::string_view line) -> Result<void> {
            out.emplace_back(line);
            return {};
        });
        promise(done.has_value(), "what was imported can be exported");
        return out;
    }
    void empty()
    {
        close();
        disk_.put_back(empty_);
        open(/*create=*/false);
        service_ = must(HubService::open(parts()));
    }

private:
    HubParts parts() { return {*store_, keys_, clock_, random_}; }
    void open(bool create)
    {
        crypto::SecretBytes key(crypto::store_key_bytes);
        std::fill(key.writable().begin(), key.writable().end(), std::uint8_t{7});
        SqlcipherCentralOptions options;
        options.create = create;
        options.vfs = disk_.name();
        store_ = must(open_sqlcipher_central("hub.db", key, options));
    }
    void close()
    {
        service_.reset();
        store_.reset();
    }

    simulation::Disk disk_{"fuzz"};
    simulation::Disk::Copy empty_;
    FixedClock clock_;
    FakeRandom random_{11};
    HubKeys keys_;
    std::unique_ptr<CentralStore> store_;
    std::unique_ptr<HubService> service_;
};

Lines lines_of(std::string_view rest)
{
    Lines out;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        out.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return out;
}

// Lines in which each id of a record is the same, and in no order: ids are new with every import, and order follows them.
Lines without_ids(Lines lines)
{
    for (auto& line : lines) {
        for (std::size_t at = 0, run = 0; at < line.size(); ++at) {
            run = std::islower(static_cast<unsigned char>(line[at])) || (line[at] >= '2' && line[at] <= '7') ? run + 1 : 0;
            if (run == 26 && at >= 26 && (line[at - 26] == '"' || line[at - 26] == '@'))
                std::fill_n(line.begin() + static_cast<std::ptrdiff_t>(at - 25), 26, '-');
        }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace

void run(ByteView input)
{
    static Hub hub;
    const bool round_trip = choice(input, 4) == 1;
    const auto lines = lines_of(text(input));
    // The command looks for keys given twice before the service sees a line.
    for (const auto& line : lines)
        if (!line.empty() && !console::parse_json(line, {1u << 20, 8}))
            return;
    const auto checked = hub.import(lines, /*dry_run=*/true);
    if (!checked || !round_trip)
        return;
    const auto first = hub.import(lines, /*dry_run=*/false);
    promise(first && first->records == checked->records && first->values == checked->values,
            "what a dry run takes is taken");
    const auto once = hub.exported();
    hub.empty();
    const auto second = hub.import(once, /*dry_run=*/false);
    promise(second && second->cases == first->cases && second->records == first->records,
            "what was exported can be imported");
    promise(without_ids(hub.exported()) == without_ids(once), "what was exported comes in again as the same");
    hub.empty();
}

}  // namespace satchel::fuzz
