// Two copies of one store, in use at one time, each write the same again: the hub keeps it once, and a link to what it was
// swallows nothing else.
#include <gmock/gmock.h>

#include "sync/hub/verify.hpp"
#include "tests/unit/sync/hub/wire.hpp"

namespace satchel::test {
namespace {

using testing::ElementsAre;

class WrittenAgain : public testing::Test {
protected:
    WrittenAgain()
    {
        case_id = must(w.service().add_case("C1"));
        user = w.user("Invented Police", "police.offender_manager");
        must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
        store = w.enrol(user, "police.offender_manager");
    }
    schema::Change address(const std::string& lines) { return w.creates(case_id, "address", "where", {{"lines", lines}}); }
    // Of the record that `made` made, on the version that it made.
    schema::Change edit(const OpenedChangeset& made, const std::string& lines)
    {
        auto out = address(lines);
        out.creates = false;
        out.record = made.changes.front().record;
        out.base = made.versions.front();
        return out;
    }
    // The store as it is, under an incarnation of its own: a copy that came into use.
    Device copy(std::uint8_t salt)
    {
        auto out = store;
        const auto admission = must(w.admit(out));
        NewIncarnation message{random_id<IncarnationId>(w.random()), Bytes(32, salt), {}};
        message.signature = out.operation->sign(incarnation_bytes(out.credential, message));
        w.run(w.service().incarnation_job(admission, message, [](const Result<IncarnationRow>& row) { must(Result(row)); }));
        out.incarnation = message.incarnation;
        out.salt_key = message.salt_key;
        out.sequence = out.received = 0;
        out.head = {};
        out.unsent.clear();
        out.unsent_digests.clear();
        return out;
    }
    OpenedChangeset again(Device& life, const OpenedChangeset& first, schema::Change change)
    {
        return w.save(life, case_id, {std::move(change)}, {}, first.id);
    }
    void leave(Ended because) { must(w.service().unassign(case_id, {AssignmentRow::Subject::user, to_string(user)}, because)); }
    Counts counts() { return must(w.service().status()).counts; }
    std::vector<std::string> held()
    {
        std::vector<std::string> out;
        for (const auto& one : must(w.service().held()))
            out.push_back(one.why);
        return out;
    }
    // What `verify` has to say.
    std::vector<std::string> findings()
    {
        std::vector<std::string> out;
        for (const auto& failure : must(verify_history(*must(w.store().view()), w.keys)).failures)
            out.push_back(failure.table + " " + failure.row + " " + failure.kind);
        return out;
    }

