// A case under an agreement that a test makes, and what people save on it.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "bench.hpp"
#include "tests/unit/schema/policy/compiled.hpp"

namespace satchel::test {

class CaseUnder : public testing::Test {
protected:
    explicit CaseUnder(const schema::Policy& policy) : policy_(policy) {}
    void begin_again() { case_.emplace(policy_); }

    using Typed = std::map<std::string, std::string>;
    // The hub works on slices: whatever follows from a change must follow from its slice as well.
    CaseBench::Saved save(const std::string& by, schema::Change change)
    {
        bench.also_on_slices = true;
        auto saved = bench.save(by, {{std::move(change)}});
        EXPECT_EQ(saved.effects, saved.effects_on_slice);
        return saved;
    }
    CaseBench::Saved creates(const std::string& by, const std::string& type, const std::string& group, const Typed& typed)
    {
        return save(by, bench.creates(type, group, typed));
    }
    CaseBench::Saved edits(const std::string& by, const RecordId& record, const std::string& type, const std::string& group,
                           const Typed& typed)
    {
        return save(by, bench.edits(record, type, group, typed));
    }
    CaseBench::Saved withdraws(const std::string& by, const RecordId& record, const std::string& type, const std::string& group)
    {
        auto change = bench.edits(record, type, group, {});
        change.op = schema::Op::withdraw;
        change.reason = "recorded by mistake";
        return save(by, std::move(change));
    }

private:
    const schema::Policy& policy_;
    std::optional<CaseBench> case_{policy_};

protected:
    CaseBench& bench = *case_;
};

}  // namespace satchel::test
