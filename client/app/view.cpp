#include "client/app/view.hpp"

#include <algorithm>

#include "schema/policy/rule_names.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/core/protection.hpp"

namespace satchel::client::app {
namespace {

std::string_view name(sync::Task::State state) noexcept
{
    switch (state) {
    case sync::Task::State::open:
        return "open";
    case sync::Task::State::acknowledged:
        return "acknowledged";
    case sync::Task::State::done:
        return "done";
    case sync::Task::State::superseded:
        return "superseded";
    }
    return "";
}

// What looks wrong in a record without being refused: identifiers whose check letter does not fit.
void warn(const schema::Group& group, const schema::FieldValues& values, Json& warnings)
{
    const auto* scheme_field = group.field(std::string_view("scheme"));
    const auto* scheme = scheme_field ? schema::find(values, scheme_field->id) : nullptr;
    for (const auto& field : group.fields) {
        const auto* value = schema::find(values, field.id);
        if (!value || schema::is_null(*value) || !schema::is_identifier(field.type))
            continue;
        auto reason = schema::value_warning(field, *value);
        if (!reason && scheme) {
            auto check = schema::check_scheme(schema::to_text(*scheme), schema::to_text(*value));
            if (!check.wellformed)
                reason = std::move(check.reason);
        }
        if (reason && !reason->empty())
            warnings.push(Json::object({{"field", field.name}, {"reason", *reason}}));
    }
}

const schema::Value* guarded_value(const schema::Group& group, const schema::FieldValues& values)
{
    return group.safe_side ? schema::find(values, group.safe_side->field) : nullptr;
}

// The name by which the rest of the world calls what waits: the field where there is only one.
std::string field_of(const schema::Group& group)
{
    return group.fields.size() == 1 ? group.fields.front().name : group.name;
}

}  // namespace

bool is_list(const schema::Group& group) noexcept
{
    return group.merge == schema::Merge::append || group.merge == schema::Merge::add_wins;
}

bool waits(const sync::Task& task) noexcept
{
    return task.state == sync::Task::State::open || task.state == sync::Task::State::acknowledged;
}

std::string text_of(const schema::Value& value)
{
    auto text = schema::to_text(value);
    if (std::holds_alternative<schema::Decimal>(value)) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.'))
            text.pop_back();
    }
    return text;
}

Json to_json(const schema::Group& group, const schema::FieldValues& values)
{
    auto out = Json::object();
    for (const auto& field : group.fields)
        if (const auto* value = schema::find(values, field.id); value && !schema::is_null(*value))
            out[field.name] = text_of(*value);
    return out;
}

Json value_of(const schema::Group& group, const schema::FieldValues& values)
{
    if (values.empty())
        return nullptr;
    auto all = to_json(group, values);
    if (group.fields.size() != 1)
        return all;
    return all.at(group.fields.front().name);
}

Json to_json(const sync::Ruling& ruling)
{
    return Json::object({{"outcome", std::string(sync::name(ruling.outcome))},
                         {"rule", ruling.rule},
                         {"paragraph", ruling.paragraph},
                         {"decided_by", ruling.decided_by},
                         {"say", ruling.who_can},
                         {"instead", ruling.instead.empty() ? Json() : Json(ruling.instead)}});
}

Json to_json(const sync::Facts& facts)
{
    auto out = Json::object();
    for (const auto& [fact, value] : facts)
        out[fact] = value;
    return out;
}

Json time_or_null(Instant t)
{
    return t.ms == 0 ? Json() : Json(t);
}

Result<CaseView> CaseView::of(const Desk& desk, const CaseId& case_id)
{
    SATCHEL_TRY(auto state, desk.store.shown(case_id));
    return of(desk, std::move(state), RecordId{});
}

Result<CaseView> CaseView::of(const Desk& desk, sync::CaseState state, const RecordId& only)
{
    CaseView out(desk);
    out.state_ = std::move(state);
    SATCHEL_TRY(out.lines_, desk.store.history(out.state_.id, only, /*prove=*/false));
    for (std::size_t i = 0; i < out.lines_.size(); ++i) {
        const auto& line = out.lines_[i];
        out.by_version_.emplace(line.version, i);
        const bool refused = line.ruling && line.ruling->outcome == sync::Outcome::refused;
        if (!refused)
            out.founding_.emplace(line.record, i);
        if (line.pending)
            out.pending_.insert(line.record);
    }
    return out;
}

