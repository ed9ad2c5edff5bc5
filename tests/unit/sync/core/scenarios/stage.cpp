#include "tests/unit/sync/core/scenarios/stage.hpp"

#include <algorithm>
#include <optional>

#include <set>
#include <utility>

namespace satchel::test::scenarios {
namespace {

using schema::Change;
using schema::Group;
using schema::Merge;
using schema::Op;
using schema::RecordType;
using schema::Resolution;

constexpr std::int64_t day_ms = 24 * 3600 * std::int64_t{1000};

template <class Id>
Id numbered(std::uint8_t kind, std::uint32_t n)
{
    Id id;
    id.bytes[0] = kind;
    for (std::size_t i = 0; i < 4; ++i)
        id.bytes[12 + i] = static_cast<std::uint8_t>(n >> (8 * i));
    return id;
}

bool is_set(const Group& group) { return group.merge == Merge::append || group.merge == Merge::add_wins; }

std::string role_name(const std::string& person) { return person.substr(0, person.find('#')); }

schema::Hat hat_of(const std::string& role) { return {role.substr(0, role.find('.')), "eastside", role}; }

Instant instant(const std::string& text)
{
    const auto parsed = parse_instant(text);
    if (!parsed)
        throw NotExpressible{"\"" + text + "\" is no time"};
    return *parsed;
}

Resolution resolution(const std::string& how)
{
    static const std::map<std::string, Resolution> words{
        {"accept", Resolution::accept},     {"amend", Resolution::amend},       {"decline", Resolution::decline},
        {"choose_a", Resolution::choose_a}, {"choose_b", Resolution::choose_b}, {"both", Resolution::both},
        {"previous", Resolution::previous}, {"withdrawn", Resolution::withdrawn},
        {"comment", Resolution::comment},   {"escalate", Resolution::escalate}};
    const auto at = words.find(how);
    if (at == words.end())
        throw NotExpressible{"\"" + how + "\" is no resolution"};
    return at->second;
}

}  // namespace

Stage::Stage(const schema::Policy& policy, Date today) : policy_(policy), today_(today)
{
    state_.id = numbered<CaseId>(1, 1);
    state_.facts = sync::initial_facts(policy);
}

const RecordType& Stage::type_of(const Save& save) const
{
    if (!save.type.empty()) {
        const auto* type = policy_.type(save.type);
        if (!type)
            throw NotExpressible{"the agreement has no record type \"" + save.type + "\""};
        return *type;
    }
    if (save.record.empty()) {
        const auto at = changes_.find(save.resolve);
        if (at == changes_.end())
            throw NotExpressible{"nothing is called \"" + save.resolve + "\""};
        return *policy_.type(at->second.type);
    }
    const auto* found = state_.record(record(save.record));
    if (!found)
        throw NotExpressible{"\"" + save.record + "\" is not on record when \"" + save.label + "\" is saved"};
    return *policy_.type(found->type);
}

const Group& Stage::group_of(const RecordType& type, const std::string& name) const
{
    const auto* group = type.group(name);
    if (!group)
        throw NotExpressible{type.name + " has no group \"" + name + "\""};
    return *group;
}

RecordId Stage::record(const std::string& name) const
{
    const auto at = records_.find(name);
    if (at == records_.end())
        throw NotExpressible{"no record is called \"" + name + "\""};
    return at->second;
}

const std::vector<VersionId>& Stage::versions(const std::string& label) const
{
    const auto at = versions_.find(label);
    if (at == versions_.end())
        throw NotExpressible{"nothing is called \"" + label + "\""};
    return at->second;
}

std::string Stage::resolved(std::string typed) const
{
    if (!typed.starts_with('@'))
        return typed;
    auto name = typed.substr(1);
    if (name.ends_with('!')) {
        name.pop_back();
        return to_string(versions(name).front());
    }
    const auto dot = name.find('.');
    if (dot == std::string::npos)
        return to_string(record(name));
    const auto* r = state_.record(record(name.substr(0, dot)));
    const auto* g = r ? r->group(group_of(*policy_.type(r->type), name.substr(dot + 1)).id) : nullptr;
    if (!g || g->current.id.empty())
        throw NotExpressible{"\"" + name + "\" has no version"};
    return to_string(g->current.id);
}

schema::FieldValues Stage::values(const Group& group, const Typed& typed) const
{
    schema::FieldValues out;
    for (const auto& [name, text] : typed) {
        const auto* field = group.field(name);
        if (!field)
            throw NotExpressible{"group \"" + group.name + "\" has no field \"" + name + "\""};
        auto value = schema::parse_field_value(*field, resolved(text));
        if (!value)
            throw NotExpressible{value.error().detail};
        assign(out, field->id, *std::move(value));
    }
    return out;
}

std::map<schema::GroupId, Typed> Stage::by_group(const RecordType& type, const Typed& typed) const
{
    std::map<schema::GroupId, Typed> out;
    for (const auto& field : typed) {
        const auto* group = type.group_of_field(field.first);
        if (!group)
            throw NotExpressible{type.name + " has no field \"" + field.first + "\""};
        out[group->id].push_back(field);
    }
    return out;
}

void Stage::put(const Start& start)
{
    const auto* type = policy_.type(start.type);
    if (!type)
        throw NotExpressible{"the agreement has no record type \"" + start.type + "\""};
    if (!policy_.role(start.by))
        throw NotExpressible{"the agreement has no role \"" + start.by + "\""};
    sync::Effect effect;
    effect.kind = sync::Effect::Kind::set;
    effect.rule = "import";
    effect.record =
        type->singleton ? sync::singleton_record_id(state_.id, type->id) : numbered<RecordId>(2, ++numbers_);
    effect.type = type->id;
    effect.creates = true;
    effect.on_behalf = {{}, {}, hat_of(start.by).agency, start.by};
    records_[start.record] = effect.record;
    const auto put_version = [&](const Group& group, const Typed& typed, const std::string& label, bool element) {
        effect.group = group.id;
        effect.values = values(group, typed);
        effect.version = numbered<VersionId>(3, ++numbers_);
        effect.element = element;
        fold(state_, effect);
        versions_[label] = {effect.version};
    };
    const auto parts = by_group(*type, start.fields);
    for (const auto& group : type->groups) {
        const auto at = parts.find(group.id);
        if (at != parts.end())
            put_version(group, at->second, start.record + "." + group.name, is_set(group));
    }
    std::map<std::string, int> counted;
    for (const auto& [group, typed] : start.elements)
        put_version(group_of(*type, group), typed,
                    start.record + "." + group + "." + std::to_string(counted[group]++), true);
    if (parts.empty() && start.elements.empty())
        throw NotExpressible{"\"" + start.record + "\" starts empty"};
    facts_of_the_day({});
    for (const auto& moved :
         sync::derive_clocks(state_, policy_, sync::all_clocks(policy_), today_, numbered<VersionId>(3, ++numbers_)))
        fold(state_, moved);
}

void Stage::facts_of_the_day(const std::set<schema::TypeId>& types)
{
    const auto cause = numbered<VersionId>(3, ++numbers_);
    const auto facts = sync::derive_facts(state_, policy_, today_, types, cause);
    for (const auto& effect : facts)
        fold(state_, effect);
    for (const auto& effect : sync::derive_clocks(state_, policy_, sync::clocks_resting_on(policy_, facts), today_, cause))
        fold(state_, effect);
}

void Stage::midnight(Date today)
{
    today_ = today;
    facts_of_the_day({});
}

Stage::Person& Stage::person(const std::string& name)
{
    if (!started_) {
        start_ = state_;
        started_ = true;
    }
    auto [at, fresh] = people_.try_emplace(name);
    if (fresh) {
        const auto n = static_cast<std::uint32_t>(people_.size());
        at->second.user = numbered<UserId>(4, n);
        at->second.credential = numbered<CredentialId>(5, n);
        look(at->second, start_);
    }
    return at->second;
}

void Stage::look(Person& person, const sync::CaseState& at)
{
    person.bases.clear();
    person.facts = at.facts;
    for (const auto& [id, record] : at.records)
        for (const auto& group : record.groups)
            person.bases[{id, group.id}] = {record.withdrawn.empty() ? group.current.id : record.withdrawn, {}};
}

schema::Changeset Stage::written(const Save& save, const Person& person) const
{
    const auto& type = type_of(save);
    // Whoever names the type makes the record, as far as they know: of a singleton there may be one by then.
    const bool creates = !save.type.empty();
    schema::Changeset out;
    Change change;
    change.type = type.id;
    change.creates = creates;
    change.reason = save.reason;
    if (type.singleton)
        change.record = sync::singleton_record_id(state_.id, type.id);
    else if (!creates && save.resolve.empty())
        change.record = record(save.record);
    const auto with_base = [&](Change c) {
        const auto at = person.bases.find({c.record, c.group});
        if (at != person.bases.end()) {
            c.base = at->second.base;
            c.confirmed = at->second.confirmed;
        }
        return c;
    };
    if (!save.resolve.empty()) {
        const auto at = changes_.find(save.resolve);
        if (at == changes_.end())
            throw NotExpressible{"nothing is called \"" + save.resolve + "\""};
        change.op = Op::resolve;
        change.record = at->second.record;
        change.group = at->second.group;
        change.resolution = resolution(save.how);
        change.targets = {versions(save.resolve).front()};
        if (!save.set.empty())
            change.values = values(*type.group(change.group), save.set);
        out.changes.push_back(with_base(change));
        return out;
    }
    if (save.withdraw) {
        change.op = Op::withdraw;
        change.group = type.groups.front().id;
        out.changes.push_back(with_base(change));
        return out;
    }
    const auto parts = by_group(type, save.set);
    for (const auto& group : type.groups) {
        const auto at = parts.find(group.id);
        if (at == parts.end())
            continue;
        change.op = is_set(group) ? Op::add : Op::set;
        change.group = group.id;
        change.values = values(group, at->second);
        out.changes.push_back(change.op == Op::set ? with_base(change) : change);
    }
    for (const auto& [name, typed] : save.add) {
        const auto& group = group_of(type, name);
        change.op = Op::add;
        change.group = group.id;
        change.values = values(group, typed);
        out.changes.push_back(change);
    }
    if (!save.take.empty()) {
        change.op = Op::remove;
        change.values.clear();
        for (const auto& label : save.take)
            change.targets.push_back(versions(label).front());
        const auto* state = state_.record(change.record);
        for (const auto& group : state ? state->groups : std::vector<sync::GroupState>{})
            for (const auto& element : group.elements)
                if (element.id == change.targets.front())
                    change.group = group.id;
        if (change.group == schema::GroupId{})
            for (const auto& group : type.groups)
                if (is_set(group))
                    change.group = group.id;
        out.changes.push_back(change);
    }
    return out;
}

const std::vector<sync::Ruling>& Stage::save(const Save& save)
{
    if (!save.unknown_hat && !policy_.role(role_name(save.by)))
        throw NotExpressible{"the agreement has no role \"" + role_name(save.by) + "\""};
    auto& who = person(save.by);
    if (save.knew == "now" || (save.knew.empty() && !save.resolve.empty()))
        look(who, state_);
    auto changeset = written(save, who);
    if (changeset.changes.empty())
        throw NotExpressible{"\"" + save.label + "\" changes nothing"};
    // As a device does: what is for different readers is saved apart, on one record; what decides who they are, first.
    std::stable_partition(changeset.changes.begin(), changeset.changes.end(), [&](const schema::Change& change) {
        const auto* type = policy_.type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        return group && sync::audience_depends_on_group(*type, *group);
    });
    std::vector<schema::Changeset> parts;
    std::vector<std::string> classes;
    for (auto& change : changeset.changes) {
        const auto* type = policy_.type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        const auto own = group ? sync::audience_class(*group) : std::string();
        const auto at = std::find(classes.begin(), classes.end(), own);
        const auto index = static_cast<std::size_t>(at - classes.begin());
        if (at == classes.end()) {
            classes.push_back(own);
            parts.push_back(changeset);
            parts.back().changes.clear();
        }
        parts[index].changes.push_back(change);
    }
    std::vector<sync::Ruling> rulings;
    std::vector<VersionId> versions;
    std::optional<schema::Change> first;
    for (auto& part : parts) {
        for (auto& change : part.changes)
            if (first && change.creates && change.record.empty())
                change.record = first->record;
        rule(save, who, std::move(part));
        if (!first)
            first = changes_.at(save.label);
        rulings.insert(rulings.end(), rulings_.begin(), rulings_.end());
        const auto& made = versions_.at(save.label);
        versions.insert(versions.end(), made.begin(), made.end());
    }
    changes_[save.label] = *first;
    versions_[save.label] = std::move(versions);
    rulings_ = std::move(rulings);
    return rulings_;
}

void Stage::rule(const Save& save, Person& who, schema::Changeset changeset)
{
    auto& header = changeset.header;
    header.case_id = state_.id;
    header.author = who.credential;
    header.hat = hat_of(role_name(save.by));
    header.authored_at = save.authored_at.empty() ? Instant{start_of(today_).ms + day_ms / 2} : instant(save.authored_at);
    header.event_at = save.event_at.empty() ? Instant{} : instant(save.event_at);
    header.policy_version = policy_.version;
    changeset.link.sequence = ++who.sequence;
    changeset.link.previous = who.head;
    const crypto::HmacKey salt_key(who.credential.view());
    const auto sealed = sync::seal(changeset, sync::changeset_secret(salt_key, changeset.link.sequence));
    if (!sealed)
        throw NotExpressible{"\"" + save.label + "\" cannot be saved: " + sealed.error().detail};
    const auto opened = sync::open(*sealed);
    SATCHEL_CHECK(opened.has_value());
    who.head = opened->digest;

    schema::Changeset judged;
    judged.header = opened->header;
    judged.changes = opened->changes;
    std::vector<schema::Hat> hats;
    for (const auto& role : save.hats)
        hats.push_back(hat_of(role));
    if (save.hats.empty())
        hats.push_back(header.hat);
    rulings_ = sync::reconcile(state_, judged, {&policy_, &policy_, &who.facts, {who.user, who.credential, hats}});
    fold(state_, *opened, rulings_);
    const sync::Received received{Instant{start_of(today_).ms + day_ms * 3 / 4}, today_};
    for (const auto& effect : sync::consequences(state_, *opened, rulings_, policy_, received))
        fold(state_, effect);

    versions_[save.label] = opened->versions;
    changes_[save.label] = opened->changes.front();
    if (!save.record.empty() && !records_.emplace(save.record, opened->changes.front().record).second &&
        records_.at(save.record) != opened->changes.front().record)
        throw NotExpressible{"two records are called \"" + save.record + "\""};
    // The author's next save rests on this one until the device hears otherwise.
    for (std::size_t i = 0; i < opened->changes.size(); ++i) {
        const auto& change = opened->changes[i];
        if (change.op != Op::set)
            continue;
        // What was confirmed under the first of a row of own saves stays confirmed under the last.
        auto& base = who.bases[{change.record, change.group}];
        base = {opened->versions[i], change.confirmed.empty() ? change.base : change.confirmed};
    }
}

bool Stage::may_see(const std::string& role, const RecordId& id, const Group& group)
{
    auto& who = person(role);
    const auto* found = state_.record(id);
    return found && sync::may_see(policy_, *policy_.type(found->type), group, found, state_.facts,
                                  {who.credential, {hat_of(role_name(role))}});
}

}  // namespace satchel::test::scenarios
