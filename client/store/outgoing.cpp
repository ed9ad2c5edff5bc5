// Own work on its way to the hub: the outbox, receipts, and what happens when store or hub was restored.
#include <algorithm>
#include <map>

#include "client/store/store_impl.hpp"
#include "schema/base/mutant.hpp"
#include "schema/wire/archive.hpp"

namespace satchel::client {
namespace {

constexpr auto saved_state = static_cast<std::int64_t>(WorkState::saved);
constexpr auto received_state = static_cast<std::int64_t>(WorkState::received);
constexpr auto sealed_state = static_cast<std::int64_t>(WorkState::sealed);
constexpr auto deposited_state = static_cast<std::int64_t>(WorkState::deposited);
constexpr auto replaced_state = static_cast<std::int64_t>(WorkState::replaced);

constexpr std::int64_t low_bits = (std::int64_t{1} << row_bits) - 1;

// Columns: own_no, state, seen, digest, body, outcome, saved_at, received_at, case_id.
Result<OwnWork> read_own(crypto::Statement& query)
{
    OwnWork out;
    out.incarnation_no = static_cast<std::uint32_t>(query.int64(0) >> row_bits);
    out.sequence = static_cast<std::uint64_t>(query.int64(0) & low_bits);
    out.state = static_cast<WorkState>(query.int64(1));
    out.seen = static_cast<std::uint64_t>(query.int64(2));
    out.digest = query.array(3);
    const auto body = query.blob(4);
    if (out.state == WorkState::sealed || out.state == WorkState::deposited)
        out.sealed = to_bytes(body);
    else if (!body.empty()) {
        SATCHEL_TRY(out.body, unpack_changeset(body));
    }
    if (const auto outcome = query.blob(5); !outcome.empty()) {
        SATCHEL_TRY(out.outcome, sync::decode_rulings(outcome));
    }
    out.saved_at.ms = query.int64(6);
    out.received_at.ms = query.int64(7);
    if (!query.is_null(8))
        out.case_id = query.id<CaseId>(8);
    return out;
}

} // namespace

Result<std::vector<OwnWork>> DeviceStore::outbox()
{
    SATCHEL_TRY(
        auto query,
        impl_->db.statement("SELECT o.own_no, o.state, o.seen, o.digest, o.body, o.outcome, o.saved_at, "
                            "o.received_at, c.case_id FROM own o LEFT JOIN cases c USING(case_no) "
                            "WHERE o.state IN (1, 2, 4) AND coalesce(c.locked, 0) = 0 ORDER BY o.own_no"));
    std::vector<OwnWork> out;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return out;
        SATCHEL_TRY(auto work, read_own(query));
        out.push_back(std::move(work));
    }
}

Result<std::uint64_t> DeviceStore::waiting()
{
    SATCHEL_TRY(const auto n, impl_->db.lookup_int64("SELECT count(*) FROM own WHERE state IN (1, 4)"));
    return static_cast<std::uint64_t>(n.value_or(0));
}

Result<std::vector<OwnWork>> DeviceStore::to_push(std::uint64_t after, std::size_t items, std::size_t bytes)
{
    const auto& chain = impl_->chain;
    SATCHEL_TRY(auto query, impl_->db.statement(
                                "SELECT o.own_no, o.state, o.seen, o.digest, o.body, x'', o.saved_at, "
                                "o.received_at, coalesce(c.case_id, (SELECT r.case_id FROM removed_cases r "
                                "WHERE r.case_no = o.case_no)) FROM own o LEFT JOIN cases c USING(case_no) "
                                "WHERE o.own_no > ? AND o.own_no <= ? ORDER BY o.own_no"));
    query.bind_all(row_number(chain.incarnation_no, static_cast<std::int64_t>(after)),
                   row_number(chain.incarnation_no, static_cast<std::int64_t>(chain.sequence)));
    std::vector<OwnWork> out;
    std::size_t size = 0;
    while (out.size() < items) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            break;
        size += query.blob(4).size() + 64;
        if (!out.empty() && size > bytes)
            break;
        SATCHEL_TRY(auto work, read_own(query));
        out.push_back(std::move(work));
    }
    return out;
}

