// A whole hub in a folder of its own, and devices that save, push and pull as the real ones do, without network.
#pragma once

#include <atomic>
#include <filesystem>

#include <gtest/gtest.h>

#include "crypto/audit.hpp"
#include "crypto/registry.hpp"
#include "crypto/sealed.hpp"
#include "crypto/vault/database.hpp"
#include "schema/value/identifiers.hpp"
#include "schema/wire/archive.hpp"
#include "sync/central/sqlcipher_central.hpp"
#include "sync/core/deposit.hpp"
#include "sync/core/fold.hpp"
#include "sync/hub/admission.hpp"
#include "sync/hub/commit.hpp"
#include "sync/hub/pages.hpp"
#include "sync/hub/service.hpp"
#include "tests/unit/crypto/fixed_random.hpp"
#include "tests/unit/sync/core/small_policy.hpp"

namespace satchel::test {

using namespace satchel::sync;  // NOLINT: a test's own header

class HandClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return {ms}; }
    std::atomic<std::int64_t> ms = 1'780'000'000'000;  // 2026-05-28
};

inline crypto::SecretBytes world_key()
{
    crypto::SecretBytes out(crypto::store_key_bytes);
    std::fill(out.writable().begin(), out.writable().end(), std::uint8_t{7});
    return out;
}

class TempFolder {
public:
    TempFolder()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "satchel-hub-XXXXXX").string();
        SATCHEL_CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TempFolder() { std::filesystem::remove_all(path_); }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

