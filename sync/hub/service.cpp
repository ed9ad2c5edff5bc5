// A hub's beginning, its agreement, and what sessions ask of it.
#include "sync/hub/service.hpp"

#include <algorithm>
#include <set>

#include "crypto/hash.hpp"
#include "crypto/registry.hpp"
#include "schema/base/mutant.hpp"
#include "sync/hub/admission.hpp"
#include "sync/hub/approvals.hpp"
#include "sync/hub/service_state.hpp"

namespace satchel::sync {
namespace {

constexpr std::size_t area_bytes_max = 100;

Result<PolicyRow> sign_bundle(std::span<const schema::SourceFile> bundle, const schema::Policy& policy,
                              const HubKeys& keys)
{
    PolicyRow row;
    row.version = policy.version;
    row.bundle = pack_bundle(bundle);
    if (row.bundle.size() > bundle_bytes_max)
        return fail(Errc::too_large, "policy bundle");
    row.signature = keys.receipt.sign(policy_bytes(row.bundle));
    return row;
}

std::string first_problems(const std::vector<schema::PolicyProblem>& problems)
{
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(problems.size(), 3); ++i)
        out += (i == 0 ? "" : "; ") + to_string(problems[i]);
    return out;
}

// Every agency of the agreement needs keys to sign for its devices.
Result<std::vector<std::string>> agencies_without_keys(const schema::Policy& policy, const HubKeys& keys)
{
    std::vector<std::string> names;
    for (const auto& agency : policy.agencies)
        names.push_back(agency.name);
    return sync::agencies_without_keys(names, keys);
}

Result<void> require_keys(const schema::Policy& policy, const HubKeys& keys)
{
    SATCHEL_TRY(const auto without, agencies_without_keys(policy, keys));
    if (!without.empty())
        return fail(Errc::refused, "the hub has no keys for the agency \"" + without.front() + "\"");
    return {};
}

// Durable when it returns, whatever becomes of the agreement.
Result<void> complete_keys(const schema::Policy& policy, const HubParts& parts)
{
    SATCHEL_TRY(const auto without, agencies_without_keys(policy, parts.keys));
    if (without.empty())
        return {};
    if (!parts.keeper)
        return require_keys(policy, parts.keys);
    std::vector<AgencyKeys> made;
    for (const auto& name : without) {
        SATCHEL_TRY(auto keys, make_agency_keys(name, parts.keys, parts.clock.now(), parts.random));
        made.push_back(std::move(keys));
    }
    return parts.keeper->add(std::move(made));
}

// Devices took up the keys that stand in the log: others would make strangers of the agency's people.
Result<void> require_introduced_keys(const HubPolicy& policy, const HubKeys& keys)
{
    for (const auto& introduced : policy.message.agencies) {
        const auto* agency = keys.agency(introduced.agency);
        if (agency && agency->registry.public_key() != introduced.registry_key)
            return fail(Errc::corrupt, "hub.keys has another key for the agency \"" + introduced.agency + "\" than the log; run verify");
    }
    return {};
}

// The root's word for the agencies that the one in force does not know. An entry of each, before the agreement's own.
Result<std::vector<AgencyIntroduction>> introduce_agencies(const schema::Policy& next, Ledger& ledger)
{
    SATCHEL_TRY(auto out, introduced_agencies(ledger.store()));
    for (const auto& agency : next.agencies) {
        if (ledger.policy().policy.agency(agency.name))
            continue;
        const auto* keys = ledger.keys().agency(agency.name);
        SATCHEL_CHECK(keys);
        const auto& registry_key = keys->registry.public_key();
        AgencyIntroduction row{agency.name, registry_key, crypto::introduce_agency(ledger.keys().root, agency.name, registry_key)};
        SATCHEL_TRYV(ledger.admin(AdminKind::agency, row));
        out.push_back(std::move(row));
    }
    return out;
}

Result<schema::Policy> compile_next(std::span<const schema::SourceFile> bundle, Ledger& ledger, schema::Narrowing narrowing)
{
    auto compiled = schema::compile(bundle, crypto::sha256(pack_bundle(bundle)), &ledger.policy().policy, narrowing);
    if (!compiled.policy)
        return fail(Errc::policy_invalid, first_problems(compiled.problems));
    SATCHEL_TRYV(agencies_without_keys(*compiled.policy, ledger.keys()));  // that could not have any either
    return *std::move(compiled.policy);
}

Result<std::uint32_t> put_in_force(std::span<const schema::SourceFile> bundle, schema::Policy compiled, Ledger& ledger,
                                   const HubParts& parts)
{
    SATCHEL_TRY(const auto row, sign_bundle(bundle, compiled, ledger.keys()));
    SATCHEL_TRYV(complete_keys(compiled, parts));
    SATCHEL_TRY(auto introduced, introduce_agencies(compiled, ledger));
    SATCHEL_TRYV(ledger.admin(AdminKind::policy, row));
    ledger.use(std::make_shared<const HubPolicy>(std::move(compiled), PolicyMessage{row.bundle, row.signature}, std::move(introduced)));
    return row.version;
}

Result<UserRow> require_active(CentralView& view, const UserId& id)
{
    SATCHEL_TRY(auto user, require_user(view, id));
    if (user.suspended)
        return fail(Errc::refused, "this user is suspended");
    return user;
}

bool is_of_store(Errc code)
{
    switch (code) {
    case Errc::io_error:
    case Errc::disk_full:
    case Errc::busy:
    case Errc::closed:
    case Errc::corrupt:
    case Errc::bug:
        return true;
    default:
        return false;
    }
}

}  // namespace

