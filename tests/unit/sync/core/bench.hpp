// A case on the bench: people with hats save changesets, and the real seal, open, reconcile, fold and consequences run on
// them as they do at the hub.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "schema/policy/compile.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/core/consequences.hpp"
#include "sync/core/reconcile.hpp"

namespace satchel::test {

using namespace satchel::sync;  // NOLINT: a test's own header

struct Person {
    UserId user;
    CredentialId credential;
    schema::Hat hat;
    std::uint64_t sequence = 0;
    Digest head{};
};

template <class Id>
Id number_id(std::uint8_t kind, std::uint32_t n)
{
    Id id;
    id.bytes[0] = kind;
    for (std::size_t i = 0; i < 4; ++i)
        id.bytes[12 + i] = static_cast<std::uint8_t>(n >> (8 * i));
    return id;
}

class CaseBench {
public:
    explicit CaseBench(const schema::Policy& policy) : policy_(policy)
    {
        state_.id = number_id<CaseId>(1, 1);
        state_.facts = initial_facts(policy);
        history_.push_back(state_.facts);
    }

    Person& person(const std::string& role)
    {
        auto [at, fresh] = people_.try_emplace(role);
        if (fresh) {
            const auto n = schema::name_hash(role);  // whoever else there is
            at->second.user = number_id<UserId>(2, n);
            at->second.credential = number_id<CredentialId>(3, n);
            at->second.hat = {role.substr(0, role.find('.')), "team", role.substr(0, role.find('/'))};
        }
        return at->second;
    }

    // How many times the facts have changed: what a device that synchronised now would name as seen.
    [[nodiscard]] std::size_t now() const { return history_.size() - 1; }

    struct Saved {
        OpenedChangeset opened;
        std::vector<Ruling> rulings;
        std::vector<Effect> effects;
        std::vector<Effect> effects_on_slice;  // with `also_on_slices`: as the hub works them out
        [[nodiscard]] const Ruling& ruling(std::size_t i = 0) const { return rulings.at(i); }
        [[nodiscard]] VersionId version(std::size_t i = 0) const { return opened.versions.at(i); }
        [[nodiscard]] RecordId record(std::size_t i = 0) const { return opened.changes.at(i).record; }
    };

    struct Write {
        std::vector<schema::Change> changes;
        Instant authored_at{1'770'000'000'000};
        Instant event_at{};
        std::size_t seen = SIZE_MAX;  // index into the fact history; SIZE_MAX: now
    };

    OpenedChangeset sealed(const std::string& role, const Write& write)
    {
        auto& who = person(role);
        schema::Changeset cs;
        cs.header.case_id = state_.id;
        cs.header.author = who.credential;
        cs.header.hat = who.hat;
        cs.header.authored_at = write.authored_at;
        cs.header.event_at = write.event_at;
        cs.header.policy_version = policy_.version;
        cs.link.sequence = ++who.sequence;
        cs.link.previous = who.head;
        cs.link.seen = write.seen == SIZE_MAX ? now() : write.seen;
        cs.changes = write.changes;
        const crypto::HmacKey salt_key(who.credential.view());
        auto opened = open(*seal(cs, changeset_secret(salt_key, cs.link.sequence)));
        SATCHEL_CHECK(opened.has_value());
        who.head = opened->digest;
        return *std::move(opened);
    }

    [[nodiscard]] std::vector<CredentialId> credentials_of(const Person& who) const
    {
        std::vector<CredentialId> out;
        for (const auto& [name, person] : people_)
            if (person.user == who.user)
                out.push_back(person.credential);
        return out;
    }

    // What the hub does with it.
    Saved rule(const std::string& role, OpenedChangeset opened, std::size_t seen = SIZE_MAX)
    {
        auto& who = person(role);
        schema::Changeset judged;
        judged.header = opened.header;
        judged.changes = opened.changes;
        const auto& facts_seen = history_.at(seen == SIZE_MAX ? now() : seen);
        const Context context{&policy_, &policy_, &facts_seen, {who.user, who.credential, {who.hat}, credentials_of(who)}};
        Saved saved{std::move(opened), {}, {}, {}};
        saved.rulings = reconcile(state_, judged, context);
        fold(state_, saved.opened, saved.rulings);
        const Received received{received_at, day_of(received_at)};
        saved.effects = consequences(state_, saved.opened, saved.rulings, policy_, received);
        if (also_on_slices)
            saved.effects_on_slice = on_slice(saved, received);
        for (const auto& effect : saved.effects)
            fold(state_, effect);
        if (state_.facts != history_.back())
            history_.push_back(state_.facts);
        return saved;
    }

