// The lines of the matrix as sentences for those who sign the agreement.
#include <algorithm>

#include "schema/policy/matrix_conditions.hpp"

namespace satchel::schema::matrix {
namespace {

std::string lower_first(std::string text)
{
    // "MAPPA level" and "RoSH" keep their capitals.
    if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z' &&
        text.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1) == text.npos)
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string listed(const std::vector<std::string>& words, const std::string& last = " or ")
{
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : i + 1 == words.size() ? last : ", ") + words[i];
    return out;
}

class Words {
public:
    Words(const Policy& policy, const RecordType* type, const Role* own = nullptr)
        : policy_(policy), type_(type), own_(own)
    {
    }

    [[nodiscard]] std::string of(const Authority& who) const
    {
        switch (who.kind) {
        case Authority::Kind::nobody:
            return "nobody: the system keeps it";
        case Authority::Kind::agency:
            return agency(who.name);
        case Authority::Kind::role: {
            const auto* role = policy_.role(who.name);
            return "the " + (role ? role->title : who.name);
        }
        case Authority::Kind::lead_agency:
            return "the lead agency";
        case Authority::Kind::lead_duty: {
            std::string duty = who.name;
            std::replace(duty.begin(), duty.end(), '_', ' ');
            return "the lead agency's " + duty;
        }
        case Authority::Kind::supplier:
            return "the agency that supplied it";
        case Authority::Kind::author:
            return "the person who recorded it";
        case Authority::Kind::field_agency:
            return (names_role(who.field) ? "the role named in " : "the agency named in ") + quoted(field(who.field));
        case Authority::Kind::fact_agency:
            return "the agency that is the case's " + lower_first(fact(who.name));
        case Authority::Kind::case_agencies:
            return "any agency on the case";
        case Authority::Kind::every_agency:
            return "any agency";
        }
        return {};
    }

    [[nodiscard]] std::string of(const Atom& atom) const
    {
        const std::string is = atom.negated ? " is not " : " is ";
        const auto gives = [&] { return values(atom.values); };
        switch (atom.kind) {
        case Atom::Kind::fact:
            return "the case's " + lower_first(fact(atom.name)) + is + values(atom.values);
        case Atom::Kind::change:
            return "the new value of " + quoted(field(atom.field)) + is + gives();
        case Atom::Kind::recorded:
            return quoted(field(atom.field)) + " in the record" + is + gives();
        case Atom::Kind::named:
            return quoted(field(atom.field)) + is + gives();
        case Atom::Kind::lowers:
            return "the change " + said(atom, "lowers ", "does not lower ") + quoted(field(atom.field));
        case Atom::Kind::raises:
            return "the change " + said(atom, "raises ", "does not raise ") + quoted(field(atom.field));
        case Atom::Kind::no_step:
            return said(atom, "the agreement has no such step of ", "the agreement has such a step of ") +
                   quoted(field(atom.field));
        case Atom::Kind::supplier:
            return said(atom, "the own agency", "another agency") + " supplied the record";
        case Atom::Kind::author:
            return said(atom, "the same person", "another person") + " recorded it";
        case Atom::Kind::own_request:
            return said(atom, "the own role", "another role") + " recorded the request";
        case Atom::Kind::own_element:
            return said(atom, "the own agency", "another agency") + " put in what is taken out";
        case Atom::Kind::empty:
            return quoted(group(atom.group)) + said(atom, " has no value yet", " has a value");
        case Atom::Kind::others_work:
            return said(atom, "others", "nobody else") + " gave or raised something in " + quoted(group(atom.group));
        case Atom::Kind::referred:
            return "the record that " + quoted(field(atom.field)) + " refers to" + said(atom, " says ", " does not say ") +
                   values(atom.values);
        case Atom::Kind::hidden:
            return quoted(group(atom.group)) + said(atom, " is not shown to the role", " is shown to the role");
        case Atom::Kind::unseen:
            return said(atom, "nothing", "something") + " of the record is shown to the role";
        case Atom::Kind::blind:
            return quoted(group(atom.group)) + said(atom, " is neither shown to the role nor its to decide",
                                                    " is shown to the role or its to decide");
        case Atom::Kind::gate:
            return "what the rule " + quoted(atom.name) + " asks for is " + said(atom, "there", "missing");
        }
        return {};
    }

