// How fast work moves between a device and a durable hub: over real sockets and mutual TLS, ruled, audited and
// receipted; then to a fresh device, verified and applied. Beside it, in the same run, what the encrypted store alone
// can take of the same bytes.
//
//   sync_bench [FOLDER] [CHANGESETS] [ROUNDS]      FOLDER on the disk to be measured
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <sys/resource.h>

#include "client/engine/runner.hpp"
#include "client/store/compose.hpp"
#include "crypto/files.hpp"
#include "crypto/random.hpp"
#include "crypto/vault/database.hpp"
#include "schema/policy/embedded.hpp"
#include "sync/core/bundle.hpp"
#include "sync/hub/home.hpp"
#include "sync/hub/server.hpp"
#include "sync/hub/session.hpp"
#include "tests/bench/documents.hpp"

namespace satchel::bench {
namespace {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;
using client::DeviceStore;

constexpr std::size_t cases = 10;
constexpr std::size_t saved_at_once = 500;
constexpr auto role = "probation.practitioner";

template <class T>
T must(Result<T> result)
{
    if (!result) {
        std::fprintf(stderr, "%s: %s\n", std::string(name(result.error().code)).c_str(), result.error().detail.c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

class RealClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override
    {
        using namespace std::chrono;
        return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
    }
};

double seconds(steady::duration took)
{
    return std::chrono::duration<double>(took).count();
}

double load()
{
    double one = 0;
    return ::getloadavg(&one, 1) == 1 ? one : -1;
}

// Of the whole process, device and hub: what it costs however busy the machine is with other things.
double cpu_seconds()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

struct Mark {
    steady::time_point at = steady::now();
    double cpu = cpu_seconds();
};

void tell(const char* what, std::size_t count, const Mark& from, const Mark& to = {})
{
    const auto took = seconds(to.at - from.at);
    const auto n = static_cast<double>(count);
    std::printf("  %-60s %8.0f /s   %.3f s, %5.1f us of processor each, load %.2f\n", what, n / took, took,
                (to.cpu - from.cpu) * 1e6 / n, load());
    std::fflush(stdout);
}

// When each phase of a session began and was last heard of.
class Phases final : public client::SessionWatch {
public:
    void at(std::string_view phase, std::uint64_t, std::uint64_t) override
    {
        const Mark now;
        auto& span = spans_.try_emplace(std::string(phase), now, now).first->second;
        span.second = now;
    }
    [[nodiscard]] const Mark& begin(const std::string& phase) const { return spans_.at(phase).first; }
    [[nodiscard]] const Mark& end(const std::string& phase) const { return spans_.at(phase).second; }

private:
    std::map<std::string, std::pair<Mark, Mark>> spans_;
};

class Bench {
public:
    Bench(const fs::path& folder, std::size_t count) : folder_(folder), count_(count)
    {
        fs::create_directories(folder_ / "hub");
        crypto::SecretBytes passphrase(16);
        const sync::HubPorts ports{files_, clock_, random_, {}};
        const auto hub = (folder_ / "hub").string();
        must(sync::HubHome::create(hub, "Benchshire", schema::embedded_bundle(), passphrase, crypto::KdfParams::floor(),
                                   ports));
        home_ = must(sync::HubHome::open(hub, passphrase, ports));
        auto& service = home_->service();
        user_ = must(service.add_user({"Bench Placeholder", {{"probation", "bench", role}}, "enhanced"}));
        for (std::size_t i = 0; i < cases; ++i) {
            ids_.push_back(must(service.add_case("B" + std::to_string(i))));
            must(service.assign(ids_.back(), {sync::AssignmentRow::Subject::user, to_string(user_)}));
        }
        const auto make = [&service](crypto::TlsProtocol protocol, sync::Committer& committer,
                                     const std::shared_ptr<sync::Mailbox>& mailbox) {
            return sync::make_hub_machine(service, protocol, committer, mailbox);
        };
        server_ = must(sync::HubServer::open(service, home_->keys(), clock_, make));
        thread_ = std::thread([this] { server_->run(); });
    }
    ~Bench()
    {
        server_->stop();
        thread_.join();
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    void run()
    {
        auto writer = device("writer");
        synchronise(*writer, nullptr);
        const Mark saving;
        save(*writer);
        tell("saved on the device: composed, forecast, chained", count_, saving);

        const auto commits = server_->counts().commits;
        Phases pushed;
        const Mark began;
        synchronise(*writer, &pushed);
        const Mark ended;
        const auto transactions = server_->counts().commits - commits;
        tell("PUSH: read, signed, sent, ruled, audited, receipted", count_, pushed.begin("sending"),
             pushed.begin("receiving"));
        tell("the whole session with TLS, and the rulings back", count_, began, ended);

        auto reader = device("reader");
        Phases pulled;
        const Mark start;
        synchronise(*reader, &pulled);
        const Mark whole;
        tell("PULL: sent, verified, applied", count_, pulled.begin("receiving"), pulled.end("receiving"));
        tell("the whole session with TLS, and the search index", count_, start, whole);
        std::printf("  commits at the hub during the push session: %llu\n",
                    static_cast<unsigned long long>(transactions));
        check(*reader);
        raw_limit("store alone, as the hub opens it: one row of the same bytes", crypto::OpenMode::writer_shared,
                  64u << 20);
        raw_limit("store alone, as a device opens it: one row of the same bytes", crypto::OpenMode::writer_exclusive,
                  8u << 20);
    }

private:
    std::unique_ptr<DeviceStore> device(const std::string& as)
    {
        const auto slip = must(home_->service().create_enrolment(user_, std::chrono::minutes(15), server_->address()));
        const auto enrolled = must(client::enrol(slip, as, clock_, random_, {}));
        const auto key = crypto::SecretBytes::random(random_, crypto::store_key_bytes);
        auto store = std::make_unique<DeviceStore>(must(DeviceStore::create(
            (folder_ / (as + ".db")).string(), key, enrolled.identity, enrolled.chain, enrolled.policy)));
        store->use_policy(std::make_shared<const schema::Policy>(
            must(sync::open_policy(enrolled.policy, enrolled.identity.receipt_key))));
        return store;
    }

    void synchronise(DeviceStore& store, client::SessionWatch* watch)
    {
        const auto report = must(client::synchronise({store, clock_, random_, watch}, {}));
        if (!report.complete) {
            std::fprintf(stderr, "not complete: %s\n", report.error ? report.error->detail.c_str() : "no reason");
            std::exit(1);
        }
    }

    void save(DeviceStore& store)
    {
        const auto& policy = store.policy();
        const auto& type = *policy.type(std::string_view("case_update"));
        std::vector<client::Draft> drafts;
        std::size_t n = 0;
        for (const auto& document : documents(count_, 42)) {
            std::vector<client::Typed> typed;
            for (const auto& [field, value] : document)
                typed.push_back({client::Typed::How::set, field, value});
            const auto& case_id = ids_[n * cases / count_];
            const client::Canvas canvas{policy, type, case_id, store.identity().credential, nullptr, nullptr, {}, {}};
            client::Draft draft;
            draft.case_id = case_id;
            draft.hat = store.identity().hats.front();
            draft.authored_at = Instant{clock_.now().ms + static_cast<std::int64_t>(n)};
            draft.parts = must(client::compose(canvas, typed));
            drafts.push_back(std::move(draft));
            if (++n % saved_at_once == 0 || n == count_) {
                must(store.save_all(drafts));
                drafts.clear();
            }
        }
    }

    void check(DeviceStore& reader)
    {
        const auto counts = must(home_->service().status()).counts;
        const auto health = must(reader.health());
        std::printf("  at the hub: %llu changesets, %llu effects; on the fresh device: %llu records\n",
                    static_cast<unsigned long long>(counts.changesets), static_cast<unsigned long long>(counts.effects),
                    static_cast<unsigned long long>(health.records));
        if (counts.changesets != count_ || health.records != count_)
            must(Result<void>(fail(Errc::bug, "something was lost")));
    }

    // The bodies of the entries as the hub keeps them, in transactions of as many as a push holds.
    void raw_limit(const char* what, crypto::OpenMode mode, std::size_t cache)
    {
        std::vector<Bytes> bodies;
        const auto view = must(home_->store().view());
        const sync::Visit<sync::EntryRow> keep = [&](const sync::EntryRow& entry) -> Result<bool> {
            if (entry.kind == sync::EntryKind::changeset)
                bodies.push_back(entry.body);
            return true;
        };
        must(view->entries(sync::Position{}, keep));
        const auto path = (folder_ / ("raw" + std::to_string(static_cast<int>(mode)) + ".db")).string();
        crypto::OpenOptions options;
        options.mode = mode;
        options.create = true;
        options.cache_bytes = cache;
        const auto key = crypto::SecretBytes::random(random_, crypto::store_key_bytes);
        auto db = must(crypto::Database::open(path, key, options));
        must(db.exec_script("CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"));
        const Mark began;
        for (std::size_t i = 0; i < bodies.size();) {
            auto transaction = must(crypto::Transaction::begin(db));
            for (const auto end = std::min(i + sync::push_items_max, bodies.size()); i < end; ++i)
                must(db.run("INSERT INTO t(id, body) VALUES(?, ?)", static_cast<std::int64_t>(i), bodies[i]));
            must(transaction.commit());
        }
        tell(what, bodies.size(), began);
    }

    const fs::path folder_;
    const std::size_t count_;
    crypto::PosixFiles files_;
    RealClock clock_;
    crypto::SystemRandom random_;
    std::unique_ptr<sync::HubHome> home_;
    UserId user_;
    std::vector<CaseId> ids_;
    std::unique_ptr<sync::HubServer> server_;
    std::thread thread_;
};

}  // namespace
}  // namespace satchel::bench

int main(int argc, char** argv)
{
    namespace fs = std::filesystem;
    const fs::path under = argc > 1 ? argv[1] : fs::temp_directory_path().c_str();
    const auto count = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 10'000;
    const auto rounds = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 3;
    if (count == 0 || count > 1'000'000 || rounds == 0) {
        std::fprintf(stderr, "sync_bench [FOLDER] [CHANGESETS] [ROUNDS]\n");
        return 2;
    }
    std::printf("%lu changesets, %u processors, load %.2f before\n", count, std::thread::hardware_concurrency(),
                satchel::bench::load());
    for (unsigned long round = 1; round <= rounds; ++round) {
        auto pattern = (under / "satchel-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            std::perror("mkdtemp");
            return 1;
        }
        std::printf("round %lu\n", round);
        satchel::bench::Bench(pattern, count).run();
        fs::remove_all(pattern);
    }
    return 0;
}
