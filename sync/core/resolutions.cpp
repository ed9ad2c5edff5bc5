#include "sync/core/resolutions.hpp"

#include "schema/base/mutant.hpp"
#include "schema/policy/rule_names.hpp"
#include "sync/core/edits.hpp"
#include "sync/core/gates.hpp"
#include "sync/core/protection.hpp"

namespace satchel::sync::judging {
namespace {

using schema::Change;
using schema::Merge;
using schema::Op;
using schema::Resolution;

// Whom an exception would ask may be the one who is asked here, or the one whose suggestion it is.
bool is_asked_already(const Bench& b, const OpenItem& item, const std::string& whom)
{
    if (whom.empty() || whom == item.decided_by)
        return !whom.empty();
    const auto asked = schema::parse_authority(whom, &b.type);
    const auto roles = asked ? roles_of(*asked, b.now()) : std::vector<std::string>{};
    return std::any_of(roles.begin(), roles.end(), [&](const std::string& name) {
        const auto* role = b.policy().role(name);
        return role && role->agency == item.side.source.agency;
    });
}

// A decision can do only what its maker could do by ordinary edit: the value it would put into the record meets the same
// exceptions, steps and approvals as if they had typed it.
std::optional<Ruling> ordinary_refusal(const Bench& b, const OpenItem& item, const schema::FieldValues& values)
{
    if (b.group.merge == Merge::alternatives)
        return refused("requests-stand-side-by-side", paragraph(b.group.refs),
                       "No request replaces another. Record what is decided as the decision.");
    Change as_typed = b.change;
    as_typed.op = item.adds ? Op::add : Op::set;
    as_typed.values = values;
    const Bench typed{b.state, b.changeset, b.context, as_typed, b.type, b.group, b.record, b.group_state};
    auto r = value_refusal(typed);
    if (!r)
        r = redirected(typed);
    if (r && is_asked_already(b, item, r->decided_by))
        r.reset();
    if (!r && !item.adds)
        r = stale_approval(typed);
    if (!r && !item.adds)
        r = transition_ruling(typed);
    if (!r)
        r = gate_refusal(typed, /*decides=*/true);
    if (!r)
        return {};
    return refused(r->rule, r->paragraph,
                   r->who_can.empty() ? "It is not yours to put into the record as things stand now." : r->who_can);
}

// A withdrawal that was suggested meets what stands before any; and where it leaves less protection, it takes two people.
std::optional<Ruling> withdrawal_refusal(const Bench& b, const OpenItem& item)
{
    Change as_typed = b.change;
    as_typed.op = Op::withdraw;
    if (auto r = gate_refusal({b.state, b.changeset, b.context, as_typed, b.type, b.group, b.record, b.group_state}, /*decides=*/true))
        return r;
    if (by_another_person(b, item.side.source))
        return {};
    for (const auto& group : b.type.groups) {
        const auto* part = b.record->group(group.id);
        if (part && group.safe_side && group.safe_side->second_person && protects(group, prompting_values(group, *part)))
            return refused("own-side", paragraph(group.safe_side->refs),
                           "You asked for it yourself, and it leaves less protection than there is now: a second person who may "
                           "decide it agrees to it.");
    }
    return {};
}

// The value that a resolution of a suggested or conflicting value would leave in the record.
const schema::FieldValues& decided_values(const Bench& b, const OpenItem& item)
{
    switch (b.change.resolution) {
    case Resolution::accept:
    case Resolution::choose_b:
        return item.side.values;
    case Resolution::amend:
        return b.change.values;
    case Resolution::previous:
        return b.group_state->previous.values;
    default:
        return b.group_state->current.values;
    }
}

// Would readers be left with less protection than they act on now?
bool leaves_less_protection(const Bench& b, const OpenItem& item)
{
    auto after = *b.group_state;
    std::erase_if(after.open, [&](const OpenItem& open) { return open.side.id == item.side.id; });
    after.current.values = decided_values(b, item);
    return more_protective(b.group, prompting_values(b.group, *b.group_state), prompting_values(b.group, after)) ==
           Protects::more;
}

// A decision that leaves less protection takes two people, where the agreement asks for it: the first decision waits with
// what it is about until another person who may decide takes the same one.
Ruling second_person(const Bench& b, const OpenItem& item, std::string rule)
{
    const bool sets_value = !item.removes && !item.adds;
    if (!b.group.safe_side || !b.group.safe_side->second_person || !sets_value || !leaves_less_protection(b, item))
        return applied(std::move(rule), paragraph(b.group.refs));
    const bool same_decision = !item.proposed.id.empty() && item.proposed_how == b.change.resolution &&
                               item.proposed.values == b.change.values;
    if (same_decision && by_another_person(b, item.proposed.source))
        return applied(std::move(rule), paragraph(b.group.safe_side->refs));
    Ruling r;
    r.outcome = Outcome::suggested;
    r.rule = "second-person";
    r.paragraph = paragraph(b.group.safe_side->refs);
    r.decided_by = item.decided_by;
    r.who_can = "It leaves less protection than there is now, so a second person who may decide it must decide the same.";
    return r;
}

// Who wrote one of two versions has a side in it, and so has who made the suggestion that is to be accepted.
bool is_a_side(const Bench& b, const OpenItem& item, const GroupState& part)
{
    const auto own = [&](const Version& v) { return !by_another_person(b, v.source); };
    return item.kind == OpenItem::Kind::conflict ? own(item.side) || own(part.current)
                                                 : b.change.resolution != Resolution::decline && own(item.side);
}

}  // namespace

bool only_stands_in(const schema::RecordType& type, const OpenItem& item, const schema::Changeset& changeset, const Scene& scene)
{
    const auto authority = schema::parse_authority(item.decided_by, &type);
    const auto& hat = changeset.header.hat;
    return authority && !holds(*authority, hat, changeset.header.author, scene) && covers(*authority, hat.role, scene);
}

Ruling resolve_ruling(const Bench& b)
{
    const auto* item =
        b.change.targets.size() == 1 ? open_item(b.group_state, b.change.targets.front()) : nullptr;
    if (!item)
        return refused("already-settled", paragraph(b.group.refs), "It has been settled, or was never open.");
    const bool own = item->side.source.author == b.context.author.credential;
    if (b.change.resolution == Resolution::withdrawn)
        return own ? applied("withdrawn-by-author", paragraph(b.group.refs))
                   : refused("not-resolver", paragraph(b.group.refs), "Only its author can take it back.");
    if (b.change.resolution == Resolution::comment || b.change.resolution == Resolution::escalate)
        return applied("commented", paragraph(b.group.refs));
    if (b.change.reason.empty())
        return refused("needs-reason", paragraph(b.group.refs), "A decision needs a reason.");
    // An agency that only what waits names is named by that, never by what the decision says.
    const Scene scene{b.policy(), b.state.facts, b.record, &item->side.values};
    const auto authority = schema::parse_authority(item->decided_by, &b.type);
    const auto decided_by = authority ? in_words(*authority, scene) : std::string("another");
    const bool stands_in = only_stands_in(b.type, *item, b.changeset, scene);
    if (!authority || (!b.author_holds(*authority, scene) && !stands_in && !mutant(Mutant::anybody_settles)))
        return refused("not-resolver", paragraph(b.group.refs), "It is decided by " + decided_by + ".");
    if (stands_in && is_a_side(b, *item, *b.group_state))
        return refused("own-side", paragraph(b.group.refs),
                       "You wrote it yourself, and only stand in for those who decide. It is decided by " + decided_by +
                           ", or by another person who stands in for them.");
    // A decision is taken on what its maker saw: if the record moved on, they look again.
    if (!b.is_current(b.change.base))
        return refused("stale-decision", paragraph(b.group.refs),
                       "The record has changed since you looked. Look at it again and decide on what is there.");
    const bool suggestion = item->kind == OpenItem::Kind::suggestion;
    const bool sets_value = !item->removes && !item->adds;
    switch (b.change.resolution) {
    case Resolution::accept:
    case Resolution::choose_b: {
        if (suggestion != (b.change.resolution == Resolution::accept))
            break;
        if (sets_value || (item->adds && !b.event()))
            if (auto refusal = ordinary_refusal(b, *item, item->side.values))
                return *std::move(refusal);
        if (item->rule == schema::rule_names::withdraw)
            if (auto refusal = withdrawal_refusal(b, *item))
                return *std::move(refusal);
        auto r = second_person(b, *item, suggestion ? "accepted" : "resolved");
        r.returns = r.outcome == Outcome::applied && item->rule == schema::rule_names::edited_while_withdrawn &&
                    !b.record->withdrawn.empty();
        return r;
    }
    case Resolution::decline:
        if (!suggestion)
            break;
        return second_person(b, *item, "declined");
    case Resolution::amend:
        if (!sets_value)
            break;
        if (standing(b) != Standing::authorised)
            return refused("not-owner", paragraph(b.group.refs), "Only the owner can amend it. Accept or decline it.");
        if (auto refusal = ordinary_refusal(b, *item, b.change.values))
            return *std::move(refusal);
        return second_person(b, *item, "amended");
    case Resolution::choose_a:
        if (suggestion)
            break;
        return second_person(b, *item, "resolved");
    case Resolution::previous:
        if (suggestion || !sets_value || b.group_state->previous.id.empty())
            break;
        if (auto refusal = ordinary_refusal(b, *item, b.group_state->previous.values))
            return *std::move(refusal);
        return second_person(b, *item, "resolved");
    default:
        break;
    }
    return refused("no-such-step", paragraph(b.group.refs),
                   suggestion ? "A suggestion is accepted, amended or declined."
                              : "Of two versions, choose one, edit, or keep the previous.");
}

}  // namespace satchel::sync::judging
