#include "sync/hub/session.hpp"

#include <algorithm>

#include "schema/wire/archive.hpp"
#include "sync/hub/admission.hpp"

namespace satchel::sync {
namespace {

template <class M>
Frame frame(MessageType type, const M& message)
{
    return {static_cast<std::uint8_t>(type), schema::wire::pack(message)};
}

// What the peer is told of an error: what it did, if that was the reason; of the hub's own troubles only that there are
// some.
Refusal refusal(const Error& error)
{
    Refusal out;
    out.code = name(error.code);
    switch (error.code) {
    case Errc::invalid_argument:
    case Errc::malformed:
    case Errc::too_large:
    case Errc::protocol_violation:
    case Errc::version_mismatch:
    case Errc::duplicate:
        out.message = error.detail;
        out.next = "Report it: the device and the hub do not understand each other.";
        break;
    case Errc::bad_signature:
    case Errc::bad_certificate:
    case Errc::access_removed:
    case Errc::not_found:
    case Errc::refused:
        out.message = error.detail;
        out.next = "Ask whoever runs the hub.";
        break;
    case Errc::fork:
        out.message = error.detail;
        out.next = "Connect again: the device takes a new incarnation. Nothing is lost.";
        break;
    default:
        out.message = "the hub cannot do this now";
        out.next = "Try again later. Your work is safe on this device.";
        break;
    }
    return out;
}

Outbox refused(const Error& error)
{
    Outbox out;
    out.frames.push_back(frame(MessageType::refusal, refusal(error)));
    out.close = true;
    return out;
}

}  // namespace

// A session's share of the writer's queue: at most this many pushes, of at most twice push_bytes_max each.
constexpr std::size_t pushes_waiting_max = 4;

struct HubSession::Inner {
    HubService& service;
    Committer& committer;
    std::shared_ptr<Mailbox> mailbox;
    NoteSession note;

    Bytes channel_binding;
    Bytes certificate;
    std::optional<Admission> admission;
    bool ended = false;

    std::unique_ptr<PageSource> source;  // a pull is under way
    bool safety_only = false;
    std::size_t page_bytes = page_bytes_max;
    bool everything_next = false;  // a full pull follows this one without being asked for
    std::uint64_t credit = 0;
    std::uint64_t pages_sent = 0;

    std::size_t pushes = 0;         // submitted and not answered yet
    std::optional<Frame> deferred;  // came behind them and has to wait for them

    void tell(SessionNote::What what, std::uint64_t count = 0, std::optional<Errc> why = {}) const
    {
        if (note)
            note({what, admission ? admission->credential.id : CredentialId{}, count, why});
    }

    Outbox end(const Error& error)
    {
        ended = true;
        source.reset();
        tell(SessionNote::What::refused, 0, error.code);
        auto out = refused(error);
        out.reading = Reading::resume;
        return out;
    }

    Outbox take(const Frame& received)
    {
        const auto type = static_cast<MessageType>(received.type);
        if (admission.has_value() == (type == MessageType::hello))
            return end({Errc::protocol_violation, "a session starts with one hello", BOOST_CURRENT_LOCATION});
        switch (type) {
        case MessageType::hello:
            return on_hello(received);
        case MessageType::new_incarnation:
            return on_new_incarnation(received);
        case MessageType::recall:
            return on_recall(received);
        case MessageType::push:
            return on_push(received);
        case MessageType::pull:
            return on_pull(received);
        case MessageType::credit:
            return on_credit(received);
        case MessageType::removed:
            return on_removed(received);
        case MessageType::bye: {
            ended = true;
            Outbox out;
            out.close = true;
            return out;
        }
        default:
            return end({Errc::protocol_violation, "not a message of a device", BOOST_CURRENT_LOCATION});
        }
    }

    // Runs `then` with the outcome of a job, as a call of this machine.
    template <class T, class Then>
    auto answer_with(Then then)
    {
        return [this, box = mailbox, then = std::move(then)](const Result<T>& outcome) {
            box->post([this, then, outcome]() -> Outbox {
                if (ended)
                    return {};
                if (!outcome)
                    return end(outcome.error());
                auto out = then(*outcome);
                if (out.reading == Reading::as_before)
                    out.reading = Reading::resume;
                return out;
            });
        };
    }
    Outbox waiting_for(CommitJob job)
    {
        committer.submit(std::move(job));
        Outbox out;
        out.reading = Reading::pause;
        return out;
    }

