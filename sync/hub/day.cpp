#include "sync/hub/day.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "schema/base/mutant.hpp"
#include "sync/hub/service.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

Result<std::vector<CaseNo>> every_case(CentralStore& store)
{
    std::vector<CaseNo> out;
    SATCHEL_TRY(const auto view, store.view());
    const Visit<CaseRow> keep = [&](const CaseRow& row) -> Result<bool> {
        out.push_back(row.no);
        return true;
    };
    SATCHEL_TRYV(view->cases(keep));
    return out;
}

using CaseWork = std::function<Result<std::uint64_t>(Ledger&, HotCase&)>;

// Inside one transaction. Returns how many entries it made.
Result<std::uint64_t> work_on(std::span<const CaseNo> cases, Ledger& ledger, const CaseWork& work)
{
    std::uint64_t made = 0;
    for (const auto no : cases) {
        SATCHEL_TRY(auto* hot, ledger.find_case(no));
        if (!hot)
            continue;
        SATCHEL_TRY(const auto n, work(ledger, *hot));
        made += n;
        SATCHEL_TRYV(ledger.forget_some_in_between());
    }
    return made;
}

std::span<const CaseNo> portion_of(const std::vector<CaseNo>& cases, std::size_t from, std::size_t count)
{
    return std::span(cases).subspan(from, std::min(count, cases.size() - from));
}

}  // namespace

Result<Tick> HubService::begin_tick(Date today) const
{
    Tick out;
    out.today = today;
    out.under = policy();
    if (state_->clocks_looked_at_under != out.under->version)
        out.clocks = all_clocks(*out.under);
    SATCHEL_TRY(out.cases, every_case(state_->parts.store));
    return out;
}

Result<void> HubService::go_on(Tick& tick, std::size_t cases)
{
    const auto portion = portion_of(tick.cases, tick.next, cases);
    bool another_agreement = false;
    std::uint64_t made = 0;
    const auto written = state_->write([&](Ledger& ledger) -> Result<void> {
        another_agreement = &ledger.policy().policy != tick.under.get();
        if (another_agreement || (mutant(Mutant::day_portion_lost) && tick.next > 0))
            return {};
        SATCHEL_TRY(made, work_on(portion, ledger, [&](Ledger& log, HotCase& hot) -> Result<std::uint64_t> {
            // What was saved after midnight stands under the new day already: the one before would take it back.
            const auto on = std::max(tick.today, log.today());
            const auto cause = id_from<VersionId>(crypto::sha256({view("satchel tick/1"), hot.row().id.view(), view(to_string(on))}));
            SATCHEL_TRY(const auto derived, log.derive(hot, on, {}, cause));
            SATCHEL_TRY(const auto moved, log.run_clocks(hot, on, tick.clocks, cause));
            return derived + moved;
        }));
        return {};
    });
    if (!written) {
        const auto& why = written.error();
        if (why.code != Errc::corrupt || portion.empty() || tick.skipped.size() >= skipped_cases_max)
            return tl::unexpected(why);
        if (portion.size() > 1) {
            for (auto left = portion.size(); left > 0; --left)
                SATCHEL_TRYV(go_on(tick, 1));
            return {};
        }
        SATCHEL_TRY(const auto view, state_->parts.store.view());
        SATCHEL_TRY(const auto row, view->case_row(portion.front()));
        tick.skipped.push_back({why.code, "the day's work went on without case " + (row ? to_string(row->id) : std::string("?")) +
                                              ", which cannot be read (" + why.detail + "); run verify", why.where});
        ++tick.next;
    } else if (another_agreement) {
        made = tick.made;
        SATCHEL_TRY(tick, begin_tick(tick.today));
        tick.made = made;
        return {};
    } else {
        tick.made += made;
        tick.next += portion.size();
    }
    if (tick.done() && tick.skipped.empty())
        state_->clocks_looked_at_under = tick.under->version;
    return {};
}

Result<std::uint64_t> HubService::tick(Date today)
{
    SATCHEL_TRY(auto tick, begin_tick(today));
    do
        SATCHEL_TRYV(go_on(tick));
    while (!tick.done());
    return tick.made;
}

void HubService::State::move_clocks()
{
    const auto in_force = policies.in_force();
    const auto& now = in_force->policy;
    // Whatever it changes: whose a task is, and who may know of it, rests on roles and audiences, too.
    const auto clocks = all_clocks(now);
    const auto move = [&](Ledger& log, HotCase& hot) {
        const auto cause = id_from<VersionId>(
            crypto::sha256({view("satchel agreement/1"), hot.row().id.view(), view(std::to_string(now.version))}));
        return log.run_clocks(hot, log.today(), clocks, cause);
    };
    const auto cases = every_case(parts.store);
    bool done = cases.has_value();
    for (std::size_t at = 0; done && at < cases->size(); at += cases_at_once)
        done = write([&](Ledger& log) -> Result<void> {
                   SATCHEL_TRYV(work_on(portion_of(*cases, at, cases_at_once), log, move));
                   return {};
               }).has_value();
    if (done)
        clocks_looked_at_under = now.version;
}

}  // namespace satchel::sync
