// Figures over all cases: indicators, the annual return, lists for managers. The first two never name a case.
#include <algorithm>
#include <charconv>

#include "sync/console/utf8.hpp"
#include "sync/hub/reports.hpp"
#include "tools/hub/commands.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;
using console::Terminal;
using schema::Figure;
using sync::FigureCount;
using sync::FiguresOrder;

constexpr std::size_t sample_max = 10'000;

Result<Date> day(const Request& request, const std::string& option)
{
    const auto date = parse_date(request.invocation.one(option).value_or(""));
    if (!date)
        return fail(Errc::invalid_argument, "--" + option + " is a day that exists, as in 2026-03-31");
    return *date;
}

Result<FiguresOrder> order_of(const Desk& desk, const Request& request, FiguresOrder::Which which)
{
    FiguresOrder out;
    out.which = which;
    out.area = request.invocation.one("area").value_or("");
    if (request.invocation.has("csv") && request.invocation.has("json"))
        return fail(Errc::invalid_argument, "--csv and --json are two forms of one answer: choose one");
    SATCHEL_TRY(out.days.from, day(request, "from"));
    SATCHEL_TRY(out.days.to, day(request, "to"));
    if (const auto as = request.invocation.one("as")) {
        SATCHEL_TRY(out.as, desk.service().find_user(*as));
    }
    return out;
}

// Reading every case takes long, and changes nothing that another command works on: those go on meanwhile.
template <class Work>
auto aside(Replies& replies, Work work) -> decltype(work())
{
    SATCHEL_TRYV(replies.will_step_aside());
    replies.step_aside();
    auto out = work();
    replies.step_in();
    return out;
}

sync::ProgressFn progress_of(Replies& replies)
{
    return [&replies](std::uint64_t done, std::uint64_t total) { replies.progress().report("report", done, total); };
}

// --- Figures as data ---------------------------------------------------------------------------------------------------

Json per_cent(std::optional<int> per_mille)
{
    if (!per_mille)
        return {};
    return std::to_string(*per_mille / 10) + "." + std::to_string(*per_mille % 10);
}

bool has_share(const Figure& figure)
{
    return !figure.met.empty() || figure.every;
}

std::string many(std::uint64_t n, const std::string& one, const std::string& more)
{
    return std::to_string(n) + " " + (n == 1 ? one : more);
}

// What stands beside a count, in words.
Json notes_of(const FigureCount& count)
{
    auto out = Json::array();
    const auto note = [&](std::string_view what, std::uint64_t n, const std::string& say) {
        if (n != 0)
            out.push(Json::object({{"what", what}, {"count", n}, {"say", say}}));
    };
    note("no_area", count.no_area,
         many(count.no_area, "belongs", "belong") + " to no area on the day, and to no area's count");
    note("undated", count.undated,
         many(count.undated, "is", "are") + " counted by something that has no date: as it stands now");
    note("no_day", count.no_day,
         many(count.no_day, "has", "have") + " no date, and " + (count.no_day == 1 ? "is" : "are") + " not counted");
    note("no_birth", count.no_birth, many(count.no_birth, "is", "are") + " not counted: no date of birth");
    note("unstarted", count.unstarted,
         many(count.unstarted, "case has", "cases have") + " nothing yet from which the time could run, and " +
             (count.unstarted == 1 ? "is" : "are") + " not counted");
    note("impossible", count.impossible,
         many(count.impossible, "is", "are") + " in a combination that cannot be: look at them");
    note("twice", count.twice,
         many(count.twice, "more case is", "more cases are") + " of somebody who is counted already");
    return out;
}

