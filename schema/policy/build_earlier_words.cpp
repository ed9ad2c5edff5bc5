// Resolves and judges the words of earlier editions: each means one thing where it counts, and is kept as it was written.
#include <map>

#include "schema/policy/resolving.hpp"
#include "schema/value/identifiers.hpp"

namespace satchel::schema::declaration {
namespace {

constexpr std::size_t earlier_words_max = 4096;

class EarlierBuilder {
public:
    EarlierBuilder(const Bundle& bundle, Resolving& names) : bundle_(bundle), names_(names), out_(names.policy().earlier_words) {}

    void run()
    {
        if (bundle_.earlier_words.at.line != 0)
            place(bundle_.earlier_words);
        for (const auto& in : bundle_.earlier_word) {
            if (bundle_.earlier_words.at.line == 0)
                names_.problem(in.at, "nothing says where an earlier word is kept as it was written: write [earlier_words]");
            else
                words(in);
        }
    }

private:
    void place(const EarlierWords& in)
    {
        out_.refs = texts(in.refs);
        const auto dot = in.keep.text.find('.');
        if (dot == std::string::npos)
            return names_.problem(in.keep.at, "an earlier word is kept in RECORD.GROUP");
        const auto* type = names_.find_type({in.keep.text.substr(0, dot), in.keep.at});
        group_ = type ? names_.find_group(*type, {in.keep.text.substr(dot + 1), in.keep.at}) : nullptr;
        if (!group_)
            return;
        if (type->singleton || group_->merge == schema::Merge::append || group_->merge == schema::Merge::add_wins)
            names_.problem(in.keep.at, "every earlier word is kept in a record of its own: neither of one per case nor in a set");
        out_.type = type->id;
        out_.group = group_->id;
        if (const auto* written = takes(in.written, FieldType::text))
            out_.written = written->id;
        if (const auto* present = takes(in.present, FieldType::text))
            out_.present = present->id;
        if (const auto* stood_as = takes(in.stood_as, FieldType::text))
            out_.stood_as = stood_as->id;
        const auto* stood_in = takes(in.stood_in, FieldType::ref);
        if (stood_in && stood_in->target != any_record)
            names_.problem(in.stood_in.at, "an earlier word may stand in a record of any type: " + quoted(stood_in->name) + " refers to " +
                                               quoted(stood_in->target) + " alone");
        if (stood_in)
            out_.stood_in = stood_in->id;
    }

    const schema::Field* takes(const Word& word, FieldType type)
    {
        const auto* field = word.empty() ? nullptr : names_.find_field(*group_, word);
        if (!field)
            return nullptr;
        if (field->type != type)
            names_.problem(word.at, "field " + quoted(field->name) + " is of type " + std::string(name(field->type)) + ": " +
                                        std::string(name(type)) + " is what it takes");
        if (!taken_.insert(field->id).second)
            names_.problem(word.at, "field " + quoted(field->name) + " takes two things at once");
        return field;
    }

    // What is said of the word besides, and whether with that the record says all that it must.
    FieldValues kept(const EarlierWord& in)
    {
        FieldValues out;
        if (!group_)
            return out;
        for (const auto& [name, text] : in.keep) {
            const auto* field = names_.find_field(*group_, name);
            if (!field)
                continue;
            if (taken_.contains(field->id))
                names_.problem(name.at, "field " + quoted(field->name) + " takes what [earlier_words] says");
            const auto value = parse_field_value(*field, text.text);
            if (!value)
                names_.problem(text.at, quoted(field->name) + ": " + value.error().detail);
            assign(out, field->id, value.value_or(Value{text.text}));
        }
        for (const auto& field : group_->fields)
            if (const auto* value = find(out, field.id); field.required && !taken_.contains(field.id) && (!value || is_null(*value)))
                names_.problem(in.at, quoted(field.name) + " must be given where the word is kept: say it in \"keep\"");
        return out;
    }

    void words(const EarlierWord& in)
    {
        const auto keep = kept(in);
        if (in.in.empty() || in.words.empty())
            names_.problem(in.at, "an earlier word says where it counts (\"in\") and how it was written (\"words\")");
        if (out_.words.size() + in.in.size() * in.words.size() > earlier_words_max)
            return names_.problem(in.at, "an agreement has at most " + std::to_string(earlier_words_max) + " earlier words");
        for (const auto& where : in.in) {
            const auto present = present_words(where);
            if (!present)
                continue;
            if (std::find(present->begin(), present->end(), in.means.text) == present->end()) {
                names_.problem(in.means.at,
                               quoted(where.text) + " cannot be " + quoted(in.means.text) + did_you_mean(in.means.text, *present));
                continue;
            }
            for (const auto& word : in.words)
                if (is_earlier(word, where, *present) && is_one(word, where, in.means.text))
                    out_.words.push_back({where.text, word.text, in.means.text, in_words(where, in.means.text), keep, texts(in.refs)});
        }
    }

