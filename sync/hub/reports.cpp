#include "sync/hub/reports.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "schema/base/nearest.hpp"
#include "schema/wire/archive.hpp"
#include "sync/core/fold.hpp"
#include "sync/hub/access.hpp"
#include "sync/hub/body.hpp"
#include "sync/hub/service_state.hpp"
#include "sync/hub/staffing.hpp"

namespace satchel::sync {
namespace {

// Cases read at once: what is held in memory, whatever the size of the caseload.
constexpr std::int64_t cases_at_once = 256;
constexpr std::string_view seen_note = "figures-seen";
constexpr std::string_view signed_note = "figures-signed-off";
constexpr std::size_t figures_bytes_max = 1024 * 1024;
constexpr std::size_t seed_bytes_max = 64;

using schema::Figure;

// --- Reading cases ---------------------------------------------------------------------------------------------------

Result<void> refold(CentralView& view, const EntryRow& row, CaseState& state, std::optional<BatchRow>& batch)
{
    if (row.kind == EntryKind::effect) {
        SATCHEL_TRY(const auto effect, decode_effect(row.body));
        fold(state, effect);
        return {};
    }
    if (row.kind != EntryKind::changeset)
        return {};
    if (!batch || batch->no != row.batch_no) {
        SATCHEL_TRY(batch, view.batch(row.batch_no));
    }
    if (!batch || row.sequence < batch->first_sequence || row.sequence - batch->first_sequence >= batch->digests.size())
        return fail(Errc::corrupt, "entries: outside its batch");
    SATCHEL_TRY(const auto body, decode_changeset_body(row.body));
    SATCHEL_TRY(const auto changeset,
                open(body.header, body.changes, batch->digests[row.sequence - batch->first_sequence]));
    SATCHEL_TRY(const auto rulings, decode_rulings(row.rulings));
    fold(state, changeset, rulings);
    return {};
}

using Groups = std::vector<std::pair<schema::TypeId, schema::GroupId>>;

// The groups of which a day long ago may be asked: those that say since when a fact holds.
Groups dated_groups(const schema::Policy& policy)
{
    Groups out;
    for (const auto& [fact, field] : policy.figures->since)
        if (const auto* rule = policy.fact(fact))
            out.emplace_back(schema::type_id(rule->type), schema::group_id(rule->type, rule->group));
    return out;
}

// Every version that stood in these groups of one case. Its history is read once, however many figures ask for however
// many days of it, and only if one does.
class History {
public:
    History(CentralView& view, const CaseRow& row, const Groups& groups) : view_(view), row_(row), groups_(groups) {}

    Result<std::vector<Version>> of(schema::TypeId type, schema::GroupId group)
    {
        if (!read_)
            SATCHEL_TRYV(read());
        return stood_[{type, group}];
    }

    [[nodiscard]] bool was_read() const noexcept { return read_; }

private:
    Result<void> read()
    {
        std::vector<EntryRow> entries;
        const Visit<EntryRow> keep = [&](const EntryRow& entry) -> Result<bool> {
            entries.push_back(entry);
            return true;
        };
        SATCHEL_TRYV(view_.case_entries(row_.no, Position{}, keep));
        CaseState state;
        state.id = row_.id;
        std::optional<BatchRow> batch;
        for (const auto& entry : entries) {
            SATCHEL_TRYV(refold(view_, entry, state, batch));
            for (const auto& [type, group] : groups_) {
                const auto* record = state.record(singleton_record_id(row_.id, type));
                const auto* now = record ? record->group(group) : nullptr;
                auto& versions = stood_[{type, group}];
                if (now && !now->current.id.empty() && (versions.empty() || versions.back().id != now->current.id))
                    versions.push_back(now->current);
            }
        }
        read_ = true;
        return {};
    }