// Category total = level total, or why not.
Json totals_of(const FigureCount& count)
{
    const auto& by = count.figure->by;
    if (by.size() != 2 || count.figure->counts != Figure::Counts::cases || count.figure->withhold_below != 0)
        return {};
    const bool equal = count.only_first == 0 && count.only_second == 0;
    auto out = Json::object({{by[0].name, count.first_total}, {by[1].name, count.second_total}, {"equal", equal}});
    if (!equal)
        out["why"] = std::to_string(count.only_first) + " with " + by[0].title + " and without " + by[1].title + ", " +
                     std::to_string(count.only_second) + " the other way round";
    return out;
}

Json to_json(const FigureCount& count)
{
    const auto& figure = *count.figure;
    auto out = Json::object({{"id", figure.id}, {"title", figure.title}});
    if (figure.counts == Figure::Counts::elsewhere) {
        out["counted"] = nullptr;
        out["why"] = figure.why;
        out["refs"] = figure.refs;
        return out;
    }
    const auto numbers = [&](Json& into, std::uint64_t counted, std::uint64_t met, bool withheld) {
        into["counted"] = withheld ? Json() : Json(counted);
        if (withheld)
            into["withheld"] = true;
        if (!has_share(figure))
            return;
        into["met"] = met;
        into["per_cent"] = per_cent(sync::per_mille(met, counted));
        if (counted == 0)
            into["say"] = "no cases";
    };
    numbers(out, count.counted, count.met, count.withheld);
    if (figure.target != 0) {
        out["target"] = figure.target;
        out["reached"] = count.reached();
    }
    if (!figure.by.empty()) {
        auto by = Json::array();
        for (const auto& one : figure.by)
            by.push(Json::object({{"name", one.name}, {"title", one.title}}));
        out["by"] = std::move(by);
        auto rows = Json::array();
        for (const auto& [values, cell] : count.cells) {
            auto row = Json::object();
            for (std::size_t i = 0; i < values.size(); ++i)
                row["values"][figure.by[i].name] = values[i].empty() ? Json() : Json(values[i]);
            numbers(row, cell.counted, cell.met, cell.withheld);
            if (figure.target != 0)
                row["reached"] = sync::reached(cell.met, cell.counted, figure.target);
            rows.push(std::move(row));
        }
        out["rows"] = std::move(rows);
    }
    if (auto totals = totals_of(count); !totals.is_null())
        out["totals"] = std::move(totals);
    out["notes"] = notes_of(count);
    if (!figure.reading.empty())
        out["reading"] = figure.reading;
    out["refs"] = figure.refs;
    return out;
}

Json head_of(std::string_view report, const FiguresOrder& order)
{
    return Json::object({{"report", report},
                         {"area", order.area.empty() ? Json() : Json(order.area)},
                         {"from", order.days.from},
                         {"to", order.days.to}});
}

Json head_of(std::string_view report, const FiguresOrder& order, const sync::FiguresReport& found)
{
    auto out = head_of(report, order);
    out["policy_version"] = found.policy->version;
    out["position"] = sync::raw(found.position);
    out["cases_read"] = found.cases;
    return out;
}

// --- As lines for a spreadsheet --------------------------------------------------------------------------------------

