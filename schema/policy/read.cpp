// Reads the TOML of a bundle into a declaration.
#include <set>

#include "schema/policy/reading.hpp"

namespace satchel::schema::declaration {
namespace {

// One authority, or a list whose entries are authorities or { when = {...}, is = "authority" }.
std::vector<Owner> read_owner(Reading& in)
{
    std::vector<Owner> out;
    const auto* found = in.node("owner");
    if (!found)
        return out;
    const auto one = [&](const toml::node& node) {
        const auto at = in.context().place(node);
        if (const auto* table = node.as_table()) {
            Reading clause(in.context(), *table, in.what() + ", owner");
            out.push_back({at, read_match(clause, "when"), clause.needed("is")});
            clause.finish();
        } else {
            out.push_back({at, {}, in.as_word(node, "owner")});
        }
    };
    if (const auto* list = found->as_array())
        for (const auto& node : *list)
            one(node);
    else
        one(*found);
    return out;
}

// Authorities, or { by = "field", value = authorities, ... } with one entry for each choice of the field.
std::optional<Audience> read_audience(Reading& in)
{
    const auto* found = in.node("audience");
    if (!found)
        return std::nullopt;
    Audience audience;
    audience.at = in.context().place(*found);
    const auto* table = found->as_table();
    if (!table) {
        audience.clauses.push_back({{}, in.as_words(*found, "audience")});
        return audience;
    }
    Reading reading(in.context(), *table, in.what() + ", audience");
    audience.by = reading.needed("by");
    for (const auto& [key, node] : in_order(*table))
        if (key != "by")
            audience.clauses.push_back({{key, in.context().place(*node)}, reading.as_words(*node, key)});
    return audience;
}

// "text", ["home", "work"], or a table.
Field read_field(Reading& fields, const std::string& name, const toml::node& node)
{
    Field field;
    field.name = {name, {fields.context().file, fields.raw().find(name)->first.source().begin.line}};
    if (node.is_string()) {
        field.type = fields.as_word(node, name);
        return field;
    }
    if (node.is_array()) {
        field.type = {"choice", field.name.at};
        field.choices = fields.as_words(node, name);
        return field;
    }
    const auto* table = node.as_table();
    if (!table) {
        fields.context().problem(node, "field \"" + name + "\" is a type, a list of choices or a table");
        return field;
    }
    Reading in(fields.context(), *table, "field \"" + name + "\"");
    field.choices = in.words("choices");
    field.type = field.choices.empty() ? in.needed("type") : in.word("type");
    if (field.type.empty() && !field.choices.empty())
        field.type.text = "choice";
    field.title = in.word("title");
    field.target = in.word("of");
    field.nature = in.word("nature");
    field.initial = in.word("initial");
    field.required = in.flag("required");
    field.searchable = in.flag("searchable");
    field.withheld_from_reason = in.flag("withheld_from_reason");
    in.finish();
    return field;
}

Redirect read_redirect(Reading& in)
{
    Redirect out;
    out.at = in.at();
    out.rule = in.needed("rule");
    out.author = in.words("author");
    out.when = read_match(in, "when");
    out.rank = in.word("change");
    out.rank_field = in.word("of");
    out.then = in.needed("then");
    out.to = in.word("to");
    out.lists = in.word("lists");
    out.say = in.needed("say");
    out.refs = in.words("refs");
    in.table("instead", [&](Reading& instead) {
        Instead value;
        value.type = instead.needed("record");
        instead.table("set", [&](Reading& set) {
            for (const auto& [target, node] : in_order(set.raw())) {
                (void)set.node(target.c_str());
                value.set.push_back({{target, set.context().place(*node)}, set.as_word(*node, target)});
            }
        });
        out.instead = std::move(value);
    });
    return out;
}

Group read_group(const Word& name, Reading& in)
{
    Group group;
    group.at = name.at;
    group.name = name;
    group.title = in.word("title");
    group.nature = in.word("nature");
    group.merge = in.needed("merge");
    group.owner = read_owner(in);
    group.resolver = in.word("resolver");
    group.reasoned_by = in.word("reasoned_by");
    group.audience = read_audience(in);
    group.safety = in.flag("safety");
    group.reason_required = in.flag("reason_required");
    group.refs = in.words("refs");
    in.table("fields", [&](Reading& fields) {
        for (const auto& [field, node] : in_order(fields.raw())) {
            (void)fields.node(field.c_str());
            group.fields.push_back(read_field(fields, field, *node));
        }
    });
    in.table("safe_side", [&](Reading& side) {
        SafeSide out;
        out.at = side.at();
        out.field = side.needed("field");
        out.side = side.needed("is");
        out.value = side.word("value");
        out.show_to_all = side.flag("show_to_all");
        out.second_person = side.flag("second_person");
        out.refs = side.words("refs");
        group.safe_side = std::move(out);
    });
    in.table("binds", [&](Reading& binds) { group.binds = Binds{binds.needed("field"), binds.needed("to")}; });
    in.table("states", [&](Reading& states) { group.states = read_states(states); });
    in.each("redirect", [&](Reading& redirect) { group.redirects.push_back(read_redirect(redirect)); });
    in.each("gate", [&](Reading& gate) { group.gates.push_back(read_gate(gate)); });
    in.each("limit", [&](Reading& limit) {
        Limit out;
        out.at = limit.at();
        out.field = limit.needed("field");
        out.from = limit.needed("from");
        out.within = limit.needed("within");
        out.say = limit.needed("say");
        out.refs = limit.words("refs");
        out.when = read_match(limit, "when");
        group.limits.push_back(std::move(out));
    });
    return group;
}

Notify read_notify(Reading& in)
{
    Notify out;
    out.at = in.at();
    out.id = in.needed("id");
    out.when = in.needed("when");
    out.group = in.word("group");
    out.match = read_match(in, "match");
    out.roles = in.words("roles");
    out.task = in.needed("task");
    out.unconfirmed = in.word("unconfirmed");
    out.marks_stale = in.word("marks_stale");
    out.not_author_agency = in.flag("not_author_agency");
    out.safety = in.flag("safety");
    out.coalesce = in.flag("coalesce");
    out.refs = in.words("refs");
    return out;
}

Record read_record(const Word& name, Reading& in)
{
    Record record;
    record.at = name.at;
    record.name = name;
    record.title = in.needed("title");
    record.kind = in.word("kind");
    record.hold = in.word("hold");
    record.retention = in.word("retention");
    record.singleton = in.flag("one_per_case");
    record.create = in.words("create");
    record.audience = read_audience(in);
    record.refs = in.words("refs");
    record.late_after_days = in.number("late_after_days");
    in.named("group", [&](const Word& group, Reading& reading) {
        record.groups.push_back(read_group(group, reading));
    });
    in.each("notify", [&](Reading& notify) { record.notify.push_back(read_notify(notify)); });
    in.each("withdrawal", [&](Reading& gate) { record.withdrawal.push_back(read_gate(gate)); });
    in.each("link", [&](Reading& link) {
        Link out;
        out.at = link.at();
        out.id = link.needed("id");
        out.same = link.words("same");
        out.differs = link.word("differs");
        out.across_agencies = link.flag("across_agencies", true);
        out.task = link.needed("task");
        out.roles = link.words("roles");
        out.refs = link.words("refs");
        record.links.push_back(std::move(out));
    });
    in.each("outside", [&](Reading& outside) {
        Outside out;
        out.at = outside.at();
        out.id = outside.needed("id");
        out.when = read_match(outside, "when");
        outside.table("refers", [&](Reading& refers) {
            out.ref = refers.needed("field");
            out.whose = refers.needed("whose");
            out.values = refers.words("is");
        });
        out.say = outside.needed("say");
        out.refs = outside.words("refs");
        record.outside.push_back(std::move(out));
    });
    in.table("succession", [&](Reading& succession) {
        Succession out;
        out.at = succession.at();
        out.starts = succession.needed("starts");
        out.ends = succession.needed("ends");
        out.same = succession.words("same");
        out.refs = succession.words("refs");
        record.succession = std::move(out);
    });
    return record;
}

Fact read_fact(const Word& name, Reading& in)
{
    Fact out;
    out.at = name.at;
    out.name = name;
    out.title = in.needed("title");
    out.derive = in.needed("derive");
    out.type = in.needed("record");
    out.group = in.needed("group");
    out.value = in.word("value");
    out.from = in.word("from");
    out.to = in.word("to");
    out.years = in.number("years");
    out.only = read_match(in, "only");
    out.needs = in.words("needs");
    out.otherwise = in.word("otherwise");
    out.refs = in.words("refs");
    return out;
}

void read_file(const Context& context, const toml::table& root, Bundle& bundle)
{
    Reading in(context, root, whole_file);
    in.table("policy", [&](Reading& policy) {
        if (bundle.version.value != 0)
            context.problems.add(policy.at(), "[policy] is declared in another file already");
        bundle.version = policy.number("version");
        bundle.title = policy.needed("title");
        bundle.vetting_levels = policy.words("vetting_levels");
    });
    in.table("scope", [&](Reading& scope) {
        if (bundle.scope_at.line != 0)
            context.problems.add(scope.at(), "[scope] is declared in another file already");
        bundle.scope_at = scope.at();
        bundle.restricted_fact = scope.word("restricted_fact");
        bundle.vetting = scope.word("vetting");
        bundle.handler = scope.word("handler");
        bundle.coordination_role = scope.needed("coordination_role");
        bundle.owner_duty = scope.needed("owner_duty");
        bundle.approvers = scope.words("approvers");
    });
    in.named("agency", [&](const Word& name, Reading& agency) {
        bundle.agencies.push_back({name, agency.needed("title"), agency.word("takes_part")});
        agency.named("role", [&](const Word& role, Reading& reading) {
            Role out;
            out.name = {name.text + "." + role.text, role.at};
            out.agency = name;
            out.title = reading.needed("title");
            out.duties = reading.words("duties");
            out.cover = reading.word("cover");
            bundle.roles.push_back(std::move(out));
        });
    });
    in.named("fact", [&](const Word& name, Reading& fact) { bundle.facts.push_back(read_fact(name, fact)); });
    in.named("retention", [&](const Word& name, Reading& retention) {
        bundle.retentions.push_back({name, retention.needed("kept"), retention.words("refs")});
    });
    in.named("record",
             [&](const Word& name, Reading& record) { bundle.records.push_back(read_record(name, record)); });
    in.table("calendar", [&](Reading& calendar) {
        if (bundle.calendar)
            context.problems.add(calendar.at(), "[calendar] is declared in another file already");
        bundle.calendar = read_calendar(calendar);
    });
    in.each("deadline", [&](Reading& deadline) { bundle.deadlines.push_back(read_deadline(deadline)); });
    read_earlier_words(in, bundle);
    read_figures(in, bundle);
    in.finish();
}

// What a file's tables come to before anybody follows them. Keys become names, and stand in the sentences about them.
struct Extent {
    std::size_t depth = 0;
    std::size_t longest_list = 0;
    bool strange_key = false;
};

void measure(const toml::node& node, std::size_t depth, Extent& out)
{
    out.depth = std::max(out.depth, depth);
    if (depth > policy_nesting_max)
        return;
    if (const auto* table = node.as_table())
        for (const auto& [key, child] : *table) {
            out.strange_key = out.strange_key || key.str().size() > key_bytes_max || !is_clean_text(key.str());
            measure(child, depth + 1, out);
        }
    if (const auto* list = node.as_array()) {
        out.longest_list = std::max(out.longest_list, list->size());
        for (const auto& child : *list)
            measure(child, depth + 1, out);
    }
}

std::optional<std::string> extent_problem(const toml::table& root)
{
    Extent extent;
    measure(root, 0, extent);
    if (extent.depth > policy_nesting_max)
        return nested_too_deep();
    if (extent.longest_list > list_max)
        return "a list has at most " + std::to_string(list_max) + " entries";
    if (extent.strange_key)
        return "a key is longer than " + std::to_string(key_bytes_max) + " bytes or holds control characters";
    return {};
}

}  // namespace

Bundle read(std::span<const SourceFile> files, Problems& problems)
{
    Bundle bundle;
    if (files.empty() || files.size() > policy_files_max) {
        problems.add(whole_bundle, "a bundle has 1 to " + std::to_string(policy_files_max) + " files");
        return bundle;
    }
    std::set<std::string_view> names;
    for (std::uint32_t i = 0; i < files.size(); ++i) {
        const auto& file = files[i];
        if (!names.insert(file.name).second)
            problems.add({i, 0}, "two files have this name");
        if (file.text.size() > policy_file_bytes_max) {
            problems.add({i, 0}, "the file is larger than " + std::to_string(policy_file_bytes_max) + " bytes");
            continue;
        }
        if (auto problem = text_problem(file.text)) {
            problems.add({i, problem->line}, std::move(problem->reason));
            continue;
        }
        try {
            const toml::table root = toml::parse(file.text, file.name);
            if (auto problem = extent_problem(root))
                problems.add({i, 0}, *std::move(problem));
            else
                read_file(Context{i, problems}, root, bundle);
        } catch (const toml::parse_error& error) {
            // It may repeat what it does not understand.
            const auto why = std::string(error.description());
            problems.add({i, error.source().begin.line},
                         "not well-formed TOML" + (why.size() <= 256 && is_clean_text(why) ? ": " + why : std::string()));
        }
    }
    if (problems.none()) {
        if (bundle.version.value == 0)
            problems.add(whole_bundle, "no file has a [policy] with a version of 1 or more");
        if (bundle.scope_at.line == 0)
            problems.add(whole_bundle, "no file has a [scope]");
        if (bundle.records.size() > policy_types_max)
            problems.add(whole_bundle, "a bundle has at most " + std::to_string(policy_types_max) + " record types");
    }
    return bundle;
}

}  // namespace satchel::schema::declaration
