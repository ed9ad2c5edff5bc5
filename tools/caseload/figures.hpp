// The published figures that the generated caseload follows. Ids are the project's requirement ids; figures without
// one are this generator's own and say so.
#pragma once

#include <array>
#include <cstdint>

namespace satchel::tools::caseload::figures {

// Snapshot of 31 March 2021, England and Wales.
inline constexpr std::uint32_t all_cases = 87'657;  // IN-S1
inline constexpr std::array<std::uint32_t, 3> by_category{64'325, 22'944, 388};  // IN-S2, IN-S3, IN-S4
inline constexpr std::array<std::uint32_t, 3> by_level{86'268, 1'233, 156};      // IN-S5, IN-S6, IN-S7

// Categories among Level 2 and 3 cases. Category 3 exists only there (managed by meetings), so its national number
// is taken out of them: 388 of 1,389; the rest keeps the national proportion of 1 to 2. Category 4 is in no published
// figure (IN-S10) and is not generated.
inline constexpr std::array<std::uint32_t, 3> by_category_at_level_2_or_3{738, 263, 388};
inline constexpr std::array<std::uint32_t, 2> by_category_at_level_1{64'325 - 738, 22'944 - 263};

// 42 areas (IN-S22). Levels per mille where the area's own are published; the others follow the nation.
inline constexpr std::size_t areas = 42;
inline constexpr std::uint32_t largest_area = 10'131;  // IN-S19: 12 % of all (IN-S24)
inline constexpr std::uint32_t smallest_area = 815;    // IN-S17
inline constexpr std::array<std::array<std::uint32_t, 3>, 6> levels_of_area{{
    {980, 17, 4},  // IN-S19, the largest; as printed, they add up to 1,001
    {977, 23, 0},  // IN-S17, the smallest
    {995, 4, 1},   // IN-S16
    {992, 7, 1},   // IN-S18
    {985, 15, 0},  // IN-S20
    {969, 30, 1},  // IN-S21
}};

// Caseloads. Police: about 50 each, up to double (IN-S29). Prison: 16 and 25 in two prisons, over 100 in places
// (IN-S30). Probation: no figure; 25 to 60 is ours, inside IN-S42.
inline constexpr int police_caseload_least = 40, police_caseload_most = 100;
inline constexpr int prison_caseload_least = 16, prison_caseload_most = 110;
inline constexpr int probation_caseload_least = 25, probation_caseload_most = 60;

// In the inspected sample (IN-S36, IN-S37): 48 prisoners beside 107 in the community; 94 of 107 were men; 82 were on
// licence, 14 suspended, 11 on community sentences.
inline constexpr std::array<std::uint32_t, 2> community_or_prison{107, 48};
inline constexpr std::array<std::uint32_t, 2> men_or_women{94, 13};
inline constexpr std::array<std::uint32_t, 3> licence_suspended_community{82, 14, 11};
inline constexpr std::uint32_t prison_without_level = 290;  // per mille: 14 of 48 near release had none (IN-29)
inline constexpr std::uint32_t level_1_reviewed = 410;      // per mille with a formal review, as printed (IN-38)

// How much the generator writes; ours.
inline constexpr std::uint32_t wrong_identifier = 6;   // per mille of identifiers, kept and flagged
inline constexpr std::uint32_t long_note = 12;         // per mille of notes, up to 8 KB
inline constexpr std::uint32_t other_script = 60;      // per mille of notes with Welsh, Polish, Arabic, Chinese …
inline constexpr std::uint32_t unicode_name = 120;     // per mille of people

}  // namespace satchel::tools::caseload::figures
