#include "client/engine/session.hpp"

#include <algorithm>
#include <tuple>

#include "crypto/audit.hpp"
#include "schema/base/mutant.hpp"
#include "schema/wire/archive.hpp"
#include "sync/core/bundle.hpp"

namespace satchel::client {
namespace {

using sync::MessageType;
using sync::Outbox;
using Standing = sync::HelloAck::Standing;

constexpr std::size_t pushes_in_flight_max = 4;
constexpr std::uint64_t page_credit = 8 * 1024 * 1024;
// A line that breaks before a push or a page is through bears less at a time: less is tried until something is. With what
// TLS and the greeting take this still comes through where 20 kB do.
constexpr std::size_t portion_min = 4 * 1024;
constexpr std::size_t portion_step = 4;
constexpr std::uint64_t credit_pieces = 8;  // credit is granted again in such pieces: most sessions need none

template <class Message>
void send(Outbox& out, MessageType type, const Message& message)
{
    out.frames.push_back({static_cast<std::uint8_t>(type), schema::wire::pack(message)});
}

crypto::SigningKey operation_key(const Identity& identity)
{
    auto key = crypto::SigningKey::from_seed(identity.operation_seed.reveal());
    SATCHEL_CHECK(key.has_value()); // 32 bytes were stored at enrolment
    return *std::move(key);
}

// The hub's refusals carry the name of an Errc; an unknown one, from a newer hub, is told as refused.
Errc code_named(std::string_view wanted) noexcept
{
    constexpr std::array codes{Errc::invalid_argument, Errc::malformed,    Errc::too_large,       Errc::unknown_name,
                               Errc::not_found,        Errc::refused,      Errc::duplicate,       Errc::io_error,
                               Errc::disk_full,        Errc::busy,         Errc::timed_out,       Errc::closed,
                               Errc::bad_signature,    Errc::corrupt,      Errc::fork,            Errc::wrong_key,
                               Errc::bad_certificate,  Errc::epoch_changed, Errc::protocol_violation,
                               Errc::version_mismatch, Errc::access_removed, Errc::policy_invalid};
    for (const auto code : codes)
        if (name(code) == wanted)
            return code;
    return Errc::refused;
}

} // namespace

DeviceSession::DeviceSession(const SessionParts& parts)
    : parts_(parts), key_(operation_key(parts.store.identity())),
      verifier_(parts.store.identity(), [store = &parts_.store](const CredentialId& id) { return store->author(id); })
{
}

DeviceSession::~DeviceSession() = default;

// --- Calls of the driver ---------------------------------------------------------------------------------------------

Outbox DeviceSession::on_open(ByteView channel_binding, ByteView)
{
    Outbox out;
    if (auto said = hello(channel_binding, out); !said)
        give_up(std::move(said).error(), out);
    return out;
}

Outbox DeviceSession::on_frame(const sync::Frame& frame)
{
    Outbox out;
    if (phase_ == Phase::over)
        return out;
    if (auto taken = take(frame, out); !taken)
        give_up(std::move(taken).error(), out);
    return out;
}

Outbox DeviceSession::on_closed(const Error* why)
{
    if (phase_ != Phase::over && !report_.error) {
        if (why)
            report_.error = *why;
        else
            report_.error = Error{Errc::peer_gone, "the hub ended the session before it was complete", {}};
    }
    // A fault of this device's own disk was told before; that the next session tries less is not worth another.
    if (phase_ != Phase::over)
        std::ignore = note_broken_line();
    std::ignore = note_let_in();
    std::ignore = parts_.store.tidy();
    phase_ = Phase::over;
    return {};
}

Outbox DeviceSession::on_timer(Instant) { return {}; }

void DeviceSession::give_up(Error error, Outbox& out)
{
    if (!report_.error)
        report_.error = std::move(error);
    phase_ = Phase::over;
    out.close = true;
}

Result<void> DeviceSession::note_broken_line()
{
    if (got_through_ || !report_.admitted || portion_ <= portion_min)
        return {};
    return parts_.store.set_portion(std::max(portion_ / portion_step, portion_min));
}

Result<void> DeviceSession::note_whole_session()
{
    SATCHEL_TRYV(note_let_in());
    return portion_ == portion_kept_ ? Result<void>{} : parts_.store.set_portion(portion_);
}

// At the end: a save would wait for this write on its way to the hub. A device that loses its power before has been let in a
// little earlier than it was.
Result<void> DeviceSession::note_let_in()
{
    const auto& chain = parts_.store.chain();
    if (let_in_at_.ms == 0 || let_in_at_ == chain.hub_time)
        return {};
    return parts_.store.set_hub(chain.epoch, let_in_at_);
}

// A line that bore this much is tried with twice as much, in the same session: one that never comes to its end (a large backlog,
// a hub that is restarted) would go on with the smallest portion for ever. Kept only when a session is whole.
void DeviceSession::note_through()
{
    got_through_ = true;
    portion_ = std::min(portion_ * 2, sync::push_bytes_max);
}

Result<void> DeviceSession::finish_if_done(Outbox& out)
{
    if (in_flight_ != 0 || !removals_.empty() || !(pulled_ || deposit_only_))
        return {};
    SATCHEL_TRYV(note_whole_session());
    report_.complete = true;
    phase_ = Phase::over;
    out.frames.push_back({static_cast<std::uint8_t>(MessageType::bye), {}});
    out.close = true;
    return {};
}

void DeviceSession::tell(std::string_view phase, std::uint64_t done, std::uint64_t total)
{
    if (parts_.watch)
        parts_.watch->at(phase, done, total);
}

// --- Frames ------------------------------------------------------------------------------------------------------------

Result<void> DeviceSession::take(const sync::Frame& frame, Outbox& out)
{
    using schema::wire::unpack;
    const auto& bytes = frame.payload;
    const auto type = static_cast<MessageType>(frame.type);
    if (!report_.admitted && type != MessageType::hello_ack && type != MessageType::refusal)
        return fail(Errc::protocol_violation, "the hub speaks before its hello-ack");
    switch (type) {
    case MessageType::hello_ack: {
        SATCHEL_TRY(const auto ack, unpack<sync::HelloAck>(bytes));
        return on_hello_ack(ack, out);
    }
    case MessageType::policy: {
        SATCHEL_TRY(const auto policy, unpack<sync::PolicyMessage>(bytes));
        return on_policy(policy, {});
    }
    case MessageType::policy_and_agencies: {
        SATCHEL_TRY(const auto both, unpack<sync::PolicyAndAgencies>(bytes, {.elements = sync::agencies_max, .depth = 4}));
        return on_policy(both.policy, both.agencies);
    }
    case MessageType::receipt: {
        SATCHEL_TRY(const auto receipt, unpack<sync::Receipt>(bytes));
        return on_receipt(receipt, out);
    }
    case MessageType::page: {
        SATCHEL_TRY(auto page, unpack<sync::Page>(bytes));
        return on_page(std::move(page), bytes.size(), out);
    }
    case MessageType::pulled: {
        SATCHEL_TRY(const auto pulled, unpack<sync::Pulled>(bytes));
        return on_pulled(pulled, out);
    }
    case MessageType::remove: {
        SATCHEL_TRY(const auto remove, unpack<sync::Remove>(bytes));
        return on_remove(remove, out);
    }
    case MessageType::refusal: {
        SATCHEL_TRY(const auto refusal, unpack<sync::Refusal>(bytes));
        std::string words = "the hub refuses the session";
        if (schema::is_clean_text(refusal.message) && refusal.message.size() < 500 && !refusal.message.empty())
            words += ": " + refusal.message;
        const auto code = code_named(refusal.code);
        report_.again = code == Errc::fork; // our chain ended there; the next session takes a new incarnation
        return fail(code, words);
    }
    default:
        return fail(Errc::protocol_violation, "a frame that a hub does not send");
    }
}

Result<void> DeviceSession::hello(ByteView channel_binding, Outbox& out)
{
    auto& store = parts_.store;
    const auto& chain = store.chain();
    sync::Hello message;
    message.credential = store.identity().credential;
    message.incarnation = chain.incarnation;
    message.epoch = chain.epoch;
    message.chain_sequence = chain.sequence;
    message.chain_head = chain.head;
    message.received = chain.received;
    message.receipt_audit_head = chain.audit_head;
    message.policy_version = store.policy().version;
    message.policy_digest = store.policy().digest;
    SATCHEL_TRY(portion_, store.portion());
    portion_kept_ = portion_;
    SATCHEL_TRY(message.cursors, store.cursors());
    SATCHEL_TRY(const bool all_told, nothing_else_to_say());
    only_listens_ = all_told && chain.received == chain.sequence;
    message.pull_credit = credit_window_ = all_told ? credit_wanted() : 0;
    message.proof =
        key_.sign(sync::channel_proof_bytes(channel_binding, message.credential, message.incarnation));
    send(out, MessageType::hello, message);
    return {};
}

// Beside new work: no receipt of a former incarnation is missing, and each removal was told.
Result<bool> DeviceSession::nothing_else_to_say()
{
    auto& store = parts_.store;
    SATCHEL_TRY(const auto gaps, store.receipt_gaps());
    SATCHEL_TRY(const auto owed, store.removals_to_tell());
    return gaps.empty() && owed.empty();
}

// Is what the hub says it holds of our chain a part of our chain?
Result<bool> DeviceSession::chain_agrees(const sync::HelloAck& ack)
{
    const auto& chain = parts_.store.chain();
    if (ack.received_sequence == 0)
        return true;
    if (ack.received_sequence > chain.sequence)
        return false;
    if (ack.received_sequence == chain.sequence)
        return ack.received_head == chain.head;
    SATCHEL_TRY(const auto work, parts_.store.to_push(ack.received_sequence - 1, 1, 1));
    return !work.empty() && work.front().digest == ack.received_head;
}

// Access comes first: what may not be seen any more is shut before the session goes on.
Result<void> DeviceSession::shut_out(const sync::HelloAck& ack)
{
    auto& store = parts_.store;
    std::uint64_t shut = 0;
    for (const auto& barred : ack.barred) {
        SATCHEL_TRY(const bool here, store.lock_case(barred.case_id));
        shut += here;
    }
    const auto now = parts_.clock.now();
    if (!ack.deposit_key.empty()) {
        report_.barred = deposit_only_ = true;
        SATCHEL_TRY(shut, store.bar_everything(ack.deposit_key, now, parts_.random));
    } else {
        for (const auto& barred : ack.barred)
            SATCHEL_TRYV(store.bar_case(barred, now, parts_.random));
    }
    report_.purged_cases += shut;
    return {};
}

Result<void> DeviceSession::on_hello_ack(const sync::HelloAck& ack, Outbox& out)
{
    auto& store = parts_.store;
    if (phase_ != Phase::greeting && phase_ != Phase::renaming)
        return fail(Errc::protocol_violation, "a second hello-ack");
    const bool renamed = phase_ == Phase::renaming;
    report_.admitted = true;
    out.admitted = true;

    // A hub that went back in time may say so, or count a new epoch; either way its old receipts are worth nothing. Known
    // before a case is shut: what such a hub has lost is sealed with the rest, not dropped.
    const auto known_epoch = store.chain().epoch;
    if ((ack.standing == Standing::hub_restored || (known_epoch != sync::Epoch{} && known_epoch != ack.epoch)) &&
        !mutant(Mutant::not_offered_again))
        SATCHEL_TRYV(store.hub_restored(ack.epoch));
    SATCHEL_TRYV(shut_out(ack));
    std::vector<schema::Hat> hats;
    for (const auto& text : ack.hats) {
        SATCHEL_TRY(auto hat, schema::parse_hat(text));
        hats.push_back(std::move(hat));
    }
    SATCHEL_TRYV(store.set_hats(std::move(hats), ack.vacant));

    const auto standing = ack.standing;
    if (standing == Standing::barred && !deposit_only_)
        return fail(Errc::protocol_violation, "barred, and no key to seal work to");
    SATCHEL_TRY(const bool agrees, chain_agrees(ack));
    if (ack.epoch != known_epoch)
        SATCHEL_TRYV(store.set_hub(ack.epoch, ack.hub_time));
    let_in_at_ = ack.hub_time;
    if (ack.pulling) {
        if (credit_window_ == 0 || renamed || standing != Standing::welcome || !ack.chain_open || !agrees)
            return fail(Errc::protocol_violation, "pages that were not asked for");
        pulls_follow_ = only_listens_;
    } else if ((!ack.chain_open || !agrees) && !mutant(Mutant::incarnation_kept)) {
        if (renamed)
            return fail(Errc::protocol_violation, "the new incarnation was not taken");
        return new_incarnation(out);
    }
    SATCHEL_TRYV(tell_removals(out));
    SATCHEL_TRY(const auto gaps, store.receipt_gaps());
    gaps_.assign(gaps.begin(), gaps.end());
    // What it says it holds of our chain it has to sign for.
    const auto& chain = store.chain();
    if (ack.received_sequence > chain.received)
        gaps_.push_back({chain.incarnation_no, chain.incarnation, ack.received_sequence, ack.received_sequence});
    if (deposit_only_)
        return recall_next(out);
    phase_ = Phase::safety;
    if (!ack.pulling)
        pull(/*safety_only=*/true, out);
    return {};
}

Result<sync::NewIncarnation> DeviceSession::take_incarnation()
{
    auto& store = parts_.store;
    sync::NewIncarnation message;
    message.incarnation = random_id<IncarnationId>(parts_.random);
    message.salt_key.resize(32);
    parts_.random.fill(message.salt_key);
    // Kept before it is sent: if the connection dies now, the next hello names it, and the hub asks for another.
    SATCHEL_TRYV(store.begin_incarnation(message.incarnation, message.salt_key));
    SATCHEL_TRY(message.former, store.former_incarnations());
    message.signature = key_.sign(sync::incarnation_bytes(store.identity().credential, message));
    return message;
}

Result<void> DeviceSession::new_incarnation(Outbox& out)
{
    SATCHEL_TRY(const auto message, take_incarnation());
    send(out, MessageType::new_incarnation, message);
    phase_ = Phase::renaming;
    return {};
}

// --- Receipts that are missing ----------------------------------------------------------------------------------------

Result<void> DeviceSession::recall_next(Outbox& out)
{
    phase_ = Phase::recalling;
    if (gaps_.empty())
        return nothing_to_recall(out);
    SATCHEL_TRY(asked_, parts_.store.chain_points(gaps_.front()));
    if (asked_.empty())
        return fail(Errc::corrupt, "the chain has a gap");
    send(out, MessageType::recall, sync::Recall{gaps_.front().incarnation, asked_});
    return {};
}

Result<void> DeviceSession::on_recalled(const sync::Receipt& receipt, Outbox& out)
{
    auto& gap = gaps_.front();
    if (receipt.incarnation != gap.incarnation)
        return fail(Errc::protocol_violation, "a receipt for what was not asked about");
    if (receipt.up_to != 0) {
        const auto at = std::find_if(asked_.begin(), asked_.end(),
                                     [&](const auto& point) { return point.sequence == receipt.up_to; });
        if (at == asked_.end())
            return fail(Errc::protocol_violation, "a receipt for what was not asked about");
        const auto before = parts_.store.chain().received;
        SATCHEL_TRYV(parts_.store.accept_receipt(receipt, /*asked_for=*/true));
        report_.sent += parts_.store.chain().received - before;
        gap.first = at->sequence + 1;
        gap.last = at + 1 == asked_.end() ? at->sequence : (at + 1)->sequence - 1;
    } else {
        gap.last = asked_.front().sequence - 1;
    }
    if (gap.first > gap.last)
        gaps_.pop_front();
    return recall_next(out);
}

// What is without a receipt now the hub does not have.
Result<void> DeviceSession::nothing_to_recall(Outbox& out)
{
    auto& store = parts_.store;
    SATCHEL_TRY(const bool rewrite, store.must_write_again());
    if (!rewrite)
        return start_sending(out);
    // Work saved after the one that has to be written again may build on it, and must not come before it.
    if (store.chain().sequence > 0)
        return new_incarnation(out);
    if (deposit_only_) {
        SATCHEL_TRY(report_.rewritten, store.rewrite_unsent());
        return start_sending(out);
    }
    phase_ = Phase::catching_up;
    pull(/*safety_only=*/false, out);
    return {};
}

Result<void> DeviceSession::on_policy(const sync::PolicyMessage& message, const std::vector<sync::AgencyIntroduction>& introduced)
{
    SATCHEL_TRY(auto policy, sync::open_policy(message, parts_.store.identity().receipt_key));
    // An agreement is only ever followed by a higher version: an older one comes from a hub that went back in time. Another of
    // the same number is what such a hub put in force since, in place of one that it has lost.
    const auto& here = parts_.store.policy();
    if (policy.version < here.version || (policy.version == here.version && policy.digest == here.digest))
        return {};
    SATCHEL_TRY(const auto agencies, new_agencies(parts_.store.identity(), policy, introduced));
    return parts_.store.adopt_policy(message, std::make_shared<const schema::Policy>(std::move(policy)), agencies);
}

std::uint64_t DeviceSession::credit_wanted() const { return portion_ < sync::push_bytes_max ? portion_ : page_credit; }

void DeviceSession::pull(bool safety_only, Outbox& out)
{
    sync::Pull message;
    message.safety_only = safety_only;
    message.credit = credit_window_ = credit_wanted();
    credit_owed_ = 0;
    send(out, MessageType::pull, message);
}

// --- Own work out ------------------------------------------------------------------------------------------------------

Result<void> DeviceSession::start_sending(Outbox& out)
{
    phase_ = Phase::sending;
    sent_up_to_ = parts_.store.chain().received;
    send_up_to_ = parts_.store.chain().sequence;
    return send_more(out);
}

Result<void> DeviceSession::send_more(Outbox& out)
{
    auto& store = parts_.store;
    const auto& chain = store.chain();
    tell("sending", chain.received, chain.sequence);
    while (in_flight_ < pushes_in_flight_max && sent_up_to_ < send_up_to_) {
        // Frames are compressed, but must fit uncompressed as well: some room is left for what is around the content.
        SATCHEL_TRY(auto work, store.to_push(sent_up_to_, sync::push_items_max, portion_));
        if (work.empty())
            return fail(Errc::corrupt, "the outbox has a gap");
        sync::Push push;
        push.first_sequence = work.front().sequence;
        std::vector<Digest> digests;
        for (auto& one : work) {
            sync::PushItem item;
            item.seen = one.seen;
            if (one.body) {
                item.header = std::move(one.body->header);
                item.changes = std::move(one.body->changes);
                sync::leave_out_author(item, store.identity().credential);
            } else {
                item.sealed_digest = one.digest;
                item.sealed_case = one.case_id;
                item.sealed = std::move(one.sealed);
            }
            digests.push_back(one.digest);
            push.items.push_back(std::move(item));
        }
        const auto secret = sync::batch_secret(crypto::HmacKey(chain.salt_key), push.first_sequence);
        const crypto::BatchTree tree(secret, digests);
        push.signature = key_.sign(sync::batch_bytes(store.identity().credential, tree.root()));
        sent_up_to_ = work.back().sequence;
        report_.pushed += work.size();
        ++in_flight_;
        send(out, MessageType::push, push);
    }
    return in_flight_ == 0 ? all_sent(out) : Result<void>{};
}

Result<void> DeviceSession::on_receipt(const sync::Receipt& receipt, Outbox& out)
{
    auto& store = parts_.store;
    if (!crypto::verify(store.identity().receipt_key, sync::receipt_bytes(receipt), receipt.signature) &&
        !mutant(Mutant::receipt_not_verified))
        return fail(Errc::bad_signature, "a receipt that the hub did not sign");
    if (receipt.epoch != store.chain().epoch)
        return fail(Errc::epoch_changed, "a receipt of another history of the hub");
    if (phase_ == Phase::recalling)
        return on_recalled(receipt, out);
    const bool present = receipt.incarnation == store.chain().incarnation;
    const auto before = store.chain().received;
    const auto accepted = store.accept_receipt(receipt);
    if (!accepted && accepted.error().code == Errc::fork)
        report_.again = true;  // the next hello says where this store stands, and the hub asks for a chain of its own
    SATCHEL_TRYV(accepted);
    if (!present)
        return {}; // for work of an earlier incarnation: welcome, and answers no push of this session
    report_.sent += store.chain().received - before;
    note_through();
    if (in_flight_ == 0)
        return {};
    --in_flight_;
    if (in_flight_ == 0 && store.chain().received < sent_up_to_)
        return fail(Errc::protocol_violation, "the hub gave no receipt for what it was sent");
    SATCHEL_TRYV(send_more(out));
    return {};
}

// Everything is at the hub. What comes next depends on why we were sending.
Result<void> DeviceSession::all_sent(Outbox& out)
{
    auto removals = std::exchange(removals_, {});
    for (const auto& remove : removals)
        SATCHEL_TRYV(on_remove(remove, out));
    if (phase_ == Phase::sending && !deposit_only_) {
        phase_ = Phase::receiving;
        pull(/*safety_only=*/false, out);
    }
    return finish_if_done(out);
}

// --- Everybody's work in -----------------------------------------------------------------------------------------------

Result<void> DeviceSession::on_page(sync::Page page, std::size_t bytes, Outbox& out)
{
    if (phase_ != Phase::safety && phase_ != Phase::catching_up && phase_ != Phase::receiving)
        return fail(Errc::protocol_violation, "a page that was not asked for");
    SATCHEL_TRY(const auto checked, verifier_.check(std::move(page)));
    const auto tally = parts_.store.apply(checked);
    if (!tally && tally.error().code == Errc::not_found) {
        // Own work that left with its case, and the case is back. Work of a former incarnation is sent whole: from the
        // next session on, that is what it is.
        SATCHEL_TRYV(take_incarnation());
        report_.again = true;
        return fail(Errc::peer_gone, "own work has to be fetched back first");
    }
    if (!tally)
        return tl::unexpected(tally.error());
    report_.tally += *tally;
    note_through();
    tell(phase_ == Phase::safety ? "safety" : "receiving", report_.tally.entries, 0);
    credit_owed_ += bytes;
    if (const auto wanted = credit_wanted(); wanted > credit_window_)
        credit_owed_ += wanted - std::exchange(credit_window_, wanted);
    if (credit_owed_ >= credit_window_ / credit_pieces)
        send(out, MessageType::credit, sync::Credit{std::exchange(credit_owed_, 0)});
    return {};
}

Result<void> DeviceSession::on_pulled(const sync::Pulled& pulled, Outbox& out)
{
    switch (phase_) {
    case Phase::safety:
        if (!pulled.safety_only)
            return fail(Errc::protocol_violation, "an end that does not fit what was asked for");
        if (!pulls_follow_)
            return recall_next(out);
        sent_up_to_ = parts_.store.chain().received;
        phase_ = Phase::receiving;
        return {};
    case Phase::catching_up: {
        SATCHEL_TRY(report_.rewritten, parts_.store.rewrite_unsent());
        return start_sending(out);
    }
    case Phase::receiving:
        pulled_ = true;
        return finish_if_done(out);
    default:
        return fail(Errc::protocol_violation, "an end of what was not asked for");
    }
}

Result<void> DeviceSession::on_remove(const sync::Remove& remove, Outbox& out)
{
    auto& store = parts_.store;
    SATCHEL_TRY(const bool unsent, store.has_unsent(remove.case_id));
    if (unsent && phase_ == Phase::catching_up) { // it will be written again first
        removals_.push_back(remove);
        return {};
    }
    if (unsent) { // saved while this session ran: it goes first
        if (in_flight_ == 0 && sent_up_to_ == store.chain().sequence)
            return fail(Errc::corrupt, "unsent work that is not in the outbox");
        removals_.push_back(remove);
        send_up_to_ = store.chain().sequence;
        return send_more(out);
    }
    SATCHEL_TRY(const auto before, store.cases());
    SATCHEL_TRYV(store.purge_case(remove, parts_.clock.now()));
    SATCHEL_TRY(const auto after, store.cases());
    report_.purged_cases += before.size() - after.size();
    return tell_removals(out);
}

Result<void> DeviceSession::tell_removals(Outbox& out)
{
    auto& store = parts_.store;
    SATCHEL_TRY(const auto owed, store.removals_to_tell());
    for (const auto& one : owed) {
        sync::Removed message;
        message.case_id = one.case_id;
        message.nonce = one.nonce;
        message.signature = key_.sign(sync::removed_bytes(store.identity().credential, message));
        send(out, MessageType::removed, message);
        SATCHEL_TRYV(store.removal_told(one.case_id));
    }
    return {};
}

} // namespace satchel::client
