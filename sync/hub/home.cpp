#include "sync/hub/home.hpp"

#include "crypto/hash.hpp"
#include "schema/policy/compile.hpp"
#include "sync/central/sqlcipher_central.hpp"

namespace satchel::sync {
namespace {

constexpr std::size_t sealed_keys_bytes_max = 1024 * 1024;
constexpr std::string_view keys_purpose = "satchel hub keys/1";

struct Paths {
    explicit Paths(const std::string& directory)
        : store(directory + "/hub.db"), keys(directory + "/hub.keys"), device(directory + "/device.secret"),
          slot_a(directory + "/keys.a"), slot_b(directory + "/keys.b")
    {
    }
    std::string store, keys, device, slot_a, slot_b;
};

// The hub's keys are sealed under the store's key together with the machine's secret: the store's key alone, as it may be
// got from a backup or a process, does not open them.
Result<crypto::SecretBytes> sealing_key(const crypto::SecretBytes& store_key, crypto::DeviceSecret& device)
{
    SATCHEL_TRY(const auto machine, device.load());
    crypto::SecretBytes both(store_key.size() + machine.size());
    std::copy(store_key.reveal().begin(), store_key.reveal().end(), both.writable().begin());
    std::copy(machine.reveal().begin(), machine.reveal().end(),
              both.writable().begin() + static_cast<std::ptrdiff_t>(store_key.size()));
    crypto::SecretBytes out(32);
    crypto::hkdf_sha256(both.reveal(), {}, view(keys_purpose), out.writable());
    return out;
}

Result<void> write_keys(const Paths& paths, const crypto::SecretBytes& key, const crypto::SecretBytes& keys, const HubPorts& ports)
{
    SATCHEL_TRY(const auto sealed, crypto::seal(key, keys.reveal(), view(keys_purpose), ports.random));
    if (sealed.size() > sealed_keys_bytes_max)
        return fail(Errc::too_large, "hub.keys");
    return ports.files.write_durable(paths.keys, sealed);
}

// The key file of a hub that is open.
class KeyFile final : public KeyKeeper {
public:
    KeyFile(Paths paths, crypto::SecretBytes key, HubKeys& keys, const HubPorts& ports)
        : paths_(std::move(paths)), key_(std::move(key)), keys_(keys), ports_(ports)
    {
    }
    Result<void> add(std::vector<AgencyKeys> made) override
    {
        SATCHEL_TRYV(write_keys(paths_, key_, encode(keys_, made), ports_));
        for (auto& one : made)
            keys_.agencies.add(std::move(one));
        return {};
    }

private:
    Paths paths_;
    crypto::SecretBytes key_;
    HubKeys& keys_;
    HubPorts ports_;
};

Result<void> make(const Paths& paths, const crypto::SecretBytes& store_key, crypto::DeviceSecret& device,
                  std::string_view area, std::span<const schema::SourceFile> bundle,
                  const std::vector<std::string>& agencies, const HubPorts& ports)
{
    SATCHEL_TRY(const auto keys, make_hub_keys(agencies, area, ports.clock.now(), ports.random));
    SATCHEL_TRY(const auto key, sealing_key(store_key, device));
    SqlcipherCentralOptions options;
    options.create = true;
    options.vfs = ports.vfs;
    SATCHEL_TRY(const auto store, open_sqlcipher_central(paths.store, store_key, options));
    SATCHEL_TRYV(HubService::initialise({*store, keys, ports.clock, ports.random}, area, bundle));
    return write_keys(paths, key, encode(keys), ports);
}

}  // namespace

struct HubHome::Parts {
    HubKeys keys;
    std::unique_ptr<KeyFile> key_file;
    std::unique_ptr<CentralStore> store;
    std::unique_ptr<HubService> service;  // ends before the store
};

HubHome::HubHome(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HubHome::~HubHome() = default;

HubService& HubHome::service() noexcept
{
    SATCHEL_CHECK(parts_->service != nullptr);
    return *parts_->service;
}
CentralStore& HubHome::store() noexcept { return *parts_->store; }
const HubKeys& HubHome::keys() const noexcept { return parts_->keys; }

Result<void> HubHome::create(const std::string& directory, std::string_view area,
                             std::span<const schema::SourceFile> bundle, const crypto::SecretBytes& passphrase,
                             const crypto::KdfParams& kdf, const HubPorts& ports)
{
    // What can be wrong with the arguments is found before anything is written.
    SATCHEL_TRY(const auto policy, schema::compile_or_fail(bundle));
    SATCHEL_TRYV(crypto::label_of(area));
    std::vector<std::string> agencies;
    for (const auto& agency : policy.agencies)
        agencies.push_back(agency.name);

    const Paths paths(directory);
    for (const auto* path : {&paths.store, &paths.keys}) {
        SATCHEL_TRY(const bool there, ports.files.exists(*path));
        if (there)
            return fail(Errc::duplicate, "there is a hub in this folder");
    }
    crypto::FileDeviceSecret device(ports.files, paths.device);
    crypto::KeySlots slots(ports.files, device, directory);
    SATCHEL_TRY(const auto store_key,
                slots.create(random_id<crypto::StoreId>(ports.random), passphrase, kdf, std::nullopt, ports.random));
    auto made = make(paths, store_key, device, area, bundle, agencies, ports);
    if (!made) {
        // Half a hub would only be in the way; nothing of anybody's is in it yet.
        for (const auto& path : {paths.store, paths.store + "-wal", paths.store + "-shm", paths.keys, paths.slot_a,
                                 paths.slot_b, paths.device})
            static_cast<void>(ports.files.remove(path).has_value());
    }
    return made;
}

Result<std::unique_ptr<HubHome>> HubHome::open(const std::string& directory, const crypto::SecretBytes& passphrase,
                                               const HubPorts& ports, HubOpen what)
{
    const Paths paths(directory);
    crypto::FileDeviceSecret device(ports.files, paths.device);
    crypto::KeySlots slots(ports.files, device, directory);
    SATCHEL_TRY(const auto store_key, slots.unlock(passphrase));
    SATCHEL_TRY(const auto sealed, ports.files.read(paths.keys, sealed_keys_bytes_max));
    SATCHEL_TRY(auto key, sealing_key(store_key, device));
    auto opened = crypto::open(key, sealed, view(keys_purpose));
    if (!opened)
        return fail(Errc::corrupt, "hub.keys does not belong to this hub");
    SATCHEL_TRY(auto keys, decode_hub_keys(*opened));
    auto parts = std::make_unique<Parts>(Parts{std::move(keys), nullptr, nullptr, nullptr});
    SqlcipherCentralOptions options;
    options.vfs = ports.vfs;
    SATCHEL_TRY(parts->store, open_sqlcipher_central(paths.store, store_key, options));
    if (what == HubOpen::whole) {
        parts->key_file = std::make_unique<KeyFile>(paths, std::move(key), parts->keys, ports);
        SATCHEL_TRY(parts->service,
                    HubService::open({*parts->store, parts->keys, ports.clock, ports.random, parts->key_file.get()}));
    }
    return std::unique_ptr<HubHome>(new HubHome(std::move(parts)));
}

}  // namespace satchel::sync
