#include "tests/hostile/attack_device.hpp"

#include <cstdio>
#include <deque>
#include <set>
#include <thread>

#include <sys/socket.h>

#include "crypto/tls.hpp"
#include "crypto/vault/database.hpp"
#include "sync/hub/session.hpp"

namespace satchel::hostile {
namespace {

using schema::wire::Frame;

class CommitAtOnce final : public sync::Committer {
public:
    explicit CommitAtOnce(sync::HubService& service) : service_(service) {}
    void submit(sync::CommitJob job) override
    {
        std::vector<sync::CommitJob> jobs;
        jobs.push_back(std::move(job));
        service_.commit(std::move(jobs));
    }

private:
    sync::HubService& service_;
};

class Letters final : public sync::Mailbox {
public:
    void post(std::function<sync::Outbox()> then) override { waiting.push_back(std::move(then)); }
    std::deque<std::function<sync::Outbox()>> waiting;
};

// What becomes of one frame on its way to the device; nothing: the connection ends here.
using Meddle = std::function<std::optional<Bytes>(std::size_t number, const Frame& frame)>;

// A hub with all its keys, which alters what it says. Listens as long as it lives.
class FalseHub {
public:
    explicit FalseHub(sync::HubHome& home)
        : home_(home),
          context_(must(crypto::hub_tls_context(home.keys().tls_identity(), home.keys().root.certificate(), clock_)))
    {
    }

    // Serves sessions while `device` runs; the first of them is meddled with. Gives the frames that it wanted to send.
    std::vector<Frame> during(const std::function<void(const std::string& address)>& device, const Meddle& meddle = {})
    {
        std::uint16_t port = 0;
        const auto listening = listen_anywhere(port);
        std::vector<Frame> said;
        std::thread serving([&] {
            for (bool first = true;; first = false) {
                auto accepted = accept_one(listening);
                if (!accepted.open())
                    return;
                RawPeer peer(std::move(accepted), context_.handle());
                if (peer.shaken())
                    serve(peer, first ? meddle : Meddle{}, first ? &said : nullptr);
            }
        });
        device("127.0.0.1:" + std::to_string(port));
        ::shutdown(listening.fd(), SHUT_RDWR);  // which ends the wait for the next
        serving.join();
        return said;
    }

    bool frozen = false;  // nothing new comes into the log: who wants a new incarnation is left alone

private:
    void serve(RawPeer& peer, const Meddle& meddle, std::vector<Frame>* said)
    {
        CommitAtOnce committer(home_.service());
        const auto letters = std::make_shared<Letters>();
        sync::HubSession session(home_.service(), committer, letters);
        bool open = true;
        std::size_t number = 0;
        const auto take = [&](sync::Outbox out) {
            for (const auto& frame : out.frames) {
                if (said)
                    said->push_back(frame);
                const auto right = on_the_wire(frame);
                const auto bytes = meddle ? meddle(number, frame) : std::optional(right);
                ++number;
                if (bytes != right)  // the device may be waiting for more of it, and we for the device
                    peer.wait_at_most(std::chrono::milliseconds(300));
                open = open && bytes && peer.write(*bytes);
            }
            open = open && !out.close;
        };
        take(session.on_open(peer.channel(), certificate_of(peer)));
        while (open) {
            auto frame = peer.frame();
            if (!frame || (frozen && frame->type == static_cast<std::uint8_t>(sync::MessageType::new_incarnation)))
                break;
            take(session.on_frame(*frame));
            for (; open && !letters->waiting.empty(); letters->waiting.pop_front())
                take(letters->waiting.front()());
        }
        session.on_closed(nullptr);
        peer.half_close();
        if (open)
            peer.rest();
    }

    static Bytes certificate_of(const RawPeer& peer)
    {
        std::uint8_t* der = nullptr;
        const int size = i2d_X509(SSL_get0_peer_certificate(peer.ssl()), &der);
        if (size <= 0)
            return {};
        Bytes out(der, der + size);
        OPENSSL_free(der);
        return out;
    }

