// Reads what stands between a change and the record: the steps of a state, and gates.
#include "schema/policy/reading.hpp"

namespace satchel::schema::declaration {
namespace {

// "open -> done by lead_agency"; "start" stands for no value yet.
Move read_move(const Word& text, Problems& problems)
{
    Move move;
    move.at = text.at;
    const auto arrow = text.text.find(" -> ");
    const auto by = text.text.rfind(" by ");
    if (arrow == std::string::npos || arrow == 0 || by == std::string::npos || by <= arrow + 4 || by + 4 == text.text.size()) {
        problems.add(text.at, "a move is written \"FROM -> TO by AUTHORITY\"");
        return move;
    }
    move.from = text.text.substr(0, arrow);
    move.to = text.text.substr(arrow + 4, by - arrow - 4);
    move.by = text.text.substr(by + 4);
    return move;
}

// "approval", or { group = "approval", when = { field.agrees = ["yes"] } }.
std::optional<Approved> read_approved(Reading& in)
{
    const auto* found = in.node("approved");
    if (!found)
        return std::nullopt;
    if (!found->is_table())
        return Approved{in.as_word(*found, "approved"), {}};
    Approved out;
    in.table("approved", [&](Reading& approved) { out = {approved.needed("group"), read_match(approved, "when")}; });
    return out;
}

std::optional<Asked> read_asked(Reading& in, const char* key)
{
    std::optional<Asked> out;
    in.table(key, [&](Reading& asked) {
        out = Asked{asked.needed("record"), asked.word("refers_here"), asked.word("referred_in"), read_match(asked, "when")};
    });
    return out;
}

}  // namespace

States read_states(Reading& in)
{
    States out;
    out.at = in.at();
    out.field = in.needed("of");
    for (const auto& move : in.words("moves"))
        out.moves.push_back(read_move(move, in.context().problems));
    return out;
}

Gate read_gate(Reading& in)
{
    Gate out;
    out.at = in.at();
    out.rule = in.needed("rule");
    out.when = read_match(in, "when");
    out.rank = in.word("change");
    out.rank_field = in.word("of");
    out.unless = read_match(in, "unless");
    out.needs = in.words("needs");
    out.different_person_from = in.words("different_person_from");
    out.approved = read_approved(in);
    out.exists = read_asked(in, "exists");
    out.absent = read_asked(in, "absent");
    out.say = in.needed("say");
    out.refs = in.words("refs");
    return out;
}

}  // namespace satchel::schema::declaration