Result<void> DeviceStore::accept_receipt(const sync::Receipt& receipt, bool asked_for)
{
    auto& impl = *impl_;
    SATCHEL_TRY(auto transaction, crypto::Transaction::begin(impl.db));
    SATCHEL_TRY(const auto incarnation_no,
                impl.db.lookup_int64("SELECT incarnation_no FROM incarnations WHERE incarnation = ?",
                                     receipt.incarnation));
    if (!incarnation_no || receipt.credential != impl.identity.credential)
        return fail(Errc::protocol_violation, "a receipt for somebody else's chain");
    Chain next = impl.chain;
    const bool present = *incarnation_no == next.incarnation_no;
    // Another copy of this store goes on from where they parted.
    const auto elsewhere = present && !asked_for ? Errc::fork : Errc::protocol_violation;
    // A number that no chain has would be another's row, and a chain that says so does not open again.
    if (receipt.up_to > (present ? next.sequence : static_cast<std::uint64_t>(low_bits)))
        return fail(elsewhere, "a receipt for a chain that is not ours");
    const auto last = row_number(*incarnation_no, static_cast<std::int64_t>(receipt.up_to));
    if (receipt.up_to > 0) {
        SATCHEL_TRY(auto head, impl.db.statement("SELECT digest FROM own WHERE own_no = ?"));
        head.bind(1, last);
        SATCHEL_TRY(const bool found, head.step());
        if (!found || head.array(0) != receipt.chain_head)
            return fail(elsewhere, "a receipt for a chain that is not ours");
    }
    // Up to `received` there are receipts already; going over all of it again would cost more with each batch.
    const auto first = row_number(*incarnation_no, present ? static_cast<std::int64_t>(next.received) + 1 : 0);
    SATCHEL_TRYV(impl.db.run("UPDATE own SET state = CASE WHEN state = 1 AND in_log = 1 AND ? THEN 3 ELSE state + 1 END, "
                             "received_at = ? WHERE own_no BETWEEN ? AND ? AND state IN (1, 4)",
                             asked_for, receipt.received_at.ms, first, last));
    if (receipt.up_to > 0)
        SATCHEL_TRYV(impl.db.run("INSERT OR REPLACE INTO receipts VALUES(?,?,?)", *incarnation_no, receipt.up_to,
                                 schema::wire::pack(receipt)));
    if (present) {
        next.received = std::max(next.received, receipt.up_to);
        next.audit_head = receipt.audit_head;
        next.received_at = receipt.received_at;
        SATCHEL_TRYV(impl.put_chain(next));
    }
    SATCHEL_TRYV(transaction.commit());
    impl.chain_is(std::move(next));
    return {};
}
static_assert(received_state == saved_state + 1 && deposited_state == sealed_state + 1);

Result<std::optional<sync::Receipt>> DeviceStore::last_receipt()
{
    SATCHEL_TRY(auto query, impl_->db.statement("SELECT body FROM receipts WHERE incarnation_no = ? "
                                                "ORDER BY up_to DESC LIMIT 1"));
    query.bind(1, static_cast<std::int64_t>(impl_->chain.incarnation_no));
    SATCHEL_TRY(const bool found, query.step());
    if (!found)
        return std::optional<sync::Receipt>{};
    SATCHEL_TRY(auto receipt, schema::wire::unpack<sync::Receipt>(query.blob(0)));
    return std::optional{std::move(receipt)};
}

// A hub that does not know a cursor sends the case from its start.
constexpr std::int64_t cursor_never_given = std::int64_t{1} << 52;

Result<std::vector<sync::CaseCursor>> DeviceStore::cursors()
{
    SATCHEL_TRY(auto query,
                impl_->db.statement("SELECT case_id, CASE WHEN locked OR anew THEN ? ELSE cursor END FROM cases ORDER BY case_no"));
    query.bind(1, cursor_never_given);
    std::vector<sync::CaseCursor> out;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return out;
        out.push_back({query.id<CaseId>(0), static_cast<std::uint64_t>(query.int64(1))});
    }
}

Result<void> DeviceStore::set_hub(const sync::Epoch& epoch, Instant hub_time)
{
    Chain next = impl_->chain;
    next.epoch = epoch;
    next.hub_time = hub_time;
    SATCHEL_TRYV(impl_->put_chain(next));
    impl_->chain_is(std::move(next));
    return {};
}