    Outbox on_hello(const Frame& received)
    {
        auto hello = schema::wire::unpack<Hello>(received.payload, {.elements = case_cursors_max + 16, .depth = 4});
        if (!hello)
            return end(hello.error());
        auto admitted = service.admit(*hello, channel_binding, certificate);
        if (!admitted)
            return end(admitted.error());
        admission = *std::move(admitted);
        tell(SessionNote::What::admitted);
        const auto& barred = admission->ack.barred;
        if (std::none_of(barred.begin(), barred.end(), [](const auto& one) { return one.nonce == Nonce{}; }))
            return acknowledged();
        // A barred case leaves the device at once: its purge receipt needs a nonce that we know.
        auto wait = waiting_for(service.removals_job(
            *admission, Leaving::barred, answer_with<std::vector<Remove>>([this](const std::vector<Remove>& removals) {
                for (auto& one : admission->ack.barred)
                    for (const auto& removal : removals)
                        if (removal.case_id == one.case_id)
                            one.nonce = removal.nonce;
                return acknowledged();
            })));
        wait.admitted = true;
        return wait;
    }

    Outbox acknowledged()
    {
        Outbox out;
        out.admitted = true;
        out.frames.push_back(frame(MessageType::hello_ack, admission->ack));
        if (const auto newer = std::exchange(admission->newer_policy, std::nullopt))
            out.frames.push_back(newer->agencies.empty() ? frame(MessageType::policy, newer->policy)
                                                         : frame(MessageType::policy_and_agencies, *newer));
        if (!admission->ack.pulling)
            return out;
        everything_next = admission->all_is_here;
        auto begun = begin_pull(/*only_safety=*/true, admission->pull_credit, std::move(out));
        begun.admitted = true;
        return begun;
    }

    Outbox on_new_incarnation(const Frame& received)
    {
        const auto message = schema::wire::unpack<NewIncarnation>(
            received.payload, {.elements = incarnations_max + 64, .depth = 4});
        if (!message)
            return end(message.error());
        return waiting_for(service.incarnation_job(
            *admission, *message, answer_with<IncarnationRow>([this](const IncarnationRow& row) {
                auto& ack = admission->ack;
                admission->incarnation = row;
                admission->may_push = true;
                ack.standing = admission->deposit_only ? HelloAck::Standing::barred : HelloAck::Standing::welcome;
                ack.chain_open = true;
                ack.pulling = false;  // it was answered with the first
                ack.received_sequence = row.received;
                ack.received_head = row.head;
                Outbox out;
                out.frames.push_back(frame(MessageType::hello_ack, ack));
                return out;
            })));
    }

    Outbox on_recall(const Frame& received)
    {
        const auto message = schema::wire::unpack<Recall>(received.payload, {.elements = recall_points_max + 16, .depth = 4});
        if (!message)
            return end(message.error());
        const auto receipt = service.recall(*admission, *message);
        if (!receipt)
            return end(receipt.error());
        Outbox out;
        out.frames.push_back(frame(MessageType::receipt, *receipt));
        return out;
    }

    // Several pushes may wait for one commit: each is checked against the chain as it will be when those before it are
    // in. If one of them fails, the session ends, and those behind it find a gap.
    Outbox on_push(const Frame& received)
    {
        auto prepared = service.prepare(*admission, received.payload);
        if (!prepared)
            return end(prepared.error());
        auto& chain = admission->incarnation;
        const auto& last = prepared->items.back();
        const auto before = chain.received;
        if (last.sequence > chain.received) {
            chain.received = last.sequence;
            chain.head = prepared->batch.digests.back();
        }
        ++pushes;
        auto wait = waiting_for(service.push_job(
            *std::move(prepared), answer_with<Receipt>([this, before](const Receipt& receipt) {
                --pushes;
                tell(SessionNote::What::pushed, receipt.up_to - std::min(before, receipt.up_to));
                Outbox out;
                out.frames.push_back(frame(MessageType::receipt, receipt));
                if (pushes > 0 && deferred)
                    out.reading = Reading::pause;
                if (pushes > 0 || !deferred)
                    return out;
                auto next = take(*std::exchange(deferred, std::nullopt));
                out.frames.insert(out.frames.end(), std::make_move_iterator(next.frames.begin()),
                                  std::make_move_iterator(next.frames.end()));
                out.close = next.close;
                out.reading = next.reading;
                return out;
            })));
        if (pushes < pushes_waiting_max)
            wait.reading = Reading::as_before;
        return wait;
    }

