#include "schema/policy/policy.hpp"

#include <gtest/gtest.h>

using namespace satchel::schema;

TEST(Hat, IsReadAndWrittenInOneForm)
{
    const auto hat = parse_hat("police/eastside/offender_manager");
    ASSERT_TRUE(hat.has_value());
    EXPECT_EQ(*hat, (Hat{"police", "eastside", "police.offender_manager"}));
    EXPECT_EQ(to_string(*hat), "police/eastside/offender_manager");
    const auto full = parse_hat("police/eastside/police.offender_manager");
    ASSERT_TRUE(full.has_value());
    EXPECT_EQ(*full, *hat) << "the full role name is the same hat";
}

TEST(Hat, AnythingElseIsRefused)
{
    for (const auto* text : {"", "police", "police/eastside", "police//x", "/a/b", "police/a/", "Police/a/b", "a/b/c/d",
                             "police/eastside/offender manager", "a.b/c/d"})
        EXPECT_FALSE(parse_hat(text).has_value()) << text;
}

TEST(Authority, IsReadAndWrittenInOneForm)
{
    for (const auto* text : {"nobody", "lead_agency", "lead_agency/case_manager", "supplier", "author", "case_agencies",
                             "agency:police", "role:coordination.chair", "field:accepting_agency", "fact:holder"}) {
        const auto authority = parse_authority(text);
        ASSERT_TRUE(authority.has_value()) << text;
        EXPECT_EQ(to_string(*authority), text);
    }
    for (const auto* text : {"", "agency:", "lead_agency/", "police", "agency:Police", "role:a b", "supplier "})
        EXPECT_FALSE(parse_authority(text).has_value()) << text;
}

TEST(Authority, AFieldIsLookedUpInItsRecord)
{
    RecordType type;
    type.groups.resize(1);
    type.groups[0].fields.resize(1);
    type.groups[0].fields[0].name = "agency";
    type.groups[0].fields[0].id = FieldId{42};
    const auto found = parse_authority("field:agency", &type);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->field, FieldId{42});
    EXPECT_FALSE(parse_authority("field:other", &type).has_value());
    EXPECT_FALSE(parse_authority("field:agency", nullptr).has_value());
    EXPECT_TRUE(parse_authority("lead_agency", nullptr).has_value());
}

TEST(PolicyNames, IdsAreHashesOfTheDottedPath)
{
    EXPECT_EQ(static_cast<std::uint32_t>(group_id("address", "where")), name_hash("address.where"));
    EXPECT_EQ(static_cast<std::uint32_t>(field_id("address", "where", "lines")), name_hash("address.where.lines"));
}

TEST(PolicyNames, EveryWordOfTheFilesIsReadBack)
{
    for (int t = 0; t <= static_cast<int>(FieldType::identifier); ++t)
        EXPECT_EQ(parse_field_type(name(static_cast<FieldType>(t))), static_cast<FieldType>(t));
    for (int m = 0; m <= static_cast<int>(Merge::alternatives); ++m)
        EXPECT_EQ(parse_merge(name(static_cast<Merge>(m))), static_cast<Merge>(m));
    for (int h = 0; h <= static_cast<int>(Hold::online); ++h)
        EXPECT_EQ(parse_hold(name(static_cast<Hold>(h))), static_cast<Hold>(h));
    EXPECT_FALSE(parse_field_type("").has_value());
    EXPECT_FALSE(parse_merge("newest").has_value());
}
