// Opens entries for one reader of one case: may they see it, and what do they get of it? Internal to pages.cpp.
#pragma once

#include <unordered_set>

#include "sync/hub/body.hpp"
#include "sync/hub/pages.hpp"

namespace satchel::sync {

// Rows that entries refer to, kept as long as they are few.
class ReferredRows {
public:
    struct Incarnation {
        IncarnationId id;
        crypto::HmacKey salt_key;
        CredentialId author;
    };
    explicit ReferredRows(CentralView& view) : view_(view) {}
    Result<const BatchRow*> batch(BatchNo no);  // valid until the next call
    Result<const Incarnation*> incarnation(IncarnationNo no);
    Result<const AuthorRecord*> author(CredentialNo no);

private:
    CentralView& view_;
    std::map<BatchNo, BatchRow> batches_;  // up to 33 KiB each
    std::map<IncarnationNo, Incarnation> incarnations_;
    std::map<CredentialNo, AuthorRecord> authors_;
};

struct OpenEntry {
    bool visible = false;
    bool safety = false;
    Entry entry;                    // visible: all but `batch` and `place`
    std::size_t index_in_batch = 0; // Entry::Kind::changeset
    std::size_t bytes = 0;
};

class EntryReader {
public:
    static constexpr std::size_t records_kept = 4096;  // of one case, and those of one entry more
    EntryReader(CentralView& view, const HubPolicy& policy, const Viewer& viewer, const Admission& admission, ReferredRows& rows)
        : view_(view), policy_(policy), viewer_(viewer), admission_(admission), rows_(rows)
    {
    }
    // Before the entries of a case.
    void begin(const CaseRow& row);
    // With `content`, entry is filled; else only visible and safety are told.
    Result<OpenEntry> open(const EntryRow& row, bool content);

private:
    Result<OpenEntry> open_changeset(const EntryRow& row, bool content);
    Result<OpenEntry> open_effect(const EntryRow& row, bool content);
    Result<void> need_record(schema::TypeId type, const RecordId& id);
    Result<void> need_tasks();
    Result<bool> left_before();

    CentralView& view_;
    const HubPolicy& policy_;
    const Viewer& viewer_;
    const Admission& admission_;
    ReferredRows& rows_;
    CaseNo case_no_{};
    CaseState state_;  // facts now, and the records that audiences are judged on
    std::unordered_set<RecordId, IdHash> looked_for_;
    bool tasks_loaded_ = false;
    std::optional<bool> left_before_;
};

}  // namespace satchel::sync
