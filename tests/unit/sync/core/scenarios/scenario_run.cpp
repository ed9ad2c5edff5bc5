#include "tests/unit/sync/core/scenarios/scenario_run.hpp"

#include <algorithm>

#include "sync/core/protection.hpp"
#include "tests/unit/sync/core/scenarios/stage.hpp"

namespace satchel::test::scenarios {
namespace {

using sync::CaseState;
using sync::GroupState;
using sync::OpenItem;
using sync::RecordState;
using sync::Ruling;
using sync::Task;

std::string yes_no(bool claim) { return claim ? "yes" : "no"; }

std::string_view word(Task::State state)
{
    switch (state) {
    case Task::State::open:
        return "open";
    case Task::State::acknowledged:
        return "acknowledged";
    case Task::State::done:
        return "done";
    case Task::State::superseded:
        return "superseded";
    }
    return "unknown";
}

// Compares the end of a scenario with what it says, and writes down each difference.
class Judge {
public:
    Judge(const Scenario& scenario, Stage& stage, std::vector<std::string>& problems)
        : scenario_(scenario), stage_(stage), problems_(problems)
    {
    }

    void saved(const Save& save, const std::vector<Ruling>& rulings)
    {
        const auto& e = save.expected;
        for (const auto& r : rulings) {
            const auto about = "\"" + save.label + "\": ";
            same(about + "outcome", e.outcome, std::string(name(r.outcome)), r);
            maybe(about + "rule", e.rule, r.rule, r);
            maybe(about + "paragraph", e.paragraph, r.paragraph, r);
            maybe(about + "decided by", e.decided_by, r.decided_by, r);
            maybe(about + "instead", e.instead, r.instead, r);
            if (e.says && r.who_can.find(*e.says) == std::string::npos)
                wrong(about + "does not say \"" + *e.says + "\" but \"" + r.who_can + "\"");
            same(about + "around handover", yes_no(e.around_handover), yes_no(r.around_handover), r);
            same(about + "protective", yes_no(e.protective), yes_no(r.protective), r);
            same(about + "stands", yes_no(e.stands), yes_no(r.stands), r);
            same(about + "outside policy", yes_no(e.outside), yes_no(r.outside_policy), r);
            same(about + "amends", yes_no(e.amends), yes_no(r.amends), r);
            if (r.outcome != sync::Outcome::refused && r.outside_policy == false && r.paragraph.empty() &&
                r.rule != "task" && r.rule != "commented")
                wrong(about + "the ruling names no paragraph");
        }
    }

    void end()
    {
        const auto& then = scenario_.then;
        values(then.record, "", [](const schema::Group&, const GroupState& g) { return g.current.values; });
        values(then.shown, " as shown", [](const schema::Group& group, const GroupState& g) { return shown_values(group, g); });
        values(then.prompts, " as prompting",
               [](const schema::Group& group, const GroupState& g) { return prompting_values(group, g); });
        waiting();
        for (const auto& label : then.elements)
            element(label, true);
        for (const auto& label : then.gone)
            element(label, false);
        for (const auto& [fact, value] : then.facts)
            if (const auto now = std::string(stage_.state().fact(fact)); now != value)
                wrong("fact " + fact + " is \"" + now + "\" instead of \"" + value + "\"");
        for (const auto& task : then.tasks)
            if (!has_task(task))
                wrong("no task for " + task.role + ": \"" + task.words + "\" " + task.rule + "; there are" + all_tasks());
        for (const auto& task : then.no_tasks)
            if (has_task(task))
                wrong("a task for " + task.role + ": \"" + task.words + "\" " + task.rule);
        marks();
        links();
        for (const auto& written : then.written)
            if (!is_written(written))
                wrong("the hub wrote no such " + written.type + records_of(written.type));
        for (const auto& seen : then.sees)
            for (const auto& name : seen.records)
                if (!sees(seen.role, name))
                    wrong(seen.role + " does not see \"" + name + "\"");
        for (const auto& seen : then.blind)
            for (const auto& name : seen.records)
                if (sees(seen.role, name))
                    wrong(seen.role + " sees \"" + name + "\"");
    }

private:
    void wrong(std::string what) { problems_.push_back(std::move(what)); }

    void same(const std::string& what, const std::string& expected, const std::string& got, const Ruling& r)
    {
        if (expected != got)
            wrong(what + " is \"" + got + "\" instead of \"" + expected + "\" (rule " + r.rule + ", " + r.who_can + ")");
    }
    void maybe(const std::string& what, const std::optional<std::string>& expected, const std::string& got,
               const Ruling& r)
    {
        if (expected)
            same(what, *expected, got, r);
    }

