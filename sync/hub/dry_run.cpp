#include "sync/hub/dry_run.hpp"

#include <set>

#include "sync/hub/verify_case.hpp"
#include "sync/hub/verify_log.hpp"

namespace satchel::sync {
namespace {

using namespace verifying;

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

// What an author, an owner or a reader would notice. A rule that cites another paragraph is still that rule.
bool same_for_people(const Ruling& a, const Ruling& b)
{
    return std::tie(a.outcome, a.rule, a.decided_by, a.instead, a.protective, a.stands, a.outside_policy) ==
           std::tie(b.outcome, b.rule, b.decided_by, b.instead, b.protective, b.stands, b.outside_policy);
}

class Run {
public:
    Run(CentralView& view, const HubKeys& keys, const schema::Policy& other, const ProgressFn& progress)
        : view_(view), keys_(keys), other_(other), findings_(report_), progress_(progress)
    {
    }

    Result<DryRun> over(std::uint32_t days)
    {
        SATCHEL_TRY(const auto head, view_.head());
        SATCHEL_TRY(const auto newest, view_.entry(head.position));
        if (!newest)
            return fail(Errc::corrupt, "the log has no end");
        out_.since = {newest->received_at.ms - std::int64_t{days} * day_ms};
        SATCHEL_TRY(const auto counts, view_.counts());
        SATCHEL_TRY(const auto log, check_log(view_, keys_, {}, findings_, progress_, 2 * counts.entries));
        SATCHEL_TRY(const auto wanted, cases_since());
        std::uint64_t done = counts.entries;
        for (const auto& [no, logged] : log.cases) {
            if (wanted.contains(no)) {
                SATCHEL_TRYV(replay(log, no));
            }
            done += logged.entries;
            if (progress_)
                progress_(done, 2 * counts.entries);
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
        ++out_.cases;
        CaseReplay replay(log, no, findings_);
        replay.compare_with(other_, [&](const EntryRow& entry, const OpenedChangeset& changeset,
                                        const std::vector<Ruling>& was, const std::vector<Ruling>& would) {
            if (out_.since < entry.received_at)
                compare(entry, changeset, was, would, log.cases.at(no).opened.id);
        });
        const auto read = [&](Position after, const Visit<EntryRow>& visit) { return view_.case_entries(no, after, visit); };
        SATCHEL_TRYV(each_entry(read, [&](const EntryRow& entry) -> Result<void> {
            replay.take(entry);
            return {};
        }));
        replay.end();
        return {};
    }

    void compare(const EntryRow& entry, const OpenedChangeset& changeset, const std::vector<Ruling>& was,
                 const std::vector<Ruling>& would, const CaseId& case_id)
    {
        for (std::size_t i = 0; i < was.size() && i < would.size(); ++i) {
            ++out_.changes;
            if (same_for_people(was[i], would[i]))
                continue;
            ++out_.differ;
            ++out_.counts[{was[i].outcome, was[i].rule, would[i].outcome, would[i].rule}];
            if (out_.differences.size() >= dry_run_listed_max)
                continue;
            const auto& change = changeset.changes[i];
            const auto* type = other_.type(change.type);
            const auto* group = type ? type->group(change.group) : nullptr;
            out_.differences.push_back({entry.position, case_id, change.record, type ? type->name : "",
                                        group ? group->name : "", changeset.header.hat.role, was[i], would[i]});
        }
    }

    CentralView& view_;
    const HubKeys& keys_;
    const schema::Policy& other_;
    VerifyReport report_;
    Findings findings_;
    const ProgressFn& progress_;
    DryRun out_;
};

}  // namespace

Result<DryRun> dry_run(CentralView& view, const HubKeys& keys, const schema::Policy& other, std::uint32_t days,
                       const ProgressFn& progress)
{
    if (days == 0 || days > dry_run_days_max)
        return fail(Errc::invalid_argument, "days: from 1 to " + std::to_string(dry_run_days_max));
    return Run(view, keys, other, progress).over(days);
}

}  // namespace satchel::sync
