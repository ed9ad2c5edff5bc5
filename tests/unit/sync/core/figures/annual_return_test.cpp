// The lines of the annual return, and each person once in them.
#include "tests/unit/sync/core/figures/cases.hpp"

namespace satchel::test {
namespace {

// --- The lines of the return -----------------------------------------------------------------------------------------

TEST(Figures, NoLineOfTheReturnIsLeftToOthers)
{
    for (const auto& edition : agreement().figures->returns)
        for (const auto& line : edition.lines)
            EXPECT_NE(line.counts, schema::Figure::Counts::elsewhere) << line.id;
}

TEST(Figures, BreachesOfNotificationAreCountedEachWithWhatCameOfIt)
{
    Case one;
    one.record("notification_requirement", {{"notification_since", "2020-01-01"}, {"notification_rhythm", "yearly"}});
    one.element("notification_requirement", "breaches",
                {{"notification_breach_on", "2024-05-01"}, {"notification_breach_outcome", "cautioned"}});
    one.element("notification_requirement", "breaches",
                {{"notification_breach_on", "2025-03-31"}, {"notification_breach_outcome", "convicted"}});
    one.element("notification_requirement", "breaches",
                {{"notification_breach_on", "2025-04-01"}, {"notification_breach_outcome", "convicted"}});
    const auto found = count("ar-04", {one}, "2024-04-01", "2025-03-31");
    EXPECT_EQ(found.counted, 2u);
    EXPECT_EQ(found.cells.at({"cautioned"}).counted, 1u);
    EXPECT_EQ(found.cells.at({"convicted"}).counted, 1u);
    one.decide("notification_requirement", {{"revocation_applied_on", "2024-06-01"},
                                            {"revocation_decided_on", "2024-09-01"},
                                            {"revocation_outcome", "revoked"}});
    EXPECT_EQ(count("ar-05", {one}, "2024-04-01", "2025-03-31").cells.at({"revoked"}).counted, 1u);
}

TEST(Figures, AnOrderIsCountedWhenItIsAskedForAndAgainWhenItIsDecided)
{
    Case one;
    const auto asked = [&](const std::string& kind, const std::string& on, const std::string& outcome,
                           const std::string& decided_on) {
        one.record("order_application", {{"order_sought", kind},
                                         {"order_applied_on", on},
                                         {"application_outcome", outcome},
                                         {"application_decided_on", decided_on}});
    };
    asked("sexual_harm_prevention", "2024-03-20", "granted", "2024-04-20");
    asked("sexual_harm_prevention", "2024-06-01", "refused", "2024-07-01");
    asked("violent_offender", "2025-03-20", "", "");
    const auto applied = count("ar-06-applied", {one}, "2024-04-01", "2025-03-31");
    EXPECT_EQ(applied.counted, 2u);
    EXPECT_EQ(applied.cells.at({"violent_offender"}).counted, 1u);
    const auto decided = count("ar-06", {one}, "2024-04-01", "2025-03-31");
    EXPECT_EQ(decided.cells.at({"sexual_harm_prevention", "granted"}).counted, 1u);
    EXPECT_EQ(decided.cells.at({"sexual_harm_prevention", "refused"}).counted, 1u);
    EXPECT_EQ(decided.counted, 2u);
    EXPECT_EQ(decided.no_day, 1u) << "not decided yet";

    one.record("court_order", {{"order_kind", "sexual_harm_prevention"}, {"order_made_on", "2024-04-20"}});
    one.element("court_order", "compliance", {{"order_compliance", "breached"}, {"order_checked_on", "2024-10-01"}});
    one.element("court_order", "compliance", {{"order_compliance", "complied"}, {"order_checked_on", "2024-11-01"}});
    one.record("court_order", {{"order_kind", "notification"}, {"order_made_on", "2024-04-20"}});
    one.element("court_order", "compliance", {{"order_compliance", "breached"}, {"order_checked_on", "2024-10-01"}});
    EXPECT_EQ(count("ar-07", {one}, "2024-04-01", "2025-03-31").counted, 1u)
        << "breaches of notification are a line of their own";
}

// G-32-11: who has several supervisors is not to be counted for each (32.3).
TEST(Figures, ABreachThatTwoAgenciesRecordedOnOneDayIsOneBreach)
{
    Case one;
    const auto ticked = [&](const std::string& how, const std::string& on, const std::string& condition) {
        one.element("court_order", "compliance", {{"order_compliance", how}, {"order_checked_on", on}, {"of_condition", condition}});
    };
    const auto breaches = [&] { return count("ar-07", {one}, "2024-04-01", "2025-03-31"); };
    one.record("court_order", {{"order_kind", "restraining"}, {"order_made_on", "2024-01-10"}});
    ticked("complied", "2024-10-01", "1");
    ticked("breached", "2024-10-01", "2");
    EXPECT_EQ(breaches().counted, 1u) << "who saw it complied with that day saw no breach";
    ticked("breached", "2024-10-01", "Condition 2");
    EXPECT_EQ(breaches().counted, 1u) << "as the other agency writes it";
    EXPECT_EQ(breaches().cells.at({"restraining"}).counted, 1u);
    ticked("breached", "2024-10-02", "2");
    ticked("breached", "2025-03-31", "2");
    ticked("breached", "2025-04-01", "2");
    EXPECT_EQ(breaches().counted, 3u) << "another day is another breach, and the last one is of the next year";
    one.record("court_order", {{"order_kind", "restraining"}, {"order_made_on", "2024-02-10"}});
    ticked("breached", "2024-10-01", "1");
    EXPECT_EQ(breaches().counted, 4u) << "another order";
    EXPECT_EQ(count("ar-07", {one, one}, "2024-04-01", "2025-03-31").counted, 8u) << "another case";
}

TEST(Figures, RecallsChargesReviewsAndReconvictionsFallIntoTheYearOfTheirDay)
{
    auto one = eligible("1", "2");
    one.record("recall", {{"recall_kind", "standard"}, {"recalled_on", "2024-08-01"}});
    one.record("recall", {{"recall_kind", "standard"}, {"recalled_on", "2025-04-01"}});
    one.record("serious_offence_notification", {{"charged_on", "2024-08-02"},
                                                {"charge_stands", "yes"},
                                                {"level_in_the_window", "2"},
                                                {"review_decision", "mandatory"},
                                                {"board_decided_on", "2024-09-01"}});
    one.record("serious_offence_notification",
               {{"charged_on", "2024-08-03"}, {"charge_stands", "no"}, {"level_in_the_window", "1"}});
    one.record("offence", {{"convicted_on", "2024-12-01"}, {"index_offence", "no"}, {"offence_class", "schedule_15"}});
    one.record("offence", {{"convicted_on", "2024-12-01"}, {"index_offence", "yes"}, {"offence_class", "schedule_15"}});
    const auto line = [&](const std::string& id) { return count(id, {one}, "2024-04-01", "2025-03-31"); };
    EXPECT_EQ(line("ar-08").cells.at({"1", "2"}).counted, 1u);
    EXPECT_EQ(line("ar-08").counted, 1u);
    EXPECT_EQ(line("ar-09").counted, 1u) << "a charge that was dropped is none";
    EXPECT_EQ(line("ar-09").cells.at({"2", "police"}).counted, 1u);
    EXPECT_EQ(line("ar-10").cells.at({"mandatory"}).counted, 1u);
    EXPECT_EQ(line("ar-11").cells.at({"schedule_15"}).counted, 1u);
}

TEST(Figures, WhoIsWantedOnTheLastDayIsCountedByWhoLeads)
{
    auto found_again = eligible("1", "2"), missing = eligible("1", "2");
    found_again.record("wanted_missing",
                       {{"wanted_as", "wanted"}, {"wanted_from", "2025-01-01"}, {"wanted_until", "2025-03-30"}});
    missing.record("wanted_missing", {{"wanted_as", "missing"}, {"wanted_from", "2025-03-31"}});
    missing.record("supervision", {{"agency", "probation"}, {"from", "2024-01-01"}});
    const auto found = count("ar-13", {found_again, missing}, "2024-04-01", "2025-03-31");
    EXPECT_EQ(found.counted, 1u);
    EXPECT_EQ(found.cells.at({"missing", "probation"}).counted, 1u);
}

TEST(Figures, WhoIsManagedJointlyHasAPartnerInTheRegister)
{
    auto joint = eligible("1", "1"), other = eligible("2", "1");
    joint.sheet.facts["joint_management"] = other.sheet.facts["joint_management"] = "yes";
    const auto found = count("ar-12", {joint, other, eligible("1", "1")}, "2024-04-01", "2025-03-31");
    EXPECT_EQ(found.counted, 1u) << "Category 1 alone";
    EXPECT_EQ(found.undated, 1u) << "since when is not recorded, and that is said";
}

TEST(Figures, TheDiversityOfAFewIsNotTold)
{
    std::vector<Case> cases;
    for (int i = 0; i < 7; ++i)
        cases.push_back(
            eligible("1", "1").decide("person", {{"gender", i < 6 ? "male" : "female"}, {"ethnicity", "white"}}));
    const auto gender = count("ar-14-gender", cases, "2024-04-01", "2025-03-31");
    EXPECT_TRUE(gender.cells.at({"female"}).withheld);
    EXPECT_TRUE(gender.cells.at({"male"}).withheld) << "or seven less six would tell it";
    const auto ethnicity = count("ar-14-ethnicity", cases, "2024-04-01", "2025-03-31");
    EXPECT_FALSE(ethnicity.cells.at({"white"}).withheld);
    EXPECT_EQ(ethnicity.cells.at({"white"}).counted, 7u);
}

// --- The annual return -----------------------------------------------------------------------------------------------

TEST(Figures, ThePersonOfTwoCasesCountsOnce)
{
    // G-32-20: two services keep a case of the same patient.
    auto first = eligible("1", "1");
    first.known_as("pnc", "2010/0000001X").known_as("crn", "X000001");
    auto second = eligible("1", "2");
    second.known_as("pnc", "2010/0000001X");
    auto other = eligible("1", "1");
    other.known_as("crn", "X000001");
    const auto found = count("ar-01", {first, second, other}, "2024-04-01", "2025-03-31");
    EXPECT_EQ(found.counted, 2u) << "a CRN is no mark of a person across areas";
    EXPECT_EQ(found.twice, 1u);
    EXPECT_EQ(found.cells.at({"1", "1"}).counted, 2u);
    EXPECT_EQ(found.cells.at({"1", "2"}).counted, 0u);
}

TEST(Figures, ACaseThatDoesNotCountHidesNoOther)
{
    auto in_custody = eligible("1", "1");
    in_custody.known_as("pnc", "2010/0000001X");
    in_custody.decide("establishment", {{"legal_status", "in_custody"}, {"legal_since", "2024-01-01"}});
    auto second = eligible("1", "2");
    second.known_as("pnc", "2010/0000001X");
    EXPECT_EQ(count("ar-01", {in_custody, second}, "2024-04-01", "2025-03-31").counted, 1u);
}

TEST(Figures, APersonWithCasesInTwoAreasCountsInOne)
{
    auto here = eligible("1", "1");
    here.known_as("visor", "V1");
    auto there = eligible("1", "1", "Otherland");
    there.known_as("visor", "V1");
    std::uint64_t sum = 0;
    for (const std::string area : {"Exampleshire", "Otherland"})
        sum += count("ar-01", {here, there}, "2024-04-01", "2025-03-31", area).counted;
    EXPECT_EQ(sum, 1u);
    EXPECT_EQ(count("ar-01", {here, there}, "2024-04-01", "2025-03-31", "").counted, 1u);
}

TEST(Figures, CategoriesAndLevelsComeToTheSameOrItIsSaidWhyNot)
{
    // G-32-16.
    const std::vector<Case> whole{eligible("1", "1"), eligible("2", "2"), eligible("3", "3")};
    const auto even = count("ar-01", whole, "2024-04-01", "2025-03-31");
    EXPECT_EQ(even.first_total, 3u);
    EXPECT_EQ(even.second_total, 3u);
    EXPECT_EQ(even.only_first + even.only_second, 0u);

    auto unset = whole;
    unset.push_back(eligible("1", ""));
    unset.push_back(eligible("", "2"));
    unset.push_back(eligible("", ""));
    const auto uneven = count("ar-01", unset, "2024-04-01", "2025-03-31");
    EXPECT_EQ(uneven.counted, 6u);
    EXPECT_EQ(uneven.first_total, 4u);
    EXPECT_EQ(uneven.second_total, 4u) << "equal by chance";
    EXPECT_EQ(uneven.only_first, 1u);
    EXPECT_EQ(uneven.only_second, 1u);
    EXPECT_EQ(uneven.cells.at({"1", "not_yet_set"}).counted, 1u) << "which is not Level 1";
    EXPECT_EQ(uneven.cells.at({"1", "1"}).counted, 1u);
}

TEST(Figures, Category3AtLevel1IsCountedAndTold)
{
    const auto found = count("ar-01", {eligible("3", "1"), eligible("3", "2")}, "2024-04-01", "2025-03-31");
    EXPECT_EQ(found.counted, 2u);
    EXPECT_EQ(found.impossible, 1u);
}

TEST(Figures, WhoIsInCustodyOnTheDayIsNotInTheCommunity)
{
    auto inside = eligible("1", "2");
    inside.decide("establishment", {{"legal_status", "in_custody"}, {"legal_since", "2025-03-31"}});
    EXPECT_EQ(count("ar-01", {inside}, "2024-04-01", "2025-03-31").counted, 0u);
    EXPECT_EQ(count("ar-01", {inside}, "2024-04-01", "2025-03-30").counted, 1u);
}

TEST(Figures, TheTotalsOfAPublishedYearAreThoseOfItsParts)
{
    // 31 March 2011, in tenths of thousands: 372 + 138 + 5 = 515 = 486 + 27 + 2.
    std::vector<Case> cases;
    const auto add = [&](int n, const std::string& category, const std::string& level) {
        for (int i = 0; i < n; ++i)
            cases.push_back(eligible(category, level));
    };
    add(360, "1", "1");
    add(12, "1", "2");
    add(126, "2", "1");
    add(11, "2", "2");
    add(1, "2", "3");
    add(4, "3", "2");
    add(1, "3", "3");
    const auto found = count("ar-01", cases, "2010-04-01", "2025-03-31");
    EXPECT_EQ(found.first_total, 515u);
    EXPECT_EQ(found.second_total, 515u);
    EXPECT_EQ(found.cells.at({"1", "1"}).counted + found.cells.at({"2", "1"}).counted, 486u);
}

}  // namespace
}  // namespace satchel::test
