// What a policy file says, before anything is known about whether it makes sense: words with their places.
// Internal to the policy compiler: read*.cpp fill it, build*.cpp resolve it, check*.cpp judge it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "schema/policy/compile.hpp"

namespace satchel::schema::declaration {

struct Place {
    std::uint32_t file = 0;  // index into the bundle
    std::uint32_t line = 0;  // 1-based; 0: the file as a whole
};
inline constexpr Place whole_bundle{0xffffffff, 0};

inline constexpr std::size_t list_max = 512;  // what stands in one list is compared with everything else in it

struct Word {
    std::string text;
    Place at;
    [[nodiscard]] bool empty() const noexcept { return text.empty(); }
};
using Words = std::vector<Word>;

struct Number {
    int value = 0;
    Place at;
};

struct Match {
    struct Entry {
        bool fact = false;  // otherwise a field
        Word name;
        Words values;
    };
    std::vector<Entry> entries;
};

struct Owner {
    Place at;
    Match when;
    Word is;
};

struct Audience {
    struct Clause {
        Word value;
        Words who;
    };
    Place at;
    Word by;
    std::vector<Clause> clauses;
};

struct Field {
    Word name, title, type, target, nature, initial;
    Words choices;
    bool required = false, searchable = false, withheld_from_reason = false;
};

struct SafeSide {
    Place at;
    Word field, side, value;
    bool show_to_all = false;
    bool second_person = false;
    Words refs;
};

struct Assignment {
    Word target, value;
};

struct Instead {
    Word type;
    std::vector<Assignment> set;
};

struct Redirect {
    Place at;
    Words author;
    Match when;
    Word rank, rank_field, then, to, lists, rule, say;
    std::optional<Instead> instead;
    Words refs;
};

struct Move {
    Place at;
    std::string from, to, by;
};

struct States {
    Place at;
    Word field;
    std::vector<Move> moves;
};

struct Limit {
    Place at;
    Word field, from, within, say;
    Words refs;
    Match when;
};

struct Binds {
    Word field, group;
};

struct Approved {
    Word group;
    Match when;
};

struct Asked {
    Word type, refers_here, referred_in;
    Match when;
};

struct Gate {
    Place at;
    Word rule, rank, rank_field, say;
    Match when, unless;
    Words needs, different_person_from, refs;
    std::optional<Approved> approved;
    std::optional<Asked> exists, absent;
};

struct Group {
    Place at;
    Word name, title, nature, merge, resolver, reasoned_by;
    std::vector<Field> fields;
    std::vector<Owner> owner;
    std::optional<Audience> audience;
    std::optional<SafeSide> safe_side;
    std::optional<Binds> binds;
    std::vector<Redirect> redirects;
    std::optional<States> states;
    std::vector<Limit> limits;
    std::vector<Gate> gates;
    bool safety = false, reason_required = false;
    Words refs;
};

struct Notify {
    Place at;
    Word id, when, group, task, unconfirmed, marks_stale;
    Match match;
    Words roles, refs;
    bool not_author_agency = false, safety = false, coalesce = false;
};

struct Link {
    Place at;
    Word id, differs, task;
    Words same, roles, refs;
    bool across_agencies = true;
};

struct Outside {
    Place at;
    Word id, ref, whose, say;
    Match when;
    Words values, refs;
};

struct Succession {
    Place at;
    Word starts, ends;
    Words same, refs;
};

struct Record {
    Place at;
    Word name, title, kind, hold, retention;
    bool singleton = false;
    Words create, refs;
    std::optional<Audience> audience;
    std::vector<Group> groups;
    std::vector<Notify> notify;
    std::vector<Link> links;
    std::vector<Outside> outside;
    std::vector<Gate> withdrawal;
    std::optional<Succession> succession;
    Number late_after_days;
};

// How long records are kept, by a name that they give.
struct Retention {
    Word name, kept;
    Words refs;
};

struct Fact {
    Place at;
    Word name, title, derive, type, group, value, from, to, otherwise;
    Number years;
    Match only;
    Words needs, refs;
};

struct Calendar {
    Place at;
    Word title, known_from, known_until;
    Words holidays, refs;
};

struct Deadline {
    struct Start {
        Word field;   // "record.field"
        Word within;  // empty: that of the deadline
        Match when;
    };
    struct Closes {
        Place at;
        Word record, of, on;
        Match when;
    };
    Place at;
    Word id, within, role, task, say;
    std::vector<Start> starts;
    bool sooner = false, first = false, one_per_case = false;
    Match applies;
    std::optional<Closes> closes;
    Words refs;
};

// What has to be found for one of the counted to be met.
struct Witness {
    Place at;
    Match only_if;
    Word type, of, date, within, since;
    std::vector<std::pair<Word, Word>> same;
    std::vector<Match> when;
};

struct Figure {
    Place at;
    Word id, title, counts, about, on, every, unit, reading, why;
    Match when, still;
    std::vector<Match> unless, never;
    Number under_age, target, withhold_below;
    std::vector<Witness> met;
    Words by, refs;
};

struct ReturnEdition {
    struct Year {
        Word ends, published;
    };
    Place at;
    Word id, title, signed_off_by;
    std::vector<Year> years;
    std::vector<Figure> lines;
    Words early, refs;
};

struct Figures {
    Place at;  // line 0: the bundle counts nothing
    Word area, portal, born, same_record, same_scheme, same_value;
    std::vector<Number> age_bands, held_bands;
    Match no_case;
    std::vector<std::pair<Word, Word>> since, undecided;
    Words same_schemes, free_days, show, refs;
    std::vector<Figure> kpis, lists;
    std::vector<ReturnEdition> returns;
};

// Where a word of an earlier edition is kept as it was written.
struct EarlierWords {
    Place at;  // line 0: nothing says it
    Word keep, written, present, stood_in, stood_as;
    Words refs;
};

struct EarlierWord {
    Place at;
    Words in, words;
    Word means;
    std::vector<std::pair<Word, Word>> keep;
    Words refs;
};

struct Agency {
    Word name, title, takes_part;
};

struct Role {
    Word name, title, agency, cover;
    Words duties;
};

struct Bundle {
    Number version;
    Word title;
    Words vetting_levels;
    Place scope_at;
    Word restricted_fact, vetting, handler, coordination_role, owner_duty;
    Words approvers;
    std::vector<Agency> agencies;
    std::vector<Role> roles;
    std::vector<Fact> facts;
    std::vector<Retention> retentions;
    std::vector<Record> records;
    std::vector<Deadline> deadlines;
    Figures figures;
    EarlierWords earlier_words;
    std::vector<EarlierWord> earlier_word;
    std::optional<Calendar> calendar;
};

// Collects what is wrong, with its place.
class Problems {
public:
    explicit Problems(std::span<const SourceFile> files) : files_(files) {}
    void add(Place at, std::string reason);
    [[nodiscard]] bool none() const noexcept { return found_.empty(); }
    std::vector<PolicyProblem> take();  // sorted, excess counted

private:
    std::span<const SourceFile> files_;
    std::set<PolicyProblem> found_;  // each once: a rule may find one as often as there are others to compare with
};

// The three stages. build() leaves problems for every name that does not resolve; check() assumes that there were
// none, and that the policy's vectors are parallel to the bundle's.
Bundle read(std::span<const SourceFile> files, Problems& problems);
Policy build(const Bundle& bundle, Problems& problems);
void check(const Bundle& bundle, const Policy& policy, Problems& problems);
void check_gates(const Bundle& bundle, const Policy& policy, Problems& problems);
void check_owners(const Bundle& bundle, const Policy& policy, Problems& problems);
void check_routes(const Bundle& bundle, const Policy& policy, Problems& problems);
void check_orphans(const Bundle& bundle, const Policy& policy, Problems& problems);
void check_deadlines(const Bundle& bundle, const Policy& policy, Problems& problems);
void check_evolution(const Bundle& bundle, const Policy& policy, const Policy& before, Problems& problems);
void check_narrowing(const Bundle& bundle, const Policy& policy, const Policy& before, Problems& problems);

// Figures are read, and resolved and judged, beside the rest: nothing else rests on them.
class Reading;
void read_figures(Reading& file, Bundle& bundle);
void build_figures(const Bundle& bundle, Policy& policy, Problems& problems);

}  // namespace satchel::schema::declaration
