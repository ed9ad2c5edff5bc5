// Held work: whoever was barred deposits it, the handler whom the agreement names opens it, and nobody else (G-13a-24).
#include <gmock/gmock.h>

#include "sync/hub/verify.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto officer_role = "police.offender_manager";
constexpr auto handler_role = "coordination.coordinator";

// Somebody is barred from a case while their device holds unsent work on it.
class Held : public testing::Test {
protected:
    Held()
    {
        std::string text(small_policy_text);
        text.replace(text.find("version = 7"), 11, "version = 8");
        text.insert(text.find("coordination_role ="), "handler = \"coordination.coordinator\"\n");
        const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
        must(w.service().publish_policy(bundle));
        case_id = must(w.service().add_case("C1"));
        author = w.user("Invented Police", officer_role);
        handler = w.user("Invented Handler", handler_role);
        outsider = w.user("Invented Elsewhere", handler_role);
        assign(author);
        assign(handler);
        device = w.enrol(author, officer_role);
        w.save(device, case_id, {note("before")});
        w.sync(device);
    }
    void assign(const UserId& user)
    {
        must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    }
    schema::Change note(const std::string& words) { return w.creates(case_id, "note", "what", {{"text", words}}); }
    void bar() { must(w.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(author)}, Ended::restricted)); }
    ChangesetId deposit(const std::string& words)
    {
        const auto saved = w.save(device, case_id, {note(words)});
        w.seal_last(device, case_id);
        w.push(device);
        return saved.id;
    }
    std::vector<HeldInfo> held() { return must(w.service().held()); }
    Errc refusal(const ChangesetId& id, const UserId& as)
    {
        const auto answer = w.service().open_held(id, as, "Because");
        EXPECT_FALSE(answer);
        return answer ? Errc{} : answer.error().code;
    }
    std::uint64_t entries() { return must(w.service().status()).counts.entries; }

    HubWorld w;
    CaseId case_id;
    UserId author, handler, outsider;
    Device device;
};

TEST_F(Held, NobodyButTheHandlerOpensItOrLearnsWhichIdsThereAre)
{
    bar();
    const auto id = deposit("unsent");
    const auto colleague = w.user("Invented Colleague", officer_role);
    assign(colleague);
    const auto before = entries();
    for (const auto& who : {author, colleague}) {
        const auto there = w.service().open_held(id, who, "Because");
        const auto nowhere = w.service().open_held(ChangesetId{}, who, "Because");
        ASSERT_FALSE(there);
        ASSERT_FALSE(nowhere);
        EXPECT_EQ(there.error().code, Errc::refused);
        EXPECT_EQ(there.error().code, nowhere.error().code);
        EXPECT_EQ(there.error().detail, nowhere.error().detail);
    }
    EXPECT_EQ(entries(), before);
}

TEST_F(Held, AHandlerWithoutTheCaseIsToldWhatSomebodyIsToldWhoAsksForNothing)
{
    bar();
    const auto id = deposit("unsent");
    const auto there = w.service().open_held(id, outsider, "Because");
    const auto nowhere = w.service().open_held(ChangesetId{}, outsider, "Because");
    ASSERT_FALSE(there);
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(there.error().code, Errc::not_found);
    EXPECT_EQ(there.error().code, nowhere.error().code);
    EXPECT_EQ(there.error().detail, nowhere.error().detail);
}

TEST_F(Held, ASuspendedHandlerOpensNothing)
{
    bar();
    const auto id = deposit("unsent");
    must(w.service().suspend(handler));
    EXPECT_EQ(refusal(id, handler), Errc::refused);
}

TEST_F(Held, AnAgreementWithoutAHandlerHasNobodyToOpenIt)
{
    HubWorld other;
    const auto somebody = other.user("Invented Coordinator", handler_role);
    const auto answer = other.service().open_held(ChangesetId{}, somebody, "Because");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::refused);
}

TEST_F(Held, AnOpeningNeedsAReason)
{
    bar();
    const auto id = deposit("unsent");
    const auto answer = w.service().open_held(id, handler, "");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::invalid_argument);
}

TEST_F(Held, TheListTellsWhoseItIsAndNotWhatItSays)
{
    EXPECT_THAT(held(), IsEmpty());
    bar();
    const auto id = deposit("unsent");
    const auto list = held();
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0].id, id);
    EXPECT_EQ(list[0].case_id, case_id);
    EXPECT_EQ(list[0].why, "sealed");
    EXPECT_EQ(list[0].author, author);
    EXPECT_EQ(list[0].author_name, "Invented Police");
    EXPECT_EQ(list[0].device_name, "Tablet");
    EXPECT_THAT(list[0].opened, IsEmpty());
}

