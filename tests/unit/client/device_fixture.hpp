// A device store in a directory of its own, in front of a mini hub.
#pragma once

#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "client/engine/verify.hpp"
#include "client/store/compose.hpp"
#include "client/store/store.hpp"
#include "tests/unit/client/mini_hub.hpp"
#include "tests/unit/crypto/vault/store_fixture.hpp"

namespace satchel::client::test {

inline std::shared_ptr<const schema::Policy> shared_policy()
{
    return {std::shared_ptr<const schema::Policy>(), &MiniHub::policy()};
}

template <class T>
std::string outcome(const Result<T>& result)
{
    return result ? "ok" : std::string{name(result.error().code)} + ": " + result.error().detail;
}

// Store files and their decryption come from the vault's own fixture.
class DeviceTest : public crypto::StoreTest {
protected:
    explicit DeviceTest(const std::string& role = "probation.practitioner") : role_(role) {}

    void SetUp() override { enrol(); }

    void enrol(const std::string& vfs = {})
    {
        auto enrolled = hub.enrol(role_);
        StoreOptions options;
        options.vfs = vfs;
        options.busy_timeout_ms = 50;
        auto created = DeviceStore::create(path_, key_, enrolled.identity, enrolled.chain, {}, options);
        ASSERT_EQ(outcome(created), "ok");
        store_ = std::make_unique<DeviceStore>(std::move(*created));
        store_->use_policy(shared_policy());
    }
    // As after a crash: whatever was not durable is gone.
    void reopen()
    {
        store_.reset();
        StoreOptions options;
        options.busy_timeout_ms = 50;
        auto opened = DeviceStore::open(path_, key_, options);
        ASSERT_EQ(outcome(opened), "ok");
        store_ = std::make_unique<DeviceStore>(std::move(*opened));
        store_->use_policy(shared_policy());
    }
    DeviceStore& store() { return *store_; }

    Result<Tally> apply(Page from_hub)
    {
        PageVerifier verifier(store().identity(), [&](const CredentialId& id) { return store().author(id); });
        SATCHEL_TRY(const auto checked, verifier.check(std::move(from_hub)));
        return store().apply(checked);
    }
    // Everything the hub has that this device has not.
    void pull()
    {
        const auto from_hub = hub.page(store().identity().credential, pulled_);
        if (from_hub.entries.empty())
            return;
        const auto tally = apply(from_hub);
        ASSERT_EQ(outcome(tally), "ok");
        last_ = *tally;
        pulled_ = hub.log.size();
    }
    void push()
    {
        const auto receipt = hub.take(store());
        ASSERT_EQ(outcome(store().accept_receipt(receipt)), "ok");
    }
    void sync()
    {
        push();
        pull();
    }

    [[nodiscard]] Draft draft(Parts parts, Instant at = Instant{1'779'000'000'000})
    {
        Draft out;
        out.case_id = hub.state.id;
        out.hat = store().identity().hats.front();
        out.authored_at = at;
        out.parts = std::move(parts);
        return out;
    }
    Canvas canvas(const std::string& type)
    {
        return {MiniHub::policy(), *MiniHub::policy().type(std::string_view(type)), hub.state.id,
                store().identity().credential, nullptr, nullptr, {}, {}};
    }
    Result<Saved> record_new(const std::string& type, const std::vector<Typed>& typed)
    {
        SATCHEL_TRY(auto parts, compose(canvas(type), typed));
        return store().save(draft(std::move(parts)));
    }
    Result<Saved> edit(const RecordId& record, const std::vector<Typed>& typed, std::string reason = {})
    {
        SATCHEL_TRY(const auto shown, store().shown_record(hub.state.id, record));
        SATCHEL_TRY(const auto confirmed, store().confirmed_record(hub.state.id, record));
        if (!shown)
            return fail(Errc::not_found, "test: no such record");
        Canvas where{MiniHub::policy(), *MiniHub::policy().type(shown->type), hub.state.id,
                     store().identity().credential, &*shown, confirmed ? &*confirmed : nullptr, {}, std::move(reason)};
        SATCHEL_TRY(auto parts, compose(where, typed));
        return store().save(draft(std::move(parts)));
    }

    // What is shown here and what the hub holds, byte for byte. In these tests the device may see everything.
    void expect_same_as_hub()
    {
        const auto shown = *store().shown(hub.state.id);
        EXPECT_EQ(shown.facts, hub.state.facts);
        EXPECT_EQ(shown.records, hub.state.records);
        EXPECT_EQ(shown.tasks, hub.state.tasks);
    }

    std::string value(const RecordId& record, const std::string& field)
    {
        const auto shown = *store().shown_record(hub.state.id, record);
        if (!shown)
            return "(no record)";
        const auto* type = MiniHub::policy().type(shown->type);
        const auto* group = type->group_of_field(field);
        const auto* state = shown->group(group->id);
        const auto* v = state ? schema::find(state->current.values, group->field(field)->id) : nullptr;
        return v ? schema::to_text(*v) : "";
    }

    std::string role_;
    MiniHub hub;
    std::unique_ptr<DeviceStore> store_;
    std::size_t pulled_ = 0;
    Tally last_;
};

}  // namespace satchel::client::test
