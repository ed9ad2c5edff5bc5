// I3 and I10: whose word decides, and whether what waits is for them.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "sync/hub/body.hpp"
#include "tests/simulation/agreement.hpp"
#include "tests/simulation/checks.hpp"

namespace satchel::simulation {
namespace {

// --- I3 ----------------------------------------------------------------------------------------------------------------

// A case as these checks follow it through the log.
struct Followed {
    std::string lead = "police";              // what the agreement says otherwise
    std::map<RecordId, std::string> supplier;
};

// A suggestion or a conflict, as it was when it began to wait.
struct Asked {
    std::int64_t case_no = 0;
    RecordId record;
    std::string type, group;
    std::uint32_t agreement = 0;  // that said whose word it waits for
    CredentialId author;
    std::string agency;  // the author's
    bool withdraws = false;
    std::string rule;
    std::set<std::string> put_in_by;  // agencies, of what is to leave a diary
};

// Whose word decides, told from the log and the table of the agreement.
class Deciders {
public:
    explicit Deciders(World& world) : world_(world), policy_(world.hub().policy()) {}

    void take(const LogEntry& entry)
    {
        auto& here = cases_[sync::raw(entry.row.case_no)];
        if (entry.row.kind == sync::EntryKind::effect) {
            if (entry.effect.kind == sync::Effect::Kind::fact && entry.effect.name == "lead_agency")
                here.lead = entry.effect.text;
            if (entry.effect.kind == sync::Effect::Kind::set && entry.effect.creates)
                here.supplier.try_emplace(entry.effect.record, entry.effect.on_behalf.agency);
            return;
        }
        if (entry.row.kind != sync::EntryKind::changeset || !entry.work)
            return;
        for (std::size_t i = 0; i < entry.work->changes.size() && i < entry.rulings.size(); ++i)
            if (entry.rulings[i].outcome != sync::Outcome::refused)
                take(entry, i);
    }

    [[nodiscard]] const Asked* asked(const VersionId& id) const
    {
        const auto at = asked_.find(id);
        return at == asked_.end() ? nullptr : &at->second;
    }

    // The agencies, or the one role, that may settle it as things stand; empty: each.
    [[nodiscard]] std::set<std::string> settlers(const Asked& one) const
    {
        if (!one.put_in_by.empty())
            return one.put_in_by;
        const auto& here = cases_.at(one.case_no);
        std::set<std::string> out;
        if (one.withdraws && one.rule == "not-supplier")
            return {supplier_of(here, one.record, one.agency)};
        if (one.withdraws) {  // owners of what others put into it; where that is the supplier, who leads
            for (const auto& group : policy_->type(std::string_view(one.type))->groups) {
                const auto owner = owner_of(one.type, group.name, one.agreement);
                out.insert(owner == "lead" || owner == "supplier" ? here.lead : std::string(owner));
            }
            return out;
        }
        if (one.type == "request")  // the supplier's own words: none takes the place of another
            return {std::string(coordination)};
        return agencies(here, owner_of(one.type, one.group, one.agreement), one.record, one.agency);
    }

    static constexpr std::string_view coordination = "coordination";

private:
    static bool is_of(const std::set<std::string>& agencies_or_roles, const schema::Hat& hat)
    {
        return agencies_or_roles.contains(hat.agency) || agencies_or_roles.contains(hat.role);
    }

    static std::string supplier_of(const Followed& here, const RecordId& record, const std::string& otherwise)
    {
        const auto at = here.supplier.find(record);
        return at == here.supplier.end() ? otherwise : at->second;
    }

    static std::set<std::string> agencies(const Followed& here, std::string_view owner, const RecordId& record,
                                          const std::string& author)
    {
        if (owner == "any")
            return {};
        return {owner == "lead"       ? here.lead
                : owner == "supplier" ? supplier_of(here, record, author)
                                      : std::string(owner)};
    }

