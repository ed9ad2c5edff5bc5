// Recording: what was typed becomes changes, is saved on this device, and the author is told what will become of it.
#include <algorithm>

#include "client/app/entry.hpp"
#include "client/app/seen.hpp"
#include "client/app/view.hpp"
#include "schema/base/nearest.hpp"
#include "sync/core/protection.hpp"

namespace satchel::client::app {
namespace {

using How = Typed::How;

// A record as it is before the change: shown with own pending work, and confirmed. Nothing for a new one.
struct Before {
    std::optional<sync::RecordState> shown;
    std::optional<sync::RecordState> confirmed;
    std::optional<Seen> seen = {};
};

Result<Before> before(const Desk& desk, const CaseId& case_id, const RecordId& record)
{
    Before out;
    SATCHEL_TRY(out.shown, desk.store.shown_record(case_id, record));
    SATCHEL_TRY(out.confirmed, desk.store.confirmed_record(case_id, record));
    return out;
}

// The present version of "group" of the record, or of "record.group" of a kind that the case has one of.
VersionId version_of(const Desk& desk, const CaseId& case_id, const schema::RecordType& type, const Before& record,
                     std::string_view target)
{
    const auto dot = target.find('.');
    const auto* of = dot == std::string_view::npos ? &type : desk.policy().type(target.substr(0, dot));
    const auto* group = of ? of->group(dot == std::string_view::npos ? target : target.substr(dot + 1)) : nullptr;
    if (!group)
        return {};
    if (of == &type) {
        const auto* state = record.confirmed ? record.confirmed->group(group->id) : nullptr;
        return state ? state->current.id : VersionId{};
    }
    const auto other = desk.store.confirmed_record(case_id, sync::singleton_record_id(case_id, of->id));
    const auto* state = other && *other ? (*other)->group(group->id) : nullptr;
    return state ? state->current.id : VersionId{};
}

Canvas canvas_of(const Desk& desk, const CaseId& case_id, const schema::RecordType& type, const Before& record,
                 const std::string& reason)
{
    return {desk.policy(),
            type,
            case_id,
            desk.store.identity().credential,
            record.shown ? &*record.shown : nullptr,
            record.confirmed ? &*record.confirmed : nullptr,
            [&desk, case_id, &type, &record](std::string_view target) {
                return version_of(desk, case_id, type, record, target);
            },
            reason,
            record.seen ? &*record.seen : nullptr};
}

Result<void> remove_all(const schema::Group& group, const sync::RecordState& record, std::vector<Typed>& out)
{
    const auto* state = record.group(group.id);
    if (!state || state->elements.empty())
        return fail(Errc::invalid_argument, "the list is empty");
    for (const auto& element : state->elements)
        out.push_back({How::remove, {}, to_string(element.id)});
    return {};
}

// --remove GROUP, GROUP=ELEMENT or FIELD=VALUE, as the typed words of one removal for each element.
Result<void> expand(const Removal& removal, const schema::RecordType& type, const Before& record,
                    std::vector<Typed>& out)
{
    if (!record.shown)
        return fail(Errc::invalid_argument, "a new record has nothing to remove");
    const auto* group = type.group(removal.name);
    if (group && !removal.value) {
        if (!is_list(*group))
            return fail(Errc::invalid_argument, removal.name + " is not a list: clear its fields with --set FIELD=");
        return remove_all(*group, *record.shown, out);
    }
    if (removal.value && parse_id<VersionId>(*removal.value)) {
        out.push_back({How::remove, {}, *removal.value});
        return {};
    }
    if (removal.value && type.group_of_field(removal.name)) {
        out.push_back({How::remove, removal.name, *removal.value});
        return {};
    }
    std::vector<std::string> known;
    for (const auto& one : type.groups)
        if (is_list(one))
            known.push_back(one.name);
    return fail(Errc::unknown_name, type.name + " has no such list" + did_you_mean(removal.name, known));
}

Result<Draft> draft_of(const Desk& desk, const CaseId& case_id, const schema::RecordType& type, const Before& record,
                       const Entry& entry, const schema::Hat& hat)
{
    auto typed = entry.typed;
    for (const auto& removal : entry.removals)
        SATCHEL_TRYV(expand(removal, type, record, typed));
    Draft draft;
    draft.case_id = case_id;
    draft.hat = hat;
    draft.authored_at = desk.clock.now();
    draft.event_at = entry.event_at.value_or(Instant{});
    SATCHEL_TRY(auto basis, parse_basis(entry.basis));
    draft.basis = basis.basis;
    draft.basis_source = std::move(basis.source);
    SATCHEL_TRY(draft.parts, compose(canvas_of(desk, case_id, type, record, entry.reason), typed));
    return draft;
}

// The field by which the author knows a change: the first that they typed of its group.
std::string typed_field(const schema::Group& group, const schema::Change& change, const Entry& entry)
{
    for (const auto& typed : entry.typed)
        if (group.field(std::string_view(typed.field)))
            return typed.field;
    if (is_list(group) || change.values.empty())
        return group.name;
    for (const auto& field : group.fields)
        if (schema::find(change.values, field.id))
            return field.name;
    return group.name;
}

Json forecast_of(const Desk& desk, const sync::Facts& facts, const schema::Change& change, const sync::Ruling& ruling,
                 const Entry& entry)
{
    const auto& policy = desk.policy();
    const auto* type = policy.type(change.type);
    const auto* group = type ? type->group(change.group) : nullptr;
    // Of what is applied, whose it is; of what waits, who decides.
    std::string owner;
    if (type && group) {
        const auto record = desk.store.case_of(change.record);
        std::optional<sync::RecordState> state;
        if (record)
            if (auto shown = desk.store.shown_record(*record, change.record))
                state = *std::move(shown);
        const sync::Scene scene{policy, facts, state ? &*state : nullptr, &change.values};
        owner = ruling.decided_by.empty() ? sync::in_words(sync::owner_of(*group, facts, change.values), scene)
                                          : who_is(ruling.decided_by, *type, scene).words;
    }
    const auto outcome = ruling.outcome == sync::Outcome::merged ? sync::Outcome::applied : ruling.outcome;
    return Json::object({{"field", group ? typed_field(*group, change, entry) : std::string()},
                         {"group", group ? group->name : std::string()},
                         {"outcome", std::string(sync::name(outcome))},
                         {"owner", owner},
                         {"rule", ruling.rule},
                         {"paragraph", ruling.paragraph},
                         {"instead", ruling.instead.empty() ? Json() : Json(ruling.instead)},
                         {"say", ruling.who_can},
                         {"outside_policy", ruling.outside_policy}});
}

Json forecast_of(const Desk& desk, const sync::Facts& facts, const Saved& saved, const Entry& entry)
{
    auto out = Json::array();
    for (const auto& changeset : saved.changesets)
        for (std::size_t i = 0; i < changeset.forecast.size(); ++i)
            out.push(forecast_of(desk, facts, changeset.opened.changes[i], changeset.forecast[i], entry));
    return out;
}

Json changesets_of(const Saved& saved)
{
    auto out = Json::array();
    for (const auto& changeset : saved.changesets)
        out.push(Json::object({{"sequence", changeset.sequence}, {"id", changeset.opened.id}}));
    return out;
}

bool all_applied(const std::vector<Saved>& saved)
{
    return std::all_of(saved.begin(), saved.end(), [](const Saved& one) {
        return std::all_of(one.changesets.begin(), one.changesets.end(), [](const SavedChangeset& changeset) {
            return std::all_of(changeset.forecast.begin(), changeset.forecast.end(), [](const sync::Ruling& ruling) {
                return ruling.outcome == sync::Outcome::applied || ruling.outcome == sync::Outcome::merged;
            });
        });
    });
}

// What was typed about one or several records of one case, on its way into the store.
struct Writing {
    CaseId case_id;
    std::vector<Entry> entries;
    std::vector<Draft> drafts;
};

// With --require applied nothing is saved that the owner would have to decide on, or that would be refused.
Result<Answer> required_but_not_applied(const Desk& desk, const sync::Facts& facts, const Writing& writing,
                                        const std::vector<Saved>& told)
{
    Answer answer;
    answer.ok = false;
    answer.exit = console::Exit::refused;
    auto words =
        console::words_for({Errc::refused, "it would not be in the record at once", {}}, console::Side::device);
    words.safe = "Nothing was saved or changed.";
    words.next = "Leave out --require applied to save it all the same; the forecast says what would become of it.";
    answer.body["error"] = console::to_json(words).at("error");
    auto forecasts = Json::array();
    for (std::size_t i = 0; i < told.size(); ++i) {
        const auto of_one = forecast_of(desk, facts, told[i], writing.entries[i]);
        for (const auto& one : of_one.items())
            forecasts.push(one);
    }
    answer.body["forecast"] = std::move(forecasts);
    return answer;
}

Result<sync::Facts> facts_of(const Desk& desk, const CaseId& case_id)
{
    SATCHEL_TRY(const auto cases, desk.store.cases());
    for (const auto& one : cases)
        if (one.case_id == case_id)
            return one.facts;
    return fail(Errc::not_found, "no such case on this device");
}

Result<Answer> save(const Desk& desk, const Request& request, const Writing& writing, bool one)
{
    SATCHEL_TRY(const auto facts, facts_of(desk, writing.case_id));
    if (request.invocation.one("require")) {
        SATCHEL_TRY(const auto told, desk.store.forecast(writing.drafts));
        if (!all_applied(told))
            return required_but_not_applied(desk, facts, writing, told);
    }
    SATCHEL_TRY(const auto saved, desk.store.save_all(writing.drafts));
    Answer answer;
    if (one) {
        answer.body = Json::object({{"record", saved.front().record},
                                    {"case", writing.case_id},
                                    {"changesets", changesets_of(saved.front())},
                                    {"state", "saved"},
                                    {"forecast", forecast_of(desk, facts, saved.front(), writing.entries.front())}});
        return answer;
    }
    auto records = Json::array();
    for (std::size_t i = 0; i < saved.size(); ++i)
        records.push(Json::object({{"record", saved[i].record},
                                   {"changesets", changesets_of(saved[i])},
                                   {"forecast", forecast_of(desk, facts, saved[i], writing.entries[i])}}));
    answer.body = Json::object(
        {{"case", writing.case_id}, {"saved", saved.size()}, {"state", "saved"}, {"records", std::move(records)}});
    return answer;
}

Result<std::vector<Entry>> read_entries(const Request& request)
{
    SATCHEL_TRY(auto typed, entry_from(request.invocation));
    if (!request.invocation.has("input"))
        return std::vector<Entry>{std::move(typed)};
    if (!typed.typed.empty() || !typed.removals.empty())
        return fail(Errc::invalid_argument, "--input stands instead of --set, --add and --remove");
    return entries_from(text(request.input), typed);
}

tl::unexpected<Error> at_entry(const Error& error, std::size_t index, std::size_t count)
{
    return count == 1 ? tl::unexpected(error)
                      : fail(error.code, "record " + std::to_string(index + 1) + " of " + std::to_string(count) + ": " +
                                             error.detail);
}

Result<schema::Hat> hat_for(const Desk& desk, const Request& request, const schema::RecordType& type)
{
    // Of several hats the first that may record such a thing, whatever the facts of the case are.
    static const sync::Facts none;
    const sync::Scene scene{desk.policy(), none, nullptr, nullptr};
    const auto& self = desk.store.identity();
    const auto records = [&](const schema::Hat& hat) {
        return std::any_of(type.create.begin(), type.create.end(), [&](const auto& who) {
            return who.kind == schema::Authority::Kind::role && sync::holds(who, hat, self.credential, scene);
        });
    };
    return find_hat(desk, request.invocation.one("acting-as"), {records});
}

}  // namespace

Result<Answer> record_new(const Desk& desk, const Request& request, Replies&)
{
    Writing writing;
    SATCHEL_TRY(writing.entries, read_entries(request));
    SATCHEL_TRY(writing.case_id, find_case(desk, request.invocation.one("case").value_or("")));
    const auto count = writing.entries.size();
    std::vector<schema::TypeId> made_once;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& entry = writing.entries[i];
        auto type = find_type(desk.policy(), entry.type);
        if (!type)
            return at_entry(type.error(), i, count);
        Before record;
        if ((*type)->singleton) {
            if (std::find(made_once.begin(), made_once.end(), (*type)->id) != made_once.end())
                return fail(Errc::invalid_argument, (*type)->name + " is there once a case, and twice in the input");
            made_once.push_back((*type)->id);
            // What a case has one of and has already is edited.
            SATCHEL_TRY(record, before(desk, writing.case_id, sync::singleton_record_id(writing.case_id, (*type)->id)));
        }
        SATCHEL_TRY(const auto hat, hat_for(desk, request, **type));
        auto draft = draft_of(desk, writing.case_id, **type, record, entry, hat);
        if (!draft)
            return at_entry(draft.error(), i, count);
        writing.drafts.push_back(*std::move(draft));
    }
    return save(desk, request, writing, count == 1);
}