std::string cell(const Json& value)
{
    auto text = value.is_null()      ? std::string()
                : value.is_text()    ? value.text()
                : value.is_integer() ? std::to_string(value.integer())
                : value.is_bool()    ? std::string(value.boolean() ? "yes" : "no")
                                     : to_text(value);
    // A spreadsheet takes such a text for a formula.
    if (value.is_text() && !text.empty() && std::string_view("=+-@\t").find(text.front()) != std::string_view::npos)
        text.insert(0, "'");
    if (text.find_first_of(",\"\n\r") == text.npos)
        return text;
    std::string out = "\"";
    for (const char c : text)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

void line(Replies& replies, const std::vector<Json>& cells)
{
    std::string out;
    for (const auto& one : cells)
        out += (&one == cells.data() ? "" : ",") + cell(one);
    replies.line(out);
}

void figures_as_lines(Replies& replies, const Json& body, const Json& figures)
{
    line(replies, {"area", "from", "to", "id", "title", "first", "second", "counted", "withheld", "met", "per_cent",
                   "target", "reached", "say"});
    for (const auto& figure : figures.items()) {
        std::string say = figure.at("why").text() + figure.at("totals").at("why").text();
        for (const auto& note : figure.at("notes").items())
            say += (say.empty() ? "" : "; ") + note.at("say").text();
        const auto put = [&](const Json& of, const Json& first, const Json& second, const Json& words) {
            line(replies, {body.at("area"), body.at("from"), body.at("to"), figure.at("id"), figure.at("title"), first,
                           second, of.at("counted"), of.at("withheld"), of.at("met"), of.at("per_cent"),
                           of.at("target"), of.at("reached"), words});
        };
        put(figure, {}, {}, Json(say));
        for (const auto& row : figure.at("rows").items()) {
            std::vector<Json> values;
            for (const auto& [name, value] : row.at("values").members())
                values.push_back(value.is_null() ? Json("not recorded") : value);
            values.resize(2);
            put(row, values[0], values[1], {});
        }
    }
}

Answer answered(Json body, const Request& request, Replies& replies, void (*lines)(Replies&, const Json&))
{
    Answer out;
    if (!request.invocation.has("csv")) {
        out.body = std::move(body);
        return out;
    }
    lines(replies, body);
    out.body = nullptr;  // the lines are the answer
    return out;
}

void kpi_lines(Replies& replies, const Json& body)
{
    figures_as_lines(replies, body, body.at("figures"));
}
void return_lines(Replies& replies, const Json& body)
{
    figures_as_lines(replies, body, body.at("lines"));
}

void caseload_lines(Replies& replies, const Json& body)
{
    std::vector<Json> heading{"list", "case", "label"};
    for (const auto& name : body.at("shown").items())
        heading.push_back(name);
    line(replies, heading);
    for (const auto& list : body.at("lists").items())
        for (const auto& one : list.at("cases").items()) {
            std::vector<Json> cells{list.at("id"), one.at("case"), one.at("label")};
            for (const auto& [name, value] : one.at("facts").members())
                cells.push_back(value);
            line(replies, cells);
        }
}

std::string in_one(const Json& words)
{
    std::string out;
    for (const auto& word : words.items())
        out += (out.empty() ? "" : " ") + word.text();
    return out;
}

void overdue_lines(Replies& replies, const Json& body)
{
    line(replies, {"case", "label", "area", "rule", "task", "role", "due", "days_late", "state", "paragraph", "reaches"});
    for (const auto& task : body.at("tasks").items())
        line(replies, {task.at("case"), task.at("label"), task.at("area"), task.at("rule"), task.at("task"),
                       task.at("role"), task.at("due"), task.at("days_late"), task.at("state"), task.at("paragraph"),
                       Json(in_one(task.at("reaches")))});
}

Json line_of(const sync::SignedFigures& signed_off, const Json& id)
{
    if (const auto lines = console::parse_json(signed_off.figures, {2u << 20, 32}))
        for (const auto& line : lines->items())
            if (line.at("id") == id)
                return line;
    return {};
}

// The lines as they were published first and as they were corrected since, beside those of today.
void compare(Json& body, const std::vector<sync::SignedFigures>& versions)
{
    const auto who = [](const sync::SignedFigures& one) {
        return Json::object({{"by", one.by}, {"name", one.name}, {"at", one.at}, {"reason", one.reason}});
    };
    body["signed_off"] = who(versions.front());
    auto corrections = Json::array();
    for (std::size_t i = 1; i < versions.size(); ++i)
        corrections.push(who(versions[i]));
    body["signed_off"]["corrections"] = std::move(corrections);
    auto lines = Json::array();
    for (auto one : body.at("lines").items()) {
        const auto first = line_of(versions.front(), one.at("id")), last = line_of(versions.back(), one.at("id"));
        if (!first.is_null())
            one["first_published"] = first.at("counted");
        if (!last.is_null()) {
            one["published"] = last.at("counted");
            one["differs"] = last.at("counted") != one.at("counted") || last.at("rows") != one.at("rows");
        }
        lines.push(std::move(one));
    }
    body["lines"] = std::move(lines);
}

// Beside each figure what it was in as many days before.
void put_before(Json& figures, const sync::FiguresReport& found)
{
    auto out = Json::array();
    for (std::size_t i = 0; i < found.before.size(); ++i) {
        auto one = figures.items()[i];
        const auto was = to_json(found.before[i]);
        auto before = Json::object({{"from", found.days_before.from}, {"to", found.days_before.to}});
        for (const auto* key : {"counted", "met", "per_cent", "reached"})
            if (was.find(key))
                before[key] = was.at(key);
        one["before"] = std::move(before);
        out.push(std::move(one));
    }
    if (!found.before.empty())
        figures = std::move(out);
}

void sample_lines(Replies& replies, const Json& body)
{
    line(replies, {"list", "seed", "case", "label"});
    for (const auto& one : body.at("cases").items())
        line(replies, {body.at("list"), body.at("seed"), one.at("case"), one.at("label")});
}

void use_lines(Replies& replies, const Json& body)
{
    line(replies,
         {"area", "from", "to", "agency", "users", "with_device", "wrote", "changes", "cases", "last_received"});
    for (const auto& one : body.at("agencies").items())
        line(replies,
             {body.at("area"), body.at("from"), body.at("to"), one.at("agency"), one.at("users"), one.at("with_device"),
              one.at("wrote"), one.at("changes"), one.at("cases"), one.at("last_received")});
}

std::string text_at(const Json& body, std::string_view key)
{
    const auto& value = body.at(key);
    return value.is_integer() ? std::to_string(value.integer()) : console::printable(value.text());
}

std::string heading(const Json& body, const std::string& what)
{
    const auto& area = body.at("area");
    return what + ", " + (area.is_null() ? "all areas" : console::printable(area.text())) + ", " +
           text_at(body, "from") + " to " + text_at(body, "to") + "\n";
}

std::string share(const Json& of)
{
    if (of.find("per_cent") == nullptr)
        return "";
    return of.at("per_cent").is_null() ? "no cases" : of.at("per_cent").text() + " %";
}

std::string reached(const Json& of)
{
    const auto& said = of.at("reached");
    return said.is_null() ? "" : said.boolean() ? "reached" : "not reached";
}

std::string number(const Json& of)
{
    if (of.at("withheld").boolean())
        return "withheld";
    return of.at("counted").is_null() ? "-" : std::to_string(of.at("counted").integer());
}

std::string figures_in_words(const Json& figures, const Terminal& terminal)
{
    console::Table table{{"Figure", "What", "Counted", "Met", "Share", "Target", ""}, {}};
    std::string below;
    for (const auto& figure : figures.items()) {
        const auto& target = figure.at("target");
        table.rows.push_back({text_at(figure, "id"), text_at(figure, "title"), number(figure), text_at(figure, "met"),
                              share(figure), target.is_null() ? "" : std::to_string(target.integer()) + " %",
                              reached(figure)});
        for (const auto& row : figure.at("rows").items()) {
            std::string values;
            for (const auto& by : figure.at("by").items()) {
                const auto& value = row.at("values").at(by.at("name").text());
                values += (values.empty() ? "" : ", ") + text_at(by, "title") + " " +
                          (value.is_null() ? std::string("not recorded") : console::printable(value.text()));
            }
            table.rows.push_back({"", "  " + values, number(row), text_at(row, "met"), share(row), "", reached(row)});
        }
        const auto id = text_at(figure, "id") + ": ";
        if (const auto* totals = figure.find("totals")) {
            std::string sums;
            for (const auto& [name, value] : totals->members())
                if (value.is_integer())
                    sums += (sums.empty() ? "" : ", ") + name + " " + std::to_string(value.integer());
            below +=
                id + "totals: " + sums + (totals->at("equal").boolean() ? "" : ": " + text_at(*totals, "why")) + ".\n";
        }
        for (const auto& note : figure.at("notes").items())
            below += id + text_at(note, "say") + ".\n";
        if (figure.find("why"))
            below += id + text_at(figure, "why") + "\n";
        if (figure.find("published") && figure.at("published") != figure.at("first_published"))
            below += id + "published first as " + text_at(figure, "first_published") + ", then corrected.\n";
        if (figure.at("differs").boolean())
            below += id + "signed off as " + text_at(figure, "published") + "; what came since is counted above.\n";
        if (const auto* before = figure.find("before"))
            below += id + "before, " + text_at(*before, "from") + " to " + text_at(*before, "to") + ": " +
                     number(*before) + (share(*before).empty() ? "" : ", " + share(*before)) + ".\n";
        if (figure.find("reading"))
            below += id + text_at(figure, "reading") + "\n";
    }
    return console::to_text(table, terminal) + (below.empty() ? "" : "\n" + below);
}

Json case_in_list(const sync::ListedCase& one, const std::vector<std::string>& shown)
{
    auto facts = Json::object();
    for (std::size_t i = 0; i < shown.size(); ++i)
        facts[shown[i]] = one.facts[i].empty() ? Json() : Json(one.facts[i]);
    return Json::object({{"case", one.id}, {"label", one.label}, {"facts", std::move(facts)}});
}

std::string cases_in_words(const Json& cases, const Json& shown, const Terminal& terminal)
{
    console::Table table{{"Case", "Label"}, {}};
    for (const auto& name : shown.items())
        table.headings.push_back(console::in_words(name.text()));
    for (const auto& one : cases.items()) {
        std::vector<std::string> row{text_at(one, "case"), text_at(one, "label")};
        for (const auto& [name, value] : one.at("facts").members())
            row.push_back(console::printable(value.text()));
        table.rows.push_back(std::move(row));
    }
    return table.rows.empty() ? std::string() : console::to_text(table, terminal);
}

}  // namespace

