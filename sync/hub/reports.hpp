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
    std::string only;          // the id of one figure; empty: all of them
    bool before = false;       // count the same number of days before the period as well
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
    bool may_be_passed_on = true;
    Position position{};          // counted as the log stood here
    std::uint64_t cases = 0;      // that were looked at, of any area
    std::uint64_t histories = 0;  // of them, those whose whole history was read: slow, so that once must be enough
    std::vector<FigureCount> counts;
    Days days_before{};
    std::vector<FigureCount> before;           // with FiguresOrder::before: the same figures in the days before
    std::map<std::size_t, ListedCase> listed;  // caseload: by the numbers in FigureCount::listed
};

// An open task whose last day lies in the period.
struct OverdueTask {
    TaskInfo task;
    std::string rule;
    std::string area;   // of the case, on the last day
    int days_late = 0;  // on the last day of the period
};

// A random sample of one of the lists, for an audit: so many of its cases, each as likely as the other. The same seed draws the
// same cases of the same list, whoever draws and whenever.
struct SampleOrder {
    std::string list;
    std::size_t size = 0;
    std::string seed;  // empty: one is drawn
};
struct CaseSample {
    std::shared_ptr<const schema::Policy> policy;
    std::string title;  // of the list
    std::string seed;
    std::uint64_t of = 0;  // cases in the list
    std::vector<ListedCase> cases;
};

// Whether an agency works with the product at all: inputs, no judgement of anybody.
struct AgencyUse {
    std::string agency;
    std::uint64_t users = 0;        // now, not suspended
    std::uint64_t with_device = 0;  // of them, those with a device that is not revoked
    std::uint64_t wrote = 0;        // users whose changes were received in the period
    std::uint64_t changes = 0;      // saves received in it
    std::uint64_t cases = 0;        // on which
    Instant last;                   // zero: nothing in the period
};

// The first is what was published; each further one corrects it, and says why.
struct SignedFigures {
    UserId by;
    std::string name;
    Instant at;
    std::string reason;
    std::string figures;  // as they were given to sign_off()
};

}  // namespace satchel::sync