    std::optional<std::vector<std::string>> present_words(const Word& where)
    {
        if (where.text == any_agency)
            return names_of(names_.policy().agencies);
        if (where.text == any_role)
            return names_of(names_.policy().roles);
        const auto dot = where.text.find('.');
        if (dot == std::string::npos) {
            names_.problem(where.at, "an earlier word counts in RECORD.FIELD, or wherever an \"agency\" or a \"role\" is named");
            return std::nullopt;
        }
        const auto* type = names_.find_type({where.text.substr(0, dot), where.at});
        const auto* field = type ? names_.find_field(*type, {where.text.substr(dot + 1), where.at}) : nullptr;
        if (!field)
            return std::nullopt;
        if (field->type != FieldType::choice) {
            names_.problem(where.at, "field " + quoted(field->name) + " is no choice" +
                                         (field->type == FieldType::agency || field->type == FieldType::role
                                              ? ": what is said of \"" + std::string(name(field->type)) + "\" counts there too"
                                              : std::string()));
            return std::nullopt;
        }
        if (group_ && !admits_all_of(type->group_of_field(field->name)->audience, group_->audience))
            names_.problem(where.at,
                           "not everybody who sees where the word is kept sees " + quoted(where.text) + ": they would learn of it there");
        return field->choices;
    }

    std::string in_words(const Word& where, const std::string& means)
    {
        if (where.text == any_agency)
            return names_.policy().agency(means)->title;
        if (where.text == any_role)
            return names_.policy().role(means)->title;
        auto out = means;
        std::replace(out.begin(), out.end(), '_', ' ');
        return out;
    }

    // Told by their names alone: who is let in under another one is taken to be kept out.
    static bool admits_all_of(const schema::Audience& field, const schema::Audience& kept)
    {
        const auto admits = [](const schema::AudienceClause& clause, const Authority& who) {
            return std::any_of(clause.who.begin(), clause.who.end(),
                               [&](const Authority& one) { return one == who || one.kind == Authority::Kind::every_agency; });
        };
        return std::all_of(kept.clauses.begin(), kept.clauses.end(), [&](const auto& readers) {
            return std::all_of(readers.who.begin(), readers.who.end(), [&](const Authority& who) {
                return std::all_of(field.clauses.begin(), field.clauses.end(), [&](const auto& clause) { return admits(clause, who); });
            });
        });
    }

    bool is_earlier(const Word& word, const Word& where, const std::vector<std::string>& present)
    {
        const auto spelled = same_word(word.text);
        if (spelled.empty() || word.text.size() > earlier_word_bytes_max) {
            names_.problem(word.at,
                           "an earlier word has 1 to " + std::to_string(earlier_word_bytes_max) + " bytes, and not of blanks alone");
            return false;
        }
        const auto at = std::find_if(present.begin(), present.end(), [&](const auto& one) { return same_word(one) == spelled; });
        if (at != present.end())
            names_.problem(word.at, quoted(word.text) + " is no earlier word: " + quoted(where.text) + " can be " + quoted(*at) + " now");
        return at == present.end();
    }

    // Of roles the agency tells which is meant.
    bool is_one(const Word& word, const Word& where, const std::string& means)
    {
        const auto agency = where.text == any_role ? means.substr(0, means.find('.')) : std::string();
        const auto [there, fresh] = meanings_.emplace(std::array{where.text, agency, same_word(word.text)}, means);
        if (!fresh)
            names_.problem(word.at, quoted(word.text) + " means " + quoted(there->second) + " in " + quoted(where.text) + " already");
        return fresh;
    }

    const Bundle& bundle_;
    Resolving& names_;
    schema::EarlierWords& out_;
    const schema::Group* group_ = nullptr;
    std::set<FieldId> taken_;
    std::map<std::array<std::string, 3>, std::string> meanings_;
};

}  // namespace

void build_earlier_words(const Bundle& bundle, Resolving& names)
{
    EarlierBuilder(bundle, names).run();
}

}  // namespace satchel::schema::declaration
