#include "tools/caseload/caseload.hpp"

#include "tools/caseload/history.hpp"

namespace satchel::tools::caseload {

CaseWriter::CaseWriter(const Life& of, std::uint64_t from_seed, Date day, Sink& sink)
    : life(of), seed(from_seed), today(day), practitioner{"probation", "probation.practitioner", of.team.practitioner},
      line_manager{"probation", "probation.spo", of.team.manager},
      administrator{"probation", "probation.case_administrator", of.team.manager},
      victim_liaison{"probation", "probation.victim_liaison", of.team.victim_liaison},
      police{"police", "police.offender_manager", of.team.police_manager},
      response{"police", "police.response_officer", of.team.response_officer},
      omu{"prison", "prison.omu", of.team.prison_manager}, security{"prison", "prison.security", of.team.prison_security},
      governor{"prison", "prison.governor", of.team.governor},
      coordinator{"coordination", "coordination.coordinator", of.team.coordinator},
      chair{"coordination", "coordination.chair", of.team.chair}, case_line_{of.key, area_name(of.area)}, sink_(sink),
      clock_(from_seed, of.index, "time of day")
{
    sink_.add(case_line_);
}

const Who& CaseWriter::lead_on(Date day) const { return day <= life.supervision_until ? practitioner : police; }

bool CaseWriter::in_community(Date day) const
{
    return !life.custody || day < life.custody->from || (life.custody->to && *life.custody->to <= day);
}

std::string CaseWriter::add(std::string_view type, const Who& who, Date on, Fields fields,
                            std::vector<std::pair<std::string, std::vector<Fields>>> elements)
{
    // Between 08:00 and 18:00, to the minute.
    const auto minute = clock_.between(8 * 60, 18 * 60 - 1);
    std::erase_if(elements, [](const auto& group) { return group.second.empty(); });
    RecordLine line;
    line.key = "r" + std::to_string(++records_);
    line.type = type;
    line.agency = who.agency;
    line.role = who.role;
    line.author = who.name;
    line.event_at = Instant{start_of(on).ms + std::int64_t{minute} * 60'000};
    line.fields = std::move(fields);
    line.elements = std::move(elements);
    sink_.add(case_line_, line);
    return "@" + line.key;
}

void write_case(const Life& life, std::uint64_t seed, Date today, Sink& sink)
{
    CaseWriter out(life, seed, today, sink);
    write_identity(out);
    write_status(out);
    write_risk(out);
    const auto homes = write_addresses(out);
    write_relationships(out);
    write_prison(out);
    write_conditions(out);
    write_plan(out);
    write_field_work(out, homes);
    write_police(out, homes);
    write_disclosure(out);
    write_victims(out);
}

void generate(const Order& order, Sink& sink)
{
    Caseloads caseloads(order.seed);
    for (std::uint64_t i = 0; i < order.cases; ++i)
        write_case(make_life(order.seed, i, order.today, caseloads), order.seed, order.today, sink);
}

}  // namespace satchel::tools::caseload
