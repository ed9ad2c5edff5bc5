// Risk of serious harm, flags and dated assessments; the plan and its actions. Declared in history.hpp.
#include <algorithm>
#include <array>

#include "tools/caseload/history.hpp"

namespace satchel::tools::caseload {
namespace {

constexpr std::array<const char*, 4> degrees{"low", "medium", "high", "very_high"};

const char* degree(int at) { return degrees[static_cast<std::size_t>(std::clamp(at, 0, 3))]; }

void write_rosh(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("rosh");
    const auto day = after(out.today, -dice.between(5, 190));
    Fields fields{{"children_level", degree(life.children ? life.rosh : 0)},
                  {"public_level", degree(life.rosh - (dice.chance(400) ? 1 : 0))},
                  {"known_adult_level", degree(life.domestic_abuse ? life.rosh : dice.between(0, 1))},
                  {"staff_level", degree(life.staff ? 2 : 0)}};
    if (life.custody)
        fields.emplace_back("prisoners_level", degree(dice.between(0, 1)));
    fields.emplace_back(life.children ? "children_evidence" : "public_evidence", note(Subject::risk, dice));
    out.add("rosh", out.lead_on(day), day, std::move(fields));
}

void write_flags(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("flags");
    const auto raise = [&](bool raised, const char* kind, const Who& who) {
        if (!raised)
            return;
        std::vector<Fields> raises;
        for (int n = dice.between(1, 2); n > 0; --n) {
            const auto seen = after(out.today, -dice.between(10, 900));
            raises.push_back({{"what", note(Subject::incident, dice)},
                              {"seen_by", std::string(who.name)},
                              {"seen_on", to_string(std::max(seen, life.sentenced_on))}});
        }
        out.add("risk_flag", who, after(out.today, -dice.between(1, 9)), {{"kind", kind}}, {{"raises", std::move(raises)}});
    };
    raise(life.domestic_abuse, "domestic_abuse", dice.chance(600) ? out.response : out.practitioner);
    raise(life.stalking, "stalking", out.police);
    raise(life.children, "child_safeguarding", out.practitioner);
    raise(life.staff, "staff_safety", life.in_prison() ? out.omu : out.police);
}

void write_assessments(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("assessments");
    const auto assess = [&](const char* tool, const Who& who, Date day, std::string result) {
        out.add("assessment", who, day,
                {{"tool", tool},
                 {"assessed_on", to_string(day)},
                 {"result", std::move(result)},
                 {"reference", "TEST-" + std::to_string(dice.between(10000, 99999))}});
    };
    // Some over a year old, a few without any, as inspected (IN-31).
    auto day = after(life.sentenced_on, dice.between(10, 90));
    while (day < out.today && day <= life.supervision_until) {
        if (!dice.chance(60))
            assess("oasys", out.in_community(day) ? out.practitioner : out.omu, day,
                   std::string("Risk of serious harm: ") + degree(life.rosh));
        day = after(day, dice.between(200, 520));
    }
    if (life.category == 1) {
        const auto priority = std::string("Priority: ") + degree(dice.between(0, 2));
        assess("arms", out.police, after(out.today, -dice.between(20, 360)), priority);
    }
    if (life.domestic_abuse && dice.chance(500))
        assess("sara", out.practitioner, after(out.today, -dice.between(20, 160)), "Moderate towards partner");
}

}  // namespace

void write_risk(CaseWriter& out)
{
    write_rosh(out);
    write_flags(out);
    write_assessments(out);
}

void write_plan(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("plan");
    const auto day = after(out.today, -dice.between(3, 200));
    Fields plan{{"supervision_text", note(Subject::plan, dice)},
                {"monitoring_text", note(Subject::plan, dice)},
                {"interventions_text", note(Subject::plan, dice)},
                {"victim_safety_text", "No contact with the people named in the victim liaison officer's record."}};
    if (dice.chance(life.level == 1 ? 560 : 690))  // effective contingency plans, as judged (IN-41)
        plan.emplace_back("contingency_text", note(Subject::plan, dice));
    out.add("rmp", out.lead_on(day), day, std::move(plan));

    constexpr std::array<const char*, 4> agencies{"police", "probation", "prison", "coordination"};
    constexpr std::array<const char*, 5> pillars{"supervision", "monitoring", "interventions", "victim_safety",
                                                 "contingency"};
    for (int n = life.level == 1 ? dice.between(0, 2) : dice.between(4, 10); n > 0; --n) {
        const auto set_on = std::max(life.sentenced_on, after(out.today, -dice.between(5, 300)));
        const auto due = after(set_on, dice.between(14, 90));
        Fields action{{"action_text", sentence(Subject::plan, dice)},
                      {"accepting_agency", agencies[dice.weighted(std::array<std::uint32_t, 4>{40, 45, 10, 5})]},
                      {"responsible_person", dice.chance(500) ? life.team.police_manager : life.team.practitioner},
                      {"due", to_string(due)},
                      {"pillar", dice.pick(pillars)}};
        if (due < out.today && dice.chance(700))
            action.insert(action.end(), {{"action_status", "done"},
                                         {"done_on", to_string(after(due, -dice.between(0, 10)))},
                                         {"evidence", sentence(Subject::condition, dice)}});
        else if (dice.chance(700))
            action.emplace_back("action_status", dice.chance(60) ? "declined" : "accepted");
        out.add("action", life.level == 1 ? out.lead_on(set_on) : out.chair, set_on, std::move(action));
    }
}

}  // namespace satchel::tools::caseload
