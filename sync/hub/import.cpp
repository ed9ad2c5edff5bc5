// Imports a caseload: one JSON object a line, all or nothing. docs/CLI.md has the form.
#include <algorithm>
#include <exception>
#include <unordered_map>

#include <boost/json.hpp>

#include "schema/base/nearest.hpp"
#include "schema/value/identifiers.hpp"
#include "sync/hub/service.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

namespace json = boost::json;

constexpr std::size_t line_bytes_max = 1024 * 1024;
constexpr std::size_t key_bytes_max = 100;
constexpr std::size_t author_bytes_max = 256;  // as long as a user's name may be: what is exported comes in again
constexpr std::size_t elements_max = 1000;
constexpr std::uint64_t progress_every = 100;

std::string sv(json::string_view text) { return {text.data(), text.size()}; }

Result<json::object> parse_line(const std::string& line)
{
    if (line.size() > line_bytes_max)
        return fail(Errc::too_large, "the line is longer than 1 MiB");
    json::parse_options options;
    options.max_depth = 8;
    boost::system::error_code error;
    auto value = json::parse(line, error, {}, options);
    if (error || !value.is_object())
        return fail(Errc::malformed, "not a JSON object");
    return std::move(value.as_object());
}

// Reads the members of one object, and complains about those that nobody asked for.
class Members {
public:
    explicit Members(const json::object& object) : object_(object) {}

    Result<std::string> text(std::string_view key, std::size_t max, bool required = true)
    {
        asked_.emplace_back(key);
        const auto* value = object_.if_contains(json::string_view(key.data(), key.size()));
        if (!value) {
            if (required)
                return fail(Errc::invalid_argument, "\"" + std::string(key) + "\" is missing");
            return std::string();
        }
        if (!value->is_string())
            return fail(Errc::invalid_argument, "\"" + std::string(key) + "\" is not text");
        auto out = sv(value->as_string());
        if ((required && out.empty()) || out.size() > max || !schema::is_clean_text(out))
            return fail(Errc::invalid_argument, "\"" + std::string(key) + "\" has 1 to " + std::to_string(max) +
                                                    " bytes of text without control characters");
        return out;
    }
    Result<const json::object*> object(std::string_view key)
    {
        asked_.emplace_back(key);
        const auto* value = object_.if_contains(json::string_view(key.data(), key.size()));
        if (!value)
            return nullptr;
        if (!value->is_object())
            return fail(Errc::invalid_argument, "\"" + std::string(key) + "\" is not an object");
        return &value->as_object();
    }
    Result<void> version()
    {
        asked_.emplace_back("v");
        const auto* value = object_.if_contains("v");
        if (!value || !value->is_int64() || value->as_int64() != 1)
            return fail(Errc::invalid_argument, "\"v\" is 1");
        return {};
    }
    Result<void> nothing_else() const
    {
        for (const auto& [key, value] : object_) {
            const auto name = sv(key);
            if (std::find(asked_.begin(), asked_.end(), name) == asked_.end())
                return fail(Errc::unknown_name, "nobody knows \"" + printable(name) + "\"" + did_you_mean(name, asked_));
        }
        return {};
    }
    static std::string printable(const std::string& name)
    {
        return name.size() <= 64 && schema::is_clean_text(name) ? name : std::string("…");
    }

private:
    const json::object& object_;
    std::vector<std::string> asked_;
};

// What a JSON value says, as somebody would have typed it.
Result<std::string> typed(const std::string& field, const json::value& value)
{
    if (value.is_string())
        return sv(value.as_string());
    if (value.is_bool())
        return std::string(value.as_bool() ? "yes" : "no");
    if (value.is_int64())
        return std::to_string(value.as_int64());
    if (value.is_null())
        return std::string();
    return fail(Errc::invalid_argument, "the value of \"" + Members::printable(field) + "\" is text, a whole number, true, false or null");
}

class Importer {
public:
    explicit Importer(Ledger& ledger) : ledger_(ledger), policy_(ledger.policy().policy) {}

    Result<void> line(const std::string& text)
    {
        SATCHEL_TRY(const auto object, parse_line(text));
        Members members(object);
        SATCHEL_TRYV(members.version());
        SATCHEL_TRY(const auto kind, members.text("kind", 16));
        if (kind == "case")
            return take_case(members);
        if (kind == "record")
            return take_record(members);
        return fail(Errc::unknown_name, "\"kind\" is case or record");
    }

