// From what was typed to changes: what is wrong is said before anything is saved.
#include "tests/unit/client/device_fixture.hpp"

namespace satchel::client::test {
namespace {

using How = Typed::How;

class Compose : public DeviceTest {
protected:
    std::string said(const std::string& type, const std::vector<Typed>& typed)
    {
        return outcome(compose(canvas(type), typed));
    }
};

TEST_F(Compose, MistakesAreNamedAndValuesAreNot)
{
    EXPECT_EQ(said("note", {}), "invalid_argument: there is nothing to save: use --set, --add or --remove");
    EXPECT_EQ(said("note", {{How::set, "tetx", "secret words"}}),
              "unknown_name: note has no such field; did you mean \"text\"?");
    EXPECT_EQ(said("flag", {{How::set, "why", "secret words"}}), "invalid_argument: why is a list: use --add or --remove");
    EXPECT_EQ(said("note", {{How::add, "text", "secret words"}}), "invalid_argument: text is not a list: use --set");
    EXPECT_EQ(said("note", {{How::set, "text", "a"}, {How::set, "text", "b"}}), "invalid_argument: text is set twice");
    const auto wrong = said("level", {{How::set, "level", "secret words"}});
    EXPECT_TRUE(wrong.starts_with("invalid_argument: level: it is one of: 1, 2, 3")) << wrong;
    EXPECT_EQ(wrong.find("secret"), std::string::npos);
    EXPECT_EQ(said("level", {{How::set, "version", "current"}}),
              "invalid_argument: version: there is no version yet that it could name");
}

TEST_F(Compose, ASetStatesEveryFieldOfItsGroup)
{
    const auto level = hub.write("police.offender_manager",
                                 hub.creates("level", "decision", {{"level", "2"}, {"rationale", "escalating"}}));
    pull();
    const auto saved = *edit(level.opened.changes[0].record, {{How::set, "level", "3"}});
    EXPECT_EQ(saved.changesets[0].opened.changes[0].values.size(), 2u);
}

TEST_F(Compose, ARemovalNamesExactlyWhatWasSeen)
{
    const auto flag = hub.write("police.offender_manager", hub.creates("flag", "raises", {{"why", "a call-out"}}));
    const auto record = flag.opened.changes[0].record;
    pull();
    hub.write("police.offender_manager", hub.edits(record, "flag", "raises", {{"why", "a call-out"}}));
    const auto saved = *edit(record, {{How::remove, "why", "a call-out"}}, "calm visit");
    EXPECT_EQ(saved.changesets[0].opened.changes[0].targets, flag.opened.versions);
    EXPECT_EQ(outcome(edit(record, {{How::remove, "why", "never there"}})), "invalid_argument: why: the list has no such element");
    EXPECT_EQ(outcome(edit(record, {{How::remove, "", to_string(VersionId{})}})).substr(0, 9), "not_found");
    const auto by_id = edit(record, {{How::remove, "", to_string(flag.opened.versions[0])}}, "again");
    EXPECT_EQ(by_id->changesets[0].opened.changes[0].targets, flag.opened.versions);
}

TEST_F(Compose, SeveralFieldsOfOneElementStayTogether)
{
    auto parts = *compose(canvas("flag"), std::vector<Typed>{{How::add, "why", "one"}, {How::add, "why", "two"}});
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].size(), 2u) << "a field that comes again begins the next element";
}

TEST_F(Compose, MoreThanAChangesetHoldsBecomesSeveral)
{
    std::vector<Typed> many;
    for (int i = 0; i < 70; ++i)
        many.push_back({How::add, "why", "reason " + std::to_string(i)});
    const auto parts = *compose(canvas("flag"), many);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(parts[0].size(), schema::changes_per_changeset_max);
    pull();
    ASSERT_EQ(outcome(store().save(draft(parts))), "ok");
    sync();
    EXPECT_EQ(hub.state.records.begin()->second.groups[0].elements.size(), 70u);
}

}  // namespace
}  // namespace satchel::client::test
