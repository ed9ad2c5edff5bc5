// Counts what the agreement says is to be counted (schema/policy/figures.hpp), case after case. Pure: no store, no clock.
//
// Everything is counted by the day on which it took effect or happened, never by the day on which it arrived (G-32-19):
// the same period counted again gives more only where work came late, and that is then a difference one can see.
//
// A case counts for the area that it belonged to on the day, for no other, and for none where no area is recorded. So the
// counts of all areas add up to the count without an area.
#pragma once

#include <functional>
#include <set>
#include <span>

#include "schema/policy/figures.hpp"
#include "sync/core/state.hpp"

namespace satchel::sync {

struct Days {
    Date from, to;  // both days are in it
};

// What is read of one case: the records of Counting::types(), and the facts as they stand.
struct CaseSheet {
    CaseId id;
    std::string label;
    Facts facts;
    std::map<schema::TypeId, std::vector<RecordState>> records;
};

// Every version that ever stood in a group of the one record of the type that a case has, in the order in which they came.
// It is asked only where the two that a record holds do not reach back to the day.
using VersionsOf = std::function<Result<std::vector<Version>>(schema::TypeId, schema::GroupId)>;

// The value of a fact on a day. Of two decisions that had taken effect by then, the one that was written last counts.
struct FactOnDay {
    std::string value;
    bool undated = false;       // nobody said since when: counted as it stands
    std::optional<Date> since;  // when it was decided
};
Result<FactOnDay> fact_on(const schema::Policy& policy, std::string_view fact, Date day, const CaseSheet& sheet,
                          const VersionsOf& versions);

struct Cell {
    std::uint64_t counted = 0, met = 0;
    bool withheld = false;
};

struct FigureCount {
    const schema::Figure* figure = nullptr;
    std::uint64_t counted = 0, met = 0;
    bool withheld = false;                           // the whole is too small to be told
    std::map<std::vector<std::string>, Cell> cells;  // by the values of Figure::by; "" where there is none
    std::vector<std::size_t> listed;  // with Counting::name_cases: which of the sheets, as they came, once each

    // What the count does not say of itself. Zero: nothing to say.
    std::uint64_t no_area = 0;     // would count, but belonged to no area
    std::uint64_t undated = 0;     // counted as they stand, since when is not recorded
    std::uint64_t no_day = 0;      // records without the day that says which period they fall in
    std::uint64_t no_birth = 0;    // age not known
    std::uint64_t unstarted = 0;   // no record yet from which the time could run
    std::uint64_t impossible = 0;  // facts that cannot stand together
    std::uint64_t twice = 0;       // cases of a person who is counted in another case

    // Of two breakdowns: those decided in the first and not in the second, and the reverse. Their totals are equal exactly
    // if both are alike (G-32-16).
    std::uint64_t first_total = 0, second_total = 0, only_first = 0, only_second = 0;

    // Per cent of the counted that are met, in tenths, rounded down: a target is reached or it is not. Nothing: nothing
    // was counted, which is not 0 %.
    [[nodiscard]] std::optional<int> per_mille() const noexcept;
    [[nodiscard]] std::optional<bool> reached() const noexcept;  // nothing: no target, or nothing counted
};
[[nodiscard]] std::optional<int> per_mille(std::uint64_t met, std::uint64_t counted) noexcept;
[[nodiscard]] std::optional<bool> reached(std::uint64_t met, std::uint64_t counted, int target) noexcept;

class Counting {
public:
    // `area` empty: all areas. The policy outlives this and has figures; so do the figures counted.
    Counting(const schema::Policy& policy, std::vector<const schema::Figure*> figures, Days period, std::string area);

    // Which records a sheet has to hold.
    [[nodiscard]] const std::set<schema::TypeId>& types() const noexcept { return types_; }
    // Of each figure, which of the sheets were counted. Sheets then hold what the agreement shows beside them.
    void name_cases();
    // Whether one of the figures names the sheet that was added last.
    [[nodiscard]] bool names_last() const noexcept { return names_last_; }

    // In the order in which cases were opened: of two cases of one person the first counts.
    Result<void> add(const CaseSheet& sheet, const VersionsOf& versions);
    std::vector<FigureCount> done();

private:
    struct OneCase;
    void need(const schema::Match& match);
    void need_fact(std::string_view fact);
    void need_type(std::string_view type);
    std::vector<std::size_t> identifiers(const CaseSheet& sheet);
    bool first_of_person(std::size_t figure, const std::vector<std::size_t>& person);

    const schema::Policy& policy_;
    const schema::Figures& figures_;
    Days period_;
    std::string area_;
    std::set<schema::TypeId> types_;
    bool name_cases_ = false, names_last_ = false;
    std::map<std::string, std::size_t> persons_;  // by identifier: its number
    std::vector<std::vector<bool>> counted_;      // per figure, by those numbers
    std::size_t sheets_ = 0;
    std::vector<FigureCount> counts_;
};

}  // namespace satchel::sync
