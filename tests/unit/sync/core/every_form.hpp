// An agreement with every form that the grammar has, where the one built in and the small one leave one out.
#pragma once

#include <string_view>

namespace satchel::test {

inline constexpr std::string_view every_form_text = R"([policy]
version = 1
title = "Forms"
vetting_levels = ["baseline"]
[scope]
coordination_role = "unit.coordinator"
owner_duty = "manager"
[agency.police]
title = "Police"
[agency.police.role.manager]
title = "Manager"
duties = ["manager", "line"]
cover = "unit.coordinator"
[agency.police.role.officer]
title = "Officer"
cover = "police.manager"
[agency.probation]
title = "Probation"
[agency.probation.role.manager]
title = "Manager"
duties = ["manager", "line"]
cover = "unit.coordinator"
[agency.unit]
title = "Unit"
[agency.unit.role.coordinator]
title = "Co-ordinator"
duties = ["manager", "line"]

[record.supervision]
title = "Supervision"
refs = ["G-2-2"]
create = "agency:probation"
audience = "case_agencies"
[record.supervision.group.period]
fields = { agency = "agency", from = "date", to = "date", guest = "agency" }
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
[fact.guest]
title = "Guest"
derive = "period"
record = "supervision"
group = "period"
value = "guest"
from = "from"
to = "to"
otherwise = "unit"
refs = ["G-2-1"]

# Owners by a field of the change and by a fact; an exception from an exception; steps that others may take.
[record.case_plan]
title = "Plan"
refs = ["G-12-1"]
create = ["lead_agency/line", "fact:guest"]
audience = "case_agencies"
[record.case_plan.group.plan]
merge = "manual"
owner = [
    { when = { field.stage = ["draft"] }, is = "author" },
    { when = { fact.guest = ["police", "unit"] }, is = "fact:guest" },
    { when = { field.named = ["unit"], fact.lead_agency = ["police"] }, is = "field:named" },
    "supplier",
]
[record.case_plan.group.plan.fields]
stage = ["draft", "open", "closed"]
grade = ["low", "medium", "high"]
named = "agency"
words = "text"
[record.case_plan.group.plan.states]
of = "stage"
moves = ["start -> draft by case_agencies", "start -> open by lead_agency", "draft -> open by lead_agency/line", "open -> closed by role:unit.coordinator", "closed -> open by supplier"]
[[record.case_plan.group.plan.redirect]]
rule = "guests-are-let-through"
author = ["fact:guest", "role:police.officer"]
when = { field.named = ["police"] }
then = "apply"
say = "Guests are let through."
refs = ["G-12-1"]
[[record.case_plan.group.plan.redirect]]
rule = "nobody-raises"
when = { fact.lead_agency = ["police", "probation"] }
change = "raises"
of = "grade"
then = "refuse"
say = "The unit raises it."
refs = ["G-12-1"]
[[record.case_plan.group.plan.redirect]]
rule = "the-unit-lowers"
author = ["supplier", "agency:unit"]
change = "lowers"
of = "grade"
then = "suggest"
to = "role:unit.coordinator"
say = "The unit lowers it."
refs = ["G-12-1"]
[[record.case_plan.group.plan.redirect]]
rule = "nobody-closes-a-low-one"
when = { field.stage = ["closed"], field.grade = ["low"] }
then = "refuse"
say = "A low one stays open."
refs = ["G-12-1"]
[[record.case_plan.group.plan.gate]]
rule = "closed-with-a-reason"
when = { field.stage = ["closed"], fact.guest = ["unit", "probation"] }
unless = { field.named = ["unit"], field.progress = ["done"] }
needs = ["reason", "words"]
say = "Say why."
refs = ["G-12-1"]
[[record.case_plan.group.plan.gate]]
rule = "lowered-by-another"
change = "lowers"
of = "grade"
different_person_from = ["plan"]
say = "Another person lowers it."
refs = ["G-12-1"]
[record.case_plan.group.seen]
owner = "field:named"
merge = "manual"
binds = { field = "version", to = "plan" }
fields = { version = { type = "version", of = "plan", required = true }, on = "date", grasped = ["yes", "no"] }
[record.case_plan.group.way]
owner = "lead_agency"
merge = "manual"
fields = { progress = ["begun", "done"], reason = "text", wish = { type = "ref", of = "wish" } }
[[record.case_plan.group.way.gate]]
rule = "done-as-seen"
when = { field.progress = ["done"], field.stage = ["open", ""] }
unless = { fact.guest = ["unit"] }
approved = { group = "seen", when = { field.grasped = ["yes"] } }
say = "It is done as it was seen."
refs = ["G-12-1"]
[[record.case_plan.group.way.gate]]
rule = "begun-for-a-wish"
when = { field.progress = ["begun"], field.stage = ["draft", "open"] }
exists = { record = "wish", referred_in = "wish", when = { field.wish_kind = ["short", "long"], field.weight = ["heavy"], fact.guest = ["police", "unit"] } }
say = "Somebody wished for it."
refs = ["G-12-1"]
[[record.case_plan.group.way.gate]]
rule = "no-wish-against-it"
when = { field.progress = [""] }
absent = { record = "wish", refers_here = "against", when = { field.wish_kind = ["long"] } }
say = "A wish stands against it."
refs = ["G-12-1"]
[record.case_plan.group.remarks]
owner = [{ when = { fact.guest = ["police"] }, is = "agency:police" }, "supplier"]
merge = "append"
fields = { remark = "text", about = ["plan", "way"] }
[[record.case_plan.group.remarks.gate]]
rule = "remarks-on-a-way"
when = { field.about = ["way"] }
needs = ["progress"]
say = "There is no way yet."
refs = ["G-12-1"]
[record.case_plan.group.alarms]
owner = "lead_agency"
merge = "add_wins"
fields = { alarm = "text" }

# Parts that not everybody sees, not even the supplier.
[record.tip]
title = "Tip"
refs = ["G-24-33"]
create = ["agency:police", "agency:probation"]
audience = { by = "sharing", nothing = ["supplier", "role:police.manager"], all = ["supplier", "case_agencies"] }
[record.tip.group.handling]
owner = "supplier"
merge = "manual"
fields = { sharing = { choices = ["nothing", "all"], required = true }, on = "date" }
[[record.tip.group.handling.gate]]
rule = "later-by-another"
change = "raises"
of = "on"
different_person_from = ["handling"]
say = "Another person puts it off."
refs = ["G-24-33"]
[record.tip.group.source]
owner = "role:police.manager"
merge = "manual"
audience = ["role:police.manager"]
fields = { source = "text" }
[record.tip.group.list]
owner = "role:police.manager"
merge = "append"
audience = ["role:police.manager", "author"]
fields = { entry = "text" }
# Not everybody who may add sees the source, and those who may not are not told of it.
[[record.tip.group.list.gate]]
rule = "entries-have-a-source"
needs = ["source"]
say = "Name the source first."
refs = ["G-24-33"]

[record.wish]
title = "Wish"
refs = ["G-22-29"]
create = "case_agencies"
audience = "case_agencies"
[record.wish.group.wish]
owner = "supplier"
merge = "alternatives"
resolver = "role:unit.coordinator"
fields = { wish = "text", wish_kind = ["short", "long"], against = { type = "ref", of = "case_plan" } }
[record.wish.group.grounds]
owner = "author"
merge = "manual"
audience = ["author", "lead_agency"]
fields = { grounds = "text", weight = ["heavy"] }

[record.happening]
title = "Happening"
kind = "event"
refs = ["G-10-22"]
create = ["agency:police"]
audience = ["agency:police", "lead_agency", "supplier"]
[record.happening.group.event]
owner = [{ when = { field.kind = ["told"] }, is = "role:police.manager" }, "supplier"]
merge = "manual"
fields = { kind = ["told", "seen"], on = "date", plan = { type = "ref", of = "case_plan" } }
[[record.happening.group.event.redirect]]
rule = "the-unit-says-nothing"
author = ["agency:unit"]
then = "refuse"
say = "The unit says nothing."
refs = ["G-10-22"]
[[record.happening.outside]]
id = "told-the-guest"
when = { field.kind = ["told"], fact.guest = ["probation"] }
say = "It was not to be told."
refs = ["G-10-22"]
[[record.happening.outside]]
id = "against-the-plan"
refers = { field = "plan", whose = "stage", is = ["closed"] }
say = "The plan was closed."
refs = ["G-10-22"]
[record.happening.group.account]
owner = "supplier"
merge = "append"
fields = { account = "text" }
)";

}  // namespace satchel::test
