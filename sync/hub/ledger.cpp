#include "sync/hub/ledger.hpp"

#include <algorithm>
#include <utility>

#include "crypto/audit.hpp"
#include "schema/base/mutant.hpp"
#include "sync/core/audience.hpp"

namespace satchel::sync {
namespace {

// What an entry adds to what is in memory beside its words, about.
constexpr std::size_t bytes_of_an_entry = 1024;
// Weighing goes over everything in memory, so it is done only after a quarter as much came in.
std::size_t bytes_until_weighed(std::size_t hot_bytes) { return hot_bytes / 4; }

std::vector<VersionId> open_items_of(const CaseState& state, const RecordId& record, schema::GroupId group)
{
    std::vector<VersionId> out;
    if (const auto* r = state.record(record))
        if (const auto* g = r->group(group))
            for (const auto& item : g->open)
                out.push_back(item.side.id);
    return out;
}

// Types under which the records that a changeset names are looked for first.
std::vector<std::pair<schema::TypeId, RecordId>> likely_types(const OpenedChangeset& changeset)
{
    std::vector<std::pair<schema::TypeId, RecordId>> out;
    out.reserve(changeset.changes.size());
    for (const auto& change : changeset.changes)
        out.emplace_back(change.type, change.record);
    return out;
}

// A changeset as reconcile takes it. Its parts are given back whatever happens: after a failure the same work is tried
// again.
class Lent {
public:
    explicit Lent(OpenedChangeset& owner) : owner_(owner)
    {
        changeset_.header = std::move(owner.header);
        changeset_.changes = std::move(owner.changes);
    }
    ~Lent()
    {
        owner_.header = std::move(changeset_.header);
        owner_.changes = std::move(changeset_.changes);
    }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    const schema::Changeset& operator*() const noexcept { return changeset_; }

private:
    OpenedChangeset& owner_;
    schema::Changeset changeset_;
};

}  // namespace

Result<void> Ledger::begin()
{
    in_force_ = policies_.in_force();
    now_ = parts_.clock.now();
    written_ = 0;
    SATCHEL_TRY(transaction_, parts_.store.begin());
    if (!known_) {
        SATCHEL_TRY(head_, transaction_->head());
        SATCHEL_TRY(numbers_, transaction_->last_numbers());
        known_ = true;
    }
    return {};
}

void Ledger::abandon()
{
    transaction_.reset();
    forget_all();  // they may hold what is not in the store
    known_ = false;
}

Result<Head> Ledger::finish()
{
    SATCHEL_TRYV(forget_some());
    for (auto& [id, hot] : cases_)
        SATCHEL_TRYV(hot->flush(*transaction_));
    if (written_ > 0) {
        CheckpointRow checkpoint;
        checkpoint.no = ++numbers_.checkpoint_no;
        checkpoint.position = head_.position;
        checkpoint.audit = head_.audit;
        checkpoint.signed_at = now_;
        checkpoint.signature = parts_.keys.receipt.sign(checkpoint_bytes(checkpoint));
        SATCHEL_TRYV(transaction_->append(checkpoint));
    }
    SATCHEL_TRYV(transaction_->commit());
    transaction_.reset();
    if (in_force_ && in_force_ != policies_.in_force())
        policies_.put_in_force(in_force_);
    return head_;
}

Result<Head> Ledger::run(const std::function<Result<void>(Ledger&)>& work)
{
    if (auto begun = begin(); !begun) {
        abandon();
        return tl::unexpected(std::move(begun).error());
    }
    auto done = work(*this);
    if (!done) {
        abandon();
        return tl::unexpected(std::move(done).error());
    }
    auto head = finish();
    if (!head)
        abandon();
    return head;
}

HotCase* Ledger::keep(std::unique_ptr<HotCase> hot)
{
    hot->last_used = ++uses_;
    auto* out = hot.get();
    by_no_[raw(out->no())] = out;
    cases_[out->row().id] = std::move(hot);
    return out;
}

void Ledger::forget_all()
{
    by_no_.clear();
    cases_.clear();
    came_in_ = weighed_at_ = 0;
}

Result<void> Ledger::forget_some()
{
    if (came_in_ < bytes_until_weighed(parts_.hot_bytes))
        return {};
    came_in_ = weighed_at_ = 0;
    return forget_above(parts_.hot_bytes);
}

Result<void> Ledger::forget_some_in_between()
{
    if (came_in_ < weighed_at_ + bytes_until_weighed(parts_.hot_bytes))
        return {};
    weighed_at_ = came_in_;
    return forget_above(2 * parts_.hot_bytes);
}

Result<void> Ledger::forget_above(std::size_t bytes)
{
    std::vector<std::pair<HotCase*, std::size_t>> by_age;
    std::size_t memory = 0;
    for (const auto& [id, hot] : cases_) {
        by_age.emplace_back(hot.get(), hot->memory());
        memory += by_age.back().second;
    }
    if (memory <= bytes)
        return {};
    std::sort(by_age.begin(), by_age.end(), [](const auto& a, const auto& b) { return a.first->last_used < b.first->last_used; });
    by_age.pop_back();  // what comes next is likely for the same case, however large it is
    for (const auto& [hot, its] : by_age) {
        if (memory <= parts_.hot_bytes)
            break;
        memory -= its;
        if (!mutant(Mutant::forgotten_unwritten))
            SATCHEL_TRYV(hot->flush(*transaction_));
        by_no_.erase(raw(hot->no()));
        cases_.erase(CaseId(hot->row().id));
    }
    return {};
}

Result<void> Ledger::relieve()
{
    if (came_in_ < bytes_until_weighed(parts_.hot_bytes))
        return {};
    for (auto& [id, hot] : cases_)
        SATCHEL_TRYV(hot->flush(*transaction_));
    forget_all();
    return {};
}

Result<BatchNo> Ledger::append(BatchRow batch)
{
    batch.no = BatchNo{++numbers_.batch_no};
    ++written_;
    SATCHEL_TRYV(transaction_->append(batch));
    return batch.no;
}

Result<Position> Ledger::append(EntryRow entry)
{
    entry.position = Position{raw(head_.position) + 1};
    entry.policy_version = in_force_ ? in_force_->policy.version : 0;
    entry.rules_version = rules_version;
    entry.received_at = now_;
    entry.audit = crypto::chain_next(head_.audit, entry_digest(entry));
    ++written_;
    came_in_ += bytes_of_an_entry + entry.body.size();
    SATCHEL_TRYV(transaction_->append(entry));
    head_ = {entry.position, entry.audit};
    return entry.position;
}

Result<HotCase*> Ledger::take_in(std::optional<CaseRow> row)
{
    if (!row)
        return nullptr;
    return keep(std::make_unique<HotCase>(*std::move(row), /*complete=*/false, came_in_));
}

Result<HotCase*> Ledger::find_case(const CaseId& id)
{
    if (const auto at = cases_.find(id); at != cases_.end()) {
        at->second->last_used = ++uses_;
        return at->second.get();
    }
    SATCHEL_TRY(auto row, transaction_->case_row(id));
    return take_in(std::move(row));
}

Result<HotCase*> Ledger::find_case(CaseNo no)
{
    if (const auto at = by_no_.find(raw(no)); at != by_no_.end()) {
        at->second->last_used = ++uses_;
        return at->second;
    }
    SATCHEL_TRY(auto row, transaction_->case_row(no));
    return take_in(std::move(row));
}

Result<HotCase*> Ledger::open_case(std::string_view label)
{
    CaseRow row;
    row.no = next_case();
    row.id = random_id<CaseId>(parts_.random);
    row.label = label;
    SATCHEL_TRY(row.head, admin(AdminKind::case_opened, CaseOpened{raw(row.no), row.id, row.label}, row.no));
    SATCHEL_TRYV(transaction_->put(row));
    auto* out = keep(std::make_unique<HotCase>(row, /*complete=*/true, came_in_));
    // Readers fold from nothing: the first values are entries like all others.
    VersionId cause{row.id.bytes};
    for (const auto& [name, value] : initial_facts(in_force_->policy)) {
        Effect effect;
        effect.kind = Effect::Kind::fact;
        effect.rule = "fact:" + name;
        effect.cause = cause;
        effect.name = name;
        effect.text = value;
        SATCHEL_TRYV(apply(*out, effect));
    }
    return out;
}

Result<void> Ledger::apply(HotCase& where, const Effect& effect)
{
    auto& state = where.state();
    SATCHEL_TRYV(where.load(*transaction_, slice_needs(in_force_->policy, effect),
                            {{effect.type, effect.record}, {effect.type, effect.other}}));
    EntryRow entry;
    entry.kind = EntryKind::effect;
    entry.case_no = where.no();
    entry.body = encode(effect);
    SATCHEL_TRY(const auto position, append(std::move(entry)));

    bool visibility = false;
    switch (effect.kind) {
    case Effect::Kind::fact:
        SATCHEL_TRYV(transaction_->put(FactRow{where.no(), effect.name, position, effect.text}));
        visibility = in_force_->facts.shapes_audience(effect.name);
        where.fact_changed(position);
        break;
    case Effect::Kind::task_opened:
    case Effect::Kind::task_closed:
        where.touch_task(effect.task.id);
        break;
    default:
        visibility = effect.kind == Effect::Kind::set && in_force_->facts.shapes_audience(effect.group) &&
                     state.record(effect.record) != nullptr;
        where.touch_record(effect.record);
        if (!effect.other.empty())
            where.touch_record(effect.other);
        break;
    }
    std::map<VersionId, schema::TypeId> open_before;
    for (const auto& item : open_items_of(state, effect.record, effect.group))
        open_before.emplace(item, effect.type);
    fold(state, effect);
    where.moved_to(position, concerns_safety(in_force_->facts, effect), visibility);
    // What it puts into the record may be what somebody waits for.
    return open_before.empty() ? Result<void>{}
                               : index_open_items(where, {{effect.record, effect.group}}, open_before, position);
}

Result<std::uint64_t> Ledger::derive(HotCase& where, Date on, const std::set<schema::TypeId>& types,
                                     const VersionId& cause)
{
    std::set<schema::TypeId> needed;
    for (const auto& rule : in_force_->policy.facts)
        if (const auto* type = in_force_->policy.type(rule.type); type && (types.empty() || types.contains(type->id)))
            needed.insert(type->id);
    SATCHEL_TRYV(where.load_types(*transaction_, needed));
    const auto effects = derive_facts(where.state(), in_force_->policy, on, types, cause);
    for (const auto& effect : effects)
        SATCHEL_TRYV(apply(where, effect));
    SATCHEL_TRY(const auto moved, run_clocks(where, on, clocks_resting_on(in_force_->policy, effects), cause));
    return effects.size() + moved;
}

Result<std::uint64_t> Ledger::run_clocks(HotCase& where, Date on, const Clocks& clocks, const VersionId& cause)
{
    if (clocks.empty())
        return 0;
    SATCHEL_TRYV(where.load(*transaction_, clock_needs(clocks), {}));
    const auto effects = derive_clocks(where.state(), in_force_->policy, clocks, on, cause);
    for (const auto& effect : effects)
        SATCHEL_TRYV(apply(where, effect));
    return effects.size();
}

Result<void> Ledger::index_open_items(HotCase& where, const std::set<std::pair<RecordId, schema::GroupId>>& touched,
                                      const std::map<VersionId, schema::TypeId>& open_before, Position at)
{
    auto gone = open_before;
    for (const auto& [record_id, group_id] : touched) {
        const auto* record = where.state().record(record_id);
        const auto* group = record ? record->group(group_id) : nullptr;
        if (!group)
            continue;
        for (const auto& item : group->open)
            if (gone.erase(item.side.id) == 0)
                SATCHEL_TRYV(transaction_->put(OpenItemRow{item.side.id, where.no(), record->type, record_id, group_id,
                                                           item.kind, at}));
    }
    for (const auto& [item, type] : gone)
        SATCHEL_TRYV(transaction_->erase_open_item(item));
    return {};
}

Result<std::vector<Ruling>> Ledger::rule(HotCase& where, OpenedChangeset& changeset, const Bytes& body,
                                         const Author& author, const Provenance& from)
{
    const auto& policy = in_force_->policy;
    auto& state = where.state();
    // An id derived from this very changeset cannot be in use: no search for it.
    const auto derived = created_record_id(changeset.digest, changeset.header.authored_at);
    for (const auto& change : changeset.changes)
        if (change.creates && change.record == derived)
            where.knows_absent(derived);
    const auto needs = slice_needs(policy, changeset);
    SATCHEL_TRYV(where.load(*transaction_, needs, likely_types(changeset)));
    SATCHEL_TRY(const auto* facts_seen, where.facts_at(*transaction_, from.seen_position));
    SATCHEL_TRY(const auto authored, policies_.version(*transaction_, changeset.header.policy_version));

    Context context{&policy, &authored->policy, facts_seen, author};
    std::vector<Ruling> rulings;
    {
        const Lent judged(changeset);
        if (needs_credentials(state, *judged, policy)) {
            const Visit<CredentialRow> keep = [&](const CredentialRow& row) -> Result<bool> {
                if (row.user == author.user)
                    context.author.credentials.push_back(row.id);
                return true;
            };
            SATCHEL_TRYV(transaction_->credentials(keep));
        }
        rulings = reconcile(state, *judged, context);
    }
    if (mutant(Mutant::ruling_altered) && rulings.front().outcome == Outcome::suggested)
        rulings.front().around_handover = !rulings.front().around_handover;
    for (auto& ruling : rulings)
        if (mutant(Mutant::authority_on_device) && ruling.outcome == Outcome::suggested && ruling.rule == "not-owner")
            ruling.outcome = Outcome::applied;

    std::set<std::pair<RecordId, schema::GroupId>> touched;
    std::map<VersionId, schema::TypeId> open_before;
    bool visibility = false;
    for (std::size_t i = 0; i < rulings.size(); ++i) {
        const auto& change = changeset.changes[i];
        if (rulings[i].outcome == Outcome::refused)
            continue;
        if (change.op == schema::Op::task) {
            if (!change.targets.empty())
                where.touch_task(TaskId{change.targets.front().bytes});
            continue;
        }
        const bool existed = state.record(change.record) != nullptr;
        visibility = visibility || (existed && in_force_->facts.shapes_audience(change.group));
        where.touch_record(change.record);
        if (existed || rulings[i].outcome == Outcome::suggested || rulings[i].outcome == Outcome::conflict) {
            touched.emplace(change.record, change.group);
            for (const auto& item : open_items_of(state, change.record, change.group))
                open_before.emplace(item, change.type);
        }
    }
    EntryRow entry;
    entry.kind = EntryKind::changeset;
    entry.case_no = where.no();
    entry.credential_no = from.credential_no;
    entry.batch_no = from.batch_no;
    entry.sequence = from.sequence;
    entry.seen_position = from.seen_position;
    entry.body = body;
    entry.rulings = encode(rulings);
    SATCHEL_TRY(const auto position, append(std::move(entry)));
    fold(state, changeset, rulings);
    where.moved_to(position, concerns_safety(in_force_->facts, changeset), visibility);
    if (!touched.empty())
        SATCHEL_TRYV(index_open_items(where, touched, open_before, position));

    for (const auto& effect : consequences(state, changeset, rulings, policy, {now_, today()}))
        SATCHEL_TRYV(apply(where, effect));
    return rulings;
}

}  // namespace satchel::sync