    // Of a record as it stands.
    [[nodiscard]] std::string of(const Match& match) const
    {
        std::vector<std::string> words;
        for (const auto& [name, any] : match.facts)
            words.push_back(of(of_fact(name, any)));
        for (const auto& [id, any] : match.values)
            words.push_back(of(of_field(Atom::Kind::recorded, id, any)));
        return listed(words, " and ");
    }

    [[nodiscard]] std::string agency(const std::string& name) const
    {
        const auto* found = policy_.agency(name);
        return found ? found->title : name;
    }
    [[nodiscard]] std::string field(FieldId id) const
    {
        for (const auto& one : type_ ? type_->groups : std::vector<Group>{})
            if (const auto* found = one.field(id))
                return found->title;
        return "a field";
    }
    [[nodiscard]] std::string group(GroupId id) const
    {
        const auto* found = type_ ? type_->group(id) : nullptr;
        return found ? found->title : "a part";
    }

private:
    static std::string said(const Atom& atom, const char* yes, const char* no) { return atom.negated ? no : yes; }

    [[nodiscard]] bool names_role(FieldId id) const
    {
        return type_ && std::any_of(type_->groups.begin(), type_->groups.end(), [&](const Group& group) {
                   const auto* field = group.field(id);
                   return field && field->type == FieldType::role;
               });
    }
    [[nodiscard]] std::string fact(const std::string& name) const
    {
        const auto* found = policy_.fact(name);
        return found && !found->title.empty() ? found->title : name;
    }
    // Names of agencies are told by their titles, choices as the agreement writes them.
    [[nodiscard]] std::string values(const std::vector<std::string>& in) const
    {
        if (own_ && in.size() == 1 && in.front() == own_->agency)
            return "the own agency";
        std::vector<std::string> words;
        for (const auto& value : in) {
            auto word = value.empty() ? std::string("not set") : agency(value);
            if (word == value)
                std::replace(word.begin(), word.end(), '_', ' ');
            words.push_back(word);
        }
        return listed(words);
    }

    const Policy& policy_;
    const RecordType* type_;
    const Role* own_;
};

}  // namespace

std::string in_words(const Authority& authority, const Policy& policy, const RecordType* type)
{
    return Words(policy, type).of(authority);
}

std::string in_words(const Condition& when, const Policy& policy, const RecordType& type, const Role* own)
{
    if (when.empty())
        return "always";
    const Words words(policy, &type, own);
    std::string out;
    for (const auto& atom : when)
        out += (out.empty() ? "when " : " and ") + words.of(atom);
    return out;
}

GateInWords before_withdrawal(const Gate& gate, const Policy& policy, const RecordType& type)
{
    const Words words(policy, &type);
    const auto where = [](const std::string& with) { return with.empty() ? with : ", where " + with; };
    const auto record = [&](const Asked& asked) {
        const auto* other = policy.type(asked.type);
        return quoted(other->title) + (asked.refers_here ? " of this one" : "") + where(Words(policy, other).of(asked.when));
    };
    GateInWords out{words.of(gate.when), words.of(gate.unless), {}};
    for (const auto id : gate.needs)
        out.asks.push_back("something in " + quoted(words.field(id)));
    for (const auto id : gate.different_person_from)
        out.asks.push_back("another person than the one who wrote " + quoted(words.group(id)));
    if (gate.approved)
        out.asks.push_back(quoted(words.group(gate.approved->group)) + " of what the record now says" +
                           where(words.of(gate.approved->when)));
    if (gate.exists)
        out.asks.push_back("a record " + record(*gate.exists));
    if (gate.absent)
        out.asks.push_back("no record " + record(*gate.absent));
    return out;
}

std::string in_words(const Line& line, const Policy& policy, const RecordType& type)
{
    const Words words(policy, &type);
    const auto* instead = line.instead.empty() ? nullptr : policy.type(line.instead);
    const auto kept = instead ? "; it is kept as " + quoted(instead->title) : std::string();
    switch (line.answer) {
    case Answer::decides:
        return "decides";
    case Answer::suggests:
        if (line.rule == "not-supplier" && line.to.kind == Authority::Kind::supplier)
            return "suggests; the agency that put it there decides" + kept;
        return "suggests; " + words.of(line.to) + " decides" + kept;
    case Answer::refused:
        return "refused" + kept + (line.say.empty() ? "" : ": " + line.say);
    case Answer::nothing:
        return "nothing changes";
    case Answer::sees:
        return "sees it";
    case Answer::hidden:
        return "does not see it";
    }
    return {};
}

}  // namespace satchel::schema::matrix
