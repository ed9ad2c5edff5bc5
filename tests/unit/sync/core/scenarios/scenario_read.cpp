#include "tests/unit/sync/core/scenarios/scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <toml++/toml.h>

namespace satchel::test::scenarios {
namespace {

struct Wrong {
    std::string what;
};

std::string place(const std::string& file, const toml::node& node)
{
    return file + ":" + std::to_string(node.source().begin.line);
}

// A table whose every key must be asked for.
class Keys {
public:
    Keys(const toml::table& table, std::string file) : table_(table), file_(std::move(file)) {}

    [[noreturn]] void wrong(const std::string& why) const { throw Wrong{place(file_, table_) + ": " + why}; }

    const toml::node* find(std::string_view key)
    {
        asked_.insert(std::string(key));
        return table_.get(key);
    }
    std::string text(std::string_view key, bool required = false)
    {
        const auto* node = find(key);
        if (!node) {
            if (required)
                wrong("it needs \"" + std::string(key) + "\"");
            return {};
        }
        return value_text(*node);
    }
    std::optional<std::string> maybe(std::string_view key)
    {
        return find(key) ? std::optional(text(key)) : std::nullopt;
    }
    bool flag(std::string_view key)
    {
        const auto* node = find(key);
        if (!node)
            return false;
        const auto v = node->value<bool>();
        if (!v)
            wrong("\"" + std::string(key) + "\" is true or false");
        return *v;
    }
    std::vector<std::string> list(std::string_view key)
    {
        std::vector<std::string> out;
        const auto* node = find(key);
        if (!node)
            return out;
        if (!node->is_array())
            return {value_text(*node)};
        for (const auto& item : *node->as_array())
            out.push_back(value_text(item));
        return out;
    }
    Typed typed(std::string_view key)
    {
        const auto* node = find(key);
        return node ? fields_of(table_of(*node)) : Typed{};
    }
    std::vector<std::pair<std::string, Typed>> typed_by_name(std::string_view key)
    {
        std::vector<std::pair<std::string, Typed>> out;
        const auto* node = find(key);
        if (!node)
            return out;
        for (const auto& [name, item] : table_of(*node)) {
            if (const auto* several = item.as_array()) {
                for (const auto& one : *several)
                    out.emplace_back(std::string(name.str()), fields_of(table_of(one)));
            } else {
                out.emplace_back(std::string(name.str()), fields_of(table_of(item)));
            }
        }
        return out;
    }
    std::vector<std::pair<std::string, std::string>> pairs(std::string_view key)
    {
        std::vector<std::pair<std::string, std::string>> out;
        const auto* node = find(key);
        if (!node)
            return out;
        if (!node->is_array())
            wrong("\"" + std::string(key) + "\" is a list of pairs");
        for (const auto& item : *node->as_array()) {
            const auto* pair = item.as_array();
            if (!pair || pair->size() != 2)
                wrong("\"" + std::string(key) + "\" is a list of pairs");
            out.emplace_back(value_text(*pair->get(0)), value_text(*pair->get(1)));
        }
        return out;
    }
    std::vector<Keys> tables(std::string_view key)
    {
        std::vector<Keys> out;
        const auto* node = find(key);
        if (!node)
            return out;
        if (!node->is_array())
            return {Keys(table_of(*node), file_)};
        for (const auto& item : *node->as_array())
            out.emplace_back(table_of(item), file_);
        return out;
    }
    void done() const
    {
        for (const auto& [key, value] : table_)
            if (!asked_.contains(std::string(key.str())))
                throw Wrong{place(file_, value) + ": \"" + std::string(key.str()) + "\" means nothing here"};
    }
    [[nodiscard]] std::uint32_t line() const { return table_.source().begin.line; }
    [[nodiscard]] const toml::table& table_of(const toml::node& node) const
    {
        if (!node.is_table())
            throw Wrong{place(file_, node) + ": a table is meant here"};
        return *node.as_table();
    }

private:
    [[nodiscard]] std::string value_text(const toml::node& node) const
    {
        if (const auto v = node.value_exact<std::string>())
            return *v;
        if (const auto v = node.value_exact<bool>())
            return *v ? "yes" : "no";
        if (const auto v = node.value_exact<std::int64_t>())
            return std::to_string(*v);
        throw Wrong{place(file_, node) + ": text is meant here"};
    }
    [[nodiscard]] Typed fields_of(const toml::table& table) const
    {
        Typed out;
        for (const auto& [name, value] : table)
            out.emplace_back(std::string(name.str()), value_text(value));
        return out;
    }