Result<void> require_text(std::string_view what, std::string_view text, std::size_t max)
{
    if (text.empty() || text.size() > max || !schema::is_clean_text(text))
        return fail(Errc::invalid_argument, std::string(what) + " has 1 to " + std::to_string(max) +
                                                " bytes of text without control characters");
    return {};
}

Result<UserRow> require_user(CentralView& view, const UserId& id)
{
    SATCHEL_TRY(const auto user, view.user(id));
    if (!user)
        return fail(Errc::not_found, "no such user");
    return *user;
}

Result<CaseRow> require_case(CentralView& view, const CaseId& id)
{
    SATCHEL_TRY(const auto row, view.case_row(id));
    if (!row)
        return fail(Errc::not_found, "no such case");
    return *row;
}

HubService::HubService(std::unique_ptr<State> state) : state_(std::move(state)) {}
HubService::~HubService() = default;

Result<void> HubService::initialise(const HubParts& parts, std::string_view area,
                                    std::span<const schema::SourceFile> bundle)
{
    SATCHEL_TRYV(require_text("the area", area, area_bytes_max));
    const auto packed = pack_bundle(bundle);
    auto compiled = schema::compile(bundle, crypto::sha256(packed));
    if (!compiled.policy)
        return fail(Errc::policy_invalid, first_problems(compiled.problems));
    SATCHEL_TRYV(require_keys(*compiled.policy, parts.keys));
    SATCHEL_TRY(const auto row, sign_bundle(bundle, *compiled.policy, parts.keys));

    State state(parts);
    SATCHEL_TRYV(state.write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(const auto there, ledger.store().hub());
        if (there)
            return fail(Errc::duplicate, "there is a hub in this store");
        HubRow hub;
        hub.area = area;
        ledger.random().fill(hub.epoch);
        hub.created_at = ledger.now();
        SATCHEL_TRYV(ledger.admin(AdminKind::hub, hub));
        SATCHEL_TRYV(ledger.admin(AdminKind::policy, row));
        return {};
    }));
    return {};
}

