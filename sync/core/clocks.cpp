#include "sync/core/clocks.hpp"

#include <algorithm>

#include "sync/core/authority.hpp"
#include "sync/core/proof.hpp"
#include "sync/core/tasks.hpp"

namespace satchel::sync {
namespace {

using namespace reacting;  // NOLINT: its other half
using schema::Deadline;
using schema::FieldId;
using schema::Policy;
using By = Deadline::Closes::By;

std::optional<Date> day_in(const schema::Value* v)
{
    if (const auto* t = std::get_if<Instant>(v))
        return schema::day_in_england(*t);
    return date_of(v);
}

// An approval that no longer binds says nothing; and while two versions wait for a decision, neither is settled (G-28-20).
enum class Asked : std::uint8_t { as_it_stands, settled };
const schema::Value* said(const RecordState& record, FieldId field, Asked asked = Asked::as_it_stands)
{
    for (const auto& group : record.groups) {
        const auto* v = group.voided ? nullptr : find(group.current.values, field);
        const bool disputed = std::any_of(group.open.begin(), group.open.end(),
                                          [](const OpenItem& item) { return item.kind == OpenItem::Kind::conflict; });
        if (v && (asked == Asked::as_it_stands || !disputed))
            return v;
    }
    return nullptr;
}

// `element` is the one of a set that the clock is about; else null.
bool holds(const schema::Match& match, const Facts& facts, const RecordState& record, const Version* element,
           Asked asked = Asked::as_it_stands)
{
    const auto among = [](const std::vector<std::string>& allowed, std::string_view value) {
        return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
    };
    for (const auto& [name, allowed] : match.facts) {
        const auto at = facts.find(name);
        if (!among(allowed, at == facts.end() ? std::string_view() : std::string_view(at->second)))
            return false;
    }
    return std::all_of(match.values.begin(), match.values.end(), [&](const auto& wanted) {
        const auto* own = element ? find(element->values, wanted.first) : nullptr;
        const auto* v = own ? own : said(record, wanted.first, asked);
        return among(wanted.second, v ? to_text(*v) : std::string());
    });
}

// A date that starts the clock.
struct Start {
    const Deadline::Start* rule;
    const RecordState* record;
    VersionId version;
    Date from;
    Date order;  // when it was said: the later replaces the earlier
    schema::Counted due;
    const schema::FieldValues* values;  // of that version
};

// One rule on one case. `only`: of one record's clocks nothing else needs to be known.
class Clock {
public:
    Clock(const CaseState& state, const Policy& policy, const Deadline& rule, const RecordState* only)
        : state_(state), policy_(policy), rule_(rule), only_(only)
    {
    }

    std::vector<Effect> differences(Date today, const VersionId& cause) const;

private:
    void add_starts(const RecordState& record, std::vector<Start>& out) const;
    [[nodiscard]] std::vector<Start> starts() const;
    [[nodiscard]] bool counts(const RecordState& record) const;
    [[nodiscard]] bool met(const Start& start) const;
    [[nodiscard]] bool done(const Start& start) const;
    [[nodiscard]] std::optional<Start> running(std::vector<Start> of_one_clock) const;
    [[nodiscard]] Task task(const Start& start, const std::string& role, Date today) const;