    void take(const LogEntry& entry, std::size_t i)
    {
        const auto& change = entry.work->changes[i];
        const auto& ruling = entry.rulings[i];
        const auto& agency = entry.work->header.hat.agency;
        auto& here = cases_[sync::raw(entry.row.case_no)];
        if (change.creates)
            here.supplier.try_emplace(change.record, agency);
        if (change.op == schema::Op::add)
            added_[entry.work->versions[i]] = agency;
        const auto* type = policy_->type(change.type);
        const auto* group = type ? type->group(change.group) : nullptr;
        if (!type || !group)
            return;
        const auto name = std::string(type->name) + "." + std::string(group->name);
        const auto blame = [&](const std::string& did, const std::set<std::string>& whose) {
            world_.violated("I3", "entry " + std::to_string(sync::raw(entry.row.position)) + ": " + agency + " " + did + " " +
                                      name + ", which is for " + (whose.empty() ? "others" : *whose.begin()) +
                                      " to say (rule " + ruling.rule + ")");
        };
        const bool applied = ruling.outcome == sync::Outcome::applied;
        const auto& hat = entry.work->header.hat;
        const auto may = [&](const std::set<std::string>& whose) { return whose.empty() || is_of(whose, hat); };
        if (change.op == schema::Op::resolve) {
            // What was to be added stands by the name of the decision, and is whose it was.
            if (const auto* one = applied && !change.targets.empty() ? asked(change.targets.front()) : nullptr)
                added_[entry.work->versions[i]] = one->agency;
            if (applied && !change.targets.empty())
                judge(entry, change, agencies(here, owner_of(type->name, group->name, entry.row.policy_version), change.record, agency),
                      blame);
            return;
        }
        // In a diary each keeps its own lines, whoever began it.
        std::set<std::string> put_in_by;
        if (change.op == schema::Op::remove && type->name == "diary")
            for (const auto& id : change.targets)
                if (const auto at = added_.find(id); at != added_.end())
                    put_in_by.insert(at->second);
        if (!applied && ruling.outcome != sync::Outcome::merged)
            asked_[entry.work->versions[i]] = {sync::raw(entry.row.case_no),
                                               change.record,
                                               std::string(type->name),
                                               std::string(group->name),
                                               entry.row.policy_version,
                                               entry.work->header.author,
                                               agency,
                                               change.op == schema::Op::withdraw,
                                               ruling.rule,
                                               put_in_by};
        if (!applied)
            return;
        if (change.op == schema::Op::set || (change.op == schema::Op::remove && put_in_by.empty()))
            if (const auto whose = agencies(here, owner_of(type->name, group->name, entry.row.policy_version), change.record, agency);
                !may(whose))
                blame("set", whose);
        if (!put_in_by.empty() && put_in_by != std::set{agency})
            blame("took out lines of", put_in_by);
        // Whoever supplied the record says whether it goes, whatever it says.
        if (change.op == schema::Op::withdraw)
            if (const std::set<std::string> whose{supplier_of(here, change.record, agency)}; !may(whose))
                blame("withdrew", whose);
    }

    // Whose word it waited for, or the co-ordination unit in their stead, but not about its own words. To put in words of
    // one's own is to say them as any edit.
    template <class Blame>
    void judge(const LogEntry& entry, const schema::Change& change, const std::set<std::string>& owners, const Blame& blame)
    {
        using schema::Resolution;
        const auto how = change.resolution;
        const auto* one = asked(change.targets.front());
        if (!one || how == Resolution::comment || how == Resolution::escalate)
            return;
        const auto& hat = entry.work->header.hat;
        const bool own = entry.work->header.author == one->author;
        const auto whose = settlers(*one);
        if (how == Resolution::withdrawn) {
            if (!own)
                blame("took back what another wrote of", {});
            return;
        }
        if (how == Resolution::amend && !owners.empty() && !is_of(owners, hat))
            return blame("amended", owners);
        const bool stands_in = hat.agency == coordination && !(own && how != Resolution::decline);
        if (!whose.empty() && !is_of(whose, hat) && !stands_in)
            blame("settled", whose);
    }

