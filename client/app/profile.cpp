#include "client/app/profile.hpp"

#include "sync/core/bundle.hpp"

namespace satchel::client::app {
namespace {

std::string store_path(const std::string& folder)
{
    return folder + "/device.db";
}
std::string secret_path(const std::string& folder)
{
    return folder + "/device.secret";
}

}  // namespace

Result<bool> Profile::exists(crypto::FileSystem& files, const std::string& folder)
{
    for (const char* file : {"/keys.a", "/keys.b", "/device.db"}) {
        SATCHEL_TRY(const bool there, files.exists(folder + file));
        if (there)
            return true;
    }
    return false;
}

Result<void> Profile::create(crypto::FileSystem& files, const std::string& folder,
                             const crypto::SecretBytes& passphrase, const crypto::KdfParams& kdf,
                             const Identity& identity, const Chain& chain, const sync::PolicyMessage& policy,
                             Random& random)
{
    SATCHEL_TRY(const bool there, exists(files, folder));
    if (there)
        return fail(Errc::duplicate, "there is a profile in " + folder);
    crypto::FileDeviceSecret secret(files, secret_path(folder));
    SATCHEL_TRYV(secret.create(random));
    crypto::KeySlots slots(files, secret, folder);
    SATCHEL_TRY(const auto key,
                slots.create(random_id<crypto::StoreId>(random), passphrase, kdf, std::nullopt, random));
    auto made = DeviceStore::create(store_path(folder), key, identity, chain, policy);
    if (!made) {  // without a store the slots open nothing, and would keep the next attempt out
        for (const char* file : {"/keys.a", "/keys.b", "/device.db", "/device.db-wal", "/device.db-shm"})
            if (const auto removed = files.remove(folder + file); !removed)
                return tl::unexpected(removed.error());
        return tl::unexpected(made.error());
    }
    return {};
}

Result<Profile> Profile::open(crypto::FileSystem& files, const std::string& folder,
                              const crypto::SecretBytes& passphrase)
{
    crypto::FileDeviceSecret secret(files, secret_path(folder));
    crypto::KeySlots slots(files, secret, folder);
    SATCHEL_TRY(const auto key, slots.unlock(passphrase));
    SATCHEL_TRY(auto store, DeviceStore::open(store_path(folder), key));
    SATCHEL_TRYV(use_stored_policy(store));
    return Profile(std::move(store));
}

Result<void> use_stored_policy(DeviceStore& store)
{
    SATCHEL_TRY(const auto bundle, store.policy_bundle());
    SATCHEL_TRY(auto policy, sync::open_policy(bundle, store.identity().receipt_key));
    store.use_policy(std::make_shared<const schema::Policy>(std::move(policy)));
    return {};
}

}  // namespace satchel::client::app