Result<std::vector<ReceiptGap>> DeviceStore::receipt_gaps()
{
    SATCHEL_TRY(auto query,
                impl_->db.statement("SELECT i.incarnation_no, i.incarnation, min(o.own_no), max(o.own_no) "
                                    "FROM incarnations i JOIN own o ON o.own_no BETWEEN i.incarnation_no << ?1 "
                                    "AND (i.incarnation_no + 1 << ?1) - 1 WHERE i.incarnation_no < ?2 "
                                    "AND o.state IN (1, 4) GROUP BY i.incarnation_no ORDER BY i.incarnation_no"));
    query.bind_all(row_bits, impl_->chain.incarnation_no);
    std::vector<ReceiptGap> out;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return out;
        out.push_back({static_cast<std::uint32_t>(query.int64(0)), query.id<IncarnationId>(1),
                       static_cast<std::uint64_t>(query.int64(2) & low_bits),
                       static_cast<std::uint64_t>(query.int64(3) & low_bits)});
    }
}

Result<std::vector<sync::ChainPoint>> DeviceStore::chain_points(const ReceiptGap& gap)
{
    const auto length = gap.last - gap.first + 1;
    const auto step = (length + sync::recall_points_max - 1) / sync::recall_points_max;
    SATCHEL_TRY(auto query, impl_->db.statement("SELECT own_no, digest FROM own WHERE own_no BETWEEN ?1 AND ?2 "
                                                "AND (?2 - own_no) % ?3 = 0 ORDER BY own_no"));
    query.bind_all(row_number(gap.incarnation_no, static_cast<std::int64_t>(gap.first)),
                   row_number(gap.incarnation_no, static_cast<std::int64_t>(gap.last)), step);
    std::vector<sync::ChainPoint> out;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return out;
        out.push_back({static_cast<std::uint64_t>(query.int64(0) & low_bits), query.array(1)});
    }
}

Result<void> DeviceStore::hub_restored(const sync::Epoch& epoch)
{
    auto& impl = *impl_;
    Chain next = impl.chain;
    next.epoch = epoch;
    next.received = 0;
    next.audit_head = {}; // of a history that is gone: naming it again would tell the hub nothing new
    SATCHEL_TRY(auto transaction, crypto::Transaction::begin(impl.db));
    SATCHEL_TRYV(impl.db.run("UPDATE own SET last_rulings = CASE state WHEN 3 THEN outcome ELSE last_rulings END, "
                             "state = CASE state WHEN 5 THEN 4 ELSE 1 END, received_at = 0 WHERE state IN (2, 3, 5)"));
    // What a former life of this store had written again there is nobody else's to offer now. Should the hub hold it yet, its
    // case coming anew tells.
    SATCHEL_TRYV(impl.db.run("UPDATE cases SET anew = 1 WHERE case_no IN (SELECT case_no FROM own WHERE state = 6 AND "
                             "replaced_by IS NOT NULL AND length(body) > 0 AND replaced_by NOT IN (SELECT digest FROM own))"));
    SATCHEL_TRYV(impl.db.run("UPDATE own SET state = 1, replaced_by = NULL WHERE state = 6 AND replaced_by IS NOT NULL AND "
                             "length(body) > 0 AND replaced_by NOT IN (SELECT digest FROM own)"));
    SATCHEL_TRYV(impl.put_chain(next));
    SATCHEL_TRYV(transaction.commit());
    impl.chain_is(std::move(next));
    return {};
}

Result<void> DeviceStore::begin_incarnation(const IncarnationId& incarnation, ByteView salt_key)
{
    auto& impl = *impl_;
    Chain next = impl.chain;
    SATCHEL_TRY(auto transaction, crypto::Transaction::begin(impl.db));
    ++next.incarnation_no;
    next.incarnation = incarnation;
    next.salt_key = to_bytes(salt_key);
    next.sequence = 0;
    next.head = {};
    next.received = 0;
    SATCHEL_TRYV(impl.db.run("INSERT INTO incarnations VALUES(?,?)", next.incarnation_no, incarnation));
    SATCHEL_TRYV(impl.put_chain(next));
    SATCHEL_TRYV(transaction.commit());
    impl.chain_is(std::move(next));
    return {};
}