Result<Answer> report_kpi(const Desk& desk, const Request& request, Replies& replies)
{
    SATCHEL_TRY(auto order, order_of(desk, request, FiguresOrder::Which::kpi));
    order.before = request.invocation.has("before");
    SATCHEL_TRY(const auto found, aside(replies, [&] { return desk.service().count(order, progress_of(replies)); }));
    auto body = head_of("kpi", order, found);
    auto figures = Json::array();
    for (const auto& count : found.counts)
        figures.push(to_json(count));
    put_before(figures, found);
    if (const auto& portal = found.policy->figures->portal; !portal.empty())
        body["portal"] = portal;
    body["figures"] = std::move(figures);
    return answered(std::move(body), request, replies, kpi_lines);
}

Result<Answer> report_annual_return(const Desk& desk, const Request& request, Replies& replies)
{
    SATCHEL_TRY(const auto order, order_of(desk, request, FiguresOrder::Which::annual_return));
    const auto reason = request.invocation.one("reason");
    const bool correct = request.invocation.has("correct"), sign = request.invocation.has("sign-off") || correct;
    if (sign && (!order.as || !reason || order.area.empty()))
        return fail(Errc::invalid_argument, "--sign-off and --correct need --area, --as and --reason");
    SATCHEL_TRY(const auto found, aside(replies, [&] { return desk.service().count(order, progress_of(replies)); }));
    auto body = head_of("annual-return", order, found);
    body["return"] = found.edition->id;
    body["title"] = found.edition->title;
    body["not_to_be_passed_on_before"] = found.published;
    auto lines = Json::array();
    for (const auto& count : found.counts)
        lines.push(to_json(count));
    if (sign)
        SATCHEL_TRYV(desk.service().sign_off(order, to_text(lines), *reason, correct));
    body["signed_off"] = nullptr;
    body["lines"] = std::move(lines);
    SATCHEL_TRY(const auto versions, desk.service().signed_off(order));
    if (!versions.empty())
        compare(body, versions);
    body["state"] = found.may_be_passed_on ? "published" : versions.empty() ? "collecting" : "signed_off";
    return answered(std::move(body), request, replies, return_lines);
}

