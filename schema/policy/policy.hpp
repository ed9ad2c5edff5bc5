// The compiled Data-Sharing Agreement: record types, who owns and who sees what, how concurrent work is merged, who
// must be told. Immutable after compile(); safe to read from any thread. The engine knows no MAPPA word but these.
//
// Everything is referred to by index into the vectors of this policy or by hashed name; names are for people.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/policy/calendar.hpp"
#include "schema/policy/earlier_words.hpp"
#include "schema/value/value.hpp"

namespace satchel::schema {

// Requirement ids and guidance paragraphs a rule rests on, in the order declared ("G-15-17", "L1-250").
using References = std::vector<std::string>;

struct Agency {
    std::string name;   // "police"
    std::string title;  // "Police"
    bool by_invitation = false;  // takes part in a case only where a rule names it, and while it leads
};

// "police.offender_manager". Duties name what the role does in whichever agency leads ("case_manager").
struct Role {
    std::string name;
    std::string title;
    std::string agency;
    std::vector<std::string> duties;
    std::string cover;  // the role that receives this role's work when it has no active member; may be empty
};

// The hat under which a user writes (IN-74): agency, team and role. Team scopes work, it never decides ownership.
struct Hat {
    std::string agency;
    std::string team;
    std::string role;  // full name, "police.offender_manager"
    auto operator<=>(const Hat&) const noexcept = default;
};
std::string to_string(const Hat& hat);         // "police/eastside/offender_manager"
Result<Hat> parse_hat(std::string_view text);  // the same form
// A role's full name, as an agreement can have it: "police.offender_manager".
[[nodiscard]] bool is_role_name(std::string_view text) noexcept;

// A named authority, evaluated on the facts of the case and on the record. Closed set: no scripting.
struct Authority {
    enum class Kind : std::uint8_t {
        nobody,         // only the system writes it
        agency,         // "agency:police"
        role,           // "role:coordination.coordinator"
        lead_agency,    // "lead_agency": the agency named by the fact of that name
        lead_duty,      // "lead_agency/case_manager": the lead agency's role with this duty
        supplier,       // the agency that created the record
        author,         // the user who created the record
        field_agency,   // "field:accepting_agency": the agency, or the role, that a field of this record names
        fact_agency,    // "fact:holding_agency": the agency that a fact of the case names
        case_agencies,  // the agencies that take part in every case, and whichever leads this one
        every_agency,   // any agency that the policy declares
    };
    Kind kind = Kind::nobody;
    std::string name;  // agency, role, duty, field or fact
    FieldId field{};   // of field_agency
    auto operator<=>(const Authority&) const noexcept = default;
};
std::string to_string(const Authority& authority);  // as written in the policy

struct RecordType;
// The reverse. "field:name" is looked up in `type`, which may be null for every other form.
Result<Authority> parse_authority(std::string_view text, const RecordType* type);
Result<Authority> parse_authority(std::string_view text);  // the same form; `field` is left to the policy compiler

// Who is told of something, or has to do it: roles. "police.spo", "lead_agency/case_manager"; or whoever has a duty in the agency
// that a field of the record names, or that supplied it: "field:accepting_agency/line_manager", "supplier". A field that names a
// role stands for that role.
struct Receiver {
    Authority who;
    std::string duty;  // in the agency that `who` names; empty: the agreement's owner_duty
};
Result<Receiver> parse_receiver(std::string_view text, const RecordType* type);
Result<Receiver> parse_receiver(std::string_view text);  // the same form; `who.field` is left to the policy compiler
[[nodiscard]] bool names_receiver(std::string_view text) noexcept;  // does the record itself say who it is?

// A condition on facts of the case and on the values of the change: every entry must hold (value in the list).
struct Match {
    std::map<std::string, std::vector<std::string>> facts;
    std::vector<std::pair<FieldId, std::vector<std::string>>> values;
    [[nodiscard]] bool empty() const noexcept { return facts.empty() && values.empty(); }
    bool operator==(const Match&) const = default;
};

struct OwnerClause {
    Match when;  // first clause that holds decides; the last has none
    Authority is;
};

// Who may see. A reader sees a group when any principal of the clause in force admits one of the reader's hats.
// With `by` set, the clause is chosen by the value that the supplier gave that field (G-X-1: full, sanitised,
// pointer, nothing); an unknown or missing value chooses the narrowest clause, which stands first.
struct AudienceClause {
    std::string value;  // of the field `by`; empty when the audience has no `by`
    std::vector<Authority> who;
};
struct Audience {
    std::optional<FieldId> by;
    std::vector<AudienceClause> clauses;
};

enum class Hold : std::uint8_t { full, reference, online };

enum class FieldType : std::uint8_t {
    text, note, choice, boolean, date, instant, integer, decimal, agency, role, ref, version, postcode,
    crn, prison_number, pnc, cro, identifier
};

inline constexpr std::string_view any_record = "any";  // what a ref may refer to: a record of whichever type

struct Field {
    FieldId id{};
    std::string name;  // unique inside the record type
    std::string title;
    FieldType type = FieldType::text;
    std::vector<std::string> choices;  // of choice, weakest first where the group has a safe side; of agency and
                                       // role, every name the policy declares
    std::string target;                // ref: record type, or any_record; version: group name, or "record.group"
    std::string initial;               // what a client writes in a new record when its author says nothing, as typed
    bool required = false;             // a change of the group without it is refused
    bool searchable = false;
    bool withheld_from_reason = false;
};

enum class Merge : std::uint8_t {
    manual,        // concurrent authorised changes are a conflict
    text3,         // three-way merge of plain descriptive text
    append,        // a set of elements; each belongs to its supplier; concurrent adds all survive
    add_wins,      // a set of elements anyone on the case may add; the owner removes exactly the adds it saw
    alternatives,  // requests stand side by side, none in force, until the decision maker decides
};

// Which of two values protects more, declared per group: the later choice in the field's list, the earlier date,
// or a named value.
struct SafeSide {
    enum class Kind : std::uint8_t { later_choice, earlier, value };
    Kind kind = Kind::later_choice;
    FieldId field{};
    std::string value;            // of Kind::value
    bool show_to_all = false;     // a non-owner's more protective value is shown beside the owner's (G-11-12)
    bool second_person = false;   // a decision between versions that leaves less protection takes two people
    References refs;
};

// Another record that the hub writes for the author when the change itself may not stand: nothing typed is lost.
struct Instead {
    std::string type;                                          // record type
    std::vector<std::pair<FieldId, std::string>> set;          // target field <- "$field" of the change, or a literal
};

// An exception to plain ownership, evaluated in order before it. Each names its paragraph and says who can do it.
struct Redirect {
    std::vector<Authority> author;  // whom it meets; empty: everyone
    Match when;
    enum class Rank : std::uint8_t { any, lowers, raises } rank = Rank::any;  // against the current value
    FieldId rank_field{};
    enum class Then : std::uint8_t { refuse, suggest, apply } then = Then::refuse;
    Authority to;                   // suggest: who decides
    std::optional<Instead> instead;
    std::string lists;              // "action": open records of this type are listed with the suggestion
    std::string rule;               // short rule id, unique in the policy
    std::string say;                // what the author is told, a plain sentence
    References refs;
};

// Allowed moves of a choice field. Anything not listed is refused with who may do what.
struct Transition {
    std::string from;  // empty: no value yet
    std::string to;
    Authority by;
};

// A date that may not lie too far behind another (L1-271).
struct Limit {
    FieldId field{};
    FieldId from{};
    Period within;
    std::string say;
    References refs;
    Match when;  // facts, and values of the change; empty: always
};

// A record of the case that a gate asks for.
struct Asked {
    std::string type;
    Match when;                          // its own values, and facts
    std::optional<FieldId> refers_here;  // its field by which it refers to the record of the change
    std::optional<FieldId> referred_in;  // the field of the record of the change that refers to it
};

// An approval that a gate asks for: given to the version now in the record, with these values.
struct Approved {
    GroupId group{};
    Match when;
};

// What must be there before a change may stand, whoever decides on it. All that a gate asks for must be met. Never on an
// event: what happened is kept (promise 6). Before a withdrawal, on any record: one that asks for nothing is always shut.
struct Gate {
    std::string rule;  // short rule id, unique in the policy
    Match when;        // facts, and values of the record as the change would leave it; before a withdrawal, as it stands
    Redirect::Rank rank = Redirect::Rank::any;  // against the current value
    FieldId rank_field{};
    Match unless;      // lifts it; empty: nothing does
    std::vector<FieldId> needs;                  // of any part of the record: must say something
    std::vector<GroupId> different_person_from;  // whoever wrote what these now say may not write this
    std::optional<Approved> approved;
    std::optional<Asked> exists, absent;
    std::string say;   // what is missing and who can do what, a plain sentence
    References refs;
};

struct Group {
    GroupId id{};
    std::string name;
    std::string title;
    std::vector<Field> fields;
    std::vector<OwnerClause> owner;
    Authority resolver;  // who settles suggestions and conflicts; Kind::nobody: the owner
    Merge merge = Merge::manual;
    Audience audience;
    std::optional<SafeSide> safe_side;
    std::optional<FieldId> reasoned_by;  // a value with this field outranks one without (L1-34, L1-272)
    std::optional<GroupId> binds_to;     // approvals: bound to one version of that group, void when it changes
    FieldId binds_field{};
    std::vector<Redirect> redirects;
    std::vector<Transition> transitions;
    FieldId transition_field{};
    std::vector<Limit> limits;
    std::vector<Gate> gates;
    bool safety = false;  // sent before everything else, both ways
    bool reason_required = false;  // changes and removals must carry a reason
    References refs;

