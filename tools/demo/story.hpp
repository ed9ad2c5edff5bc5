// A story: what people recorded offline, in which orders their devices may come back, and what must be true then.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/demo/world.hpp"

namespace satchel::demo {

// Collects what did not hold, in words.
class Check {
public:
    void that(bool holds, const std::string& what)
    {
        ++checked_;
        if (!holds)
            failures_.push_back(what);
    }
    void equal(const std::string& actual, const std::string& expected, const std::string& what)
    {
        that(actual == expected, what + ": expected \"" + expected + "\", found \"" + actual + "\"");
    }
    [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
    [[nodiscard]] int checked() const { return checked_; }

private:
    std::vector<std::string> failures_;
    int checked_ = 0;
};

struct Story {
    int number = 0;
    std::string title;
    std::string references;
    std::string telling;               // what happens, for the demonstration; one or two sentences
    std::string crn;                   // of its case
    std::string import;                // NDJSON lines of its case
    std::vector<std::string> team;     // assigned to the case
    std::vector<std::string> outsiders = {};  // have a device and no part in the case
    std::function<void(World&)> before;   // online: every device has synchronised after it
    std::function<void(World&)> offline;  // no device is connected
    std::vector<std::string> devices;  // that come back; every order is played
    std::function<void(World&)> between;  // after the first round of syncing; may be empty
    std::function<void(World&, Check&)> outcome;
    // Instead of plain rounds of `sync run`, for stories about the connection itself.
    std::function<void(World&, const std::vector<std::string>& order)> connect;
};

const std::vector<Story>& stories();

// The case of a story as its import lines: a fictitious person, supervised by probation since 2024 (so probation leads).
std::string case_lines(const std::string& key, const std::string& crn, const std::string& family_name,
                       const std::vector<std::string>& more = {});
std::string record_line(const std::string& case_key, const std::string& key, const std::string& type,
                        const std::string& agency, const std::string& role, const std::string& fields,
                        const std::string& elements = {});

// Everything a story needs before it can be told: people, case, devices, one first sync. Leaves the hub stopped.
void prepare(World& world, const std::vector<Story>& told);
// The story's own `before` and `offline`. Leaves the hub stopped.
void record_offline(World& world, const Story& story);
// The devices come back in this order, twice round, so that everybody has heard everything. Leaves the hub serving.
void come_back(World& world, const Story& story, const std::vector<std::string>& order);
std::vector<std::vector<std::string>> orders_of(const Story& story);

}  // namespace satchel::demo
