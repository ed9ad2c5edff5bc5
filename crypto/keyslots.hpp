// The key-slot files: how a passphrase, together with a secret of the device, opens the store's key.
//
//   KEK = HKDF-SHA256( Argon2id(passphrase) ‖ device secret, salt = store id )
//   slot 0 = AES-256-GCM under KEK of (data key 32 ‖ database salt 16)
//   slot 1 = the same sealed to the agency's recovery public key, when there is one
//
// The whole header (format, store, generation, KDF and its cost, recovery key) is associated data of both slots, so none
// of it can be changed, in particular not made cheaper. The passphrase alone opens nothing on another machine; the disk
// alone is not open to guessing without the device secret.
//
// Two copies are kept (keys.a, keys.b), each with a generation number and a check sum against torn writes; the newest
// sound one counts, and unlock() repairs the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "crypto/files.hpp"
#include "crypto/sealed.hpp"
#include "crypto/secret.hpp"
#include "schema/base/id.hpp"
#include "schema/base/ports.hpp"
#include "schema/base/result.hpp"

namespace satchel::crypto {

using StoreId = TypedId<struct StoreTag>;

// The price of one guess. Lanes do not make a guess dearer, so the floor bounds memory and passes only.
struct KdfParams {
    std::uint32_t memory_kib = 0;
    std::uint32_t passes = 0;
    std::uint32_t lanes = 0;

    bool operator==(const KdfParams&) const = default;

    static KdfParams floor() noexcept { return {64 << 10, 3, 4}; }     // servers, tests: about 0.2 s
    static KdfParams standard() noexcept { return {256 << 10, 3, 2}; } // devices: about 0.8 s
    // Measures this machine and returns, from standard() downwards to the floor or upwards in passes, what takes 0.5 to
    // 1 s here. Takes a few seconds. Real time, not a Clock's: never called under simulation.
    static KdfParams calibrate();
    // The same with what a machine takes for each cost.
    static KdfParams calibrate(const std::function<std::chrono::steady_clock::duration(const KdfParams&)>& takes);

    // Between the floor and what a machine can bear (4 GiB, 64 passes, 16 lanes): a forged header may neither cheapen
    // a guess nor exhaust the memory.
    [[nodiscard]] bool acceptable() const noexcept;
};

// The device secret's port. A file now; a TPM's sealed object can take its place without a change of format.
class DeviceSecret {
public:
    virtual ~DeviceSecret() = default;
    virtual Result<SecretBytes> load() = 0; // 32 bytes; not_found before create()
    virtual Result<SecretBytes>
    create(Random& random) = 0; // the one that is there, or a new one, stored durably
};

class FileDeviceSecret final : public DeviceSecret {
public:
    FileDeviceSecret(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
    Result<SecretBytes> load() override;
    Result<SecretBytes> create(Random& random) override;

private:
    FileSystem& files_;
    std::string path_;
};

inline constexpr std::size_t passphrase_bytes_max = 1024;

// What may be known without the passphrase.
struct KeySlotInfo {
    StoreId store;
    std::uint64_t generation = 0;
    KdfParams kdf;
    bool recoverable = false; // slot 1 is there
};

// The key slots in one directory. Not for use by two threads or processes at once: the store's exclusive lock, or the
// profile's, is the caller's to take.
class KeySlots {
public:
    KeySlots(FileSystem& files, DeviceSecret& device, std::string directory)
        : files_(files), device_(device), directory_(std::move(directory))
    {
    }

    // Makes a new store key, wraps it, and returns it (store_key_bytes, for Database::open). duplicate when slots are
    // there: they are never overwritten, or the store they open would be lost.
    // invalid_argument: passphrase empty or longer than 1024 bytes; refused: cost below the floor.
    Result<SecretBytes> create(const StoreId& store, const SecretBytes& passphrase, const KdfParams& kdf,
                               const std::optional<SealingPublicKey>& recovery, Random& random);

    // The store key. wrong_passphrase; wrong_key: the device secret is another machine's; refused: cost below the floor
    // or above all bounds; corrupt: no copy is sound; not_found; version_mismatch: written by a later program.
    Result<SecretBytes> unlock(const SecretBytes& passphrase);

    // Wraps the same store key anew, with a new salt. On an error, and after a power cut, exactly one of the two
    // passphrases opens: the old one unless the new one was stored.
    Result<void> change_passphrase(const SecretBytes& old_passphrase, const SecretBytes& new_passphrase,
                                   const KdfParams& kdf, Random& random);

    // Opens slot 1 with the agency's recovery key: no passphrase and no device secret. not_found without slot 1.
    Result<SecretBytes> recover(const SealingKey& recovery);

    Result<KeySlotInfo> info();
    Result<bool> exist();

private:
    [[nodiscard]] std::string copy_path(char which) const { return directory_ + "/keys." + which; }
    FileSystem& files_;
    DeviceSecret& device_;
    std::string directory_;
};

} // namespace satchel::crypto
