#include "schema/base/nearest.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace satchel;

namespace {
const std::vector<std::string> fields{"level", "rationale", "decided_on", "evidence"};
}

TEST(Nearest, ASlipFindsItsName)
{
    EXPECT_EQ(nearest("levle", fields), "level");       // swapped
    EXPECT_EQ(nearest("ratonale", fields), "rationale");  // missing
    EXPECT_EQ(nearest("decided-on", fields), "decided_on");
    EXPECT_EQ(did_you_mean("evidense", fields), "; did you mean \"evidence\"?");
}

TEST(Nearest, SomethingElseFindsNothing)
{
    EXPECT_EQ(nearest("postcode", fields), "");
    EXPECT_EQ(nearest("", fields), "");
    EXPECT_EQ(nearest(std::string(65, 'a'), fields), "");
    EXPECT_EQ(nearest("level", {}), "");
    EXPECT_EQ(did_you_mean("postcode", fields), "");
}