Result<std::unique_ptr<HubService>> HubService::open(const HubParts& parts)
{
    auto state = std::make_unique<State>(parts);
    SATCHEL_TRY(const auto view, parts.store.view());
    SATCHEL_TRY(const auto hub, view->hub());
    if (!hub)
        return fail(Errc::not_found, "there is no hub in this store");
    state->epoch = hub->epoch;
    SATCHEL_TRY(const auto head, view->head());
    SATCHEL_TRY(const auto checkpoint, view->newest_checkpoint());
    if (!checkpoint || checkpoint->position != head.position || checkpoint->audit != head.audit ||
        !crypto::verify(parts.keys.receipt.public_key(), checkpoint_bytes(*checkpoint), checkpoint->signature))
        return fail(Errc::corrupt, "the end of the log is not what the hub signed; run verify");
    SATCHEL_TRYV(state->policies.load_newest(*view));
    const auto in_force = state->policies.in_force();
    // A key file from before its agencies came was put back beside the store.
    if (parts.keeper)
        SATCHEL_TRYV(complete_keys(in_force->policy, parts));
    SATCHEL_TRYV(require_introduced_keys(*in_force, parts.keys));
    return std::unique_ptr<HubService>(new HubService(std::move(state)));
}

std::shared_ptr<const schema::Policy> HubService::policy() const
{
    auto in_force = state_->policies.in_force();
    const auto* policy = &in_force->policy;
    return {std::move(in_force), policy};
}

Result<std::uint32_t> HubService::publish_policy(std::span<const schema::SourceFile> bundle)
{
    std::uint32_t version = 0;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(auto compiled, compile_next(bundle, ledger, schema::Narrowing::understood));
        SATCHEL_TRY(version, put_in_force(bundle, std::move(compiled), ledger, state_->parts));
        return {};
    }));
    state_->move_clocks();
    return version;
}

PolicyObstacles HubService::obstacles(std::span<const schema::SourceFile> bundle) const
{
    const auto in_force = policy();
    auto understood = schema::compile(bundle, {}, in_force.get(), schema::Narrowing::understood);
    PolicyObstacles out{std::move(understood.problems), {}};
    if (understood.policy) {
        const auto& parts = state_->parts;
        // With a keeper, those that join get their keys when it is published.
        const auto keys = parts.keeper ? agencies_without_keys(*understood.policy, parts.keys).map([](const auto&) {})
                                       : require_keys(*understood.policy, parts.keys);
        if (!keys)
            out.cannot_follow.push_back({"bundle", 0, keys.error().detail});
    }
    for (auto& problem : schema::compile(bundle, {}, in_force.get(), schema::Narrowing::refused).problems)
        if (std::find(out.cannot_follow.begin(), out.cannot_follow.end(), problem) == out.cannot_follow.end())
            out.narrows.push_back(std::move(problem));
    return out;
}

Result<PolicyProposal> HubService::propose_policy(std::span<const schema::SourceFile> bundle, const UserId& as,
                                                  schema::Narrowing narrowing)
{
    PolicyProposal out;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(const auto user, require_active(ledger.store(), as));
        SATCHEL_TRY(const auto compiled, compile_next(bundle, ledger, narrowing));
        SATCHEL_TRYV(ledger.admin(AdminKind::note,
                                  approvals::proposed(compiled.digest, user.id, narrowing == schema::Narrowing::understood)));
        SATCHEL_TRY(out, approvals::find(ledger.store(), ledger.policy().policy, compiled.digest));
        return {};
    }));
    return out;
}

Result<PolicyProposal> HubService::approve_policy(const Digest& digest, const UserId& as, std::string_view reason)
{
    PolicyProposal out;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRYV(require_text("a reason", reason, schema::reason_bytes_max));
        SATCHEL_TRY(const auto user, require_active(ledger.store(), as));
        if (!approvals::may_approve(ledger.policy().policy, user))
            return fail(Errc::refused, approvals::who_can(ledger.policy().policy));
        SATCHEL_TRY(out, approvals::find(ledger.store(), ledger.policy().policy, digest));
        if (std::any_of(out.approvals.begin(), out.approvals.end(), [&](const auto& one) { return one.by == user.id; }))
            return fail(Errc::duplicate, "this person has approved it already: the other one has to be somebody else");
        SATCHEL_TRYV(ledger.admin(AdminKind::note, approvals::approved(digest, user.id, reason)));
        SATCHEL_TRY(out, approvals::find(ledger.store(), ledger.policy().policy, digest));
        return {};
    }));
    return out;
}

