// A connection without network: one HubSession, driven frame by frame, its jobs committed at once or when told.
#pragma once

#include <deque>

#include "sync/hub/session.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {

class QueueMailbox final : public Mailbox {
public:
    void post(std::function<Outbox()> then) override { posted.push_back(std::move(then)); }
    std::deque<std::function<Outbox()>> posted;
};

// Commits on demand, so that a test can see what happens in between, and several sessions share one commit.
class HeldCommitter final : public Committer {
public:
    explicit HeldCommitter(HubService& service) : service_(service) {}
    void submit(CommitJob job) override { jobs.push_back(std::move(job)); }
    std::size_t commit()
    {
        auto now = std::exchange(jobs, {});
        const auto n = now.size();
        if (n > 0)
            service_.commit(std::move(now));
        return n;
    }
    std::vector<CommitJob> jobs;

private:
    HubService& service_;
};

class Wire {
public:
    Wire(HubWorld& world, const Device& device)
        : world_(world), device_(device), committer(world.service()), mailbox(std::make_shared<QueueMailbox>()),
          session(world.service(), committer, mailbox, [this](const SessionNote& note) { notes.push_back(note); })
    {
        take(session.on_open(HubWorld::channel(), device.chain.front()));
    }

    template <class M>
    static Frame frame(MessageType type, const M& message)
    {
        return {static_cast<std::uint8_t>(type), schema::wire::pack(message)};
    }

    // What the hub has said since the last call.
    std::vector<Frame> said() { return std::exchange(frames_, {}); }
    // One frame to the hub; its jobs are committed and everything is said before it returns.
    std::vector<Frame> send(const Frame& frame)
    {
        give(frame);
        settle();
        return said();
    }
    void give(const Frame& frame)
    {
        SATCHEL_CHECK(!paused);  // the pump would not have read it
        take(session.on_frame(frame));
    }
    void settle()
    {
        while (committer.commit() > 0 || !mailbox->posted.empty())
            read_mail();
    }
    void read_mail()
    {
        while (!mailbox->posted.empty()) {
            auto then = std::move(mailbox->posted.front());
            mailbox->posted.pop_front();
            take(then());
        }
    }

    [[nodiscard]] Hello hello() const
    {
        auto out = HubWorld::hello(device_, HubWorld::channel());
        const auto policy = world_.service().policy();
        out.policy_version = policy->version;
        out.policy_digest = policy->digest;
        return out;
    }
    std::vector<Frame> greet() { return send(frame(MessageType::hello, hello())); }

    HubWorld& world_;
    const Device& device_;
    HeldCommitter committer;
    std::shared_ptr<QueueMailbox> mailbox;
    HubSession session;
    bool closed = false;
    bool paused = false;
    bool admitted = false;
    std::vector<SessionNote> notes;

private:
    void take(Outbox out)
    {
        for (auto& one : out.frames)
            frames_.push_back(std::move(one));
        closed = closed || out.close;
        admitted = admitted || out.admitted;
        if (out.reading != Reading::as_before)
            paused = out.reading == Reading::pause;
    }
    std::vector<Frame> frames_;
};

template <class M>
M read(const Frame& frame, MessageType type)
{
    EXPECT_EQ(frame.type, static_cast<std::uint8_t>(type));
    return must(schema::wire::unpack<M>(frame.payload));
}

inline std::vector<MessageType> types_of(const std::vector<Frame>& frames)
{
    std::vector<MessageType> out;
    for (const auto& frame : frames)
        out.push_back(static_cast<MessageType>(frame.type));
    return out;
}

// The session was ended with this code, and nothing else was said.
inline void expect_refused(const std::vector<Frame>& frames, const Wire& wire, Errc code)
{
    ASSERT_EQ(types_of(frames), std::vector{MessageType::refusal});
    EXPECT_EQ(read<Refusal>(frames.front(), MessageType::refusal).code, name(code));
    EXPECT_TRUE(wire.closed);
}

// A reader of its own kind: believes nothing that is not signed, and folds what it gets.
class ReadingDevice {
public:
    ReadingDevice(HubWorld& world, Device& device) : world_(world), device_(device) {}

    OpenedChangeset save(const CaseId& case_id, std::vector<schema::Change> changes, Instant event_at = {})
    {
        auto opened = world_.save(device_, case_id, std::move(changes), event_at);
        own_.emplace(opened.digest, opened);
        return opened;
    }