    const CaseState& state_;
    const Policy& policy_;
    const Deadline& rule_;
    const RecordState* only_;
};

void Clock::add_starts(const RecordState& record, std::vector<Start>& out) const
{
    if (!record.withdrawn.empty())
        return;
    const bool dated = rule_.closes && rule_.closes->by == By::any && rule_.closes->type == record.type && rule_.closes->on;
    const auto said_on = dated ? day_in(said(record, *rule_.closes->on)) : std::nullopt;
    for (const auto& start : rule_.starts) {
        const auto* group = start.type == record.type ? record.group(start.group) : nullptr;
        if (!group || group->voided)
            continue;
        const auto add = [&](const Version& version, const Version* element) {
            const auto from = day_in(find(version.values, start.field));
            if (from && holds(start.when, state_.facts, record, element))
                out.push_back({&start, &record, version.id, *from, said_on.value_or(*from),
                               counted(*from, start.within, policy_.calendar), &version.values});
        };
        if (!group->current.id.empty())
            add(group->current, nullptr);
        for (const auto& element : group->elements)
            add(element, &element);
    }
}

std::vector<Start> Clock::starts() const
{
    std::vector<Start> out;
    if (!holds(rule_.applies, state_.facts, RecordState{}, nullptr))
        return out;
    if (only_)
        add_starts(*only_, out);
    else
        for (const auto& [id, record] : state_.records)
            add_starts(record, out);
    return out;
}

bool Clock::counts(const RecordState& record) const
{
    return record.type == rule_.closes->type && record.withdrawn.empty() &&
           (!rule_.closes->on || day_in(said(record, *rule_.closes->on, Asked::settled))) &&
           holds(rule_.closes->when, state_.facts, record, nullptr, Asked::settled);
}

bool Clock::met(const Start& start) const
{
    if (!rule_.closes)
        return false;
    const auto& closes = *rule_.closes;
    if (closes.by == By::itself)
        return counts(*start.record);
    return std::any_of(state_.records.begin(), state_.records.end(), [&](const auto& entry) {
        const auto& record = entry.second;
        if (record.id == start.record->id || !counts(record))
            return false;
        if (closes.by == By::about) {
            const auto* ref = std::get_if<schema::Ref>(said(record, closes.of));
            return ref && ref->record == start.record->id;
        }
        // One that starts the same clock has replaced it, or was replaced by it.
        std::vector<Start> own;
        add_starts(record, own);
        if (std::any_of(own.begin(), own.end(), [&](const Start& other) { return other.rule == start.rule; }))
            return false;
        return !closes.on || start.rule->within.before || start.from <= *day_in(said(record, *closes.on));
    });
}

// A person said so. Whatever else the record says, it is done until its date moves.
bool Clock::done(const Start& start) const
{
    return std::any_of(state_.tasks.begin(), state_.tasks.end(), [&](const auto& entry) {
        const auto& task = entry.second;
        return task.state == Task::State::done && task.rule == rule_.id && task.record == start.record->id &&
               (task.cause == start.version || task.due == start.due.date);
    });
}

std::optional<Start> Clock::running(std::vector<Start> of_one_clock) const
{
    // By field; then the latest, or the first where the rule says so; and of those that were said on one day the first due.
    std::sort(of_one_clock.begin(), of_one_clock.end(), [&](const Start& a, const Start& b) {
        const auto rank = [&](const Start& s) {
            const auto field = s.rule - rule_.starts.data();
            return std::tuple(rule_.sooner ? field : 0, rule_.first ? s.order.days : -s.order.days, s.due.date, s.version, field);
        };
        return rank(a) < rank(b);
    });
    std::optional<Start> out;
    const Deadline::Start* looked_at = nullptr;
    for (const auto& start : of_one_clock) {
        if (looked_at && (!rule_.sooner || looked_at == start.rule))
            continue;
        looked_at = start.rule;
        if (!met(start) && !done(start) && (!out || start.due.date < out->due.date))
            out = start;
    }
    return out;
}

Task Clock::task(const Start& start, const std::string& role, Date today) const
{
    const auto id = task_id(start.version, rule_.id, role);
    if (const auto at = state_.tasks.find(id); at != state_.tasks.end() && at->second.due == start.due.date) {
        auto again = at->second;
        again.state = Task::State::open;
        return again;
    }
    auto words = rule_.task;
    const auto say = [&](const std::string& more) { words += (words.ends_with('.') ? " " : ". ") + more; };
    if (!rule_.say.empty())
        say(rule_.say);
    if (start.due.beyond_calendar)
        say("Bank holidays are not known for all of these days: only weekends are left out.");
    if (start.due.date < today)
        say("It was due on " + to_string(start.due.date) + ", and has been known here only since " + to_string(today) + ".");
    return {id,          rule_.id, role, std::move(words), start.record->id, start.rule->type, start.rule->group, start.version,
            paragraph(rule_.refs), false, start.due.date, Task::State::open};
}

std::vector<Effect> Clock::differences(Date today, const VersionId& cause) const
{
    std::map<std::pair<RecordId, VersionId>, std::vector<Start>> clocks;  // of a set, each element has its own
    for (auto& start : starts()) {
        const auto* group = start.record->group(start.rule->group);
        const auto element = start.version == group->current.id ? VersionId{} : start.version;
        clocks[rule_.one_per_case ? std::pair<RecordId, VersionId>{} : std::pair(start.record->id, element)].push_back(start);
    }
    std::vector<Task> wanted;
    for (auto& [key, of_one_clock] : clocks) {
        const auto start = running(std::move(of_one_clock));
        const auto* type = start ? policy_.type(start->rule->type) : nullptr;
        const auto* group = type ? type->group(start->rule->group) : nullptr;
        if (!group)
            continue;
        const auto receiver = schema::parse_receiver(rule_.role, type);
        SATCHEL_CHECK(receiver.has_value());  // no agreement compiles that says it otherwise
        const Scene scene{policy_, state_.facts, start->record, start->values};
        for (const auto& role : roles_of(*receiver, scene))
            if (role_sees(policy_, *type, *group, start->record, state_.facts, role))
                wanted.push_back(task(*start, role, today));
    }
    std::vector<Effect> out;
    const auto add = [&](Effect::Kind kind, Task task) {
        Effect effect;
        effect.kind = kind;
        effect.rule = rule_.id;
        effect.paragraph = task.paragraph;
        effect.cause = cause;
        effect.record = task.record;
        effect.type = task.type;
        effect.group = task.group;
        effect.task = std::move(task);
        out.push_back(std::move(effect));
    };
    for (const auto& [id, task] : state_.tasks) {
        if (task.rule != rule_.id || (only_ && task.record != only_->id) ||
            (task.state != Task::State::open && task.state != Task::State::acknowledged))
            continue;
        // An edit that leaves the date alone leaves the task alone.
        const auto same = std::find_if(wanted.begin(), wanted.end(), [&, &running = task](const Task& w) {
            return w.role == running.role && w.record == running.record && w.due == running.due;
        });
        if (same != wanted.end()) {
            wanted.erase(same);
            continue;
        }
        auto ended = task;
        ended.state = Task::State::superseded;
        add(Effect::Kind::task_closed, std::move(ended));
    }
    for (auto& task : wanted)
        add(Effect::Kind::task_opened, std::move(task));
    return out;
}

}  // namespace

namespace reacting {

bool looks_at_all(const Deadline& rule) noexcept
{
    return rule.one_per_case || (rule.closes && rule.closes->by != By::itself);
}

bool may_move(const Deadline& rule, const OpenedChangeset& changeset, const RecordId& record, const schema::RecordType& type)
{
    if (!rule.mentions(type.id))
        return false;
    // A succession writes into the record that is made, too.
    if (type.succession || record != created_record_id(changeset.digest, changeset.header.authored_at))
        return true;
    const auto says = [&](FieldId field, const auto& accepted) {
        return std::any_of(changeset.changes.begin(), changeset.changes.end(), [&](const schema::Change& change) {
            const auto* v = change.record == record ? find(change.values, field) : nullptr;
            return v && accepted(*v);
        });
    };
    const auto says_any = [&](FieldId field) { return says(field, [](const schema::Value&) { return true; }); };
    // Facts are not asked: they may have changed by then.
    const auto may_hold = [&](const schema::Match& match) {
        return std::all_of(match.values.begin(), match.values.end(), [&](const auto& wanted) {
            const auto among = [&](const std::string& text) {
                return std::find(wanted.second.begin(), wanted.second.end(), text) != wanted.second.end();
            };
            return among("") || says(wanted.first, [&](const schema::Value& v) { return among(to_text(v)); });
        });
    };
    const bool may_start = std::any_of(rule.starts.begin(), rule.starts.end(), [&](const Deadline::Start& start) {
        return start.type == type.id && says_any(start.field) && may_hold(start.when);
    });
    const auto& closes = rule.closes;
    return may_start || (closes && closes->type == type.id && (!closes->on || says_any(*closes->on)) && may_hold(closes->when));
}

void run_clocks(Collector& out, const OpenedChangeset& changeset, const Touched& touched, Date today, const VersionId& cause)
{
    std::set<std::string> facts;
    std::set<RecordId> written;
    for (const auto& effect : out.so_far()) {
        if (effect.kind == Effect::Kind::fact)
            facts.insert(effect.name);
        else if (effect.kind == Effect::Kind::set)
            written.insert(effect.record);
    }
    auto all = touched.records;
    all.insert(written.begin(), written.end());
    std::vector<const RecordState*> records;
    for (const auto& id : all)
        if (const auto* record = out.state().record(id))
            records.push_back(record);
    // When the first due of several is done, the next of them runs.
    std::set<std::string> done;
    for (const auto& id : touched.done)
        if (const auto at = out.state().tasks.find(id); at != out.state().tasks.end())
            done.insert(at->second.rule);
    for (const auto& rule : out.policy().deadlines) {
        std::vector<Effect> effects;
        const auto look_at = [&](const RecordState* only) {
            for (auto& effect : Clock(out.state(), out.policy(), rule, only).differences(today, cause))
                effects.push_back(std::move(effect));
        };
        const auto moved = [&](const RecordState* record) {
            const auto* type = written.contains(record->id) ? nullptr : out.policy().type(record->type);
            return type ? may_move(rule, changeset, record->id, *type) : rule.mentions(record->type);
        };
        if (std::any_of(facts.begin(), facts.end(), [&](const auto& fact) { return rule.rests_on(fact); }) ||
            (looks_at_all(rule) && std::any_of(records.begin(), records.end(), moved)) || (rule.sooner && done.contains(rule.id)))
            look_at(nullptr);
        else if (!looks_at_all(rule))
            for (const auto* record : records)
                if (moved(record))
                    look_at(record);
        for (auto& effect : effects)
            out.add(std::move(effect));
    }
}

}  // namespace reacting

Clocks all_clocks(const Policy& policy)
{
    Clocks out;
    for (const auto& rule : policy.deadlines)
        out.push_back(&rule);
    return out;
}

Clocks clocks_resting_on(const Policy& policy, std::span<const Effect> facts)
{
    Clocks out;
    for (const auto& rule : policy.deadlines)
        if (std::any_of(facts.begin(), facts.end(), [&](const Effect& fact) { return rule.rests_on(fact.name); }))
            out.push_back(&rule);
    return out;
}

SliceNeeds clock_needs(const Clocks& clocks)
{
    SliceNeeds needs;
    needs.tasks = !clocks.empty();
    for (const auto* rule : clocks) {
        for (const auto& start : rule->starts)
            needs.types.insert(start.type);
        if (rule->closes)
            needs.types.insert(rule->closes->type);
    }
    return needs;
}

std::vector<Effect> derive_clocks(const CaseState& state, const Policy& policy, const Clocks& clocks, Date today,
                                  const VersionId& cause)
{
    std::vector<Effect> out;
    for (const auto* rule : clocks)
        for (auto& effect : Clock(state, policy, *rule, nullptr).differences(today, cause))
            out.push_back(std::move(effect));
    return out;
}

}  // namespace satchel::sync
