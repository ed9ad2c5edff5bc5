#include "tests/contract/central_store_contract.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

namespace satchel::sync::contract {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

template <class Id>
Id id(std::uint8_t n)
{
    Id out;
    out.bytes.fill(n);
    return out;
}
Digest digest(std::uint8_t n)
{
    Digest out;
    out.fill(n);
    return out;
}
crypto::Signature signature(std::uint8_t n)
{
    crypto::Signature out;
    out.fill(n);
    return out;
}

EntryRow entry(std::int64_t position, std::int64_t case_no)
{
    EntryRow row;
    row.position = Position{position};
    row.kind = EntryKind::changeset;
    row.case_no = CaseNo{case_no};
    row.credential_no = CredentialNo{3};
    row.batch_no = BatchNo{4};
    row.sequence = static_cast<std::uint64_t>(position) + 100;
    row.body = {0, 1, 2, 255};
    row.rulings = {7};
    row.policy_version = 4'000'000'000u;
    row.rules_version = 255;
    row.seen_position = Position{position - 1};
    row.received_at = Instant{-5};
    row.audit = digest(static_cast<std::uint8_t>(position));
    return row;
}
CaseRow a_case(std::int64_t no)
{
    CaseRow row;
    row.no = CaseNo{no};
    row.id = id<CaseId>(static_cast<std::uint8_t>(no));
    row.label = "C" + std::to_string(no) + " – Ærø";
    row.head = Position{9};
    row.last_safety = Position{8};
    row.visibility = 7;
    row.facts = {{"lead_agency", "police"}, {"category", ""}};
    return row;
}
RecordRow record(std::int64_t case_no, std::uint32_t type, std::uint8_t n)
{
    return {CaseNo{case_no}, schema::TypeId{type}, id<RecordId>(n), Bytes{n, 0, n}};
}
UserRow user(std::uint8_t n, std::string name, std::vector<std::string> hats)
{
    return {id<UserId>(n), std::move(name), "enhanced", false, std::move(hats), 3};
}
CursorRow cursor(std::int64_t case_no, std::uint64_t k)
{
    return {CredentialNo{1}, CaseNo{case_no}, k, Position{static_cast<std::int64_t>(k) * 10}, k, digest(1), 5, digest(2)};
}

// Puts in one transaction.
template <class... Rows>
void put(CentralStore& store, const Rows&... rows)
{
    auto transaction = *store.begin();
    const auto one = [&](const auto& row) {
        if constexpr (requires { transaction->put(row); })
            ASSERT_TRUE(transaction->put(row));
        else if constexpr (requires { transaction->put(row, /*fresh=*/false); })
            ASSERT_TRUE(transaction->put(row, /*fresh=*/false));
        else
            ASSERT_TRUE(transaction->append(row));
    };
    (one(rows), ...);
    ASSERT_TRUE(transaction->commit());
}

// Everything that a listing gives.
template <class Row, class Listing>
std::vector<Row> all(Listing listing)
{
    std::vector<Row> out;
    const Visit<Row> keep = [&](const Row& row) -> Result<bool> {
        out.push_back(row);
        return true;
    };
    const Result<void> outcome = listing(keep);
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().detail);
    return out;
}
std::vector<std::int64_t> positions(const std::vector<EntryRow>& rows)
{
    std::vector<std::int64_t> out;
    for (const auto& row : rows)
        out.push_back(raw(row.position));
    return out;
}

}  // namespace

TEST_P(CentralStoreContract, AnEmptyStoreKnowsNothing)
{
    auto view = *store().view();
    EXPECT_FALSE(*view->hub());
    EXPECT_EQ(view->head()->position, Position{0});
    EXPECT_EQ(view->head()->audit, Digest{});
    EXPECT_EQ(view->last_numbers()->case_no, 0);
    EXPECT_EQ(view->last_numbers()->checkpoint_no, 0);
    EXPECT_EQ(view->counts()->entries, 0u);
    EXPECT_FALSE(*view->entry(Position{1}));
    EXPECT_FALSE(*view->case_row(CaseNo{1}));
    EXPECT_FALSE(*view->case_row(id<CaseId>(1)));
    EXPECT_FALSE(*view->record(CaseNo{1}, schema::TypeId{1}, id<RecordId>(1)));
    EXPECT_FALSE(*view->find_record(CaseNo{1}, id<RecordId>(1)));
    EXPECT_FALSE(*view->newest_policy());
    EXPECT_FALSE(*view->newest_checkpoint());
    EXPECT_FALSE(*view->newest_cursor(CredentialNo{1}, CaseNo{1}));
    EXPECT_THAT(*view->delivered_cases(CredentialNo{1}), IsEmpty());
    EXPECT_THAT(*view->facts_at(CaseNo{1}, Position{99}), IsEmpty());
}

