// One case as it would have gone on under another agreement: what people wrote since a day, ruled on in the state that came
// of it, with everything that follows by itself.
//
// People's work is what it was. A decision on a suggestion that there would not have been finds nothing to decide on.
#pragma once

#include "sync/hub/dry_run.hpp"
#include "sync/hub/verify_case.hpp"

namespace satchel::sync::verifying {

// What there is to say of two agreements, worked out once for all cases.
struct BothAgreements {
    BothAgreements(const schema::Policy& in_force, const schema::Policy& other);
    const schema::Policy& in_force;
    const schema::Policy& other;
    std::set<std::string> was_rules, would_rules;  // what in them has consequences
    std::set<std::string> changed_rules;           // of those that are in both
    bool other_clocks = false, other_facts = false;  // every case is looked at for those when the other comes into force
};

class OtherHistory final : public BesideReplay {
public:
    OtherHistory(const BothAgreements& agreements, const CaseId& case_id, Instant since, DryRun& out);

    void take(const CaseReplay& log, const EntryRow& entry, const OpenedChangeset& changeset, const std::vector<Ruling>& recorded,
              const RuleAnew& rule_anew) override;
    void take(const CaseReplay& log, const EntryRow& entry, const Effect& effect) override;
    // The days until then bring what days bring; then what followed in one history alone is told. In a case in which nothing was
    // written on these days the other agreement comes into force now.
    void end(const CaseReplay& log, Instant at);

private:
    struct Made {
        Position at;  // of the change from which it follows, or before which a day brought it
        Effect effect;
    };
    struct Turn {  // a change that the two histories rule on differently
        VersionId version;
        Ruling was, would;
    };

    void begin(const CaseReplay& log);
    bool begins(const CaseReplay& log, const EntryRow& entry);
    void day(const CaseReplay& log, Instant at, Position before);
    void derive(Date on, Position at, const std::set<std::string>& but);
    void add(const Effect& effect, Position at);
    void tell_rulings(const EntryRow& entry, const OpenedChangeset& changeset, const std::vector<Ruling>& recorded,
                      const std::vector<Ruling>& alike, const std::vector<Ruling>& here);
    void tell(const Made& made, ConsequenceBoth::What what, bool arises);
    [[nodiscard]] const Turn* turn_of(const Made& made) const;

    const BothAgreements& agreements_;
    CaseId case_id_;
    Instant since_;
    DryRun& out_;
    bool begun_ = false;
    bool clocks_to_come_ = false;  // all of them are still to be looked at: after an import, or under other deadlines
    Date today_{};
    Position change_{};                   // the last that somebody made; before that, the last entry of the one history
    std::vector<VersionId> its_versions_;
    CaseState state_;
    std::set<TaskId> tasks_before_;
    std::vector<FactRow> facts_;
    std::vector<Made> was_, would_;
    std::map<Position, std::vector<Turn>> turns_;
};

}  // namespace satchel::sync::verifying
