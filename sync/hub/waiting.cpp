// What waits for people: suggestions, conflicts, tasks; and the decisions that the operator types in for them.
#include <algorithm>

#include "schema/base/mutant.hpp"
#include "schema/base/nearest.hpp"
#include "schema/policy/rule_names.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/core/authority.hpp"
#include "sync/hub/operator.hpp"
#include "sync/hub/service.hpp"
#include "sync/hub/service_state.hpp"
#include "sync/hub/staffing.hpp"

namespace satchel::sync {
namespace {

// Everything that a listing asks for again and again.
class Lister {
public:
    Lister(CentralView& view, const HubPolicy& policy) : view_(view), policy_(policy.policy) {}

    Result<void> start(const std::optional<UserId>& as)
    {
        const Visit<UserRow> keep = [&](const UserRow& row) -> Result<bool> {
            users_.push_back(row);
            return true;
        };
        SATCHEL_TRYV(view_.users(keep));
        SATCHEL_TRY(vacant_, vacant_roles(view_, policy_));
        if (as) {
            SATCHEL_TRY(const auto user, require_user(view_, *as));
            SATCHEL_TRY(auto hats, hats_of(user));
            viewer_ = Viewer{{}, std::move(hats)};
            user_ = user;
        }
        return {};
    }

    Result<OpenItemInfo> info(const OpenItemRow& row)
    {
        SATCHEL_TRY(const auto* where, case_of(row.case_no));
        SATCHEL_TRY(const auto stored, view_.record(row.case_no, row.type, row.record));
        if (!stored)
            return fail(Errc::corrupt, "open_items: no such record");
        SATCHEL_TRY(const auto record, decode_record_state(stored->state));
        const auto* state = record.group(row.group);
        const auto item = state ? std::find_if(state->open.begin(), state->open.end(),
                                               [&](const OpenItem& open) { return open.side.id == row.item; })
                                : std::vector<OpenItem>::const_iterator{};
        if (!state || item == state->open.end())
            return fail(Errc::corrupt, "open_items: not open in the record");
        const auto* type = policy_.type(row.type);
        const auto* group = type ? type->group(row.group) : nullptr;
        SATCHEL_TRY(const auto entry, view_.entry(row.opened));

        OpenItemInfo out;
        out.id = row.item;
        out.kind = item->kind;
        out.case_id = where->id;
        out.case_label = where->label;
        out.record = row.record;
        out.record_type = type ? type->name : std::string();
        out.group = group ? group->name : std::string();
        out.decided_by = item->decided_by;
        out.opened_at = entry ? entry->received_at : Instant{};
        out.rule = item->rule;
        out.around_handover = item->around_handover;
        const Scene scene{policy_, where->facts, &record, &item->side.values};
        if (const auto authority = schema::parse_authority(item->decided_by, type))
            out.roles = reached(policy_, roles_of(*authority, scene), vacant_);
        bool visible = false;
        if (viewer_ && group) {
            SATCHEL_TRY(const auto access, access_to(view_, policy_, *user_, *where));
            visible =
                access.access == Access::working && may_see(policy_, *type, *group, &record, where->facts, *viewer_);
        }
        SATCHEL_TRY(auto standing, side(state->current, group, visible));
        SATCHEL_TRY(auto other, side(item->side, group, visible));
        out.sides.push_back(std::move(standing));
        out.sides.push_back(std::move(other));
        out.withdraws = item->rule == schema::rule_names::withdraw;
        for (const auto& element : state->elements)
            if (item->removes &&
                std::find(item->targets.begin(), item->targets.end(), element.id) != item->targets.end()) {
                SATCHEL_TRY(auto removed, side({element.id, element.values, element.source}, group, visible));
                out.removes.push_back(std::move(removed));
            }
        return out;
    }

    Result<const CaseRow*> case_of(CaseNo no)
    {
        if (const auto at = cases_.find(no); at != cases_.end())
            return &at->second;
        SATCHEL_TRY(const auto row, view_.case_row(no));
        if (!row)
            return fail(Errc::corrupt, "open_items: no such case");
        return &(cases_[no] = *row);
    }

private:
    Result<SideInfo> side(const Version& version, const schema::Group* group, bool visible)
    {
        SideInfo out;
        out.version = version.id;
        out.agency = version.source.agency;
        out.visible = visible;
        if (!visible)
            return out;
        for (const auto& value : version.values) {
            const auto* field = group ? group->field(value.field) : nullptr;
            out.values.emplace_back(field ? field->name : std::string("?"), to_text(value.value));
        }
        if (!version.source.author.empty()) {
            SATCHEL_TRY(const auto credential, view_.credential(version.source.author));
            const auto user = credential ? std::find_if(users_.begin(), users_.end(),
                                                        [&](const auto& u) { return u.id == credential->user; })
                                         : users_.end();
            if (user != users_.end())
                out.author = credential->kind == CredentialRow::Kind::hub_operator
                                 ? user->name + " (written by the hub's operator)"
                                 : user->name;
        }
        return out;
    }

