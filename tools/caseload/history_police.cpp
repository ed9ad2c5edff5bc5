// What police supply, and how much of it they share; disclosure; victims. Declared in history.hpp.
#include <algorithm>
#include <array>

#include "tools/caseload/history.hpp"

namespace satchel::tools::caseload {
namespace {

// The pointer is the default choice of those who share (G-X-1).
const char* sharing(Dice& dice)
{
    constexpr std::array<const char*, 4> choices{"pointer", "sanitised", "full", "nothing"};
    return choices[dice.weighted(std::array<std::uint32_t, 4>{50, 25, 20, 5})];
}

Date some_day(const CaseWriter& out, Dice& dice)
{
    const int span = std::max(2, std::min(4 * 365, out.today.days - out.life.sentenced_on.days));
    return after(out.today, -dice.between(1, span));
}

void share(Fields& fields, const char* how, Subject subject, Dice& dice)
{
    fields.insert(fields.begin(), {"sharing", how});
    if (std::string_view(how) == "sanitised")
        fields.emplace_back("sanitised_text", sentence(subject, dice));
    if (std::string_view(how) != "nothing") {
        fields.emplace_back("notice_text", "Speak to the police offender manager");
        fields.emplace_back("contact_role", "police.offender_manager");
    }
}

}  // namespace

void write_police(CaseWriter& out, const std::vector<LivedAt>& homes)
{
    const auto& life = out.life;
    auto dice = out.dice("police");
    constexpr std::array<const char*, 5> kinds{"call_out", "arrest", "breach", "report", "other"};
    for (int n = life.domestic_abuse ? dice.between(1, 5) : dice.between(0, 2); n > 0; --n) {
        const auto day = some_day(out, dice);
        if (!out.in_community(day))
            continue;
        Fields fields{{"incident_kind", kinds[dice.weighted(std::array<std::uint32_t, 5>{50, 12, 10, 23, 5})]},
                      {"incident_text", note(Subject::incident, dice)},
                      {"incident_place", town_name(life.area, dice)},
                      {"incident_on", to_string(day)}};
        share(fields, sharing(dice), Subject::incident, dice);
        out.add("police_incident", out.response, day, std::move(fields));
    }
    for (int n = static_cast<int>(dice.weighted(std::array<std::uint32_t, 4>{70, 18, 8, 4})); n > 0; --n) {
        const auto day = some_day(out, dice);
        Fields fields{{"grading", std::to_string(dice.between(1, 5)) + "-41-C"},
                      {"intelligence_text", note(Subject::intelligence, dice)},
                      {"intelligence_on", to_string(day)}};
        share(fields, sharing(dice), Subject::intelligence, dice);
        out.add("intelligence", out.police, day, std::move(fields));
    }
    if (!homes.empty() && !homes.back().period.to && dice.chance(life.level > 1 || life.domestic_abuse ? 400 : 60))
        out.add("trigger_plan", out.police, std::max(homes.back().period.from, after(out.today, -120)),
                {{"cites", homes.back().ref},
                 {"triggers", "Any call from this address, or from the number of the person next door."},
                 {"response", "Attend at once, two officers. Ask for the partner alone. Ring the offender manager."}});
}

void write_disclosure(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("disclosure");
    if (dice.chance(life.level > 1 ? 700 : 260)) {
        const auto day = some_day(out, dice);
        const auto recipient = associate_name(dice).full();
        const bool made = dice.chance(450);
        const auto ref = out.add("disclosure", out.lead_on(day), day,
                                 {{"disclosure_outcome", made ? "made" : dice.chance(500) ? "not_made" : "considered"},
                                  {"recipient", recipient},
                                  {"purpose", sentence(Subject::disclosure, dice)},
                                  {"alternatives", sentence(Subject::disclosure, dice)},
                                  {"disclosure_risks", sentence(Subject::risk, dice)},
                                  {"disclosure_decided_on", to_string(day)}});
        if (made) {
            const auto told = std::min(out.today, after(day, dice.between(1, 12)));
            const auto& teller = dice.chance(500) ? out.police : out.lead_on(told);
            out.add("disclosure_event", teller, told,
                    {{"decision", ref},
                     {"told_whom", recipient},
                     {"disclosed_on", to_string(told)},
                     {"disclosed_what", note(Subject::disclosure, dice)},
                     {"offender_aware", dice.chance(700) ? "knows" : "unclear"}});
        }
    }
    if (dice.chance(450)) {  // over half of those asked did not know that they were managed (IN-75)
        const auto day = after(life.sentenced_on, dice.between(5, 150));
        if (day < out.today)
            out.add("told_of_mappa", out.lead_on(day), day,
                    {{"told_on", to_string(day)},
                     {"told_what", dice.chance(500) ? "registration" : "both"},
                     {"told_how", "In person, in the office"}});
    }
}

void write_victims(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("victims");
    if (!dice.chance(life.custody ? 420 : 80))
        return;
    const auto since = after(life.sentenced_on, dice.between(10, 60));
    constexpr std::array<const char*, 4> status{"statutory", "discretionary", "not_eligible", "declined"};
    out.add("victim_contact", out.victim_liaison, since,
            {{"scheme_status", status[dice.weighted(std::array<std::uint32_t, 4>{60, 15, 5, 20})]},
             {"wants_to_hear_of", "Release, temporary release, licence conditions"},
             {"status_since", to_string(since)}});
    if (dice.chance(300)) {
        const auto who = associate_name(dice).full();
        const auto where = place((life.area + 1) % figures::areas, dice);
        out.add("victim_identity", out.victim_liaison, since,
                {{"victim_name", who},
                 {"victim_whereabouts", where.lines + "\n" + where.postcode},
                 {"victim_reach", telephone(dice)}});
    }
    if (life.custody && dice.chance(350))
        out.add("requested_condition", out.victim_liaison, std::min(out.today, after(life.release_on, -60)),
                {{"request_kind", "exclusion_zone"},
                 {"request_text", "Not to enter " + town_name((life.area + 1) % figures::areas, dice) + "."},
                 {"radius_km", std::to_string(dice.between(1, 8)) + ".5"},
                 {"requested_on", to_string(std::min(out.today, after(life.release_on, -60)))},
                 {"grounds_text", "The person lives and works there."}});
}

}  // namespace satchel::tools::caseload