    // What follows from the imported records, once they are all there.
    Result<void> finish()
    {
        const auto clocks = all_clocks(policy_);
        for (const auto& [key, one] : cases_) {
            SATCHEL_TRY(auto* hot, ledger_.find_case(one.id));
            const auto cause = random_id<VersionId>(ledger_.random());
            SATCHEL_TRYV(ledger_.derive(*hot, ledger_.today(), {}, cause));
            SATCHEL_TRYV(ledger_.run_clocks(*hot, ledger_.today(), clocks, cause));
            SATCHEL_TRYV(ledger_.relieve());
        }
        return {};
    }

    ImportCounts counts;

private:
    struct OneCase {
        CaseId id;
        std::unordered_map<std::string, std::pair<RecordId, schema::TypeId>> records;
        std::set<const schema::EarlierWord*> named;  // agencies and roles, as earlier words have them
    };

    Result<void> take_case(Members& members)
    {
        SATCHEL_TRY(const auto key, members.text("key", key_bytes_max));
        SATCHEL_TRYV(members.text("area", key_bytes_max, /*required=*/false));
        SATCHEL_TRYV(members.nothing_else());
        if (labels_.empty()) {
            labels_.insert("");
            const Visit<CaseRow> keep = [&](const CaseRow& row) -> Result<bool> {
                labels_.insert(row.label);
                return true;
            };
            SATCHEL_TRYV(ledger_.store().cases(keep));
        }
        if (!labels_.insert(key).second)
            return fail(Errc::duplicate, "there is a case with this key");
        SATCHEL_TRY(const auto* hot, ledger_.open_case(key));
        cases_[key].id = hot->row().id;
        ++counts.cases;
        return {};
    }

    Result<void> take_record(Members& members)
    {
        SATCHEL_TRY(const auto case_key, members.text("case", key_bytes_max));
        const auto in = cases_.find(case_key);
        if (in == cases_.end())
            return fail(Errc::not_found, "no line before this one opens the case that \"case\" names");
        SATCHEL_TRY(const auto key, members.text("key", key_bytes_max));
        SATCHEL_TRY(const auto type_name, members.text("type", 64));
        SATCHEL_TRY(auto agency, members.text("agency", 64));
        SATCHEL_TRY(auto role, members.text("role", 128));
        SATCHEL_TRY(const auto author, members.text("author", author_bytes_max, /*required=*/false));
        SATCHEL_TRY(const auto event_at, members.text("event_at", 40, /*required=*/false));
        SATCHEL_TRY(const auto* fields, members.object("fields"));
        SATCHEL_TRY(const auto* elements, members.object("elements"));
        SATCHEL_TRYV(members.nothing_else());

        const auto* type = policy_.type(type_name);
        if (!type)
            return fail(Errc::unknown_name, "no record type \"" + type_name + "\"" + did_you_mean(type_name, names_of(policy_.types)));
        kept_.clear();
        if (!policy_.agency(agency))
            if (const auto* earlier = policy_.earlier_words.find("agency", agency))
                agency = present(*earlier, agency);
        if (!policy_.agency(agency))
            return fail(Errc::unknown_name, "no agency \"" + agency + "\"" + did_you_mean(agency, names_of(policy_.agencies)));
        if (!policy_.role(role))
            if (const auto* earlier = policy_.earlier_words.find("role", role, agency))
                role = present(*earlier, role);
        const auto* known_role = policy_.role(role);
        if (!known_role || known_role->agency != agency)
            return fail(Errc::unknown_name, "no role \"" + role + "\" in that agency" + did_you_mean(role, names_of(policy_.roles)));
        if (!event_at.empty())
            SATCHEL_TRYV(parse_instant(event_at));
        if (in->second.records.contains(key))
            return fail(Errc::duplicate, "the case has a record with this key");

        SATCHEL_TRY(const auto sets, read_fields(*type, fields, in->second));
        SATCHEL_TRY(const auto lists, read_elements(*type, elements, in->second));
        if (sets.empty() && lists.empty())
            return fail(Errc::invalid_argument, "the record says nothing: neither fields nor elements");

        const auto cause = random_id<VersionId>(ledger_.random());
        Effect effect;
        effect.kind = Effect::Kind::set;
        effect.rule = "import";
        effect.cause = cause;
        effect.record = type->singleton ? singleton_record_id(in->second.id, type->id) : effect_record_id(cause, "import");
        effect.type = type->id;
        effect.name = event_at;
        effect.text = author;
        effect.on_behalf.agency = agency;
        effect.on_behalf.role = role;
        SATCHEL_TRY(auto* hot, ledger_.find_case(in->second.id));
        if (type->singleton && hot->state().record(effect.record))
            return fail(Errc::duplicate, "a case has one record of this type");
        effect.creates = true;
        std::size_t index = 0;
        const auto put = [&](schema::GroupId group, const schema::FieldValues& values, bool element) -> Result<void> {
            effect.group = group;
            effect.values = values;
            effect.element = element;
            effect.version = effect_version_id(cause, "import", index++);
            SATCHEL_TRYV(ledger_.apply(*hot, effect));
            effect.creates = false;
            counts.values += values.size();
            return {};
        };
        for (const auto& [group, values] : sets)
            SATCHEL_TRYV(put(group, values, /*element=*/false));
        for (const auto& [group, values] : lists)
            SATCHEL_TRYV(put(group, values, /*element=*/true));
        in->second.records.emplace(key, std::pair(effect.record, type->id));
        ++counts.records;
        return keep_earlier(effect, *hot, in->second);
    }

