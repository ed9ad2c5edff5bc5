#include "sync/hub/written_again.hpp"

#include "sync/hub/body.hpp"

namespace satchel::sync {
namespace {

ChangesetId origin_of(const OpenedChangeset& work) { return work.header.was.value_or(work.id); }

template <class Id>
void rename(Id& id, const std::map<Id, Id>& names)
{
    if (const auto at = names.find(id); at != names.end())
        id = at->second;
}

// Empty: nothing that can be read.
std::optional<ChangesetBody> body_of(const EntryRow& row)
{
    if (row.kind == EntryKind::changeset) {
        auto body = decode_changeset_body(row.body);
        return body ? std::optional(*std::move(body)) : std::nullopt;
    }
    auto held = decode_held_body(row.body);
    return held && !held->sealed_case ? std::optional(std::move(held->work)) : std::nullopt;
}

}  // namespace

void EarlierWork::Names::add(const OpenedChangeset& work, const ChangesetId& origin)
{
    const VersionId common{origin.bytes};
    records[created_record_id(work.digest, work.header.authored_at)] = effect_record_id(common, held_written_again);
    for (std::size_t i = 0; i < work.versions.size(); ++i)
        versions[work.versions[i]] = effect_version_id(common, held_written_again, i);
}

void EarlierWork::Names::apply(schema::Change& change) const
{
    rename(change.record, records);
    rename(change.base, versions);
    rename(change.confirmed, versions);
    for (auto& target : change.targets)
        rename(target, versions);
    for (auto& v : change.values) {
        if (auto* ref = std::get_if<schema::Ref>(&v.value))
            rename(ref->record, records);
        if (auto* version = std::get_if<schema::VersionRef>(&v.value))
            rename(version->version, versions);
    }
}

EarlierWork::Kept EarlierWork::in_common_words(Form form, const OpenedChangeset& work, const ChangesetId& origin) const
{
    Kept out{form, work.header, work.changes};
    out.header.was.reset();
    Names own;
    own.add(work, origin);
    for (auto& change : out.changes) {
        own.apply(change);
        names_.apply(change);
    }
    return out;
}

const EarlierWork::Form* EarlierWork::same_as(const OpenedChangeset& work) const
{
    if (!work.header.was)
        return nullptr;
    const auto mine = in_common_words({}, work, *work.header.was);
    const auto [first, last] = kept_.equal_range(*work.header.was);
    for (auto at = first; at != last; ++at)
        if (at->second.header == mine.header && at->second.changes == mine.changes)
            return &at->second.form;
    return nullptr;
}

void EarlierWork::add(Form form, const OpenedChangeset& work)
{
    // Who names other content as what it was has no part in its names.
    auto origin = origin_of(work);
    if (work.header.was && kept_.contains(origin) && !same_as(work))
        origin = work.id;
    kept_.emplace(origin, in_common_words(form, work, origin));
    names_.add(work, origin);
}

Result<EarlierWork> EarlierWork::read(CentralView& view, CredentialNo author, const CaseId& case_id, CaseNo case_no,
                                      Position before)
{
    std::vector<EntryRow> rows;
    const Visit<EntryRow> gather = [&](const EntryRow& row) -> Result<bool> {
        if (row.position >= before)
            return false;
        const bool work = row.kind == EntryKind::changeset || row.kind == EntryKind::held;
        if (work && row.credential_no == author && row.case_no == case_no)
            rows.push_back(row);
        return true;
    };
    SATCHEL_TRYV(raw(case_no) == 0 ? view.held_entries(gather) : view.case_entries(case_no, Position{}, gather));

    EarlierWork out;
    std::optional<BatchRow> batch;
    for (const auto& row : rows) {
        const auto body = body_of(row);
        if (!body)
            continue;
        if (!batch || batch->no != row.batch_no) {
            SATCHEL_TRY(batch, view.batch(row.batch_no));
            if (!batch)
                return fail(Errc::corrupt, "batches: one is missing");
        }
        if (row.sequence < batch->first_sequence || row.sequence - batch->first_sequence >= batch->digests.size())
            return fail(Errc::corrupt, "entries: outside its batch");
        const auto work = open(body->header, body->changes, batch->digests[row.sequence - batch->first_sequence]);
        if (work && work->header.case_id == case_id)
            out.add({row.kind, batch->incarnation_no}, *work);
    }
    return out;
}

}  // namespace satchel::sync
