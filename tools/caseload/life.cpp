#include "tools/caseload/life.hpp"

#include <algorithm>
#include <array>

namespace satchel::tools::caseload {
namespace {

constexpr int year_days = 365;

Date plus(Date date, int days) noexcept { return Date{date.days + days}; }

std::size_t choose_area(Dice& dice)
{
    // The largest and the smallest as published; the forty between them rise evenly to keep the national total.
    std::array<std::uint32_t, figures::areas> weights{};
    weights[0] = figures::largest_area;
    weights[1] = figures::smallest_area;
    constexpr std::uint32_t rest = figures::all_cases - figures::largest_area - figures::smallest_area;
    for (std::uint32_t i = 2; i < weights.size(); ++i)
        weights[i] = rest / 40 * (500 + i * 46) / 1489;  // 592 … 2,400 or so, 1,918 on average
    return dice.weighted(weights);
}

int choose_level(Dice& dice, std::size_t area)
{
    const auto at = area < figures::levels_of_area.size() ? dice.weighted(figures::levels_of_area[area])
                                                          : dice.weighted(figures::by_level);
    return static_cast<int>(at) + 1;
}

int choose_category(Dice& dice, int level)
{
    const auto at = level == 1 ? dice.weighted(figures::by_category_at_level_1)
                               : dice.weighted(figures::by_category_at_level_2_or_3);
    return static_cast<int>(at) + 1;
}

void choose_dates(Life& life, Dice& dice, Date today)
{
    // Category 1 outlasts supervision: registered people stay with police for years. The others leave MAPPA with it.
    const bool police_led = life.category == 1 && dice.chance(400);
    const bool inside = !police_led && dice.weighted(figures::community_or_prison) == 1;
    life.sentence = static_cast<SentenceKind>(inside ? 0 : dice.weighted(figures::licence_suspended_community));
    const int served_most = 6 * year_days;
    if (police_led) {
        life.sentenced_on = plus(today, -dice.between(4 * year_days, 14 * year_days));
        life.supervision_until = plus(life.sentenced_on, dice.between(year_days, 4 * year_days - 30));
    } else {
        life.sentenced_on = plus(today, -dice.between(200, inside ? served_most : 8 * year_days));
        life.supervision_until = plus(today, dice.between(40, 5 * year_days));
    }
    life.offence_on = plus(life.sentenced_on, -dice.between(60, 900));
    if (life.sentence == SentenceKind::licence) {
        life.custody = Period{life.sentenced_on, {}};
        if (inside) {
            life.release_on = plus(today, dice.between(20, 3 * year_days));
            life.supervision_until = plus(life.release_on, dice.between(year_days, 5 * year_days));
        } else {
            const int end = std::min(today.days, life.supervision_until.days);
            life.release_on = plus(life.sentenced_on, dice.between(90, std::max(91, (end - life.sentenced_on.days) * 2 / 3)));
            life.custody->to = life.release_on;
        }
    }
    if (life.category == 1)
        life.notification_until = plus(std::max(today, life.supervision_until), dice.between(year_days, 15 * year_days));
}

std::string padded(std::uint64_t n, std::size_t width)
{
    auto text = std::to_string(n);
    return text.size() >= width ? text : std::string(width - text.size(), '0') + text;
}

}  // namespace

const std::string& Caseloads::sit(Desk& desk, std::size_t area, std::string_view role, int least, int most)
{
    if (desk.room == 0) {
        Dice dice(seed_, area * 1'000'000 + desk.number, role);
        desk.name = worker_name(dice);
        desk.room = dice.between(least, most);
        ++desk.number;
    }
    --desk.room;
    return desk.name;
}

Team Caseloads::take(std::size_t area, bool in_prison)
{
    using namespace figures;
    auto& d = desks_[area];
    Team team;
    team.practitioner = sit(d[0], area, "practitioner", probation_caseload_least, probation_caseload_most);
    team.manager = sit(d[1], area, "manager", 8 * probation_caseload_least, 8 * probation_caseload_most);
    team.victim_liaison = sit(d[2], area, "victim liaison", 150, 250);
    team.police_manager = sit(d[3], area, "police manager", police_caseload_least, police_caseload_most);
    team.response_officer = sit(d[4], area, "response officer", 5, 9);
    // The others' offender managers in prison keep their names after release; only those inside fill a caseload.
    if (in_prison || d[5].name.empty())
        team.prison_manager = sit(d[5], area, "prison manager", prison_caseload_least, prison_caseload_most);
    else
        team.prison_manager = d[5].name;
    team.prison_security = sit(d[6], area, "prison security", 300, 500);
    team.governor = sit(d[7], area, "governor", 500, 900);
    team.coordinator = sit(d[8], area, "coordinator", 100'000, 100'000);  // one to an area (IN-S24)
    team.chair = sit(d[9], area, "chair", 400, 800);
    return team;
}

Life make_life(std::uint64_t seed, std::uint64_t index, Date today, Caseloads& caseloads)
{
    Dice dice(seed, index, "life");
    Life life;
    life.index = index;
    life.key = "C" + padded(index + 1, 6);
    life.area = choose_area(dice);
    life.level = choose_level(dice, life.area);
    life.category = choose_category(dice, life.level);
    choose_dates(life, dice, today);
    if (life.level == 1 && life.in_prison() && dice.chance(figures::prison_without_level))
        life.level_source = dice.chance(500) ? LevelSource::none : LevelSource::default_without_reason;
    // Ours: meetings are for the higher risks.
    life.rosh = life.level == 1 ? static_cast<int>(dice.weighted(std::array<std::uint32_t, 4>{80, 560, 340, 20}))
                                : dice.between(2, 3);
    life.domestic_abuse = dice.chance(life.category == 1 ? 120 : 480);
    life.stalking = dice.chance(60);
    life.children = dice.chance(life.category == 1 ? 420 : 180);
    life.staff = dice.chance(70);
    life.person = make_person(seed, index, today, life.custody.has_value(), life.offence_on);
    life.team = caseloads.take(life.area, life.in_prison());
    return life;
}

}  // namespace satchel::tools::caseload
