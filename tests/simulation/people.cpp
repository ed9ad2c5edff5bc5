// What people do in a simulated world: they save, and administrators change who may do what.
#include <algorithm>
#include <tuple>

#include "sync/hub/service.hpp"
#include "tests/simulation/agreement.hpp"
#include "tests/simulation/log_reader.hpp"
#include "tests/simulation/world.hpp"

namespace satchel::simulation {
namespace {

using client::Typed;
using How = Typed::How;

bool is_of_the_disk(const Error& error)
{
    return error.code == Errc::io_error || error.code == Errc::disk_full || error.code == Errc::closed;
}

// One action on one case, as the program's commands would put it together.
struct Entry {
    std::string type, words;
    bool creates = true;
    std::vector<Typed> typed;
};

Entry new_record(std::string type, std::string words, std::vector<Typed> typed)
{
    return {std::move(type), std::move(words), true, std::move(typed)};
}

std::string day(Rng& rng, int month_from, int months)
{
    const auto month = month_from + static_cast<int>(rng.below(static_cast<std::uint64_t>(months)));
    const auto in_month = 1 + static_cast<int>(rng.below(28));
    return "2026-" + std::string(month < 10 ? "0" : "") + std::to_string(month) + "-" +
           std::string(in_month < 10 ? "0" : "") + std::to_string(in_month);
}

// One of the days to come, so that something falls due when they do.
std::string soon(Rng& rng, Date today) { return to_string(Date{today.days + 1 + static_cast<std::int32_t>(rng.below(2))}); }

const std::vector<std::string> levels{"low", "medium", "high", "very_high"};
const std::vector<std::string> sharings{"nothing", "pointer", "full"};

// Something that this agency may at least try.
Entry choose(const DeviceHost& device, std::uint64_t mark, Date today, Rng& rng)
{
    const auto words = [&](std::string_view about) { return marked(mark, about); };
    constexpr std::uint64_t supervises = 3, works_with_intelligence = 14, countersigns = 16;
    auto what = rng.below(17);
    if (what == countersigns && device.agency != "probation")
        what = 0;
    else if (what >= works_with_intelligence && what != countersigns && device.agency == "probation")
        what = supervises;
    switch (what) {
    case 0:
    case 1:
        return new_record("note", words("met at home"), {{How::set, "text", words("met at home")}});
    case 2:
        return new_record("address", words("1 Nowhere Row"),
                          {{How::set, "lines", words("1 Nowhere Row")}, {How::set, "from", day(rng, 1, 5)}});
    case supervises:
        if (device.agency == "probation")
            return new_record("supervision", "",
                              {{How::set, "agency", rng.chance(70) ? "probation" : "police"},
                               {How::set, "from", rng.chance(70) ? soon(rng, today) : day(rng, 1, 4)}});
        return new_record("concern", words("worried"), {{How::set, "text", words("worried")}});
    case 4:
        return new_record("trigger_plan", words("call the duty desk"), {{How::set, "text", words("call the duty desk")}});
    case 5:
        return new_record("risk", "", {{How::set, "level", rng.pick(levels)}});
    case 6:
        return new_record("flag", words("shouting heard"), {{How::add, "why", words("shouting heard")}});
    case 7:
        return new_record("level", words("as agreed"),
                          {{How::set, "level", std::to_string(1 + rng.below(3))}, {How::set, "rationale", words("as agreed")}});
    case 8:
    case works_with_intelligence:
    case 15:
        return new_record("intel", words("a source says"),
                          {{How::set, "sharing", rng.pick(sharings)}, {How::set, "body", words("a source says")},
                           {How::set, "text", "speak to the police"}});
    case 9:
        return new_record("diary", words("rang twice"), {{How::add, "line", words("rang twice")}});
    case 10:
        return new_record("leaflet", words("tall, one scar"), {{How::set, "text", words("tall, one scar\n") + "\nwears a hat\n"}});
    case 11:
        return new_record("request", words("five kilometres"), {{How::set, "text", words("five kilometres")}});
    case countersigns:
        return new_record("sign_off", words("as planned"), {{How::set, "text", words("as planned")}});
    case 12:
        return new_record("withholding", "", {{How::set, "withheld", rng.chance(60) ? "yes" : "no"}});
    default:
        return new_record("review", "", {{How::set, "held_on", day(rng, 3, 2)}});
    }
}

std::string text_of(const schema::RecordType& type, const sync::RecordState& record)
{
    for (const auto& group : type.groups)
        if (const auto* field = group.field("text"))
            if (const auto* state = record.group(group.id))
                if (const auto* value = schema::find(state->current.values, field->id))
                    return schema::to_text(*value);
    return {};
}

// An element of a list, of whichever group has any.
std::optional<VersionId> an_element_of(const sync::RecordState& record, Rng& rng)
{
    for (const auto& group : record.groups)
        if (!group.elements.empty())
            return rng.pick(group.elements).id;
    return std::nullopt;
}

// The same on a record that is there.
std::optional<Entry> edit_of(const schema::RecordType& of, const sync::RecordState& record, std::uint64_t mark, Date today, Rng& rng)
{
    const auto type = std::string(of.name);
    const auto text_now = text_of(of, record);
    const auto words = marked(mark, "said again");
    Entry out;
    out.type = type;
    out.creates = false;
    out.words = words;
    const auto element = an_element_of(record, rng);
    if (element && rng.chance(35)) {
        out.words.clear();
        out.typed = {{How::remove, "", to_string(*element)}};
    } else if (type == "address")
        out.typed = {{How::set, "lines", words}};
    else if (type == "trigger_plan" || type == "concern" || type == "note" || type == "request" || type == "sign_off")
        out.typed = {{How::set, "text", words}};
    else if (type == "leaflet")  // a line more, first or last, so that both can stand
        out.typed = {{How::set, "text", rng.chance(50) ? words + "\n" + text_now : text_now + words + "\n"}};
    else if (type == "flag")
        out.typed = {{How::add, "why", words}};
    else if (type == "diary")
        out.typed = {{How::add, "line", words}};
    else if (type == "level")
        out.typed = {{How::set, "level", std::to_string(1 + rng.below(3))}, {How::set, "rationale", words}};
    else if (type == "intel")
        out.typed = {rng.chance(50) ? Typed{How::set, "sharing", rng.pick(sharings)} : Typed{How::set, "body", words}};
    else {
        out.words.clear();
        if (type == "risk")
            out.typed = {{How::set, "level", rng.pick(levels)}};
        else if (type == "withholding")
            out.typed = {{How::set, "withheld", rng.chance(50) ? "yes" : "no"}};
        else if (type == "review")
            out.typed = {{How::set, "next", day(rng, 6, 2)}};
        else if (type == "supervision")
            out.typed = {{How::set, "to", rng.chance(50) ? soon(rng, today) : day(rng, 4, 2)}};
        else
            return std::nullopt;
    }
    return out;
}

// In an order that no clock has a part in, as it has in ids. Of those that only their ids would order nobody takes one.
template <class T, class Key>
std::vector<T> told_apart(std::vector<T> all, Key key)
{
    std::sort(all.begin(), all.end(), [&](const T& a, const T& b) { return key(a) < key(b); });
    std::vector<T> out;
    for (std::size_t i = 0; i < all.size(); ++i)
        if ((i == 0 || key(all[i - 1]) < key(all[i])) && (i + 1 == all.size() || key(all[i]) < key(all[i + 1])))
            out.push_back(all[i]);
    return out;
}

}  // namespace

void World::save(unsigned index, Rng& rng, const Wish* wish)
{
    auto& device = *devices_[index];
    // One process has the store: while it synchronises, others wait.
    if (!device.store || device.link || device.disk.dead())
        return;
    auto& store = *device.store;
    const auto& policy = store.policy();
    const auto case_no = wish ? wish->case_no : static_cast<std::size_t>(rng.below(cases_.size()));
    const auto& case_id = cases_[case_no];
    auto shown = store.shown(case_id);
    if (!shown) {
        if (is_of_the_disk(shown.error()))
            device.store.reset(), open_device(device);
        return;
    }
    const auto mark = ledger_.next_mark();

    client::Draft draft;
    draft.case_id = case_id;
    draft.hat = store.identity().hats.front();
    draft.authored_at = device.clock.now();
    std::string type_name, words, what;

    std::vector<const sync::RecordState*> all_here;
    for (const auto& [id, record] : shown->records)
        if (const auto* type = policy.type(record.type); type && (!wish || type->name == wish->type))
            all_here.push_back(&record);
    const auto here = told_apart(all_here, [&](const sync::RecordState* record) {
        std::uint64_t last_mark = 0;
        std::string said;  // what was written again by a copy has an id that the ledger does not know
        const auto hear = [&](const schema::FieldValues& values) {
            for (const auto& [field, value] : values) {
                if (std::holds_alternative<schema::Ref>(value) || std::holds_alternative<schema::VersionRef>(value))
                    continue;
                const auto text = schema::to_text(value);
                said += text + "\n";
                for (const auto one : marks_in(text))
                    last_mark = std::max(last_mark, one);
            }
        };
        for (const auto& group : record->groups) {
            hear(group.current.values);
            for (const auto& element : group.elements)
                hear(element.values);
        }
        return std::tuple{ledger_.order_of(record->id), last_mark, record->type, std::move(said)};
    });
    struct Open {
        const sync::RecordState* record;
        const schema::Group* group;
        const sync::OpenItem* item;
    };
    std::vector<Open> open;
    for (const auto* record : here)
        for (const auto& state : record->groups)
            if (const auto* group = policy.type(record->type)->group(state.id))
                for (const auto& item : state.open)
                    open.push_back({record, group, &item});

    const auto canvas_for = [&](const schema::RecordType& type, const sync::RecordState* record,
                                const sync::RecordState* confirmed) {
        return client::Canvas{policy, type, case_id, store.identity().credential, record, confirmed, {},
                              "because it was agreed"};
    };
    const auto confirmed_of = [&](const RecordId& id) -> std::optional<sync::RecordState> {
        auto found = store.confirmed_record(case_id, id);
        return found ? std::move(*found) : std::nullopt;
    };

    // Tasks of this role that wait; now and then also what is done already, or for another.
    std::vector<const sync::Task*> all_tasks;
    const bool done_too = rng.chance(25), others = rng.chance(15);
    for (const auto& [id, task] : shown->tasks)
        if ((others || task.role == device.role) && (done_too || task.state != sync::Task::State::done))
            all_tasks.push_back(&task);
    const auto tasks = told_apart(all_tasks, [&](const sync::Task* task) {
        return std::tuple{task->rule,  task->role,  task->words,
                          task->state, task->due,   ledger_.order_of(task->record),
                          task->group, ledger_.order_of(task->cause)};
    });

    // Up to 17 settles, to 21 withdraws, to 31 works on a task, to 61 edits, else writes; what there is nothing for becomes the next.
    static constexpr std::array<std::uint64_t, 4> kind_of_wish{62, 32, 0, 18};
    const auto kind = wish ? kind_of_wish[static_cast<std::size_t>(wish->to)] : rng.below(100);
    Result<client::Parts> parts = fail(Errc::not_found, "nothing chosen");
    if (kind < 18 && !open.empty()) {
        // Half of the time two versions, or what waits for this agency: else hardly anything would ever be settled.
        std::vector<Open> rather;
        for (const auto& one : open)
            if (!wish && (one.item->kind == sync::OpenItem::Kind::conflict || one.item->decided_by == "agency:" + device.agency ||
                          (one.item->decided_by == "lead_agency" && shown->fact("lead_agency") == device.agency) ||
                          (one.item->decided_by == "supplier" && one.record->created.agency == device.agency)))
                rather.push_back(one);
        const auto& [record, group, item] = rng.pick(!rather.empty() && rng.chance(50) ? rather : open);
        static constexpr std::array suggestion{schema::Resolution::accept, schema::Resolution::decline,
                                               schema::Resolution::withdrawn, schema::Resolution::comment,
                                               schema::Resolution::escalate, schema::Resolution::amend};
        static constexpr std::array conflict{schema::Resolution::choose_a, schema::Resolution::choose_b,
                                             schema::Resolution::previous, schema::Resolution::both,
                                             schema::Resolution::comment, schema::Resolution::amend};
        // The first two of each always end it; whose wish it is to settle one takes these.
        const auto& hows = item->kind == sync::OpenItem::Kind::suggestion ? suggestion : conflict;
        const auto how = hows[rng.below(wish ? 2 : hows.size())];
        const auto& type = *policy.type(record->type);
        const auto confirmed = confirmed_of(record->id);
        std::vector<Typed> amended;
        if (how == schema::Resolution::amend)
            if (auto edit = edit_of(type, *record, mark, today(), rng))
                for (auto& typed : edit->typed)
                    if (group->field(std::string_view(typed.field)))
                        amended.push_back(std::move(typed));
        parts = client::compose_resolution(canvas_for(type, record, confirmed ? &*confirmed : nullptr), *group, *item, how, amended);
        type_name = type.name;
        what = std::string(how == schema::Resolution::amend ? "amends" : "settles") + " an open item of a " + type_name;
    } else if (kind < 22 && !here.empty()) {
        const auto* record = rng.pick(here);
        const auto& type = *policy.type(record->type);
        const auto confirmed = confirmed_of(record->id);
        parts = client::compose_withdrawal(canvas_for(type, record, confirmed ? &*confirmed : nullptr), false);
        type_name = type.name;
        what = "withdraws a " + type_name;
    } else if (kind < 32 && !wish && !tasks.empty()) {
        const auto& task = *rng.pick(tasks);
        const bool done = rng.chance(60);
        parts = client::compose_task(task, done ? schema::Resolution::done : schema::Resolution::acknowledged, "as it was asked");
        type_name = "task";
        what = std::string(done ? "finishes" : "acknowledges") + " the task \"" + task.words + "\"";
    } else {
        std::optional<Entry> action;
        const sync::RecordState* record = nullptr;
        if (kind < 62 && !here.empty()) {
            record = rng.pick(here);
            const auto& type = *policy.type(record->type);
            action = edit_of(type, *record, mark, today(), rng);
        }
        while (!action || (wish && action->type != wish->type))
            action = choose(device, mark, today(), rng);
        if (wish && wish->hidden)
            for (auto& typed : action->typed)
                if (typed.field == "sharing")
                    typed.value = "nothing";
        if (wish && wish->ahead)
            for (auto& typed : action->typed)
                typed.value = typed.field == "agency" ? "probation" : to_string(Date{today().days + 1});
        // A plan rests on the address that was written last, and becomes stale with it.
        if (action->creates && action->type == "trigger_plan")
            for (auto at = here.rbegin(); at != here.rend(); ++at)
                if (policy.type((*at)->type)->name == "address") {
                    action->typed.push_back({How::set, "cites", to_string((*at)->id)});
                    break;
                }
        const auto* type = policy.type(std::string_view(action->type));
        SATCHEL_CHECK(type != nullptr);
        if (action->creates && type->singleton)
            for (const auto* one : all_here)
                if (one->type == type->id)
                    record = one;
        if (action->creates && !type->singleton)
            record = nullptr;
        std::optional<sync::RecordState> confirmed;
        if (record)
            confirmed = confirmed_of(record->id);
        parts = client::compose(canvas_for(*type, record, confirmed ? &*confirmed : nullptr), action->typed);
        type_name = action->type;
        words = action->words;
        what = (record ? "edits a " : "writes a ") + type_name;
    }
    if (!parts) {
        if (is_of_the_disk(parts.error()))
            device.store.reset(), open_device(device);
        return;  // the form says what is wrong; nothing was saved
    }
    draft.parts = *std::move(parts);
    const auto saved = store.save(draft);

    Promise promise;
    promise.device = index;
    promise.side = device.side;
    promise.case_id = case_id;
    promise.type = type_name;
    if (saved) {
        note("device " + std::to_string(index) + " (" + device.agency + ") " + what + " of case " +
             std::to_string(case_no + 1) + ", mark " + std::to_string(mark));
        ledger_.made(saved->record);
        // Who amends says again what waited, with the mark of whoever wrote that.
        const auto says_own = [mark](const std::string& text) {
            const auto marks = marks_in(text);
            return std::find(marks.begin(), marks.end(), mark) != marks.end();
        };
        for (const auto& changeset : saved->changesets) {
            for (const auto& version : changeset.opened.versions)
                ledger_.made(version);
            promise.id = changeset.opened.id;
            promise.words.clear();
            if (!changeset.opened.changes.empty())
                if (const auto* type = policy.type(changeset.opened.changes[0].type))
                    if (const auto* group = type->group(changeset.opened.changes[0].group))
                        promise.group = group->name;
            for (const auto& change : changeset.opened.changes)
                for (const auto& [field, value] : change.values)
                    if (const auto text = schema::to_text(value); says_own(text)) {
                        promise.digit = mark;
                        promise.words = text;
                    }
            ledger_.promises().push_back(promise);
        }
        return;
    }
    note("device " + std::to_string(index) + " is told that it could not save: " + std::string(name(saved.error().code)));
    if (is_of_the_disk(saved.error())) {
        promise.said = Promise::Said::failed;
        promise.digit = mark;
        promise.words = words;
        if (!words.empty())
            ledger_.promises().push_back(promise);
        if (!device.disk.dead())
            device.store.reset(), open_device(device);
    } else if (saved.error().code == Errc::bug || saved.error().code == Errc::corrupt) {
        violated("save", std::string(name(saved.error().code)) + ": " + saved.error().detail);
    }
}

void World::reassign(Rng& rng)
{
    if (!service_ || hub_disk_.dead())
        return;
    // Half of the time somebody who is connected: what changes in the middle of a session is what goes wrong.
    std::vector<const DeviceHost*> who_may;
    const bool connected = rng.chance(50);
    for (const auto& one : devices_)
        if (!connected || one->link)
            who_may.push_back(one.get());
    if (who_may.empty())
        return;
    const auto& device = *rng.pick(who_may);
    const auto case_no = rng.below(cases_.size());
    if (!assigned(device, cases_[case_no]))
        assign(device.index, case_no);
    else
        unassign(device.index, case_no, rng.chance(50) ? sync::Ended::moved : sync::Ended::restricted);
}

void World::assign(unsigned index, std::size_t case_no)
{
    if (!service_ || hub_disk_.dead())
        return;
    const auto& device = *devices_[index];
    if (!service_->assign(cases_[case_no], {sync::AssignmentRow::Subject::user, to_string(device.user)}))
        return;
    happened_.add(Happened::given_back);
    happened_.add(Happened::scope_in_session, device.link != nullptr);
    note("assigned: " + device.user_name + " and case " + std::to_string(case_no + 1));
}

void World::unassign(unsigned index, std::size_t case_no, sync::Ended because)
{
    if (!service_ || hub_disk_.dead())
        return;
    const auto& device = *devices_[index];
    if (!service_->unassign(cases_[case_no], {sync::AssignmentRow::Subject::user, to_string(device.user)}, because))
        return;
    happened_.add(because == sync::Ended::moved ? Happened::moved : Happened::barred);
    happened_.add(Happened::scope_in_session, device.link != nullptr);
    note("assignment ended (" + std::string(name(because)) + "): " + device.user_name + " and case " +
         std::to_string(case_no + 1));
}

bool World::assigned(const DeviceHost& device, const CaseId& case_id) const
{
    auto view = store_->view();
    if (!view)
        return false;
    const auto row = (*view)->case_row(case_id);
    if (!row || !*row)
        return false;
    bool out = false;
    (void)(*view)->assignments((*row)->no, [&](const sync::AssignmentRow& one) -> Result<bool> {
        out = out || (one.name == to_string(device.user) && one.ended.empty());
        return true;
    });
    return out;
}

void World::revoke(unsigned index)
{
    if (!service_ || hub_disk_.dead())
        return;
    if (!service_->revoke(devices_[index]->credential))
        return;
    happened_.add(Happened::revoked);
    happened_.add(Happened::revoked_in_session, devices_[index]->link != nullptr);
    note("device " + std::to_string(index) + " is revoked");
}

void World::publish()
{
    if (!service_ || hub_disk_.dead())
        return;
    const auto text = agreement_text(service_->policy()->version + 1);
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    const bool joins = service_->policy()->agency(joining_agency) == nullptr;
    const auto version = service_->publish_policy(bundle);
    if (!version && !is_of_the_disk(version.error()))
        violated("agreement", version.error().detail);
    if (version) {
        happened_.add(Happened::published);
        happened_.add(Happened::agency_joined, joins);
        note("agreement " + std::to_string(*version) + " is published");
    }
}

void World::midnight()
{
    constexpr std::int64_t hour_ms = 3'600'000;
    for (const auto day = today(); today() == day;)
        true_ms_ += hour_ms;
    happened_.add(Happened::midnight);
    note("it is " + to_string(today()));
}

void World::tick(Rng& rng)
{
    if (!day_ && rng.chance(70))
        midnight();
    begin_day();
    go_on_with_day();
}

void World::next_day()
{
    midnight();
    begin_day();
    finish_day();
}

void World::begin_day()
{
    if (day_ || !service_ || hub_disk_.dead() || day_is_done())
        return;
    auto begun = service_->begin_tick(today());
    if (!begun)
        return;
    day_ = std::move(*begun);
    note("the hub's day begins");
}

void World::go_on_with_day()
{
    if (!day_ || !service_ || hub_disk_.dead())
        return;
    const auto made = day_->made;
    const auto done = service_->go_on(*day_, 1);
    happened_.add(Happened::day_made, day_->made - made);
    if (done && !day_->done())
        return;
    note(done ? "the hub's day is done" : "the hub's day fails");
    // Left out is what is damaged, and here nothing is.
    for (const auto& skipped : day_->skipped)
        if (!hub_disk_.faulty() && !excused_())
            violated("day", skipped.detail);
    if (done)
        ticked_ = {day_->today, day_->under->version};
    else
        happened_.add(Happened::day_cut);
    day_.reset();
}

void World::finish_day()
{
    while (day_ && !hub_disk_.dead())
        go_on_with_day();
}

}  // namespace satchel::simulation
