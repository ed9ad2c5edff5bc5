#include "schema/base/result.hpp"

#include <memory>
#include <set>

#include <gtest/gtest.h>

namespace satchel {
namespace {

// Numbers are stored in logs and sent: a new code is added here, none is renumbered or reused.
constexpr std::pair<Errc, int> numbers[] = {
    {Errc::invalid_argument, 1}, {Errc::malformed, 2},           {Errc::too_large, 3},
    {Errc::unknown_name, 4},     {Errc::not_found, 5},           {Errc::refused, 6},
    {Errc::duplicate, 7},        {Errc::io_error, 20},           {Errc::disk_full, 21},
    {Errc::busy, 22},            {Errc::timed_out, 23},          {Errc::peer_gone, 24},
    {Errc::unreachable, 25},     {Errc::closed, 26},             {Errc::wrong_passphrase, 40},
    {Errc::locked, 41},          {Errc::bad_signature, 42},      {Errc::bad_certificate, 43},
    {Errc::corrupt, 44},         {Errc::fork, 45},               {Errc::wrong_key, 46},
    {Errc::protocol_violation, 60}, {Errc::version_mismatch, 61}, {Errc::epoch_changed, 62},
    {Errc::access_removed, 63},  {Errc::policy_invalid, 80},     {Errc::bug, 99},
};

Result<int> half(int n)
{
    if (n % 2 != 0)
        return fail(Errc::invalid_argument, "odd");
    return n / 2;
}

Result<int> quarter(int n)
{
    SATCHEL_TRY(const int h, half(n));
    SATCHEL_TRY(const int q, half(h));
    return q;
}

Result<void> must_halve(int n)
{
    SATCHEL_TRYV(half(n));
    return {};
}

TEST(Result, AnErrorReachesTheCallerWithItsCodeDetailAndPlace)
{
    const auto got = quarter(6);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::invalid_argument);
    EXPECT_EQ(got.error().detail, "odd");
    EXPECT_NE(std::string_view(got.error().where.file_name()).find("result_test.cpp"), std::string_view::npos);
    EXPECT_FALSE(must_halve(1));
    EXPECT_TRUE(must_halve(2));
    EXPECT_EQ(*quarter(8), 2);
}

TEST(Result, AValueThatCanOnlyBeMovedIsPassedOn)
{
    const auto outer = []() -> Result<std::unique_ptr<int>> {
        const auto inner = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(4); };
        SATCHEL_TRY(auto owned, inner());
        return owned;
    };
    EXPECT_EQ(**outer(), 4);
}

TEST(Errc, NumbersNeverChange)
{
    for (const auto& [code, number] : numbers)
        EXPECT_EQ(static_cast<int>(code), number) << name(code);
}

TEST(Errc, EveryCodeHasItsOwnName)
{
    std::set<std::string_view> names;
    for (const auto& [code, number] : numbers) {
        EXPECT_NE(name(code), "unknown") << number;
        EXPECT_TRUE(names.insert(name(code)).second) << name(code);
    }
    EXPECT_EQ(name(static_cast<Errc>(65'535)), "unknown");
}

TEST(Errc, OnlyWhatMayPassByItselfIsRetried)
{
    std::set<Errc> retried;
    for (const auto& [code, number] : numbers) {
        if (remedy(code) == Remedy::retry)
            retried.insert(code);
    }
    EXPECT_EQ(retried, (std::set{Errc::busy, Errc::timed_out, Errc::peer_gone, Errc::unreachable,
                                 Errc::epoch_changed}));
    EXPECT_EQ(remedy(Errc::corrupt), Remedy::ask_operator);
    EXPECT_EQ(remedy(Errc::bad_certificate), Remedy::give_up_session);
    EXPECT_EQ(remedy(Errc::malformed), Remedy::fix_input);
    EXPECT_EQ(remedy(Errc::bug), Remedy::report_bug);
}

TEST(CheckDeathTest, ABugOfOursStopsTheProcessAndSaysWhere)
{
    EXPECT_DEATH(SATCHEL_CHECK(1 + 1 == 3), "internal check failed: 1 \\+ 1 == 3 at .*result_test.cpp");
}

}  // namespace
}  // namespace satchel