TEST_P(CentralStoreContract, WhatATransactionWroteIsSeenByItselfAtOnceAndByOthersAfterCommit)
{
    auto transaction = *store().begin();
    ASSERT_TRUE(transaction->append(entry(1, 1)));
    EXPECT_TRUE(*transaction->entry(Position{1}));
    EXPECT_FALSE(*(*store().view())->entry(Position{1}));
    ASSERT_TRUE(transaction->commit());
    EXPECT_TRUE(*(*store().view())->entry(Position{1}));
}

TEST_P(CentralStoreContract, ADroppedTransactionLeavesNothingAndTheNextMayBegin)
{
    {
        auto transaction = *store().begin();
        ASSERT_TRUE(transaction->append(entry(1, 1)));
        ASSERT_TRUE(transaction->put(a_case(1)));
    }
    auto next = *store().begin();
    EXPECT_FALSE(*next->entry(Position{1}));
    EXPECT_FALSE(*next->case_row(CaseNo{1}));
}

TEST_P(CentralStoreContract, OneTransactionAtATime)
{
    auto first = *store().begin();
    const auto second = store().begin();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::busy);
    ASSERT_TRUE(first->commit());
    EXPECT_TRUE(store().begin());
}

TEST_P(CentralStoreContract, AViewStaysOnItsStateWhateverIsCommittedMeanwhile)
{
    put(store(), entry(1, 1));
    auto old = *store().view();
    ASSERT_EQ(old->head()->position, Position{1});
    put(store(), entry(2, 1));
    EXPECT_EQ(old->head()->position, Position{1});
    EXPECT_FALSE(*old->entry(Position{2}));
    EXPECT_EQ((*store().view())->head()->position, Position{2});
}

TEST_P(CentralStoreContract, WhatWasCommittedIsThereAfterTheProcessEnds)
{
    put(store(), entry(1, 1), a_case(1));
    {
        auto dropped = *store().begin();
        ASSERT_TRUE(dropped->append(entry(2, 1)));
    }
    under_test_->reopen();
    auto view = *store().view();
    EXPECT_EQ(*view->entry(Position{1}), entry(1, 1));
    EXPECT_EQ(*view->case_row(CaseNo{1}), a_case(1));
    EXPECT_FALSE(*view->entry(Position{2}));
}

