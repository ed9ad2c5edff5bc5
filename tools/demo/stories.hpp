// The stories one by one, and what they are told with. Inside stories*.cpp only. What each must come to is written from the
// requirement ids it names, not from what the programs happen to answer.
#pragma once

#include <algorithm>

#include "tools/demo/story.hpp"

namespace satchel::demo::telling {

Story address();
Story address_reported_by_police();
Story call_out();
Story planned_visit();
Story unplanned_visit();
Story level();
Story lowering();
Story rosh();
Story handover(bool wrong_clock);
Story release_date();
Story exactly_once();
Story moved();
Story barred();
Story safety_first();
Story zone();
Story disclosure();
Story late_intelligence();
Story reviews();

inline std::string set(const std::string& field, const std::string& value) { return "--set=" + field + "=" + value; }
inline std::string add(const std::string& field, const std::string& value) { return "--add=" + field + "=" + value; }

// A field of a record as `case show` prints it.
inline std::string field(const json::value& record, const std::string& name) { return text(record, "fields/" + name); }

inline bool mentions(const json::value& value, const std::string& words)
{
    return json::serialize(value).find(words) != std::string::npos;
}

inline json::value show(World& w, const std::string& who, const std::string& ref)
{
    return w.device(who, {"case", "show", ref}).data;
}

inline json::value attention(World& w, const std::string& who) { return w.device(who, {"attention", "list"}).data; }

inline json::value why(World& w, const std::string& who, const std::string& record, const std::string& name)
{
    return w.device(who, {"why", record, name}).data;
}

// The ruling of the version of a field that holds this value; "" when there is none.
inline std::string ruling_of(World& w, const std::string& who, const std::string& record, const std::string& name,
                      const std::string& value)
{
    const auto versions = at(why(w, who, record, name), "versions");
    if (versions.is_array())
        for (const auto& version : versions.as_array())
            if (text(version, "value") == value)
                return text(version, "ruling");
    return {};
}

inline bool has_task(World& w, const std::string& who, const std::string& words)
{
    const auto tasks = w.tasks(who);
    return std::any_of(tasks.begin(), tasks.end(), [&](const json::value& t) { return mentions(t, words); });
}

inline std::size_t count_tasks(World& w, const std::string& who, const std::string& words)
{
    const auto tasks = w.tasks(who);
    return static_cast<std::size_t>(
        std::count_if(tasks.begin(), tasks.end(), [&](const json::value& t) { return mentions(t, words); }));
}

inline json::value record_with(World& w, const std::string& who, const std::string& ref, const std::string& type,
                        const std::string& name, const std::string& value)
{
    for (const auto& record : w.records(who, ref, type))
        if (field(record, name) == value)
            return record;
    return nullptr;
}

inline const std::vector<std::string> case_team{"police", "practitioner", "prison", "coordinator", "chair"};

}  // namespace satchel::demo::telling
