#include "sync/hub/verify_case.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "sync/core/reconcile.hpp"
#include "sync/hub/access.hpp"
#include "sync/hub/body.hpp"

namespace satchel::sync::verifying {
namespace {

constexpr std::int32_t tick_days_max = 3660;

// As HubService::tick() names the day that came.
VersionId tick_cause(const CaseId& case_id, Date day)
{
    return id_from<VersionId>(crypto::sha256({view("satchel tick/1"), case_id.view(), view(to_string(day))}));
}

bool derives(const Effect& effect, const std::vector<Effect>& derived)
{
    return std::any_of(derived.begin(), derived.end(), [&](const Effect& d) {
        return d.name == effect.name && d.text == effect.text && d.rule == effect.rule &&
               d.paragraph == effect.paragraph;
    });
}

bool is_about_task(const Effect& effect)
{
    return effect.kind == Effect::Kind::task_opened || effect.kind == Effect::Kind::task_closed;
}

Clocks clocks_called(const schema::Policy& policy, const std::string& rule)
{
    auto out = all_clocks(policy);
    std::erase_if(out, [&](const auto* clock) { return clock->id != rule; });
    return out;
}

}  // namespace

Instant within_reason(Instant t)
{
    constexpr std::int64_t furthest = 100'000'000'000'000;
    return {std::clamp(t.ms, -furthest, furthest)};
}

Facts facts_until(std::span<const FactRow> rows, Position position)
{
    Facts out;
    for (const auto& row : rows) {
        if (row.position > position)
            break;
        if (row.value.empty())
            out.erase(row.name);
        else
            out[row.name] = row.value;
    }
    return out;
}

CaseReplay::CaseReplay(const LogState& log, CaseNo no, Findings& findings) : log_(log), findings_(findings)
{
    const auto& opened = log.cases.at(no).opened;
    row_.no = no;
    row_.id = opened.id;
    row_.label = opened.label;
    state_.id = opened.id;
}

void CaseReplay::fail(const EntryRow& entry, std::string_view kind)
{
    findings_.fail("entries", in_words(entry.position), kind);
}

void CaseReplay::take(const EntryRow& entry)
{
    ++entries_;
    if (entry.kind == EntryKind::effect)
        return take_effect(entry);
    end_of_consequences();
    if (entry.kind == EntryKind::changeset)
        return take_changeset(entry);
    if (entry.kind != EntryKind::admin || entry.position != log_.cases.at(row_.no).at)
        return;
    // Readers fold from nothing: the first values of all facts follow as entries.
    row_.head = entry.position;
    const auto policy = log_.policy(entry.policy_version);
    for (const auto& [name, value] : policy ? initial_facts(policy->policy) : Facts{}) {
        Effect effect;
        effect.kind = Effect::Kind::fact;
        effect.rule = "fact:" + name;
        effect.cause = VersionId{row_.id.bytes};
        effect.name = name;
        effect.text = value;
        expected_.push_back(std::move(effect));
    }
    cause_ = entry.position;
}

void CaseReplay::end()
{
    end_of_consequences();
    row_.facts = state_.facts;
}

void CaseReplay::end_of_consequences()
{
    if (!expected_.empty())
        findings_.fail("entries", "after " + in_words(cause_), "effect_missing");
    expected_.clear();
}

// --- Somebody's work --------------------------------------------------------------------------------------------------

std::optional<OpenedChangeset> CaseReplay::opened(const EntryRow& entry)
{
    const auto body = decode_changeset_body(entry.body);
    const auto batch = log_.batches.find(entry.batch_no);
    const auto author = batch == log_.batches.end() ? log_.incarnations.end()
                                                    : log_.incarnations.find(raw(batch->second));
    const auto credential = author == log_.incarnations.end()
                                ? log_.credentials.end()
                                : log_.credentials.find(author->second.row.credential_no);
    if (!body || credential == log_.credentials.end() || entry.sequence == 0)
        return std::nullopt;  // told when the log was read
    schema::Link link;
    link.incarnation = author->second.row.id;
    link.sequence = entry.sequence;
    link.previous = author->second.digest(entry.sequence - 1);
    link.seen = body->seen;
    SealedChangeset sealed;
    sealed.header = body->header;
    sealed.changes = body->changes;
    sealed.secret = changeset_secret(author->second.salt_key, entry.sequence);
    sealed.blind = link_blind(sealed.secret, link);
    auto changeset = open(sealed);
    if (!changeset) {
        fail(entry, "malformed");
        return std::nullopt;
    }
    if (changeset->header.case_id != row_.id)
        fail(entry, "wrong_case");
    if (changeset->header.author != credential->second.id)
        fail(entry, "wrong_author");
    return *std::move(changeset);
}

std::optional<std::vector<Ruling>> CaseReplay::recompute(const EntryRow& entry, const OpenedChangeset& changeset,
                                                         const schema::Policy& policy, const schema::Policy& authored,
                                                         const CaseState& state, const Facts* seen)
{
    const auto credential = log_.credentials.find(raw(entry.credential_no));
    const auto* user = credential == log_.credentials.end() ? nullptr
                                                            : log_.user_before(credential->second.user, entry.position);
    auto hats = user ? hats_of(*user, credential->second.agency)
                     : Result<std::vector<schema::Hat>>(satchel::fail(Errc::not_found));
    if (!hats) {
        fail(entry, "unknown_author");
        return std::nullopt;
    }
    Context context{&policy, &authored, seen ? seen : facts_at(entry.seen_position),
                    {user->id, credential->second.id, *std::move(hats)}};
    schema::Changeset judged;
    judged.header = changeset.header;
    judged.changes = changeset.changes;
    if (needs_credentials(state_, judged, policy))
        for (const auto& [no, row] : log_.credentials)
            if (row.user == user->id)
                context.author.credentials.push_back(row.id);
    return reconcile(state, judged, context);
}

void CaseReplay::take_changeset(const EntryRow& entry)
{
    if (entry.seen_position >= entry.position)
        fail(entry, "seen_differs");
    const auto changeset = opened(entry);
    if (!changeset)
        return;
    const auto recorded = decode_rulings(entry.rulings);
    const auto policy = log_.policy(entry.policy_version);
    const auto authored = log_.policy_before(changeset->header.policy_version, entry.position);
    const bool same_rules = entry.rules_version == rules_version;
    std::optional<std::vector<Ruling>> anew;
    if (!policy)
        fail(entry, "unknown_policy");
    else if (same_rules)
        anew = recompute(entry, *changeset, policy->policy, authored ? authored->policy : policy->policy, state_, nullptr);
    else if (entry.rules_version > rules_version)
        fail(entry, "unknown_rules");

    const bool usable = recorded && recorded->size() == changeset->changes.size();
    if (anew) {
        findings_.count("rulings", anew->size());
        if (!usable || encode(*anew) != entry.rulings)
            fail(entry, "ruling_differs");
    } else {
        findings_.count("rulings_of_older_rules", changeset->changes.size());
        if (!usable)
            fail(entry, "malformed");
    }
    if (!usable && !anew)
        return;
    const auto& rulings = usable ? *recorded : *anew;  // state is the fold of what was recorded

    if (beside_)
        beside_->take(*this, entry, *changeset, rulings, [&](const schema::Policy& other, const CaseState& state, const Facts* seen) {
            return recompute(entry, *changeset, other, other, state, seen);
        });

    bool visibility = false;
    for (std::size_t i = 0; i < rulings.size() && policy; ++i) {
        const auto& change = changeset->changes[i];
        visibility = visibility ||
                     (rulings[i].outcome != Outcome::refused && change.op != schema::Op::task &&
                      state_.record(change.record) && policy->facts.shapes_audience(change.group));
    }
    fold(state_, *changeset, rulings);
    note_open_items(*changeset, entry.position);
    moved_to(entry.position, policy && concerns_safety(policy->facts, *changeset), visibility);
    if (!policy || !same_rules)
        return;
    const auto received = within_reason(entry.received_at);
    auto effects = consequences(state_, *changeset, rulings, policy->policy, {received, schema::day_in_england(received)});
    expected_.assign(std::make_move_iterator(effects.begin()), std::make_move_iterator(effects.end()));
    cause_ = entry.position;
}

void CaseReplay::note_open_items(const OpenedChangeset& changeset, Position at)
{
    for (const auto& change : changeset.changes) {
        const auto* record = change.op == schema::Op::task ? nullptr : state_.record(change.record);
        const auto* group = record ? record->group(change.group) : nullptr;
        if (group)
            for (const auto& item : group->open)
                opened_at_.try_emplace(item.side.id, at);
    }
}

// --- What the system did ----------------------------------------------------------------------------------------------

void CaseReplay::take_effect(const EntryRow& entry)
{
    const auto effect = decode_effect(entry.body);
    if (!effect) {
        expected_.clear();
        return fail(entry, "malformed");
    }
    const auto policy = log_.policy(entry.policy_version);
    if (beside_)
        beside_->take(*this, entry, *effect);
    if (expected_.empty()) {
        check_lone(entry, *effect, policy.get());
    } else if (encode(expected_.front()) == entry.body) {
        findings_.count("effects_recomputed");
        expected_.pop_front();
    } else {
        fail(entry, "effect_differs");
        expected_.clear();  // whatever follows is no better known
    }
    bool visibility = false;
    if (effect->kind == Effect::Kind::fact) {
        facts_.push_back({row_.no, effect->name, entry.position, effect->text});
        visibility = policy && policy->facts.shapes_audience(effect->name);
    } else if (effect->kind == Effect::Kind::set) {
        visibility = policy && policy->facts.shapes_audience(effect->group) && state_.record(effect->record);
    }
    fold(state_, *effect);
    moved_to(entry.position, policy && concerns_safety(policy->facts, *effect), visibility);
}

// Nobody's change caused it: an import, a day that came, a routing. Facts follow from what stands in the records, and
// clocks from both; the rest is as the audited entry says.
void CaseReplay::check_lone(const EntryRow& entry, const Effect& effect, const HubPolicy* policy)
{
    const bool fact = effect.kind == Effect::Kind::fact;
    const bool clock = is_about_task(effect) && effect.rule != "routed";
    if ((!fact && !clock) || !policy || entry.rules_version != rules_version)
        return findings_.count("effects_as_recorded");
    findings_.count("effects_recomputed");
    const auto follows = [&](Date on) {
        if (fact)
            return derives(effect, derive_facts(state_, policy->policy, on, {}, effect.cause));
        const auto derived =
            derive_clocks(state_, policy->policy, clocks_called(policy->policy, effect.rule), on, effect.cause);
        return std::find(derived.begin(), derived.end(), effect) != derived.end();
    };
    const auto received = schema::day_in_england(within_reason(entry.received_at));
    if (follows(received))
        return;
    // The day that a tick was for may be another than the one on which it ran; its cause names it.
    for (std::int32_t days = 1; days <= tick_days_max; ++days)
        for (const auto on : {Date{received.days - days}, Date{received.days + days}})
            if (tick_cause(row_.id, on) == effect.cause && follows(on))
                return;
    fail(entry, "effect_differs");
}

void CaseReplay::moved_to(Position position, bool safety, bool visibility_changed)
{
    row_.head = position;
    if (safety)
        row_.last_safety = position;
    if (visibility_changed)
        ++row_.visibility;
}

const Facts* CaseReplay::facts_at(Position position)
{
    if (facts_.empty() || facts_.back().position <= position)
        return &state_.facts;
    facts_before_ = facts_until(facts_, position);
    return &facts_before_;
}

std::map<VersionId, OpenItemRow> CaseReplay::open_items() const
{
    std::map<VersionId, OpenItemRow> out;
    for (const auto& [id, record] : state_.records)
        for (const auto& group : record.groups)
            for (const auto& item : group.open) {
                const auto at = opened_at_.find(item.side.id);
                out[item.side.id] = {item.side.id,
                                     row_.no,
                                     record.type,
                                     id,
                                     group.id,
                                     item.kind,
                                     at == opened_at_.end() ? Position{} : at->second};
            }
    return out;
}

}  // namespace satchel::sync::verifying