Result<std::vector<IncarnationId>> DeviceStore::former_incarnations()
{
    SATCHEL_TRY(auto query, impl_->db.statement("SELECT incarnation FROM incarnations WHERE incarnation_no < ? "
                                                "ORDER BY incarnation_no"));
    query.bind(1, static_cast<std::int64_t>(impl_->chain.incarnation_no));
    std::vector<IncarnationId> out;
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return out;
        out.push_back(query.id<IncarnationId>(0));
    }
}

namespace {

ChangesetId first_of_its_kind(const sync::OpenedChangeset& work) { return work.header.was.value_or(work.id); }

// Ids follow from content and place in the chain, so what is written again gets new ones: later work that
// names the old must name the new.
struct Renamed {
    std::map<RecordId, RecordId> records;
    std::map<VersionId, VersionId> versions;

    void apply(RecordId& id) const
    {
        for (auto at = records.find(id); at != records.end(); at = records.find(id))
            id = at->second;
    }
    void apply(VersionId& id) const
    {
        for (auto at = versions.find(id); at != versions.end(); at = versions.find(id))
            id = at->second;
    }
    // The same content under another digest.
    void add(const sync::OpenedChangeset& before, const Digest& after)
    {
        const auto at = before.header.authored_at;
        records[sync::created_record_id(before.digest, at)] = sync::created_record_id(after, at);
        for (std::size_t i = 0; i < before.versions.size(); ++i) {
            const auto now = sync::version_id(after, i);
            versions[before.versions[i]] = now;
            versions[sync::merged_version_id(before.versions[i])] = sync::merged_version_id(now);
        }
    }
    void apply(schema::Change& change) const
    {
        apply(change.record);
        apply(change.base);
        apply(change.confirmed);
        for (auto& target : change.targets)
            apply(target);
        for (auto& v : change.values) {
            if (auto* ref = std::get_if<schema::Ref>(&v.value))
                apply(ref->record);
            if (auto* version = std::get_if<schema::VersionRef>(&v.value))
                apply(version->version);
        }
    }
};

} // namespace

Result<bool> DeviceStore::must_write_again()
{
    const auto& chain = impl_->chain;
    SATCHEL_TRY(const auto found,
                impl_->db.lookup_int64("SELECT 1 FROM own WHERE (own_no < ? AND state IN (1, 4)) OR "
                                       "(own_no > ? AND state = 1 AND length(body) = 0) LIMIT 1",
                                       row_number(chain.incarnation_no, 0),
                                       row_number(chain.incarnation_no, static_cast<std::int64_t>(chain.received))));
    return found.has_value();
}

Result<void> DeviceStore::Impl::recognise(std::int64_t case_no, const sync::OpenedChangeset& there)
{
    std::vector<std::int64_t> same;
    {
        SATCHEL_TRY(auto unsent, db.statement("SELECT own_no, body FROM own WHERE case_no = ? AND state = ? AND "
                                              "length(body) > 0 AND digest <> ?"));
        unsent.bind_all(case_no, saved_state, there.digest);
        for (;;) {
            SATCHEL_TRY(const bool more, unsent.step());
            if (!more)
                break;
            SATCHEL_TRY(const auto sealed, unpack_changeset(unsent.blob(1)));
            SATCHEL_TRY(const auto opened, sync::open(sealed));
            if (first_of_its_kind(opened) == first_of_its_kind(there))
                same.push_back(unsent.int64(0));
        }
    }
    for (const auto own_no : same)
        SATCHEL_TRYV(db.run("UPDATE own SET state = ?, replaced_by = ? WHERE own_no = ?", replaced_state, there.digest, own_no));
    return {};
}

