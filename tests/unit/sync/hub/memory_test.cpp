// What the hub keeps in memory of the cases it worked on is bounded, however long it lives and whatever is in them.
#include <functional>

#include <gtest/gtest.h>

#include "tests/unit/schema/wire/allocation_meter.hpp"
#include "tests/unit/sync/core/reacting.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

class MemoryOfAState : public Reacting {};

TEST_F(MemoryOfAState, IsAboutWhatItsAllocationsTake)
{
    const auto long_text = std::string(400, 'x');
    std::map<RecordId, RecordState> all;
    const auto before = allocated_now();
    std::size_t said = 0;
    for (std::uint32_t n = 1; n <= 500; ++n) {
        auto record = has(n, "address", "where", "probation");
        state.records.clear();
        auto& group = record.groups.front();
        group.current.values = values("address", {{"lines", long_text}, {"from", "2019-05-01"}});
        // A record that is edited by others all the time is one record: what waits in it counts.
        for (std::uint32_t i = 0; i < n % 40; ++i) {
            OpenItem item;
            item.side = group.current;
            item.decided_by = "lead_agency";
            group.open.push_back(std::move(item));
        }
        const auto id = record.id;
        said += memory_of(all.emplace(id, std::move(record)).first->second);
    }
    const auto taken = allocated_now() - before;
    EXPECT_GT(said, taken * 3 / 4);
    EXPECT_LT(said, taken * 5 / 4);
}

// 300 cases of 20 records, each edited: some twelve megabytes, of which one may stay.
TEST(MemoryOfTheHub, OfCasesItKeepsOnlyAsMuchAsItMay)
{
    HubWorld w;
    const auto lines_of = [](std::size_t n) {
        std::vector<std::string> out;
        const auto label = "C" + std::to_string(n);
        out.push_back(R"({"v":1,"kind":"case","key":")" + label + "\"}");
        for (int i = 0; i < 20; ++i)
            out.push_back(R"({"v":1,"kind":"record","case":")" + label + R"(","key":"r)" + std::to_string(i) +
                          R"(","type":"address","agency":"police","role":"police.offender_manager","fields":{"lines":")" +
                          std::string(500, 'x') + R"(","from":"2026-05-01"}})");
        return out;
    };
    const auto grown_by = [&](std::size_t hot_bytes) {
        auto parts = w.parts();
        parts.hot_bytes = hot_bytes;
        const auto hub = must(HubService::open(parts));
        static std::size_t n = 0;
        const auto before = allocated_now();
        for (int i = 0; i < 300; ++i) {
            const auto lines = lines_of(++n);
            std::size_t at = 0;
            must(hub->import(
                [&]() -> Result<std::optional<std::string>> { return at < lines.size() ? std::optional(lines[at++]) : std::nullopt; },
                false));
        }
        return allocated_now() - before;
    };
    constexpr std::size_t mib = 1u << 20;
    EXPECT_GT(grown_by(64 * mib), 6 * mib) << "this test can fail";
    EXPECT_LT(grown_by(mib), 2 * mib);
}

// To a hub beside the world's own.
CommitJob push_of(HubWorld& w, HubService& hub, Device& device)
{
    return hub.push_job(must(hub.prepare(must(w.admit(device)), schema::wire::pack(w.packed(device)))),
                        [&](const Result<Receipt>& receipt) { HubWorld::keep(device, must(Result<Receipt>(receipt))); });
}

void push(HubWorld& w, HubService& hub, Device& device)
{
    std::vector<CommitJob> jobs;
    jobs.push_back(push_of(w, hub, device));
    hub.commit(std::move(jobs));
}

// The most that was in use while it went on, beside what was before.
std::size_t most_in(const std::function<void()>& work)
{
    const auto before = allocated_now();
    reset_peak();
    work();
    return allocated_peak() - before;
}

