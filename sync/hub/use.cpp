// How far the hub is used, by agency: whether people have devices and write, never what or how well.
#include <set>

#include "schema/policy/calendar.hpp"
#include "sync/hub/access.hpp"
#include "sync/hub/reports.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

// The last entry received before this moment, found by halving: entries stand in the order in which they were received. Where
// the clock was set back, those around that moment may be missed or counted with the wrong day.
Result<Position> before(CentralView& view, Instant moment)
{
    SATCHEL_TRY(const auto head, view.head());
    auto low = std::int64_t{0}, high = raw(head.position);
    while (low < high) {
        const auto middle = low + (high - low + 1) / 2;
        SATCHEL_TRY(const auto entry, view.entry(Position{middle}));
        if (!entry)
            return fail(Errc::corrupt, "the log has a gap");
        if (entry->received_at < moment)
            low = middle;
        else
            high = middle - 1;
    }
    return Position{low};
}

struct Seen {
    std::set<UserId> users, with_device, wrote;
    std::set<CaseNo> cases;
    std::uint64_t changes = 0;
    Instant last;
};

}  // namespace

Result<std::vector<AgencyUse>> HubService::use(const FiguresOrder& order) const
{
    const auto in_force = policy();
    if (!in_force->figures)
        return fail(Errc::refused, "the agreement in force does not say what an area is");
    if (order.days.to < order.days.from)
        return fail(Errc::invalid_argument, "the period ends before it begins");
    SATCHEL_TRY(const auto view, state_->parts.store.view());

    std::map<std::string, Seen> agencies;
    const Visit<UserRow> user = [&](const UserRow& row) -> Result<bool> {
        SATCHEL_TRY(const auto hats, hats_of(row));
        for (const auto& hat : hats)
            if (!row.suspended)
                agencies[hat.agency].users.insert(row.id);
        return true;
    };
    SATCHEL_TRYV(view->users(user));
    std::map<CredentialNo, std::pair<std::string, UserId>> devices;
    const Visit<CredentialRow> credential = [&](const CredentialRow& row) -> Result<bool> {
        if (row.kind != CredentialRow::Kind::device)
            return true;
        devices[CredentialNo{row.no}] = {row.agency, row.user};
        auto& agency = agencies[row.agency];
        if (!row.revoked && agency.users.contains(row.user))
            agency.with_device.insert(row.user);
        return true;
    };
    SATCHEL_TRYV(view->credentials(credential));

    std::set<CaseNo> here;
    bool area_known = order.area.empty();
    if (!order.area.empty()) {
        const Visit<CaseRow> belongs = [&](const CaseRow& row) -> Result<bool> {
            const auto at = row.facts.find(in_force->figures->area);
            if (at != row.facts.end() && at->second == order.area)
                here.insert(row.no);
            return true;
        };
        SATCHEL_TRYV(view->cases(belongs));
        SATCHEL_TRY(const auto hub, view->hub());
        area_known = !here.empty() || (hub && hub->area == order.area);
    }
    if (!area_known)
        return fail(Errc::invalid_argument, "no case belongs to an area of that name");

    const auto end = schema::start_in_england(Date{order.days.to.days + 1});
    SATCHEL_TRY(const auto first, before(*view, schema::start_in_england(order.days.from)));
    const Visit<EntryRow> entry = [&](const EntryRow& row) -> Result<bool> {
        if (end <= row.received_at)
            return false;
        const auto device = devices.find(row.credential_no);
        if (row.kind != EntryKind::changeset || device == devices.end() ||
            (!order.area.empty() && !here.contains(row.case_no)))
            return true;
        auto& agency = agencies[device->second.first];
        agency.wrote.insert(device->second.second);
        agency.cases.insert(row.case_no);
        agency.last = row.received_at;
        ++agency.changes;
        return true;
    };
    SATCHEL_TRYV(view->entries(first, entry));

    std::vector<AgencyUse> out;
    for (const auto& [name, seen] : agencies)
        out.push_back({name, seen.users.size(), seen.with_device.size(), seen.wrote.size(), seen.changes,
                       seen.cases.size(), seen.last});
    return out;
}

}  // namespace satchel::sync
