// Cases: who works on them, how they are found, what time does to them.
#include <algorithm>

#include "crypto/hash.hpp"
#include "schema/base/nearest.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/core/authority.hpp"
#include "sync/hub/service.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

constexpr std::size_t label_bytes_max = 100;

Result<AssignmentRow> checked(CentralView& view, const schema::Policy& policy, CaseNo case_no, const Assignee& to)
{
    AssignmentRow row;
    row.case_no = raw(case_no);
    row.subject = to.subject;
    row.name = to.name;
    switch (to.subject) {
    case AssignmentRow::Subject::user: {
        SATCHEL_TRY(const auto id, parse_id<UserId>(to.name));
        SATCHEL_TRYV(require_user(view, id));
        row.name = to_string(id);
        break;
    }
    case AssignmentRow::Subject::team:
        SATCHEL_TRYV(require_text("a team", to.name, 100));
        break;
    case AssignmentRow::Subject::role:
        if (!policy.role(to.name)) {
            std::vector<std::string> names;
            for (const auto& role : policy.roles)
                names.push_back(role.name);
            return fail(Errc::unknown_name, "no role \"" + to.name + "\"" + did_you_mean(to.name, names));
        }
        break;
    }
    return row;
}

Result<std::optional<AssignmentRow>> standing_row(CentralView& view, const AssignmentRow& like)
{
    std::optional<AssignmentRow> found;
    const Visit<AssignmentRow> look = [&](const AssignmentRow& row) -> Result<bool> {
        if (row.subject == like.subject && row.name == like.name)
            found = row;
        return !found;
    };
    SATCHEL_TRYV(view.assignments(CaseNo{like.case_no}, look));
    return found;
}

// Does the record state this identifier, in whatever spelling?
bool states(const schema::RecordType& type, const RecordState& record, std::string_view ref)
{
    const auto says = [&](const schema::Group& group, const schema::FieldValues& values) {
        return std::any_of(values.begin(), values.end(), [&](const auto& v) {
            const auto* field = group.field(v.field);
            const auto* typed = std::get_if<std::string>(&v.value);
            if (!field || !typed || !schema::is_identifier(field->type) || field->type == schema::FieldType::postcode)
                return false;
            if (field->type != schema::FieldType::identifier)
                return schema::check_identifier(field->type, *typed).normalised ==
                       schema::check_identifier(field->type, ref).normalised;
            const auto* scheme = group.field("scheme");  // of {scheme, value}: says how it is spelled
            const auto* named = scheme ? find(values, scheme->id) : nullptr;
            const auto* scheme_name = named ? std::get_if<std::string>(named) : nullptr;
            const std::string_view spelled = scheme_name ? std::string_view(*scheme_name) : std::string_view{};
            return schema::check_scheme(spelled, *typed).normalised == schema::check_scheme(spelled, ref).normalised;
        });
    };
    for (const auto& state : record.groups) {
        const auto* group = type.group(state.id);
        if (!group)
            continue;
        if (says(*group, state.current.values))
            return true;
        for (const auto& element : state.elements)
            if (says(*group, element.values))
                return true;
    }
    return false;
}

bool may_state_identifiers(const schema::RecordType& type)
{
    for (const auto& group : type.groups)
        for (const auto& field : group.fields)
            if (schema::is_identifier(field.type) && field.type != schema::FieldType::postcode)
                return true;
    return false;
}

}  // namespace

std::string_view name(Ended because) noexcept
{
    switch (because) {
    case Ended::moved:
        return "moved";
    case Ended::restricted:
        return "restricted";
    case Ended::suspended:
        return "suspended";
    }
    return "moved";
}

Result<Ended> parse_ended(std::string_view text)
{
    for (const auto because : {Ended::moved, Ended::restricted, Ended::suspended})
        if (text == name(because))
            return because;
    return fail(Errc::invalid_argument, "access ends because of: moved, restricted or suspended");
}

Result<CaseId> HubService::add_case(std::string_view label)
{
    CaseId id;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRYV(require_text("a case's label", label, label_bytes_max));
        SATCHEL_TRY(const auto* hot, ledger.open_case(label));
        id = hot->row().id;
        return {};
    }));
    return id;
}

Result<CaseId> HubService::find_case(std::string_view ref) const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    if (const auto id = parse_id<CaseId>(ref)) {
        SATCHEL_TRY(const auto row, view->case_row(*id));
        if (row)
            return row->id;
    }
    std::vector<CaseRow> rows;
    std::optional<CaseId> found;
    const Visit<CaseRow> by_label = [&](const CaseRow& row) -> Result<bool> {
        if (row.label == ref)
            found = row.id;
        rows.push_back(row);
        return !found;
    };
    SATCHEL_TRYV(view->cases(by_label));
    if (found)
        return *found;
    const auto in_force = state_->policies.in_force();
    for (const auto& row : rows)
        for (const auto& type : in_force->policy.types) {
            if (!may_state_identifiers(type))
                continue;
            const Visit<RecordRow> look = [&](const RecordRow& stored) -> Result<bool> {
                SATCHEL_TRY(const auto record, decode_record_state(stored.state));
                if (record.withdrawn.empty() && states(type, record, ref))
                    found = row.id;
                return !found;
            };
            SATCHEL_TRYV(view->records(row.no, type.id, look));
            if (found)
                return *found;
        }
    return fail(Errc::not_found, "no such case");
}

