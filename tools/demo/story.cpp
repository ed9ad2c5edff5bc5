#include "tools/demo/story.hpp"

#include <algorithm>
#include <set>

namespace satchel::demo {

std::string record_line(const std::string& case_key, const std::string& key, const std::string& type,
                        const std::string& agency, const std::string& role, const std::string& fields,
                        const std::string& elements)
{
    return R"({"v":1,"kind":"record","case":")" + case_key + R"(","key":")" + key + R"(","type":")" + type +
           R"(","agency":")" + agency + R"(","role":")" + role +
           R"(","author":"Imported, author as stated","event_at":"2024-02-01T09:00:00Z","fields":{)" + fields + "}" +
           (elements.empty() ? "" : R"(,"elements":{)" + elements + "}") + "}\n";
}

std::string case_lines(const std::string& key, const std::string& crn, const std::string& family_name,
                       const std::vector<std::string>& more)
{
    std::string out = R"({"v":1,"kind":"case","key":")" + key + R"(","area":"Exampleshire"})" + "\n";
    out += record_line(key, "person", "person", "probation", "probation.practitioner",
                       R"("family_name":")" + family_name + R"(","given_names":"Fictitious","dob":"1985-05-05")",
                       R"("identifiers":[{"scheme":"crn","identifier":")" + crn + R"("}])");
    out += record_line(key, "supervision", "supervision", "probation", "probation.practitioner",
                       R"("agency":"probation","from":"2024-01-02","basis":"licence")");
    for (const auto& line : more)
        out += line;
    return out;
}

void prepare(World& world, const std::vector<Story>& told)
{
    std::set<std::string> people;
    std::string lines;
    for (const auto& story : told) {
        people.insert(story.team.begin(), story.team.end());
        people.insert(story.outsiders.begin(), story.outsiders.end());
        lines += story.import;
    }
    const std::vector<std::string> names(people.begin(), people.end());
    world.create_people(names);
    const auto imported = world.import(lines);
    if (!imported.ok())
        throw std::runtime_error("the cases were not imported: " + json::serialize(imported.data) + imported.err);
    world.serve();
    for (const auto& story : told)
        world.assign(story.crn, story.team);
    world.enrol(names);
    for (const auto& name : names)
        if (const auto synced = world.sync(name); !synced.ok())
            throw std::runtime_error(name + " could not sync: " + json::serialize(synced.data) + synced.err);
    world.stop();
}

void record_offline(World& world, const Story& story)
{
    if (story.before) {
        world.serve();
        story.before(world);
        for (const auto& name : story.team)
            world.sync(name);
        world.stop();
    }
    if (story.offline)
        story.offline(world);
}

void come_back(World& world, const Story& story, const std::vector<std::string>& order)
{
    world.serve();
    if (story.connect) {
        story.connect(world, order);
    } else {
        for (const auto& name : order)
            world.sync(name);
    }
    if (story.between)
        story.between(world);
    for (int round = 0; round < 2; ++round)
        for (const auto& name : order)
            world.sync(name);
}

std::vector<std::vector<std::string>> orders_of(const Story& story)
{
    auto order = story.devices;
    std::sort(order.begin(), order.end());
    std::vector<std::vector<std::string>> out;
    do
        out.push_back(order);
    while (std::next_permutation(order.begin(), order.end()));
    return out;
}

}  // namespace satchel::demo
