// One change on the bench: what it is judged against, and how a ruling on it is worded. Inside reconcile only.
#pragma once

#include <algorithm>

#include "sync/core/authority.hpp"
#include "sync/core/reconcile.hpp"

namespace satchel::sync::judging {

[[nodiscard]] std::string paragraph(const schema::References& refs);

// Everything one change is judged against.
struct Bench {
    const CaseState& state;
    const schema::Changeset& changeset;
    const Context& context;
    const schema::Change& change;
    const schema::RecordType& type;
    const schema::Group& group;
    const RecordState* record;      // null while it is being created
    const GroupState* group_state;  // null while it has no value

    [[nodiscard]] const schema::Policy& policy() const { return *context.policy; }
    [[nodiscard]] Scene now() const { return {policy(), state.facts, record, &change.values}; }
    [[nodiscard]] Scene seen() const { return {policy(), *context.facts_seen, record, &change.values}; }
    [[nodiscard]] bool author_holds(const schema::Authority& a, const Scene& scene) const
    {
        return holds(a, changeset.header.hat, context.author.credential, scene);
    }
    [[nodiscard]] bool author_holds_any(const std::vector<schema::Authority>& list, const Scene& scene) const
    {
        return std::any_of(list.begin(), list.end(), [&](const auto& a) { return author_holds(a, scene); });
    }
    [[nodiscard]] bool event() const { return type.kind == schema::RecordType::Kind::event; }
    [[nodiscard]] VersionId current() const { return group_state ? group_state->current.id : VersionId{}; }
    // Is that the version in the record, or one that said the same?
    [[nodiscard]] bool is_current(const VersionId& id) const
    {
        return id == current() || (group_state && std::find(group_state->agreed.begin(), group_state->agreed.end(),
                                                            id) != group_state->agreed.end());
    }

    // Who settles what is not the author's to decide.
    [[nodiscard]] schema::Authority resolver() const
    {
        return group.resolver.kind == schema::Authority::Kind::nobody ? owner_of(group, state.facts, change.values)
                                                                      : group.resolver;
    }
};

[[nodiscard]] Ruling applied(std::string rule, std::string para = {});
[[nodiscard]] Ruling refused(std::string rule, std::string para, std::string who_can);
[[nodiscard]] Ruling waiting(Outcome outcome, std::string rule, std::string para, const schema::Authority& decided_by);

// Two devices of one person are one person. What nobody has written, they have not.
[[nodiscard]] bool by_another_person(const Bench& b, const Source& source);

[[nodiscard]] const OpenItem* open_item(const GroupState* group, const VersionId& id);

// The author's own earlier change that still waits: a further edit of it amends it, so that three offline edits
// make one suggestion.
[[nodiscard]] const OpenItem* amended_item(const Bench& b);
void mark_amended(Ruling& ruling, const OpenItem* item);

}  // namespace satchel::sync::judging