    Outbox on_pull(const Frame& received)
    {
        const auto pull = schema::wire::unpack<Pull>(received.payload);
        if (!pull)
            return end(pull.error());
        if (source || everything_next)
            return end({Errc::protocol_violation, "a pull is under way", BOOST_CURRENT_LOCATION});
        return begin_pull(pull->safety_only, pull->credit, {});
    }

    // Sends what `out` holds already first.
    Outbox begin_pull(bool only_safety, std::uint64_t first_credit, Outbox out)
    {
        credit = 0;
        pages_sent = 0;
        safety_only = only_safety;
        // Who grants little at first is on a line that does not bear more at a time.
        page_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(first_credit, page_bytes_max));
        if (auto granted = grant(first_credit); !granted)
            return end(granted.error());
        return safety_only ? start_pages(std::move(out)) : begin_everything(std::move(out));
    }

    // Everything unsent has come by now: what is no longer theirs can go.
    Outbox begin_everything(Outbox out)
    {
        auto wait = waiting_for(service.removals_job(
            *admission, Leaving::all, answer_with<std::vector<Remove>>([this](const std::vector<Remove>& removals) {
                Outbox removed;
                for (const auto& removal : removals)
                    removed.frames.push_back(frame(MessageType::remove, removal));
                return start_pages(std::move(removed));
            })));
        out.reading = wait.reading;
        return out;
    }

    Result<void> grant(std::uint64_t bytes)
    {
        if (bytes > credit_bytes_max || credit + bytes > credit_bytes_max)
            return fail(Errc::protocol_violation, "more credit than a connection may have outstanding");
        credit += bytes;
        return {};
    }

    Outbox start_pages(Outbox out)
    {
        auto made = service.pages(*admission, safety_only);
        if (!made)
            return end(made.error());
        source = *std::move(made);
        source->aim_at(page_bytes);
        return go_on(std::move(out));
    }

    // Sends what `out` holds already, and goes on with the pull as far as the credit reaches, page by page through the mailbox.
    Outbox go_on(Outbox out)
    {
        if (!source || credit == 0)
            return out;
        auto deliveries = source->next(static_cast<std::size_t>(std::min<std::uint64_t>(credit, push_bytes_max)));
        if (!deliveries)
            return end(deliveries.error());
        if (deliveries->empty()) {
            Pulled pulled;
            pulled.safety_only = safety_only;
            if (!safety_only)
                pulled.scope = source->scope();
            out.frames.push_back(frame(MessageType::pulled, pulled));
            source.reset();
            tell(SessionNote::What::pulled, pages_sent);
            if (!std::exchange(everything_next, false))
                return out;
            pages_sent = 0;
            safety_only = false;
            return begin_everything(std::move(out));
        }
        std::vector<CursorRow> cursors;
        cursors.reserve(deliveries->size());
        for (const auto& delivery : *deliveries)
            cursors.push_back(delivery.cursor);
        // Durable first: a changeset written on these pages may name their cursors.
        const auto sending = std::make_shared<std::vector<Delivery>>(*std::move(deliveries));
        auto wait = waiting_for(service.delivery_job(*admission, std::move(cursors), answer_with<Head>([this, sending](const Head&) {
            Outbox pages;
            for (const auto& delivery : *sending) {
                if (!delivery.page)
                    continue;
                pages.frames.push_back(frame(MessageType::page, *delivery.page));
                const auto size = pages.frames.back().payload.size();
                credit -= std::min<std::uint64_t>(credit, size);
                admission->cursors[delivery.page->case_id] = delivery.page->cursor;
                ++pages_sent;
            }
            return go_on(std::move(pages));
        })));
        out.reading = wait.reading;
        return out;
    }

