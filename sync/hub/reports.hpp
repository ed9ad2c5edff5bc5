// What the hub counts over all its cases, and the figures that somebody signed off.
#pragma once

#include "sync/core/figures.hpp"
#include "sync/hub/service.hpp"

namespace satchel::sync {

struct FiguresOrder {
    enum class Which : std::uint8_t { kpi, annual_return, caseload } which = Which::kpi;
    std::string area;          // empty: all areas
    Days days;                 // of an annual return: one year of an edition, whole
    std::optional<UserId> as;  // an annual return before it is published is for the roles that the agreement names
};

struct ListedCase {
    CaseId id;
    std::string label;
    std::vector<std::string> facts;  // Figures::show, on the last day
};

struct FiguresReport {
    std::shared_ptr<const schema::Policy> policy;  // holds the figures that are pointed at
    const schema::ReturnEdition* edition = nullptr;
    Instant published;            // of an annual return: nothing is passed on before
    Position position{};          // counted as the log stood here
    std::uint64_t cases = 0;      // that were looked at, of any area
    std::uint64_t histories = 0;  // of them, those whose whole history was read: slow, so that once must be enough
    std::vector<FigureCount> counts;
    std::map<std::size_t, ListedCase> listed;  // caseload: by the numbers in FigureCount::listed
};

// An open task whose last day lies in the period.
struct OverdueTask {
    TaskInfo task;
    std::string rule;
    std::string area;   // of the case, on the last day
    int days_late = 0;  // on the last day of the period
};

struct SignedFigures {
    UserId by;
    std::string name;
    Instant at;
    std::string reason;
    std::string figures;  // as they were given to sign_off()
};

}  // namespace satchel::sync