    [[nodiscard]] const Field* field(std::string_view field_name) const noexcept;
    [[nodiscard]] const Field* field(FieldId field_id) const noexcept;
};

struct Notify {
    std::string id;  // unique in the policy
    enum class When : std::uint8_t { received, applied, outside, suggested } when = When::applied;
    std::optional<GroupId> group;     // unset: any group of the record
    Match match;
    std::vector<std::string> roles;   // receivers; "resolver" is one too
    bool not_author_agency = false;   // the author's own agency already knows
    std::string task;                 // words
    std::string unconfirmed;          // words added while the change is not in the record: "reported by …, not yet …"
    bool safety = false;
    bool coalesce = false;            // one open task per case, rule and role
    std::string marks_stale;          // "trigger_plan.cites": records whose ref or group depends on this one
    References refs;
};

// Two records of one type by different agencies about the same thing: linked, never merged (L1-264, G-10-22).
struct LinkRule {
    std::string id;
    std::vector<FieldId> same;
    std::optional<FieldId> differs;   // discrepancy flag when this differs
    bool across_agencies = true;
    std::string task;
    std::vector<std::string> roles;
    References refs;
};

// What happened is never refused (promise 6): kept, marked outside policy, raised.
struct OutsideRule {
    std::string id;
    Match when;                        // facts, and values of the event
    std::optional<FieldId> ref;        // or: a value of the record that this field refers to
    FieldId ref_field{};
    std::vector<std::string> ref_values;
    std::string say;
    References refs;
};

// A new record of this type ends the one before it: `ends` of the old takes `starts` of the new.
struct Succession {
    FieldId starts{};
    FieldId ends{};
    std::vector<FieldId> same;
    References refs;
};

struct RecordType {
    TypeId id{};
    std::string name;
    std::string title;
    enum class Kind : std::uint8_t { entity, event } kind = Kind::entity;
    bool singleton = false;  // one per case; its id is derived from case and type
    std::vector<Authority> create;
    Hold hold = Hold::full;
    std::string retention;
    std::vector<Group> groups;
    std::vector<Notify> notify;
    std::vector<LinkRule> links;
    std::vector<OutsideRule> outside;
    std::vector<Gate> withdrawal;  // before the record is withdrawn
    std::optional<Succession> succession;
    int late_after_days = 0;           // 0: never marked late
    References refs;

