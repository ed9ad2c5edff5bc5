#include "sync/hub/entry_reader.hpp"

#include "schema/base/mutant.hpp"

namespace satchel::sync {
namespace {

constexpr std::size_t batches_kept = 64;

}  // namespace

Result<const BatchRow*> ReferredRows::batch(BatchNo no)
{
    if (const auto at = batches_.find(no); at != batches_.end())
        return &at->second;
    SATCHEL_TRY(auto row, view_.batch(no));
    if (!row)
        return fail(Errc::corrupt, "entries: no such batch");
    if (batches_.size() >= batches_kept)
        batches_.clear();
    return &(batches_[no] = *std::move(row));
}

Result<const ReferredRows::Incarnation*> ReferredRows::incarnation(IncarnationNo no)
{
    if (const auto at = incarnations_.find(no); at != incarnations_.end())
        return &at->second;
    SATCHEL_TRY(const auto row, view_.incarnation(no));
    if (!row)
        return fail(Errc::corrupt, "batches: no such incarnation");
    SATCHEL_TRY(const auto credential, view_.credential(CredentialNo{row->credential_no}));
    if (!credential)
        return fail(Errc::corrupt, "incarnations: no such credential");
    return &incarnations_.try_emplace(no, Incarnation{row->id, crypto::HmacKey(row->salt_key), credential->id})
                .first->second;
}

Result<const AuthorRecord*> ReferredRows::author(CredentialNo no)
{
    if (const auto at = authors_.find(no); at != authors_.end())
        return &at->second;
    SATCHEL_TRY(const auto credential, view_.credential(no));
    if (!credential)
        return fail(Errc::corrupt, "entries: no such credential");
    SATCHEL_TRY(const auto user, view_.user(credential->user));
    if (!user)
        return fail(Errc::corrupt, "credentials: no such user");
    return &authors_.try_emplace(no, AuthorRecord{credential->record, credential->record_signature, user->name})
                .first->second;
}

void EntryReader::begin(const CaseRow& row)
{
    case_no_ = row.no;
    state_ = {};
    state_.id = row.id;
    state_.facts = row.facts;
    looked_for_.clear();
    tasks_loaded_ = false;
    left_before_.reset();
}

// Has the case left the device once? Then the device's own work on it left with it.
Result<bool> EntryReader::left_before()
{
    if (!left_before_) {
        SATCHEL_TRY(const auto removal, view_.removal(admission_.credential_no(), case_no_));
        left_before_ = removal.has_value();
    }
    return *left_before_;
}

Result<void> EntryReader::need_record(schema::TypeId type, const RecordId& id)
{
    if (id.empty() || !policy_.facts.audience_needs_record(type) || looked_for_.contains(id))
        return {};
    SATCHEL_TRY(const auto row, view_.record(case_no_, type, id));
    looked_for_.insert(id);
    if (row) {
        auto record = decode_record_state(row->state);
        if (!record)
            return fail(Errc::corrupt, "records.state");
        state_.records.emplace(id, *std::move(record));
    }
    return {};
}

Result<void> EntryReader::need_tasks()
{
    if (tasks_loaded_)
        return {};
    const Visit<TaskRow> keep = [&](const TaskRow& row) -> Result<bool> {
        auto task = decode_task(row.state);
        if (!task)
            return fail(Errc::corrupt, "tasks.state");
        state_.tasks.emplace(row.task, *std::move(task));
        return true;
    };
    SATCHEL_TRYV(view_.tasks(case_no_, keep));
    tasks_loaded_ = true;
    return {};
}

Result<OpenEntry> EntryReader::open_effect(const EntryRow& row, bool content)
{
    SATCHEL_TRY(const auto effect, decode_effect(row.body));
    const bool about_task = effect.kind == Effect::Kind::task_opened || effect.kind == Effect::Kind::task_closed;
    SATCHEL_TRYV(need_record(about_task ? effect.task.type : effect.type,
                             about_task ? effect.task.record : effect.record));
    SATCHEL_TRYV(need_record(effect.type, effect.other));
    OpenEntry out;
    out.visible = (about_task && mutant(Mutant::tasks_for_everybody)) || may_see(policy_.policy, effect, state_, viewer_);
    if ((mutant(Mutant::facts_withheld) && effect.kind == Effect::Kind::fact) ||
        (mutant(Mutant::marks_withheld) && (effect.kind == Effect::Kind::stale || effect.kind == Effect::Kind::link)))
        out.visible = false;
    out.safety = concerns_safety(policy_.facts, effect);
    if (out.visible && content) {
        out.entry.kind = Entry::Kind::effect;
        out.entry.effect = row.body;
        out.entry.received_at = row.received_at;
        out.bytes = row.body.size() + 16;
    }
    return out;
}

Result<OpenEntry> EntryReader::open_changeset(const EntryRow& row, bool content)
{
    SATCHEL_TRY(const auto* batch, rows_.batch(row.batch_no));
    if (row.sequence < batch->first_sequence || row.sequence - batch->first_sequence >= batch->digests.size())
        return fail(Errc::corrupt, "entries: outside its batch");
    const auto index = static_cast<std::size_t>(row.sequence - batch->first_sequence);
    const bool own = row.credential_no == admission_.credential_no();
    OpenEntry out;
    // What its author's store holds anyway. What may have been lost with a former incarnation, or given up with the case,
    // is sent whole.
    bool here = own && content && raw(batch->incarnation_no) == admission_.incarnation.no;
    if (here) {
        SATCHEL_TRY(const bool left, left_before());
        here = !left;
    }
    if (here) {
        out.visible = true;
        out.entry.kind = Entry::Kind::own;
        out.entry.digest = batch->digests[index];
        out.entry.rulings = row.rulings;
        out.entry.received_at = row.received_at;
        out.bytes = sizeof(Digest) + row.rulings.size() + 16;
        return out;
    }
    SATCHEL_TRY(auto body, decode_changeset_body(row.body));
    OpenedChangeset changeset;
    SATCHEL_TRY(changeset.header, schema::decode_header(body.header));
    for (const auto& bytes : body.changes) {
        SATCHEL_TRY(auto change, schema::decode_change(bytes));
        if (change.creates && change.record.empty())
            change.record = created_record_id(batch->digests[index], changeset.header.authored_at);
        if (change.op == schema::Op::task) {
            SATCHEL_TRYV(need_tasks());
            const auto at = change.targets.empty() ? state_.tasks.end()
                                                   : state_.tasks.find(TaskId{change.targets.front().bytes});
            if (at != state_.tasks.end())
                SATCHEL_TRYV(need_record(at->second.type, at->second.record));
        }
        SATCHEL_TRYV(need_record(change.type, change.record));
        changeset.changes.push_back(std::move(change));
    }
    SATCHEL_TRY(const auto rulings, decode_rulings(row.rulings));
    out.visible = own || mutant(Mutant::audience_skipped) || may_see(policy_.policy, changeset, rulings, state_, viewer_);
    out.safety = concerns_safety(policy_.facts, changeset);
    if (!out.visible || !content)
        return out;
    SATCHEL_TRY(const auto* incarnation, rows_.incarnation(batch->incarnation_no));
    schema::Link link;
    link.incarnation = incarnation->id;
    link.sequence = row.sequence;
    link.previous = index == 0 ? batch->previous : batch->digests[index - 1];
    link.seen = body.seen;
    auto& entry = out.entry;
    entry.kind = Entry::Kind::changeset;
    entry.secret = changeset_secret(incarnation->salt_key, row.sequence);
    entry.blind = link_blind(entry.secret, link);
    out.bytes = body.header.size() + row.rulings.size() + 96;
    for (const auto& change : body.changes)
        out.bytes += change.size() + 4;
    entry.header = std::move(body.header);
    entry.changes = std::move(body.changes);
    entry.rulings = row.rulings;
    entry.received_at = row.received_at;
    out.index_in_batch = index;
    return out;
}

Result<OpenEntry> EntryReader::open(const EntryRow& row, bool content)
{
    // Between entries: one that names several records is judged on all of them.
    if (looked_for_.size() >= records_kept) {
        looked_for_.clear();
        state_.records.clear();
    }
    switch (row.kind) {
    case EntryKind::changeset:
        return open_changeset(row, content);
    case EntryKind::effect:
        return open_effect(row, content);
    case EntryKind::held:
    case EntryKind::fork:
    case EntryKind::admin:
        break;
    }
    return OpenEntry{};
}

}  // namespace satchel::sync
