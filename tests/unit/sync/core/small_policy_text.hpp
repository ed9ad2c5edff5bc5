// A small agreement that has one of everything reconcile decides by, as its file would say it.
#pragma once

#include <string>
#include <string_view>

namespace satchel::test {

inline constexpr std::string_view small_policy_text = R"(
[policy]
version = 7
title = "A small agreement"
vetting_levels = ["baseline", "enhanced"]
[scope]
coordination_role = "coordination.coordinator"
owner_duty = "case_manager"

[agency.police]
title = "Police"
[agency.police.role.offender_manager]
title = "Police offender manager"
duties = ["case_manager"]
cover = "coordination.coordinator"
[agency.probation]
title = "Probation"
[agency.probation.role.practitioner]
title = "Probation practitioner"
duties = ["case_manager"]
cover = "coordination.coordinator"
[agency.prison]
title = "Prison"
[agency.prison.role.omu]
title = "Offender management unit"
duties = ["case_manager"]
cover = "coordination.coordinator"
[agency.coordination]
title = "Co-ordination unit"
[agency.coordination.role.coordinator]
title = "Co-ordinator"
duties = ["case_manager"]

[record.supervision]
title = "Supervision"
refs = ["G-2-2"]
create = "agency:probation"
audience = "case_agencies"
[record.supervision.group.period]
fields = { agency = "agency", from = "date", to = "date" }
owner = "agency:probation"
merge = "manual"
[fact.lead_agency]
title = "Lead agency"
derive = "period"
record = "supervision"
group = "period"
value = "agency"
from = "from"
to = "to"
otherwise = "police"
refs = ["G-2-1"]

[record.address]
title = "Address"
refs = ["G-2-4", "IN-T1"]
create = ["lead_agency", "agency:police", "agency:prison"]
audience = "case_agencies"
[record.address.group.where]
fields = { lines = { type = "text", nature = "descriptive" }, from = "date", to = "date" }
owner = "lead_agency"
merge = "manual"
[record.address.succession]
starts = "from"
ends = "to"
refs = ["IN-T1"]
[[record.address.notify]]
id = "address-tasks"
when = "received"
roles = ["police.offender_manager"]
task = "Check plans that depend on this address"
unconfirmed = "reported by {agency}, not yet confirmed"
marks_stale = "trigger_plan.cites"
safety = true
refs = ["IN-T1"]

[record.trigger_plan]
title = "Trigger plan"
refs = ["IN-T1"]
create = "agency:police"
audience = "case_agencies"
[record.trigger_plan.group.plan]
fields = { cites = { type = "ref", of = "address" }, text = { type = "note", nature = "plan" } }
owner = "agency:police"
merge = "manual"

[record.risk]
title = "RoSH"
refs = ["G-11-12"]
create = "lead_agency"
audience = "case_agencies"
one_per_case = true
[record.risk.group.public]
fields = { level = ["low", "medium", "high", "very_high"] }
owner = "lead_agency"
merge = "manual"
safe_side = { field = "level", is = "later_choice", show_to_all = true, refs = ["G-11-12"] }

[record.note]
title = "Contact"
kind = "event"
refs = ["L1-100"]
create = "case_agencies"
audience = "case_agencies"
late_after_days = 14
[record.note.group.what]
fields = { text = { type = "note", nature = "descriptive" } }
owner = "supplier"
merge = "manual"

[record.flag]
title = "Risk flag"
refs = ["G-27-27"]
create = "case_agencies"
audience = "case_agencies"
one_per_case = true
[record.flag.group.raises]
fields = { why = { type = "text", nature = "risk" } }
owner = "lead_agency"
merge = "add_wins"

[record.level]
title = "MAPPA level"
refs = ["L1-250"]
create = "lead_agency"
audience = "case_agencies"
one_per_case = true
[record.level.group.decision]
fields = { level = ["1", "2", "3"], rationale = { type = "note", nature = "risk" } }
owner = "lead_agency"
merge = "manual"
reasoned_by = "rationale"
[[record.level.group.decision.redirect]]
rule = "prison-concern"
author = "agency:prison"
then = "refuse"
say = "The lead agency sets the MAPPA level; your concern has been sent to it."
refs = ["G-15-49"]
instead = { record = "concern", set = { text = "$rationale" } }
[record.level.group.acknowledged]
fields = { version = { type = "version", of = "decision" } }
owner = "agency:prison"
merge = "manual"
binds = { field = "version", to = "decision" }

[record.concern]
title = "Concern"
refs = ["G-15-49"]
create = "case_agencies"
audience = "case_agencies"
[record.concern.group.body]
fields = { text = { type = "note", nature = "risk" } }
owner = "supplier"
merge = "manual"

[record.intel]
title = "Intelligence"
refs = ["IN-T2"]
create = "agency:police"
audience = "agency:police"
[record.intel.group.notice]
fields = { text = { type = "text", nature = "descriptive" } }
owner = "agency:police"
merge = "manual"
audience = { by = "sharing", nothing = "agency:police", pointer = "case_agencies", full = "case_agencies" }
[record.intel.group.handling]
fields = { sharing = ["nothing", "pointer", "full"] }
owner = "agency:police"
merge = "manual"
[record.intel.group.content]
fields = { body = { type = "note", nature = "intelligence" } }
owner = "agency:police"
merge = "manual"
audience = { by = "sharing", nothing = "agency:police", pointer = "agency:police", full = "case_agencies" }

[record.diary]
title = "Diary"
refs = ["L1-264"]
create = "case_agencies"
audience = "case_agencies"
[record.diary.group.lines]
fields = { line = { type = "text", nature = "descriptive" } }
owner = "supplier"
merge = "append"

[record.source]
title = "Source"
hold = "reference"
refs = ["L1-168"]
create = "agency:police"
audience = "case_agencies"
[record.source.group.pointer]
fields = { about = { type = "text", nature = "descriptive" } }
owner = "agency:police"
merge = "manual"
[record.source.group.story]
fields = { told = { type = "note", nature = "intelligence" } }
owner = "agency:police"
merge = "manual"

[record.leaflet]
title = "Description"
refs = ["G-2-4"]
create = "case_agencies"
audience = "case_agencies"
[record.leaflet.group.body]
fields = { text = { type = "note", nature = "descriptive" } }
owner = "case_agencies"
merge = "text3"

[record.request]
title = "Requested condition"
refs = ["G-22-29"]
create = "case_agencies"
audience = "case_agencies"
[record.request.group.wish]
fields = { text = { type = "text", nature = "descriptive" } }
owner = "supplier"
resolver = "role:coordination.coordinator"
merge = "alternatives"

[record.withholding]
title = "Withheld from the person"
refs = ["G-12-21"]
create = "agency:police"
audience = "case_agencies"
one_per_case = true
[record.withholding.group.decision]
fields = { withheld = "yes_no" }
owner = "agency:police"
merge = "manual"
safe_side = { field = "withheld", is = "value", value = "yes", second_person = true, refs = ["G-12-21"] }

[record.review]
title = "Level 1 review"
refs = ["L1-255"]
create = "lead_agency"
audience = "case_agencies"
[record.review.group.held]
fields = { held_on = { type = "date", required = true }, next = "date" }
owner = "lead_agency"
merge = "manual"
[[record.review.group.held.limit]]
field = "next"
from = "held_on"
within = "6 months"
say = "The next review is within six months."
refs = ["L1-271"]
[[deadline]]
id = "next-review"
starts = "review.held_on"
within = "6 months"
closes = "review"
role = "lead_agency/case_manager"
task = "Level 1 review"
refs = ["L1-255"]
)";

// What follows it: another agency joins.
inline std::string small_policy_with_health()
{
    std::string out(small_policy_text);
    out.replace(out.find("version = 7"), 11, "version = 8");
    return out + R"(
[agency.health]
title = "Mental health services"
[agency.health.role.care_coordinator]
title = "Care co-ordinator"
duties = ["case_manager"]
cover = "coordination.coordinator"
)";
}

}  // namespace satchel::test
