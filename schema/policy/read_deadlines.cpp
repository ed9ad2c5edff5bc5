// Reads clocks, and the calendar by which they run.
#include "schema/policy/reading.hpp"

namespace satchel::schema::declaration {
namespace {

// "review.held_on", { field = "review.next_on", within = "on the day", when = {...} }, or a list of such.
std::vector<Deadline::Start> read_starts(Reading& in)
{
    std::vector<Deadline::Start> out;
    const auto* found = in.node("starts");
    if (!found) {
        out.push_back({in.needed("starts"), {}, {}});
        return out;
    }
    const auto one = [&](const toml::node& node) {
        const auto* table = node.as_table();
        if (!table) {
            out.push_back({in.as_word(node, "starts"), {}, {}});
            return;
        }
        Reading start(in.context(), *table, in.what() + ", starts");
        out.push_back({start.needed("field"), start.word("within"), read_match(start, "when")});
        start.finish();
    };
    if (const auto* list = found->as_array())
        for (const auto& node : *list)
            one(node);
    else
        one(*found);
    if (out.empty())
        in.context().problem(*found, in.what() + " starts from nothing");
    return out;
}

// "review", or { record = "review", of = "FIELD", on = "FIELD", when = {...} }; without a record, the one that started it.
std::optional<Deadline::Closes> read_closes(Reading& in)
{
    const auto* found = in.node("closes");
    if (!found)
        return std::nullopt;
    Deadline::Closes out;
    out.at = in.context().place(*found);
    if (const auto* table = found->as_table()) {
        Reading closes(in.context(), *table, in.what() + ", closes");
        out.record = closes.word("record");
        out.of = closes.word("of");
        out.on = closes.word("on");
        out.when = read_match(closes, "when");
        closes.finish();
    } else {
        out.record = in.as_word(*found, "closes");
        if (out.record.empty())
            return std::nullopt;
    }
    return out;
}

}  // namespace

Deadline read_deadline(Reading& in)
{
    Deadline out;
    out.at = in.at();
    out.id = in.needed("id");
    out.starts = read_starts(in);
    // Where every start says how long, the deadline need not.
    const bool own = std::all_of(out.starts.begin(), out.starts.end(), [](const auto& start) { return !start.within.empty(); });
    out.within = own ? in.word("within") : in.needed("within");
    out.sooner = in.flag("sooner");
    out.first = in.flag("first");
    out.one_per_case = in.flag("one_per_case");
    out.applies = read_match(in, "applies");
    out.closes = read_closes(in);
    out.role = in.needed("role");
    out.task = in.needed("task");
    out.say = in.word("say");
    out.refs = in.words("refs");
    return out;
}

Calendar read_calendar(Reading& in)
{
    Calendar out;
    out.at = in.at();
    out.title = in.needed("title");
    out.known_from = in.needed("known_from");
    out.known_until = in.needed("known_until");
    out.holidays = in.words("holidays");
    out.refs = in.words("refs");
    return out;
}

}  // namespace satchel::schema::declaration