Result<Answer> record_edit(const Desk& desk, const Request& request, Replies&)
{
    Writing writing;
    SATCHEL_TRY(writing.entries, read_entries(request));
    if (writing.entries.size() != 1)
        return fail(Errc::invalid_argument, "an edit is of one record");
    SATCHEL_TRY(const auto id, typed_id<RecordId>(request));
    SATCHEL_TRY(writing.case_id, desk.store.case_of(id));
    SATCHEL_TRY(auto record, before(desk, writing.case_id, id));
    const auto* type = record.shown ? desk.policy().type(record.shown->type) : nullptr;
    if (!type)
        return fail(Errc::unknown_name, "the record is of a kind that the agreement on this device does not know yet");
    SATCHEL_TRY(record.seen, seen_of(desk, request.invocation, writing.case_id, *record.shown,
                                     record.confirmed ? &*record.confirmed : nullptr));
    SATCHEL_TRY(const auto hat, hat_for(desk, request, *type));
    SATCHEL_TRY(auto draft, draft_of(desk, writing.case_id, *type, record, writing.entries.front(), hat));
    writing.drafts.push_back(std::move(draft));
    return save(desk, request, writing, /*one=*/true);
}

Result<Answer> record_withdraw(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto id, typed_id<RecordId>(request));
    Writing writing;
    writing.entries.emplace_back();
    SATCHEL_TRY(writing.case_id, desk.store.case_of(id));
    SATCHEL_TRY(const auto record, before(desk, writing.case_id, id));
    const auto* type = record.shown ? desk.policy().type(record.shown->type) : nullptr;
    if (!type)
        return fail(Errc::unknown_name, "the record is of a kind that the agreement on this device does not know yet");
    Draft draft;
    draft.case_id = writing.case_id;
    draft.authored_at = desk.clock.now();
    // Whoever supplied it withdraws it: under that hat if there is a choice.
    const auto supplied = [&](const schema::Hat& hat) { return hat.agency == record.shown->created.agency; };
    SATCHEL_TRY(draft.hat, find_hat(desk, in.one("acting-as"), {supplied}));
    draft.parts = compose_withdrawal(canvas_of(desk, writing.case_id, *type, record, in.one("reason").value_or("")),
                                     in.has("wrong-person"));
    writing.drafts.push_back(std::move(draft));
    return save(desk, request, writing, /*one=*/true);
}

}  // namespace satchel::client::app
