#include "sync/hub/other_history.hpp"

#include <algorithm>

#include "schema/policy/difference.hpp"

namespace satchel::sync::verifying {
namespace {

using What = ConsequenceBoth::What;
using Because = ConsequenceBoth::Because;

// What an author, an owner or a reader would notice. A rule that cites another paragraph is still that rule.
bool same_for_people(const Ruling& a, const Ruling& b)
{
    return std::tie(a.outcome, a.rule, a.decided_by, a.instead, a.protective, a.stands, a.outside_policy) ==
           std::tie(b.outcome, b.rule, b.decided_by, b.instead, b.protective, b.stands, b.outside_policy);
}

// Two effects of which people would notice no difference have one.
std::string noticed(Effect effect)
{
    effect.paragraph.clear();
    effect.cause = {};
    effect.version = {};
    effect.on_behalf = {};
    if (effect.kind == Effect::Kind::task_opened || effect.kind == Effect::Kind::task_closed) {
        Task only;
        only.id = effect.task.id;
        if (effect.kind == Effect::Kind::task_opened)
            only.due = effect.task.due;
        effect.rule.clear();
        effect.task = std::move(only);
    }
    return std::string(text(encode(effect)));
}

What what_of(Effect::Kind kind)
{
    switch (kind) {
    case Effect::Kind::fact:
        return What::fact;
    case Effect::Kind::task_opened:
        return What::task;
    case Effect::Kind::task_closed:
        return What::task_over;
    case Effect::Kind::set:
        return What::value;
    default:
        return What::mark;
    }
}

// What a record type declares without giving it a name.
constexpr std::string_view succession = "succession", late = "late", voided = "approval-voided";

std::string unnamed(std::string_view rule, const std::string& type) { return std::string(rule) + " of " + type; }

std::string name_of(const Effect& effect, const schema::RecordType* type)
{
    const bool has_none = effect.rule == succession || effect.rule == late || effect.rule == voided;
    return has_none && type ? unnamed(effect.rule, type->name) : effect.rule;
}

std::set<std::string> rules_of(const schema::Policy& policy)
{
    std::set<std::string> out{"escalated", "routed", "recorded-by-another"};
    for (const auto& fact : policy.facts)
        out.insert("fact:" + fact.name);
    for (const auto& deadline : policy.deadlines)
        out.insert(deadline.id);
    for (const auto& type : policy.types) {
        for (const auto& rule : type.notify)
            out.insert(rule.id);
        for (const auto& rule : type.links)
            out.insert(rule.id);
        for (const auto& rule : type.outside)
            out.insert(rule.id);
        if (type.succession)
            out.insert(unnamed(succession, type.name));
        if (type.late_after_days > 0)
            out.insert(unnamed(late, type.name));
        for (const auto& group : type.groups) {
            if (group.binds_to)
                out.insert(unnamed(voided, type.name));
            for (const auto& rule : group.redirects)
                out.insert(rule.rule);
        }
    }
    return out;
}

// The agreement's own words: filled in, they could say what stands in a case.
std::string words_of(const schema::Policy& policy, const std::string& rule)
{
    for (const auto& deadline : policy.deadlines)
        if (deadline.id == rule)
            return deadline.task;
    for (const auto& fact : policy.facts)
        if ("fact:" + fact.name == rule)
            return fact.title;
    for (const auto& type : policy.types) {
        for (const auto& one : type.notify)
            if (one.id == rule)
                return one.task;
        for (const auto& one : type.links)
            if (one.id == rule)
                return one.task;
    }
    return {};
}

}  // namespace

BothAgreements::BothAgreements(const schema::Policy& is, const schema::Policy& would)
    : in_force(is), other(would), was_rules(rules_of(is)), would_rules(rules_of(would)),
      other_clocks(is.calendar != would.calendar || is.deadlines != would.deadlines)
{
    for (const auto& change : schema::difference::of_rules(is, would)) {
        const auto colon = change.where.rfind(": ");
        const auto name = colon == std::string::npos ? change.where : change.where.substr(colon + 2);
        other_facts = other_facts || change.kind == "fact";
        changed_rules.insert(change.kind == "fact" ? "fact:" + name : change.kind == succession ? unnamed(succession, name) : name);
    }
}

OtherHistory::OtherHistory(const BothAgreements& agreements, const CaseId& case_id, Instant since, DryRun& out)
    : agreements_(agreements), case_id_(case_id), since_(since), out_(out)
{
}

// --- The log goes on --------------------------------------------------------------------------------------------------

// Until the first of the days there is one history. On it the other agreement comes into force, as a published one does: facts
// are derived anew, and the clocks that rest on those that changed, or all of them where the clocks are other ones.
void OtherHistory::begin(const CaseReplay& log)
{
    begun_ = true;
    clocks_to_come_ = agreements_.other_clocks;
    change_ = log.row().head;
    state_ = log.state();
    facts_ = log.facts();
    for (const auto& [id, task] : state_.tasks)
        tasks_before_.insert(id);
}

bool OtherHistory::begins(const CaseReplay& log, const EntryRow& entry)
{
    if (!(since_ < entry.received_at))
        return false;
    if (!begun_)
        begin(log);
    return true;
}

// What came to pass on a day the log tells once the hub has looked: until then nothing of it has come to pass here either.
void OtherHistory::day(const CaseReplay& log, Instant at, Position before)
{
    const auto today = schema::day_in_england(within_reason(at));
    if (today == today_ && !clocks_to_come_)
        return;
    today_ = today;
    std::set<std::string> not_looked_at;
    for (const auto& fact : derive_facts(log.state(), agreements_.in_force, today, {}, {}))
        not_looked_at.insert(fact.name);
    derive(today, before, not_looked_at);
}

void OtherHistory::derive(Date on, Position at, const std::set<std::string>& but)
{
    const auto cause = VersionId{case_id_.bytes};
    auto facts = derive_facts(state_, agreements_.other, on, {}, cause);
    std::erase_if(facts, [&](const Effect& fact) { return but.contains(fact.name); });
    for (const auto& effect : facts)
        add(effect, at);
    const auto clocks = clocks_to_come_ ? all_clocks(agreements_.other) : clocks_resting_on(agreements_.other, facts);
    clocks_to_come_ = false;
    for (const auto& effect : derive_clocks(state_, agreements_.other, clocks, on, cause))
        add(effect, at);
}

void OtherHistory::add(const Effect& effect, Position at)
{
    if (effect.kind == Effect::Kind::fact)
        facts_.push_back({{}, effect.name, at, effect.text});
    fold(state_, effect);
    would_.push_back({at, effect});
}

void OtherHistory::take(const CaseReplay& log, const EntryRow& entry, const OpenedChangeset& changeset,
                        const std::vector<Ruling>& recorded, const RuleAnew& rule_anew)
{
    if (!begins(log, entry))
        return;
    const auto& policy = agreements_.other;
    change_ = entry.position;
    its_versions_ = changeset.versions;
    day(log, entry.received_at, entry.position);
    const auto alike = rule_anew(policy, log.state(), nullptr);
    const auto seen = facts_until(facts_, entry.seen_position);
    const auto here = rule_anew(policy, state_, &seen);
    if (!alike || !here || recorded.size() != here->size() || alike->size() != here->size())
        return;
    tell_rulings(entry, changeset, recorded, *alike, *here);
    fold(state_, changeset, *here);
    const auto received = within_reason(entry.received_at);
    for (const auto& effect : consequences(state_, changeset, *here, policy, {received, schema::day_in_england(received)}))
        add(effect, entry.position);
}

void OtherHistory::take(const CaseReplay& log, const EntryRow& entry, const Effect& effect)
{
    if (!begins(log, entry))
        return;
    const bool of_change = std::find(its_versions_.begin(), its_versions_.end(), effect.cause) != its_versions_.end();
    was_.push_back({of_change ? change_ : entry.position, effect});
    if (of_change)
        return;  // ours follow from our rulings
    // What an import, or an operator who routes something, did is done in both. Facts and clocks follow from it.
    const bool about_task = effect.kind == Effect::Kind::task_opened || effect.kind == Effect::Kind::task_closed;
    if (effect.kind == Effect::Kind::fact || (about_task && effect.rule != "routed"))
        return derive(schema::day_in_england(within_reason(entry.received_at)), entry.position, {});
    clocks_to_come_ = clocks_to_come_ || effect.kind == Effect::Kind::set;
    fold(state_, effect);
    would_.push_back({entry.position, effect});
}

// --- What is told -----------------------------------------------------------------------------------------------------

void OtherHistory::tell_rulings(const EntryRow& entry, const OpenedChangeset& changeset, const std::vector<Ruling>& recorded,
                                const std::vector<Ruling>& alike, const std::vector<Ruling>& here)
{
    for (std::size_t i = 0; i < recorded.size(); ++i) {
        ++out_.changes;
        const auto& was = recorded[i];
        if (!same_for_people(was, here[i]))
            turns_[entry.position].push_back({changeset.versions[i], was, here[i]});
        const bool by_itself = !same_for_people(was, alike[i]);
        if (!by_itself && same_for_people(was, here[i]))
            continue;
        const auto& would = by_itself ? alike[i] : here[i];
        ++out_.differ;
        ++out_.counts[{was.outcome, was.rule, would.outcome, would.rule}];
        if (out_.differences.size() >= dry_run_listed_max)
            continue;
        const auto& change = changeset.changes[i];
        const auto* type = agreements_.other.type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        out_.differences.push_back({entry.position, case_id_, change.record, type ? type->name : "", group ? group->name : "",
                                    changeset.header.hat.role, was, would, !by_itself});
    }
}

void OtherHistory::end(const CaseReplay& log, Instant at)
{
    if (!begun_)
        begin(log);
    day(log, at, change_);
    const auto told_in = [](const std::vector<Made>& list) {
        std::set<std::string> out;
        for (const auto& made : list)
            out.insert(noticed(made.effect));
        return out;
    };
    const auto opened_in = [&](const std::vector<Made>& list) {
        auto out = tasks_before_;
        for (const auto& made : list)
            if (made.effect.kind == Effect::Kind::task_opened)
                out.insert(made.effect.task.id);
        return out;
    };
    const auto was = told_in(was_), would = told_in(would_);
    const auto was_opened = opened_in(was_), would_opened = opened_in(would_);
    struct Told {
        const Made* made;
        What what;
        bool arises;
        std::size_t order;
    };
    std::vector<Told> told;
    const auto gather = [&](const std::vector<Made>& list, const std::set<std::string>& others, const std::set<TaskId>& others_opened, bool arises) {
        std::set<std::string> once;
        std::set<std::string> facts;
        for (const auto& made : list) {
            const auto& effect = made.effect;
            const auto key = noticed(effect);
            if (others.contains(key) || !once.insert(key).second)
                continue;
            const bool in_both = others_opened.contains(effect.task.id);
            auto what = what_of(effect.kind);
            if (what == What::task && in_both)
                what = What::task_due;
            if ((what == What::task_due && !arises) || (what == What::task_over && !in_both) ||
                (what == What::fact && !facts.insert(effect.name).second))
                continue;
            told.push_back({&made, what, arises, told.size()});
        }
    };
    gather(would_, was, was_opened, /*arises=*/true);
    gather(was_, would, would_opened, /*arises=*/false);
    std::sort(told.begin(), told.end(), [](const Told& a, const Told& b) {
        return std::pair(a.made->at, a.order) < std::pair(b.made->at, b.order);
    });
    for (const auto& one : told)
        tell(*one.made, one.what, one.arises);
}

const OtherHistory::Turn* OtherHistory::turn_of(const Made& made) const
{
    const auto at = turns_.find(made.at);
    if (at == turns_.end())
        return nullptr;
    const auto& turns = at->second;
    const auto own = std::find_if(turns.begin(), turns.end(), [&](const Turn& one) { return one.version == made.effect.cause; });
    return own == turns.end() ? &turns.front() : &*own;
}

void OtherHistory::tell(const Made& made, What what, bool arises)
{
    const auto& effect = made.effect;
    ++out_.consequence_counts[{what, effect.rule, arises}];
    if (out_.consequences.size() >= dry_run_listed_max)
        return;
    const auto& policy = arises ? agreements_.other : agreements_.in_force;
    const auto* type = policy.type(effect.type);
    if (const auto* record = type ? nullptr : state_.record(effect.record))
        type = policy.type(record->type);
    const auto* group = type ? type->group(effect.group) : nullptr;
    ConsequenceBoth out;
    out.what = what;
    out.arises = arises;
    out.position = made.at;
    out.case_id = case_id_;
    out.record = effect.record;
    out.type = type ? type->name : "";
    out.part = group ? group->name : "";
    out.rule = effect.rule;
    out.paragraph = effect.paragraph;
    out.role = effect.task.role;
    out.words = words_of(policy, effect.rule);
    const auto rule = name_of(effect, type);
    if (!agreements_.was_rules.contains(rule)) {
        out.because = Because::new_rule;
    } else if (!agreements_.would_rules.contains(rule)) {
        out.because = Because::no_such_rule;
    } else if (const auto* turn = turn_of(made)) {
        out.because = Because::ruled_otherwise;
        out.was = turn->was.outcome;
        out.was_rule = turn->was.rule;
        out.would = turn->would.outcome;
        out.would_rule = turn->would.rule;
    } else if (agreements_.changed_rules.contains(rule)) {
        out.because = Because::rule_changed;
    }
    out_.consequences.push_back(std::move(out));
}

}  // namespace satchel::sync::verifying
