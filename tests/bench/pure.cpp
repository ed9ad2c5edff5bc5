// The pure parts alone, by Google Benchmark: no store, no socket.
#include <benchmark/benchmark.h>

#include "crypto/audit.hpp"
#include "crypto/random.hpp"
#include "crypto/signing.hpp"
#include "schema/policy/embedded.hpp"
#include "schema/wire/archive.hpp"
#include "schema/wire/frame.hpp"
#include "sync/core/messages.hpp"
#include "tests/bench/documents.hpp"
#include "tests/bench/measure.hpp"
#include "tests/data/first_bundle.hpp"
#include "tests/unit/sync/core/bench.hpp"

namespace satchel::bench {
namespace {

constexpr std::size_t batch = sync::push_items_max;
constexpr auto author = "probation.practitioner";

const schema::Policy& agreement()
{
    static const auto policy = must(schema::compile_or_fail(schema::embedded_bundle()));
    return policy;
}

// What the first agreement costs, for the same changes: a longer agreement may not slow down what it says nothing of.
const schema::Policy& first_agreement()
{
    return test::first_bundle();
}

schema::Change case_update(const test::CaseBench& desk, const Document& document)
{
    return desk.creates("case_update", "update", {document.begin(), document.end()});
}

schema::Changeset changeset(const test::CaseBench& desk, const Document& document, std::uint64_t number)
{
    schema::Changeset out;
    out.header.case_id = desk.state().id;
    out.header.hat = {"probation", "bench", author};
    out.header.authored_at.ms = 1'770'000'000'000 + static_cast<std::int64_t>(number);
    out.header.policy_version = agreement().version;
    out.link.sequence = number;
    out.changes = {case_update(desk, document)};
    return out;
}

// A case in which somebody's update can be edited.
struct Ruled {
    test::CaseBench desk;
    test::CaseBench::Saved saved;
    sync::Context context;
    explicit Ruled(const schema::Policy& policy) : desk(policy)
    {
        saved = desk.save(author, {{case_update(desk, documents(1).front())}});
        context = {&policy, &policy, &desk.state().facts, {}};
    }
    void ruling_of(benchmark::State& run, const schema::Change& change, const std::string& role)
    {
        const auto& who = desk.person(role);
        schema::Changeset judged;
        judged.header = saved.opened.header;
        judged.header.author = who.credential;
        judged.header.hat = who.hat;
        judged.changes = {change};
        context.author = {who.user, who.credential, {who.hat}, {who.credential}};
        for (auto _ : run)
            benchmark::DoNotOptimize(sync::reconcile(desk.state(), judged, context));
        run.SetItemsProcessed(run.iterations());
    }
};

void new_record_under(const schema::Policy& policy, benchmark::State& run)
{
    Ruled at(policy);
    auto change = case_update(at.desk, documents(2).back());
    change.record = test::number_id<RecordId>(9, 9);
    at.ruling_of(run, change, author);
}
void reconcile_new_record(benchmark::State& run) { new_record_under(agreement(), run); }
void reconcile_new_record_first(benchmark::State& run) { new_record_under(first_agreement(), run); }
BENCHMARK(reconcile_new_record);
BENCHMARK(reconcile_new_record_first);

void edit_under(const schema::Policy& policy, benchmark::State& run)
{
    Ruled at(policy);
    at.ruling_of(run, at.desk.edits(at.saved.record(), "case_update", "update", {{"note", "Called again"}}), author);
}
void reconcile_edit(benchmark::State& run) { edit_under(agreement(), run); }
void reconcile_edit_first(benchmark::State& run) { edit_under(first_agreement(), run); }
BENCHMARK(reconcile_edit);
BENCHMARK(reconcile_edit_first);

void conflict_under(const schema::Policy& policy, benchmark::State& run)
{
    Ruled at(policy);
    auto change = at.desk.edits(at.saved.record(), "case_update", "update", {{"note", "Seen at the office"}});
    at.desk.save(author, {{at.desk.edits(at.saved.record(), "case_update", "update", {{"note", "Called again"}})}});
    at.ruling_of(run, change, "police.offender_manager");
}
void reconcile_conflict(benchmark::State& run) { conflict_under(agreement(), run); }
void reconcile_conflict_first(benchmark::State& run) { conflict_under(first_agreement(), run); }
BENCHMARK(reconcile_conflict);
BENCHMARK(reconcile_conflict_first);

// All that the hub decides about a changeset that it has opened.
void consequences_under(const schema::Policy& policy, benchmark::State& run)
{
    test::CaseBench desk(policy);
    const auto papers = documents(batch);
    std::vector<sync::OpenedChangeset> opened;
    for (const auto& paper : papers)
        opened.push_back(desk.sealed(author, {{case_update(desk, paper)}}));
    std::size_t n = 0;
    for (auto _ : run) {
        if (n % batch == 0) {
            run.PauseTiming();
            desk.state().records.clear();
            run.ResumeTiming();
        }
        benchmark::DoNotOptimize(desk.rule(author, opened[n++ % batch]));
    }
    run.SetItemsProcessed(run.iterations());
}
void fold_and_consequences(benchmark::State& run) { consequences_under(agreement(), run); }
void fold_and_consequences_first(benchmark::State& run) { consequences_under(first_agreement(), run); }
BENCHMARK(fold_and_consequences);
BENCHMARK(fold_and_consequences_first);

// What the system does because of one move, among so many addresses that have ended.
void consequences_of_a_move(benchmark::State& run)
{
    test::CaseBench desk(agreement());
    const auto living = [&](const std::string& lines, const std::map<std::string, std::string>& dates) {
        auto typed = dates;
        typed.insert({{"lines", lines}, {"kind", "main"}});
        return desk.creates("address", "where", typed);
    };
    desk.state().facts["lead_agency"] = "probation";
    desk.save(author, {{living("1 Null Terrace", {{"from", "2019-01-01"}, {"to", "2019-02-01"}})}});
    const auto ended = desk.state().records.begin()->second;
    for (std::uint32_t n = 1; n < run.range(0); ++n) {
        auto copy = ended;
        copy.id = test::number_id<RecordId>(4, n);
        desk.state().records.emplace(copy.id, std::move(copy));
    }
    const auto moved = desk.save(author, {{living("2 Fixture Lane", {{"from", "2026-05-29"}})}});
    const sync::Received received{Instant{1'780'000'000'000}, day_of(Instant{1'780'000'000'000})};
    if (moved.rulings.front().outcome != sync::Outcome::applied || moved.effects.empty())
        return run.SkipWithError(("it is no move: " + moved.rulings.front().rule).c_str());
    for (auto _ : run)
        benchmark::DoNotOptimize(sync::consequences(desk.state(), moved.opened, moved.rulings, agreement(), received));
    run.SetItemsProcessed(run.iterations());
}
BENCHMARK(consequences_of_a_move)->Arg(10)->Arg(1000)->Arg(10000);

void seal_changeset(benchmark::State& run)
{
    const test::CaseBench desk(agreement());
    const auto made = changeset(desk, documents(1).front(), 1);
    const crypto::HmacKey salt_key(Digest{});
    for (auto _ : run)
        benchmark::DoNotOptimize(sync::seal(made, sync::changeset_secret(salt_key, 1)));
    run.SetItemsProcessed(run.iterations());
}
BENCHMARK(seal_changeset);

void open_changeset(benchmark::State& run)
{
    const test::CaseBench desk(agreement());
    const auto sealed = must(sync::seal(changeset(desk, documents(1).front(), 1), {}));
    for (auto _ : run)
        benchmark::DoNotOptimize(sync::open(sealed));
    run.SetItemsProcessed(run.iterations());
}
BENCHMARK(open_changeset);

std::vector<Digest> digests()
{
    std::vector<Digest> out(batch);
    for (std::size_t i = 0; i < batch; ++i)
        out[i][0] = static_cast<std::uint8_t>(i), out[i][1] = static_cast<std::uint8_t>(i >> 8);
    return out;
}

void batch_tree(benchmark::State& run)
{
    const auto leaves = digests();
    for (auto _ : run)
        benchmark::DoNotOptimize(crypto::BatchTree({}, leaves).root());
    run.SetItemsProcessed(run.iterations());
}
BENCHMARK(batch_tree);

void batch_sign(benchmark::State& run)
{
    crypto::SystemRandom random;
    const auto key = crypto::SigningKey::generate(random);
    const Bytes message(80, 1);
    for (auto _ : run)
        benchmark::DoNotOptimize(key.sign(message));
    run.SetItemsProcessed(run.iterations());
}
BENCHMARK(batch_sign);

void batch_verify(benchmark::State& run)
{
    crypto::SystemRandom random;
    const auto key = crypto::SigningKey::generate(random);
    const Bytes message(80, 1);
    const auto signature = key.sign(message);
    const crypto::Verifier verifier(key.public_key());
    for (auto _ : run)
        if (!verifier.verify(message, signature))
            die("a good signature was refused");
    run.SetItemsProcessed(run.iterations());
}
BENCHMARK(batch_verify);

sync::Push push()
{
    const test::CaseBench desk(agreement());
    sync::Push out;
    out.first_sequence = 1;
    std::uint64_t number = 0;
    for (const auto& paper : documents(batch)) {
        auto sealed = must(sync::seal(changeset(desk, paper, ++number), {}));
        out.items.push_back({std::move(sealed.header), std::move(sealed.changes), 1, {}, {}, {}});
    }
    return out;
}

void frame_push(benchmark::State& run)
{
    const auto message = push();
    Bytes out;
    for (auto _ : run) {
        out.clear();
        must(schema::wire::write_frame(out, {3, schema::wire::pack(message)}, schema::wire::in_session));
    }
    run.counters["bytes_each"] = static_cast<double>(out.size()) / batch;
    run.SetItemsProcessed(run.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(frame_push);

void unframe_push(benchmark::State& run)
{
    Bytes wire;
    must(schema::wire::write_frame(wire, {3, schema::wire::pack(push())}, schema::wire::in_session));
    for (auto _ : run) {
        schema::wire::FrameReader reader(schema::wire::in_session);
        reader.feed(wire);
        benchmark::DoNotOptimize(must(schema::wire::unpack<sync::Push>(must(*reader.next()).payload)));
    }
    run.SetItemsProcessed(run.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(unframe_push);

void policy_compile(benchmark::State& run)
{
    for (auto _ : run)
        benchmark::DoNotOptimize(schema::compile(schema::embedded_bundle()));
}
BENCHMARK(policy_compile);

void policy_compile_first(benchmark::State& run)
{
    const auto& files = test::first_bundle_files();
    for (auto _ : run)
        benchmark::DoNotOptimize(schema::compile(files));
}
BENCHMARK(policy_compile_first);

}  // namespace
}  // namespace satchel::bench

BENCHMARK_MAIN();
