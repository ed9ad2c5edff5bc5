#include "client/store/store.hpp"

#include <algorithm>

#include "client/store/store_impl.hpp"
#include "schema/wire/archive.hpp"

namespace satchel::client {

std::string_view name(WorkState state) noexcept
{
    switch (state) {
    case WorkState::saved:
        return "saved";
    case WorkState::received:
        return "received";
    case WorkState::ruled:
        return "ruled";
    case WorkState::sealed:
        return "sealed";
    case WorkState::deposited:
        return "held";
    case WorkState::replaced:
        return "replaced";
    }
    return "";
}

std::string_view name(Proof proof) noexcept
{
    switch (proof) {
    case Proof::valid:
        return "valid";
    case Proof::invalid:
        return "invalid";
    case Proof::partial:
        return "partial";
    case Proof::hub_operator:
        return "hub_operator";
    }
    return "";
}

Tally& Tally::operator+=(const Tally& other) noexcept
{
    entries += other.entries;
    applied += other.applied;
    merged += other.merged;
    suggested += other.suggested;
    conflict += other.conflict;
    refused += other.refused;
    attention += other.attention;
    return *this;
}

void Tally::count(sync::Outcome outcome) noexcept
{
    switch (outcome) {
    case sync::Outcome::applied:
        ++applied;
        break;
    case sync::Outcome::merged:
        ++merged;
        break;
    case sync::Outcome::suggested:
        ++suggested;
        break;
    case sync::Outcome::conflict:
        ++conflict;
        break;
    case sync::Outcome::refused:
        ++refused;
        break;
    }
}

Bytes pack(const sync::SealedChangeset& sealed)
{
    Bytes bytes;
    std::size_t size = sealed.header.size() + 64;
    for (const auto& change : sealed.changes)
        size += change.size() + 4;
    bytes.reserve(size);
    Writer out(bytes);
    out.u8(1);
    out.bytes(sealed.header);
    out.var(sealed.changes.size());
    for (const auto& change : sealed.changes)
        out.bytes(change);
    out.raw(sealed.secret);
    out.raw(sealed.blind);
    return bytes;
}

Result<sync::SealedChangeset> unpack_changeset(ByteView bytes)
{
    Reader in(bytes);
    sync::SealedChangeset out;
    if (in.u8() != 1)
        return fail(Errc::corrupt, "stored changeset");
    out.header = to_bytes(in.bytes(schema::changeset_bytes_max));
    const auto n = in.count(schema::changes_per_changeset_max);
    out.changes.reserve(n);
    for (std::size_t i = 0; i < n; ++i)
        out.changes.push_back(to_bytes(in.bytes(schema::changeset_bytes_max)));
    const auto secret = in.raw(out.secret.size());
    const auto blind = in.raw(out.blind.size());
    if (!in.at_end())
        return fail(Errc::corrupt, "stored changeset");
    std::copy(secret.begin(), secret.end(), out.secret.begin());
    std::copy(blind.begin(), blind.end(), out.blind.begin());
    return out;
}

Bytes encode_facts(const sync::Facts& facts)
{
    Bytes bytes;
    Writer out(bytes);
    out.var(facts.size());
    for (const auto& [fact, value] : facts) {
        out.str(fact);
        out.str(value);
    }
    return bytes;
}

Result<sync::Facts> decode_facts(ByteView bytes)
{
    sync::Facts out;
    if (bytes.empty())
        return out;
    Reader in(bytes);
    const auto n = in.count(4096, 2);
    for (std::size_t i = 0; i < n; ++i) {
        std::string fact(in.str(4096));
        out[std::move(fact)] = in.str(schema::text_bytes_max);
    }
    if (!in.at_end())
        return fail(Errc::corrupt, "facts of a case");
    return out;
}

DeviceStore::DeviceStore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
DeviceStore::DeviceStore(DeviceStore&&) noexcept = default;
DeviceStore& DeviceStore::operator=(DeviceStore&&) noexcept = default;
DeviceStore::~DeviceStore() = default;

Result<DeviceStore> DeviceStore::create(const std::string& path, const crypto::SecretBytes& key,
                                        const Identity& identity, const Chain& chain,
                                        const sync::PolicyMessage& policy, const StoreOptions& options)
{
    crypto::OpenOptions how;
    how.create = true;
    how.vfs = options.vfs;
    how.busy_timeout = std::chrono::milliseconds(options.busy_timeout_ms);
    SATCHEL_TRY(auto database, crypto::Database::open(path, key, how));
    SATCHEL_TRY(const int version, crypto::schema_version(database));
    if (version != 0)
        return fail(Errc::duplicate, "a store is there already");
    SATCHEL_TRYV(crypto::migrate(database, device_migrations()));
    auto impl = std::make_unique<Impl>(std::move(database));
    impl->path = path;
    {
        SATCHEL_TRY(auto transaction, crypto::Transaction::begin(impl->db));
        auto bytes = encode(identity);
        const auto put = impl->put_meta("identity", bytes);
        crypto::cleanse(bytes);
        if (!put)
            return tl::unexpected(put.error());
        SATCHEL_TRYV(impl->put_chain(chain));
        SATCHEL_TRYV(
            impl->db.run("INSERT INTO incarnations VALUES(?,?)", chain.incarnation_no, chain.incarnation));
        SATCHEL_TRYV(
            impl->db.run("INSERT INTO policies VALUES(1,?,?)", not_null(policy.bundle), policy.signature));
        SATCHEL_TRYV(transaction.commit());
    }
    SATCHEL_TRYV(impl->load());
    return DeviceStore(std::move(impl));
}

Result<DeviceStore> DeviceStore::open(const std::string& path, const crypto::SecretBytes& key,
                                      const StoreOptions& options)
{
    crypto::OpenOptions how;
    how.vfs = options.vfs;
    how.busy_timeout = std::chrono::milliseconds(options.busy_timeout_ms);
    SATCHEL_TRY(auto database, crypto::Database::open(path, key, how));
    SATCHEL_TRYV(crypto::migrate(database, device_migrations()));
    auto impl = std::make_unique<Impl>(std::move(database));
    impl->path = path;
    SATCHEL_TRYV(impl->load());
    return DeviceStore(std::move(impl));
}

Result<void> DeviceStore::Impl::load()
{
    SATCHEL_TRY(auto who, meta("identity"));
    SATCHEL_TRY(auto how_far, meta("chain"));
    if (!who || !how_far)
        return fail(Errc::corrupt, "the store has no identity: enrolment did not end");
    auto decoded = decode_identity(*who);
    crypto::cleanse(*who);
    if (!decoded)
        return tl::unexpected(decoded.error());
    identity = *std::move(decoded);
    SATCHEL_TRY(auto next, decode_chain(*how_far));
    chain_is(std::move(next));
    return {};
}

Result<void> DeviceStore::Impl::put_meta(std::string_view key, ByteView value)
{
    return db.run("INSERT OR REPLACE INTO meta VALUES(?,?)", key, value);
}

Result<std::optional<Bytes>> DeviceStore::Impl::meta(std::string_view key)
{
    SATCHEL_TRY(auto query, db.statement("SELECT value FROM meta WHERE name = ?"));
    query.bind(1, key);
    SATCHEL_TRY(const bool row, query.step());
    if (!row)
        return std::optional<Bytes>{};
    return std::optional{to_bytes(query.blob(0))};
}

Result<void> DeviceStore::Impl::put_chain(const Chain& next)
{
    return put_meta("chain", encode(next));
}

void DeviceStore::Impl::chain_is(Chain next)
{
    if (!salt || next.salt_key != chain.salt_key)
        salt.emplace(next.salt_key);
    chain = std::move(next);
}

Result<CaseRow> DeviceStore::Impl::case_row(const CaseId& id)
{
    SATCHEL_TRY(auto query, db.statement("SELECT case_no, cursor, entries, facts, partial FROM cases "
                                         "WHERE case_id = ? AND locked = 0"));
    query.bind(1, id);
    SATCHEL_TRY(const bool found, query.step());
    if (!found)
        return fail(Errc::not_found, "no such case on this device");
    CaseRow row;
    row.no = query.int64(0);
    row.id = id;
    row.cursor = static_cast<std::uint64_t>(query.int64(1));
    row.entries = query.int64(2);
    SATCHEL_TRY(row.facts, decode_facts(query.blob(3)));
    row.partial = query.int64(4) != 0;
    return row;
}

Result<CaseRow> DeviceStore::Impl::add_case(const CaseId& id)
{
    SATCHEL_TRYV(db.run("INSERT INTO cases(case_id) VALUES(?)", id));
    CaseRow row;
    row.no = db.last_insert_rowid();
    row.id = id;
    return row;
}

Result<void> DeviceStore::Impl::put_case(const CaseRow& row)
{
    const auto facts = encode_facts(row.facts);
    return db.run("UPDATE cases SET cursor = ?, entries = ?, facts = ?, partial = ? WHERE case_no = ?",
                  row.cursor, row.entries, facts, row.partial, row.no);
}

const Identity& DeviceStore::identity() const noexcept
{
    return impl_->identity;
}
const Chain& DeviceStore::chain() const noexcept
{
    return impl_->chain;
}

Result<void> DeviceStore::set_hats(std::vector<schema::Hat> hats, const std::vector<std::string>& vacant)
{
    auto& identity = impl_->identity;
    if (vacant.size() > sync::vacant_max ||
        std::any_of(vacant.begin(), vacant.end(), [](const std::string& role) { return !schema::is_role_name(role); }))
        return fail(Errc::invalid_argument, "roles that nobody holds");
    sync::Vacant roles(vacant.begin(), vacant.end());
    if (hats == identity.hats && roles == identity.vacant)
        return {};
    auto before = std::exchange(identity.hats, std::move(hats));
    auto vacant_before = std::exchange(identity.vacant, std::move(roles));
    auto bytes = encode(identity);
    auto put = impl_->put_meta("identity", bytes);
    crypto::cleanse(bytes);
    if (!put) {
        identity.hats = std::move(before);
        identity.vacant = std::move(vacant_before);
    }
    return put;
}

Result<void> DeviceStore::set_hub_address(std::string address)
{
    auto before = std::exchange(impl_->identity.hub_address, std::move(address));
    auto bytes = encode(impl_->identity);
    auto put = impl_->put_meta("identity", bytes);
    crypto::cleanse(bytes);
    if (!put)
        impl_->identity.hub_address = std::move(before);
    return put;
}

Result<sync::PolicyMessage> DeviceStore::policy_bundle()
{
    SATCHEL_TRY(auto query,
                impl_->db.statement("SELECT bundle, signature FROM policies ORDER BY version DESC LIMIT 1"));
    SATCHEL_TRY(const bool found, query.step());
    if (!found)
        return fail(Errc::corrupt, "the store has no agreement");
    sync::PolicyMessage out;
    out.bundle = to_bytes(query.blob(0));
    out.signature = query.array<64>(1);
    return out;
}

void DeviceStore::use_policy(std::shared_ptr<const schema::Policy> policy) noexcept
{
    impl_->policy = std::move(policy);
}

const schema::Policy& DeviceStore::policy() const noexcept
{
    SATCHEL_CHECK(impl_->policy);
    return *impl_->policy;
}

Result<void> DeviceStore::adopt_policy(const sync::PolicyMessage& bundle,
                                       std::shared_ptr<const schema::Policy> policy,
                                       const std::vector<AgencyKey>& agencies)
{
    auto& impl = *impl_;
    const auto before = std::exchange(impl.policy, std::move(policy));
    auto& known = impl.identity.agency_keys;
    const auto known_before = static_cast<std::ptrdiff_t>(known.size());
    known.insert(known.end(), agencies.begin(), agencies.end());
    const auto adopt = [&]() -> Result<void> {
        SATCHEL_TRY(auto transaction, crypto::Transaction::begin(impl.db));
        SATCHEL_TRYV(impl.db.run("INSERT INTO policies(bundle, signature) VALUES(?,?)",
                                 not_null(bundle.bundle), bundle.signature));
        if (!agencies.empty()) {
            auto bytes = encode(impl.identity);
            auto put = impl.put_meta("identity", bytes);
            crypto::cleanse(bytes);
            SATCHEL_TRYV(put);
        }
        SATCHEL_TRY(const auto all, cases());
        for (const auto& one : all) {
            SATCHEL_TRY(const auto row, impl.case_row(one.case_id));
            SATCHEL_TRYV(impl.refold_pending(row));
        }
        return transaction.commit();
    };
    auto outcome = adopt();
    if (!outcome) {
        impl.policy = before;
        known.erase(known.begin() + known_before, known.end());
    }
    return outcome;
}

Result<DeviceStore::Health> DeviceStore::health()
{
    auto& db = impl_->db;
    Health out;
    SATCHEL_TRY(out.schema_version, crypto::schema_version(db));
    SATCHEL_TRY(const auto cases, db.lookup_int64("SELECT count(*) FROM cases WHERE locked = 0"));
    SATCHEL_TRY(const auto records, db.lookup_int64("SELECT count(*) FROM records"));
    SATCHEL_TRY(const auto entries, db.lookup_int64("SELECT count(*) FROM entries"));
    SATCHEL_TRY(const auto own, db.lookup_int64("SELECT count(*) FROM own"));
    out.cases = static_cast<std::uint64_t>(cases.value_or(0));
    out.records = static_cast<std::uint64_t>(records.value_or(0));
    out.entries = static_cast<std::uint64_t>(entries.value_or(0));
    out.own = static_cast<std::uint64_t>(own.value_or(0));

    // The chain of the present incarnation: as many rows as it has numbers, and the last one is its head.
    const auto& chain = impl_->chain;
    const auto first = row_number(chain.incarnation_no, 1);
    const auto last = row_number(chain.incarnation_no, static_cast<std::int64_t>(chain.sequence));
    SATCHEL_TRY(const auto rows,
                db.lookup_int64("SELECT count(*) FROM own WHERE own_no BETWEEN ? AND ?", first, last));
    SATCHEL_TRY(auto head, db.statement("SELECT digest FROM own WHERE own_no = ?"));
    head.bind(1, last);
    SATCHEL_TRY(const bool found, head.step());
    out.chain_sound = rows.value_or(0) == static_cast<std::int64_t>(chain.sequence) &&
                      (chain.sequence == 0 ? chain.head == Digest{} : found && head.array(0) == chain.head);
    return out;
}

} // namespace satchel::client