    HubWorld w;
    CaseId case_id;
    UserId user;
    Device store;
};

TEST_F(WrittenAgain, WhatTwoCopiesWroteIsKeptOnceAndTheSecondTakesANewIncarnation)
{
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    auto a = copy(1), b = copy(2);
    again(a, first, address("1 Elm Row"));
    again(b, first, address("1 Elm Row"));
    w.push(a);
    const auto outcome = w.try_push(b);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::fork);
    EXPECT_EQ(counts().changesets, 1u);
    EXPECT_EQ(counts().forks, 0u) << "nothing contradicts anything";
    EXPECT_FALSE(must(w.admit(b)).may_push);
    EXPECT_TRUE(must(w.admit(a)).may_push);
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(WrittenAgain, TheOriginalCountsLikeAnythingWrittenAgain)
{
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    w.push(store);
    auto a = copy(1);
    again(a, first, address("1 Elm Row"));
    EXPECT_FALSE(w.try_push(a));
    EXPECT_EQ(counts().changesets, 1u);
}

TEST_F(WrittenAgain, NothingOfThePushIsTakenSoThatWhatWasBuiltOnItIsCarriedOver)
{
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    auto a = copy(1), b = copy(2);
    again(a, first, address("1 Elm Row"));
    w.push(a);
    w.save(b, case_id, {address("the copy's own")});
    const auto mine = again(b, first, address("1 Elm Row"));
    w.save(b, case_id, {edit(mine, "2 Elm Row")});
    EXPECT_FALSE(w.try_push(b));
    EXPECT_EQ(counts().changesets, 1u);
    EXPECT_EQ(counts().held, 0u);
}

TEST_F(WrittenAgain, ALinkToWorkOfOtherContentSwallowsNothing)
{
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    w.push(store);
    auto a = copy(1);
    const auto other = again(a, first, address("9 Ash Court"));
    w.save(a, case_id, {edit(other, "10 Ash Court")}, {}, first.id);
    w.push(a);
    EXPECT_EQ(counts().changesets, 3u);
    EXPECT_EQ(must(w.service().cases()).front().records, 2u);
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(WrittenAgain, ALinkToSomebodyElsesWorkSwallowsNothing)
{
    const auto theirs = w.user("Invented Police Too", "police.offender_manager");
    must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(theirs)}));
    auto other = w.enrol(theirs, "police.offender_manager", "Laptop");
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    w.push(store);
    again(other, first, address("1 Elm Row"));
    w.push(other);
    EXPECT_EQ(counts().changesets, 2u);
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(WrittenAgain, OneOfAnotherCaseSwallowsNothing)
{
    const auto second = must(w.service().add_case("C2"));
    must(w.service().assign(second, {AssignmentRow::Subject::user, to_string(user)}));
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    w.push(store);
    auto a = copy(1);
    w.save(a, second, {w.creates(second, "address", "where", {{"lines", "1 Elm Row"}})}, {}, first.id);
    w.push(a);
    EXPECT_EQ(counts().changesets, 2u);
}

// Its pages do not reach its store any more, so the repetition takes its place in the chain, and no other.
TEST_F(WrittenAgain, WhatItsAuthorCannotSeeAnyMoreIsReceivedAsARepetition)
{
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    const auto edited = w.save(store, case_id, {edit(first, "2 Elm Row")});
    auto a = copy(1), b = copy(2);
    again(a, edited, edit(again(a, first, address("1 Elm Row")), "2 Elm Row"));
    w.sync(a);
    leave(Ended::moved);
    again(b, edited, edit(again(b, first, address("1 Elm Row")), "2 Elm Row"));
    w.save(b, case_id, {address("3 Elm Row")});
    EXPECT_EQ(must(w.try_push(b)).up_to, 3u);
    EXPECT_THAT(held(), ElementsAre("written-again", "written-again")) << "the ids that follow from its place do not matter";
    EXPECT_EQ(counts().changesets, 3u) << "new work is delivered and judged";
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(WrittenAgain, WorkThatIsHeldIsHeldOnce)
{
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    auto a = copy(1), b = copy(2), c = copy(3);
    for (auto* life : {&a, &b, &c})
        again(*life, first, address("1 Elm Row"));
    leave(Ended::restricted);
    w.push(a);
    w.push(b);
    EXPECT_THAT(held(), ElementsAre("barred", "written-again"));
    // Access is back: what it was is still held for the handler, and the third does not slip in beside it.
    must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(user)}));
    w.push(c);
    EXPECT_THAT(held(), ElementsAre("barred", "written-again", "written-again"));
    EXPECT_EQ(counts().changesets, 0u);
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(WrittenAgain, TwiceInOneChainIsReceivedOnce)
{
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    auto a = copy(1);
    again(a, first, address("1 Elm Row"));
    again(a, first, address("1 Elm Row"));
    w.push(a);
    again(a, first, address("1 Elm Row"));
    EXPECT_EQ(must(w.try_push(a)).up_to, 3u) << "a store that is in no doubt about its chain is not sent away";
    EXPECT_EQ(counts().changesets, 1u);
    EXPECT_EQ(counts().held, 2u);
}

// Its beginning was on the way when its store had moved on; what was written under it has been written again since.
TEST_F(WrittenAgain, AFormerIncarnationThatTheHubHasNotHeardOfNeverBegins)
{
    const auto admission = must(w.admit(store));
    const auto message = [&](std::uint8_t salt, std::vector<IncarnationId> former) {
        NewIncarnation out{random_id<IncarnationId>(w.random()), Bytes(32, salt), {}, std::move(former)};
        out.signature = store.operation->sign(incarnation_bytes(store.credential, out));
        return out;
    };
    Errc outcome{};
    const auto begin = [&](const NewIncarnation& what) {
        w.run(w.service().incarnation_job(admission, what, [&](const Result<IncarnationRow>& row) {
            outcome = row ? Errc{} : row.error().code;
        }));
        return outcome;
    };
    const auto late = message(1, {store.incarnation});
    EXPECT_EQ(begin(message(2, {store.incarnation, late.incarnation})), Errc{});
    EXPECT_EQ(begin(late), Errc::duplicate);
    EXPECT_THAT(findings(), ElementsAre());
}

TEST_F(WrittenAgain, VerifyNamesWhatIsKeptTwice)
{
    const auto first = w.save(store, case_id, {address("1 Elm Row")});
    w.push(store);
    leave(Ended::restricted);
    auto a = copy(1);
    again(a, first, address("1 Elm Row"));
    w.push(a);
    ASSERT_THAT(held(), ElementsAre("written-again"));
    w.close();
    {
        auto db = must(crypto::Database::open(w.path(), world_key(), crypto::OpenOptions{}));
        Bytes body;
        {
            auto query = must(db.prepare_trusted("SELECT body FROM entries WHERE kind = 3"));
            ASSERT_TRUE(must(query.step()));
            body = Bytes(query.blob(0).begin(), query.blob(0).end());
        }
        auto held_body = must(decode_held_body(body));
        held_body.why = "barred";
        must(db.exec_script("UPDATE entries SET body = x'" + to_hex(encode(held_body)) + "' WHERE kind = 3"));
    }
    const auto store_again = must(open_sqlcipher_central(w.path(), world_key()));
    const auto report = must(verify_history(*must(store_again->view()), w.keys));
    bool named = false;
    for (const auto& failure : report.failures)
        named = named || failure.kind == "kept_twice";
    EXPECT_TRUE(named);
}

}  // namespace
}  // namespace satchel::test