Result<std::uint32_t> HubService::publish_approved_policy(std::span<const schema::SourceFile> bundle)
{
    std::uint32_t version = 0;
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        const auto& in_force = ledger.policy().policy;
        const auto proposal = approvals::find(ledger.store(), in_force, crypto::sha256(pack_bundle(bundle)));
        if (!proposal && proposal.error().code != Errc::not_found)
            return tl::unexpected(proposal.error());
        const bool understood = proposal && proposal->narrows;
        SATCHEL_TRY(auto compiled, compile_next(bundle, ledger, understood ? schema::Narrowing::understood : schema::Narrowing::refused));
        const auto given = proposal ? proposal->approvals.size() : 0;
        if (given < policy_approvals_needed)
            return fail(Errc::refused, "exactly these files have " + std::to_string(given) + " of " +
                                           std::to_string(policy_approvals_needed) + " approvals; " + approvals::who_can(in_force));
        SATCHEL_TRY(version, put_in_force(bundle, std::move(compiled), ledger, state_->parts));
        return {};
    }));
    state_->move_clocks();
    return version;
}

Result<Epoch> HubService::begin_epoch()
{
    Epoch epoch{};
    SATCHEL_TRYV(state_->write([&](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(auto hub, ledger.store().hub());
        if (!hub)
            return fail(Errc::not_found, "there is no hub in this store");
        ledger.random().fill(hub->epoch);
        ++hub->restores;
        epoch = hub->epoch;
        SATCHEL_TRYV(ledger.admin(AdminKind::hub, *hub));
        return {};
    }));
    state_->epoch = epoch;
    return epoch;
}

Result<HubStatus> HubService::status() const
{
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    SATCHEL_TRY(const auto hub, view->hub());
    SATCHEL_TRY(const auto head, view->head());
    HubStatus out;
    if (hub) {
        out.area = hub->area;
        out.epoch = hub->epoch;
    }
    out.policy_version = policy()->version;
    out.head = head.position;
    SATCHEL_TRY(out.counts, view->counts());
    return out;
}

// --- Sessions -----------------------------------------------------------------------------------------------------------

Result<Admission> HubService::admit(const Hello& hello, ByteView channel_binding, ByteView certificate_der) const
{
    const auto users_changed = state_->users_changed.load();  // before the view: what changes meanwhile is counted anew
    SATCHEL_TRY(const auto view, state_->parts.store.view());
    SATCHEL_TRY(auto admission, sync::admit(*view, state_->parts.keys, *state_->policies.in_force(), hello,
                                            channel_binding, certificate_der, state_->parts.clock.now()));
    if (!admission.deposit_only && !mutant(Mutant::cover_not_told)) {
        SATCHEL_TRY(admission.ack.vacant, state_->vacant_for(*view, users_changed, admission.hats));
    }
    admission.session = state_->begin_session(admission.credential_no());
    return admission;
}

Result<PreparedPush> HubService::prepare(const Admission& admission, Bytes push_payload) const
{
    return prepare_push(admission, std::move(push_payload), [&](std::uint64_t sequence) -> Result<Digest> {
        SATCHEL_TRY(const auto view, state_->parts.store.view());
        SATCHEL_TRY(const auto batch, view->batch_of(IncarnationNo{admission.incarnation.no}, sequence));
        if (!batch)
            return fail(Errc::protocol_violation, "the push repeats work that is still under way");
        return batch->digests[sequence - batch->first_sequence];
    });
}

Result<std::unique_ptr<PageSource>> HubService::pages(const Admission& admission, bool safety_only) const
{
    return make_page_source(state_->parts.store, state_->parts.keys, state_->policies.in_force(), admission,
                            safety_only, state_->trees);
}

