#include "sync/central/sqlcipher_columns.hpp"

#include <cstring>
#include <limits>
#include <type_traits>

namespace satchel::sync::sqlcipher {
namespace {

using crypto::Statement;

constexpr std::size_t fact_bytes_max = 64 * 1024;

void set(Bytes& to, ByteView from) { to.assign(from.begin(), from.end()); }
void set(std::string& to, std::string_view from) { to.assign(from); }

std::uint64_t u64(const Statement& at, int column) { return static_cast<std::uint64_t>(at.int64(column)); }

// A number, enum or truth value narrower than its column. What does not fit was not written by us: cut down silently, an
// altered value would read like the true one.
template <class T>
Result<void> set_narrow(T& to, const Statement& at, int column, const char* what)
{
    const auto v = at.int64(column);
    std::int64_t max = 1;
    if constexpr (std::is_enum_v<T>)
        max = std::numeric_limits<std::underlying_type_t<T>>::max();
    else if constexpr (!std::is_same_v<T, bool>)
        max = std::numeric_limits<T>::max();
    if (v < 0 || v > max)
        return fail(Errc::corrupt, what);
    to = static_cast<T>(v);
    return {};
}

Result<Facts> unpack_facts(ByteView bytes)
{
    Reader in(bytes);
    Facts facts;
    const auto n = in.count(10'000, 2);
    for (std::size_t i = 0; i < n; ++i) {
        std::string name(in.str(fact_bytes_max));
        facts[std::move(name)] = in.str(fact_bytes_max);
    }
    if (!in.at_end())
        return fail(Errc::corrupt, "cases.facts");
    return facts;
}

}  // namespace

Bytes pack_facts(const Facts& facts)
{
    Bytes bytes;
    Writer out(bytes);
    out.var(facts.size());
    for (const auto& [name, value] : facts) {
        out.str(name);
        out.str(value);
    }
    return bytes;
}

Bytes pack_digests(const std::vector<Digest>& digests)
{
    Bytes bytes;
    bytes.reserve(digests.size() * sizeof(Digest));
    for (const auto& digest : digests)
        bytes.insert(bytes.end(), digest.begin(), digest.end());
    return bytes;
}

std::string pack_hats(const std::vector<std::string>& hats)
{
    std::string out;
    for (const auto& hat : hats)
        out.append(out.empty() ? "" : "\n").append(hat);
    return out;
}

Result<void> read(Statement& at, HubRow& row)
{
    set(row.area, at.text(0));
    row.epoch = at.array<16>(1);
    row.created_at.ms = at.int64(2);
    return set_narrow(row.restores, at, 3, "hub.restores");
}

Result<void> read(Statement& at, EntryRow& row)
{
    row.position = Position{at.int64(0)};
    SATCHEL_TRYV(set_narrow(row.kind, at, 1, "entries.kind"));
    row.case_no = CaseNo{at.int64(2)};
    row.credential_no = CredentialNo{at.int64(3)};
    row.batch_no = BatchNo{at.int64(4)};
    row.sequence = u64(at, 5);
    set(row.body, at.blob(6));
    set(row.rulings, at.blob(7));
    SATCHEL_TRYV(set_narrow(row.policy_version, at, 8, "entries.policy_version"));
    SATCHEL_TRYV(set_narrow(row.rules_version, at, 9, "entries.rules_version"));
    row.seen_position = Position{at.int64(10)};
    row.received_at.ms = at.int64(11);
    row.audit = at.array(12);
    return {};
}

Result<void> read(Statement& at, BatchRow& row)
{
    row.no = BatchNo{at.int64(0)};
    row.incarnation_no = IncarnationNo{at.int64(1)};
    row.first_sequence = u64(at, 2);
    row.previous = at.array(3);
    const auto digests = at.blob(4);
    if (digests.empty() || digests.size() % sizeof(Digest) != 0 || at.int64(6) < 0 ||
        digests.size() / sizeof(Digest) != u64(at, 6))
        return fail(Errc::corrupt, "batches.digests");
    row.digests.resize(digests.size() / sizeof(Digest));
    for (std::size_t i = 0; i < row.digests.size(); ++i)
        std::memcpy(row.digests[i].data(), digests.data() + i * sizeof(Digest), sizeof(Digest));
    row.signature = at.array<64>(5);
    return {};
}

Result<void> read(Statement& at, CaseRow& row)
{
    row.no = CaseNo{at.int64(0)};
    row.id = at.id<CaseId>(1);
    set(row.label, at.text(2));
    row.head = Position{at.int64(3)};
    row.last_safety = Position{at.int64(4)};
    row.visibility = u64(at, 5);
    SATCHEL_TRY(row.facts, unpack_facts(at.blob(6)));
    return {};
}

Result<void> read(Statement& at, RecordRow& row)
{
    row.case_no = CaseNo{at.int64(0)};
    SATCHEL_TRYV(set_narrow(row.type, at, 1, "records.type"));
    row.record = at.id<RecordId>(2);
    set(row.state, at.blob(3));
    return {};
}

Result<void> read(Statement& at, TaskRow& row)
{
    row.case_no = CaseNo{at.int64(0)};
    row.task = at.id<TaskId>(1);
    set(row.state, at.blob(2));
    return {};
}

Result<void> read(Statement& at, OpenItemRow& row)
{
    row.item = at.id<VersionId>(0);
    row.case_no = CaseNo{at.int64(1)};
    SATCHEL_TRYV(set_narrow(row.type, at, 2, "open_items.type"));
    row.record = at.id<RecordId>(3);
    SATCHEL_TRYV(set_narrow(row.group, at, 4, "open_items.field_group"));
    SATCHEL_TRYV(set_narrow(row.kind, at, 5, "open_items.kind"));
    row.opened = Position{at.int64(6)};
    return {};
}

Result<void> read(Statement& at, FactRow& row)
{
    row.case_no = CaseNo{at.int64(0)};
    set(row.name, at.text(1));
    row.position = Position{at.int64(2)};
    set(row.value, at.text(3));
    return {};
}

Result<void> read(Statement& at, UserRow& row)
{
    row.id = at.id<UserId>(0);
    set(row.name, at.text(1));
    set(row.vetting, at.text(2));
    SATCHEL_TRYV(set_narrow(row.suspended, at, 3, "users.suspended"));
    row.hats.clear();
    for (auto rest = at.text(4); !rest.empty();) {
        const auto end = rest.find('\n');
        row.hats.emplace_back(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    SATCHEL_TRYV(set_narrow(row.version, at, 5, "users.version"));
    return {};
}

Result<void> read(Statement& at, AssignmentRow& row)
{
    row.case_no = at.int64(0);
    SATCHEL_TRYV(set_narrow(row.subject, at, 1, "assignments.subject"));
    set(row.name, at.text(2));
    set(row.ended, at.text(3));
    return {};
}

Result<void> read(Statement& at, CredentialRow& row)
{
    row.no = at.int64(0);
    row.id = at.id<CredentialId>(1);
    row.user = at.id<UserId>(2);
    SATCHEL_TRYV(set_narrow(row.kind, at, 3, "credentials.kind"));
    set(row.agency, at.text(4));
    set(row.device_name, at.text(5));
    row.operation_key.bytes = at.array(6);
    set(row.record, at.blob(7));
    row.record_signature = at.array<64>(8);
    row.enrolled_at.ms = at.int64(9);
    SATCHEL_TRYV(set_narrow(row.revoked, at, 10, "credentials.revoked"));
    return {};
}

Result<void> read(Statement& at, IncarnationRow& row)
{
    row.no = at.int64(0);
    row.credential_no = at.int64(1);
    row.id = at.id<IncarnationId>(2);
    set(row.salt_key, at.blob(3));
    SATCHEL_TRYV(set_narrow(row.forked, at, 4, "incarnations.forked"));
    row.received = u64(at, 5);
    row.head = at.array(6);
    return {};
}

Result<void> read(Statement& at, EnrolmentRow& row)
{
    set(row.id, at.text(0));
    row.user = at.id<UserId>(1);
    row.code_key = at.array(2);
    row.expires_at.ms = at.int64(3);
    row.used_at.ms = at.int64(4);
    row.credential = at.id<CredentialId>(5);
    return {};
}

Result<void> read(Statement& at, PolicyRow& row)
{
    SATCHEL_TRYV(set_narrow(row.version, at, 0, "policies.version"));
    set(row.bundle, at.blob(1));
    row.signature = at.array<64>(2);
    return {};
}

Result<void> read(Statement& at, AgencyIntroduction& row)
{
    set(row.agency, at.text(0));
    row.registry_key.bytes = at.array(1);
    set(row.signature, at.blob(2));
    return {};
}

Result<void> read(Statement& at, CursorRow& row)
{
    row.credential_no = CredentialNo{at.int64(0)};
    row.case_no = CaseNo{at.int64(1)};
    row.cursor = u64(at, 2);
    row.position = Position{at.int64(3)};
    row.visible_count = u64(at, 4);
    row.visible = at.array(5);
    row.visibility = u64(at, 6);
    row.seal = at.array(7);
    return {};
}

Result<void> read(Statement& at, RemovalRow& row)
{
    row.credential_no = at.int64(0);
    row.case_no = at.int64(1);
    set(row.because, at.text(2));
    row.nonce = at.array<16>(3);
    SATCHEL_TRYV(set_narrow(row.done, at, 4, "removals.done"));
    row.receipt = at.array<64>(5);
    return {};
}

Result<void> read(Statement& at, CheckpointRow& row)
{
    row.no = at.int64(0);
    row.position = Position{at.int64(1)};
    row.audit = at.array(2);
    row.signed_at.ms = at.int64(3);
    row.signature = at.array<64>(4);
    return {};
}

}  // namespace satchel::sync::sqlcipher
