// From a life to the records that agencies would hold about it, a subject a function. Internal to the generator.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/caseload/life.hpp"
#include "tools/caseload/lines.hpp"

namespace satchel::tools::caseload {

struct Who {
    std::string_view agency;
    std::string_view role;
    std::string_view name;
};

// Writes the records of one case, gives them keys, and knows who works on it.
class CaseWriter {
public:
    CaseWriter(const Life& life, std::uint64_t seed, Date today, Sink& sink);

    // Returns the record's key with an @, as a reference to it is written.
    std::string add(std::string_view type, const Who& who, Date on, Fields fields,
                    std::vector<std::pair<std::string, std::vector<Fields>>> elements = {});

    const Life& life;
    const std::uint64_t seed;
    const Date today;

    Who practitioner, line_manager, administrator, victim_liaison, police, response, omu, security, governor, coordinator,
        chair;
    [[nodiscard]] const Who& lead_on(Date day) const;  // the case manager of the agency that leads on that day
    [[nodiscard]] Dice dice(std::string_view purpose) const { return Dice(seed, life.index, purpose); }
    [[nodiscard]] bool in_community(Date day) const;

private:
    CaseLine case_line_;
    Sink& sink_;
    Dice clock_;
    int records_ = 0;
};

// Addresses in the order in which they were lived at: reference and period.
struct LivedAt {
    std::string ref;
    Period period;
};

void write_identity(CaseWriter& out);
void write_status(CaseWriter& out);
void write_risk(CaseWriter& out);
std::vector<LivedAt> write_addresses(CaseWriter& out);
void write_relationships(CaseWriter& out);
void write_field_work(CaseWriter& out, const std::vector<LivedAt>& homes);
void write_police(CaseWriter& out, const std::vector<LivedAt>& homes);
void write_prison(CaseWriter& out);
void write_conditions(CaseWriter& out);
void write_plan(CaseWriter& out);
void write_disclosure(CaseWriter& out);
void write_victims(CaseWriter& out);

[[nodiscard]] inline Date after(Date date, int days) noexcept { return Date{date.days + days}; }

}  // namespace satchel::tools::caseload