    // A record by its name, or "label" of the save that made it.
    const RecordState* state_of(const std::string& name) { return stage_.state().record(stage_.record(name)); }

    template <class Pick>
    void values(const std::vector<std::pair<std::string, Typed>>& expected, const std::string& how, Pick pick)
    {
        for (const auto& [name, fields] : expected) {
            const auto* record = state_of(name);
            if (!record) {
                // "" claims that a record has no value: true of a record that is not there.
                for (const auto& [field, text] : fields)
                    if (!text.empty())
                        wrong("\"" + name + "\" is not on record");
                continue;
            }
            const auto* type = stage_.policy().type(record->type);
            for (const auto& [field, text] : fields) {
                const auto* group = type->group_of_field(field);
                if (!group)
                    throw NotExpressible{type->name + " has no field \"" + field + "\""};
                const auto* state = record->group(group->id);
                const auto held = state ? pick(*group, *state) : schema::FieldValues{};
                const auto* value = find(held, group->field(field)->id);
                const auto got = value ? to_text(*value) : std::string();
                if (got != stage_.resolved(text))
                    wrong(name + "." + field + how + " is \"" + got + "\" instead of \"" + text + "\"");
            }
        }
    }

    std::string label_of(const VersionId& version)
    {
        for (const auto& save : scenario_.saves)
            if (save.midnight.empty())
                for (const auto& v : stage_.versions(save.label))
                    if (v == version)
                        return save.label;
        return to_string(version);
    }

    void waiting()
    {
        if (!scenario_.then.waiting)
            return;
        auto expected = *scenario_.then.waiting;
        std::vector<std::string> got;
        for (const auto& [id, record] : stage_.state().records)
            for (const auto& group : record.groups)
                for (const auto& item : group.open)
                    got.push_back(label_of(item.side.id));
        std::sort(expected.begin(), expected.end());
        std::sort(got.begin(), got.end());
        got.erase(std::unique(got.begin(), got.end()), got.end());
        if (expected != got) {
            std::string list;
            for (const auto& label : got)
                list += " " + label;
            wrong("waiting for a person:" + (list.empty() ? " nothing" : list));
        }
    }

    void element(const std::string& label, bool there)
    {
        for (const auto& version : stage_.versions(label)) {
            bool found = false;
            for (const auto& [id, record] : stage_.state().records)
                for (const auto& group : record.groups)
                    for (const auto& e : group.elements)
                        found = found || e.id == version;
            if (found != there)
                wrong("\"" + label + "\" is " + (found ? "in" : "not in") + " its set");
        }
    }

    bool fits(const Task& task, const TaskSeen& wanted)
    {
        return task.role == wanted.role && (wanted.about.empty() || task.record == stage_.record(wanted.about)) &&
               (wanted.rule.empty() || task.rule == wanted.rule) && task.words.find(wanted.words) != std::string::npos &&
               (!wanted.safety || task.safety) && (wanted.due.empty() || to_string(task.due) == wanted.due) &&
               word(task.state) == (wanted.state.empty() ? "open" : wanted.state);
    }
    bool has_task(const TaskSeen& wanted)
    {
        const auto& tasks = stage_.state().tasks;
        return std::any_of(tasks.begin(), tasks.end(), [&](const auto& t) { return fits(t.second, wanted); });
    }
    std::string all_tasks()
    {
        std::string out;
        for (const auto& [id, task] : stage_.state().tasks)
            out += "\n      " + task.role + " [" + task.rule + ", " + std::string(word(task.state)) + ", " +
                   to_string(task.due) + "] " + task.words;
        return out.empty() ? " none" : out;
    }

    void marks()
    {
        const auto& then = scenario_.then;
        const auto claim = [&](const std::vector<std::string>& names, const char* what, auto is, bool wanted) {
            for (const auto& name : names)
                if (const auto* record = state_of(name); !record || is(*record) != wanted)
                    wrong("\"" + name + "\" is " + (wanted ? "not " : "") + what);
        };
        const auto stale = [](const RecordState& r) { return !r.stale.empty(); };
        const auto voided = [](const RecordState& r) {
            return std::any_of(r.groups.begin(), r.groups.end(), [](const GroupState& g) { return g.voided; });
        };
        claim(then.stale, "stale", stale, true);
        claim(then.fresh, "stale", stale, false);
        claim(then.late, "marked late", [](const RecordState& r) { return r.late; }, true);
        claim(then.voided, "voided", voided, true);
        claim(then.valid, "voided", voided, false);
        for (const auto& [name, rule] : then.outside) {
            const auto* record = state_of(name);
            if (!record || std::find(record->outside.begin(), record->outside.end(), rule) == record->outside.end())
                wrong("\"" + name + "\" is not marked outside " + rule);
        }
    }

