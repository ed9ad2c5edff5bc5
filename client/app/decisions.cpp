// Suggestions and conflicts: what waits for a decision, and decisions. Signed by this credential; ruled at the hub.
#include <algorithm>

#include "client/app/seen.hpp"
#include "client/app/view.hpp"
#include "schema/base/nearest.hpp"

namespace satchel::client::app {
namespace {

using How = Typed::How;
using schema::Resolution;

sync::OpenItem::Kind kind_of(const Request& request)
{
    return request.invocation.command.starts_with("conflict") ? sync::OpenItem::Kind::conflict
                                                              : sync::OpenItem::Kind::suggestion;
}

// The redirect whose rule made an item, if it lists records of another kind with it.
const schema::RecordType* listed_with(const schema::Policy& policy, const CaseView::Open& open)
{
    for (const auto& redirect : open.group.redirects)
        if (redirect.rule == open.item.rule && !redirect.lists.empty())
            return policy.type(redirect.lists);
    return nullptr;
}

// The agreement's word for work that is finished, as in the states of actions and tasks. It may be taken back.
constexpr std::string_view finished = "done";

// Has a record reached its end: finished, or a state that no step leads out of?
bool is_done(const schema::RecordType& type, const sync::RecordState& record)
{
    for (const auto& group : type.groups) {
        if (group.transitions.empty())
            continue;
        const auto* state = record.group(group.id);
        const auto* value = state ? schema::find(state->current.values, group.transition_field) : nullptr;
        const auto now = value ? schema::to_text(*value) : std::string();
        return now == finished || std::none_of(group.transitions.begin(), group.transitions.end(),
                                               [&](const schema::Transition& step) { return step.from == now; });
    }
    return false;
}

Json still_open(const CaseView& view, const schema::RecordType& type)
{
    auto out = Json::array();
    for (const auto* record : view.in_order())
        if (record->type == type.id && record->withdrawn.empty() && !is_done(type, *record))
            out.push(view.to_json(*record));
    return out;
}

// The records that hold an open item of the kind (the one with this id, if one is given).
std::vector<RecordId> holders(const sync::CaseState& state, sync::OpenItem::Kind kind,
                              const std::optional<VersionId>& id = {})
{
    std::vector<RecordId> out;
    for (const auto& [record_id, record] : state.records) {
        const bool holds = std::any_of(record.groups.begin(), record.groups.end(), [&](const auto& group) {
            return std::any_of(group.open.begin(), group.open.end(), [&](const auto& item) {
                return item.kind == kind && (!id || item.side.id == *id);
            });
        });
        if (holds)
            out.push_back(record_id);
    }
    return out;
}

// The case as far as it is needed to tell of those records. Reading the history of one is cheaper than that of all.
Result<CaseView> view_for(const Desk& desk, sync::CaseState state, const std::vector<RecordId>& records)
{
    return CaseView::of(desk, std::move(state), records.size() == 1 ? records.front() : RecordId{});
}

struct FoundItem {
    CaseView view;
    std::size_t index;  // into view.open_items(kind)
};

Result<FoundItem> find_item(const Desk& desk, const VersionId& id, sync::OpenItem::Kind kind)
{
    SATCHEL_TRY(const auto cases, desk.store.cases());
    for (const auto& one : cases) {
        SATCHEL_TRY(auto state, desk.store.shown(one.case_id));
        if (holders(state, kind, id).empty())
            continue;
        SATCHEL_TRY(auto view, CaseView::of(desk, std::move(state), RecordId{}));
        const auto items = view.open_items(kind);
        for (std::size_t i = 0; i < items.size(); ++i)
            if (items[i].item.side.id == id)
                return FoundItem{std::move(view), i};
    }
    return fail(Errc::not_found, "nothing of that kind waits under this id on this device");
}

Result<Resolution> resolution_of(const console::Invocation& in)
{
    const auto verb = in.command.substr(in.command.find(' ') + 1);
    if (verb == "accept")
        return Resolution::accept;
    if (verb == "amend")
        return Resolution::amend;
    if (verb == "decline")
        return Resolution::decline;
    if (verb == "withdraw")
        return Resolution::withdrawn;
    if (verb == "comment")
        return Resolution::comment;
    if (verb == "escalate")
        return Resolution::escalate;
    if (in.has("value") == in.has("choose"))
        return fail(Errc::invalid_argument, "it takes either --choose or --value");
    if (in.has("value"))
        return Resolution::amend;
    const auto side = in.one("choose").value_or("");
    return side == "A" ? Resolution::choose_a : side == "B" ? Resolution::choose_b : Resolution::previous;
}

// --value V or --value FIELD=V, against the fields of the group.
Result<std::vector<Typed>> values_of(const schema::Group& group, const std::vector<std::string>& texts)
{
    std::vector<Typed> out;
    std::vector<std::string> names;
    for (const auto& field : group.fields)
        names.push_back(field.name);
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        const auto name = text.substr(0, equals);
        const bool named = equals != std::string::npos && group.field(std::string_view(name));
        if (named) {
            out.push_back({How::set, name, text.substr(equals + 1)});
        } else if (names.size() == 1 && texts.size() == 1) {
            out.push_back({How::set, names.front(), text});
        } else {
            std::string all;
            for (const auto& one : names)
                all += (all.empty() ? "" : ", ") + one;
            return fail(Errc::unknown_name, "--value is FIELD=VALUE here, and FIELD is one of " + all +
                                                (equals == std::string::npos ? "" : did_you_mean(name, names)));
        }
    }
    return out;
}

// What is decided is decided on what the user looked at. The hub asks the same again when the decision arrives.
Result<void> require_seen(const CaseView& view, const CaseView::Open& open, const std::vector<VersionId>& seen)
{
    const auto& now = open.state.current;
    const auto& agreed = open.state.agreed;
    if (seen.empty() || seen.front() == now.id || std::find(agreed.begin(), agreed.end(), seen.front()) != agreed.end())
        return {};
    return fail(Errc::refused, "the record has changed since you looked: version " + to_string(now.id) + ", by " +
                                   view.author_of(now) + ", stands now; show it again and decide on that");
}

bool settles(Resolution how) noexcept
{
    return how != Resolution::comment && how != Resolution::escalate && how != Resolution::withdrawn;
}

}  // namespace