void HubService::commit(std::vector<CommitJob> jobs)
{
    const std::lock_guard lock(state_->writing);
    auto& ledger = state_->ledger;
    std::vector<std::optional<Error>> refused(jobs.size());
    const auto together = ledger.run([&](Ledger&) -> Result<void> {
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            const auto before = ledger.written();
            auto done = jobs[i].work(ledger);
            if (done) {
                SATCHEL_TRYV(ledger.forget_some());
                continue;
            }
            // What failed before it wrote anything is out of the way; anything else spoils the transaction.
            if (ledger.written() != before || is_of_store(done.error().code))
                return done;
            refused[i] = std::move(done).error();
        }
        return {};
    });
    if (mutant(Mutant::receipt_early) && !together) {
        for (auto& job : jobs)
            job.done(Head{});
        return;
    }
    if (together || jobs.size() == 1) {
        for (std::size_t i = 0; i < jobs.size(); ++i)
            jobs[i].done(together && refused[i] ? Result<Head>(tl::unexpected(*refused[i])) : together);
        return;
    }
    for (auto& job : jobs)
        job.done(ledger.run(job.work));
}

CommitJob HubService::push_job(PreparedPush push, std::function<void(const Result<Receipt>&)> done) const
{
    struct Shared {
        PreparedPush push;
        PushOutcome outcome;
    };
    auto shared = std::make_shared<Shared>(Shared{std::move(push), {}});
    CommitJob job;
    job.work = [shared](Ledger& ledger) -> Result<void> {
        SATCHEL_TRY(shared->outcome, commit_push(ledger, shared->push));
        return {};
    };
    job.done = [shared, done = std::move(done), state = state_.get()](const Result<Head>& head) {
        if (!head)
            return done(tl::unexpected(head.error()));
        if (!shared->outcome.closed.empty())
            return done(fail(Errc::fork, shared->outcome.closed));
        Receipt receipt;
        receipt.epoch = state->epoch;
        receipt.credential = shared->push.credential;
        receipt.incarnation = shared->push.incarnation;
        receipt.up_to = shared->outcome.incarnation.received;
        receipt.chain_head = shared->outcome.incarnation.head;
        receipt.audit_head = head->audit;
        if (mutant(Mutant::receipt_of_no_log))
            receipt.audit_head.back() ^= 1;
        receipt.received_at = shared->outcome.received_at;
        receipt.signature = state->parts.keys.receipt.sign(receipt_bytes(receipt));
        done(receipt);
    };
    return job;
}

CommitJob HubService::delivery_job(const Admission& admission, std::vector<CursorRow> cursors,
                                   std::function<void(const Result<Head>&)> done) const
{
    auto work = [cursors = std::move(cursors), state = state_.get(), credential_no = admission.credential_no(),
                 session = admission.session](Ledger& ledger) -> Result<void> {
        if (!state->is_newest_session(credential_no, session))
            return fail(Errc::protocol_violation, "the device has begun another session");
        for (const auto& cursor : cursors)
            SATCHEL_TRYV(ledger.store().put(cursor));
        return {};
    };
    return {std::move(work), std::move(done)};
}

CommitJob HubService::incarnation_job(const Admission& admission, const NewIncarnation& message,
                                      std::function<void(const Result<IncarnationRow>&)> done) const
{
    auto row = std::make_shared<IncarnationRow>();
    row->credential_no = admission.credential.no;
    row->id = message.incarnation;
    row->salt_key = message.salt_key;
    const auto key = admission.credential.operation_key;
    const auto proof = incarnation_bytes(admission.credential.id, message);
    return {[row, key, proof, signature = message.signature, former = message.former](Ledger& ledger) -> Result<void> {
                if (!crypto::verify(key, proof, signature))
                    return fail(Errc::bad_signature, "the new incarnation is not signed by the operation key");
                if (row->salt_key.size() != sizeof(Digest) || row->id.empty())
                    return fail(Errc::malformed, "new incarnation");
                bool known = false;
                std::vector<IncarnationRow> closing;
                std::set<IncarnationId> unknown(former.begin(), former.end());
                const Visit<IncarnationRow> look = [&](const IncarnationRow& other) -> Result<bool> {
                    known = known || other.id == row->id || other.salt_key == row->salt_key;
                    unknown.erase(other.id);
                    if (!other.forked && std::find(former.begin(), former.end(), other.id) != former.end())
                        closing.push_back(other);
                    return true;
                };
                SATCHEL_TRYV(ledger.store().incarnations(CredentialNo{row->credential_no}, look));
                if (known)
                    return fail(Errc::duplicate, "this incarnation has been used");
                // Nothing more may come under a chain that its store has left: what it had not delivered comes again
                // under the new one. That holds for one of which the hub has not heard, too: its beginning may be on the way.
                for (const auto& id : unknown) {
                    IncarnationRow never;
                    never.no = raw(ledger.next_incarnation());
                    never.credential_no = row->credential_no;
                    never.id = id;
                    never.salt_key.resize(sizeof(Digest));
                    closing.push_back(std::move(never));
                }
                for (auto& one : closing) {
                    one.forked = true;
                    SATCHEL_TRYV(ledger.admin(AdminKind::incarnation, one, {}, CredentialNo{row->credential_no}));
                }
                row->no = raw(ledger.next_incarnation());
                SATCHEL_TRYV(ledger.admin(AdminKind::incarnation, *row, {}, CredentialNo{row->credential_no}));
                return {};
            },
            [row, done = std::move(done)](const Result<Head>& head) {
                if (head)
                    done(*row);
                else
                    done(tl::unexpected(head.error()));
            }};
}

