#include "client/app/plain.hpp"

#include "schema/policy/calendar.hpp"
#include "sync/console/utf8.hpp"

namespace satchel::client::app {
namespace {

using console::Json;
using console::Table;
using console::Terminal;

std::string scalar(const Json& value)
{
    if (value.is_null())
        return {};
    if (value.is_bool())
        return value.boolean() ? "yes" : "no";
    if (value.is_text())
        return console::printable(value.text(), /*lines=*/true);
    return console::to_text(value);
}

std::string word(const Json& body, std::string_view key)
{
    return scalar(body.at(key));
}

// A task's role; one that nobody has falls to whoever is told so.
std::string for_whom(const Json& task)
{
    return word(task, "role") + (word(task, "falls_to_you") == "yes" ? " (nobody has this role: it falls to you)" : "");
}

// "lines: 22 Madeup Lane; from: 2026-03-01"
std::string in_one_line(const Json& value)
{
    if (value.is_array()) {
        std::string out;
        for (const auto& item : value.items())
            out += (out.empty() ? "" : " | ") + in_one_line(item);
        return out;
    }
    if (!value.is_object())
        return scalar(value);
    std::string out;
    for (const auto& [name, member] : value.members()) {
        if (name == "id" || member.is_null())
            continue;
        out += (out.empty() ? "" : "; ") + console::printable(name) + ": " + in_one_line(member);
    }
    return out;
}

std::string list_of(const Json& texts)
{
    std::string out;
    for (const auto& text : texts.items())
        out += (out.empty() ? "" : ", ") + scalar(text);
    return out;
}

std::string table(const Table& rows, const Terminal& terminal)
{
    return console::to_text(rows, terminal);
}

std::string counted(std::int64_t n, std::string_view one, std::string_view many)
{
    return std::to_string(n) + " " + std::string(n == 1 ? one : many);
}
std::string counted(const Json& list, std::string_view one, std::string_view many)
{
    return counted(static_cast<std::int64_t>(list.items().size()), one, many);
}

// As clocks and reports count it; who needs the instant asks for JSON.
std::string day(const Json& time)
{
    const auto instant = parse_instant(time.text());
    return instant ? to_string(schema::day_in_england(*instant)) : std::string();
}

std::string title_of(const Json& titles, const std::string& name)
{
    const auto title = word(titles, name);
    return title.empty() ? console::in_words(console::printable(name)) : title;
}

std::string capital(std::string text)
{
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return text;
}

// A ruling, or what it is expected to be, as a sentence.
std::string ruling_words(std::string_view outcome)
{
    if (outcome == "applied")
        return "in the record";
    if (outcome == "merged")
        return "in the record, together with another change";
    if (outcome == "suggested")
        return "a suggestion";
    if (outcome == "conflict")
        return "one of two versions";
    if (outcome == "refused")
        return "held, not in the record";
    return std::string(outcome);
}

std::string forecast_words(const Json& forecast)
{
    const auto outcome = forecast.at("outcome").text();
    const auto owner = word(forecast, "owner").empty() ? word(forecast, "decided_by") : word(forecast, "owner");
    const auto say = word(forecast, "say");
    std::string out;
    if (outcome == "applied" || outcome == "merged")
        out = "It will be in the record when it is received centrally.";
    else if (outcome == "suggested")
        out = say.empty() ? "Decided by " + owner + ". It will go there as a suggestion." : say;
    else if (outcome == "conflict")
        out = "There will be two versions. Decided by " + owner + ".";
    else
        out = "It will be held, not in the record. " + say;
    if (forecast.at("outside_policy").boolean())
        out += say.empty() ? " It will be marked outside policy." : " It happened outside policy: " + say;
    if (!word(forecast, "instead").empty())
        out += " It is kept as: " + console::in_words(word(forecast, "instead")) + ".";
    if (outcome != "applied" && !word(forecast, "paragraph").empty())
        out += " (" + word(forecast, "paragraph") + ")";
    return out;
}

std::string marks(const Json& record)
{
    std::string out;
    const auto mark = [&](std::string_view words) { out += (out.empty() ? "" : ", ") + std::string(words); };
    if (record.at("pending").boolean())
        mark("saved on this device, not decided centrally yet");
    if (record.at("late").boolean())
        mark("came late");
    if (record.at("stale").boolean())
        mark("stale: something it rests on has changed");
    if (record.at("withdrawn").boolean())
        mark("withdrawn");
    if (!record.at("outside").items().empty())
        mark("outside policy: " + list_of(record.at("outside")));
    for (const auto& link : record.at("links").items())
        mark("linked with " + word(link, "record") + (link.at("discrepancy").boolean() ? ", and they differ" : ""));
    for (const auto& [name, group] : record.at("groups").members())
        if (group.at("voided").boolean())
            mark(console::printable(name) + " is of an earlier version");
    for (const auto& warning : record.at("warnings").items())
        mark(word(warning, "field") + ": " + word(warning, "reason"));
    return out;
}

// What a side asks for: a value, that elements leave a list, or that the record is withdrawn.
std::string side_in_words(const Json& value)
{
    if (value.at("withdraws").boolean())
        return "the whole record is withdrawn";
    if (const auto& removed = value.at("removes"); removed.is_array())
        return "removed: " + in_one_line(removed);
    return in_one_line(value);
}

// What is asked for is the last, and B: of a conflict with nothing beside it, A leaves things as they are.
std::string sides_in_words(const Json& item)
{
    const bool conflict = item.at("kind").text() == "conflict";
    const auto count = item.at("sides").items().size();
    std::string out = conflict && count == 1 ? "    A: nothing changes\n" : "";
    std::size_t n = 0;
    for (const auto& side : item.at("sides").items()) {
        const bool asked = n + 1 == count;
        const std::string name = conflict ? (asked ? "B" : "A") : (asked ? "suggested" : "recorded");
        out += "    " + name + (side.at("stands").boolean() && conflict ? " (shown)" : "") + ": " +
               side_in_words(side.at("value")) + "  — " + word(side, "author") + ", " + word(side, "agency_title") +
               (word(side, "version").empty() ? "" : "  " + word(side, "version")) + "\n";
        ++n;
    }
    if (const auto& first = item.at("first_decision"); first.is_object())
        out += "    decided by one of two: " + in_one_line(first.at("value")) + "  — " + word(first, "author") + ", " +
               word(first, "agency_title") + "\n";
    return out;
}

std::string record_in_words(const Json& record)
{
    std::string out = word(record, "title") + "  " + word(record, "id");
    if (!record.at("event_at").is_null())
        out += "  " + day(record.at("event_at"));
    out += "\n";
    const auto said = marks(record);
    if (!said.empty())
        out += "  [" + said + "]\n";
    for (const auto& [name, value] : record.at("fields").members()) {
        if (value.is_array()) {
            for (const auto& element : value.items())
                out += "  " + console::printable(name) + ": " + in_one_line(element) + "\n";
            continue;
        }
        out += "  " + console::printable(name) + ": " + scalar(value) + "\n";
    }
    for (const auto& item : record.at("open").items())
        out += "  " + std::string(item.at("kind").text() == "conflict" ? "two versions of " : "suggestion on ") +
               word(item, "field") + ", decided by " + word(item, "decided_by") + "\n" + sides_in_words(item);
    return out;
}

std::string history_lines(const Json& versions, bool with_group, const Terminal& terminal)
{
    Table rows{{"When", "Who", "What", "Became", "Rule", "Signature"}, {}};
    for (const auto& line : versions.items()) {
        auto became = ruling_words(line.at("ruling").text());
        if (line.at("forecast").boolean())
            became = "saved on this device; expected: " + became;
        if (!word(line, "disposition").empty())
            became += ", " + word(line, "disposition");
        auto what = in_one_line(with_group ? line.at("fields") : line.at("value"));
        if (what.empty() || line.at("operation").text() == "remove")
            what = word(line, "operation") + (what.empty() ? "" : " " + what);
        if (!word(line, "resolution").empty())
            what = word(line, "resolution") + (what.empty() ? "" : ": " + what);
        if (with_group)
            what = word(line, "group") + " — " + what;
        if (!word(line, "reason").empty())
            what += " (" + word(line, "reason") + ")";
        const auto& when = line.at("event_at").is_null() ? line.at("authored_at") : line.at("event_at");
        const auto& shown = when.is_null() ? line.at("received_at") : when;
        auto who = word(line, "author");
        if (!word(line, "role").empty())
            who += (who.empty() ? "" : ", ") + word(line, "role");
        rows.rows.push_back(
            {day(shown), who.empty() ? "the system" : who, what, became,
             word(line, "rule") + (word(line, "paragraph").empty() ? "" : " (" + word(line, "paragraph") + ")"),
             console::in_words(line.at("signature").text())});
    }
    return table(rows, terminal);
}

}  // namespace

std::string plain_cases(const Json& body, const Terminal& terminal)
{
    if (body.at("cases").items().empty())
        return "There is no case on this device.\n";
    Table rows{{"Case", "Name", "Identifiers", "Lead agency", "Category", "MAPPA level", "RoSH", "Next due"}, {}};
    for (const auto& one : body.at("cases").items()) {
        std::string identifiers;
        for (const auto& id : one.at("identifiers").items())
            identifiers += (identifiers.empty() ? "" : ", ") + word(id, "identifier");
        const auto& facts = one.at("facts");
        rows.rows.push_back({word(one, "case"), word(one, "name"), identifiers, word(facts, "lead_agency"),
                             word(facts, "category"), console::in_words(word(facts, "mappa_level")),
                             in_one_line(one.at("rosh")), word(one, "next_due")});
    }
    return table(rows, terminal);
}

std::string plain_case(const Json& body, const Terminal& terminal)
{
    std::string out = word(body, "name") + "  " + word(body, "case") + "\n";
    for (const auto& id : body.at("identifiers").items())
        out += word(id, "scheme") + " " + word(id, "identifier") + "  ";
    out += "\n\n";
    for (const auto& [fact, value] : body.at("facts").members())
        out += title_of(body.at("fact_titles"), fact) + ": " + console::in_words(scalar(value)) + "\n";
    if (!body.at("prompts").members().empty()) {
        out += "\nFor safety, act on:\n";
        for (const auto& [field, value] : body.at("prompts").members())
            out += "  " + title_of(body.at("prompt_titles"), field) + ": " + console::in_words(scalar(value)) + "\n";
    }
    const auto& suggestions = body.at("suggestions");
    const auto& conflicts = body.at("conflicts");
    if (!suggestions.items().empty())
        out += "\nFor a decision: " + counted(suggestions, "suggestion", "suggestions") + "\n";
    if (!conflicts.items().empty())
        out += "\nFor a decision: two versions of " + counted(conflicts, "part", "parts") + "\n";
    if (!body.at("tasks").items().empty()) {
        Table rows{{"Task", "For", "Due"}, {}};
        for (const auto& task : body.at("tasks").items())
            rows.rows.push_back({word(task, "task"), for_whom(task), word(task, "due")});
        out += "\n" + table(rows, terminal);
    }
    for (const auto& record : body.at("records").items())
        out += "\n" + record_in_words(record);
    return out;
}

std::string plain_since(const Json& body, const Terminal& terminal)
{
    auto out = word(body, "name") + "  " + word(body, "case") + "\nSince " + word(body, "since") +
               (word(body, "because").empty() ? "" : " (" + word(body, "because") + ")") + ":\n";
    const auto head = out.size();
    for (const auto& fact : body.at("facts").items())
        out += "\n" + word(fact, "title") + ": " + console::in_words(word(fact, "was")) + " -> " +
               console::in_words(word(fact, "is")) + "\n";
    const auto by = [](const Json& change) {
        auto who = word(change, "author").empty() ? std::string() : "    by " + word(change, "author") + ", " + word(change, "agency");
        if (!word(change, "reason").empty())
            who += ": " + word(change, "reason");
        if (change.at("waits").boolean())
            who += ", saved on this device";
        return who.empty() ? who : who + "\n";
    };
    for (const auto& record : body.at("records").items()) {
        out += "\n" + word(record, "title") + "  " + word(record, "record") + (record.at("new").boolean() ? ", new" : "") + "\n";
        if (record.at("withdrawn").is_object())
            out += "  withdrawn\n" + by(record.at("withdrawn"));
        for (const auto& change : record.at("changed").items()) {
            const auto was = in_one_line(change.at("was")), is = in_one_line(change.at("is"));
            out += "  " + console::in_words(word(change, "group")) + ": " + (was.empty() ? "" : was + " -> ") + (is.empty() ? "(nothing)" : is) +
                   "\n" + by(change);
        }
    }
    const auto& tasks = body.at("tasks");
    for (const auto& [kind, heading] : {std::pair("before", "Tasks still open from before"), std::pair("new", "New tasks"),
                                        std::pair("settled", "Tasks that ended")}) {
        if (tasks.at(kind).items().empty())
            continue;
        Table rows{{heading, "For", "Due", "State"}, {}};
        for (const auto& task : tasks.at(kind).items())
            rows.rows.push_back({word(task, "task"), for_whom(task), word(task, "due"), word(task, "state")});
        out += "\n" + table(rows, terminal);
    }
    for (const auto& [kind, heading] : {std::pair("before", "Waiting for a decision since before"), std::pair("new", "New for a decision")}) {
        for (const auto& item : body.at("decisions").at(kind).items())
            out += "\n" + std::string(heading) + ": " + word(item, "title") + ", " + word(item, "field") + "  " + word(item, "id") +
                   "\n  Decided by " + word(item, "decided_by") + "\n";
    }
    for (const auto& item : body.at("decisions").at("settled").items())
        out += "\nDecided: " + word(item, "title") + "  " + word(item, "id") + ", " + word(item, "disposition") + "\n";
    return out.size() == head ? out + "Nothing is different.\n" : out;
}

std::string plain_types(const Json& body, const Terminal&)
{
    std::string out = "You write as: " + list_of(body.at("hats")) + "\n";
    for (const auto& type : body.at("types").items()) {
        out += "\n" + word(type, "name") + " — " + word(type, "title") +
               (type.at("one_per_case").boolean() ? " (one for each case)" : "") + "\n";
        for (const auto& group : type.at("groups").items()) {
            out += "  " + word(group, "name") + (group.at("list").boolean() ? " (a list: --add)" : "") + "\n";
            for (const auto& field : group.at("fields").items()) {
                out += "    " + word(field, "name") + ": " + console::in_words(word(field, "type"));
                if (!field.at("choices").items().empty())
                    out += ", one of " + list_of(field.at("choices"));
                out += std::string(field.at("required").boolean() ? ", needed" : "") + "\n";
            }
        }
    }
    return out;
}

std::string plain_records(const Json& body, const Terminal&)
{
    std::string out;
    for (const auto& record : body.at("records").items())
        out += (out.empty() ? "" : "\n") + record_in_words(record);
    return out.empty() ? "There is no such record.\n" : out;
}

std::string plain_record(const Json& body, const Terminal&)
{
    const auto& record = body.at("record");
    auto out = record_in_words(record);
    for (const auto& [name, group] : record.at("groups").members())
        if (!word(group, "version").empty())
            out += "  version of " + console::printable(name) + ": " + word(group, "version") + "\n";
    return out;
}

std::string plain_saved(const Json& body, const Terminal&)
{
    const auto forecasts = [](const Json& list) {
        std::string out;
        for (const auto& one : list.items())
            out += "  " + word(one, "field") + ": " + forecast_words(one) + "\n";
        return out;
    };
    if (const auto* error = body.find("error"))
        return "Not saved: " + word(*error, "message") + "\n" + forecasts(body.at("forecast"));
    if (!body.at("records").is_array())
        return "Saved on this device: record " + word(body, "record") + "\n" + forecasts(body.at("forecast"));
    std::string out = "Saved on this device: " + counted(body.at("records"), "record", "records") + ".\n";
    for (const auto& record : body.at("records").items())
        for (const auto& one : record.at("forecast").items())
            if (one.at("outcome").text() != "applied")
                out += "  " + word(record, "record") + " " + word(one, "field") + ": " + forecast_words(one) + "\n";
    return out;
}

std::string plain_history(const Json& body, const Terminal& terminal)
{
    return history_lines(body.at("versions"), /*with_group=*/true, terminal);
}

std::string plain_why(const Json& body, const Terminal& terminal)
{
    const auto now = in_one_line(body.at("current"));
    return word(body, "field") + " is now: " + (now.empty() ? "(nothing)" : now) + "\n\n" +
           history_lines(body.at("versions"), /*with_group=*/false, terminal);
}

std::string plain_items(const Json& body, const Terminal&)
{
    std::string out;
    for (const auto& item : body.at("items").items()) {
        out += (out.empty() ? "" : "\n") + word(item, "title") + ", " + word(item, "field") + "  " + word(item, "id") +
               "\n  Decided by " + word(item, "decided_by") + (item.at("yours_to_decide").boolean() ? ": you may" : "");
        if (!word(item, "note").empty())
            out += "  [" + word(item, "note") + "]";
        out += "\n" + sides_in_words(item);
    }
    return out.empty() ? "Nothing waits for a decision.\n" : out;
}

std::string plain_item(const Json& body, const Terminal& terminal)
{
    auto out = plain_items(Json::object({{"items", Json(Json::Array{body.at("item")})}}), terminal);
    if (body.at("open_actions").is_array())
        out += "\nStill open (" + console::in_words(word(body, "open_type")) +
               "): " + std::to_string(body.at("open_actions").items().size()) + "\n";
    for (const auto& record : body.at("open_actions").items())
        out += "\n" + record_in_words(record);
    return out;
}

std::string plain_decision(const Json& body, const Terminal&)
{
    return "Saved on this device.\n  " + forecast_words(body.at("forecast")) + "\n";
}

std::string plain_attention(const Json& body, const Terminal& terminal)
{
    if (body.at("items").items().empty())
        return "Nothing needs your attention.\n";
    Table rows{{"Record", "Field", "What happened", "What next", "Who acts"}, {}};
    for (const auto& item : body.at("items").items())
        rows.rows.push_back(
            {word(item, "record"), word(item, "field"), word(item, "what_happened"),
             word(item, "what_next") + (word(item, "paragraph").empty() ? "" : " (" + word(item, "paragraph") + ")"),
             word(item, "who_acts")});
    return table(rows, terminal);
}

std::string plain_outbox(const Json& body, const Terminal& terminal)
{
    if (body.at("items").items().empty())
        return "Everything of yours has been received and decided centrally.\n";
    Table rows{{"Number", "State", "What", "Saved"}, {}};
    for (const auto& item : body.at("items").items()) {
        std::string what;
        for (const auto& change : item.at("changes").items())
            what += (what.empty() ? "" : "; ") + word(change, "title") + ": " + in_one_line(change.at("fields"));
        rows.rows.push_back({word(item, "sequence"), word(item, "words"), what, day(item.at("saved_at"))});
    }
    return table(rows, terminal);
}

std::string plain_tasks(const Json& body, const Terminal& terminal)
{
    if (body.at("tasks").items().empty())
        return "There is no open task.\n";
    Table rows{{"Id", "Task", "Due", "For", "State", "Because of"}, {}};
    for (const auto& task : body.at("tasks").items())
        rows.rows.push_back(
            {word(task, "id"), (task.at("safety").boolean() ? "SAFETY: " : "") + word(task, "task"), word(task, "due"),
             for_whom(task), word(task, "state"),
             word(task, "reason") + (word(task, "paragraph").empty() ? "" : " (" + word(task, "paragraph") + ")")});
    return table(rows, terminal);
}

std::string plain_task_settled(const Json& body, const Terminal&)
{
    return "Saved on this device.\n  " + forecast_words(body.at("forecast")) + "\n";
}

std::string plain_changes(const Json& body, const Terminal& terminal)
{
    if (body.at("changes").items().empty())
        return "Nothing has changed since you last looked.\n";
    Table rows{{"Received", "Record", "What", "By", "Became"}, {}};
    for (const auto& change : body.at("changes").items())
        rows.rows.push_back({day(change.at("received_at")), word(change, "record"),
                             word(change, "title") + ": " + in_one_line(change.at("fields")),
                             word(change, "author") + ", " + word(change, "agency"),
                             ruling_words(change.at("ruling").text())});
    return table(rows, terminal);
}

std::string plain_hits(const Json& body, const Terminal& terminal)
{
    if (body.at("hits").items().empty())
        return "Nothing was found on this device.\n";
    Table rows{{"Case", "Name", "Record", "Type", "Words"}, {}};
    for (const auto& hit : body.at("hits").items())
        rows.rows.push_back(
            {word(hit, "case"), word(hit, "name"), word(hit, "record"), word(hit, "type"), word(hit, "excerpt")});
    return table(rows, terminal);
}

std::string plain_enrol(const Json& body, const Terminal&)
{
    return "This profile is " + word(body, "name") + "'s, of " + word(body, "agency") + ", on device " +
           word(body, "device_name") + ".\nNext: `satchel --profile " + word(body, "profile") +
           " sync run` loads your cases.\n";
}

std::string plain_sync(const Json& body, const Terminal&)
{
    const auto& rulings = body.at("rulings");
    const auto count = [&](std::string_view key) { return rulings.at(key).integer(); };
    std::string out = counted(body.at("sent").integer(), "change of yours was", "changes of yours were") +
                      " received centrally; " + counted(body.at("received").integer(), "entry", "entries") +
                      " came in.\n";
    if (count("applied") + count("merged") > 0)
        out += "  " + std::to_string(count("applied") + count("merged")) + " in the record\n";
    if (count("suggested") > 0)
        out += "  " + counted(count("suggested"), "suggestion", "suggestions") + "\n";
    if (count("conflict") > 0)
        out += "  " + std::to_string(count("conflict")) + " with two versions\n";
    if (count("refused") > 0)
        out += "  " + std::to_string(count("refused")) + " held, not in the record\n";
    if (body.at("purged_cases").integer() > 0)
        out +=
            "Access removed: " + counted(body.at("purged_cases").integer(), "case", "cases") + " left this device.\n";
    if (body.at("waiting").integer() > 0)
        out += counted(body.at("waiting").integer(), "change waits", "changes wait") + " on this device.\n";
    if (body.at("attention").integer() > 0)
        out +=
            "Look at `attention list`: " + counted(body.at("attention").integer(), "item is", "items are") + " new.\n";
    if (const auto* error = body.find("error"))
        out += "It ended before everything was done. " + word(*error, "message") + "\n" + word(*error, "next") + "\n";
    return out;
}

std::string plain_status(const Json& body, const Terminal&)
{
    std::string out = counted(body.at("outbox").integer(), "change waits", "changes wait") + " on this device.\n";
    if (body.at("last_received_at").is_null())
        out += "Nothing of this device has been received centrally yet.\n";
    else
        out += "Last received centrally: " + word(body, "last_received_at") + ".\n";
    if (!body.at("last_checked_at").is_null())
        out += "Last checked with the hub: " + word(body, "last_checked_at") + ".\n";
    if (!word(body, "why").empty())
        out += capital(word(body, "why")) + "\n";
    if (body.at("running").boolean())
        out += "A run is under way.\n";
    return out;
}

std::string plain_serve(const Json& body, const Terminal&)
{
    return body.at("event").text() == "ready" ? "Unlocked. Other commands go through this one.\n" : "Locked.\n";
}

std::string plain_lock(const Json& body, const Terminal&)
{
    return body.at("locked").boolean() ? "Locked.\n" : "It was locked already: nothing holds this profile open.\n";
}

std::string plain_doctor(const Json& body, const Terminal& terminal)
{
    Table rows{{"Check", "Holds", "Found"}, {}};
    for (const auto& check : body.at("checks").items())
        rows.rows.push_back({word(check, "check"), word(check, "holds"), word(check, "found")});
    return "Device " + word(body, "device") + " of " + word(body, "name") + "\n" + table(rows, terminal);
}

}  // namespace satchel::client::app