TEST_P(CentralStoreContract, EveryRowComesBackAsItWasPut)
{
    const HubRow hub{"Nordfjord", Epoch{1, 2, 3}, Instant{5}, 2};
    BatchRow batch{BatchNo{4}, IncarnationNo{2}, 11, digest(9), {digest(1), digest(2)}, signature(3)};
    const TaskRow task{CaseNo{1}, id<TaskId>(5), {1, 2}};
    const OpenItemRow item{id<VersionId>(6), CaseNo{1}, schema::TypeId{0xffffffffu}, id<RecordId>(7), schema::GroupId{0xfffffffeu},
                           OpenItem::Kind::conflict, Position{12}};
    const FactRow fact{CaseNo{1}, "lead_agency", Position{3}, "pólice"};
    const auto someone = user(1, "Ada Fictitious", {"police/east/officer", "prison/west/omu"});
    const AssignmentRow assignment{1, AssignmentRow::Subject::team, "east", "moved"};
    const CredentialRow credential{2, id<CredentialId>(3), id<UserId>(1), CredentialRow::Kind::hub_operator, "police", "tablet ☂",
                                   crypto::PublicKey{digest(8)}, {1, 0, 2}, signature(5), Instant{77}, true};
    const IncarnationRow incarnation{3, 2, id<IncarnationId>(4), {9, 9}, true, 12, digest(6)};
    const EnrolmentRow enrolment{"abc", id<UserId>(1), digest(1), Instant{10}, Instant{0}, id<CredentialId>(0)};
    const PolicyRow policy{7, {1, 2, 3}, signature(1)};
    const AgencyIntroduction agency{"yjb", crypto::PublicKey{digest(4)}, {7, 0, 9}};
    const RemovalRow removal{2, 1, "moved", Nonce{3}, true, signature(4)};
    const CheckpointRow checkpoint{1, Position{10}, digest(3), Instant{4}, signature(2)};
    put(store(), hub, entry(1, 1), batch, a_case(1), record(1, 2, 3), task, item, fact, someone, assignment, credential,
        incarnation, enrolment, policy, agency, cursor(1, 1), removal, checkpoint);

    auto view = *store().view();
    EXPECT_EQ(*view->hub(), hub);
    EXPECT_EQ(*view->entry(Position{1}), entry(1, 1));
    EXPECT_EQ(*view->batch(BatchNo{4}), batch);
    EXPECT_EQ(*view->case_row(id<CaseId>(1)), a_case(1));
    EXPECT_EQ(*view->record(CaseNo{1}, schema::TypeId{2}, id<RecordId>(3)), record(1, 2, 3));
    EXPECT_THAT(all<TaskRow>([&](auto& v) { return view->tasks(CaseNo{1}, v); }), ElementsAre(task));
    EXPECT_EQ(*view->open_item(item.item), item);
    EXPECT_THAT(all<FactRow>([&](auto& v) { return view->all_facts(v); }), ElementsAre(fact));
    EXPECT_EQ(*view->user(id<UserId>(1)), someone);
    EXPECT_THAT(all<AssignmentRow>([&](auto& v) { return view->assignments(CaseNo{1}, v); }), ElementsAre(assignment));
    EXPECT_EQ(*view->credential(id<CredentialId>(3)), credential);
    EXPECT_EQ(*view->credential(CredentialNo{2}), credential);
    EXPECT_EQ(*view->incarnation(IncarnationNo{3}), incarnation);
    EXPECT_EQ(*view->enrolment("abc"), enrolment);
    EXPECT_EQ(*view->policy(7), policy);
    EXPECT_EQ(*view->newest_policy(), policy);
    EXPECT_THAT(all<AgencyIntroduction>([&](auto& v) { return view->agencies(v); }), ElementsAre(agency));
    EXPECT_EQ(*view->cursor(CredentialNo{1}, CaseNo{1}, 1), cursor(1, 1));
    EXPECT_EQ(*view->removal(CredentialNo{2}, CaseNo{1}), removal);
    EXPECT_EQ(*view->checkpoint_with(digest(3)), checkpoint);
    const auto last = *view->last_numbers();
    EXPECT_EQ(last.case_no, 1);
    EXPECT_EQ(last.credential_no, 2);
    EXPECT_EQ(last.incarnation_no, 3);
    EXPECT_EQ(last.batch_no, 4);
    EXPECT_EQ(last.checkpoint_no, 1);
}

TEST_P(CentralStoreContract, EmptyValuesAreNotLost)
{
    EntryRow bare;
    bare.position = Position{1};
    put(store(), bare, FactRow{CaseNo{1}, "f", Position{1}, ""}, user(1, "", {}));
    auto view = *store().view();
    EXPECT_EQ(*view->entry(Position{1}), bare);
    EXPECT_EQ(*view->user(id<UserId>(1)), user(1, "", {}));
}

TEST_P(CentralStoreContract, HistoryIsWrittenOnce)
{
    const CheckpointRow checkpoint{1, Position{1}, digest(1), Instant{1}, signature(1)};
    const BatchRow batch{BatchNo{1}, IncarnationNo{1}, 1, {}, {digest(1)}, {}};
    const PolicyRow policy{1, {1}, {}};
    put(store(), entry(1, 1), checkpoint, batch, policy);
    const auto again = [&](const auto& row) {
        auto transaction = *store().begin();
        const auto outcome = transaction->append(row);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, Errc::duplicate);
    };
    again(entry(1, 2));
    again(checkpoint);
    again(batch);
    again(policy);
    auto transaction = *store().begin();
    ASSERT_TRUE(transaction->put(record(1, 1, 1), /*fresh=*/true));
    EXPECT_FALSE(transaction->put(record(1, 1, 1), /*fresh=*/true));
}

