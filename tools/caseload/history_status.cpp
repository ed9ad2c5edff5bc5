// Who the person is, who supervises, category, level and its reviews. Declared in history.hpp.
#include <algorithm>
#include <array>

#include "tools/caseload/history.hpp"

namespace satchel::tools::caseload {
namespace {

constexpr std::array<const char*, 6> appearances{
    "Tall, walks with a slight limp. Wears glasses for reading.", "Short grey beard. Tattoo of an anchor on the left hand.",
    "Average height, shaved head. Speaks quietly.", "Red hair, usually under a cap.", "Uses a stick since last winter.",
    "Nothing that stands out; look for the green coat."};

void write_supervision(CaseWriter& out)
{
    const auto& life = out.life;
    constexpr std::array<const char*, 3> bases{"licence", "suspended_sentence", "community_order"};
    out.add("supervision", out.practitioner, life.sentenced_on,
            {{"agency", "probation"},
             {"from", to_string(life.sentenced_on)},
             {"to", to_string(life.supervision_until)},
             {"basis", bases[static_cast<std::size_t>(life.sentence)]}});
    if (life.notification_until && life.supervision_until < out.today)
        out.add("supervision", out.police, after(life.supervision_until, 1),
                {{"agency", "police"},
                 {"from", to_string(after(life.supervision_until, 1))},
                 {"to", to_string(*life.notification_until)},
                 {"basis", "notification"}});
}

// The day on which the present level was decided: after the last review or meeting.
Date level_day(const CaseWriter& out, Dice& dice)
{
    const int since = std::max(1, std::min(180, out.today.days - out.life.sentenced_on.days - 1));
    return after(out.today, -dice.between(1, since));
}

void write_level(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("level");
    if (life.level_source == LevelSource::none)
        return;
    const auto day = level_day(out, dice);
    const auto why = life.level == 1 ? Subject::level_1 : Subject::level_2_or_3;
    if (life.level_source == LevelSource::default_without_reason) {
        out.add("level_decision", out.administrator, life.sentenced_on,  // an administrator's default, no reason (IN-27)
                {{"level", "1"}, {"decided_on", to_string(life.sentenced_on)}});
        return;
    }
    out.add("level_decision", out.lead_on(day), day,
            {{"level", std::to_string(life.level)},
             {"rationale", note(why, dice)},
             {"decided_on", to_string(day)}});
    if (life.level > 1) {
        const auto asked = after(day, -dice.between(12, 30));
        out.add("referral", out.lead_on(asked), asked,
                {{"level_sought", std::to_string(life.level)},
                 {"referral_reasons", note(Subject::level_2_or_3, dice)},
                 {"received_on", to_string(asked)},
                 {"referral_outcome", "accepted"},
                 {"outcome_reasons", sentence(Subject::level_2_or_3, dice)},
                 {"outcome_on", to_string(after(asked, dice.between(2, 10)))}});
    } else if (dice.chance(20)) {  // a refused referral is kept (IN-R10)
        out.add("referral", out.police, day,
                {{"level_sought", "2"},
                 {"referral_reasons", note(Subject::risk, dice)},
                 {"received_on", to_string(day)},
                 {"referral_outcome", "rejected"},
                 {"outcome_reasons", "The criteria are not met. " + sentence(Subject::level_1, dice)},
                 {"outcome_on", to_string(std::min(out.today, after(day, 9)))}});
    }
}

// Formal reviews in the share of cases that were found to have them; at most six months apart (L1-185).
void write_reviews(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("reviews");
    if (life.level != 1 || !dice.chance(figures::level_1_reviewed))
        return;
    auto day = after(std::max(life.sentenced_on, after(out.today, -5 * 365)), dice.between(30, 180));
    while (day < out.today) {
        const bool refers = dice.chance(25);
        out.add("level1_review", out.lead_on(day), day,
                {{"held_on", to_string(day)},
                 {"outcome", refers ? "refer_level_2" : "retain_level_1"},
                 {"outcome_reasons", note(refers ? Subject::level_2_or_3 : Subject::level_1, dice)},
                 {"next_review", to_string(add_months(day, dice.between(4, 6)))}});
        day = after(day, dice.between(130, 200));
    }
}

void write_rare_status(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("rare status");
    if (dice.chance(life.level > 1 ? 40 : 4))
        out.add("withholding", out.chair, after(out.today, -20),
                {{"withheld", "yes"},
                 {"withheld_level", std::to_string(life.level)},
                 {"withheld_reason", "Telling would put the person who reported him at risk."}});
    if (dice.chance(life.level == 3 ? 100 : 2))
        out.add("restriction", out.chair, after(out.today, -40),
                {{"restricted", "yes"},
                 {"vetting_needed", "enhanced"},
                 {"handling_plan", "Named readers only. Ask the Chair before adding anybody."}});
    if (dice.chance(life.in_prison() ? 60 : 15)) {
        const bool prison = life.in_prison();
        Fields fields{{"about", prison ? "mappa_level" : "rosh"},
                      {"wanted", prison ? "2" : "high"},
                      {"concern_text", note(Subject::risk, dice)}};
        if (dice.chance(600))
            fields.insert(fields.end(), {{"reply_outcome", dice.chance(300) ? "changed" : "kept"},
                                         {"reply_text", note(Subject::level_1, dice)},
                                         {"replied_on", to_string(after(out.today, -5))}});
        out.add("agency_concern", prison ? out.omu : out.police, after(out.today, -19), std::move(fields));
    }
    if (dice.chance(150))
        out.add("case_task", out.lead_on(out.today), after(out.today, -7),
                {{"task_text", "Ask housing about the waiting list and write back."},
                 {"for_role", std::string(out.lead_on(out.today).role)},
                 {"task_due", to_string(after(out.today, dice.between(3, 40)))},
                 {"task_status", "open"}});
}

}  // namespace

void write_identity(CaseWriter& out)
{
    const auto& person = out.life.person;
    auto dice = out.dice("identity");
    std::vector<Fields> aliases;
    for (const auto& alias : person.aliases)
        aliases.push_back({{"alias", alias}});
    std::vector<Fields> numbers;
    const auto number = [&](const char* scheme, const Identifier& identifier) {
        if (!identifier.text.empty())
            numbers.push_back({{"scheme", scheme}, {"identifier", identifier.text}});
    };
    number("crn", person.crn);
    number("prison_number", person.prison_number);
    number("pnc", person.pnc);
    number("cro", person.cro);
    Fields fields{{"family_name", person.name.family}, {"given_names", person.name.given}, {"dob", to_string(person.born)}};
    if (dice.chance(400))
        fields.emplace_back("description", dice.pick(appearances));
    out.add("person", out.practitioner, out.life.sentenced_on, std::move(fields),
            {{"aliases", std::move(aliases)}, {"identifiers", std::move(numbers)}});
}

void write_status(CaseWriter& out)
{
    const auto& life = out.life;
    constexpr std::array<const char*, 3> why{"Subject to notification requirements.",
                                             "Sentence of twelve months or more for a violent offence.",
                                             "An earlier offence shows that serious harm may be done."};
    write_supervision(out);
    out.add("category_decision", out.lead_on(life.sentenced_on), life.sentenced_on,
            {{"category", std::to_string(life.category)},
             {"category_basis", why[static_cast<std::size_t>(life.category - 1)]},
             {"category_decided_on", to_string(life.sentenced_on)}});
    out.add("area", out.coordinator, life.sentenced_on,
            {{"mappa_area", area_name(life.area)}, {"area_since", to_string(life.sentenced_on)}});
    write_level(out);
    write_reviews(out);
    write_rare_status(out);
}

}  // namespace satchel::tools::caseload
