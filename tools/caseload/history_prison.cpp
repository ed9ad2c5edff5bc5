// What the prison supplies, and the licence. Declared in history.hpp.
#include <algorithm>
#include <array>

#include "tools/caseload/history.hpp"

namespace satchel::tools::caseload {
namespace {

constexpr std::array<const char*, 14> conditions{
    "Be of good behaviour and not behave in a way which undermines the purpose of the licence period.",
    "Keep in touch with the supervising officer as instructed.",
    "Receive visits from the supervising officer at home.",
    "Live at an address approved by the supervising officer and tell them of any overnight stay elsewhere.",
    "Not undertake work, paid or unpaid, unless approved.",
    "Not travel outside the United Kingdom without permission.",
    "Tell the supervising officer of any new relationship.",
    "Tell the supervising officer of any device that can reach the internet, and show it on request.",
    "Not seek to approach or communicate with the persons named in the schedule.",
    "Not enter the area shown on the attached map of Nowhere-under-Test.",
    "Have no unsupervised contact with a child under eighteen.",
    "Comply with polygraph examinations when told to.",
    "Stay at the approved premises between 21:00 and 07:00.",
    "Provide a sample for alcohol testing when told to."};

void write_release(CaseWriter& out, Dice& dice)
{
    const auto& life = out.life;
    constexpr std::array<const char*, 5> kinds{"conditional", "automatic", "parole", "hdc", "sentence_end"};
    const auto calculated = std::min(after(out.today, -1), after(life.release_on, -dice.between(30, 150)));
    out.add("release_dates", out.omu, std::max(calculated, life.sentenced_on),
            {{"release_date", to_string(life.release_on)},
             {"release_type", kinds[dice.weighted(std::array<std::uint32_t, 5>{55, 15, 20, 7, 3})]},
             {"calculated_on", to_string(std::max(calculated, life.sentenced_on))},
             {"change_reason", dice.chance(250) ? "Recalculated after added days" : "First calculation"}});
}

void write_calls(CaseWriter& out, Dice& dice)
{
    // Most prisoners are not monitored; for a few there is a pile (IN-55, IN-T12).
    const int calls = static_cast<int>(dice.weighted(std::array<std::uint32_t, 3>{880, 110, 10})) == 0 ? 0
                      : dice.chance(80)                                                               ? dice.between(60, 160)
                                                                                                      : dice.between(2, 14);
    constexpr std::array<const char*, 4> concerns{"none", "low", "medium", "high"};
    for (int n = calls; n > 0; --n) {
        const auto day = std::max(out.life.custody->from, after(out.today, -dice.between(1, 60)));
        Fields fields{{"called_on", to_string(day)},
                      {"number_called", telephone(dice)},
                      {"concern", concerns[dice.weighted(std::array<std::uint32_t, 4>{60, 25, 11, 4})]},
                      {"call_summary", note(Subject::call, dice)}};
        if (dice.chance(400))  // logs often name neither the other party nor the relationship (IN-56)
            fields.insert(fields.end(), {{"other_party", associate_name(dice).full()}, {"party_relationship", "aunt, he says"}});
        out.add("call_note", out.security, day, std::move(fields));
    }
}

}  // namespace

void write_prison(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("prison");
    const auto legal = [&](const char* status, Date since) {
        return Fields{{"legal_status", status}, {"legal_since", to_string(since)}};
    };
    if (!life.custody) {
        if (out.today <= life.supervision_until)
            out.add("establishment", out.practitioner, life.sentenced_on, legal("community_order", life.sentenced_on));
        return;
    }
    write_release(out, dice);
    if (!life.in_prison()) {
        const bool over = life.supervision_until < out.today;
        out.add("establishment", out.practitioner, over ? life.supervision_until : life.release_on,
                legal(over ? "supervision_ended" : "on_licence", over ? life.supervision_until : life.release_on));
        return;
    }
    auto fields = legal("in_custody", life.custody->from);
    fields.insert(fields.begin(), {{"establishment", prison_name(dice)}, {"held_since", to_string(life.custody->from)}});
    out.add("establishment", out.omu, life.custody->from, std::move(fields));

    if (life.level_source == LevelSource::decided && dice.chance(700)) {
        const auto asked = after(out.today, -dice.between(30, 120));
        Fields input{{"asked_on", to_string(asked)}, {"asked_for", "Behaviour, contacts and risk on the wing."}};
        if (dice.chance(650))
            input.insert(input.end(), {{"given_on", to_string(after(asked, dice.between(3, 25)))},
                                       {"input_text", note(Subject::prison, dice)}});
        out.add("prison_input", out.practitioner, asked, std::move(input));
    }
    if (dice.chance(90)) {
        const auto day = after(out.today, -dice.between(4, 200));
        out.add("security_raw", out.security, day,
                {{"information", note(Subject::intelligence, dice)},
                 {"information_source", "A source kept by the department"},
                 {"information_on", to_string(day)}});
        if (dice.chance(600))
            out.add("security_assessment", out.security, after(day, 2),
                    {{"assessment_text", sentence(Subject::intelligence, dice)}, {"assessment_on", to_string(after(day, 2))}});
    }
    write_calls(out, dice);
}

void write_conditions(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("conditions");
    if (!life.custody || after(out.today, 120) < life.release_on || life.supervision_until < out.today)
        return;
    const int count = dice.between(5, static_cast<int>(conditions.size()));
    for (int n = 0; n < count; ++n) {
        std::vector<Fields> ticks;
        if (!life.in_prison())
            for (int t = dice.between(0, 6); t > 0; --t) {
                const int span = std::max(1, std::min(365, out.today.days - life.release_on.days));
                constexpr std::array<const char*, 3> seen{"complied", "breached", "not_checked"};
                ticks.push_back({{"compliance", seen[dice.weighted(std::array<std::uint32_t, 3>{78, 7, 15})]},
                                 {"checked_on", to_string(after(out.today, -dice.between(0, span)))},
                                 {"compliance_note", sentence(Subject::condition, dice)}});
            }
        out.add("licence_condition", out.omu, std::min(after(out.today, -1), after(life.release_on, -14)),
                {{"condition_text", conditions[static_cast<std::size_t>(n)]},
                 {"condition_number", std::to_string(n + 1)},
                 {"condition_from", to_string(life.release_on)},
                 {"condition_to", to_string(life.supervision_until)}},
                {{"compliance", std::move(ticks)}});
    }
}

}  // namespace satchel::tools::caseload