Result<Answer> report_caseload(const Desk& desk, const Request& request, Replies& replies)
{
    SATCHEL_TRY(auto order, order_of(desk, request, FiguresOrder::Which::caseload));
    order.only = request.invocation.one("list").value_or("");
    SATCHEL_TRY(const auto found, aside(replies, [&] { return desk.service().count(order, progress_of(replies)); }));
    auto body = head_of("caseload", order, found);
    const auto& shown = found.policy->figures->show;
    body["shown"] = shown;
    auto lists = Json::array();
    for (const auto& count : found.counts) {
        auto cases = Json::array();
        for (const auto sheet : count.listed) {
            const auto& one = found.listed.at(sheet);
            cases.push(case_in_list(one, shown));
        }
        auto list = to_json(count);
        list["cases"] = std::move(cases);
        lists.push(std::move(list));
    }
    body["lists"] = std::move(lists);
    return answered(std::move(body), request, replies, caseload_lines);
}

Result<Answer> report_overdue(const Desk& desk, const Request& request, Replies& replies)
{
    SATCHEL_TRY(const auto order, order_of(desk, request, FiguresOrder::Which::caseload));
    SATCHEL_TRY(const auto late, aside(replies, [&] { return desk.service().overdue(order, progress_of(replies)); }));
    auto body = head_of("overdue", order);
    std::map<std::string, std::uint64_t> by_rule;
    auto tasks = Json::array();
    for (const auto& one : late) {
        ++by_rule[one.rule];
        tasks.push(Json::object({{"task_id", one.task.id},
                                 {"case", one.task.case_id},
                                 {"label", one.task.case_label},
                                 {"area", one.area.empty() ? Json() : Json(one.area)},
                                 {"rule", one.rule},
                                 {"task", one.task.words},
                                 {"role", one.task.role},
                                 {"reaches", Json(one.task.reaches)},
                                 {"due", one.task.due},
                                 {"days_late", one.days_late},
                                 {"safety", one.task.safety},
                                 {"state", one.task.state == sync::Task::State::open ? "open" : "acknowledged"},
                                 {"paragraph", one.task.paragraph}}));
    }
    auto counts = Json::array();
    for (const auto& [rule, n] : by_rule)
        counts.push(Json::object({{"rule", rule}, {"count", n}}));
    body["counts"] = std::move(counts);
    body["tasks"] = std::move(tasks);
    return answered(std::move(body), request, replies, overdue_lines);
}

