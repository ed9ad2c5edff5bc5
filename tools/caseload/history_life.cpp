// Where the person lived, with whom, and what was seen there. Declared in history.hpp.
#include <algorithm>
#include <array>

#include "tools/caseload/history.hpp"

namespace satchel::tools::caseload {
namespace {

const LivedAt* home_on(const std::vector<LivedAt>& homes, Date day)
{
    const auto at = std::find_if(homes.begin(), homes.end(), [&](const LivedAt& home) {
        return home.period.from <= day && (!home.period.to || day <= *home.period.to);
    });
    return at == homes.end() ? nullptr : &*at;
}

// From when on things were written down in detail. What was migrated from before is sparse (IN-M7).
Date detailed_from(const CaseWriter& out)
{
    return std::max(out.life.sentenced_on, after(out.today, -3 * 365));
}

void write_visit(CaseWriter& out, const Who& who, Date day, const std::vector<LivedAt>& homes, Dice& dice)
{
    const auto* home = home_on(homes, day);
    if (!home)
        return;
    const bool met = !dice.chance(180);
    std::vector<Fields> observations;
    std::vector<Fields> household;
    if (met) {
        for (int n = dice.between(1, 2); n > 0; --n)
            observations.push_back({{"observation", note(Subject::home_visit, dice)},
                                    {"safety_concern", dice.chance(60) ? "yes" : "no"}});
        constexpr std::array<const char*, 5> relations{"partner", "parent", "friend", "other_family", "unknown"};
        if (dice.chance(250))
            household.push_back({{"member_name", associate_name(dice).full()}, {"member_relationship", dice.pick(relations)}});
    }
    out.add("home_visit", who, day,
            {{"address", home->ref},
             {"visited_on", to_string(day)},
             {"purpose", dice.chance(300) ? "Unannounced visit" : "Planned visit"},
             {"planned", dice.chance(600) ? "yes" : "no"},
             {"present", met ? "met" : dice.chance(500) ? "no_access" : "not_at_address"}},
            {{"observations", std::move(observations)}, {"household", std::move(household)}});
}

void write_contacts(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("contacts");
    const int every = life.rosh >= 2 ? 14 : 28;  // days, ours
    const auto last = std::min(out.today, life.supervision_until);
    for (auto day = after(detailed_from(out), dice.between(1, every)); day < last;
         day = after(day, dice.between(every / 2, every * 2))) {
        if (!out.in_community(day)) {
            day = after(day, 60);
            continue;
        }
        constexpr std::array<const char*, 4> kinds{"office", "phone", "video", "third_party"};
        const auto kind = dice.weighted(std::array<std::uint32_t, 4>{60, 25, 8, 7});
        const bool came = !dice.chance(140);
        out.add("contact", out.practitioner, day,
                {{"contact_kind", kinds[kind]},
                 {"contact_on", to_string(day)},
                 {"attended", kind == 3 ? "not_applicable" : came ? "attended" : dice.chance(500) ? "missed_acceptable"
                                                                                             : "missed_unacceptable"},
                 {"summary", note(Subject::office_contact, dice)}});
    }
    // Police and prison talk to him, too.
    for (int n = dice.between(0, 3); n > 0; --n) {
        const auto day = after(out.today, -dice.between(1, std::max(2, out.today.days - detailed_from(out).days)));
        out.add("contact", out.in_community(day) ? out.police : out.omu, day,
                {{"contact_kind", dice.chance(500) ? "phone" : "other"},
                 {"contact_on", to_string(day)},
                 {"summary", note(out.in_community(day) ? Subject::office_contact : Subject::prison, dice)}});
    }
}

}  // namespace

std::vector<LivedAt> write_addresses(CaseWriter& out)
{
    const auto& life = out.life;
    auto dice = out.dice("addresses");
    std::vector<LivedAt> homes;
    const auto add = [&](const char* kind, Date from, std::optional<Date> to) {
        const auto where = place(life.area, dice);
        Fields fields{{"lines", where.lines}, {"postcode", where.postcode}, {"kind", kind}, {"from", to_string(from)}};
        if (to)
            fields.emplace_back("to", to_string(*to));
        if (life.category == 1 && std::string_view(kind) != "bail" && !dice.chance(30)) {
            fields.emplace_back("notified", "yes");
            fields.emplace_back("notified_on", to_string(after(from, dice.between(0, 3))));
        }
        homes.push_back({out.add("address", out.lead_on(from), from, std::move(fields)), {from, to}});
    };
    auto from = after(life.offence_on, -dice.between(100, 2000));
    if (life.custody) {
        add("main", from, after(life.custody->from, -1));
        if (!life.custody->to)
            return homes;  // inside: the establishment says where
        from = *life.custody->to;
        if (dice.chance(life.level == 1 ? 400 : 760)) {  // approved premises, as in the sample (IN-119)
            const auto until = after(from, dice.between(60, 120));
            if (until >= out.today) {
                add("approved_premises", from, {});
                return homes;
            }
            add("approved_premises", from, until);
            from = after(until, 1);
        }
    }
    for (int moves = dice.between(0, 4); moves > 0; --moves) {
        const auto until = after(from, dice.between(90, 900));
        if (until >= out.today)
            break;
        add("main", from, until);
        from = after(until, 1);
    }
    add("main", from, {});
    return homes;
}

void write_relationships(CaseWriter& out)
{
    auto dice = out.dice("relationships");
    constexpr std::array<const char*, 6> relations{"partner", "former_partner", "parent", "other_family", "friend",
                                                   "associate"};
    for (int n = dice.between(0, 3); n > 0; --n) {
        const auto name = associate_name(dice).full();
        const auto* relation = dice.pick(relations);
        const auto since = after(out.life.offence_on, -dice.between(0, 3000));
        const auto told = after(out.today, -dice.between(5, 600));
        const auto describe = [&](const Who& who, const char* status, Date day) {
            out.add("relationship", who, std::max(day, out.life.sentenced_on),
                    {{"other_party", name},
                     {"relation", relation},
                     {"relation_status", status},
                     {"lives_with", dice.chance(200) ? "yes" : "no"},
                     {"children_in_household", dice.chance(120) ? "yes" : "no"},
                     {"relation_since", to_string(since)},
                     {"relation_note", sentence(Subject::household, dice)}});
        };
        describe(out.practitioner, dice.chance(700) ? "current" : "ended", told);
        if (dice.chance(120))  // another agency saw it otherwise: both stand (G-27-28)
            describe(out.in_community(told) ? out.police : out.omu, "unclear", std::min(out.today, after(told, 9)));
    }
}

void write_field_work(CaseWriter& out, const std::vector<LivedAt>& homes)
{
    const auto& life = out.life;
    auto dice = out.dice("visits");
    write_contacts(out);
    const auto visits = [&](const Who& who, Date until, int every) {
        for (auto day = after(detailed_from(out), dice.between(10, every)); day < until;
             day = after(day, dice.between(every / 2, every * 3 / 2)))
            if (out.in_community(day))
                write_visit(out, who, day, homes, dice);
    };
    visits(out.practitioner, std::min(out.today, life.supervision_until), life.rosh >= 2 ? 90 : 180);
    if (life.category == 1)
        visits(out.police, out.today, life.rosh >= 2 ? 120 : 300);
    if (dice.chance(200))
        out.add("case_update", out.lead_on(out.today), after(out.today, -3),
                {{"subject", "Handover to a colleague during leave"},
                 {"agency", std::string(out.lead_on(out.today).agency)},
                 {"officer", std::string(out.lead_on(out.today).name)},
                 {"status", "open"},
                 {"risk", std::to_string(dice.between(1, 5))},
                 {"updated_at", to_string(Instant{start_of(after(out.today, -3)).ms + 36'000'000})},
                 {"note", note(Subject::office_contact, dice)}});
}

}  // namespace satchel::tools::caseload
