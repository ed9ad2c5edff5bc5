// The hub's directory: the encrypted store, its key slots, and the hub's own keys beside it, opened by one passphrase.
//
//   keys.a keys.b  key slots (crypto/keyslots)     device.secret  this machine's half of the passphrase
//   hub.db         the store                       hub.keys       the hub's keys, sealed; not in the store
#pragma once

#include <memory>
#include <string>

#include "crypto/keyslots.hpp"
#include "sync/hub/service.hpp"

namespace satchel::sync {

struct HubPorts {  // outlive the hub
    crypto::FileSystem& files;
    const Clock& clock;
    Random& random;
    std::string vfs;  // a registered SQLite VFS; empty: the machine's own
};

// What is needed of a hub. store_only: for `verify`, which must come to its findings even where what was altered keeps the
// service from starting; service() is then a bug to call.
enum class HubOpen : std::uint8_t { whole, store_only };

class HubHome {
public:
    // A new hub in a directory that exists. duplicate when one is there; nothing of it is touched.
    static Result<void> create(const std::string& directory, std::string_view area,
                               std::span<const schema::SourceFile> bundle, const crypto::SecretBytes& passphrase,
                               const crypto::KdfParams& kdf, const HubPorts& ports);
    // not_found, wrong_passphrase, wrong_key, busy (another process has it), corrupt, version_mismatch.
    static Result<std::unique_ptr<HubHome>> open(const std::string& directory, const crypto::SecretBytes& passphrase,
                                                 const HubPorts& ports, HubOpen what = HubOpen::whole);
    ~HubHome();
    HubHome(const HubHome&) = delete;
    HubHome& operator=(const HubHome&) = delete;

    [[nodiscard]] HubService& service() noexcept;
    [[nodiscard]] CentralStore& store() noexcept;
    [[nodiscard]] const HubKeys& keys() const noexcept;

private:
    struct Parts;
    explicit HubHome(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace satchel::sync