    CentralView& view_;
    const CaseRow& row_;
    const Groups& groups_;
    bool read_ = false;
    std::map<std::pair<schema::TypeId, schema::GroupId>, std::vector<Version>> stood_;
};

// Each case of the view with its records of these types. Nothing but one handful of cases is held.
using Look = std::function<Result<void>(CaseNo no, const CaseSheet& sheet, const VersionsOf& versions)>;
Result<void> each_case(CentralView& view, const schema::Policy& policy, const std::set<schema::TypeId>& types,
                       const Look& look, const ProgressFn& progress, std::uint64_t* histories = nullptr)
{
    const auto groups = dated_groups(policy);
    SATCHEL_TRY(const auto last, view.last_numbers());
    for (std::int64_t first = 1; first <= last.case_no; first += cases_at_once) {
        const auto until = std::min(last.case_no, first + cases_at_once - 1);
        std::map<CaseNo, std::map<schema::TypeId, std::vector<RecordState>>> records;
        const Visit<RecordRow> keep = [&](const RecordRow& row) -> Result<bool> {
            SATCHEL_TRY(auto state, decode_record_state(row.state));
            records[row.case_no][row.type].push_back(std::move(state));
            return true;
        };
        SATCHEL_TRYV(view.records(CaseNo{first}, CaseNo{until}, types, keep));
        for (auto no = first; no <= until; ++no) {
            SATCHEL_TRY(auto row, view.case_row(CaseNo{no}));
            if (!row)
                continue;
            History history(view, *row, groups);
            const VersionsOf versions = [&](schema::TypeId type, schema::GroupId group) {
                return history.of(type, group);
            };
            SATCHEL_TRYV(look(row->no, {row->id, row->label, row->facts, std::move(records[row->no])}, versions));
            if (histories && history.was_read())
                ++*histories;
        }
        if (progress)
            progress(static_cast<std::uint64_t>(until), static_cast<std::uint64_t>(last.case_no));
    }
    return {};
}

// --- What is asked ---------------------------------------------------------------------------------------------------

Result<void> require_figures(const schema::Policy& policy, Days days)
{
    if (!policy.figures)
        return fail(Errc::refused, "the agreement in force does not say what is counted");
    if (days.to < days.from)
        return fail(Errc::invalid_argument, "the period ends before it begins");
    return {};
}

// A name with a slip in it would count nothing, and nobody would know.
Result<void> require_area(const std::string& asked, std::set<std::string> known, const std::string& hub)
{
    known.insert(hub);
    if (asked.empty() || known.contains(asked))
        return {};
    const std::vector<std::string> names(known.begin(), known.end());
    return fail(Errc::invalid_argument, "no case belongs to an area of that name" + did_you_mean(asked, names));
}

Result<const schema::ReturnEdition*> edition_for(const schema::Policy& policy, Days days)
{
    const auto* edition = policy.figures->edition_of(days.to);
    if (!edition) {
        std::string years;
        for (const auto& other : policy.figures->returns)
            for (const auto& year : other.years)
                years += (years.empty() ? "" : ", ") + to_string(year.ends);
        return fail(Errc::invalid_argument, "the agreement in force has no annual return for a year that ends on " +
                                                to_string(days.to) + "; it has: " + (years.empty() ? "none" : years));
    }
    const auto begins = add_months(Date{days.to.days + 1}, -12);
    if (days.from != begins)
        return fail(Errc::invalid_argument,
                    "an annual return is of a whole year: this one begins on " + to_string(begins));
    return edition;
}

Instant published(const schema::ReturnEdition& edition, Date ends)
{
    for (const auto& year : edition.years)
        if (year.ends == ends)
            return year.published;
    return {};
}

Result<bool> has_role(CentralView& view, const UserId& id, const std::vector<std::string>& roles)
{
    SATCHEL_TRY(const auto user, require_user(view, id));
    SATCHEL_TRY(const auto hats, hats_of(user));
    return !user.suspended && std::any_of(hats.begin(), hats.end(), [&](const auto& hat) {
        return std::find(roles.begin(), roles.end(), hat.role) != roles.end();
    });
}

std::string in_words(const std::vector<std::string>& roles)
{
    std::string out;
    for (const auto& role : roles)
        out += (out.empty() ? "" : " or ") + role;
    return out.empty() ? "nobody" : out;
}

// What one year of one area is kept under.
VersionId item_of(const FiguresOrder& order)
{
    return id_from<VersionId>(
        crypto::sha256({view("satchel figures/1"), view(order.area), view("|"), view(to_string(order.days.to))}));
}

std::vector<const Figure*> pointers(const std::vector<Figure>& figures)
{
    std::vector<const Figure*> out;
    for (const auto& figure : figures)
        out.push_back(&figure);
    return out;
}

std::vector<const Figure*> figures_of(const schema::Figures& figures, const FiguresReport& report,
                                      FiguresOrder::Which which)
{
    switch (which) {
    case FiguresOrder::Which::kpi:
        return pointers(figures.kpis);
    case FiguresOrder::Which::caseload:
        return pointers(figures.lists);
    case FiguresOrder::Which::annual_return:
        return pointers(report.edition->lines);
    }
    return {};
}

Result<std::vector<const Figure*>> only(std::vector<const Figure*> figures, const std::string& id)
{
    if (id.empty())
        return figures;
    std::vector<std::string> ids;
    for (const auto* figure : figures) {
        if (figure->id == id)
            return std::vector<const Figure*>{figure};
        ids.push_back(figure->id);
    }
    return fail(Errc::invalid_argument, "nothing of that name is counted" + did_you_mean(id, ids));
}

Result<ListedCase> listed_case(const schema::Policy& policy, const CaseSheet& sheet, const VersionsOf& versions,
                               Date day)
{
    ListedCase out{sheet.id, sheet.label, {}};
    for (const auto& fact : policy.figures->show) {
        SATCHEL_TRY(auto found, fact_on(policy, fact, day, sheet, versions));
        out.facts.push_back(std::move(found.value));
    }
    return out;
}

}  // namespace

Result<FiguresReport> HubService::count(const FiguresOrder& order, const ProgressFn& progress)
{
    using Which = FiguresOrder::Which;
    FiguresReport out;
    out.policy = policy();
    const auto& policy = *out.policy;
    SATCHEL_TRYV(require_figures(policy, order.days));
    if (order.which == Which::annual_return) {
        SATCHEL_TRY(out.edition, edition_for(policy, order.days));
        out.published = published(*out.edition, order.days.to);
        out.may_be_passed_on = out.published <= state_->parts.clock.now();
        if (!out.may_be_passed_on)
            SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
                const auto early = in_words(out.edition->early);
                if (!order.as)
                    return fail(Errc::refused, "the figures of this year are published on " + to_string(out.published) +
                                                   ": until then they are for " + early + ", who say --as");
                SATCHEL_TRY(const bool may, has_role(ledger.store(), *order.as, out.edition->early));
                if (!may)
                    return fail(Errc::refused, "the figures of this year are published on " + to_string(out.published) +
                                                   ": until then they are for " + early);
                SATCHEL_TRYV(ledger.admin(AdminKind::note, AdminNote{std::string(seen_note), *order.as, item_of(order),
                                                                     "annual return, " + to_string(order.days.to)}));
                return {};
            }));
    }
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    SATCHEL_TRY(const auto head, view->head());
    SATCHEL_TRY(const auto hub, view->hub());
    out.position = head.position;

    SATCHEL_TRY(const auto figures, only(figures_of(*policy.figures, out, order.which), order.only));
    Counting counting(policy, figures, order.days, order.area);
    if (order.which == Which::caseload)
        counting.name_cases();
    const auto length = order.days.to.days - order.days.from.days;
    out.days_before = {Date{order.days.from.days - 1 - length}, Date{order.days.from.days - 1}};
    Counting before(policy, order.before ? figures : std::vector<const Figure*>{}, out.days_before, order.area);
    std::set<std::string> areas;
    const Look look = [&](CaseNo, const CaseSheet& sheet, const VersionsOf& versions) -> Result<void> {
        if (const auto at = sheet.facts.find(policy.figures->area); at != sheet.facts.end())
            areas.insert(at->second);
        SATCHEL_TRY(const auto area, fact_on(policy, policy.figures->area, order.days.to, sheet, versions));
        areas.insert(area.value);
        SATCHEL_TRYV(counting.add(sheet, versions));
        if (counting.names_last()) {
            SATCHEL_TRY(auto listed, listed_case(policy, sheet, versions, order.days.to));
            out.listed.emplace(out.cases, std::move(listed));
        }
        ++out.cases;
        return before.add(sheet, versions);
    };
    SATCHEL_TRYV(each_case(*view, policy, counting.types(), look, progress, &out.histories));
    SATCHEL_TRYV(require_area(order.area, std::move(areas), hub ? hub->area : std::string()));
    out.counts = counting.done();
    out.before = before.done();
    return out;
}

