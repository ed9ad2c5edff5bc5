// The agreement built in, with the record types that figures name where it has none yet, and the figures of
// tests/data/figures.toml.
#pragma once

#include <fstream>
#include <sstream>

#include "schema/policy/compile.hpp"
#include "schema/policy/embedded.hpp"
#include "schema/policy/figures.hpp"

namespace satchel::test {

inline constexpr std::string_view figures_agencies = R"(
[agency.yot]
title = "Youth offending team"
[agency.yot.role.worker]
title = "Youth offending worker"
duties = ["case_manager", "line_manager"]
cover = "coordination.coordinator"
[agency.children_services]
title = "Children's services"
[agency.children_services.role.worker]
title = "Social worker"
duties = ["case_manager", "line_manager"]
cover = "coordination.coordinator"
)";

inline constexpr std::string_view figures_records = R"(
[record.meeting]
title = "MAPPA meeting"
refs = ["G-13a-1"]
create = "case_agencies"
audience = "case_agencies"
[record.meeting.group.arrangement]
owner = "agency:coordination"
merge = "manual"
[record.meeting.group.arrangement.fields]
meeting_level = { choices = ["1", "2", "3"], required = true }
meeting_type = ["initial", "review", "pre_release", "emergency"]
planned_for = "date"
held_on = "date"
[record.meeting.group.status]
owner = "agency:coordination"
merge = "manual"
[record.meeting.group.status.fields]
meeting_status = ["scheduled", "held", "cancelled", "rescheduled"]

[record.invitation]
title = "Invitation"
kind = "event"
refs = ["G-13a-9"]
create = "case_agencies"
audience = "case_agencies"
[record.invitation.group.invitee]
owner = "agency:coordination"
merge = "manual"
[record.invitation.group.invitee.fields]
to_meeting = { type = "ref", of = "meeting", required = true }
invited_agency = "agency"
sent_on = "date"

[record.attendance]
title = "Attendance"
kind = "event"
refs = ["G-13a-22"]
create = "case_agencies"
audience = "case_agencies"
[record.attendance.group.presence]
owner = "agency:coordination"
merge = "manual"
[record.attendance.group.presence.fields]
of_meeting = { type = "ref", of = "meeting", required = true }
attendee_agency = "agency"
attended = ["attended", "report_only", "apologies", "absent"]
attendance_mode = ["in_person", "video", "telephone"]
attendee_grade = "text"
delegated_authority = "yes_no"

[record.minutes]
title = "Minutes"
refs = ["G-13b-1"]
create = "case_agencies"
audience = "case_agencies"
[record.minutes.group.state]
owner = "agency:coordination"
merge = "manual"
[record.minutes.group.state.fields]
of_meeting = { type = "ref", of = "meeting", required = true }
minutes_status = ["draft", "approved", "distributed"]
[record.minutes.group.decisions]
owner = "agency:coordination"
merge = "manual"
[record.minutes.group.decisions.fields]
disclosure_considered = "yes_no"
[record.minutes.group.approval]
owner = "agency:coordination"
merge = "manual"
[record.minutes.group.approval.fields]
approved_on = "date"
)";

// The files of an agreement as text, so that a test may add to them or write them into a folder.
inline std::vector<std::pair<std::string, std::string>> figures_files()
{
    std::vector<std::pair<std::string, std::string>> out;
    std::string all;
    bool has_figures = false;
    for (const auto& file : schema::embedded_bundle()) {
        all += file.text;
        has_figures = has_figures || file.name == "figures.toml";
        out.emplace_back(file.name, file.text);
    }
    if (all.find("[agency.yot]") == all.npos)
        out.emplace_back("figures_agencies.toml", figures_agencies);
    if (all.find("[record.meeting]") == all.npos)
        out.emplace_back("figures_records.toml", figures_records);
    if (!has_figures) {
        std::ifstream in(SATCHEL_SOURCE_TREE "/tests/data/figures.toml");
        std::stringstream text;
        text << in.rdbuf();
        out.emplace_back("figures.toml", text.str());
    }
    return out;
}

inline schema::CompileOutcome compile_figures(const std::string& more = {})
{
    auto files = figures_files();
    if (!more.empty())
        files.emplace_back("more.toml", more);
    std::vector<schema::SourceFile> sources;
    for (const auto& [name, text] : files)
        sources.push_back({name, text});
    return schema::compile(sources);
}

}  // namespace satchel::test
