// A TOML table being read, with its place for every complaint. Inside read*.cpp only: they alone know toml++.
#pragma once

#include <toml++/toml.h>

#include <algorithm>

#include "schema/base/nearest.hpp"
#include "schema/policy/declaration.hpp"
#include "schema/policy/toml_text.hpp"

namespace satchel::schema::declaration {

struct Context {
    std::uint32_t file;
    Problems& problems;

    Place place(const toml::node& node) const { return {file, node.source().begin.line}; }
    void problem(const toml::node& node, std::string reason) const { problems.add(place(node), std::move(reason)); }
};

// The keys of a table in the order in which the file states them; toml++ sorts them by name.
inline std::vector<std::pair<std::string, const toml::node*>> in_order(const toml::table& table)
{
    std::vector<std::pair<std::string, const toml::node*>> out;
    std::vector<toml::source_position> where;
    for (const auto& [key, node] : table)
        out.emplace_back(std::string(key.str()), &node);
    const auto position = [&](const std::string& key) {
        const auto at = table.find(key)->first.source().begin;
        return std::pair(at.line, at.column);
    };
    std::stable_sort(out.begin(), out.end(),
                     [&](const auto& a, const auto& b) { return position(a.first) < position(b.first); });
    return out;
}

inline constexpr std::size_t key_bytes_max = 128;
inline constexpr const char* whole_file = "a policy file";

// A table being read: it remembers which keys were asked for, so that finish() can name those that nobody knows.
class Reading {
public:
    Reading(const Context& context, const toml::table& table, std::string what)
        : context_(context), table_(table), what_(std::move(what))
    {
    }

    [[nodiscard]] Place at() const { return context_.place(table_); }
    [[nodiscard]] const std::string& what() const { return what_; }

    const toml::node* node(const char* key)
    {
        known_.emplace_back(key);
        return table_.get(key);
    }

    Word word(const char* key)
    {
        const auto* found = node(key);
        return found ? as_word(*found, key) : Word{{}, at()};
    }
    Word needed(const char* key)
    {
        const auto* found = node(key);
        if (!found) {
            context_.problems.add(at(), what_ + " needs \"" + key + "\"");
            return {{}, at()};
        }
        return as_word(*found, key);
    }
    // One string or a list of strings.
    Words words(const char* key)
    {
        const auto* found = node(key);
        return found ? as_words(*found, key) : Words{};
    }
    bool flag(const char* key, bool otherwise = false)
    {
        const auto* found = node(key);
        if (!found)
            return otherwise;
        if (const auto value = found->value_exact<bool>())
            return *value;
        context_.problem(*found, quoted(key) + " is true or false");
        return otherwise;
    }
    Number number(const char* key)
    {
        const auto* found = node(key);
        return found ? as_number(*found, key) : Number{0, at()};
    }

    std::vector<Number> numbers(const char* key)
    {
        const auto* found = node(key);
        if (!found)
            return {};
        const auto* list = found->as_array();
        if (!list) {
            context_.problem(*found, quoted(key) + " is a list of whole numbers");
            return {};
        }
        std::vector<Number> out;
        for (const auto& item : *list)
            out.push_back(as_number(item, key));
        return out;
    }

    // A sub-table, if it is there.
    template <class F>
    void table(const char* key, F&& read)
    {
        const auto* found = node(key);
        if (!found)
            return;
        if (const auto* sub = found->as_table())
            read_table(*sub, part(key), read);
        else
            context_.problem(*found, quoted(key) + " is a table");
    }
    // Each table of a list of tables ([[...]]).
    template <class F>
    void each(const char* key, F&& read)
    {
        const auto* found = node(key);
        if (!found)
            return;
        const auto* list = found->as_array();
        if (!list) {
            context_.problem(*found, quoted(key) + " is a list: write [[...]] above it");
            return;
        }
        for (const auto& item : *list) {
            if (const auto* sub = item.as_table())
                read_table(*sub, part(key), read);
            else
                context_.problem(item, "every entry of " + quoted(key) + " is a table");
        }
    }
    // Each named sub-table ([record.address], [record.visit]).
    template <class F>
    void named(const char* key, F&& read)
    {
        const auto* found = node(key);
        if (!found)
            return;
        const auto* sub = found->as_table();
        if (!sub) {
            context_.problem(*found, quoted(key) + " is a table of tables");
            return;
        }
        for (const auto& [name, child] : in_order(*sub)) {
            const Place place{context_.file, sub->find(name)->first.source().begin.line};
            if (const auto* table = child->as_table()) {
                Reading reading(context_, *table, std::string(key) + " \"" + name + "\"");
                read(Word{name, place}, reading);
                reading.finish();
            } else {
                context_.problem(*child, quoted(key) + "." + name + " is a table");
            }
        }
    }