    const sync::RecordLink* link(const std::string& a, const std::string& b)
    {
        const auto* record = state_of(a);
        if (!record)
            return nullptr;
        const auto other = stage_.record(b);
        // Two rules may link a pair; the one that says they differ counts.
        const sync::RecordLink* found = nullptr;
        for (const auto& l : record->links)
            if (l.other == other && (!found || l.discrepancy))
                found = &l;
        return found;
    }
    void links()
    {
        for (const auto& [a, b] : scenario_.then.linked)
            if (!link(a, b) || !link(b, a))
                wrong("\"" + a + "\" and \"" + b + "\" are not linked both ways");
        for (const auto& [a, b] : scenario_.then.unlinked)
            if (link(a, b))
                wrong("\"" + a + "\" and \"" + b + "\" are linked");
        for (const auto& [a, b] : scenario_.then.differing)
            if (const auto* l = link(a, b); !l || !l->discrepancy)
                wrong("\"" + a + "\" and \"" + b + "\" are not marked as differing");
    }

    bool is_written(const Written& wanted)
    {
        for (const auto& [id, record] : stage_.state().records) {
            const auto* type = stage_.policy().type(record.type);
            if (type->name != wanted.type || (!wanted.agency.empty() && record.created.agency != wanted.agency))
                continue;
            bool all = true;
            for (const auto& [name, text] : wanted.fields) {
                const auto* group = type->group_of_field(name);
                const auto* state = group ? record.group(group->id) : nullptr;
                const auto* value = state ? find(state->current.values, group->field(name)->id) : nullptr;
                all = all && (value ? to_text(*value) : std::string()) == text;
            }
            if (all)
                return true;
        }
        return false;
    }
    std::string records_of(const std::string& type_name)
    {
        std::size_t n = 0;
        for (const auto& [id, record] : stage_.state().records)
            n += stage_.policy().type(record.type)->name == type_name ? 1 : 0;
        return "; there are " + std::to_string(n) + " of the kind";
    }

    // Is there anything in "name", or in the part "name.group", that the role may see?
    bool sees(const std::string& role, const std::string& name)
    {
        const auto dot = name.find('.');
        const auto id = stage_.record(name.substr(0, dot));
        const auto* record = stage_.state().record(id);
        if (!record)
            return false;
        const auto* type = stage_.policy().type(record->type);
        if (dot != std::string::npos && !type->group(name.substr(dot + 1)))
            throw NotExpressible{"no group \"" + name + "\""};
        return std::any_of(record->groups.begin(), record->groups.end(), [&](const GroupState& g) {
            const auto* group = type->group(g.id);
            const bool asked = dot == std::string::npos || group->name == name.substr(dot + 1);
            const bool holds_something = !g.current.id.empty() || !g.elements.empty() || !g.open.empty();
            return asked && holds_something && stage_.may_see(role, id, *group);
        });
    }

    const Scenario& scenario_;
    Stage& stage_;
    std::vector<std::string>& problems_;
};

}  // namespace

std::vector<std::string> run(const Scenario& scenario, const schema::Policy& policy)
{
    std::vector<std::string> problems;
    try {
        const auto today = parse_date(scenario.today);
        if (!today)
            throw NotExpressible{"\"" + scenario.today + "\" is no day"};
        Stage stage(policy, *today);
        Judge judge(scenario, stage, problems);
        for (const auto& start : scenario.start)
            stage.put(start);
        for (const auto& save : scenario.saves) {
            if (!save.midnight.empty()) {
                const auto day = parse_date(save.midnight);
                if (!day)
                    throw NotExpressible{"\"" + save.midnight + "\" is no day"};
                stage.midnight(*day);
                continue;
            }
            judge.saved(save, stage.save(save));
        }
        judge.end();
    } catch (const NotExpressible& e) {
        problems.push_back("not expressible: " + e.why);
    }
    return problems;
}

}  // namespace satchel::test::scenarios