    sync::HubHome& home_;
    RealClock clock_;
    crypto::TlsContext context_;
};

// What a store holds, but for times, cursors and the order of numbers.
struct Contents {
    std::string everything;          // a digest
    std::set<std::string> authored;  // entries that somebody wrote
    std::vector<std::string> own;    // digests of own work
    std::int64_t received = 0;       // up to here there is a receipt
};

class Victim {
public:
    explicit Victim(Stage& stage) : hub(stage.home())
    {
        auto& service = stage.home().service();
        const auto user = must(
            service.add_user({"Invented Victim", {{"probation", "hostile", "probation.practitioner"}}, "enhanced"}));
        const sync::Assignee whom{sync::AssignmentRow::Subject::user, to_string(user)};
        must(service.assign(stage.attacked_case, whom));
        must(service.assign(stage.second_case, whom));
        person_ = stage.enrol_here("victim" + to_string(user), user, stage.attacked_case);
        colleague_ = stage.enrol_here("colleague" + to_string(user), user, stage.attacked_case);
        for (auto* one : {person_.get(), colleague_.get()})
            hub.during([&](const std::string& address) { one->sync(address); });
        person_->save();
        person_->keep_a_copy();
        for (int i = 0; i < 3; ++i)
            colleague_->save();
        hub.during([&](const std::string& address) { colleague_->sync(address); });
        must(service.unassign(stage.second_case, whom, sync::Ended::moved));
        run({});  // the hub has the victim's work from here on, whichever copy sends it
        hub.frozen = true;
    }

    // A session on a fresh copy of the store.
    std::vector<Frame> run(const Meddle& meddle)
    {
        person_->put_the_copy_back();
        outcome = fail(Errc::bug, "no session");
        return hub.during([&](const std::string& address) { outcome = person_->try_sync(address); }, meddle);
    }
    [[nodiscard]] std::optional<Error> objection() const
    {
        if (!outcome)
            return outcome.error();
        return outcome->complete ? std::nullopt : outcome->error;
    }
    // Of the store as it is now; it is opened anew first, which it must stand.
    Contents look()
    {
        person_->close();
        person_->open();
        sound = must(person_->store().health()).chain_sound;
        person_->close();
        Contents out;
        auto db = must(crypto::Database::open(person_->path(), person_->key()));
        crypto::Sha256 all;
        for (const char* sql : {"SELECT case_id, locked FROM cases ORDER BY case_id",
                                "SELECT case_id, because FROM removed_cases ORDER BY case_id",
                                "SELECT own_no, state, in_log, digest, body FROM own ORDER BY own_no",
                                "SELECT incarnation_no, up_to FROM receipts ORDER BY incarnation_no, up_to",
                                "SELECT credential, record, signature, display_name FROM authors ORDER BY credential",
                                "SELECT body, rulings FROM entries ORDER BY entry_no",
                                "SELECT record_id, type, state FROM records ORDER BY record_id",
                                "SELECT record_id, type, state FROM overlay ORDER BY record_id",
                                "SELECT task_id, state FROM tasks ORDER BY task_id"}) {
            auto rows = must(db.prepare_trusted(sql));
            while (must(rows.step()))
                for (int i = 0; i < rows.column_count(); ++i) {
                    const auto blob = rows.blob(i);
                    const std::array<std::uint8_t, 4> size{static_cast<std::uint8_t>(blob.size()),
                                                           static_cast<std::uint8_t>(blob.size() >> 8),
                                                           static_cast<std::uint8_t>(blob.size() >> 16), 0};
                    all.update(size);
                    all.update(blob);
                }
        }
        out.everything = to_hex(all.finish());
        auto entries = must(db.prepare_trusted("SELECT body FROM entries WHERE kind = 1"));
        while (must(entries.step()))
            out.authored.insert(to_hex(entries.blob(0)));
        auto own = must(db.prepare_trusted("SELECT digest FROM own ORDER BY own_no"));
        while (must(own.step()))
            out.own.push_back(to_hex(own.blob(0)));
        auto receipts = must(db.prepare_trusted("SELECT coalesce(max(up_to), 0) FROM receipts"));
        if (must(receipts.step()))
            out.received = receipts.int64(0);
        return out;
    }

