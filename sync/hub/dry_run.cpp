#include "sync/hub/dry_run.hpp"

#include <array>
#include <set>

#include "sync/hub/other_history.hpp"

namespace satchel::sync {
namespace {

using namespace verifying;

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
constexpr std::uint64_t entries_between_reports = 256;

class Run {
public:
    Run(CentralView& view, const HubKeys& keys, const BothAgreements& agreements, const ProgressFn& progress)
        : view_(view), keys_(keys), agreements_(agreements), findings_(report_), progress_(progress)
    {
    }

    Result<DryRun> over(std::uint32_t days)
    {
        SATCHEL_TRY(const auto head, view_.head());
        SATCHEL_TRY(const auto newest, view_.entry(head.position));
        if (!newest)
            return fail(Errc::corrupt, "the log has no end");
        now_ = newest->received_at;
        out_.since = {now_.ms - std::int64_t{days} * day_ms};
        SATCHEL_TRY(const auto counts, view_.counts());
        total_ = 2 * counts.entries;
        SATCHEL_TRY(const auto log, check_log(view_, keys_, {}, findings_, progress_, total_));
        SATCHEL_TRY(const auto written_in, cases_since());
        out_.cases = written_in.size();
        const bool every_case = agreements_.other_clocks || agreements_.other_facts;
        done_ = counts.entries;
        for (const auto& [no, logged] : log.cases) {
            const auto before = done_;
            if (every_case || written_in.contains(no)) {
                SATCHEL_TRYV(replay(log, no));
            }
            done_ = before + logged.entries;
            report();
        }
        out_.whole_history = report_.ok();
        return std::move(out_);
    }

private:
    Result<std::set<CaseNo>> cases_since()
    {
        std::set<CaseNo> out;
        const auto read = [&](Position after, const Visit<EntryRow>& visit) { return view_.entries(after, visit); };
        SATCHEL_TRYV(each_entry(read, [&](const EntryRow& entry) -> Result<void> {
            if (entry.kind == EntryKind::changeset && out_.since < entry.received_at)
                out.insert(entry.case_no);
            return {};
        }));
        return out;
    }

    Result<void> replay(const LogState& log, CaseNo no)
    {
        OtherHistory other(agreements_, log.cases.at(no).opened.id, out_.since, out_);
        CaseReplay replay(log, no, findings_);
        replay.run_beside(other);
        const auto read = [&](Position after, const Visit<EntryRow>& visit) { return view_.case_entries(no, after, visit); };
        SATCHEL_TRYV(each_entry(read, [&](const EntryRow& entry) -> Result<void> {
            replay.take(entry);
            if (++done_ % entries_between_reports == 0)
                report();
            return {};
        }));
        replay.end();
        other.end(replay, now_);
        return {};
    }

    void report() const
    {
        if (progress_)
            progress_(std::min(done_, total_), total_);
    }

    CentralView& view_;
    const HubKeys& keys_;
    const BothAgreements& agreements_;
    VerifyReport report_;
    Findings findings_;
    const ProgressFn& progress_;
    Instant now_;
    std::uint64_t done_ = 0, total_ = 0;
    DryRun out_;
};

}  // namespace

std::string_view name(ConsequenceBoth::What what) noexcept
{
    static constexpr std::array<std::string_view, 6> names{"task", "task_due", "task_over", "value", "mark", "fact"};
    return names[static_cast<std::size_t>(what)];
}

Result<DryRun> dry_run(CentralView& view, const HubKeys& keys, const schema::Policy& in_force, const schema::Policy& other,
                       std::uint32_t days, const ProgressFn& progress)
{
    if (days == 0 || days > dry_run_days_max)
        return fail(Errc::invalid_argument, "days: from 1 to " + std::to_string(dry_run_days_max));
    const BothAgreements agreements(in_force, other);
    return Run(view, keys, agreements, progress).over(days);
}

}  // namespace satchel::sync
