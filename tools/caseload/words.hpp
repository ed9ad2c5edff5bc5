// Names, places and notes that nobody can take for a real person's: surnames that say Testcase, places on no map,
// telephone numbers and postcodes that are never given out.
#pragma once

#include <string>

#include "schema/base/time.hpp"
#include "tools/caseload/dice.hpp"

namespace satchel::tools::caseload {

struct PersonName {
    std::string given;
    std::string family;
    [[nodiscard]] std::string full() const { return given + " " + family; }
};

PersonName nominal_name(Dice& dice);       // "Placeholder Testcase-Marrow"; sometimes Welsh, Polish, Arabic, Chinese …
PersonName associate_name(Dice& dice);     // partners, household members: "Nobody Sample-Teapot"
std::string worker_name(Dice& dice);       // "Officer Specimen-Kettle"

std::string area_name(std::size_t area);   // "Testshire", "Mockfordshire" …; area < figures::areas
std::string town_name(std::size_t area, Dice& dice);
std::string prison_name(Dice& dice);       // "HMP Fixture Green"

struct Place {
    std::string lines;
    std::string postcode;  // well formed, in an area that no post reaches
};
Place place(std::size_t area, Dice& dice);

std::string telephone(Dice& dice);         // of the range kept for drama

// What a note is about: it chooses the sentences.
enum class Subject : std::uint8_t {
    office_contact, home_visit, household, incident, intelligence, call, prison, plan, level_1, level_2_or_3,
    disclosure, condition, risk
};

// One line, without line breaks, at most a few hundred bytes.
std::string sentence(Subject subject, Dice& dice);
// One to six sentences; a few run to 8 KB, a few hold other scripts, combining marks or emoji.
std::string note(Subject subject, Dice& dice);

}  // namespace satchel::tools::caseload
