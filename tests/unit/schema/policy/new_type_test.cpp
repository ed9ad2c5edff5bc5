// Adding a record type is adding a file: no C++ knows its name.
#include <gtest/gtest.h>

#include "schema/policy/embedded.hpp"

using namespace satchel::schema;

namespace {

constexpr std::string_view boat = R"(
[record.boat]
title = "Boat"
refs = ["G-12-3"]
create = "case_agencies"
audience = ["agency:police", "lead_agency", "supplier"]

[record.boat.group.mooring]
owner = "agency:police"
merge = "manual"
[record.boat.group.mooring.fields]
name = { type = "text", required = true, searchable = true }
harbour = "text"
seen_on = "date"

[[record.boat.notify]]
id = "boat-seen"
when = "received"
roles = ["police.offender_manager"]
task = "A boat was recorded"
refs = ["G-12-3"]
)";

}  // namespace

TEST(PolicyNewType, AFileBesideTheBundleIsANewRecordType)
{
    std::vector<SourceFile> files(embedded_bundle().begin(), embedded_bundle().end());
    const auto before = compile(files);
    ASSERT_TRUE(before.policy.has_value());
    EXPECT_EQ(before.policy->type("boat"), nullptr);

    files.push_back({"boat.toml", boat});
    const auto outcome = compile(files);
    for (const auto& problem : outcome.problems)
        ADD_FAILURE() << to_string(problem);
    ASSERT_TRUE(outcome.policy.has_value());
    const auto* type = outcome.policy->type("boat");
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(outcome.policy->type(type_id("boat")), type);
    EXPECT_EQ(type->title, "Boat");
    const auto* group = type->group("mooring");
    ASSERT_NE(group, nullptr);
    EXPECT_EQ(type->group(group_id("boat", "mooring")), group);
    EXPECT_EQ(to_string(group->owner.back().is), "agency:police");
    ASSERT_NE(group->field("seen_on"), nullptr);
    EXPECT_EQ(group->field("seen_on")->type, FieldType::date);
    EXPECT_EQ(group->field("seen_on")->id, field_id("boat", "mooring", "seen_on"));
    EXPECT_EQ(type->group_of_field("name"), group);
    EXPECT_EQ(type->notify.at(0).roles.at(0), "police.offender_manager");
    EXPECT_EQ(outcome.policy->types.size(), before.policy->types.size() + 1);
}