    FalseHub hub;
    Result<client::SessionReport> outcome = fail(Errc::bug, "no session");
    bool sound = false;

private:
    std::unique_ptr<Person> person_, colleague_;
};

// What must be so whatever a hub says.
std::string nothing_forged(const Contents& found, const Contents& honest, bool sound)
{
    if (!sound)
        return "own chain is not sound";
    if (found.own != honest.own)
        return "own work is not what it was";
    if (found.received > honest.received)
        return "a receipt that the hub never gave";
    for (const auto& body : found.authored)
        if (!honest.authored.contains(body))
            return "work that its author never wrote";
    return {};
}

// The contents after each of the frames of an honest session; the last one is that of the whole.
std::vector<Contents> honest_states(Victim& victim, std::vector<Frame>& frames)
{
    std::vector<Contents> out;
    frames = victim.run({});
    if (victim.objection())
        throw std::runtime_error("the victim's honest session: " + victim.objection()->detail);
    for (std::size_t n = 0; n < frames.size(); ++n) {
        victim.run([n](std::size_t number, const Frame& frame) {
            return number < n ? std::optional(on_the_wire(frame)) : std::nullopt;
        });
        out.push_back(victim.look());
    }
    victim.run({});
    out.push_back(victim.look());
    return out;
}

}  // namespace

DeceitCounts deceive_a_device(Stage& stage, std::uint64_t seed, std::uint64_t count, Failures& failures)
{
    Victim victim(stage);
    std::vector<Frame> frames;
    const auto honest = honest_states(victim, frames);
    std::set<std::string> known;
    for (const auto& state : honest)
        known.insert(state.everything);
    DeceitCounts out;
    for (std::uint64_t i = 0; i < count && failures.count() < 20; ++i) {
        Dice dice(seed * 1'000'003 + i + (std::uint64_t{1} << 50));
        const auto target = below(dice, frames.size());
        Mutation made;
        victim.run([&](std::size_t number, const Frame& frame) -> std::optional<Bytes> {
            if (number != target)
                return on_the_wire(frame);
            made = below(dice, 8) == 0 ? Mutation{"another's", on_the_wire(stage.to_device().any(dice))}
                                       : mutate(frame, stage.to_device(), dice);
            return made.bytes;
        });
        ++out.sessions;
        const auto objection = victim.objection();
        const auto found = victim.look();
        const auto about = [&](const std::string& what) {
            return what + ": seed " + std::to_string(seed) + ", deceit " + std::to_string(i) + " (" + made.kind +
                   ", frame " + std::to_string(target) + ", " +
                   (objection ? objection->detail : std::string("no objection")) +
                   "): " + to_hex(ByteView(made.bytes).first(std::min<std::size_t>(made.bytes.size(), 2048)));
        };
        if (const auto forged = nothing_forged(found, honest.back(), victim.sound); !forged.empty())
            failures.add(about(forged));
        if (objection && known.contains(found.everything)) {
            ++out.refused;
            ++out.reasons[std::string(name(objection->code))];
        } else {
            ++out.believed;
        }
    }
    return out;
}

std::size_t cut_the_hubs_words(Stage& stage, std::size_t step, Failures& failures)
{
    Victim victim(stage);
    std::vector<Frame> frames;
    const auto honest = honest_states(victim, frames);
    std::size_t total = 0, cuts = 0;
    for (const auto& frame : frames)
        total += on_the_wire(frame).size();
    for (std::size_t at = 0; at < total && failures.count() < 20; at += step) {
        std::size_t before = 0, whole = 0;  // bytes and frames that went out
        victim.run([&](std::size_t, const Frame& frame) -> std::optional<Bytes> {
            auto bytes = on_the_wire(frame);
            if (before >= at)
                return std::nullopt;
            const auto n = std::min(bytes.size(), at - before);
            whole += n == bytes.size() ? 1 : 0;
            before += bytes.size();
            bytes.resize(n);
            return bytes;
        });
        ++cuts;
        if (victim.look().everything != honest.at(whole).everything)
            failures.add("the hub's words cut behind byte " + std::to_string(at) + ": more or less is kept than the " +
                         std::to_string(whole) + " whole frames before it said");
    }
    return cuts;
}

}  // namespace satchel::hostile
