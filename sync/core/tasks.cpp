#include "sync/core/tasks.hpp"

#include <algorithm>

#include "schema/base/mutant.hpp"
#include "sync/core/audience.hpp"
#include "sync/core/authority.hpp"

namespace satchel::sync::reacting {

using schema::Change;
using schema::Policy;

std::vector<std::string> expand_role(const std::string& role, const Event& e, const CaseState& state,
                                     const Policy& policy)
{
    if (policy.role(role))
        return {role};
    const Scene scene{policy, state.facts, state.record(e.record), &e.values};
    if (role == "resolver") {
        const auto authority = schema::parse_authority(e.ruling.decided_by, &e.type);
        return authority ? roles_of(*authority, scene) : std::vector<std::string>{};
    }
    const auto receiver = schema::parse_receiver(role, &e.type);
    return receiver ? roles_of(*receiver, scene) : std::vector<std::string>{};
}

std::string filled_in(std::string words, const Event& e, const Policy& policy)
{
    const auto* agency = policy.agency(e.source.agency);
    const std::string_view mark = "{agency}";
    for (auto at = words.find(mark); at != std::string::npos; at = words.find(mark))
        words.replace(at, mark.size(), agency ? agency->title : e.source.agency);
    return words;
}

bool role_sees(const Policy& policy, const schema::RecordType& type, const schema::Group& group, const RecordState* record,
               const Facts& facts, const std::string& name)
{
    const auto* role = policy.role(name);
    const Viewer viewer{CredentialId{}, {{role ? role->agency : std::string(), {}, name}}};
    return may_see(policy, type, group, record, facts, viewer);
}

void open_tasks(Collector& out, const Event& e, const std::vector<std::string>& roles, const TaskWords& words)
{
    for (const auto& wanted : roles) {
        for (const auto& role : expand_role(wanted, e, out.state(), out.policy())) {
            const auto id = task_id(e.version, words.rule, role);
            if (out.state().tasks.contains(id) ||
                !role_sees(out.policy(), e.type, e.group, out.state().record(e.record), out.state().facts, role))
                continue;
            if (words.coalesce) {
                const bool open = std::any_of(out.state().tasks.begin(), out.state().tasks.end(), [&](const auto& t) {
                    return t.second.rule == words.rule && t.second.role == role &&
                           t.second.type == e.type.id && t.second.group == e.group.id &&
                           (!audience_depends_on_record(e.group) || t.second.record == e.record) &&
                           t.second.state == Task::State::open;
                });
                if (open)
                    continue;
            }
            auto effect = effect_on(e, Effect::Kind::task_opened, words.rule, words.para);
            effect.task = {id,      words.rule, role,         words.text,   e.record, e.type.id, e.group.id,
                           e.version, words.para, words.safety, Date{}, Task::State::open};
            if (mutant(Mutant::task_for_nobody))
                effect.task.role.clear();
            out.add(std::move(effect));
        }
    }
}

void close_tasks(Collector& out, const Event& e, const std::string& rule, const std::vector<std::string>& but_for)
{
    std::vector<Task> closing;
    for (const auto& [id, task] : out.state().tasks)
        if (task.rule == rule && task.record == e.record &&
            std::find(but_for.begin(), but_for.end(), task.role) == but_for.end() &&
            (task.state == Task::State::open || task.state == Task::State::acknowledged))
            closing.push_back(task);
    for (auto& task : closing) {
        auto effect = effect_on(e, Effect::Kind::task_closed, rule, task.paragraph);
        task.state = Task::State::superseded;
        effect.task = std::move(task);
        out.add(std::move(effect));
    }
}

// --- passed up: those who have a disagreement do not settle it ------------------------------------------------------

namespace {

constexpr std::string_view line_manager = "line_manager";  // the duty of those to whom agencies pass things up

// To the one role that the agreement names to decide it (a Chair, a Governor); else to the line managers of every agency
// with a side in it, and to the co-ordination unit where a side is missing or there is no line manager.
std::vector<std::string> those_above(const Collector& out, const Event& e, const GroupState& group, const OpenItem& item)
{
    const auto authority = schema::parse_authority(item.decided_by, &e.type);
    if (authority && authority->kind == schema::Authority::Kind::role)
        return {authority->name};
    const auto& standing = group.current.source.agency;
    std::vector<std::string> roles;
    for (const auto& role : out.policy().roles)
        if ((role.agency == standing || role.agency == item.side.source.agency) &&
            std::find(role.duties.begin(), role.duties.end(), line_manager) != role.duties.end())
            roles.push_back(role.name);
    const auto& unit = out.policy().scope.coordination_role;
    if ((roles.empty() || standing.empty()) && std::find(roles.begin(), roles.end(), unit) == roles.end())
        roles.push_back(unit);
    return roles;
}

}  // namespace

void pass_up(Collector& out, const Event& e, const Change& change)
{
    const auto* record = out.state().record(e.record);
    const auto* group = record ? record->group(e.group.id) : nullptr;
    if (!group || change.targets.empty())
        return;
    const auto item = std::find_if(group->open.begin(), group->open.end(),
                                   [&](const OpenItem& open) { return open.side.id == change.targets.front(); });
    if (item == group->open.end())
        return;
    const bool conflict = item->kind == OpenItem::Kind::conflict;
    open_tasks(out, e, those_above(out, e, *group, *item),
               {std::string(escalated),
                filled_in(conflict ? "Passed up by {agency}: two versions wait for a decision"
                                   : "Passed up by {agency}: a suggestion waits for a decision",
                          e, out.policy()),
                paragraph(e.group.refs), false, false});
}

}  // namespace satchel::sync::reacting