    // A word of an earlier edition, in the line being read.
    struct Kept {
        const schema::EarlierWord* word;
        std::string written;
    };

    std::string present(const schema::EarlierWord& word, const std::string& written)
    {
        kept_.push_back({&word, written});
        ++counts.earlier_words;
        return word.means;
    }

    // Beside the record, in the name of whoever attested that. What agencies and roles were called is kept once in a case, and tells of
    // no record: not everybody who reads it may know that there is that one.
    Result<void> keep_earlier(const Effect& beside, HotCase& hot, OneCase& in)
    {
        const auto& place = policy_.earlier_words;
        for (const auto& kept : kept_) {
            if (!kept.word->of_a_field() && !in.named.insert(kept.word).second)
                continue;
            Effect effect = beside;
            effect.cause = random_id<VersionId>(ledger_.random());
            effect.record = effect_record_id(effect.cause, "import");
            effect.version = effect_version_id(effect.cause, "import", 0);
            effect.type = place.type;
            effect.group = place.group;
            effect.element = false;
            effect.creates = true;
            effect.values = kept.word->keep;
            assign(effect.values, place.written, schema::Value{kept.written});
            if (place.present)
                assign(effect.values, *place.present, schema::Value{kept.word->in_words});
            if (!kept.word->of_a_field())
                effect.name = effect.text = {};
            if (place.stood_in && kept.word->of_a_field())
                assign(effect.values, *place.stood_in, schema::Value{schema::Ref{beside.record}});
            if (place.stood_as && kept.word->of_a_field())
                assign(effect.values, *place.stood_as, schema::Value{kept.word->in});
            SATCHEL_TRYV(ledger_.apply(hot, effect));
        }
        return {};
    }

    template <class Things>
    static std::vector<std::string> names_of(const Things& things)
    {
        std::vector<std::string> out;
        for (const auto& thing : things)
            out.push_back(thing.name);
        return out;
    }

    Result<schema::Value> value_of(const schema::RecordType& type, const schema::Field& field, const json::value& given, const OneCase& in)
    {
        SATCHEL_TRY(const auto text, typed(field.name, given));
        if (field.type == schema::FieldType::version)
            return fail(Errc::invalid_argument, "\"" + field.name + "\" is given by people only: an import approves nothing");
        if (field.type == schema::FieldType::ref) {
            if (text.empty())
                return schema::Value{schema::Null{}};
            const auto at = text.starts_with('@') ? in.records.find(text.substr(1)) : in.records.end();
            if (at == in.records.end())
                return fail(Errc::not_found, "\"" + field.name + "\" is \"@\" and the key of an earlier record of the case");
            const auto* target = policy_.type(field.target);
            if (target && target->id != at->second.second)
                return fail(Errc::invalid_argument, "\"" + field.name + "\" refers to a record of another type");
            return schema::Value{schema::Ref{at->second.first}};
        }
        auto read = schema::parse_field_value(field, text);
        if (!read)
            if (const auto* earlier = earlier_word(type, field, text))
                return schema::Value{present(*earlier, text)};
        SATCHEL_TRY(auto value, std::move(read));
        if (const auto problem = schema::value_problem(field, value))
            return fail(Errc::invalid_argument, field.name + ": " + *problem);
        return value;
    }

    [[nodiscard]] const schema::EarlierWord* earlier_word(const schema::RecordType& type, const schema::Field& field,
                                                          const std::string& text) const
    {
        switch (field.type) {
        case schema::FieldType::choice:
            return policy_.earlier_words.find(type.name + "." + field.name, text);
        case schema::FieldType::agency:
        case schema::FieldType::role:
            return policy_.earlier_words.find(schema::name(field.type), text);
        default:
            return nullptr;
        }
    }

    static Result<void> require_all(const schema::Group& group, const schema::FieldValues& values)
    {
        for (const auto& field : group.fields) {
            const auto* value = find(values, field.id);
            if (field.required && (!value || is_null(*value)))
                return fail(Errc::invalid_argument, "\"" + field.name + "\" is missing");
        }
        return {};
    }