TEST_P(CentralStoreContract, PutReplacesTheRowWithTheSameKey)
{
    put(store(), a_case(1), record(1, 2, 3), user(1, "Ada", {"police/east/officer"}));
    auto changed = a_case(1);
    changed.head = Position{10};
    auto edited = record(1, 2, 3);
    edited.state = {42};
    put(store(), changed, edited, user(1, "Ada", {}));
    auto view = *store().view();
    EXPECT_EQ(*view->case_row(CaseNo{1}), changed);
    EXPECT_EQ(view->counts()->cases, 1u);
    EXPECT_EQ(*view->record(CaseNo{1}, schema::TypeId{2}, id<RecordId>(3)), edited);
    EXPECT_EQ((*view->user(id<UserId>(1)))->hats.size(), 0u);
}

TEST_P(CentralStoreContract, EntriesOfACaseComeInOrderAfterAPosition)
{
    put(store(), entry(1, 1), entry(2, 2), entry(3, 1), entry(4, 0), entry(5, 1));
    auto view = *store().view();
    const auto of_case = [&](std::int64_t no, std::int64_t after) {
        return positions(all<EntryRow>([&](auto& v) { return view->case_entries(CaseNo{no}, Position{after}, v); }));
    };
    EXPECT_THAT(of_case(1, 0), ElementsAre(1, 3, 5));
    EXPECT_THAT(of_case(1, 1), ElementsAre(3, 5));
    EXPECT_THAT(of_case(1, 5), IsEmpty());
    EXPECT_THAT(of_case(3, 0), IsEmpty());
    EXPECT_THAT(positions(all<EntryRow>([&](auto& v) { return view->entries(Position{2}, v); })), ElementsAre(3, 4, 5));

    int seen = 0;
    const Visit<EntryRow> first_only = [&](const EntryRow&) -> Result<bool> {
        ++seen;
        return false;
    };
    ASSERT_TRUE(view->entries(Position{0}, first_only));
    EXPECT_EQ(seen, 1);
    const Visit<EntryRow> failing = [](const EntryRow&) -> Result<bool> { return fail(Errc::corrupt, "as asked"); };
    const auto outcome = view->entries(Position{0}, failing);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::corrupt);
}

TEST_P(CentralStoreContract, HeldEntriesAreFoundAmongTheOthers)
{
    auto first = entry(2, 1), second = entry(4, 0);
    first.kind = second.kind = EntryKind::held;
    put(store(), entry(1, 1), first, entry(3, 1), second, entry(5, 1));
    auto view = *store().view();
    EXPECT_THAT(all<EntryRow>([&](auto& v) { return view->held_entries(v); }), ElementsAre(first, second));
}

TEST_P(CentralStoreContract, TheBatchOfASequenceCoversIt)
{
    const auto batch = [](std::int64_t no, std::int64_t incarnation, std::uint64_t first, std::size_t size) {
        return BatchRow{BatchNo{no}, IncarnationNo{incarnation}, first, {}, std::vector<Digest>(size), {}};
    };
    // The third repeats what the second brought, and brings more; it begins before it.
    put(store(), batch(1, 1, 1, 4), batch(2, 1, 5, 6), batch(3, 1, 2, 12), batch(4, 2, 1, 1));
    auto view = *store().view();
    EXPECT_EQ((*view->batch_of(IncarnationNo{1}, 1))->no, BatchNo{1});
    EXPECT_EQ((*view->batch_of(IncarnationNo{1}, 13))->no, BatchNo{3});
    EXPECT_EQ((*view->batch_of(IncarnationNo{2}, 1))->no, BatchNo{4});
    EXPECT_FALSE(*view->batch_of(IncarnationNo{1}, 14));
    EXPECT_FALSE(*view->batch_of(IncarnationNo{2}, 2));
    for (std::uint64_t sequence = 1; sequence <= 13; ++sequence) {
        const auto found = *view->batch_of(IncarnationNo{1}, sequence);
        ASSERT_TRUE(found);
        EXPECT_LE(found->first_sequence, sequence);
        EXPECT_GT(found->first_sequence + found->digests.size(), sequence);
    }
}