    World& world_;
    std::shared_ptr<const schema::Policy> policy_;
    std::map<std::int64_t, Followed> cases_;
    std::map<VersionId, Asked> asked_;
    std::map<VersionId, std::string> added_;  // elements of lists, and the agency that put them in
};

// --- I10 ---------------------------------------------------------------------------------------------------------------

// Who has a role, as the administrators said it.
struct Staff {
    std::set<std::string> roles, agencies;
};

std::optional<Staff> read_staff(World& world)
{
    const auto users = world.hub().users();
    if (!users)
        return std::nullopt;
    Staff out;
    for (const auto& user : *users)
        for (const auto& hat : user.hats) {  // "agency/team/role"
            const auto agency = hat.substr(0, hat.find('/'));
            if (user.suspended)
                continue;
            out.agencies.insert(agency);
            out.roles.insert(agency + "." + hat.substr(hat.rfind('/') + 1));
        }
    return out;
}

constexpr std::string_view coordinator = "coordination.coordinator";

// Somebody of those who decide is asked, and nobody else while one of them is there. The co-ordination unit answers where
// nobody is, and for what is everybody's, also where no device of its own takes part.
bool reaches(const std::vector<std::string>& roles, const std::set<std::string>& whose, const Staff& staff)
{
    std::set<std::string> there;
    for (const auto& one : whose)
        if (staff.agencies.contains(one) || staff.roles.contains(one))
            there.insert(one);
    if (there.empty())
        return std::find(roles.begin(), roles.end(), coordinator) != roles.end();
    return !roles.empty() && std::all_of(roles.begin(), roles.end(), [&](const std::string& role) {
        return staff.roles.contains(role) && (there.contains(role) || there.contains(role.substr(0, role.find('.'))));
    });
}

void check_open_items(World& world, const Deciders& deciders, const Staff& staff)
{
    const auto listed = world.hub().open_items(std::nullopt, std::nullopt);
    auto view = world.store().view();
    if (!listed || !view)
        return world.violated("open", "open items cannot be listed");
    std::map<VersionId, std::vector<std::string>> routes;
    for (const auto& item : *listed)
        routes[item.id] = item.roles;
    (void)(*view)->all_records([&](const sync::RecordRow& row) -> Result<bool> {
        const auto record = sync::decode_record_state(row.state);
        if (!record)
            return true;
        for (const auto& group : record->groups)
            for (const auto& item : group.open) {
                const auto* asked = deciders.asked(item.side.id);
                const auto route = routes.find(item.side.id);
                if (!asked || route == routes.end())
                    world.violated("I10", "an open item is in no list, or nobody's");
                else if (!reaches(route->second, deciders.settlers(*asked), staff))
                    world.violated("I10", "an open " + asked->type + " of entry rule " + asked->rule + " goes to " +
                                              (route->second.empty() ? "nobody" : route->second.front()));
            }
        return true;
    });
}

void check_tasks(World& world, const Staff& staff)
{
    const auto listed = world.hub().tasks(std::nullopt);
    auto view = world.store().view();
    if (!listed || !view)
        return world.violated("open", "tasks cannot be listed");
    std::map<TaskId, std::vector<std::string>> reaches;
    for (const auto& task : *listed)
        reaches[task.id] = task.reaches;
    (void)(*view)->all_tasks([&](const sync::TaskRow& row) -> Result<bool> {
        const auto task = sync::decode_task(row.state);
        if (!task || task->state == sync::Task::State::done || task->state == sync::Task::State::superseded)
            return true;
        const auto route = reaches.find(task->id);
        const auto whose = staff.roles.contains(task->role) ? task->role : std::string(coordinator);
        if (task->role.empty() || route == reaches.end() || route->second != std::vector{whose})
            world.violated("I10", "the task \"" + task->words + "\" for \"" + task->role + "\" does not reach " + whose);
        return true;
    });
}

// The co-ordination unit, which covers every role here, is told on its own devices which roles nobody holds; then what waits for
// one of them and can be seen there is for its user.
void check_cover(World& world, const Staff& staff)
{
    const auto policy = world.hub().policy();
    sync::Vacant empty;
    for (const auto& role : policy->roles)
        if (!staff.roles.contains(role.name))
            empty.insert(role.name);
    for (const auto& device : world.devices()) {
        const auto view = world.store().view();
        const auto credential = view ? (*view)->credential(device->credential) : fail(Errc::io_error, "no view");
        if (!device->store || !credential || !*credential || (*credential)->revoked)
            continue;
        const auto& self = device->store->identity();
        if (self.vacant != (device->role == coordinator ? empty : sync::Vacant{}))
            world.violated("I10", "device " + std::to_string(device->index) + " is told of " + std::to_string(self.vacant.size()) +
                                      " roles that nobody holds, and there are " + std::to_string(empty.size()));
        for (const auto& id : world.cases()) {
            const auto held = device->store->confirmed(id);
            if (!held)
                continue;
            for (const auto& [task_id, task] : held->tasks) {
                const bool theirs = task.role == device->role || (device->role == coordinator && empty.contains(task.role));
                if (self.acts_for(*policy, {task.role}) != theirs)
                    world.violated("I10", "device " + std::to_string(device->index) + " lists, or does not, the task \"" + task.words +
                                              "\" for " + task.role);
            }
        }
    }
}

void check_routes(World& world, const Deciders& deciders)
{
    const auto staff = read_staff(world);
    if (!staff)
        return world.violated("open", "users cannot be listed");
    check_open_items(world, deciders, *staff);
    check_tasks(world, *staff);
    check_cover(world, *staff);
}

}  // namespace

void check_authority(World& world, const Log& log)
{
    Deciders deciders(world);
    for (const auto& entry : log.entries)
        deciders.take(entry);
    check_routes(world, deciders);
}

}  // namespace satchel::simulation