    CentralView& view_;
    const schema::Policy& policy_;
    std::vector<UserRow> users_;
    Vacant vacant_;
    std::optional<Viewer> viewer_;
    std::optional<UserRow> user_;
    std::map<CaseNo, CaseRow> cases_;
};

Result<std::vector<OpenItemRow>> open_rows(CentralView& view)
{
    std::vector<OpenItemRow> rows;
    const Visit<OpenItemRow> keep = [&](const OpenItemRow& row) -> Result<bool> {
        rows.push_back(row);
        return true;
    };
    SATCHEL_TRYV(view.open_items({}, keep));
    return rows;
}

// The item with what a decision about it needs.
struct Found {
    HotCase* where = nullptr;
    OpenItemRow row;
    OpenItem item;
    VersionId current;
    const schema::RecordType* type = nullptr;
    const schema::Group* group = nullptr;
};

Result<Found> find_item(Ledger& ledger, const VersionId& id)
{
    Found out;
    SATCHEL_TRY(const auto row, ledger.store().open_item(id));
    if (!row)
        return fail(Errc::not_found, "no such suggestion or conflict is open");
    out.row = *row;
    SATCHEL_TRY(out.where, ledger.find_case(row->case_no));
    if (!out.where)
        return fail(Errc::corrupt, "open_items: no such case");
    SliceNeeds needs;
    needs.records.insert(row->record);
    SATCHEL_TRYV(out.where->load(ledger.store(), needs, {{row->type, row->record}}));
    const auto* record = out.where->state().record(row->record);
    const auto* state = record ? record->group(row->group) : nullptr;
    const auto at = state ? std::find_if(state->open.begin(), state->open.end(),
                                         [&](const OpenItem& open) { return open.side.id == id; })
                          : std::vector<OpenItem>::const_iterator{};
    if (!state || at == state->open.end())
        return fail(Errc::corrupt, "open_items: not open in the record");
    out.item = *at;
    out.current = state->current.id;
    out.type = ledger.policy().policy.type(row->type);
    out.group = out.type ? out.type->group(row->group) : nullptr;
    if (!out.group)
        return fail(Errc::unknown_name, "the agreement in force does not know this kind of record");
    return out;
}

// The hat under which the user may decide; else the first: the ruling then says who can.
Result<schema::Hat> deciding_hat(Ledger& ledger, const Found& found, const UserRow& user)
{
    SATCHEL_TRY(const auto hats, hats_of(user));
    if (hats.empty())
        return fail(Errc::refused, "the user holds no role");
    const auto authority = schema::parse_authority(found.item.decided_by, found.type);
    const auto& state = found.where->state();
    const Scene scene{ledger.policy().policy, state.facts, state.record(found.row.record), &found.item.side.values};
    for (const auto& hat : hats)
        if (authority && holds(*authority, hat, {}, scene))
            return hat;
    return hats.front();
}

Result<schema::FieldValues> typed_values(const schema::Group& group,
                                         const std::vector<std::pair<std::string, std::string>>& given)
{
    schema::FieldValues out;
    for (const auto& [name, text] : given) {
        const auto* field = group.field(name);
        if (!field) {
            std::vector<std::string> known;
            for (const auto& f : group.fields)
                known.push_back(f.name);
            return fail(Errc::unknown_name, "no field \"" + name + "\" here" + did_you_mean(name, known));
        }
        SATCHEL_TRY(auto value, schema::parse_field_value(*field, text));
        assign(out, field->id, std::move(value));
    }
    return out;
}

Result<void> require_standing(Ledger& ledger, const Found& found, const UserRow& user)
{
    if (user.suspended)
        return fail(Errc::refused, "the user is suspended");
    CaseRow now = found.where->row();
    now.facts = found.where->state().facts;
    SATCHEL_TRY(const auto access, access_to(ledger.store(), ledger.policy().policy, user, now));
    if (access.access != Access::working)
        return fail(Errc::refused, "the user does not work on this case");
    return {};
}

}  // namespace

Result<std::vector<OpenItemInfo>> HubService::open_items(std::optional<OpenItem::Kind> kind,
                                                         const std::optional<UserId>& as) const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    const auto in_force = state_->policies.in_force();
    Lister lister(*view, *in_force);
    SATCHEL_TRYV(lister.start(as));
    SATCHEL_TRY(const auto rows, open_rows(*view));
    std::vector<OpenItemInfo> out;
    for (const auto& row : rows) {
        if (kind && row.kind != *kind)
            continue;
        SATCHEL_TRY(auto info, lister.info(row));
        out.push_back(std::move(info));
    }
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return std::pair(a.opened_at, a.id) < std::pair(b.opened_at, b.id); });
    return out;
}

Result<OpenItemInfo> HubService::open_item(const VersionId& id, const std::optional<UserId>& as) const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    const auto in_force = state_->policies.in_force();
    Lister lister(*view, *in_force);
    SATCHEL_TRYV(lister.start(as));
    SATCHEL_TRY(const auto row, view->open_item(id));
    if (!row)
        return fail(Errc::not_found, "no such suggestion or conflict is open");
    return lister.info(*row);
}

