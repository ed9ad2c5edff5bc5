// The real device and the real hub, machine against machine, without sockets: every frame passes through a test's hands.
#pragma once

#include <deque>
#include <functional>

#include "client/engine/enrolment.hpp"
#include "client/engine/session.hpp"
#include "client/store/compose.hpp"
#include "sync/core/bundle.hpp"
#include "sync/hub/session.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::client::test {

using namespace satchel::sync;  // NOLINT: a test's own header
using satchel::test::HubWorld;
using satchel::test::must;
using satchel::test::TempFolder;

template <class T>
std::string outcome(const Result<T>& result)
{
    return result ? "ok" : std::string{name(result.error().code)} + ": " + result.error().detail;
}

// Commits at once, on the thread of whoever submits.
class CommitAtOnce final : public Committer {
public:
    explicit CommitAtOnce(HubService& service) : service_(service) {}
    void submit(CommitJob job) override
    {
        std::vector<CommitJob> jobs;
        jobs.push_back(std::move(job));
        service_.commit(std::move(jobs));
    }

private:
    HubService& service_;
};

class Letters final : public Mailbox {
public:
    void post(std::function<Outbox()> then) override { waiting.push_back(std::move(then)); }
    std::deque<std::function<Outbox()>> waiting;
};

// Both ends of a connection. It may be cut after any number of frames, and frames may be altered on their way.
class Wire {
public:
    using Meddle = std::function<void(Frame& frame, bool to_device)>;

    Wire(Machine& device, Machine& hub, Letters& letters, ByteView certificate)
        : device_(device), hub_(hub), letters_(letters), certificate_(certificate)
    {
    }

    // What a connection that dies still carries to its end.
    enum class Last : std::uint8_t { nothing, to_device, to_hub };

    // Delivers frames until both ends are silent or have closed; at most `frames` of them, and what is on its way in one
    // direction then. Gives how many there were.
    std::size_t run(std::size_t frames = SIZE_MAX, const Meddle& meddle = {}, Last last = Last::nothing)
    {
        const auto channel = HubWorld::channel();
        take(hub_.on_open(channel, certificate_), /*from_device=*/false);
        take(device_.on_open(channel, {}), /*from_device=*/true);
        std::size_t delivered = 0;
        while (delivered < frames) {
            if (!letters_.waiting.empty()) {
                auto then = std::move(letters_.waiting.front());
                letters_.waiting.pop_front();
                take(then(), /*from_device=*/false);
                continue;
            }
            if (!to_device_.empty()) {
                auto frame = std::move(to_device_.front());
                to_device_.pop_front();
                ++delivered;
                if (meddle)
                    meddle(frame, /*to_device=*/true);
                if (!device_closed_)
                    take(device_.on_frame(frame), /*from_device=*/true);
                continue;
            }
            if (!to_hub_.empty() && !hub_paused_) {
                auto frame = std::move(to_hub_.front());
                to_hub_.pop_front();
                ++delivered;
                if (meddle)
                    meddle(frame, /*to_device=*/false);
                if (!hub_closed_)
                    take(hub_.on_frame(frame), /*from_device=*/false);
                continue;
            }
            break;
        }
        for (; last == Last::to_device && !to_device_.empty() && !device_closed_; to_device_.pop_front())
            take(device_.on_frame(to_device_.front()), /*from_device=*/true);
        for (; last == Last::to_hub && !to_hub_.empty() && !hub_closed_ && !hub_paused_; to_hub_.pop_front()) {
            take(hub_.on_frame(to_hub_.front()), /*from_device=*/false);
            for (; !letters_.waiting.empty(); letters_.waiting.pop_front())
                take(letters_.waiting.front()(), /*from_device=*/false);
        }
        const Error gone{Errc::peer_gone, "cut", BOOST_CURRENT_LOCATION};
        const bool cut = !device_closed_ && !hub_closed_;
        device_.on_closed(cut ? &gone : nullptr);
        hub_.on_closed(cut ? &gone : nullptr);
        // What the hub was doing it still finishes.
        while (!letters_.waiting.empty()) {
            auto then = std::move(letters_.waiting.front());
            letters_.waiting.pop_front();
            then();
        }
        return delivered;
    }

private:
    void take(Outbox out, bool from_device)
    {
        auto& queue = from_device ? to_hub_ : to_device_;
        for (auto& frame : out.frames)
            queue.push_back(std::move(frame));
        if (out.close)
            (from_device ? device_closed_ : hub_closed_) = true;
        if (!from_device && out.reading != Reading::as_before)
            hub_paused_ = out.reading == Reading::pause;
    }

    Machine& device_;
    Machine& hub_;
    Letters& letters_;
    ByteView certificate_;
    std::deque<Frame> to_device_, to_hub_;
    bool device_closed_ = false, hub_closed_ = false, hub_paused_ = false;
};