    void finish()
    {
        for (const auto& [key, child] : in_order(table_)) {
            (void)child;
            if (std::find(known_.begin(), known_.end(), key) == known_.end())
                context_.problems.add({context_.file, table_.find(key)->first.source().begin.line},
                                      what_ + " has no \"" + key + "\"" + did_you_mean(key, known_));
        }
    }

    Word as_word(const toml::node& found, const std::string& key)
    {
        const auto value = found.value_exact<std::string>();
        if (!value) {
            context_.problem(found, quoted(key) + " is a piece of text in quotes");
            return {{}, context_.place(found)};
        }
        if (value->size() > 1024 || !is_clean_text(*value)) {
            context_.problem(found, quoted(key) + " is too long or holds control characters");
            return {{}, context_.place(found)};
        }
        return {*value, context_.place(found)};
    }
    Number as_number(const toml::node& found, const std::string& key)
    {
        const auto value = found.value_exact<std::int64_t>();
        if (!value || *value < 0 || *value > 1'000'000) {
            context_.problem(found, quoted(key) + " is a whole number");
            return {0, context_.place(found)};
        }
        return {static_cast<int>(*value), context_.place(found)};
    }
    Words as_words(const toml::node& found, const std::string& key)
    {
        const auto* list = found.as_array();
        if (!list)
            return {as_word(found, key)};
        Words out;
        for (const auto& item : *list)
            out.push_back(as_word(item, key));
        return out;
    }

    const Context& context() const { return context_; }
    const toml::table& raw() const { return table_; }

private:
    // "deadline"; "record \"visit\", notify"
    [[nodiscard]] std::string part(const char* key) const
    {
        return what_ == whole_file ? std::string(key) : what_ + ", " + key;
    }
    static std::string quoted(const std::string& key) { return "\"" + key + "\""; }

    template <class F>
    void read_table(const toml::table& sub, std::string what, F& read)
    {
        Reading reading(context_, sub, std::move(what));
        read(reading);
        reading.finish();
    }

    const Context& context_;
    const toml::table& table_;
    std::string what_;
    std::vector<std::string> known_;
};

// { fact.lead_agency = "police", field.level = ["2", "3"] }
inline Match match_in(Reading& when)
{
    Match match;
    for (const char* kind : {"fact", "field"}) {
        when.table(kind, [&](Reading& names) {
            for (const auto& [name, node] : in_order(names.raw())) {
                (void)names.node(name.c_str());
                match.entries.push_back({std::string_view(kind) == "fact",
                                         {name, names.context().place(*node)},
                                         names.as_words(*node, name)});
            }
        });
    }
    return match;
}
inline Match read_match(Reading& in, const char* key)
{
    Match match;
    in.table(key, [&](Reading& when) { match = match_in(when); });
    return match;
}

// { attendee_agency = "invited_agency" }
inline std::vector<std::pair<Word, Word>> read_pairs(Reading& in, const char* key)
{
    std::vector<std::pair<Word, Word>> out;
    in.table(key, [&](Reading& pairs) {
        for (const auto& [name, node] : in_order(pairs.raw())) {
            (void)pairs.node(name.c_str());
            out.push_back({{name, pairs.context().place(*node)}, pairs.as_word(*node, name)});
        }
    });
    return out;
}

// What the other files read.
States read_states(Reading& in);
Gate read_gate(Reading& in);
Deadline read_deadline(Reading& in);
Calendar read_calendar(Reading& in);
void read_earlier_words(Reading& file, Bundle& bundle);

}  // namespace satchel::schema::declaration