    [[nodiscard]] const Group* group(std::string_view group_name) const noexcept;
    [[nodiscard]] const Group* group(GroupId group_id) const noexcept;
    [[nodiscard]] const Group* group_of_field(std::string_view field_name) const noexcept;
};

// A fact of the case: derived from confirmed values, recorded as a system entry when it changes, used by owners,
// matches, audiences and deadlines.
struct FactRule {
    std::string name;
    std::string title;
    enum class Derive : std::uint8_t {
        latest,  // the value of `value` in the group last set (singletons)
        period,  // `value` of the record whose [from, to] holds today; the latest start wins
        any,     // "yes" while any record has `value` true, or a set with an element
        until,   // "yes" before the day on which `years` have passed since the date in `value`: an age
    } derive = Derive::latest;
    std::string type;
    std::string group;
    FieldId value{}, from{}, to{};
    int years = 0;               // of until
    Match only;                  // records whose values do not match do not count (any: one flag of several kinds)
    std::vector<FieldId> needs;  // a version without these does not count (IN-97: "1" without rationale is not set)
    std::string otherwise;       // the value when nothing derives it
    References refs;
};

// A clock: from a date in a record, a task for a role with a last day. It is worked out anew from what stands in the
// records, so that no order of arrival decides anything; what comes late is late, never lost.
struct Deadline {
    // `within` of the date in the field, while the record's values match. The group may be a set: each element starts one.
    struct Start {
        TypeId type{};
        GroupId group{};
        FieldId field{};
        Period within;
        Match when;
        bool operator==(const Start&) const = default;
    };
    // What meets it. A record counts once it states `on` and matches `when`.
    struct Closes {
        enum class By : std::uint8_t {
            itself,  // the record that started it
            about,   // a record of this type whose field `of` refers to that record
            any,     // another record of this type; where both are dated, not from before the clock started
        } by = By::any;
        TypeId type{};
        FieldId of{};
        std::optional<FieldId> on;
        Match when;
        bool operator==(const Closes&) const = default;
    };
    std::string id;
    std::vector<Start> starts;
    // Of several starts the latest holds. With `sooner`, each field of `starts` has its latest, and the first due holds.
    bool sooner = false;
    // The first start holds until it is met, not the latest: later ones are of no interest (the first appointment).
    bool first = false;
    // One clock for the case, which a later start replaces; otherwise every record that starts one has its own.
    bool one_per_case = false;
    Match applies;                 // facts; what it asks of fields is in every start
    std::optional<Closes> closes;  // unset: a person says that it is done
    std::string role;
    std::string task;
    std::string say;  // the reason, in words
    References refs;

