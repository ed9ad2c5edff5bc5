// What the parts of the device store share. For the .cpp files of this folder only.
#pragma once

#include <cstring>
#include <map>
#include <optional>
#include <unordered_map>

#include "client/store/migrations.hpp"
#include "client/store/store.hpp"
#include "crypto/vault/database.hpp"
#include "sync/core/fold.hpp"

namespace satchel::client {

struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept
    {
        std::size_t out;
        static_assert(sizeof out <= sizeof digest);
        std::memcpy(&out, digest.data(), sizeof out);
        return out;
    }
};

struct CaseRow {
    std::int64_t no = 0;
    CaseId id;
    std::uint64_t cursor = 0;
    std::int64_t entries = 0; // of the log; the next one gets the number entries + 1
    sync::Facts facts;
    bool partial = false;
};

// Records of one case while something is done to them: read once, written once.
using RecordMap = std::map<RecordId, sync::RecordState>;

// In meta while rows are gone that may have left something between others: every page is to be written anew.
inline constexpr std::string_view unclean = "unclean";

struct DeviceStore::Impl {
    explicit Impl(crypto::Database database) : db(std::move(database)) {}

    crypto::Database db;
    std::string path;
    Identity identity;
    Chain chain;
    std::optional<crypto::HmacKey> salt;
    std::shared_ptr<const schema::Policy> policy;

    // Own digests of one case, kept between the pages of a run.
    std::int64_t digests_of = 0;
    std::unordered_map<Digest, std::int64_t, DigestHash> digests;

    // store.cpp
    Result<void> load();
    Result<void> put_meta(std::string_view name, ByteView value);
    Result<std::optional<Bytes>> meta(std::string_view name);
    Result<void>
    put_chain(const Chain& next); // in the caller's transaction; `chain` itself changes after the commit
    void chain_is(Chain next);
    Result<CaseRow> case_row(const CaseId& id); // not_found when absent or locked
    Result<void> put_case(const CaseRow& row);
    Result<CaseRow> add_case(const CaseId& id);

    // records.cpp
    Result<std::optional<sync::RecordState>> record(std::int64_t case_no, const RecordId& id, bool overlay);
    Result<RecordMap> records_of(std::int64_t case_no, schema::TypeId type, bool overlay);
    Result<void> put_record(std::int64_t case_no, const sync::RecordState& record, bool overlay);
    Result<void> load_case(const CaseRow& row, bool overlay, sync::CaseState& out);
    Result<std::optional<sync::Task>> task(std::int64_t case_no, const TaskId& id, bool overlay);
    Result<void> put_task(std::int64_t case_no, const sync::Task& task, bool overlay);

    // overlay.cpp
    // The part of a case that judging `opened` reads, own pending work included.
    Result<sync::CaseState> slice(const CaseRow& row, const sync::OpenedChangeset& opened);
    std::vector<sync::Ruling> judge(const sync::CaseState& state, const sync::OpenedChangeset& opened) const;
    Result<void> put_touched(const CaseRow& row, const sync::CaseState& state,
                             const sync::OpenedChangeset& opened);
    Result<void> refold_pending(const CaseRow& row);

    // outgoing.cpp
    // Own work that the hub has: what waits here and is the same, but for its place in a chain, is replaced by that.
    Result<void> recognise(std::int64_t case_no, const sync::OpenedChangeset& there);

    // attention.cpp
    Result<void> note(std::int64_t case_no, const AttentionItem& item);
    Result<void> note_ruling(const CaseRow& row, const sync::OpenedChangeset& opened, std::size_t index,
                             const sync::Ruling& ruling, const sync::RecordState* record, Instant at,
                             Tally& tally);

    // search.cpp
    Result<void> drop_words(std::int64_t case_no, const RecordId& record); // of a record that is there no more

    // removal.cpp
    Result<void> drop_case_content(std::int64_t case_no); // in the caller's transaction
    Result<void> drop_log(std::int64_t case_no);          // entries, state, index; own work stays
    Result<bool> clean();  // false: no room on the disk for that now; what is told to the hub waits for it
    Result<bool> prove_gone(std::int64_t case_no);  // false: not cleaned yet
    Result<void> note_removal(std::optional<std::int64_t> case_no, const RemovedCase& removed);
};

// A changeset as it lies in the store.
Bytes pack(const sync::SealedChangeset& sealed);
Result<sync::SealedChangeset> unpack_changeset(ByteView bytes);

Bytes encode_facts(const sync::Facts& facts);
Result<sync::Facts> decode_facts(ByteView bytes);

inline Bytes to_bytes(ByteView bytes)
{
    return {bytes.begin(), bytes.end()};
}
// A blob to bind: an empty vector would be bound as null.
inline ByteView not_null(const Bytes& bytes)
{
    static constexpr std::uint8_t nothing = 0;
    return bytes.empty() ? ByteView{&nothing, 0} : ByteView{bytes};
}

} // namespace satchel::client
