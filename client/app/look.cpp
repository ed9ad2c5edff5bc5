#include "client/app/look.hpp"

#include <algorithm>

#include "schema/base/nearest.hpp"
#include "schema/value/identifiers.hpp"

namespace satchel::client::app {
namespace {

// The words of the agreement under which a case says whom it is about. An agreement without them gives cases without
// names: everything else works.
constexpr std::string_view person_type = "person";
constexpr std::string_view family_name = "family_name";
constexpr std::string_view given_names = "given_names";
constexpr std::string_view identifiers_group = "identifiers";
constexpr std::string_view scheme_field = "scheme";
constexpr std::string_view identifier_field = "identifier";

struct Identifier {
    std::string scheme;
    std::string text;
};

struct Person {
    std::string name;
    std::vector<Identifier> identifiers;
};

std::string text_in(const schema::Group& group, const schema::FieldValues& values, std::string_view field)
{
    const auto* declared = group.field(field);
    const auto* value = declared ? schema::find(values, declared->id) : nullptr;
    return value ? schema::to_text(*value) : std::string();
}

void read_person(const schema::RecordType& type, const sync::RecordState& record, Person& person)
{
    if (const auto* names = type.group_of_field(family_name))
        if (const auto* state = record.group(names->id)) {
            person.name = text_in(*names, state->current.values, family_name);
            const auto given = text_in(*names, state->current.values, given_names);
            if (!given.empty())
                person.name += (person.name.empty() ? "" : ", ") + given;
        }
    const auto* group = type.group(identifiers_group);
    const auto* state = group ? record.group(group->id) : nullptr;
    if (!state)
        return;
    for (const auto& element : state->elements)
        person.identifiers.push_back(
            {text_in(*group, element.values, scheme_field), text_in(*group, element.values, identifier_field)});
}

Result<Person> read_person(const Desk& desk, const CaseId& case_id)
{
    Person person;
    const auto* type = desk.policy().type(person_type);
    if (!type)
        return person;
    if (type->singleton) {
        SATCHEL_TRY(const auto record, desk.store.shown_record(case_id, sync::singleton_record_id(case_id, type->id)));
        if (record)
            read_person(*type, *record, person);
        return person;
    }
    SATCHEL_TRY(const auto records, desk.store.shown_of_type(case_id, type->id));
    for (const auto& record : records)
        read_person(*type, record, person);
    return person;
}

std::string list_of(const std::vector<schema::Hat>& hats)
{
    std::string out;
    for (const auto& hat : hats)
        out += (out.empty() ? "" : ", ") + to_string(hat);
    return out;
}

bool is_named(const schema::Hat& hat, const std::string& asked)
{
    return asked == to_string(hat) || asked == hat.role || asked == hat.agency ||
           asked == hat.role.substr(hat.role.find('.') + 1);
}

}  // namespace

Result<CaseId> find_case(const Desk& desk, std::string_view ref)
{
    SATCHEL_TRY(const auto cases, desk.store.cases());
    if (const auto id = parse_id<CaseId>(ref))
        for (const auto& one : cases)
            if (one.case_id == *id)
                return *id;
    std::optional<CaseId> found;
    for (const auto& one : cases) {
        SATCHEL_TRY(const auto person, read_person(desk, one.case_id));
        const bool it_is = std::any_of(person.identifiers.begin(), person.identifiers.end(), [&](const auto& known) {
            return schema::check_scheme(known.scheme, ref).normalised ==
                   schema::check_scheme(known.scheme, known.text).normalised;
        });
        if (!it_is)
            continue;
        if (found)
            return fail(Errc::invalid_argument,
                        "two cases on this device carry that identifier; use the id of the case");
        found = one.case_id;
    }
    if (!found)
        return fail(Errc::not_found, "no such case on this device");
    return *found;
}

Result<Json> person_of(const Desk& desk, const CaseId& case_id)
{
    SATCHEL_TRY(const auto person, read_person(desk, case_id));
    auto identifiers = Json::array();
    for (const auto& one : person.identifiers)
        identifiers.push(Json::object({{"scheme", one.scheme}, {"identifier", one.text}}));
    return Json::object({{"name", person.name}, {"identifiers", std::move(identifiers)}});
}

Result<const schema::RecordType*> find_type(const schema::Policy& policy, std::string_view name)
{
    if (const auto* type = policy.type(name))
        return type;
    std::vector<std::string> known;
    for (const auto& type : policy.types)
        known.push_back(type.name);
    return fail(Errc::unknown_name, "the agreement has no such record type" + did_you_mean(name, known));
}

std::string agency_title(const schema::Policy& policy, std::string_view agency)
{
    const auto* known = policy.agency(agency);
    return known ? known->title : std::string(agency);
}

std::string role_title(const schema::Policy& policy, std::string_view role)
{
    const auto* known = policy.role(role);
    return known ? known->title : std::string(role);
}

std::string type_title(const schema::Policy& policy, schema::TypeId type)
{
    const auto* known = policy.type(type);
    return known ? known->title : std::string("(from a newer agreement)");
}

Who who_is(std::string_view authority, const schema::RecordType& type, const sync::Scene& scene)
{
    const auto parsed = schema::parse_authority(authority, &type);
    if (!parsed)
        return {};
    return {sync::in_words(*parsed, scene), sync::roles_of(*parsed, scene)};
}

Result<void> require_role(const schema::Policy& policy, std::string_view name)
{
    if (policy.role(name))
        return {};
    std::vector<std::string> known;
    for (const auto& role : policy.roles)
        known.push_back(role.name);
    return fail(Errc::unknown_name, "the agreement has no such role" + did_you_mean(name, known));
}

Result<schema::Hat> find_hat(const Desk& desk, const std::optional<std::string>& asked,
                             const std::vector<Fits>& best_first)
{
    const auto& hats = desk.store.identity().hats;
    if (hats.empty())
        return fail(Errc::access_removed, "this user has no role any more");
    if (asked) {
        std::vector<schema::Hat> named;
        std::copy_if(hats.begin(), hats.end(), std::back_inserter(named),
                     [&](const auto& hat) { return is_named(hat, *asked); });
        if (named.size() == 1)
            return named.front();
        return fail(Errc::invalid_argument,
                    std::string(named.empty() ? "you have no such role" : "that names several of your roles") +
                        "; yours: " + list_of(hats));
    }
    for (const auto& fits : best_first)
        if (const auto at = std::find_if(hats.begin(), hats.end(), fits); at != hats.end())
            return *at;
    if (hats.size() == 1)
        return hats.front();
    return fail(Errc::invalid_argument, "say with --acting-as under which of your roles: " + list_of(hats));
}

}  // namespace satchel::client::app