    Outbox on_credit(const Frame& received)
    {
        const auto message = schema::wire::unpack<Credit>(received.payload);
        if (!message)
            return end(message.error());
        if (!source)
            return {};  // it crossed our `pulled` on the way
        if (auto granted = grant(message->bytes); !granted)
            return end(granted.error());
        // Who grants more than a page takes has a line that bears more.
        page_bytes = std::max(page_bytes, static_cast<std::size_t>(std::min<std::uint64_t>(credit, page_bytes_max)));
        source->aim_at(page_bytes);
        return go_on({});
    }

    Outbox on_removed(const Frame& received)
    {
        const auto message = schema::wire::unpack<Removed>(received.payload);
        if (!message)
            return end(message.error());
        return waiting_for(service.removed_job(
            *admission, *message, answer_with<Head>([this, case_id = message->case_id](const Head&) {
                admission->cursors.erase(case_id);
                tell(SessionNote::What::removed);
                return Outbox{};
            })));
    }
};

HubSession::HubSession(HubService& service, Committer& committer, std::shared_ptr<Mailbox> mailbox, NoteSession note)
    : inner_(new Inner{service, committer, std::move(mailbox), std::move(note), {}, {}, {}, false, {}, false, page_bytes_max, false, 0, 0, 0, {}})
{
}
HubSession::~HubSession() = default;

Outbox HubSession::on_open(ByteView channel_binding, ByteView peer_certificate_der)
{
    inner_->channel_binding.assign(channel_binding.begin(), channel_binding.end());
    inner_->certificate.assign(peer_certificate_der.begin(), peer_certificate_der.end());
    return {};
}

Outbox HubSession::on_frame(const Frame& received)
{
    auto& in = *inner_;
    if (in.ended)
        return {};
    if (in.pushes > 0 && static_cast<MessageType>(received.type) != MessageType::push) {
        in.deferred = received;
        Outbox out;
        out.reading = Reading::pause;
        return out;
    }
    return in.take(received);
}

Outbox HubSession::on_closed(const Error* why)
{
    inner_->ended = true;
    inner_->source.reset();
    inner_->tell(SessionNote::What::closed, 0, why ? std::optional(why->code) : std::nullopt);
    return {};
}

Outbox HubSession::on_timer(Instant) { return {}; }

Outbox EnrolSession::on_open(ByteView channel_binding, ByteView)
{
    channel_binding_.assign(channel_binding.begin(), channel_binding.end());
    return {};
}

Outbox EnrolSession::on_frame(const Frame& received)
{
    if (answered_)
        return {};
    answered_ = true;
    const auto give_up = [&](const Error& error) {
        if (note_)
            note_({SessionNote::What::refused, {}, 0, error.code});
        return refused(error);
    };
    if (static_cast<MessageType>(received.type) != MessageType::enrol_request)
        return give_up({Errc::protocol_violation, "an enrolment starts with its request", BOOST_CURRENT_LOCATION});
    const auto request = schema::wire::unpack<EnrolRequest>(received.payload);
    if (!request)
        return give_up(request.error());
    const auto answer = service_.enrol(*request, channel_binding_);
    if (!answer)
        return give_up(answer.error());
    if (note_)
        note_({SessionNote::What::enrolled, answer->credential, 0, {}});
    Outbox out;
    out.admitted = true;
    out.frames.push_back(frame(MessageType::enrol_answer, *answer));
    out.close = true;
    return out;
}

Outbox EnrolSession::on_closed(const Error*) { return {}; }
Outbox EnrolSession::on_timer(Instant) { return {}; }

std::shared_ptr<Machine> make_hub_machine(HubService& service, crypto::TlsProtocol protocol, Committer& committer,
                                          const std::shared_ptr<Mailbox>& mailbox, NoteSession note)
{
    if (protocol == crypto::TlsProtocol::enrolment)
        return std::make_shared<EnrolSession>(service, std::move(note));
    return std::make_shared<HubSession>(service, committer, mailbox, std::move(note));
}

}  // namespace satchel::sync