// The value, or an end of the test that says why there is none.
template <class T>
T must(Result<T> result)
{
    if (!result) {
        ADD_FAILURE() << name(result.error().code) << ": " << result.error().detail;
        std::abort();
    }
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

// One credential: chain, keys, what it has seen and what it has not sent. A copy is a clone of the device.
struct Device {
    CredentialId credential;
    UserId user;
    schema::Hat hat;
    IncarnationId incarnation;
    Bytes salt_key;
    std::vector<Bytes> chain;  // of its certificate, leaf first
    std::shared_ptr<const crypto::CertificateKey> tls_key;
    std::shared_ptr<const crypto::SigningKey> operation;
    Epoch epoch{};
    std::uint64_t sequence = 0, received = 0;
    Digest head{};
    std::optional<Receipt> last_receipt;
    std::map<CaseId, std::uint64_t> seen;
    std::vector<PushItem> unsent;
    std::vector<Digest> unsent_digests;
};

// Keeps keys for as long as the test lives; or keeps them and fails, as where the power goes right behind.
class KeysInMemory final : public KeyKeeper {
public:
    explicit KeysInMemory(HubKeys& keys) : keys_(keys) {}
    Result<void> add(std::vector<AgencyKeys> made) override
    {
        for (auto& one : made)
            keys_.agencies.add(std::move(one));
        if (power_goes)
            return fail(Errc::io_error, "the power is gone");
        return {};
    }
    bool power_goes = false;

private:
    HubKeys& keys_;
};

class HubWorld {
public:
    explicit HubWorld(std::uint64_t seed = 11, std::string vfs = {},
                      std::vector<schema::SourceFile> bundle = {{"small.toml", small_policy_text}})
        : random_(seed), vfs_(std::move(vfs)), keys(must(make_hub_keys({"police", "probation", "prison", "coordination"}, "Testshire", clock.now(), random_)))
    {
        SqlcipherCentralOptions create;
        create.create = true;
        create.busy_timeout = std::chrono::milliseconds(300);
        create.vfs = vfs_;
        store_ = must(open_sqlcipher_central(path(), world_key(), create));
        must(HubService::initialise(parts(), "Testshire", bundle));
        service_ = must(HubService::open(parts()));
    }

    ~HubWorld() { close(); }
    HubWorld(const HubWorld&) = delete;
    HubWorld& operator=(const HubWorld&) = delete;

    [[nodiscard]] std::string path() const { return folder_.file("hub.db"); }
    [[nodiscard]] HubService& service() { return *service_; }
    [[nodiscard]] CentralStore& store() { return *store_; }
    [[nodiscard]] HubParts parts() { return {*store_, keys, clock, random_, &keeper}; }
    // Ends the hub; its files stay. A closed store has everything in hub.db.
    void close()
    {
        service_.reset();
        store_.reset();
    }

    void reopen()
    {
        close();
        SqlcipherCentralOptions options;
        options.vfs = vfs_;
        store_ = must(open_sqlcipher_central(path(), world_key(), options));
        service_ = must(HubService::open(parts()));
    }

    UserId user(const std::string& full_name, const std::string& role)
    {
        const auto agency = role.substr(0, role.find('.'));
        return must(service().add_user({full_name, {{agency, "east", role}}, "enhanced"}));
    }

    // A device with its keys, before the hub knows it.
    Device new_device(const UserId& user, const std::string& role)
    {
        Device out;
        out.user = user;
        out.hat = {role.substr(0, role.find('.')), "east", role};
        out.incarnation = random_id<IncarnationId>(random_);
        out.salt_key.resize(32);
        random_.fill(out.salt_key);
        out.tls_key = std::make_shared<const crypto::CertificateKey>(crypto::CertificateKey::generate(random_));
        out.operation = std::make_shared<const crypto::SigningKey>(crypto::SigningKey::generate(random_));
        return out;
    }
    static EnrolRequest request(const Device& device, const EnrolmentSlip& slip, const std::string& device_name,
                                const Digest& channel_binding)
    {
        EnrolRequest out;
        out.enrolment = enrolment_name(slip.code);
        out.csr = crypto::make_csr(*device.tls_key);
        out.operation_key = device.operation->public_key();
        out.incarnation = device.incarnation;
        out.salt_key = device.salt_key;
        out.device_name = device_name;
        out.proof = crypto::enrolment_proof(slip.code.verifier(), out.csr, out.operation_key, channel_binding);
        return out;
    }
    static void accept(Device& device, const EnrolAnswer& answer)
    {
        device.credential = answer.credential;
        device.chain = must(crypto::certificates_from_pem(answer.certificate_chain));
        device.epoch = answer.epoch;
    }
    Device enrol(const UserId& user, const std::string& role, const std::string& device_name = "Tablet")
    {
        const auto slip = must(service().create_enrolment(user, std::chrono::minutes(15), "localhost:1"));
        auto out = new_device(user, role);
        accept(out, must(service().enrol(request(out, slip, device_name, channel()), channel())));
        return out;
    }

    // A session's beginning.
    static Hello hello(const Device& device, const Digest& channel_binding)
    {
        Hello out;
        out.credential = device.credential;
        out.incarnation = device.incarnation;
        out.epoch = device.epoch;
        out.chain_sequence = device.sequence;
        out.chain_head = device.head;
        out.received = device.received;
        if (device.last_receipt)
            out.receipt_audit_head = device.last_receipt->audit_head;
        for (const auto& [id, cursor] : device.seen)
            out.cursors.push_back({id, cursor});
        out.proof = device.operation->sign(channel_proof_bytes(channel_binding, device.credential, device.incarnation));
        return out;
    }
    Result<Admission> admit(const Device& device)
    {
        return service().admit(hello(device, channel()), channel(), device.chain.front());
    }

    // Saved on the device; the ids are those that the hub will derive.
    OpenedChangeset save(Device& device, const CaseId& case_id, std::vector<schema::Change> changes,
                         Instant event_at = {}, std::optional<ChangesetId> was = {})
    {
        schema::Changeset changeset;
        changeset.header.was = was;
        changeset.header.case_id = case_id;
        changeset.header.author = device.credential;
        changeset.header.hat = device.hat;
        changeset.header.authored_at = clock.now();
        changeset.header.event_at = event_at;
        changeset.header.policy_version = service().policy()->version;
        changeset.link = {device.incarnation, ++device.sequence, device.head, device.seen[case_id]};
        changeset.changes = std::move(changes);
        const crypto::HmacKey salt_key(device.salt_key);
        const auto sealed = must(seal(changeset, changeset_secret(salt_key, device.sequence)));
        auto opened = must(open(sealed));
        device.head = opened.digest;
        device.unsent.push_back({sealed.header, sealed.changes, changeset.link.seen, {}, {}, {}});
        device.unsent_digests.push_back(opened.digest);
        return opened;
    }
    // The last saved work goes sealed to the handler instead.
    void seal_last(Device& device, const CaseId& case_id)
    {
        auto& item = device.unsent.back();
        schema::Link link{device.incarnation, device.sequence, {}, item.seen};
        const auto unsent = device.unsent_digests.size();
        if (unsent > 1)
            link.previous = device.unsent_digests[unsent - 2];
        else if (device.last_receipt)
            link.previous = device.last_receipt->chain_head;
        SealedChangeset work;
        work.header = item.header;
        work.changes = item.changes;
        work.secret = changeset_secret(crypto::HmacKey(device.salt_key), device.sequence);
        work.blind = link_blind(work.secret, link);
        const auto& digest = device.unsent_digests.back();
        item = {{}, {}, item.seen, digest, case_id,
                must(crypto::seal_to(keys.deposit.public_key(), encode_deposit(work), deposit_context(digest), random_))};
    }

    Push packed(const Device& device)
    {
        Push push;
        push.first_sequence = device.sequence + 1 - device.unsent.size();
        push.items = device.unsent;
        const crypto::HmacKey salt_key(device.salt_key);
        const crypto::BatchTree tree(batch_secret(salt_key, push.first_sequence), device.unsent_digests);
        push.signature = device.operation->sign(batch_bytes(device.credential, tree.root()));
        return push;
    }
    Result<Receipt> offer(Device& device, const Push& push)
    {
        SATCHEL_TRY(const auto admission, admit(device));
        SATCHEL_TRY(auto prepared, service().prepare(admission, schema::wire::pack(push)));
        Result<Receipt> answer = fail(Errc::bug, "no answer");
        std::vector<CommitJob> jobs;
        jobs.push_back(service().push_job(std::move(prepared), [&](const Result<Receipt>& receipt) { answer = receipt; }));
        service().commit(std::move(jobs));
        return answer;
    }
    static void keep(Device& device, const Receipt& receipt)
    {
        device.received = receipt.up_to;
        device.last_receipt = receipt;
        device.unsent.clear();
        device.unsent_digests.clear();
    }
    Result<Receipt> try_push(Device& device)
    {
        SATCHEL_TRY(const auto receipt, offer(device, packed(device)));
        keep(device, receipt);
        return receipt;
    }
    void push(Device& device) { must(try_push(device)); }

    // Takes what the hub has for it: the cursors count.
    std::size_t pull(Device& device)
    {
        const auto admission = must(admit(device));
        const auto pages = must(service().pages(admission, /*safety_only=*/false));
        std::size_t entries = 0;
        for (;;) {
            const auto deliveries = must(pages->next(1 << 20));
            if (deliveries.empty())
                return entries;
            std::vector<CursorRow> cursors;
            for (const auto& delivery : deliveries) {
                cursors.push_back(delivery.cursor);
                if (delivery.page) {
                    device.seen[delivery.page->case_id] = delivery.page->cursor;
                    entries += delivery.page->entries.size();
                }
            }
            run(service().delivery_job(admission, std::move(cursors), [](const Result<Head>& head) { must(Result<Head>(head)); }));
        }
    }
    void sync(Device& device)
    {
        if (!device.unsent.empty())
            push(device);
        pull(device);
    }
    void run(CommitJob job)
    {
        std::vector<CommitJob> jobs;
        jobs.push_back(std::move(job));
        service().commit(std::move(jobs));
    }

    // --- Changes, by name ---

    [[nodiscard]] schema::Change creates(const CaseId& case_id, const std::string& type_name, const std::string& group_name,
                                         const std::map<std::string, std::string>& typed)
    {
        const auto policy = service().policy();
        const auto* type = policy->type(type_name);
        const auto* group = type ? type->group(group_name) : nullptr;
        SATCHEL_CHECK(group != nullptr);
        schema::Change out;
        out.type = type->id;
        out.group = group->id;
        out.creates = true;
        if (type->singleton)
            out.record = singleton_record_id(case_id, type->id);
        for (const auto& [field_name, text] : typed) {
            const auto* field = group->field(field_name);
            SATCHEL_CHECK(field != nullptr);
            assign(out.values, field->id, must(schema::parse_field_value(*field, text)));
        }
        if (group->merge == schema::Merge::append || group->merge == schema::Merge::add_wins)
            out.op = schema::Op::add;
        return out;
    }
    // On the value that the hub has now.
    [[nodiscard]] schema::Change edits(const CaseId& case_id, const RecordId& record, const std::string& type_name,
                                       const std::string& group_name, const std::map<std::string, std::string>& typed)
    {
        auto out = creates(case_id, type_name, group_name, typed);
        out.creates = false;
        out.record = record;
        if (const auto state = this->record(case_id, record))
            if (const auto* group = state->group(out.group))
                out.base = group->current.id;
        return out;
    }
    [[nodiscard]] schema::Change resolves(const OpenedChangeset& opened, schema::Resolution how)
    {
        schema::Change out;
        out.op = schema::Op::resolve;
        out.type = opened.changes.front().type;
        out.group = opened.changes.front().group;
        out.record = opened.changes.front().record;
        out.targets = {opened.versions.front()};
        out.resolution = how;
        out.reason = "Agreed at the meeting";
        if (const auto state = record(opened.header.case_id, out.record))
            if (const auto* group = state->group(out.group))
                out.base = group->current.id;
        return out;
    }
    [[nodiscard]] std::optional<RecordState> record(const CaseId& case_id, const RecordId& id)
    {
        const auto view = must(store().view());
        const auto row = must(view->case_row(case_id));
        const auto found = must(view->find_record(row->no, id));
        return found ? std::optional(must(decode_record_state(found->state))) : std::nullopt;
    }

    static Digest channel()
    {
        Digest out;
        out.fill(0x42);
        return out;
    }

private:
    TempFolder folder_;
    FakeRandom random_;
    std::string vfs_;  // of SQLite; empty: the machine's own
    std::unique_ptr<CentralStore> store_;
    std::unique_ptr<HubService> service_;

public:
    HandClock clock;
    HubKeys keys;
    KeysInMemory keeper{keys};

    [[nodiscard]] FakeRandom& random() { return random_; }
};

// The small agreement with a calendar, by which an address is visited so many days after it begins.
inline Result<std::uint32_t> publish_calendar(HubService& hub, std::uint32_t version, const std::string& holidays,
                                              const std::string& within = "2 working days")
{
    std::string text(small_policy_text);
    text.replace(text.find("version = 7"), 11, "version = " + std::to_string(version));
    text += "[calendar]\ntitle = \"Holidays\"\nknown_from = \"2026-01-01\"\nknown_until = \"2026-12-31\"\nrefs = [\"SYN-11\"]\n"
            "holidays = [" + holidays + "]\n[[deadline]]\nid = \"visit\"\nstarts = \"address.from\"\nwithin = \"" + within +
            "\"\nrole = \"police.offender_manager\"\ntask = \"Visit\"\nrefs = [\"G-2-4\"]\n";
    const std::vector<schema::SourceFile> bundle{{"small.toml", text}};
    return hub.publish_policy(bundle);
}
inline std::vector<std::string> visits_due(HubService& hub)
{
    std::vector<std::string> out;
    for (const auto& task : must(hub.tasks("police.offender_manager")))
        if (task.state == Task::State::open && task.words == "Visit")
            out.push_back(to_string(task.due));
    return out;
}
// A case with an address from Friday 12 June 2026.
inline void import_an_address(HubService& hub, const std::string& key = "C1")
{
    std::size_t at = 0;
    const std::vector<std::string> lines{
        R"({"v":1,"kind":"case","key":")" + key + R"("})",
        R"({"v":1,"kind":"record","case":")" + key +
            R"(","key":"a","type":"address","agency":"police","role":"police.offender_manager","fields":{"lines":"1 Invented Row","from":"2026-06-12"}})"};
    must(hub.import([&]() -> Result<std::optional<std::string>> { return at < lines.size() ? std::optional(lines[at++]) : std::nullopt; }, false));
}

}  // namespace satchel::test