    // May a change of a record of this kind, or of this fact, start, move or end it?
    [[nodiscard]] bool mentions(TypeId type) const noexcept;
    [[nodiscard]] bool rests_on(std::string_view fact) const;
    bool operator==(const Deadline&) const = default;
};

struct ScopeRule {
    std::string restricted_fact;   // fact whose value "yes" bars users below…
    std::string vetting;           // …this vetting level
    std::string handler;           // role that receives sealed work of barred users
    std::string coordination_role; // fallback resolver when a role and its cover have no active member
    std::string owner_duty;        // every agency has a role with this duty: it decides where a group names no role
    std::vector<std::string> approvers;  // roles of which two people approve an agreement; empty: see approvers()
};

struct Figures;  // schema/policy/figures.hpp

struct Policy {
    std::uint32_t version = 0;
    std::string title;
    Digest digest{};  // SHA-256 of the bundle's bytes: the version a changeset was authored under
    std::vector<Agency> agencies;
    std::vector<Role> roles;
    std::vector<FactRule> facts;
    std::vector<RecordType> types;  // in declaration order
    std::vector<Deadline> deadlines;
    std::shared_ptr<const Figures> figures;   // null: the bundle counts nothing
    Calendar calendar;
    EarlierWords earlier_words;
    std::vector<std::string> vetting_levels;  // weakest first
    ScopeRule scope;

    [[nodiscard]] const Agency* agency(std::string_view name) const noexcept;
    [[nodiscard]] const Role* role(std::string_view name) const noexcept;
    [[nodiscard]] const FactRule* fact(std::string_view name) const noexcept;
    [[nodiscard]] const RecordType* type(std::string_view name) const noexcept;
    [[nodiscard]] const RecordType* type(TypeId id) const noexcept;

    // Fast lookup on the hot path; filled by compile().
    std::unordered_map<std::uint32_t, std::size_t> type_index;
};

// The roles whose holders approve the next agreement: those declared, else every role of the co-ordination unit.
[[nodiscard]] std::vector<std::string> approvers(const Policy& policy);

// The words the policy files use, for listings ("yes_no", "add_wins", "reference").
[[nodiscard]] std::string_view name(FieldType type) noexcept;
[[nodiscard]] std::string_view name(Merge merge) noexcept;
[[nodiscard]] std::string_view name(Hold hold) noexcept;
[[nodiscard]] std::optional<FieldType> parse_field_type(std::string_view text) noexcept;
[[nodiscard]] std::optional<Merge> parse_merge(std::string_view text) noexcept;
[[nodiscard]] std::optional<Hold> parse_hold(std::string_view text) noexcept;

[[nodiscard]] constexpr TypeId type_id(std::string_view type) noexcept { return TypeId{name_hash(type)}; }
[[nodiscard]] GroupId group_id(std::string_view type, std::string_view group);
[[nodiscard]] FieldId field_id(std::string_view type, std::string_view group, std::string_view field);

}  // namespace satchel::schema