Result<std::uint64_t> DeviceStore::rewrite_unsent()
{
    auto& impl = *impl_;
    auto& db = impl.db;
    Chain next = impl.chain;
    struct Old {
        std::int64_t own_no, case_no, state, seen;
        Digest digest;
        Bytes body;
    };
    std::vector<Old> unsent;
    {
        SATCHEL_TRY(auto query,
                    db.statement("SELECT own_no, case_no, CASE state WHEN 4 THEN 4 ELSE 1 END, seen, digest, body FROM own "
                                 "WHERE own_no < ? AND (state IN (1, 4) OR (? AND state IN (2, 3))) ORDER BY own_no"));
        query.bind(2, mutant(Mutant::rewritten_always));
        query.bind(1, row_number(next.incarnation_no, 0));
        for (;;) {
            SATCHEL_TRY(const bool more, query.step());
            if (!more)
                break;
            unsent.push_back({query.int64(0), query.int64(1), query.int64(2), query.int64(3), query.array(4),
                              to_bytes(query.blob(5))});
        }
    }
    if (unsent.empty())
        return 0;

    SATCHEL_TRY(auto transaction, crypto::Transaction::begin(db));
    Renamed renamed;
    {
        SATCHEL_TRY(auto query, db.statement("SELECT body, replaced_by FROM own "
                                             "WHERE replaced_by IS NOT NULL AND length(body) > 0"));
        for (;;) {
            SATCHEL_TRY(const bool more, query.step());
            if (!more)
                break;
            SATCHEL_TRY(const auto sealed, unpack_changeset(query.blob(0)));
            SATCHEL_TRY(const auto opened, sync::open(sealed));
            renamed.add(opened, query.array(1));
        }
    }
    std::vector<std::int64_t> touched_cases;
    std::map<ChangesetId, Digest> written;
    std::uint64_t rewritten = 0;
    for (const auto& old : unsent) {
        if (old.body.empty()) { // its content left with its case
            SATCHEL_TRYV(db.run("UPDATE own SET state = ? WHERE own_no = ?", replaced_state, old.own_no));
            continue;
        }
        Digest digest = old.digest;
        Bytes body = old.body;
        std::int64_t saved_at = 0;
        if (old.state == saved_state) {
            SATCHEL_TRY(const auto sealed, unpack_changeset(old.body));
            SATCHEL_TRY(const auto before, sync::open(sealed));
            const auto first = first_of_its_kind(before); // of copies of this store, too
            if (const auto same = written.find(first); same != written.end()) {
                renamed.add(before, same->second);
                SATCHEL_TRYV(db.run("UPDATE own SET state = ?, replaced_by = ? WHERE own_no = ?", replaced_state,
                                    same->second, old.own_no));
                continue;
            }
            schema::Changeset changeset;
            changeset.header = before.header;
            changeset.header.was = first;
            changeset.link = {next.incarnation, next.sequence + 1, next.head,
                              static_cast<std::uint64_t>(old.seen)};
            const auto made = sync::created_record_id(before.digest, before.header.authored_at);
            for (auto change : before.changes) {
                if (change.creates && change.record == made) {
                    change.record = {}; // derived again
                    SATCHEL_TRYV(impl.drop_words(old.case_no, made));
                }
                renamed.apply(change);
                changeset.changes.push_back(std::move(change));
            }
            SATCHEL_TRY(const auto again,
                        sync::seal(changeset, sync::changeset_secret(*impl.salt, changeset.link.sequence)));
            SATCHEL_TRY(const auto after, sync::open(again));
            renamed.add(before, after.digest);
            digest = after.digest;
            body = pack(again);
            saved_at = before.header.authored_at.ms;
            written.emplace(first, digest);
            if (std::find(touched_cases.begin(), touched_cases.end(), old.case_no) == touched_cases.end())
                touched_cases.push_back(old.case_no);
        }
        ++rewritten;
        next.sequence += 1;
        next.head = digest;
        SATCHEL_TRYV(db.run("INSERT INTO own(own_no, case_no, state, seen, digest, body, outcome, saved_at) "
                            "VALUES(?,?,?,?,?,?,x'',?)",
                            row_number(next.incarnation_no, static_cast<std::int64_t>(next.sequence)),
                            old.case_no, old.state, old.seen, digest, body, saved_at));
        if (old.state == saved_state)
            SATCHEL_TRYV(db.run("UPDATE own SET replaced_by = ? WHERE own_no = ?", digest, old.own_no));
        SATCHEL_TRYV(db.run("UPDATE own SET state = ? WHERE own_no = ?", replaced_state, old.own_no));
    }
    SATCHEL_TRYV(impl.put_chain(next));
    SATCHEL_TRY(const auto all, cases());
    for (const auto& one : all) {
        SATCHEL_TRY(const auto row, impl.case_row(one.case_id));
        if (std::find(touched_cases.begin(), touched_cases.end(), row.no) != touched_cases.end())
            SATCHEL_TRYV(impl.refold_pending(row));
    }
    SATCHEL_TRYV(transaction.commit());
    impl.chain_is(std::move(next));
    impl.digests_of = 0;
    return rewritten;
}

} // namespace satchel::client