TEST_P(CentralStoreContract, RecordsAreFoundByTypeAndWithoutIt)
{
    put(store(), record(1, 5, 1), record(1, 5, 2), record(1, 0xfffffff0u, 3), record(2, 5, 4));
    auto view = *store().view();
    const auto of_type =
        all<RecordRow>([&](auto& v) { return view->records(CaseNo{1}, schema::TypeId{5}, v); });
    EXPECT_THAT(of_type, ElementsAre(record(1, 5, 1), record(1, 5, 2)));
    EXPECT_THAT(all<RecordRow>([&](auto& v) { return view->records(CaseNo{1}, v); }),
                ElementsAre(record(1, 5, 1), record(1, 5, 2), record(1, 0xfffffff0u, 3)));
    EXPECT_EQ(all<RecordRow>([&](auto& v) { return view->all_records(v); }).size(), 4u);
    const auto among = [&](std::int64_t first, std::int64_t last, const std::set<schema::TypeId>& types) {
        return all<RecordRow>([&](auto& v) { return view->records(CaseNo{first}, CaseNo{last}, types, v); });
    };
    EXPECT_EQ(among(1, 1, {schema::TypeId{5}}), all<RecordRow>([&](auto& v) {
                  return view->records(CaseNo{1}, schema::TypeId{5}, v);
              }));
    EXPECT_EQ(among(1, 2, {schema::TypeId{5}, schema::TypeId{6}, schema::TypeId{0xfffffff0u}}),
              all<RecordRow>([&](auto& v) { return view->all_records(v); }));
    EXPECT_TRUE(among(1, 2, {}).empty());
    EXPECT_TRUE(among(3, 9, {schema::TypeId{5}}).empty());
    EXPECT_EQ(*view->find_record(CaseNo{1}, id<RecordId>(3)), record(1, 0xfffffff0u, 3));
    EXPECT_FALSE(*view->find_record(CaseNo{1}, id<RecordId>(4)));
    EXPECT_FALSE(*view->record(CaseNo{1}, schema::TypeId{6}, id<RecordId>(1)));
}

TEST_P(CentralStoreContract, FactsAreThoseOfThePosition)
{
    put(store(), FactRow{CaseNo{1}, "lead", Position{2}, "police"}, FactRow{CaseNo{1}, "lead", Position{5}, "probation"},
        FactRow{CaseNo{1}, "level", Position{3}, "2"}, FactRow{CaseNo{1}, "level", Position{6}, ""},
        FactRow{CaseNo{2}, "lead", Position{1}, "prison"});
    auto view = *store().view();
    const auto at = [&](std::int64_t position) { return *view->facts_at(CaseNo{1}, Position{position}); };
    EXPECT_EQ(at(1), Facts{});
    EXPECT_EQ(at(2), (Facts{{"lead", "police"}}));
    EXPECT_EQ(at(5), (Facts{{"lead", "probation"}, {"level", "2"}}));
    EXPECT_EQ(at(6), (Facts{{"lead", "probation"}}));
}

TEST_P(CentralStoreContract, AssignmentsReachAUserByNameTeamAndRole)
{
    using Subject = AssignmentRow::Subject;
    const auto ada = user(1, "Ada Fictitious", {"police/east/officer", "probation/west/practitioner"});
    put(store(), ada, AssignmentRow{1, Subject::user, to_string(ada.id), ""}, AssignmentRow{2, Subject::team, "east", ""},
        AssignmentRow{3, Subject::team, "probation/west", "moved"}, AssignmentRow{4, Subject::role, "police.officer", ""},
        AssignmentRow{5, Subject::team, "north", ""}, AssignmentRow{6, Subject::role, "prison.officer", ""},
        AssignmentRow{7, Subject::team, "police/west", ""}, AssignmentRow{8, Subject::user, "east", ""});
    auto view = *store().view();
    auto rows = all<AssignmentRow>([&](auto& v) { return view->assignments_of(ada, v); });
    std::vector<std::int64_t> cases;
    for (const auto& row : rows)
        cases.push_back(row.case_no);
    EXPECT_THAT(cases, testing::UnorderedElementsAre(1, 2, 3, 4));
}