// Twenty cases, each with a flag that was raised three hundred times, and a device at work on it.
struct LongFlags {
    LongFlags()
    {
        const auto police = w.user("Invented Police", "police.offender_manager");
        for (int i = 0; i < 20; ++i) {
            const auto id = must(w.service().add_case("C" + std::to_string(i)));
            must(w.service().assign(id, {AssignmentRow::Subject::user, to_string(police)}));
            auto device = w.enrol(police, "police.offender_manager", "Laptop " + std::to_string(i));
            w.pull(device);
            const auto record = w.save(device, id, {w.creates(id, "flag", "raises", {{"why", "Calm dog"}})}).changes[0].record;
            for (int n = 0; n < 300; ++n)
                w.save(device, id, {w.edits(id, record, "flag", "raises", {{"why", std::to_string(n) + std::string(500, 'x')}})});
            w.push(device);
            flags.push_back({std::move(device), id, record});
        }
    }
    [[nodiscard]] std::unique_ptr<HubService> hub(std::size_t hot_bytes)
    {
        auto parts = w.parts();
        parts.hot_bytes = hot_bytes;
        return must(HubService::open(parts));
    }
    struct Flag {
        Device device;
        CaseId case_id;
        RecordId record;
    };
    void save(Flag& flag)
    {
        w.save(flag.device, flag.case_id, {w.edits(flag.case_id, flag.record, "flag", "raises", {{"why", "Another dog"}})});
    }

    HubWorld w;
    std::vector<Flag> flags;
};

// A hub came to 316 MiB in half an hour: a record with hundreds of parts counted as one row when it was read again.
TEST(MemoryOfTheHub, ARecordReadAgainCountsWithAllThatIsInIt)
{
    LongFlags f;
    const auto grown_by = [&](std::size_t hot_bytes) {
        const auto hub = f.hub(hot_bytes);
        const auto before = allocated_now();
        for (auto& flag : f.flags) {
            f.save(flag);
            push(f.w, *hub, flag.device);
        }
        return allocated_now() - before;
    };
    constexpr std::size_t mib = 1u << 20;
    EXPECT_GT(grown_by(64 * mib), 3 * mib) << "this test can fail";
    EXPECT_LT(grown_by(mib), mib * 3 / 2);
}

// A hub came to 254 MiB: sixteen devices with long backlogs push together, each to other cases, and all of these were kept until the
// commit.
TEST(MemoryOfTheHub, OfCasesThatOneCommitTouchesItKeepsOnlyAsMuchAsItMay)
{
    LongFlags f;
    const auto most_in_a_commit = [&](std::size_t hot_bytes) {
        const auto hub = f.hub(hot_bytes);
        std::vector<CommitJob> jobs;
        std::size_t most = 0;
        for (auto& flag : f.flags) {
            f.save(flag);
            jobs.push_back(push_of(f.w, *hub, flag.device));
            jobs.push_back({[&](Ledger&) -> Result<void> {
                                most = std::max(most, allocated_now());
                                return {};
                            },
                            [](const Result<Head>&) {}});
        }
        const auto before = allocated_now();
        hub->commit(std::move(jobs));
        return most - before;
    };
    constexpr std::size_t mib = 1u << 20;
    EXPECT_GT(most_in_a_commit(64 * mib), 3 * mib) << "this test can fail";
    EXPECT_LT(most_in_a_commit(mib), mib * 3 / 2);
}

// A hub came to 336 MiB: one push of a device that had been away touched all its cases, and each of these was read whole.
TEST(MemoryOfTheHub, OfCasesThatOnePushTouchesItKeepsTwiceAsMuchAtMost)
{
    LongFlags f;
    const auto police = f.w.user("Invented Traveller", "police.offender_manager");
    for (const auto& flag : f.flags)
        must(f.w.service().assign(flag.case_id, {AssignmentRow::Subject::user, to_string(police)}));
    auto device = f.w.enrol(police, "police.offender_manager", "Laptop of all");
    f.w.pull(device);
    const auto most_in_a_push = [&](std::size_t hot_bytes) {
        const auto hub = f.hub(hot_bytes);
        for (const auto& flag : f.flags)
            f.w.save(device, flag.case_id, {f.w.edits(flag.case_id, flag.record, "flag", "raises", {{"why", "Another dog"}})});
        std::vector<CommitJob> jobs;
        jobs.push_back(push_of(f.w, *hub, device));
        return most_in([&] { hub->commit(std::move(jobs)); });
    };
    constexpr std::size_t mib = 1u << 20;
    EXPECT_GT(most_in_a_push(64 * mib), 4 * mib) << "this test can fail";
    EXPECT_LT(most_in_a_push(mib), 3 * mib);
}