const HistoryLine* CaseView::line(const VersionId& version) const
{
    const auto at = by_version_.find(version);
    return at == by_version_.end() ? nullptr : &lines_[at->second];
}

const HistoryLine* CaseView::founding(const RecordId& record) const
{
    const auto at = founding_.find(record);
    return at == founding_.end() ? nullptr : &lines_[at->second];
}

Instant CaseView::event_at(const RecordId& record) const
{
    const auto* first = founding(record);
    if (!first)
        return {};
    return first->event_at.ms != 0 ? first->event_at : first->authored_at;
}

std::string CaseView::author_of(const sync::Version& version) const
{
    const auto* said = line(version.id);
    if (said && !said->author_name.empty())
        return said->author_name;
    // What the system wrote for somebody: a referral or a concern in place of what they typed.
    return author_named(version.source.author);
}

std::string CaseView::author_named(const CredentialId& author) const
{
    if (author.empty())
        return {};
    auto known = desk_->store.author_name(author);
    return known ? *std::move(known) : std::string();
}

sync::Scene CaseView::scene(const sync::RecordState& record) const
{
    return {desk_->policy(), state_.facts, &record, nullptr};
}

Result<CaseView::Found> CaseView::find(const RecordId& record) const
{
    const auto* state = state_.record(record);
    if (!state)
        return fail(Errc::not_found, "no such record on this device");
    const auto* type = desk_->policy().type(state->type);
    if (!type)
        return fail(Errc::unknown_name, "the record is of a kind that the agreement on this device does not know yet");
    return Found{*state, *type};
}

std::vector<const sync::RecordState*> CaseView::in_order() const
{
    std::vector<const sync::RecordState*> out;
    out.reserve(state_.records.size());
    for (const auto& [id, record] : state_.records)
        out.push_back(&record);
    std::map<schema::TypeId, std::size_t> place;
    for (const auto& type : desk_->policy().types)
        place.emplace(type.id, place.size());
    std::set<schema::TypeId> events;
    for (const auto& type : desk_->policy().types)
        if (type.kind == schema::RecordType::Kind::event)
            events.insert(type.id);
    const auto place_of = [&](schema::TypeId type) {
        const auto at = place.find(type);
        return at == place.end() ? place.size() : at->second;
    };
    std::sort(out.begin(), out.end(), [&](const auto* a, const auto* b) {
        if (a->type != b->type)
            return place_of(a->type) < place_of(b->type);
        if (events.contains(a->type)) {
            const auto when_a = event_at(a->id), when_b = event_at(b->id);
            if (when_a != when_b)
                return when_a < when_b;
        }
        return a->id < b->id;
    });
    return out;
}

Json CaseView::to_json(const sync::RecordState& record) const
{
    const auto& policy = desk_->policy();
    const auto* type = policy.type(record.type);
    auto out = Json::object({{"id", record.id},
                             {"type", type ? Json(type->name) : Json()},
                             {"title", type_title(policy, record.type)},
                             {"version", nullptr},
                             {"fields", Json::object()},
                             {"pending", is_pending(record.id)}});
    auto fields = Json::object();
    auto groups = Json::object();
    auto warnings = Json::array();
    Json version;
    for (const auto& group : type ? type->groups : std::vector<schema::Group>{}) {
        const auto* state = record.group(group.id);
        if (!state)
            continue;
        auto about = Json::object();
        if (is_list(group)) {
            auto elements = Json::array();
            for (const auto& element : state->elements) {
                auto one = app::to_json(group, element.values);
                one["id"] = element.id;
                one["agency"] = element.source.agency;
                one["author"] = author_of(element);
                elements.push(std::move(one));
                warn(group, element.values, warnings);
            }
            fields[group.name] = std::move(elements);
        } else {
            const auto& shown = sync::shown_values(group, *state);
            const auto texts = app::to_json(group, shown);
            for (const auto& [field, text] : texts.members())
                fields[field] = text;
            warn(group, shown, warnings);
            if (!state->current.id.empty()) {
                about["version"] = state->current.id;
                about["agency"] = state->current.source.agency;
                about["author"] = author_of(state->current);
                if (version.is_null())
                    version = state->current.id;
            }
            // Of two versions the safer one may be shown as standing although it is not the recorded one.
            if (&shown != &state->current.values) {
                const auto* value = guarded_value(group, shown);
                about["stands"] = value ? Json(schema::to_text(*value)) : value_of(group, shown);
                about["recorded"] = value_of(group, state->current.values);
            }
        }
        if (state->voided)
            about["voided"] = true;
        if (!about.members().empty())
            groups[group.name] = std::move(about);
    }
    out["version"] = std::move(version);
    out["fields"] = std::move(fields);
    out["groups"] = std::move(groups);
    if (type)
        out["open"] = open_items_of(record, *type);
    out["event_at"] = time_or_null(event_at(record.id));
    const auto* first = founding(record.id);
    const auto author = first && !first->author_name.empty() ? first->author_name : author_named(record.created.author);
    out["created_by"] =
        Json::object({{"agency", record.created.agency}, {"role", record.created.role}, {"author", author}});
    out["late"] = record.late;
    out["stale"] = !record.stale.empty();
    out["withdrawn"] = !record.withdrawn.empty();
    out["outside"] = Json(record.outside);
    auto links = Json::array();
    for (const auto& link : record.links)
        links.push(Json::object({{"record", link.other}, {"rule", link.rule}, {"discrepancy", link.discrepancy}}));
    out["links"] = std::move(links);
    if (!warnings.items().empty())
        out["warnings"] = std::move(warnings);
    return out;
}

