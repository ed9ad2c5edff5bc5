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

// What the compiler says of it, in full.
inline std::vector<std::string> problems(const std::string& extra)
{
    std::vector<std::string> out;
    for (const auto& problem : compile_with(extra).problems)
        out.push_back(to_string(problem));
    return out;
}

// A record type with one group; `group` and `record` are further lines of theirs.
inline std::string visit(const std::string& group, const std::string& record = "")
{
    return "[record.visit]\n"                       // line 1
           "title = \"Visit\"\n"                    // 2
           "refs = [\"G-2-21\"]\n"                  // 3
           "create = \"case_agencies\"\n"           // 4
           "audience = \"case_agencies\"\n" +       // 5
           record +
           "[record.visit.group.visit]\n"           // 6
           "fields = { note = \"note\", on = \"date\", by = \"agency\", mood = [\"calm\", \"tense\"] }\n" +  // 7
           group;                                   // 8 …
}
inline const std::string plain = "owner = \"supplier\"\nmerge = \"manual\"\n";

}  // namespace satchel::schema::sample