Result<std::vector<OverdueTask>> HubService::overdue(const FiguresOrder& order, const ProgressFn& progress) const
{
    const auto in_force = policy();
    SATCHEL_TRYV(require_figures(*in_force, order.days));
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    SATCHEL_TRY(const auto hub, view->hub());
    // Cases first: of tasks, of which there are many more, only those of the area are held.
    struct Where {
        CaseId id;
        std::string label, area;
    };
    const Counting area_only(*in_force, {}, order.days, order.area);
    std::map<CaseNo, Where> where;
    std::set<std::string> areas;
    const Look look = [&](CaseNo no, const CaseSheet& sheet, const VersionsOf& versions) -> Result<void> {
        SATCHEL_TRY(auto area, fact_on(*in_force, in_force->figures->area, order.days.to, sheet, versions));
        areas.insert(area.value);
        if (order.area.empty() || area.value == order.area)
            where.emplace(no, Where{sheet.id, sheet.label, std::move(area.value)});
        return {};
    };
    SATCHEL_TRYV(each_case(*view, *in_force, area_only.types(), look, progress));
    SATCHEL_TRYV(require_area(order.area, std::move(areas), hub ? hub->area : std::string()));

    SATCHEL_TRY(const auto vacant, vacant_roles(*view, *in_force));
    std::vector<OverdueTask> out;
    const Visit<TaskRow> keep = [&](const TaskRow& row) -> Result<bool> {
        const auto at = where.find(row.case_no);
        if (at == where.end())
            return true;
        SATCHEL_TRY(auto task, decode_task(row.state));
        const bool open = task.state == Task::State::open || task.state == Task::State::acknowledged;
        if (!open || task.due.days == 0 || task.due < order.days.from || order.days.to < task.due)
            return true;
        const auto& [id, label, area] = at->second;
        auto reaches = reached(*in_force, {task.role}, vacant);
        out.push_back({{task.id, id, label, task.role, std::move(reaches), task.words, task.paragraph, task.due, task.safety, task.state},
                       task.rule,
                       area,
                       order.days.to.days - task.due.days});
        return true;
    };
    SATCHEL_TRYV(view->all_tasks(keep));
    std::sort(out.begin(), out.end(), [](const OverdueTask& a, const OverdueTask& b) {
        const auto key = [](const OverdueTask& t) { return std::tuple(t.task.due, t.task.case_label, t.task.id); };
        return key(a) < key(b);
    });
    return out;
}