Result<std::vector<CaseInfo>> HubService::cases() const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    std::vector<CaseRow> rows;
    const Visit<CaseRow> keep = [&](const CaseRow& row) -> Result<bool> {
        rows.push_back(row);
        return true;
    };
    SATCHEL_TRYV(view->cases(keep));
    std::vector<CaseInfo> out;
    for (auto& row : rows) {
        CaseInfo info;
        info.id = row.id;
        info.label = row.label;
        info.facts = std::move(row.facts);
        const Visit<RecordRow> count = [&](const RecordRow&) -> Result<bool> {
            ++info.records;
            return true;
        };
        SATCHEL_TRYV(view->records(row.no, count));
        const Visit<OpenItemRow> count_open = [&](const OpenItemRow&) -> Result<bool> {
            ++info.open_items;
            return true;
        };
        SATCHEL_TRYV(view->open_items(row.no, count_open));
        std::vector<AssignmentRow> assignments;
        const Visit<AssignmentRow> gather = [&](const AssignmentRow& assignment) -> Result<bool> {
            if (assignment.ended.empty())
                assignments.push_back(assignment);
            return true;
        };
        SATCHEL_TRYV(view->assignments(row.no, gather));
        for (const auto& assignment : assignments) {
            switch (assignment.subject) {
            case AssignmentRow::Subject::user: {
                SATCHEL_TRY(const auto id, parse_id<UserId>(assignment.name));
                SATCHEL_TRY(const auto user, require_user(*view, id));
                info.assigned.push_back("user " + user.name);
                break;
            }
            case AssignmentRow::Subject::team:
                info.assigned.push_back("team " + assignment.name);
                break;
            case AssignmentRow::Subject::role:
                info.assigned.push_back("role " + assignment.name);
                break;
            }
        }
        out.push_back(std::move(info));
    }
    return out;
}

Result<void> HubService::assign(const CaseId& case_id, const Assignee& to)
{
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(const auto row, require_case(ledger.store(), case_id));
        SATCHEL_TRY(const auto assignment, checked(ledger.store(), ledger.policy().policy, row.no, to));
        SATCHEL_TRY(const auto there, standing_row(ledger.store(), assignment));
        if (there && there->ended.empty())
            return fail(Errc::duplicate, "assigned already");
        SATCHEL_TRYV(ledger.admin(AdminKind::assignment, assignment, row.no));
        return {};
    }));
    return {};
}

Result<void> HubService::unassign(const CaseId& case_id, const Assignee& from, Ended because)
{
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(const auto row, require_case(ledger.store(), case_id));
        SATCHEL_TRY(auto assignment, checked(ledger.store(), ledger.policy().policy, row.no, from));
        SATCHEL_TRY(const auto there, standing_row(ledger.store(), assignment));
        if (!there || !there->ended.empty())
            return fail(Errc::not_found, "no such assignment stands");
        assignment.ended = name(because);
        SATCHEL_TRYV(ledger.admin(AdminKind::assignment, assignment, row.no));
        return {};
    }));
    return {};
}

Result<Explanation> HubService::explain(const CaseId& case_id, const RecordId& record_id, std::string_view field_name,
                                        const UserId& as) const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    const auto in_force = state_->policies.in_force();
    const auto& policy = in_force->policy;
    SATCHEL_TRY(const auto row, require_case(*view, case_id));
    SATCHEL_TRY(const auto user, require_user(*view, as));
    SATCHEL_TRY(const auto stored, view->find_record(row.no, record_id));
    if (!stored)
        return fail(Errc::not_found, "no such record");
    SATCHEL_TRY(const auto record, decode_record_state(stored->state));
    const auto* type = policy.type(record.type);
    if (!type)
        return fail(Errc::unknown_name, "the agreement in force does not know this kind of record");
    const auto* group = type->group_of_field(field_name);
    if (!group)
        group = type->group(field_name);
    if (!group) {
        std::vector<std::string> names;
        for (const auto& g : type->groups)
            for (const auto& f : g.fields)
                names.push_back(f.name);
        return fail(Errc::unknown_name, "no field \"" + std::string(field_name) + "\"" +
                                            did_you_mean(field_name, names));
    }
    const auto* state = record.group(group->id);
    const schema::FieldValues none;
    const auto& values = state ? state->current.values : none;
    const Scene scene{policy, row.facts, &record, &values};
    const auto& owner = owner_of(*group, row.facts, values);
    const auto& resolver = group->resolver.kind == schema::Authority::Kind::nobody ? owner : group->resolver;

    Explanation out;
    out.field = field_name;
    out.owner = to_string(owner);
    out.owner_words = in_words(owner, scene);
    out.references = group->refs.empty() ? type->refs : group->refs;
    out.merge = schema::name(group->merge);
    SATCHEL_TRY(const auto hats, hats_of(user));
    for (const auto& hat : hats) {
        std::string words;
        for (const auto& redirect : group->redirects) {
            const bool meets = redirect.author.empty() ||
                               std::any_of(redirect.author.begin(), redirect.author.end(),
                                           [&](const auto& a) { return holds(a, hat, {}, scene); });
            if (!meets || !words.empty())
                continue;
            if (redirect.then == schema::Redirect::Then::refuse)
                words = "may be refused (" + redirect.rule + "): " + redirect.say;
            else if (redirect.then == schema::Redirect::Then::suggest)
                words = "may be a suggestion to " + in_words(redirect.to, scene) + " (" + redirect.rule + ")";
        }
        if (words.empty())
            words = holds(owner, hat, {}, scene) ? "decides" : "a suggestion to " + in_words(resolver, scene);
        out.outcome_per_hat.push_back(to_string(hat) + ": " + words);
    }
    out.visible = may_see(policy, *type, *group, &record, row.facts, Viewer{{}, hats});
    return out;
}

}  // namespace satchel::sync