Result<std::vector<TaskInfo>> HubService::tasks(const std::optional<std::string>& role) const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    std::map<CaseNo, std::pair<CaseId, std::string>> labels;
    const Visit<CaseRow> keep_label = [&](const CaseRow& row) -> Result<bool> {
        labels[row.no] = {row.id, row.label};
        return true;
    };
    SATCHEL_TRYV(view->cases(keep_label));
    const auto in_force = state_->policies.in_force();
    SATCHEL_TRY(const auto vacant, vacant_roles(*view, in_force->policy));
    std::vector<TaskInfo> out;
    const Visit<TaskRow> keep = [&](const TaskRow& row) -> Result<bool> {
        SATCHEL_TRY(const auto task, decode_task(row.state));
        auto reaches = reached(in_force->policy, {task.role}, vacant);
        if (role && task.role != *role && std::find(reaches.begin(), reaches.end(), *role) == reaches.end())
            return true;
        if (task.state != Task::State::open && task.state != Task::State::acknowledged)
            return true;
        const auto& [case_id, label] = labels[row.case_no];
        out.push_back(
            {task.id, case_id, label, task.role, std::move(reaches), task.words, task.paragraph, task.due, task.safety, task.state});
        return true;
    };
    SATCHEL_TRYV(view->all_tasks(keep));
    // What concerns somebody's safety first, then what is due first; no date comes last.
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        const auto key = [](const TaskInfo& t) {
            return std::tuple(!t.safety, t.due.days == 0, t.due, t.case_label, t.id);
        };
        return key(a) < key(b);
    });
    return out;
}

Result<Decided> HubService::decide(const Decision& decision)
{
    Decided out;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(const auto user, require_user(ledger.store(), decision.as));
        SATCHEL_TRY(const auto found, find_item(ledger, decision.item));
        SATCHEL_TRYV(require_standing(ledger, found, user));
        SATCHEL_TRY(const auto hat, deciding_hat(ledger, found, user));
        schema::Change change;
        change.op = schema::Op::resolve;
        change.record = found.row.record;
        change.type = found.row.type;
        change.group = found.row.group;
        change.base = found.current;
        change.targets = {decision.item};
        change.resolution = decision.resolution;
        change.reason = decision.reason;
        SATCHEL_TRY(change.values, typed_values(*found.group, decision.values));
        SATCHEL_TRY(auto written, write_as_operator(ledger, *found.where, user, hat, {std::move(change)}));
        out.changeset = written.changeset;
        out.ruling = written.rulings.front();
        if (out.ruling.outcome == Outcome::refused)
            return fail(Errc::refused, out.ruling.who_can);
        return {};
    }));
    return out;
}

Result<void> HubService::route(const VersionId& item, std::string_view role, const UserId& as, std::string_view reason)
{
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRYV(require_text("a reason", reason, schema::reason_bytes_max));
        const auto& policy = ledger.policy().policy;
        if (!policy.role(role)) {
            std::vector<std::string> names;
            for (const auto& known : policy.roles)
                names.push_back(known.name);
            return fail(Errc::unknown_name, "no role \"" + std::string(role) + "\"" + did_you_mean(role, names));
        }
        SATCHEL_TRY(const auto user, require_user(ledger.store(), as));
        SATCHEL_TRY(const auto found, find_item(ledger, item));
        SATCHEL_TRYV(require_standing(ledger, found, user));
        SATCHEL_TRY(const auto hat, deciding_hat(ledger, found, user));
        schema::Change change;
        change.op = schema::Op::resolve;
        change.record = found.row.record;
        change.type = found.row.type;
        change.group = found.row.group;
        change.base = found.current;
        change.targets = {item};
        change.resolution = schema::Resolution::comment;
        change.reason = reason;
        SATCHEL_TRY(const auto written, write_as_operator(ledger, *found.where, user, hat, {std::move(change)}));
        if (written.rulings.front().outcome == Outcome::refused)
            return fail(Errc::refused, written.rulings.front().who_can);

        Effect task;
        task.kind = Effect::Kind::task_opened;
        task.rule = "routed";
        task.cause = item;
        task.record = found.row.record;
        task.type = found.row.type;
        task.group = found.row.group;
        task.task.id = task_id(item, "routed/" + to_string(written.changeset), role);
        task.task.rule = "routed";
        task.task.role = role;
        task.task.words =
            found.item.kind == OpenItem::Kind::conflict ? "Decide between two versions" : "Decide on a suggestion";
        task.task.record = found.row.record;
        task.task.type = found.row.type;
        task.task.group = found.row.group;
        task.task.cause = item;
        SATCHEL_TRYV(ledger.apply(*found.where, task));
        SATCHEL_TRYV(
            ledger.admin(AdminKind::note, AdminNote{"routed", user.id, item, std::string(role)}, found.where->no()));
        return {};
    }));
    return {};
}

}  // namespace satchel::sync