namespace {

Result<std::vector<SignedFigures>> find_signed(CentralView& view, const FiguresOrder& order)
{
    std::vector<SignedFigures> out;
    const auto item = item_of(order);
    // Of no case: the entries of all administration, which are few.
    const Visit<EntryRow> look = [&](const EntryRow& entry) -> Result<bool> {
        if (entry.kind != EntryKind::admin)
            return true;
        SATCHEL_TRY(const auto admin, decode_admin_body(entry.body));
        if (admin.kind != AdminKind::note)
            return true;
        SATCHEL_TRY(const auto note, schema::wire::unpack<AdminNote>(admin.row));
        if (note.what != signed_note || note.item != item)
            return true;
        const auto end = note.text.find('\n');
        out.push_back({note.user,
                       {},
                       entry.received_at,
                       note.text.substr(0, end),
                       end == note.text.npos ? std::string() : note.text.substr(end + 1)});
        return true;
    };
    SATCHEL_TRYV(view.case_entries(CaseNo{}, Position{}, look));
    for (auto& one : out) {
        SATCHEL_TRY(const auto user, view.user(one.by));
        one.name = user ? user->name : std::string();
    }
    return out;
}

}  // namespace

Result<void> HubService::sign_off(const FiguresOrder& order, std::string_view figures, std::string_view reason,
                                  bool correction)
{
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        auto& store = ledger.store();
        const auto& in_force = ledger.policy().policy;
        SATCHEL_TRYV(require_figures(in_force, order.days));
        SATCHEL_TRYV(require_text("a reason", reason, schema::reason_bytes_max));
        SATCHEL_TRY(const auto* edition, edition_for(in_force, order.days));
        if (figures.empty() || figures.size() > figures_bytes_max)
            return fail(Errc::too_large, "figures to sign off");
        SATCHEL_TRY(const bool may,
                    order.as ? has_role(store, *order.as, {edition->signed_off_by}) : Result<bool>(false));
        if (!may)
            return fail(Errc::refused,
                        "figures are signed off and corrected by the role " + edition->signed_off_by + " alone");
        SATCHEL_TRY(const auto before, find_signed(store, order));
        if (!before.empty() && !correction)
            return fail(Errc::duplicate, "the figures of this year were signed off by " + before.front().name + " on " +
                                             to_string(before.front().at) +
                                             ": they stand, and a count that differs is shown beside them");
        if (before.empty() && correction)
            return fail(Errc::not_found, "the figures of this year are not signed off yet: nothing to correct");
        // One line, so that the figures follow after its end.
        auto line = std::string(reason);
        std::replace(line.begin(), line.end(), '\n', ' ');
        SATCHEL_TRYV(ledger.admin(AdminKind::note, AdminNote{std::string(signed_note), *order.as, item_of(order),
                                                             line + "\n" + std::string(figures)}));
        return {};
    }));
    return {};
}

