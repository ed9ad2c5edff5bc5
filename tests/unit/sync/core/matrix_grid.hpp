// Every state of every role, part and action, and where the two differ in it.
#pragma once

#include <functional>

#include <gtest/gtest.h>

#include "tests/unit/sync/core/matrix_state.hpp"

namespace satchel::test {

constexpr std::size_t states_max = 20'000;  // per role, part and action

using At = std::vector<std::size_t>;  // of each choice, which value

// Where a gate asks for what it asks for: its own values chosen, what lifts it not.
inline At before_gate(const std::vector<Choice>& choices, const schema::Gate& gate)
{
    const auto list_of = [](const schema::Match& match, const Choice& choice) -> const std::vector<std::string>* {
        for (const auto& [fact, values] : match.facts)
            if (choice.of == Choice::Of::fact && fact == choice.fact)
                return &values;
        for (const auto& [field, values] : match.values)
            if ((choice.of == Choice::Of::change || choice.of == Choice::Of::recorded) && field == choice.field)
                return &values;
        return nullptr;
    };
    At at;
    for (const auto& choice : choices) {
        const auto* meets = list_of(gate.when, choice);
        if (!meets && gate.approved)
            meets = list_of(gate.approved->when, choice);
        const auto* lifts = list_of(gate.unless, choice);
        const auto good = std::find_if(choice.values.begin(), choice.values.end(), [&](const std::string& value) {
            return (!meets || std::find(meets->begin(), meets->end(), value) != meets->end()) &&
                   (!lifts || std::find(lifts->begin(), lifts->end(), value) == lifts->end());
        });
        at.push_back(good == choice.values.end() ? 0 : static_cast<std::size_t>(good - choice.values.begin()));
    }
    return at;
}

inline void each_state(const std::vector<Choice>& choices, const std::vector<schema::Gate>& gates, const std::function<void(const At&)>& visit)
{
    std::size_t product = 1;
    for (const auto& choice : choices)
        product = std::min(product * choice.values.size(), states_max + 1);
    if (product <= states_max) {
        At at(choices.size(), 0);
        for (;;) {
            visit(at);
            std::size_t i = 0;
            while (i < at.size() && ++at[i] == choices[i].values.size())
                at[i++] = 0;
            if (i == at.size())
                return;
        }
    }
    std::set<At> bases{At(choices.size(), 0)};
    for (const auto& gate : gates)
        bases.insert(before_gate(choices, gate));
    for (const auto& base : bases) {
        visit(base);
        auto at = base;
        for (std::size_t first = 0; first < choices.size(); ++first, at = base)
            for (at[first] = 0; at[first] < choices[first].values.size(); ++at[first]) {
                if (at[first] == base[first])
                    continue;
                visit(at);
                for (std::size_t second = first + 1; second < choices.size(); at[second] = base[second], ++second)
                    for (at[second] = 0; at[second] < choices[second].values.size(); ++at[second])
                        if (at[second] != base[second])
                            visit(at);
            }
    }
}

struct Grid {
    std::size_t states = 0;
    std::vector<std::string> differences;  // role, field, action, state
    std::set<std::string> shut, open;      // gates that refused, and of which all that they ask for was there
};

inline std::string told(const matrix::Line* line)
{
    return line ? std::string(name(line->answer)) + " by " + line->rule + " to " + to_string(line->to) : "no line";
}

inline std::string told(const Ruling& ruling)
{
    return std::string(name(ruling.outcome)) + " by " + ruling.rule + " to " + ruling.decided_by;
}

inline bool agrees(const matrix::Line* line, const matrix::Raised* raised, const Ruling& ruling)
{
    if (!line || ruling.outside_policy != (raised != nullptr))
        return false;
    if (raised && raised->rule != ruling.rule)
        return false;
    const bool same_rule = raised || line->rule == ruling.rule;
    const bool cited = raised || ruling.paragraph.empty() ||
                       std::find(line->refs.begin(), line->refs.end(), ruling.paragraph) != line->refs.end();
    if (!same_rule || !cited || line->instead != ruling.instead)
        return false;
    switch (line->answer) {
    case Answer::decides:
        return ruling.outcome == Outcome::applied;
    case Answer::suggests:
        // Whose an element is the agreement does not know; the ruling names the agency.
        return ruling.outcome == Outcome::suggested &&
               (ruling.decided_by == to_string(line->to) ||
                (line->rule == "not-supplier" && ruling.decided_by.starts_with("agency:")));
    case Answer::refused:
        return ruling.outcome == Outcome::refused;
    case Answer::nothing:
        return ruling.outcome == Outcome::merged;
    default:
        return false;
    }
}

// Two roles of which this is the same are alike to the declarations of a part.
inline std::vector<std::string> told_apart(const Role& role, const Asked& asked)
{
    std::vector<std::string> out{role.agency, asked.roles.contains(role.name) ? role.name : ""};
    std::copy_if(role.duties.begin(), role.duties.end(), std::back_inserter(out),
                 [&](const std::string& duty) { return asked.duties.contains(duty); });
    return out;
}

// `read` is what the owners of the agreement read, `judged` what changes are ruled under.
inline Grid grid(const Policy& read, const Policy& judged)
{
    Grid out;
    for (const auto& type : judged.types)
        for (const auto& group : type.groups)
            for (const auto action : {Action::create, Action::set, Action::add, Action::remove, Action::withdraw, Action::see}) {
                const auto* read_type = read.type(type.name);
                const auto* read_group = read_type ? read_type->group(group.name) : nullptr;
                if (!matrix::applies(type, group, action) || !read_group)
                    continue;
                std::set<std::vector<std::string>> met;
                for (const auto& role : judged.roles) {
                    const auto other = std::find_if(judged.agencies.begin(), judged.agencies.end(),
                                                    [&](const schema::Agency& one) { return one.name != role.agency; });
                    const std::set<std::string> agencies{role.agency, other->name};
                    const Asked asked(judged, type, group, action, agencies);
                    if (!met.insert(told_apart(role, asked)).second)
                        continue;
                    const auto choices = choices_of(type, group, action, asked, agencies);
                    const auto lines = matrix::lines(read, *read_type, *read_group, role, action);
                    const auto raised = matrix::raised(read, *read_type, *read_group, role, action);
                    each_state(choices, gates_of(type, group, action), [&](const At& at) {
                        State state(judged, type, group, role, action);
                        state.choose(choices, at);
                        if (state.says_the_same())
                            return;
                        ++out.states;
                        const auto* line = matrix::first(lines, read, *read_type, role, state.situation);
                        std::string ruled, expected = told(line);
                        bool same = false;
                        if (action == Action::see) {
                            const bool sees = state.sees();
                            ruled = sees ? "sees" : "hidden";
                            same = line && (line->answer == Answer::sees) == sees;
                        } else {
                            const auto ruling = state.ruling();
                            if (ruling.outcome == Outcome::refused)
                                out.shut.insert(ruling.rule);
                            out.open.insert(state.situation.met.begin(), state.situation.met.end());
                            const auto* outside = matrix::first(raised, read, *read_type, role, state.situation);
                            ruled = told(ruling) + (ruling.outside_policy ? ", raised" : "");
                            expected += outside ? ", raised by " + outside->rule : "";
                            same = agrees(line, outside, ruling);
                        }
                        if (same || out.differences.size() >= 20)
                            return;
                        std::string where = role.name + " " + std::string(name(action)) + " " + type.name + "." + group.name;
                        for (std::size_t i = 0; i < choices.size(); ++i) {
                            const auto* field = field_of(type, choices[i].field);
                            where += "; " + (field ? field->name : choices[i].fact) + "(" +
                                     std::to_string(static_cast<int>(choices[i].of)) + ")=" + choices[i].values[at[i]];
                        }
                        out.differences.push_back(where + ": the matrix says " + expected + ", the ruling is " + ruled);
                    });
                }
            }
    return out;
}

inline void expect_each_gate_met_both_ways(const Policy& policy, const Grid& grid)
{
    for (const auto& type : policy.types)
        for (const auto& gate : type.withdrawal)
            EXPECT_TRUE(grid.shut.contains(gate.rule)) << gate.rule << " refused nothing";
    for (const auto& type : policy.types)
        for (const auto& group : type.groups)
            for (const auto& gate : group.gates) {
                EXPECT_TRUE(grid.shut.contains(gate.rule)) << gate.rule << " refused nothing";
                EXPECT_TRUE(grid.open.contains(gate.rule)) << gate.rule << " was never met";
            }
}

inline std::string in_lines(const Grid& grid)
{
    std::string out;
    for (const auto& one : grid.differences)
        out += one + "\n";
    return out;
}

}  // namespace satchel::test