    const toml::table& table_;
    std::string file_;
    std::set<std::string> asked_;
};

// The agency that leads, and since when: the record most scenarios begin with.
Start supervision(const std::string& agency)
{
    return {"supervision", "supervision", "probation.practitioner", {{"agency", agency}, {"from", "2020-01-01"}}, {}};
}

Start read_start(Keys keys)
{
    Start out;
    out.record = keys.text("record", true);
    out.type = keys.text("type", true);
    out.by = keys.text("by", true);
    out.fields = keys.typed("fields");
    out.elements = keys.typed_by_name("elements");
    keys.done();
    return out;
}

Save read_save(Keys keys)
{
    Save out;
    out.midnight = keys.text("midnight");
    if (!out.midnight.empty()) {
        keys.done();
        return out;
    }
    out.label = keys.text("label", true);
    out.by = keys.text("by", true);
    out.hats = keys.list("hats");
    out.unknown_hat = keys.flag("unknown_hat");
    out.knew = keys.text("knew");
    out.record = keys.text("record");
    out.type = keys.text("type");
    out.set = keys.typed("set");
    out.add = keys.typed_by_name("add");
    out.take = keys.list("take");
    out.withdraw = keys.flag("withdraw");
    out.resolve = keys.text("resolve");
    out.how = keys.text("how");
    out.reason = keys.text("reason");
    out.event_at = keys.text("event_at");
    out.authored_at = keys.text("authored_at");
    auto& expected = out.expected;
    expected.outcome = keys.text("outcome", true);
    expected.rule = keys.maybe("rule");
    expected.paragraph = keys.maybe("paragraph");
    expected.decided_by = keys.maybe("decided_by");
    expected.instead = keys.maybe("instead");
    expected.says = keys.maybe("says");
    expected.around_handover = keys.flag("around_handover");
    expected.protective = keys.flag("protective");
    expected.stands = keys.flag("stands");
    expected.outside = keys.flag("outside");
    expected.amends = keys.flag("amends");
    if (!out.knew.empty() && out.knew != "start" && out.knew != "now")
        keys.wrong("\"knew\" is \"start\" or \"now\"");
    if (out.record.empty() && out.resolve.empty())
        keys.wrong("it needs \"record\" or \"resolve\"");
    if (out.set.empty() && out.add.empty() && out.take.empty() && !out.withdraw && out.resolve.empty())
        keys.wrong("it saves nothing");
    keys.done();
    return out;
}

std::vector<TaskSeen> read_tasks(Keys& keys, std::string_view key)
{
    std::vector<TaskSeen> out;
    for (auto& k : keys.tables(key)) {
        TaskSeen task;
        task.role = k.text("role", true);
        task.about = k.text("about");
        task.words = k.text("words");
        task.rule = k.text("rule");
        task.due = k.text("due");
        task.safety = k.flag("safety");
        task.state = k.text("state");
        k.done();
        out.push_back(std::move(task));
    }
    return out;
}

std::vector<Seen> read_seen(Keys& keys, std::string_view key)
{
    std::vector<Seen> out;
    for (auto& k : keys.tables(key)) {
        Seen seen{k.text("role", true), k.list("records")};
        k.done();
        out.push_back(std::move(seen));
    }
    return out;
}

Then read_then(Keys keys)
{
    Then out;
    out.record = keys.typed_by_name("record");
    out.shown = keys.typed_by_name("shown");
    out.prompts = keys.typed_by_name("prompts");
    if (keys.find("waiting"))
        out.waiting = keys.list("waiting");
    out.elements = keys.list("elements");
    out.gone = keys.list("gone");
    out.facts = keys.typed("facts");
    out.tasks = read_tasks(keys, "tasks");
    out.no_tasks = read_tasks(keys, "no_tasks");
    out.stale = keys.list("stale");
    out.fresh = keys.list("fresh");
    out.late = keys.list("late");
    out.voided = keys.list("voided");
    out.valid = keys.list("valid");
    out.outside = keys.pairs("outside");
    out.linked = keys.pairs("linked");
    out.unlinked = keys.pairs("unlinked");
    out.differing = keys.pairs("differing");
    for (auto& k : keys.tables("written")) {
        Written written;
        written.type = k.text("type", true);
        written.fields = k.typed("fields");
        written.agency = k.text("agency");
        k.done();
        out.written.push_back(std::move(written));
    }
    out.sees = read_seen(keys, "sees");
    out.blind = read_seen(keys, "blind");
    keys.done();
    return out;
}

Scenario read_scenario(Keys keys, const std::string& file)
{
    Scenario out;
    out.file = file;
    out.line = keys.line();
    out.id = keys.text("id", true);
    out.variant = keys.text("variant");
    out.title = keys.text("title", true);
    if (const auto today = keys.text("today"); !today.empty())
        out.today = today;
    if (const auto lead = keys.text("lead"); !lead.empty())
        out.start.push_back(supervision(lead));
    for (auto& k : keys.tables("start"))
        out.start.push_back(read_start(std::move(k)));
    for (auto& k : keys.tables("save"))
        out.saves.push_back(read_save(std::move(k)));
    if (const auto* then = keys.find("then"))
        out.then = read_then(Keys(keys.table_of(*then), file));
    else
        keys.wrong("it needs [scenario.then]: a scenario must be able to fail");
    if (out.saves.empty())
        keys.wrong("nobody saves anything");
    keys.done();
    return out;
}

}  // namespace

Result<std::vector<Scenario>> read_scenarios(const std::string& folder)
{
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".toml")
            files.push_back(entry.path());
    if (error)
        return fail(Errc::io_error, folder + ": " + error.message());
    std::sort(files.begin(), files.end());
    std::vector<Scenario> out;
    std::set<std::string> ids;
    for (const auto& path : files) {
        const auto file = path.filename().string();
        try {
            const auto table = toml::parse_file(path.string());
            Keys keys(table, file);
            for (auto& k : keys.tables("scenario")) {
                out.push_back(read_scenario(std::move(k), file));
                if (!ids.insert(out.back().id + " " + out.back().variant).second)
                    return fail(Errc::duplicate, file + ": " + out.back().id + " stands twice; give one a variant");
            }
            keys.done();
        } catch (const toml::parse_error& e) {
            return fail(Errc::malformed, file + ":" + std::to_string(e.source().begin.line) + ": " +
                                             std::string(e.description()));
        } catch (const Wrong& e) {
            return fail(Errc::malformed, e.what);
        }
    }
    return out;
}

}  // namespace satchel::test::scenarios