Json CaseView::to_json(const sync::Task& task) const
{
    const auto* cause = line(task.cause);
    return app::to_json(*desk_, id(), task, cause ? Cause{cause->author_name, cause->agency} : Cause{});
}

Json to_json(const Desk& desk, const CaseId& case_id, const sync::Task& task, const Cause& cause)
{
    auto reason = type_title(desk.policy(), task.type);
    if (!cause.author.empty())
        reason += ", by " + cause.author + " (" + agency_title(desk.policy(), cause.agency) + ")";
    return Json::object({{"id", task.id},
                         {"rule", task.rule},
                         {"role", task.role},
                         {"falls_to_you", desk.store.identity().stands_in_for(desk.policy(), {task.role})},
                         {"task", task.words},
                         {"case", case_id},
                         {"record", task.record},
                         {"due", task.due.days == 0 ? Json() : Json(task.due)},
                         {"safety", task.safety},
                         {"state", std::string(name(task.state))},
                         {"paragraph", task.paragraph},
                         {"reason", reason}});
}

std::vector<CaseView::Open> CaseView::open_items(std::optional<sync::OpenItem::Kind> kind) const
{
    std::vector<Open> out;
    for (const auto* record : in_order()) {
        const auto* type = desk_->policy().type(record->type);
        for (const auto& state : record->groups) {
            const auto* group = type ? type->group(state.id) : nullptr;
            if (!group)
                continue;
            for (const auto& item : state.open)
                if (!kind || item.kind == *kind)
                    out.push_back({*record, *type, *group, state, item});
        }
    }
    return out;
}

Json CaseView::open_items_of(const sync::RecordState& record, const schema::RecordType& type) const
{
    auto out = Json::array();
    for (const auto& state : record.groups)
        if (const auto* group = type.group(state.id))
            for (const auto& item : state.open)
                out.push(to_json(Open{record, type, *group, state, item}));
    return out;
}

bool CaseView::may_decide(const Open& open) const
{
    const auto authority = schema::parse_authority(open.item.decided_by, &open.type);
    if (!authority)
        return false;
    const auto& self = desk_->store.identity();
    return std::any_of(self.hats.begin(), self.hats.end(), [&](const auto& hat) {
        return sync::holds(*authority, hat, self.credential, scene(open.record)) ||
               sync::covers(*authority, hat.role, scene(open.record));
    });
}

// The first of the two decisions that less protection takes; null when there is none.
Json CaseView::first_decision(const Open& open) const
{
    const auto& item = open.item;
    if (item.proposed.id.empty())
        return {};
    const auto* values = &open.state.current.values;
    if (item.proposed_how == schema::Resolution::accept || item.proposed_how == schema::Resolution::choose_b)
        values = &item.side.values;
    else if (item.proposed_how == schema::Resolution::previous)
        values = &open.state.previous.values;
    else if (item.proposed_how == schema::Resolution::amend)
        values = &item.proposed.values;
    return Json::object({{"version", item.proposed.id},
                         {"value", value_of(open.group, *values)},
                         {"author", author_of(item.proposed)},
                         {"agency", item.proposed.source.agency},
                         {"agency_title", agency_title(desk_->policy(), item.proposed.source.agency)}});
}

