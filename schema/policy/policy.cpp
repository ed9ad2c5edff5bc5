#include "schema/policy/policy.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace satchel::schema {
namespace {

template <class Items>
auto by_name(const Items& items, std::string_view name) noexcept -> decltype(items.data())
{
    const auto at = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
    return at == items.end() ? nullptr : &*at;
}

constexpr std::array<std::string_view, 18> field_types{
    "text", "note",    "choice",   "yes_no", "date",          "instant", "integer", "decimal", "agency",    "role",
    "ref",  "version", "postcode", "crn",    "prison_number", "pnc",     "cro",     "identifier"};
constexpr std::array<std::string_view, 5> merges{"manual", "text3", "append", "add_wins", "alternatives"};
constexpr std::array<std::string_view, 3> holds{"full", "reference", "online"};

template <class E, std::size_t N>
std::optional<E> from_name(const std::array<std::string_view, N>& names, std::string_view text) noexcept
{
    const auto at = std::find(names.begin(), names.end(), text);
    if (text.empty() || at == names.end())
        return std::nullopt;
    return static_cast<E>(at - names.begin());
}

// Agencies, teams, roles, duties, fields and facts as they appear in authorities and hats.
bool is_name(std::string_view text) noexcept
{
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
}

}  // namespace

bool is_role_name(std::string_view text) noexcept
{
    const auto dot = text.find('.');
    return dot != std::string_view::npos && is_name(text.substr(0, dot)) && is_name(text.substr(dot + 1));
}

std::string to_string(const Hat& hat)
{
    const auto prefix = hat.agency + ".";
    const bool own = hat.role.starts_with(prefix);
    return hat.agency + "/" + hat.team + "/" + (own ? hat.role.substr(prefix.size()) : hat.role);
}

Result<Hat> parse_hat(std::string_view text)
{
    const auto first = text.find('/');
    const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
    if (second == std::string_view::npos)
        return fail(Errc::malformed, "a hat is written AGENCY/TEAM/ROLE, as in police/eastside/offender_manager");
    const auto agency = text.substr(0, first);
    const auto team = text.substr(first + 1, second - first - 1);
    const auto role = text.substr(second + 1);
    if (!is_name(agency) || !is_name(team) || !is_name(role) || agency.find('.') != std::string_view::npos)
        return fail(Errc::malformed, "agency, team and role are lower-case names of letters, digits, _ and -");
    Hat hat{std::string(agency), std::string(team), std::string(role)};
    if (!role.starts_with(hat.agency + "."))
        hat.role = hat.agency + "." + hat.role;
    return hat;
}

std::string to_string(const Authority& authority)
{
    switch (authority.kind) {
    case Authority::Kind::nobody:
        return "nobody";
    case Authority::Kind::agency:
        return "agency:" + authority.name;
    case Authority::Kind::role:
        return "role:" + authority.name;
    case Authority::Kind::lead_agency:
        return "lead_agency";
    case Authority::Kind::lead_duty:
        return "lead_agency/" + authority.name;
    case Authority::Kind::supplier:
        return "supplier";
    case Authority::Kind::author:
        return "author";
    case Authority::Kind::field_agency:
        return "field:" + authority.name;
    case Authority::Kind::fact_agency:
        return "fact:" + authority.name;
    case Authority::Kind::case_agencies:
        return "case_agencies";
    case Authority::Kind::every_agency:
        return "every_agency";
    }
    return "nobody";
}

Result<Authority> parse_authority(std::string_view text)
{
    using Kind = Authority::Kind;
    constexpr std::array<std::pair<std::string_view, Kind>, 6> whole{{{"nobody", Kind::nobody},
                                                                      {"lead_agency", Kind::lead_agency},
                                                                      {"supplier", Kind::supplier},
                                                                      {"author", Kind::author},
                                                                      {"case_agencies", Kind::case_agencies},
                                                                      {"every_agency", Kind::every_agency}}};
    constexpr std::array<std::pair<std::string_view, Kind>, 5> named{{{"agency:", Kind::agency},
                                                                      {"role:", Kind::role},
                                                                      {"lead_agency/", Kind::lead_duty},
                                                                      {"field:", Kind::field_agency},
                                                                      {"fact:", Kind::fact_agency}}};
    for (const auto& [word, kind] : whole)
        if (text == word)
            return Authority{kind, {}, {}};
    for (const auto& [prefix, kind] : named)
        if (text.starts_with(prefix) && is_name(text.substr(prefix.size())))
            return Authority{kind, std::string(text.substr(prefix.size())), {}};
    return fail(Errc::malformed, "an authority is nobody, lead_agency, lead_agency/DUTY, supplier, author, "
                                 "case_agencies, every_agency, agency:NAME, role:NAME, field:NAME or fact:NAME");
}