Result<Answer> report_sample(const Desk& desk, const Request& request, Replies& replies)
{
    SATCHEL_TRY(const auto order, order_of(desk, request, FiguresOrder::Which::caseload));
    sync::SampleOrder what{request.invocation.one("list").value_or(""), 0, request.invocation.one("seed").value_or("")};
    const auto size = request.invocation.one("size").value_or("");
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), what.size);
    if (error != std::errc{} || end != size.data() + size.size() || what.size == 0 || what.size > sample_max)
        return fail(Errc::invalid_argument, "--size is a number of cases, from 1 to " + std::to_string(sample_max));
    SATCHEL_TRY(const auto drawn,
                aside(replies, [&] { return desk.service().sample(order, what, progress_of(replies)); }));
    auto body = head_of("sample", order);
    body["list"] = what.list;
    body["title"] = drawn.title;
    body["seed"] = drawn.seed;
    body["of"] = drawn.of;
    const auto& shown = drawn.policy->figures->show;
    body["shown"] = shown;
    auto cases = Json::array();
    for (const auto& one : drawn.cases)
        cases.push(case_in_list(one, shown));
    body["cases"] = std::move(cases);
    return answered(std::move(body), request, replies, sample_lines);
}

Result<Answer> report_use(const Desk& desk, const Request& request, Replies& replies)
{
    SATCHEL_TRY(const auto order, order_of(desk, request, FiguresOrder::Which::caseload));
    SATCHEL_TRY(const auto found, aside(replies, [&] { return desk.service().use(order); }));
    auto body = head_of("use", order);
    auto agencies = Json::array();
    for (const auto& one : found)
        agencies.push(Json::object({{"agency", one.agency},
                                    {"users", one.users},
                                    {"with_device", one.with_device},
                                    {"wrote", one.wrote},
                                    {"changes", one.changes},
                                    {"cases", one.cases},
                                    {"last_received", one.changes == 0 ? Json() : Json(one.last)}}));
    body["agencies"] = std::move(agencies);
    return answered(std::move(body), request, replies, use_lines);
}

