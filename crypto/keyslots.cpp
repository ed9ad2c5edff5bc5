#include "crypto/keyslots.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <argon2.h>

#include "crypto/hash.hpp"

namespace satchel::crypto {
namespace {

constexpr std::string_view magic = "SATKEYS\n";
constexpr std::uint32_t format_version = 1;
constexpr std::uint8_t kdf_argon2id = 1;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t wrapped_bytes = 32 + 16; // data key, database salt
constexpr std::size_t file_bytes_max = 4096;

struct Header {
    StoreId store;
    std::uint64_t generation = 0;
    KdfParams kdf;
    std::array<std::uint8_t, 16> salt{};
    std::array<std::uint8_t, 16> device_check{}; // tells a foreign device secret from a wrong passphrase
    std::optional<SealingPublicKey> recovery;
};

struct KeyFile {
    Header header;
    Bytes passphrase_slot;
    Bytes recovery_slot; // empty without a recovery key
};

Bytes header_bytes(const Header& header)
{
    Bytes out;
    out.reserve(512);
    Writer writer{out};
    writer.raw(view(magic));
    writer.u32(format_version);
    writer.raw(header.store.bytes);
    writer.u64(header.generation);
    writer.u8(kdf_argon2id);
    writer.u32(header.kdf.memory_kib);
    writer.u32(header.kdf.passes);
    writer.u32(header.kdf.lanes);
    writer.raw(header.salt);
    writer.raw(header.device_check);
    writer.u8(header.recovery ? 1 : 0);
    if (header.recovery)
        writer.raw(header.recovery->bytes);
    return out;
}

Bytes associated_data(const Header& header, std::uint8_t slot)
{
    auto out = header_bytes(header);
    out.push_back(slot);
    return out;
}

Bytes encode(const KeyFile& file)
{
    Bytes out = header_bytes(file.header);
    Writer writer{out};
    writer.bytes(file.passphrase_slot);
    writer.bytes(file.recovery_slot);
    const auto sum = sha256(out);
    writer.raw(sum);
    return out;
}

template <std::size_t n>
void read_array(Reader& in, std::array<std::uint8_t, n>& out)
{
    const auto raw = in.raw(n);
    if (raw.size() == n)
        std::copy(raw.begin(), raw.end(), out.begin());
}

Result<KeyFile> decode(ByteView bytes)
{
    Reader in{bytes};
    if (text(in.raw(magic.size())) != magic)
        return fail(Errc::corrupt, "not a key-slot file");
    if (bytes.size() < sizeof(Digest))
        return fail(Errc::corrupt, "a key-slot file is cut short");
    const auto body = bytes.first(bytes.size() - sizeof(Digest));
    if (!std::ranges::equal(sha256(body), bytes.subspan(body.size())))
        return fail(Errc::corrupt, "a key-slot file's check sum does not fit");
    // Of every format the last 32 bytes are the sum: a damaged number is not taken for a later format, which would stand in the
    // way of the sound copy.
    if (const auto version = in.u32(); version != format_version)
        return fail(Errc::version_mismatch, "key slots of format " + std::to_string(version));

    KeyFile out;
    out.header.store = read_id<StoreId>(in);
    out.header.generation = in.u64();
    const auto kdf = in.u8();
    out.header.kdf.memory_kib = in.u32();
    out.header.kdf.passes = in.u32();
    out.header.kdf.lanes = in.u32();
    read_array(in, out.header.salt);
    read_array(in, out.header.device_check);
    const auto recoverable = in.u8();
    if (recoverable == 1)
        read_array(in, out.header.recovery.emplace().bytes);
    const auto passphrase_slot = in.bytes(file_bytes_max);
    out.passphrase_slot.assign(passphrase_slot.begin(), passphrase_slot.end());
    const auto recovery_slot = in.bytes(file_bytes_max);
    out.recovery_slot.assign(recovery_slot.begin(), recovery_slot.end());
    if (!in.ok() || in.left() != sizeof(Digest) || kdf != kdf_argon2id || recoverable > 1 ||
        out.recovery_slot.empty() == (recoverable == 1))
        return fail(Errc::corrupt, "a key-slot file does not parse");
    if (!out.header.kdf.acceptable())
        return fail(Errc::refused, "the key slots' KDF cost is outside the bounds");
    return out;
}

Result<void> check_passphrase(const SecretBytes& passphrase)
{
    if (passphrase.empty() || passphrase.size() > passphrase_bytes_max)
        return fail(Errc::invalid_argument, "a passphrase has 1 to 1024 bytes");
    return {};
}

std::array<std::uint8_t, 16> check_of(const SecretBytes& device, const StoreId& store)
{
    const auto mac = HmacKey{device.reveal()}.mac({view("satchel device check/1"), store.view()});
    std::array<std::uint8_t, 16> out;
    std::copy_n(mac.begin(), out.size(), out.begin());
    return out;
}

Result<SecretBytes> key_encryption_key(const Header& header, const SecretBytes& passphrase,
                                       const SecretBytes& device)
{
    SecretBytes material{2 * secret_bytes};
    const auto stretched = material.writable().first(secret_bytes);
    const int rc = argon2id_hash_raw(header.kdf.passes, header.kdf.memory_kib, header.kdf.lanes,
                                     passphrase.reveal().data(), passphrase.size(), header.salt.data(),
                                     header.salt.size(), stretched.data(), stretched.size());
    if (rc != ARGON2_OK)
        return fail(Errc::io_error,
                    std::string{"the passphrase cannot be stretched: "} + argon2_error_message(rc));
    std::ranges::copy(device.reveal(), material.writable().begin() + secret_bytes);
    SecretBytes out{secret_bytes};
    hkdf_sha256(material.reveal(), header.store.view(), view("satchel kek/1"), out.writable());
    return out;
}

Result<KeyFile> wrap(Header header, const SecretBytes& store_key, const SecretBytes& passphrase,
                     const SecretBytes& device, Random& random)
{
    random.fill(header.salt);
    header.device_check = check_of(device, header.store);
    KeyFile out;
    out.header = header;
    SATCHEL_TRY(const auto kek, key_encryption_key(header, passphrase, device));
    SATCHEL_TRY(out.passphrase_slot, seal(kek, store_key.reveal(), associated_data(header, 0), random));
    if (header.recovery) {
        SATCHEL_TRY(out.recovery_slot,
                    seal_to(*header.recovery, store_key.reveal(), associated_data(header, 1), random));
    }
    return out;
}

struct Found {
    KeyFile file;
    std::string stale; // the path of a copy that is missing, damaged or older
};

Result<Found> newest(FileSystem& files, const std::string& path_a, const std::string& path_b)
{
    const auto load = [&](const std::string& path) -> Result<KeyFile> {
        SATCHEL_TRY(const auto bytes, files.read(path, file_bytes_max));
        return decode(bytes);
    };
    auto a = load(path_a);
    auto b = load(path_b);
    if (a && b) {
        if (a->header.generation == b->header.generation)
            return Found{std::move(*a), {}};
        return a->header.generation > b->header.generation ? Found{std::move(*a), path_b}
                                                           : Found{std::move(*b), path_a};
    }
    // A copy that is refused or from a later program is not simply damaged: do not fall back behind it.
    for (const auto* copy : {&a, &b})
        if (!*copy && copy->error().code != Errc::not_found && copy->error().code != Errc::corrupt &&
            copy->error().code != Errc::too_large && copy->error().code != Errc::io_error)
            return tl::unexpected(copy->error());
    if (a)
        return Found{std::move(*a), path_b};
    if (b)
        return Found{std::move(*b), path_a};
    for (const auto* copy : {&a, &b})
        if (copy->error().code == Errc::io_error)
            return tl::unexpected(copy->error());
    if (a.error().code == Errc::not_found && b.error().code == Errc::not_found)
        return fail(Errc::not_found, "no key slots there");
    return fail(Errc::corrupt, "no copy of the key slots is sound");
}

Result<SecretBytes> unwrap(const KeyFile& file, const SecretBytes& passphrase, DeviceSecret& device)
{
    SATCHEL_TRYV(check_passphrase(passphrase));
    SATCHEL_TRY(const auto secret, device.load());
    if (!constant_time_equal(check_of(secret, file.header.store), file.header.device_check))
        return fail(Errc::wrong_key, "this device's secret is not the one the key slots were made with");
    SATCHEL_TRY(const auto kek, key_encryption_key(file.header, passphrase, secret));
    auto store_key = open(kek, file.passphrase_slot, associated_data(file.header, 0));
    if (!store_key || store_key->size() != wrapped_bytes)
        return fail(Errc::wrong_passphrase, "the passphrase does not open this store");
    return store_key;
}

} // namespace

// ---- KdfParams ----

bool KdfParams::acceptable() const noexcept
{
    const auto least = floor();
    return memory_kib >= least.memory_kib && memory_kib <= (4u << 20) && passes >= least.passes &&
           passes <= 64 && lanes >= 1 && lanes <= 16;
}

KdfParams KdfParams::calibrate()
{
    using std::chrono::steady_clock;
    return calibrate([](const KdfParams& params) {
        constexpr std::array<std::uint8_t, 16> any{};
        std::array<std::uint8_t, 32> out;
        const auto start = steady_clock::now();
        const int rc = argon2id_hash_raw(params.passes, params.memory_kib, params.lanes, any.data(),
                                         any.size(), any.data(), any.size(), out.data(), out.size());
        // A machine that cannot spare the memory is treated like one that is too slow for it.
        return rc == ARGON2_OK ? steady_clock::now() - start : steady_clock::duration::max();
    });
}

KdfParams KdfParams::calibrate(const std::function<std::chrono::steady_clock::duration(const KdfParams&)>& takes)
{
    using namespace std::chrono;
    for (auto params = standard(); params.memory_kib >= floor().memory_kib; params.memory_kib /= 2) {
        const auto time = takes(params);
        if (time > seconds(1))
            continue;
        if (time < milliseconds(500))
            params.passes = std::min<std::uint32_t>(
                64, static_cast<std::uint32_t>(params.passes * milliseconds(700) /
                                               std::max(time, steady_clock::duration{1})));
        return params;
    }
    return floor();
}

// ---- FileDeviceSecret ----

Result<SecretBytes> FileDeviceSecret::load()
{
    SATCHEL_TRY(auto secret, read_secret(files_, path_, secret_bytes));
    if (secret.size() != secret_bytes)
        return fail(Errc::corrupt, "the device secret is cut short");
    return secret;
}

Result<SecretBytes> FileDeviceSecret::create(Random& random)
{
    auto existing = load();
    if (existing || existing.error().code != Errc::not_found)
        return existing;
    auto secret = SecretBytes::random(random, secret_bytes);
    SATCHEL_TRYV(files_.write_durable(path_, secret.reveal()));
    return secret;
}

// ---- KeySlots ----

Result<SecretBytes> KeySlots::create(const StoreId& store, const SecretBytes& passphrase,
                                     const KdfParams& kdf, const std::optional<SealingPublicKey>& recovery,
                                     Random& random)
{
    SATCHEL_TRYV(check_passphrase(passphrase));
    if (!kdf.acceptable())
        return fail(Errc::refused, "the KDF cost is outside the bounds");
    SATCHEL_TRY(const bool there, exist());
    if (there)
        return fail(Errc::duplicate, "key slots are there already");
    SATCHEL_TRY(const auto device, device_.create(random));
    auto store_key = SecretBytes::random(random, wrapped_bytes);
    Header header;
    header.store = store;
    header.generation = 1;
    header.kdf = kdf;
    header.recovery = recovery;
    SATCHEL_TRY(const auto file, wrap(header, store_key, passphrase, device, random));
    const auto bytes = encode(file);
    SATCHEL_TRYV(files_.write_durable(copy_path('a'), bytes));
    (void)files_.write_durable(copy_path('b'), bytes); // if it failed, the next unlock() makes it
    return store_key;
}

Result<SecretBytes> KeySlots::unlock(const SecretBytes& passphrase)
{
    SATCHEL_TRY(const auto found, newest(files_, copy_path('a'), copy_path('b')));
    auto store_key = unwrap(found.file, passphrase, device_);
    // Repaired only after the passphrase proved that the copy is right; a full disk is no reason not to unlock.
    if (store_key && !found.stale.empty())
        (void)files_.write_durable(found.stale, encode(found.file));
    return store_key;
}

Result<void> KeySlots::change_passphrase(const SecretBytes& old_passphrase, const SecretBytes& new_passphrase,
                                         const KdfParams& kdf, Random& random)
{
    SATCHEL_TRYV(check_passphrase(new_passphrase));
    if (!kdf.acceptable())
        return fail(Errc::refused, "the KDF cost is outside the bounds");
    SATCHEL_TRY(const auto found, newest(files_, copy_path('a'), copy_path('b')));
    SATCHEL_TRY(const auto store_key, unwrap(found.file, old_passphrase, device_));
    SATCHEL_TRY(const auto device, device_.load());
    Header header = found.file.header;
    ++header.generation;
    header.kdf = kdf;
    SATCHEL_TRY(const auto file, wrap(header, store_key, new_passphrase, device, random));
    const auto bytes = encode(file);
    SATCHEL_TRYV(files_.write_durable(copy_path('a'), bytes));
    // From here the new passphrase counts; the old one's copy must go too, at the latest at the next unlock.
    (void)files_.write_durable(copy_path('b'), bytes);
    return {};
}

Result<SecretBytes> KeySlots::recover(const SealingKey& recovery)
{
    SATCHEL_TRY(const auto found, newest(files_, copy_path('a'), copy_path('b')));
    if (!found.file.header.recovery)
        return fail(Errc::not_found, "these key slots have no recovery slot");
    SATCHEL_TRY(auto store_key,
                recovery.open(found.file.recovery_slot, associated_data(found.file.header, 1)));
    if (store_key.size() != wrapped_bytes)
        return fail(Errc::corrupt, "the recovery slot holds no store key");
    return store_key;
}

Result<KeySlotInfo> KeySlots::info()
{
    SATCHEL_TRY(const auto found, newest(files_, copy_path('a'), copy_path('b')));
    const auto& header = found.file.header;
    return KeySlotInfo{header.store, header.generation, header.kdf, header.recovery.has_value()};
}

Result<bool> KeySlots::exist()
{
    SATCHEL_TRY(const bool a, files_.exists(copy_path('a')));
    SATCHEL_TRY(const bool b, files_.exists(copy_path('b')));
    return a || b;
}

} // namespace satchel::crypto
