// What the agreement counts: key performance indicators, the lines of the annual return, lists for managers. Data only:
// who counts by it is sync/core/figures.hpp. A closed set of simple matches, no formulas.
#pragma once

#include "schema/policy/policy.hpp"

namespace satchel::schema {

// Counts in rows: one for each value of a fact on the day, or of a field.
struct Breakdown {
    enum class Of : std::uint8_t {
        fact,     // "fact.category"
        counted,  // "meeting_level": a field of the counted record, or of the one that it is about
        case_,    // "person.gender": a field of a record of which a case has one
        age,      // "age": how old the person was on the day, in bands of years
        held,     // "held.mappa_level": for how long the fact had held on the day, in bands of months
    } of = Of::fact;
    std::string name;  // as written
    std::string title;
    std::string fact;  // Of::fact, Of::held
    std::string type;  // Of::case_
    FieldId field{};
    std::vector<std::string> values;  // that are known: each has its row, also with nothing to count
};

// What must be found for one of the counted to be met: a record that refers to it, any record of the case of that type, or
// its own fields.
struct Witness {
    Match only_if;              // of the counted: asked of those alone
    std::string type;           // empty: the counted record itself
    std::optional<FieldId> of;  // the witness's reference to the counted record, or to the one that that is about
    bool of_about = false;
    std::vector<std::pair<FieldId, FieldId>> same;  // field of the witness, field of the counted
    std::vector<Match> when;                        // any of them; none: whatever it says
    // A day of the witness: no later than `within` after the day of the counted, and if it refers to nothing, no earlier than
    // that day; or not longer before that day than `since`, and not after it.
    FieldId date{};
    std::optional<Period> within, since;
};

struct Figure {
    std::string id;  // unique among figures
    std::string title;
    enum class Counts : std::uint8_t {
        cases,      // each case once, as it was on the last day
        records,    // each record of `type` whose day falls into the period
        elsewhere,  // what no case holds: `why` says where it is to be had
    } counts = Counts::cases;
    std::string type;
    std::optional<FieldId> about;  // reference of the counted record to the one that it is a part of
    std::string about_type;
    FieldId on{};                 // the day, of either
    Match when;                   // facts on the day, fields of either
    std::vector<Match> unless;    // the same: none of these
    int under_age = 0;            // on the day; 0: whoever it is
    std::vector<Breakdown> by;    // at most two
    std::vector<Witness> met;     // all that apply; none: counted only
    std::optional<Period> every;  // no next record came later than this
    bool each_day = false;        // entries of one list that fall on one day are one
    bool each_interval = false;   // with `every`: each time between two is one of the counted; otherwise each case is
    Match still;                  // facts on the day the next was due: otherwise none was due
    int target = 0;               // per cent of the counted that are met; 0: none
    int withhold_below = 0;       // smaller counts are not told, nor what would give them away; 0: all are
    std::vector<Match> never;     // facts that cannot stand together: such cases are told of beside the count
    std::string reading;          // which reading was taken where the source leaves it open; printed with the figure
    std::string why;
    References refs;
};

struct ReturnEdition {
    struct Year {
        Date ends;          // its last day; it begins the day after the one a year before
        Instant published;  // before it nothing of the return is to be passed on
    };
    std::string id;
    std::string title;
    std::string signed_off_by;       // role
    std::vector<std::string> early;  // roles that may see figures of a year that is not published yet
    std::vector<Year> years;         // for which its lines hold
    std::vector<Figure> lines;
    References refs;
};

struct Figures {
    std::string area;                              // the fact that says which area counts a case
    std::string portal;                            // where the figures of boards are handed in; may be empty
    Match no_case;  // facts: a file of which they hold is about nobody, and counted among no cases; empty: there is none
    std::map<std::string, FieldId> since;          // by fact: the field that says from which day its value holds
    std::map<std::string, std::string> undecided;  // by fact: the value that says that nobody has decided yet
    std::vector<std::string> show;                 // facts that stand beside a case in a list
    std::string born_type;                         // of Figure::under_age; empty: unknown
    FieldId born{};
    std::vector<int> age_bands, held_bands;  // where each band but the first begins: years, months
    // Two cases with the same value under one of these schemes are one person: counted once.
    std::string same_type;
    FieldId same_scheme{}, same_value{};
    std::vector<std::string> same_schemes;
    Calendar calendar;  // which days are no working days
    std::vector<Figure> kpis;
    std::vector<Figure> lists;  // for managers: the cases that are counted, or that have a record that is
    std::vector<ReturnEdition> returns;

    [[nodiscard]] const ReturnEdition* edition_of(Date year_ends) const noexcept;
};

// "18 to 24", for a number that lies there: the same words in every report.
std::string band(const std::vector<int>& begins, int number);
std::vector<std::string> all_bands(const std::vector<int>& begins);

}  // namespace satchel::schema
