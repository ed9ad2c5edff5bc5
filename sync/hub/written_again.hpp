// Work that the copies of one store each wrote again: what of it is at the hub already (docs/PROTOCOL.md, A chain that is
// not open).
#pragma once

#include <map>
#include <vector>

#include "sync/central/central_store.hpp"
#include "sync/core/proof.hpp"

namespace satchel::sync {

// HeldBody::why of work that was received before under another number.
inline constexpr std::string_view held_written_again = "written-again";

// What one author has at the hub of one case. To read it costs a walk over the entries of the case: only for work that
// says what it was, which a store sends after it was put back or copied.
class EarlierWork {
public:
    struct Form {
        EntryKind kind{};
        IncarnationNo incarnation_no{};
    };

    // `case_no` 0: no such case. Only what stands before `before`.
    static Result<EarlierWork> read(CentralView& view, CredentialNo author, const CaseId& case_id, CaseNo case_no,
                                    Position before);

    // The first that is the same work: what this one says it was, or the same written again by another copy, with the same
    // content but for the ids that follow from its place in a chain. Content counts: a link alone swallows nothing.
    [[nodiscard]] const Form* same_as(const OpenedChangeset& work) const;
    void add(Form form, const OpenedChangeset& work);

private:
    struct Kept {
        Form form;
        schema::Header header;  // without what it was
        std::vector<schema::Change> changes;
    };
    // Ids that follow from the digest, under those that all forms of one work share.
    struct Names {
        std::map<RecordId, RecordId> records;
        std::map<VersionId, VersionId> versions;

        void add(const OpenedChangeset& work, const ChangesetId& origin);
        void apply(schema::Change& change) const;
    };
    [[nodiscard]] Kept in_common_words(Form form, const OpenedChangeset& work, const ChangesetId& origin) const;

    std::multimap<ChangesetId, Kept> kept_;  // by what it was at first
    Names names_;
};

}  // namespace satchel::sync
