// Who may see what, evaluated on the case as it is now. Pure.
//
// Audience covers everything derived from a value: the changeset that set it, its ruling, suggestions, losing
// versions, tasks. A changeset holds changes of one audience only (audience_class), so that a viewer gets it whole or
// not at all.
#pragma once

#include <span>

#include "schema/policy/policy.hpp"
#include "sync/core/proof.hpp"
#include "sync/core/ruling.hpp"

namespace satchel::sync {

struct Viewer {
    CredentialId credential;
    std::vector<schema::Hat> hats;
};

// Whether any hat of the viewer admits them to a group of a record. `record` may be null while it is unknown.
[[nodiscard]] bool may_see(const schema::Policy& policy, const schema::RecordType& type, const schema::Group& group,
                           const RecordState* record, const Facts& facts, const Viewer& viewer);

// The audience of a changeset or effect is that of every group it touches. Its author sees a changeset regardless, and
// alone when all of it was refused: what is not in the record is nobody else's to read. Where only a part was refused
// the changeset stays whole, because all its parts have one audience. Changesets of types that the policy does not know
// are seen by their author alone.
[[nodiscard]] bool may_see(const schema::Policy& policy, const OpenedChangeset& changeset,
                           std::span<const Ruling> rulings, const CaseState& state, const Viewer& viewer);
[[nodiscard]] bool may_see(const schema::Policy& policy, const Effect& effect, const CaseState& state,
                           const Viewer& viewer);

// Groups with equal classes may share a changeset. The text is canonical and means nothing else.
[[nodiscard]] std::string audience_class(const schema::Group& group);

// Does who sees the group depend on the record it is in (its supplier, a field of it)?
[[nodiscard]] bool audience_depends_on_record(const schema::Group& group) noexcept;

// Whether devices other than the author's may keep a group (hold). full: yes; online: no; reference: only what points to
// the record, not its narrative, that is, groups without a note.
[[nodiscard]] bool held_on_devices(const schema::RecordType& type, const schema::Group& group) noexcept;

// Does the agreement evaluate any audience on this fact or field? If it changes, readers' views are recomputed.
[[nodiscard]] bool audience_depends_on_fact(const schema::Policy& policy, std::string_view fact);
[[nodiscard]] bool audience_depends_on_group(const schema::RecordType& type, const schema::Group& group);

// The part of a case that a viewer sees: what the fold of the viewer's entries yields.
[[nodiscard]] CaseState visible_part(const CaseState& state, const schema::Policy& policy, const Viewer& viewer);

}  // namespace satchel::sync
