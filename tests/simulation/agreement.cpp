#include "tests/simulation/agreement.hpp"

#include <array>

#include "schema/base/result.hpp"
#include "tests/unit/sync/core/small_policy_text.hpp"

namespace satchel::simulation {
namespace {

struct Row {
    std::string_view type, group, owner;
};
constexpr std::array rows{
    Row{"supervision", "period", "probation"}, Row{"address", "where", "lead"},
    Row{"trigger_plan", "plan", "police"},     Row{"risk", "public", "lead"},
    Row{"note", "what", "supplier"},           Row{"flag", "raises", "lead"},
    Row{"level", "decision", "lead"},          Row{"level", "acknowledged", "prison"},
    Row{"concern", "body", "supplier"},        Row{"intel", "notice", "police"},
    Row{"intel", "handling", "police"},        Row{"intel", "content", "police"},
    Row{"diary", "lines", "supplier"},         Row{"source", "pointer", "police"},
    Row{"source", "story", "police"},          Row{"leaflet", "body", "any"},
    Row{"request", "wish", "supplier"},        Row{"withholding", "decision", "police"},
    Row{"review", "held", "lead"},             Row{"sign_off", "decision", "probation.manager"},
};

// Every other agreement has another owner of addresses, another clock for reviews, and shows the pointer to intelligence to the
// prison alone. No two groups come to have one audience by it: what is saved together is seen together for ever.
bool is_other(std::uint32_t version) { return version % 2 == 0; }

void replace_after(std::string& text, std::string_view heading, std::string_view what, std::string_view by)
{
    const auto at = text.find(what, text.find(heading));
    SATCHEL_CHECK(at != std::string::npos);
    text.replace(at, what.size(), by);
}

}  // namespace

std::string agreement_text(std::uint32_t version)
{
    std::string text{test::small_policy_text};
    constexpr std::string_view before = "version = 7";
    text.replace(text.find(before), before.size(), "version = " + std::to_string(version));
    if (is_other(version)) {
        replace_after(text, "[record.address.group.where]", "owner = \"lead_agency\"", "owner = \"agency:probation\"");
        replace_after(text, "[record.intel.group.notice]", "pointer = \"case_agencies\"",
                      "pointer = [\"agency:police\", \"agency:prison\"]");
        replace_after(text, "[[deadline]]", "within = \"6 months\"", "within = \"5 months\"");
    }
    // One agency comes later than the hub's keys.
    if (version > first_agreement)
        text += R"(
[agency.harbour]
title = "Harbour board"
[agency.harbour.role.warden]
title = "Harbour warden"
duties = ["case_manager"]
cover = "coordination.coordinator"
)";
    // One agency has two roles, of which one decides what the other may write, and hears of what is passed up.
    text += R"(
[agency.probation.role.manager]
title = "Senior probation officer"
duties = ["line_manager"]
cover = "coordination.coordinator"
[record.sign_off]
title = "Countersignature"
refs = ["G-11-12"]
create = "agency:probation"
audience = "case_agencies"
[record.sign_off.group.decision]
fields = { text = { type = "note", nature = "plan" } }
owner = "role:probation.manager"
merge = "manual"
)";
    // Tasks about what only some may see.
    text += R"(
[[record.intel.notify]]
id = "intelligence-arrived"
when = "received"
roles = ["police.offender_manager"]
task = "Look at what has come in"
refs = ["IN-T12"]
)";
    // What tells the same belongs together, for those who see both.
    text += R"(
[[record.intel.link]]
id = "same-advice"
same = ["text"]
across_agencies = false
task = "Read them together"
roles = ["police.offender_manager"]
refs = ["IN-T2"]
)";
    return text;
}

std::string_view owner_of(std::string_view type, std::string_view group, std::uint32_t version)
{
    if (type == "address" && is_other(version))
        return "probation";
    for (const auto& row : rows)
        if (row.type == type && row.group == group)
            return row.owner;
    return {};
}

bool sees(std::string_view agency, std::string_view type, std::string_view group, std::string_view sharing,
          std::uint32_t version)
{
    if (type != "intel" || agency == "police")
        return true;
    if (group == "notice")
        return sharing == "full" || (sharing == "pointer" && (agency == "prison" || !is_other(version)));
    return group == "content" && sharing == "full";
}

unsigned review_months(std::uint32_t version) { return is_other(version) ? 5 : 6; }

bool stays_with_author(std::string_view type, std::string_view group) { return type == "source" && group == "story"; }

}  // namespace satchel::simulation