// One enrolled device with its store.
class RealDevice {
public:
    RealDevice(HubWorld& hub, const UserId& user) : hub_(hub), random_(user.bytes[15] + 1000u)
    {
        const auto slip = must(hub.service().create_enrolment(user, std::chrono::minutes(15), "localhost:1"));
        EnrolmentSession session(slip, "Tablet", "localhost:1", random_);
        EnrolSession other(hub.service());
        Letters letters;
        Wire(session, other, letters, {}).run();
        auto enrolled = must(session.result());
        certificate_ = must(crypto::certificates_from_pem(enrolled.identity.certificate_chain)).front();
        key_ = crypto::SecretBytes::random(random_, crypto::store_key_bytes);
        store_ = std::make_unique<DeviceStore>(
            must(DeviceStore::create(path(), key_, enrolled.identity, enrolled.chain, enrolled.policy)));
        use_policy();
    }

    [[nodiscard]] std::string path() const { return folder_.file("device.db"); }
    DeviceStore& store() { return *store_; }
    void close() { store_.reset(); }
    void reopen()
    {
        store_.reset();
        store_ = std::make_unique<DeviceStore>(must(DeviceStore::open(path(), key_)));
        use_policy();
    }
    void keep_a_copy()
    {
        close();
        std::filesystem::copy_file(path(), path() + ".copy", std::filesystem::copy_options::overwrite_existing);
        reopen();
    }
    void put_the_copy_back()
    {
        close();
        std::filesystem::remove(path() + "-wal");
        std::filesystem::copy_file(path() + ".copy", path(), std::filesystem::copy_options::overwrite_existing);
        reopen();
    }

    // The profile and its copy change places: two copies of one store in use.
    void swap_with_the_copy()
    {
        close();
        std::filesystem::remove(path() + "-wal");
        std::filesystem::rename(path(), path() + ".other");
        std::filesystem::rename(path() + ".copy", path());
        std::filesystem::rename(path() + ".other", path() + ".copy");
        reopen();
    }

    // One session; what it did.
    SessionReport session(std::size_t frames = SIZE_MAX, const Wire::Meddle& meddle = {},
                          Wire::Last last = Wire::Last::nothing)
    {
        DeviceSession device({*store_, hub_.clock, random_, nullptr});
        CommitAtOnce committer(hub_.service());
        auto letters = std::make_shared<Letters>();
        HubSession other(hub_.service(), committer, letters);
        delivered = Wire(device, other, *letters, certificate_).run(frames, meddle, last);
        return device.report();
    }
    // As the runner does: again where a session says so. Expects it to end well.
    SessionReport sync()
    {
        auto report = session();
        for (int i = 0; i < 2 && report.again; ++i)
            report = session();
        EXPECT_TRUE(report.complete) << (report.error ? std::string(name(report.error->code)) + ": " + report.error->detail
                                                      : std::string());
        return report;
    }

    Result<Saved> record_new(const CaseId& case_id, const std::string& type, const std::vector<Typed>& typed)
    {
        const auto& policy = store_->policy();
        const Canvas canvas{policy, *policy.type(std::string_view(type)), case_id, store_->identity().credential,
                            nullptr, nullptr, {}, {}};
        SATCHEL_TRY(auto parts, compose(canvas, typed));
        return save(case_id, std::move(parts));
    }
    Result<Saved> edit(const CaseId& case_id, const RecordId& record, const std::vector<Typed>& typed,
                       std::string reason = {})
    {
        const auto& policy = store_->policy();
        SATCHEL_TRY(const auto shown, store_->shown_record(case_id, record));
        SATCHEL_TRY(const auto confirmed, store_->confirmed_record(case_id, record));
        if (!shown)
            return fail(Errc::not_found, "test: no such record");
        const Canvas canvas{policy, *policy.type(shown->type), case_id, store_->identity().credential,
                            &*shown, confirmed ? &*confirmed : nullptr, {}, std::move(reason)};
        SATCHEL_TRY(auto parts, compose(canvas, typed));
        return save(case_id, std::move(parts));
    }
    Result<Saved> save(const CaseId& case_id, Parts parts)
    {
        Draft draft;
        draft.case_id = case_id;
        draft.hat = store_->identity().hats.front();
        draft.authored_at = Instant{1'779'000'000'000};
        draft.parts = std::move(parts);
        return store_->save(draft);
    }
    std::string value(const CaseId& case_id, const RecordId& record, const std::string& field)
    {
        const auto shown = must(store_->shown_record(case_id, record));
        if (!shown)
            return "(no record)";
        const auto* type = store_->policy().type(shown->type);
        const auto* group = type->group_of_field(field);
        const auto* state = shown->group(group->id);
        const auto* v = state ? schema::find(state->current.values, group->field(field)->id) : nullptr;
        return v ? schema::to_text(*v) : "";
    }
    std::size_t records(const CaseId& case_id) { return must(store_->shown(case_id)).records.size(); }

    std::size_t delivered = 0;
    Random& random() { return random_; }
    [[nodiscard]] ByteView certificate() const { return certificate_; }

private:
    void use_policy()
    {
        const auto bundle = must(store_->policy_bundle());
        store_->use_policy(std::make_shared<const schema::Policy>(
            must(open_policy(bundle, store_->identity().receipt_key))));
    }

    HubWorld& hub_;
    FakeRandom random_;
    TempFolder folder_;
    crypto::SecretBytes key_;
    Bytes certificate_;
    std::unique_ptr<DeviceStore> store_;
};

}  // namespace satchel::client::test