    void apply(const Page& page)
    {
        auto& state = states[page.case_id];
        if (page.reset)
            state = {};
        state.id = page.case_id;
        check(page);
        for (const auto& entry : page.entries) {
            if (entry.kind == Entry::Kind::effect) {
                fold(state, must(decode_effect(entry.effect)));
                continue;
            }
            const auto rulings = must(decode_rulings(entry.rulings));
            if (entry.kind == Entry::Kind::own) {
                ASSERT_TRUE(own_.contains(entry.digest));
                fold(state, own_.at(entry.digest), rulings);
            } else {
                fold(state, must(open({entry.header, entry.changes, entry.secret, entry.blind})), rulings);
            }
        }
        device_.seen[page.case_id] = page.cursor;
    }

    std::map<CaseId, CaseState> states;

private:
    // Every batch is signed by an author whom an agency vouches for, and its entries lie under the signed root.
    void check(const Page& page)
    {
        std::map<CredentialId, crypto::PublicKey> authors;
        for (const auto& author : page.authors) {
            const auto record = must(crypto::decode_credential_record(author.record));
            const crypto::Verifier agency(world_.keys.agency(record.agency)->registry.public_key());
            must(crypto::verify_credential({author.record, author.signature}, agency, record.agency));
            authors[record.credential] = record.signing_key;
        }
        std::vector<std::map<std::uint16_t, Digest>> leaves(page.batches.size());
        for (const auto& entry : page.entries) {
            if (entry.kind != Entry::Kind::changeset)
                continue;
            ASSERT_LT(entry.batch, page.batches.size());
            const auto opened = must(open({entry.header, entry.changes, entry.secret, entry.blind}));
            EXPECT_EQ(opened.header.author, page.batches[entry.batch].author);
            leaves[entry.batch][entry.place] = opened.digest;
        }
        for (std::size_t i = 0; i < page.batches.size(); ++i) {
            const auto& batch = page.batches[i];
            satchel::Reader in(batch.proof);
            const auto proof = must(crypto::decode_multi_proof(in));
            std::vector<Digest> digests;
            std::vector<std::uint16_t> places;
            for (const auto& [place, digest] : leaves[i]) {
                places.push_back(place);
                digests.push_back(digest);
            }
            ASSERT_EQ(places, proof.places);
            ASSERT_TRUE(authors.contains(batch.author));
            EXPECT_TRUE(crypto::verify(authors.at(batch.author),
                                       batch_bytes(batch.author, must(crypto::root_from_proof(digests, proof))),
                                       batch.signature));
        }
    }

    HubWorld& world_;
    Device& device_;
    std::map<Digest, OpenedChangeset> own_;
};

// Everything the hub has for a reader, through its session; cursors are committed unless `lose_cursors`.
inline std::vector<Page> pages_for(HubWorld& world, const Device& device, bool safety_only = false)
{
    Wire wire(world, device);
    wire.greet();
    std::vector<Page> out;
    Pull pull;
    pull.safety_only = safety_only;
    pull.credit = credit_bytes_max;
    auto frames = wire.send(Wire::frame(MessageType::pull, pull));
    for (;;) {
        std::uint64_t taken = 0;
        for (const auto& frame : frames)
            if (frame.type == static_cast<std::uint8_t>(MessageType::page)) {
                out.push_back(read<Page>(frame, MessageType::page));
                taken += frame.payload.size();
            }
        if (frames.empty() || frames.back().type == static_cast<std::uint8_t>(MessageType::pulled))
            return out;
        frames = wire.send(Wire::frame(MessageType::credit, Credit{taken}));
    }
}

inline CaseState hub_state(HubWorld& world, const CaseId& case_id)
{
    const auto view = must(world.store().view());
    const auto row = must(view->case_row(case_id));
    CaseState out;
    out.id = case_id;
    out.facts = row->facts;
    must(view->records(row->no, Visit<RecordRow>([&](const RecordRow& stored) -> Result<bool> {
        out.records.emplace(stored.record, must(decode_record_state(stored.state)));
        return true;
    })));
    must(view->tasks(row->no, [&](const TaskRow& stored) -> Result<bool> {
        out.tasks.emplace(stored.task, must(decode_task(stored.state)));
        return true;
    }));
    return out;
}

}  // namespace satchel::test