CommitJob HubService::removals_job(const Admission& admission, Leaving which,
                                   std::function<void(const Result<std::vector<Remove>>&)> done) const
{
    auto found = std::make_shared<std::vector<Remove>>();
    auto work = [found, which, user_id = admission.user.id, credential_no = admission.credential_no(),
                 stated = admission.cursors](Ledger& ledger) -> Result<void> {
        found->clear();
        auto& store = ledger.store();
        SATCHEL_TRY(const auto user, require_user(store, user_id));
        SATCHEL_TRY(const auto credential, store.credential(credential_no));
        const bool revoked = credential && credential->revoked;
        SATCHEL_TRY(const auto held, cases_on_device(store, credential_no, stated));
        for (const auto no : held) {
            SATCHEL_TRY(const auto row, store.case_row(no));
            if (!row)
                return fail(Errc::corrupt, "cursors: no such case");
            SATCHEL_TRY(const auto access, access_to(store, ledger.policy().policy, user, *row));
            const bool barred = revoked || access.access == Access::barred;
            if (!barred && (which == Leaving::barred || access.access == Access::working))
                continue;
            SATCHEL_TRY(const auto asked, store.removal(credential_no, no));
            RemovalRow removal;
            if (asked && !asked->done) {
                removal = *asked;
            } else {
                removal.credential_no = raw(credential_no);
                removal.case_no = raw(no);
                removal.because = !access.because.empty() ? access.because : revoked ? "suspended" : "moved";
                ledger.random().fill(removal.nonce);
                SATCHEL_TRYV(ledger.admin(AdminKind::removal, removal, no, credential_no));
            }
            found->push_back({row->id, removal.because, removal.nonce});
        }
        return {};
    };
    return {std::move(work), [found, done = std::move(done)](const Result<Head>& head) {
                if (head)
                    done(*found);
                else
                    done(tl::unexpected(head.error()));
            }};
}

CommitJob HubService::removed_job(const Admission& admission, const Removed& message,
                                  std::function<void(const Result<Head>&)> done) const
{
    const auto proof = removed_bytes(admission.credential.id, message);
    auto work = [proof, message, key = admission.credential.operation_key,
                 credential_no = admission.credential_no()](Ledger& ledger) -> Result<void> {
        if (!crypto::verify(key, proof, message.signature))
            return fail(Errc::bad_signature, "the purge receipt is not signed by the operation key");
        SATCHEL_TRY(const auto row, ledger.store().case_row(message.case_id));
        if (!row)
            return {};
        SATCHEL_TRY(const auto asked, ledger.store().removal(credential_no, row->no));
        // A hub that was put back may not know that it asked: what the case's absence means it finds by the cursors.
        if (!asked || asked->nonce != message.nonce || asked->done)
            return {};
        auto removal = *asked;
        removal.done = true;
        removal.receipt = message.signature;
        SATCHEL_TRYV(ledger.admin(AdminKind::removal, removal, row->no, credential_no));
        return ledger.store().erase_cursors(credential_no, row->no);
    };
    return {std::move(work), std::move(done)};
}

}  // namespace satchel::sync