// Each change in a case that takes more than all may would have read it anew.
TEST(MemoryOfTheHub, TheCaseUsedLastStaysHoweverMuchItTakes)
{
    LongFlags f;
    const auto asked_for_in_a_push = [&](std::size_t hot_bytes) {
        const auto hub = f.hub(hot_bytes);
        for (int i = 0; i < 50; ++i)
            f.save(f.flags.front());
        std::vector<CommitJob> jobs;
        jobs.push_back(push_of(f.w, *hub, f.flags.front().device));
        const auto before = allocated_ever();
        hub->commit(std::move(jobs));
        return allocated_ever() - before;
    };
    asked_for_in_a_push(64 << 20);
    const auto with_room = asked_for_in_a_push(64 << 20);
    EXPECT_LT(asked_for_in_a_push(1024), with_room * 3 / 2);
}

// A hub was silent for more than a minute, and devices gave it up: three cases of ten thousand contacts were more than it keeps,
// and for each contact of a push all others of its case were read again, for a clock that the first one attended starts.
TEST(MemoryOfTheHub, TheCommonRecordIsRuledOnWithoutReadingTheOthersOfItsKind)
{
    std::string text(small_policy_text);
    text += R"(
[record.attendance]
title = "Attendance"
refs = ["L1-177"]
create = "case_agencies"
audience = "case_agencies"
[record.attendance.group.came]
fields = { came_on = "date", came = ["yes", "no"], said = "text" }
owner = "case_agencies"
merge = "manual"
[[deadline]]
id = "after-the-first"
starts = { field = "attendance.came_on", when = { field.came = ["yes"] } }
within = "15 days"
one_per_case = true
role = "lead_agency/case_manager"
task = "Assess"
refs = ["L1-177"]
)";
    HubWorld w(11, {}, {{"small.toml", text}});
    const auto police = w.user("Invented Police", "police.offender_manager");
    auto device = w.enrol(police, "police.offender_manager");
    std::vector<CaseId> cases;
    for (int i = 0; i < 2; ++i) {
        cases.push_back(must(w.service().add_case("C" + std::to_string(i))));
        must(w.service().assign(cases.back(), {AssignmentRow::Subject::user, to_string(police)}));
    }
    w.pull(device);
    const auto attends = [&](const CaseId& id, const std::string& came) {
        w.save(device, id, {w.creates(id, "attendance", "came",
                                      {{"came_on", "2026-05-01"}, {"came", came}, {"said", std::string(500, 'x')}})});
    };
    for (int n = 0; n < 300; ++n)
        attends(cases[n % 2], "no");
    w.push(device);
    auto parts = w.parts();
    parts.hot_bytes = 1;  // of two cases in turn each is forgotten when the other is used
    const auto hub = must(HubService::open(parts));
    const auto asked_for_by = [&](const std::string& came) {
        for (int n = 0; n < 20; ++n)
            attends(cases[n % 2], came);
        const auto before = allocated_ever();
        push(w, *hub, device);
        return allocated_ever() - before;
    };
    asked_for_by("no");
    const auto common = asked_for_by("no");
    EXPECT_GT(asked_for_by("yes"), 4 * common);
}