TEST_F(Held, TheHandlerReadsWhatABarredUserWroteAndTheHistorySaysWhoDidAndWhy)
{
    bar();
    const auto id = deposit("words of the author");
    const auto work = must(w.service().open_held(id, handler, "Nobody else has told of it"));
    EXPECT_TRUE(work.proven);
    EXPECT_EQ(work.header.author, device.credential);
    ASSERT_EQ(work.changes.size(), 1u);
    EXPECT_EQ(work.changes[0].record_type, "note");
    EXPECT_THAT(work.changes[0].values, ElementsAre(std::pair<std::string, std::string>("text", "words of the author")));

    must(w.service().open_held(id, handler, "A second look"));
    const auto opened = held().at(0).opened;
    ASSERT_EQ(opened.size(), 2u);
    EXPECT_EQ(opened[0].by, handler);
    EXPECT_EQ(opened[0].name, "Invented Handler");
    EXPECT_EQ(opened[0].reason, "Nobody else has told of it");
    EXPECT_EQ(opened[1].reason, "A second look");
    const auto view = must(w.store().view());
    EXPECT_TRUE(must(verify_history(*view, w.keys)).ok());
}

TEST_F(Held, OpeningAppliesNothingAndBringsItsAuthorNothing)
{
    bar();
    const auto id = deposit("words of the author");
    const auto counts = must(w.service().status()).counts;
    must(w.service().open_held(id, handler, "To know"));
    const auto after = must(w.service().status()).counts;
    EXPECT_EQ(after.changesets, counts.changesets);
    EXPECT_EQ(after.effects, counts.effects);
    EXPECT_EQ(after.records, counts.records);
    EXPECT_EQ(after.held, 1u);
    EXPECT_EQ(w.pull(device), 0u);
    auto other = w.enrol(handler, handler_role);
    w.pull(other);
    EXPECT_EQ(w.pull(other), 0u);
}

TEST_F(Held, WorkThatCameInClearIsOpenedInTheSameWay)
{
    bar();
    const auto saved = w.save(device, case_id, {note("in clear")});
    w.push(device);
    ASSERT_EQ(held().size(), 1u);
    EXPECT_EQ(held()[0].why, "barred");
    const auto work = must(w.service().open_held(saved.id, handler, "To know"));
    EXPECT_TRUE(work.proven);
    EXPECT_EQ(work.changes.at(0).values.at(0).second, "in clear");
}

TEST_F(Held, WhatIsNotWhatItsDeviceSignedIsShownAsSuch)
{
    bar();
    const auto saved = w.save(device, case_id, {note("signed")});
    auto other = device;
    other.unsent.clear();
    other.unsent_digests.clear();
    --other.sequence;
    other.head = device.last_receipt->chain_head;
    w.save(other, case_id, {note("sealed instead")});
    other.unsent_digests.back() = device.unsent_digests.back();  // under the number and digest of what was signed
    w.seal_last(other, case_id);
    device.unsent = other.unsent;
    w.push(device);
    const auto work = must(w.service().open_held(saved.id, handler, "To know"));
    EXPECT_FALSE(work.proven);
    EXPECT_EQ(work.changes.at(0).values.at(0).second, "sealed instead");
}

TEST_F(Held, WhatCannotBeOpenedIsToldAndNoOpeningIsRecorded)
{
    bar();
    const auto broken = w.save(device, case_id, {note("unsent")});
    w.seal_last(device, case_id);
    device.unsent.back().sealed.back() ^= 1;
    const auto gone = w.save(device, case_id, {note("gone")});
    w.seal_last(device, case_id);
    device.unsent.back().sealed = {'g', 'o', 'n', 'e'};
    w.push(device);
    const auto before = entries();
    EXPECT_EQ(refusal(broken.id, handler), Errc::refused);
    EXPECT_EQ(refusal(gone.id, handler), Errc::refused);
    EXPECT_EQ(entries(), before);
}

TEST_F(Held, WorkThatNamesAnotherCaseThanItWasSentForIsNotShown)
{
    const auto secret = must(w.service().add_case("C2"));
    bar();
    const auto saved = w.save(device, secret, {w.creates(secret, "note", "what", {{"text", "about C2"}})});
    w.seal_last(device, case_id);
    w.push(device);
    EXPECT_EQ(refusal(saved.id, handler), Errc::refused);
}

}  // namespace
}  // namespace satchel::test