    // The effects as they come out for who has only the part of the case that slice_needs() asks for.
    [[nodiscard]] std::vector<Effect> on_slice(const Saved& saved, const Received& received) const
    {
        const auto needs = slice_needs(policy_, saved.opened);
        CaseState slice{state_.id, state_.facts, {}, {}};
        for (const auto& [id, record] : state_.records)
            if (needs.records.contains(id) || needs.types.contains(record.type))
                slice.records.emplace(id, record);
        if (needs.tasks)
            slice.tasks = state_.tasks;
        return consequences(slice, saved.opened, saved.rulings, policy_, received);
    }

    Saved save(const std::string& role, const Write& write)
    {
        const auto seen = write.seen;
        return rule(role, sealed(role, write), seen);
    }

    // Field values by name, as a user types them.
    [[nodiscard]] schema::FieldValues values(const std::string& type, const std::map<std::string, std::string>& typed) const
    {
        schema::FieldValues out;
        const auto* t = policy_.type(type);
        SATCHEL_CHECK(t);
        for (const auto& [name, text] : typed) {
            const auto* group = t->group_of_field(name);
            SATCHEL_CHECK(group);
            auto value = schema::parse_field_value(*group->field(name), text);
            SATCHEL_CHECK(value.has_value());
            assign(out, group->field(name)->id, *value);
        }
        return out;
    }

    [[nodiscard]] schema::Change creates(const std::string& type, const std::string& group,
                                         const std::map<std::string, std::string>& typed) const
    {
        schema::Change c;
        const auto* t = policy_.type(type);
        SATCHEL_CHECK(t && t->group(group));
        c.type = t->id;
        c.group = t->group(group)->id;
        c.creates = true;
        if (t->singleton)
            c.record = singleton_record_id(state_.id, t->id);
        c.values = values(type, typed);
        const auto merge = t->group(group)->merge;
        if (merge == schema::Merge::append || merge == schema::Merge::add_wins)
            c.op = schema::Op::add;
        return c;
    }

    // An edit of a group of a record as the state now shows it.
    [[nodiscard]] schema::Change edits(const RecordId& record, const std::string& type, const std::string& group,
                                       const std::map<std::string, std::string>& typed) const
    {
        auto c = creates(type, group, typed);
        c.creates = false;
        c.record = record;
        if (const auto* r = state_.record(record))
            if (const auto* g = r->group(c.group))
                c.base = g->current.id;
        return c;
    }

    [[nodiscard]] schema::Change resolves(const Saved& item, schema::Resolution how, std::string reason) const
    {
        schema::Change c;
        c.op = schema::Op::resolve;
        c.type = item.opened.changes.front().type;
        c.group = item.opened.changes.front().group;
        c.record = item.record();
        c.targets = {item.version()};
        c.resolution = how;
        c.reason = std::move(reason);
        if (const auto* r = state_.record(c.record))
            if (const auto* g = r->group(c.group))
                c.base = g->current.id;
        return c;
    }

    [[nodiscard]] std::string value(const RecordId& record, const std::string& type, const std::string& field) const
    {
        const auto* t = policy_.type(type);
        const auto* group = t->group_of_field(field);
        const auto* r = state_.record(record);
        const auto* g = r ? r->group(group->id) : nullptr;
        const auto* v = g ? find(g->current.values, group->field(field)->id) : nullptr;
        return v ? to_text(*v) : std::string();
    }

    [[nodiscard]] std::vector<Task> open_tasks(const std::string& role = {}) const
    {
        std::vector<Task> out;
        for (const auto& [id, task] : state_.tasks)
            if (task.state == Task::State::open && (role.empty() || task.role == role))
                out.push_back(task);
        return out;
    }

    [[nodiscard]] const CaseState& state() const { return state_; }
    CaseState& state() { return state_; }
    [[nodiscard]] const schema::Policy& policy() const { return policy_; }

    Instant received_at{1'780'000'000'000};
    bool also_on_slices = false;

private:
    const schema::Policy& policy_;
    CaseState state_;
    std::vector<Facts> history_;
    std::map<std::string, Person> people_;
};

}  // namespace satchel::test
