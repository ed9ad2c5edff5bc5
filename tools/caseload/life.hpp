// What the generator settles about one nominal before it writes a record: who, which category and level, which
// sentence and dates, who works the case. Everything follows from seed and number.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/time.hpp"
#include "tools/caseload/figures.hpp"
#include "tools/caseload/words.hpp"

namespace satchel::tools::caseload {

// An identifier as it was written down. A few have the wrong check letter: such are kept and flagged, never dropped.
struct Identifier {
    std::string text;
    bool wrong = false;
};

struct Person {
    PersonName name;
    std::vector<std::string> aliases;
    Date born;
    bool woman = false;
    Identifier crn;
    Identifier prison_number;  // empty text: never in prison
    Identifier pnc;
    Identifier cro;
};

enum class SentenceKind : std::uint8_t { licence, suspended, community };

// Where the present level comes from. A level without a reason reads "not yet set" (IN-27).
enum class LevelSource : std::uint8_t { decided, default_without_reason, none };

struct Period {
    Date from;
    std::optional<Date> to;
};

// The people who write. Real enough to have caseloads, named so that nobody is anybody.
struct Team {
    std::string practitioner, manager, victim_liaison;       // probation
    std::string police_manager, response_officer;            // police
    std::string prison_manager, prison_security, governor;   // prison
    std::string coordinator, chair;                          // co-ordination
};

struct Life {
    std::uint64_t index = 0;
    std::string key;  // "C000001"
    std::size_t area = 0;
    Person person;
    int category = 1;
    int level = 1;
    LevelSource level_source = LevelSource::decided;
    SentenceKind sentence = SentenceKind::licence;
    Date offence_on;
    Date sentenced_on;
    std::optional<Period> custody;       // of a prison sentence; open: still inside
    Date release_on;                     // with custody: the day out, past or to come
    Date supervision_until;              // by probation
    std::optional<Date> notification_until;  // category 1: registered until
    int rosh = 1;                        // 0 low … 3 very high
    bool domestic_abuse = false, stalking = false, children = false, staff = false;
    Team team;

    [[nodiscard]] bool in_prison() const noexcept { return custody && !custody->to; }
    [[nodiscard]] bool probation_leads(Date today) const noexcept { return today <= supervision_until; }
};

// Hands out workers so that each carries a caseload of the published size (figures.hpp). Holds one worker per role
// and area: memory does not grow with the number of cases.
class Caseloads {
public:
    explicit Caseloads(std::uint64_t seed) : seed_(seed) {}
    Team take(std::size_t area, bool in_prison);

private:
    struct Desk {
        std::uint64_t number = 0;  // of the worker now receiving cases
        int room = 0;
        std::string name;
    };
    const std::string& sit(Desk& desk, std::size_t area, std::string_view role, int least, int most);

    std::uint64_t seed_;
    std::array<std::array<Desk, 10>, figures::areas> desks_{};
};

// `index` counts from 0. Case i of a seed is the same whatever the number of cases.
Life make_life(std::uint64_t seed, std::uint64_t index, Date today, Caseloads& caseloads);

// At least eighteen at the offence. CRNs are distinct for every index below a million.
Person make_person(std::uint64_t seed, std::uint64_t index, Date today, bool was_in_prison, Date offence);

}  // namespace satchel::tools::caseload