// A hub that had just started came to 211 MiB by itself: a day's portion is fifty cases.
TEST(MemoryOfTheHub, OfTheCasesOfADaysPortionItKeepsTwiceAsMuchAtMost)
{
    HubWorld w;
    std::vector<std::string> lines;
    for (int i = 0; i < 20; ++i) {
        const auto label = "C" + std::to_string(i);
        lines.push_back(R"({"v":1,"kind":"case","key":")" + label + "\"}");
        for (int n = 0; n < 300; ++n)
            lines.push_back(R"({"v":1,"kind":"record","case":")" + label + R"(","key":"s)" + std::to_string(n) +
                            R"(","type":"supervision","agency":"probation","role":"probation.practitioner",)" +
                            R"("fields":{"agency":"probation","from":"2026-05-01"}})");
    }
    std::size_t at = 0;
    must(w.service().import([&]() -> Result<std::optional<std::string>> { return at < lines.size() ? std::optional(lines[at++]) : std::nullopt; },
                            false));
    const auto most_in_a_day = [&](std::size_t hot_bytes) {
        auto parts = w.parts();
        parts.hot_bytes = hot_bytes;
        const auto hub = must(HubService::open(parts));
        return most_in([&] { must(hub->tick(schema::day_in_england(w.clock.now()))); });
    };
    constexpr std::size_t mib = 1u << 20;
    EXPECT_GT(most_in_a_day(64 * mib), 4 * mib) << "this test can fail";
    EXPECT_LT(most_in_a_day(mib), 3 * mib);
}

// Twelve thousand long notes would have been 360 MB before anything was weighed.
TEST(MemoryOfTheHub, WhatIsWrittenCountsWithItsWords)
{
    HubWorld w;
    const auto police = w.user("Invented Police", "police.offender_manager");
    auto device = w.enrol(police, "police.offender_manager");
    const auto id = must(w.service().add_case("C1"));
    const auto other = must(w.service().add_case("C2"));
    must(w.service().assign(id, {AssignmentRow::Subject::user, to_string(police)}));
    must(w.service().assign(other, {AssignmentRow::Subject::user, to_string(police)}));
    w.pull(device);
    const auto grown_by = [&](std::size_t hot_bytes) {
        auto parts = w.parts();
        parts.hot_bytes = hot_bytes;
        const auto hub = must(HubService::open(parts));
        const auto before = allocated_now();
        for (int i = 0; i < 150; ++i) {
            const auto& where = i % 2 == 0 ? id : other;
            w.save(device, where, {w.creates(where, "note", "what", {{"text", std::to_string(i) + std::string(32'000, 'x')}})});
            push(w, *hub, device);
        }
        return allocated_now() - before;
    };
    constexpr std::size_t mib = 1u << 20;
    EXPECT_GT(grown_by(64 * mib), 4 * mib) << "this test can fail";
    EXPECT_LT(grown_by(2 * mib), 3 * mib);
}

// Is asked for an id for each case of an import, when it is opened and when what follows from it is worked out.
class Watching final : public Random {
public:
    explicit Watching(Random& random) : random_(random) {}
    void fill(std::span<std::uint8_t> out) override
    {
        most = std::max(most, allocated_now());
        random_.fill(out);
    }
    std::size_t most = 0;

private:
    Random& random_;
};

// What follows from an import looks at every case, and writes next to nothing where there is little in it.
TEST(MemoryOfTheHub, AnImportOfManySmallCasesHoldsFewOfThemAtATime)
{
    HubWorld w;
    const auto most_with = [&](std::size_t hot_bytes, const std::string& prefix) {
        auto own = w.parts();
        Watching watching(own.random);
        const HubParts parts{own.store, own.keys, own.clock, watching, own.keeper, hot_bytes};
        const auto hub = must(HubService::open(parts));
        const auto before = allocated_now();
        std::size_t at = 0;
        must(hub->import(
            [&]() -> Result<std::optional<std::string>> {
                return at < 4000 ? std::optional(R"({"v":1,"kind":"case","key":")" + prefix + std::to_string(at++) + "\"}") : std::nullopt;
            },
            false));
        return watching.most - before;
    };
    const auto all = most_with(64u << 20, "F");
    const auto few = most_with(1u << 19, "B");
    EXPECT_LT(few, all * 2 / 3) << "the importer's own table of cases is the rest";
}

}  // namespace
}  // namespace satchel::test
