// Tasks: nobody's work is ticked off by another, or comes to be undone.
#include <map>

#include "tests/simulation/checks.hpp"

namespace satchel::simulation {
namespace {

constexpr std::string_view coordinator = "coordination.coordinator";  // covers every role

// Each task as the log's rows alone tell it.
class Tasks {
public:
    explicit Tasks(World& world) : world_(world) {}

    void take(const LogEntry& entry)
    {
        using Kind = sync::Effect::Kind;
        if (entry.row.kind == sync::EntryKind::effect) {
            const auto& task = entry.effect.task;
            if (entry.effect.kind == Kind::task_opened)
                open(entry, task);
            if (entry.effect.kind == Kind::task_closed)
                supersede(entry, task);
        }
        if (entry.row.kind == sync::EntryKind::changeset && entry.work)
            for (std::size_t i = 0; i < entry.work->changes.size() && i < entry.rulings.size(); ++i)
                if (entry.work->changes[i].op == schema::Op::task && entry.rulings[i].outcome != sync::Outcome::refused)
                    work_on(entry, entry.work->changes[i]);
    }

    void end()
    {
        auto view = world_.store().view();
        if (!view)
            return;
        (void)(*view)->all_tasks([&](const sync::TaskRow& row) -> Result<bool> {
            const auto task = sync::decode_task(row.state);
            const auto at = tasks_.find(row.task);
            if (!task || at == tasks_.end() || *task != at->second)
                world_.violated("tasks", "a task is not what the log gives");
            tasks_.erase(row.task);
            return true;
        });
        for (const auto& [id, task] : tasks_)
            world_.violated("tasks", "the hub has nothing of the task \"" + task.words + "\"");
    }

private:
    using State = sync::Task::State;

    void blame(const LogEntry& entry, const std::string& what, const sync::Task& task)
    {
        world_.violated("tasks", "entry " + std::to_string(sync::raw(entry.row.position)) + " " + what + ": \"" + task.words +
                                     "\" for " + task.role);
    }

    // A clock that is stopped and runs again has its task back.
    void open(const LogEntry& entry, const sync::Task& task)
    {
        const auto [at, is_new] = tasks_.emplace(task.id, task);
        if (!is_new && at->second.state != State::superseded)
            blame(entry, "opens a task that waits, or is done", task);
        at->second = task;
    }

    void supersede(const LogEntry& entry, const sync::Task& task)
    {
        const auto at = tasks_.find(task.id);
        if (at == tasks_.end() || at->second.state == State::done)
            return blame(entry, "takes back a task that is done, or that there is not", task);
        at->second.state = State::superseded;
    }

    void work_on(const LogEntry& entry, const schema::Change& change)
    {
        const auto at = change.targets.empty() ? tasks_.end() : tasks_.find(TaskId{change.targets.front().bytes});
        if (at == tasks_.end())
            return world_.violated("tasks", "somebody works on a task that there is not");
        auto& task = at->second;
        const auto& role = entry.work->header.hat.role;
        if (role != task.role && role != coordinator)
            blame(entry, "is of " + role + ", who works on a task of others", task);
        if (task.state == State::superseded)
            blame(entry, "works on a task that was taken back", task);
        if (task.state != State::done)
            task.state = change.resolution == schema::Resolution::done ? State::done : State::acknowledged;
    }

    World& world_;
    std::map<TaskId, sync::Task> tasks_;
};

}  // namespace

void check_task_log(World& world, const Log& log)
{
    Tasks tasks(world);
    for (const auto& entry : log.entries)
        tasks.take(entry);
    tasks.end();
}

}  // namespace satchel::simulation
