#include "tests/simulation/agreement.hpp"

#include <array>

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
    Row{"review", "held", "lead"},
};

}  // namespace

std::string agreement_text(std::uint32_t version)
{
    std::string text{test::small_policy_text};
    constexpr std::string_view before = "version = 7";
    text.replace(text.find(before), before.size(), "version = " + std::to_string(version));
    // Tasks about what only some may see.
    text += R"(
[[record.intel.notify]]
id = "intelligence-arrived"
when = "received"
roles = ["police.offender_manager"]
task = "Look at what has come in"
refs = ["IN-T12"]
)";
    return text;
}

std::string_view owner_of(std::string_view type, std::string_view group)
{
    for (const auto& row : rows)
        if (row.type == type && row.group == group)
            return row.owner;
    return {};
}

bool sees(std::string_view agency, std::string_view type, std::string_view group, std::string_view sharing)
{
    if (type != "intel" || agency == "police")
        return true;
    if (group == "notice")
        return sharing == "pointer" || sharing == "full";
    return group == "content" && sharing == "full";
}

bool stays_with_author(std::string_view type, std::string_view group) { return type == "source" && group == "story"; }

}  // namespace satchel::simulation