Json CaseView::to_json(const Open& open) const
{
    const auto& policy = desk_->policy();
    const auto& item = open.item;
    const bool conflict = item.kind == sync::OpenItem::Kind::conflict;
    const auto who = who_is(item.decided_by, open.type, scene(open.record));
    const auto* said = line(item.side.id);

    const auto side = [&](const sync::Version& version, Json value, bool stands) {
        return Json::object({{"version", version.id.empty() ? Json() : Json(version.id)},
                             {"value", std::move(value)},
                             {"author", author_of(version)},
                             {"agency", version.source.agency},
                             {"agency_title", agency_title(policy, version.source.agency)},
                             {"stands", stands}});
    };
    auto sides = Json::array();
    if (item.rule == schema::rule_names::withdraw) {
        sides.push(side(item.side, Json::object({{"withdraws", true}}), false));
    } else if (item.removes) {
        auto removed = Json::array();
        for (const auto& element : open.state.elements)
            if (std::find(item.targets.begin(), item.targets.end(), element.id) != item.targets.end())
                removed.push(app::to_json(open.group, element.values));
        sides.push(side(item.side, Json::object({{"removes", std::move(removed)}}), false));
    } else {
        if (!open.state.current.id.empty())
            sides.push(side(open.state.current, value_of(open.group, open.state.current.values), !item.stands));
        sides.push(side(item.side, value_of(open.group, item.side.values), item.stands));
    }

    std::string note;
    const auto also = [&](std::string_view words) { note += (note.empty() ? "" : "; ") + std::string(words); };
    if (item.around_handover)
        also("written around handover");
    if (item.protective)
        also("the more protective view: shown beside the recorded one, and safety prompts follow it");
    if (item.stands)
        also("the safer of the two versions is shown until it is decided");
    if (!item.proposed.id.empty())
        also("one person has decided for less protection; it counts when a second decides the same");
    if (open.group.merge == schema::Merge::alternatives)
        also("requested, not in force");
    if (said && said->pending)
        also("saved on this device, not received centrally");

    return Json::object({{"id", item.side.id},
                         {"case", id()},
                         {"record", open.record.id},
                         {"type", open.type.name},
                         {"title", open.type.title},
                         {"field", field_of(open.group)},
                         {"group", open.group.name},
                         {"kind", conflict ? "conflict" : "suggestion"},
                         {"owner_role", who.roles.empty() ? Json(item.decided_by) : Json(who.roles.front())},
                         {"owner_roles", Json(who.roles)},
                         {"decided_by", who.words},
                         {"yours_to_decide", may_decide(open)},
                         {"rule", item.rule},
                         {"paragraph", said && said->ruling ? said->ruling->paragraph : std::string()},
                         {"opened_at", said ? time_or_null(said->received_at) : Json()},
                         {"pending", said && said->pending},
                         {"around_handover", item.around_handover},
                         {"note", note},
                         {"reason", said ? said->reason : std::string()},
                         {"first_decision", first_decision(open)},
                         {"sides", std::move(sides)}});
}

void CaseView::each_prompt(const Prompted& tell) const
{
    for (const auto* record : in_order()) {
        const auto* type = desk_->policy().type(record->type);
        if (!type || !type->singleton || !record->withdrawn.empty())
            continue;
        for (const auto& group : type->groups) {
            const auto* state = record->group(group.id);
            const auto* value = state ? guarded_value(group, sync::prompting_values(group, *state)) : nullptr;
            if (value && !schema::is_null(*value))
                tell(group, *group.field(group.safe_side->field), *value);
        }
    }
}

Json CaseView::prompts() const
{
    auto out = Json::object();
    each_prompt([&](const schema::Group&, const schema::Field& field, const schema::Value& value) {
        out[field.name] = text_of(value);
    });
    return out;
}

Json CaseView::prompt_titles() const
{
    auto out = Json::object();
    // A title that somebody gave to the group says what it is about: "Risk to children", not "Children level".
    each_prompt([&](const schema::Group& group, const schema::Field& field, const schema::Value&) {
        out[field.name] = group.title == console::in_words(group.name) ? field.title : group.title;
    });
    return out;
}

}  // namespace satchel::client::app
