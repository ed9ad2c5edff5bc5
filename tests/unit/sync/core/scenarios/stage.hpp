// The stage of a scenario: the case at the hub, the people and what each of them knew when they saved.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "schema/value/identifiers.hpp"
#include "sync/core/audience.hpp"
#include "sync/core/consequences.hpp"
#include "sync/core/proof.hpp"
#include "sync/core/reconcile.hpp"
#include "tests/unit/sync/core/scenarios/scenario.hpp"

namespace satchel::test::scenarios {

// Something the scenario asks for that the agreement or the scenario itself does not have.
struct NotExpressible {
    std::string why;
};

class Stage {
public:
    Stage(const schema::Policy& policy, Date today);

    // On record as after an import: no ruling is asked.
    void put(const Start& start);
    // What a user saved offline, arriving at the hub now. The rulings are in the order of the groups touched.
    const std::vector<sync::Ruling>& save(const Save& save);
    void midnight(Date today);

    [[nodiscard]] const sync::CaseState& state() const noexcept { return state_; }
    [[nodiscard]] const schema::Policy& policy() const noexcept { return policy_; }
    [[nodiscard]] RecordId record(const std::string& name) const;
    [[nodiscard]] const std::vector<VersionId>& versions(const std::string& label) const;
    [[nodiscard]] bool may_see(const std::string& role, const RecordId& record, const schema::Group& group);

    // "@name" is a record, "@name.group" the version of a group that stands now, "@label!" the version of a save.
    [[nodiscard]] std::string resolved(std::string typed) const;

private:
    struct Base {
        VersionId base, confirmed;
    };
    struct Person {
        UserId user;
        CredentialId credential;
        std::uint64_t sequence = 0;
        Digest head{};
        std::map<std::pair<RecordId, schema::GroupId>, Base> bases;
        sync::Facts facts;
    };

    Person& person(const std::string& name);
    static void look(Person& person, const sync::CaseState& at);  // the device has synchronised
    void rule(const Save& save, Person& person, schema::Changeset changeset);
    [[nodiscard]] schema::Changeset written(const Save& save, const Person& person) const;
    [[nodiscard]] const schema::RecordType& type_of(const Save& save) const;
    [[nodiscard]] const schema::Group& group_of(const schema::RecordType& type, const std::string& name) const;
    [[nodiscard]] schema::FieldValues values(const schema::Group& group, const Typed& typed) const;
    [[nodiscard]] std::map<schema::GroupId, Typed> by_group(const schema::RecordType& type, const Typed& typed) const;
    void facts_of_the_day(const std::set<schema::TypeId>& types);

    const schema::Policy& policy_;
    Date today_;
    sync::CaseState state_;
    sync::CaseState start_;  // what everyone knew before the first save
    bool started_ = false;
    std::map<std::string, RecordId> records_;
    std::map<std::string, std::vector<VersionId>> versions_;
    std::map<std::string, schema::Change> changes_;  // the first of each save, for resolutions
    std::map<std::string, Person> people_;
    std::vector<sync::Ruling> rulings_;
    std::uint32_t numbers_ = 0;
};

}  // namespace satchel::test::scenarios