Result<std::vector<SignedFigures>> HubService::signed_off(const FiguresOrder& order) const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    return find_signed(*view, order);
}

// --- For an audit ----------------------------------------------------------------------------------------------------

Result<CaseSample> HubService::sample(const FiguresOrder& order, const SampleOrder& what, const ProgressFn& progress)
{
    auto asked = order;
    asked.which = FiguresOrder::Which::caseload;
    asked.only = what.list;
    if (what.list.empty() || what.size == 0)
        return fail(Errc::invalid_argument, "a sample is of a list, and of at least one case");
    SATCHEL_TRYV(require_text("a seed", what.seed.empty() ? std::string("drawn") : what.seed, seed_bytes_max));
    CaseSample out;
    out.seed = what.seed;
    if (out.seed.empty()) {
        std::array<std::uint8_t, 8> drawn{};
        state_->parts.random.fill(drawn);
        out.seed = to_hex(drawn);
    }
    SATCHEL_TRY(auto found, count(asked, progress));
    out.policy = found.policy;
    out.title = found.counts.front().figure->title;
    // Each case has a number that follows from seed and case alone: the lowest are drawn. So a case that joins the list
    // later changes the sample by one case at most.
    std::map<Digest, std::size_t> drawn;
    for (const auto sheet : found.counts.front().listed)
        drawn.emplace(
            crypto::sha256({view("satchel sample/1"), view(out.seed), view("|"), found.listed.at(sheet).id.bytes}),
            sheet);
    out.of = drawn.size();
    for (const auto& [number, sheet] : drawn) {
        if (out.cases.size() == what.size)
            break;
        out.cases.push_back(std::move(found.listed.at(sheet)));
    }
    return out;
}

}  // namespace satchel::sync
