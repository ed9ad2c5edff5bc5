#include "tests/simulation/day_checks.hpp"

#include <algorithm>
#include <set>

#include "sync/hub/body.hpp"
#include "tests/simulation/agreement.hpp"

namespace satchel::simulation {
namespace {

// Of each record of a kind that stands: what its first group says, by name of the field.
std::vector<std::map<std::string, std::string>> said_of(sync::CentralView& view, sync::CaseNo no, const schema::Policy& policy,
                                                        std::string_view kind)
{
    std::vector<std::map<std::string, std::string>> out;
    const auto* type = policy.type(kind);
    SATCHEL_CHECK(type != nullptr);
    (void)view.records(no, [&](const sync::RecordRow& row) -> Result<bool> {
        const auto record = sync::decode_record_state(row.state);
        if (!record || record->type != type->id || !record->withdrawn.empty())
            return true;
        if (const auto* group = record->group(type->groups.front().id)) {
            auto& here = out.emplace_back();
            for (const auto& field : type->groups.front().fields)
                if (const auto* value = schema::find(group->current.values, field.id))
                    here[field.name] = schema::to_text(*value);
        }
        return true;
    });
    return out;
}

// Is this task about a review that was held on this day, whatever agreement counted the months from it?
bool is_of_review_held(sync::CentralView& view, sync::CaseNo no, const schema::Policy& policy, const sync::Task& task,
                       const std::string& day)
{
    const auto* type = policy.type("review");
    const auto row = view.record(no, type->id, task.record);
    const auto record = row && *row ? sync::decode_record_state((*row)->state) : fail(Errc::not_found, "no such record");
    const auto* group = record ? record->group(type->groups.front().id) : nullptr;
    const auto* value = group ? schema::find(group->current.values, type->groups.front().field("held_on")->id) : nullptr;
    return value && schema::to_text(*value) == day;
}

// "2026-03-14" and six: "2026-09-14". No day that is drawn is one that a month lacks.
std::string months_later(const std::string& day, unsigned months)
{
    const auto month = static_cast<unsigned>(std::stoul(day.substr(5, 2))) - 1 + months;
    const auto two = std::to_string(month % 12 + 1);
    return std::to_string(std::stoul(day.substr(0, 4)) + month / 12) + (two.size() == 1 ? "-0" : "-") + two + day.substr(7);
}

// Whose supervision has begun and has not ended; of several the latest, and of those of one day any. Dates as they are written.
std::set<std::string> leads_of(const std::vector<std::map<std::string, std::string>>& supervisions, const std::string& today)
{
    std::set<std::string> out{"police"};  // what the agreement says otherwise
    std::string latest;
    for (auto one : supervisions) {
        const auto from = one["from"], to = one["to"];
        if (from.empty() || from > today || (!to.empty() && to < today) || from < latest)
            continue;
        if (from != latest)
            out.clear();
        latest = from;
        out.insert(one["agency"]);
    }
    return out;
}

}  // namespace

void check_day(World& world)
{
    auto view = world.store().view();
    if (!view)
        return world.violated("open", "the hub's store cannot be read");
    const auto policy = world.hub().policy();
    const auto today = to_string(world.today());
    for (std::size_t i = 0; i < world.cases().size(); ++i) {
        const auto row = (*view)->case_row(world.cases()[i]);
        if (!row || !*row)
            return world.violated("open", "a case cannot be read");
        const auto where = "case " + std::to_string(i + 1) + " on " + today;
        const auto no = (*row)->no;
        const auto leads = leads_of(said_of(**view, no, *policy, "supervision"), today);
        const auto fact = (*row)->facts.find("lead_agency");
        const auto lead = fact == (*row)->facts.end() ? std::string() : fact->second;
        if (!leads.contains(lead))
            world.violated("day", where + " is led by " + lead + " and should be by " + *leads.begin());

        std::string held;
        for (auto one : said_of(**view, no, *policy, "review"))
            held = std::max(held, one["held_on"]);
        const auto due = held.empty() ? std::string() : months_later(held, review_months(policy->version));
        std::vector<std::string> wanted, open;
        if (!held.empty())
            wanted.push_back("for " + lead + ", due " + due);
        bool done = false;  // somebody has said that the next one has been held
        (void)(*view)->tasks(no, [&](const sync::TaskRow& one) -> Result<bool> {
            const auto task = sync::decode_task(one.state);
            if (!task || task->rule != "next-review")
                return true;
            if (task->state == sync::Task::State::open || task->state == sync::Task::State::acknowledged)
                open.push_back("for " + task->role.substr(0, task->role.find('.')) + ", due " + to_string(task->due));
            done = done || (task->state == sync::Task::State::done && is_of_review_held(**view, no, *policy, *task, held));
            return true;
        });
        if (open != wanted && !(done && open.empty()))
            world.violated("day", where + " has " + (open.empty() ? "no review to hold" : "a review to hold " + open.front()) +
                                      (open.size() > 1 ? " and another" : "") + " and should have " +
                                      (wanted.empty() ? "none" : "one " + wanted.front()));
    }
}

}  // namespace satchel::simulation