TEST_P(CentralStoreContract, OpenItemsComeAndGo)
{
    const auto item = [](std::uint8_t n, std::int64_t case_no) {
        return OpenItemRow{id<VersionId>(n), CaseNo{case_no}, {}, id<RecordId>(n), {}, OpenItem::Kind::suggestion, Position{1}};
    };
    put(store(), item(1, 2), item(2, 1), item(3, 1));
    {
        auto view = *store().view();
        EXPECT_THAT(all<OpenItemRow>([&](auto& v) { return view->open_items({}, v); }),
                    ElementsAre(item(2, 1), item(3, 1), item(1, 2)));
        EXPECT_THAT(all<OpenItemRow>([&](auto& v) { return view->open_items(CaseNo{2}, v); }), ElementsAre(item(1, 2)));
    }
    auto transaction = *store().begin();
    ASSERT_TRUE(transaction->erase_open_item(id<VersionId>(2)));
    ASSERT_TRUE(transaction->erase_open_item(id<VersionId>(9)));  // one that is not there is no error
    ASSERT_TRUE(transaction->commit());
    EXPECT_EQ((*store().view())->counts()->open_items, 2u);
}

TEST_P(CentralStoreContract, CursorsArePrunedButNeverTheNewest)
{
    put(store(), cursor(1, 1), cursor(1, 2), cursor(1, 3), cursor(2, 1));
    auto transaction = *store().begin();
    ASSERT_TRUE(transaction->prune_cursors(CredentialNo{1}, CaseNo{1}, 2));
    EXPECT_FALSE(*transaction->cursor(CredentialNo{1}, CaseNo{1}, 1));
    EXPECT_TRUE(*transaction->cursor(CredentialNo{1}, CaseNo{1}, 2));
    ASSERT_TRUE(transaction->prune_cursors(CredentialNo{1}, CaseNo{1}, 99));
    EXPECT_EQ((*transaction->newest_cursor(CredentialNo{1}, CaseNo{1}))->cursor, 3u);
    EXPECT_FALSE(*transaction->cursor(CredentialNo{1}, CaseNo{1}, 2));
    EXPECT_THAT(*transaction->delivered_cases(CredentialNo{1}), ElementsAre(CaseNo{1}, CaseNo{2}));
    ASSERT_TRUE(transaction->erase_cursors(CredentialNo{1}, CaseNo{1}));
    EXPECT_THAT(*transaction->delivered_cases(CredentialNo{1}), ElementsAre(CaseNo{2}));
}

// Readers beside a busy writer: each sees a state that was committed as a whole, and never an older one than before.
TEST_P(CentralStoreContract, ManyReadersSeeWholeCommitsOnly)
{
    constexpr int commits = 60;
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    std::atomic<int> torn{0};
    std::atomic<int> looks{0};
    for (int r = 0; r < 3; ++r)
        readers.emplace_back([&] {
            std::int64_t before = 0;
            while (!done) {
                auto view = store().view();
                if (!view) {
                    ++torn;
                    return;
                }
                const auto head = (*view)->head();
                const auto row = (*view)->case_row(CaseNo{1});
                const auto position = head ? raw(head->position) : -1;
                const auto told = row && *row ? raw((*row)->head) : 0;
                torn += position != told || position < before || position % 2 != 0;
                before = position;
                ++looks;
            }
        });
    for (int n = 1; n <= commits; ++n) {
        auto row = a_case(1);
        row.head = Position{2 * n};
        put(store(), entry(2 * n - 1, 1), entry(2 * n, 1), row);
    }
    done = true;
    for (auto& reader : readers)
        reader.join();
    EXPECT_EQ(torn, 0);
    EXPECT_GT(looks, 3);
    EXPECT_EQ((*store().view())->head()->position, Position{2 * commits});
}

}  // namespace satchel::sync::contract
