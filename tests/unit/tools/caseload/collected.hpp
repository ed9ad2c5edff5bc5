// A generated caseload in memory, for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "schema/policy/compile.hpp"
#include "schema/policy/embedded.hpp"
#include "tools/caseload/caseload.hpp"

namespace satchel::tools::caseload {

inline const Date test_day = *parse_date("2026-10-31");

struct Collected final : Sink {
    std::vector<CaseLine> cases;
    std::vector<std::pair<std::string, RecordLine>> records;  // of which case
    void add(const CaseLine& line) override { cases.push_back(line); }
    void add(const CaseLine& of, const RecordLine& line) override { records.emplace_back(of.key, line); }
};

inline Collected collect(std::uint64_t cases, std::uint64_t seed)
{
    Collected out;
    generate({cases, seed, test_day}, out);
    return out;
}

inline const schema::Policy& agreement()
{
    static const auto outcome = schema::compile(schema::embedded_bundle());
    SATCHEL_CHECK(outcome.policy.has_value());
    return *outcome.policy;
}

}  // namespace satchel::tools::caseload
