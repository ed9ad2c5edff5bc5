// A profile's directory: one credential of one user on this machine, opened by one passphrase.
//
//   keys.a keys.b  key slots (crypto/keyslots)     device.secret  this machine's half of the passphrase
//   device.db      the store                       lock, control.sock  whose turn it is (sync/console/turn)
#pragma once

#include <memory>
#include <string>

#include "client/store/store.hpp"
#include "crypto/files.hpp"
#include "crypto/keyslots.hpp"

namespace satchel::client::app {

class Profile {
public:
    // Makes key slots and store in a directory that exists, for an identity that the hub has just given.
    // duplicate when the directory holds a profile: nothing of it is touched. After any other error nothing
    // that opens is left behind.
    static Result<void> create(crypto::FileSystem& files, const std::string& folder,
                               const crypto::SecretBytes& passphrase, const crypto::KdfParams& kdf,
                               const Identity& identity, const Chain& chain, const sync::PolicyMessage& policy,
                               Random& random);
    // not_found: no profile here. wrong_passphrase, wrong_key, busy, corrupt, and what DeviceStore::open says.
    static Result<Profile> open(crypto::FileSystem& files, const std::string& folder,
                                const crypto::SecretBytes& passphrase);
    static Result<bool> exists(crypto::FileSystem& files, const std::string& folder);

    [[nodiscard]] DeviceStore& store() noexcept { return store_; }

private:
    explicit Profile(DeviceStore store) noexcept : store_(std::move(store)) {}
    DeviceStore store_;
};

// The agreement that the store holds, checked and compiled, put to use.
Result<void> use_stored_policy(DeviceStore& store);

}  // namespace satchel::client::app
