// A small bundle that compiles, for tests that break one thing in it.
#pragma once

#include <string>
#include <vector>

#include "schema/policy/compile.hpp"

namespace satchel::schema::sample {

inline std::string head()
{
    return R"([policy]
version = 1
title = "Sample"
vetting_levels = ["baseline", "enhanced"]
[scope]
coordination_role = "hub.coordinator"
owner_duty = "case_manager"
[agency.police]
title = "Police"
[agency.police.role.manager]
title = "Offender manager"
duties = ["case_manager"]
cover = "hub.coordinator"
[agency.probation]
title = "Probation"
[agency.probation.role.practitioner]
title = "Practitioner"
duties = ["case_manager"]
cover = "hub.coordinator"
[agency.hub]
title = "Hub"
[agency.hub.role.coordinator]
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
)";
}

// The bundle with one more file, "extra.toml".
inline CompileOutcome compile_with(const std::string& extra)
{
    const auto first = head();
    const std::vector<SourceFile> files{{"base.toml", first}, {"extra.toml", extra}};
    return compile(files);
}

}  // namespace satchel::schema::sample
