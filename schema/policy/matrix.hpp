// What an agreement says to one role about one part of a record: an ordered list of lines, of which the first that fits
// counts. Worked out from the declarations alone, and not by the rules that rule on changes: that the two agree is tested
// over the states that a case can be in (tests/unit/sync/core/matrix_test.cpp).
//
// It speaks of one change of one part: of admissible values and with a reason, written on the version that is in the
// record and under the agreement in force. What holds whatever the agreement says stands in docs/RECONCILIATION.md: the
// same value agrees, two versions wait for a person, a handover in between is shown to the new owner.
#pragma once

#include <map>
#include <set>

#include "schema/policy/policy.hpp"

namespace satchel::schema::matrix {

enum class Action : std::uint8_t {
    create,    // this part, as the first of a new record
    set,       // this part of a record that is there
    add,       // an element of a list to a record that is there
    remove,    // an element of it
    withdraw,  // the whole record, as made in error
    see,
};
[[nodiscard]] std::string_view name(Action action) noexcept;

enum class Answer : std::uint8_t {
    decides,   // it is in the record
    suggests,  // it waits for whoever decides
    refused,
    nothing,   // there is nothing left to do
    sees,
    hidden,
};
[[nodiscard]] std::string_view name(Answer answer) noexcept;

// One thing that may be so.
struct Atom {
    enum class Kind : std::uint8_t {
        fact,         // the case's fact `name` is one of `values`
        change,       // the change gives `field` one of `values`
        recorded,     // `field` of the record is one of `values`; "" where it has none
        named,        // one of `values` is what `field` of the record says or, where the record has none, the change
        lowers,       // the change puts `field` lower than it is
        raises,       // higher
        no_step,      // the change moves `field` of `group` as no rule allows
        supplier,     // the own agency supplied the record
        author,       // the same person recorded it
        own_request,  // own agency and role recorded it
        own_element,  // the own agency put in what is to be taken out
        empty,        // `group` has no value yet
        others_work,  // another agency gave something in `group`, or anybody raised something there
        referred,     // the record that `field` refers to says one of `values`
        hidden,       // the role does not see `group`
        unseen,       // the role sees no part of the record
        blind,        // the role neither sees nor decides `group`
        gate,         // all that the gate `name` asks for is there
    };
    Kind kind = Kind::fact;
    bool negated = false;
    std::string name;
    FieldId field{};
    GroupId group{};
    std::vector<std::string> values;
    auto operator<=>(const Atom&) const noexcept = default;
};
using Condition = std::vector<Atom>;  // all of them; empty: always

struct Line {
    Condition when;
    Answer answer = Answer::refused;
    std::string rule;     // as rulings name it
    References refs;
    Authority to;         // suggests: who decides
    std::string say;      // in the agreement's own words; may be empty
    std::string instead;  // the record type under which the work is kept
    bool operator==(const Line&) const = default;
};
using Lines = std::vector<Line>;

// Lists that cannot be: nobody adds to what is no list. Withdrawing is the record's, whatever the group.
[[nodiscard]] bool applies(const RecordType& type, const Group& group, Action action) noexcept;
[[nodiscard]] Lines lines(const Policy& policy, const RecordType& type, const Group& group, const Role& role,
                          Action action);

// For an event: what is kept, and raised with those whom the agreement names. Of create and set; the first counts.
struct Raised {
    Condition when;
    std::string rule;
    References refs;
    std::string say;
};
[[nodiscard]] std::vector<Raised> raised(const Policy& policy, const RecordType& type, const Group& group,
                                         const Role& role, Action action);

// One state of a case and one change, as far as the lines ask.
struct Situation {
    std::map<std::string, std::string, std::less<>> facts;
    std::map<FieldId, std::string> change, recorded;  // the values as text; absent: none
    std::set<GroupId> filled;                         // parts of the record that have a value
    std::set<GroupId> others_work;
    std::map<FieldId, std::string> referred;          // what a rule asks of the record that a field refers to
    std::set<std::string, std::less<>> met;           // gates of which all that they ask for is there
    bool supplier = false, author = false, own_request = false, own_element = false;
};

// The line that counts; null where none fits.
[[nodiscard]] const Line* first(const Lines& lines, const Policy& policy, const RecordType& type, const Role& role,
                                const Situation& situation);
[[nodiscard]] const Raised* first(const std::vector<Raised>& raised, const Policy& policy, const RecordType& type,
                                  const Role& role, const Situation& situation);

// --- In words ---------------------------------------------------------------------------------------------------------

// "the lead agency's case manager", without a case at hand.
[[nodiscard]] std::string in_words(const Authority& authority, const Policy& policy, const RecordType* type);
// "when MAPPA level is 2 or 3 and the own agency supplied the record"; "always". With `own`, the agency of that role is
// "the own agency", so that roles of several agencies that are treated alike read alike.
[[nodiscard]] std::string in_words(const Condition& when, const Policy& policy, const RecordType& type,
                                   const Role* own = nullptr);
// A gate before a withdrawal: when it is looked at, what lifts it (empty: nothing), and all that must be there then. One that asks
// for nothing is shut. Lines tell of it by its rule alone.
struct GateInWords {
    std::string when, unless;
    std::vector<std::string> asks;
};
[[nodiscard]] GateInWords before_withdrawal(const Gate& gate, const Policy& policy, const RecordType& type);
// "suggests; the MAPPA Co-ordinator decides".
[[nodiscard]] std::string in_words(const Line& line, const Policy& policy, const RecordType& type);

}  // namespace satchel::schema::matrix