Result<Answer> item_list(const Desk& desk, const Request& request, Replies&)
{
    const bool only_mine = request.invocation.has("mine");
    std::optional<CaseId> only;
    if (const auto ref = request.invocation.one("case")) {
        SATCHEL_TRY(only, find_case(desk, *ref));
    }
    SATCHEL_TRY(const auto cases, desk.store.cases());
    auto list = Json::array();
    for (const auto& one : cases) {
        if (only && one.case_id != *only)
            continue;
        SATCHEL_TRY(auto state, desk.store.shown(one.case_id));
        const auto records = holders(state, kind_of(request));
        if (records.empty())
            continue;
        SATCHEL_TRY(const auto view, view_for(desk, std::move(state), records));
        for (const auto& open : view.open_items(kind_of(request)))
            if (!only_mine || view.may_decide(open))
                list.push(view.to_json(open));
    }
    Answer answer;
    answer.body["items"] = std::move(list);
    return answer;
}

Result<Answer> item_show(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto id, typed_id<VersionId>(request));
    SATCHEL_TRY(const auto found, find_item(desk, id, kind_of(request)));
    const auto open = found.view.open_items(kind_of(request))[found.index];
    Answer answer;
    answer.body["item"] = found.view.to_json(open);
    if (const auto* type = listed_with(desk.policy(), open)) {
        answer.body["open_type"] = type->name;
        answer.body["open_actions"] = still_open(found.view, *type);
    }
    return answer;
}

Result<Answer> item_decide(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto how, resolution_of(in));
    SATCHEL_TRY(const auto id, typed_id<VersionId>(request));
    SATCHEL_TRY(const auto found, find_item(desk, id, kind_of(request)));
    const auto open = found.view.open_items(kind_of(request))[found.index];
    SATCHEL_TRY(const auto seen, seen_versions(in));
    SATCHEL_TRYV(require_seen(found.view, open, seen));
    SATCHEL_TRY(const auto typed, values_of(open.group, in.all("value")));

    const auto authority = schema::parse_authority(open.item.decided_by, &open.type);
    const auto& self = desk.store.identity();
    const sync::Scene scene{desk.policy(), found.view.state().facts, &open.record, nullptr};
    Draft draft;
    draft.case_id = found.view.id();
    const auto decides = [&](const schema::Hat& hat) {
        return authority && sync::holds(*authority, hat, self.credential, scene);
    };
    const auto stands_in = [&](const schema::Hat& hat) {
        return authority && sync::covers(*authority, hat.role, scene);
    };
    const auto wrote = [&](const schema::Hat& hat) { return open.item.side.source.role == hat.role; };
    SATCHEL_TRY(draft.hat, settles(how) ? find_hat(desk, in.one("acting-as"), {decides, stands_in})
                                        : find_hat(desk, in.one("acting-as"), {wrote, decides}));
    draft.authored_at = desk.clock.now();
    const Canvas canvas{desk.policy(),
                        open.type,
                        draft.case_id,
                        self.credential,
                        &open.record,
                        nullptr,
                        {},
                        in.one("reason").value_or("")};
    SATCHEL_TRY(draft.parts, compose_resolution(canvas, open.group, open.item, how, typed));
    SATCHEL_TRY(const auto saved, desk.store.save(draft));

    const auto& ruling = saved.changesets.front().forecast.front();
    Answer answer;
    answer.body = Json::object({{"item", id},
                                {"case", draft.case_id},
                                {"record", open.record.id},
                                {"changesets", Json::array()},
                                {"state", "saved"},
                                {"forecast", to_json(ruling)}});
    for (const auto& changeset : saved.changesets)
        answer.body["changesets"].push(Json::object({{"sequence", changeset.sequence}, {"id", changeset.opened.id}}));
    return answer;
}

}  // namespace satchel::client::app