std::string plain_sample(const Json& body, const Terminal& terminal)
{
    auto out = heading(body, text_at(body, "title"));
    out += std::to_string(body.at("cases").items().size()) + " of " + text_at(body, "of") + ", drawn with --seed " +
           text_at(body, "seed") + ".\n";
    return out + cases_in_words(body.at("cases"), body.at("shown"), terminal);
}

std::string plain_use(const Json& body, const Terminal& terminal)
{
    console::Table table{{"Agency", "Users", "With a device", "Wrote", "Changes", "Cases", "Last"}, {}};
    for (const auto& one : body.at("agencies").items())
        table.rows.push_back({text_at(one, "agency"), text_at(one, "users"), text_at(one, "with_device"),
                              text_at(one, "wrote"), text_at(one, "changes"), text_at(one, "cases"),
                              text_at(one, "last_received")});
    return heading(body, "Use") + console::to_text(table, terminal);
}

std::string plain_kpi(const Json& body, const Terminal& terminal)
{
    auto out = heading(body, "Performance indicators");
    if (body.find("portal"))
        out += "Handed in to: " + text_at(body, "portal") + ".\n";
    return out + figures_in_words(body.at("figures"), terminal);
}

std::string plain_annual_return(const Json& body, const Terminal& terminal)
{
    auto out = heading(body, console::printable(body.at("title").text()));
    out += "Not to be passed on before " + text_at(body, "not_to_be_passed_on_before") + ".\n";
    if (const auto& by = body.at("signed_off"); !by.is_null())
        out += "Signed off by " + text_at(by, "name") + " on " + text_at(by, "at") + ".\n";
    return out + figures_in_words(body.at("lines"), terminal);
}

std::string plain_caseload(const Json& body, const Terminal& terminal)
{
    auto out = heading(body, "Caseload");
    for (const auto& list : body.at("lists").items()) {
        out += "\n" + text_at(list, "title") + ": " + number(list) + "\n";
        out += cases_in_words(list.at("cases"), body.at("shown"), terminal);
        for (const auto& note : list.at("notes").items())
            out += text_at(note, "say") + ".\n";
    }
    return out;
}

std::string plain_overdue(const Json& body, const Terminal& terminal)
{
    auto out = heading(body, "Overdue");
    if (body.at("tasks").items().empty())
        return out + "Nothing is overdue.\n";
    console::Table table{{"Due", "Days", "Case", "Label", "Task", "Role"}, {}};
    for (const auto& task : body.at("tasks").items())
        table.rows.push_back({text_at(task, "due"), text_at(task, "days_late"), text_at(task, "case"),
                              text_at(task, "label"), text_at(task, "task"), text_at(task, "role")});
    return out + console::to_text(table, terminal);
}

}  // namespace satchel::tools::hub