Result<Authority> parse_authority(std::string_view text, const RecordType* type)
{
    SATCHEL_TRY(auto out, parse_authority(text));
    if (out.kind != Authority::Kind::field_agency)
        return out;
    const auto* group = type ? type->group_of_field(out.name) : nullptr;
    if (!group)
        return fail(Errc::unknown_name, "the record has no field of that name");
    out.field = group->field(out.name)->id;
    return out;
}

Result<Receiver> parse_receiver(std::string_view text, const RecordType* type)
{
    SATCHEL_TRY(auto out, parse_receiver(text));
    SATCHEL_TRY(out.who, parse_authority(to_string(out.who), type));
    return out;
}

Result<Receiver> parse_receiver(std::string_view text)
{
    if (auto whole = parse_authority(text))
        return Receiver{*std::move(whole), {}};
    const auto slash = text.find('/');
    const auto duty = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
    if (!names_receiver(text))
        return is_name(text) ? Result<Receiver>(Receiver{{Authority::Kind::role, std::string(text), {}}, {}})
                             : fail(Errc::malformed, "who is told is AGENCY.ROLE, lead_agency/DUTY, field:NAME or supplier");
    if (!is_name(duty))
        return fail(Errc::malformed, "who is told is written field:NAME, field:NAME/DUTY, supplier or supplier/DUTY");
    SATCHEL_TRY(auto who, parse_authority(text.substr(0, slash)));
    return Receiver{std::move(who), std::string(duty)};
}

bool names_receiver(std::string_view text) noexcept
{
    return text.starts_with("field:") || text == "supplier" || text.starts_with("supplier/");
}

bool Deadline::mentions(TypeId type) const noexcept
{
    return (closes && closes->type == type) ||
           std::any_of(starts.begin(), starts.end(), [&](const Start& start) { return start.type == type; });
}

bool Deadline::rests_on(std::string_view fact) const
{
    const auto asks = [&](const Match& match) { return match.facts.contains(std::string(fact)); };
    return asks(applies) || (closes && asks(closes->when)) || (fact == "lead_agency" && role.starts_with(fact)) ||
           std::any_of(starts.begin(), starts.end(), [&](const Start& start) { return asks(start.when); });
}

const Field* Group::field(std::string_view field_name) const noexcept { return by_name(fields, field_name); }
const Field* Group::field(FieldId field_id) const noexcept
{
    const auto at = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.id == field_id; });
    return at == fields.end() ? nullptr : &*at;
}

const Group* RecordType::group(std::string_view group_name) const noexcept { return by_name(groups, group_name); }
const Group* RecordType::group(GroupId group_id) const noexcept
{
    const auto at = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.id == group_id; });
    return at == groups.end() ? nullptr : &*at;
}
const Group* RecordType::group_of_field(std::string_view field_name) const noexcept
{
    const auto at =
        std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.field(field_name) != nullptr; });
    return at == groups.end() ? nullptr : &*at;
}

const Agency* Policy::agency(std::string_view name) const noexcept { return by_name(agencies, name); }
const Role* Policy::role(std::string_view name) const noexcept { return by_name(roles, name); }
const FactRule* Policy::fact(std::string_view name) const noexcept { return by_name(facts, name); }
const RecordType* Policy::type(std::string_view name) const noexcept { return by_name(types, name); }
const RecordType* Policy::type(TypeId id) const noexcept
{
    const auto at = type_index.find(static_cast<std::uint32_t>(id));
    return at == type_index.end() ? nullptr : &types[at->second];
}

std::vector<std::string> approvers(const Policy& policy)
{
    if (!policy.scope.approvers.empty())
        return policy.scope.approvers;
    const auto* unit = policy.role(policy.scope.coordination_role);
    std::vector<std::string> out;
    for (const auto& role : policy.roles)
        if (unit && role.agency == unit->agency)
            out.push_back(role.name);
    return out;
}

std::string_view name(FieldType type) noexcept { return field_types[static_cast<std::size_t>(type)]; }
std::string_view name(Merge merge) noexcept { return merges[static_cast<std::size_t>(merge)]; }
std::string_view name(Hold hold) noexcept { return holds[static_cast<std::size_t>(hold)]; }
std::optional<FieldType> parse_field_type(std::string_view text) noexcept
{
    return from_name<FieldType>(field_types, text);
}
std::optional<Merge> parse_merge(std::string_view text) noexcept { return from_name<Merge>(merges, text); }
std::optional<Hold> parse_hold(std::string_view text) noexcept { return from_name<Hold>(holds, text); }

GroupId group_id(std::string_view type, std::string_view group)
{
    return GroupId{name_hash(std::string(type) + "." + std::string(group))};
}
FieldId field_id(std::string_view type, std::string_view group, std::string_view field)
{
    return FieldId{name_hash(std::string(type) + "." + std::string(group) + "." + std::string(field))};
}

}  // namespace satchel::schema