    static bool is_list(const schema::Group& group)
    {
        return group.merge == schema::Merge::append || group.merge == schema::Merge::add_wins;
    }

    using Groups = std::vector<std::pair<schema::GroupId, schema::FieldValues>>;

    Result<Groups> read_fields(const schema::RecordType& type, const json::object* fields, const OneCase& in)
    {
        Groups out;
        if (!fields)
            return out;
        std::map<schema::GroupId, schema::FieldValues> by_group;
        for (const auto& [key, given] : *fields) {
            const auto name = sv(key);
            const auto* group = type.group_of_field(name);
            if (!group) {
                std::vector<std::string> known;
                for (const auto& g : type.groups)
                    for (const auto& f : g.fields)
                        known.push_back(f.name);
                return fail(Errc::unknown_name, "no field \"" + Members::printable(name) + "\" in " + type.name + did_you_mean(name, known));
            }
            if (is_list(*group))
                return fail(Errc::invalid_argument, "\"" + name + "\" belongs to the list \"" + group->name + "\": give it under \"elements\"");
            const auto* field = group->field(name);
            SATCHEL_TRY(auto value, value_of(type, *field, given, in));
            if (!is_null(value))
                assign(by_group[group->id], field->id, std::move(value));
        }
        for (const auto& group : type.groups)
            if (const auto at = by_group.find(group.id); at != by_group.end()) {
                SATCHEL_TRYV(require_all(group, at->second));
                out.emplace_back(group.id, std::move(at->second));
            }
        return out;
    }

    Result<Groups> read_elements(const schema::RecordType& type, const json::object* lists, const OneCase& in)
    {
        Groups out;
        if (!lists)
            return out;
        for (const auto& [key, list] : *lists) {
            const auto name = sv(key);
            const auto* group = type.group(name);
            if (!group || !is_list(*group)) {
                std::vector<std::string> known;
                for (const auto& g : type.groups)
                    if (is_list(g))
                        known.push_back(g.name);
                return fail(Errc::unknown_name, "no list \"" + Members::printable(name) + "\" in " + type.name + did_you_mean(name, known));
            }
            if (!list.is_array() || list.as_array().size() > elements_max)
                return fail(Errc::invalid_argument, "\"" + name + "\" is a list of at most " + std::to_string(elements_max) + " objects");
            for (const auto& element : list.as_array()) {
                if (!element.is_object())
                    return fail(Errc::invalid_argument, "\"" + name + "\" is a list of objects");
                schema::FieldValues values;
                for (const auto& [field_key, given] : element.as_object()) {
                    const auto field_name = sv(field_key);
                    const auto* field = group->field(field_name);
                    if (!field)
                        return fail(Errc::unknown_name, "no field \"" + Members::printable(field_name) + "\" in " + name +
                                                            did_you_mean(field_name, names_of(group->fields)));
                    SATCHEL_TRY(auto value, value_of(type, *field, given, in));
                    if (!is_null(value))
                        assign(values, field->id, std::move(value));
                }
                SATCHEL_TRYV(require_all(*group, values));
                out.emplace_back(group->id, std::move(values));
            }
        }
        return out;
    }

    Ledger& ledger_;
    const schema::Policy& policy_;
    std::map<std::string, OneCase, std::less<>> cases_;
    std::set<std::string, std::less<>> labels_;
    std::vector<Kept> kept_;  // of the line being read
};

}  // namespace

Result<ImportCounts> HubService::import(const LineSource& lines, bool dry_run, const ProgressFn& progress)
{
    ImportCounts counts;
    // Rolled back by an error that nobody sees.
    constexpr auto only_checked = Errc::refused;
    bool checked = false;
    const auto work = [&](Ledger& ledger) -> Result<void> {
        Importer importer(ledger);
        std::uint64_t number = 0;
        for (;;) {
            SATCHEL_TRY(const auto line, lines());
            if (!line)
                break;
            ++number;
            if (line->empty())
                continue;
            if (auto taken = importer.line(*line); !taken) {
                auto error = std::move(taken).error();
                error.detail = "line " + std::to_string(number) + ": " + error.detail;
                return tl::unexpected(std::move(error));
            }
            SATCHEL_TRYV(ledger.relieve());
            if (progress && number % progress_every == 0)
                progress(number, 0);
        }
        SATCHEL_TRYV(importer.finish());
        counts = importer.counts;
        checked = true;
        if (dry_run)
            return fail(only_checked, "checked only");
        return {};
    };
    const auto written = state_->write(work);
    if (!written && !(dry_run && checked))
        return tl::unexpected(written.error());
    return counts;
}

}  // namespace satchel::sync
