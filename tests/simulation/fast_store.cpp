#include "tests/simulation/fast_store.hpp"

#include <array>
#include <map>
#include <string>
#include <unordered_set>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sqlite3.h>

#include "crypto/hash.hpp"
#include "tests/simulation/disk.hpp"

namespace satchel::simulation {
namespace {

constexpr std::size_t known_max = 200'000;

StoreKind in_use = StoreKind::sqlcipher;

struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept
    {
        std::size_t out = 0;
        for (std::size_t i = 0; i < sizeof out; ++i)
            out = out << 8 | digest[i];
        return out;
    }
};
using Known = std::unordered_set<Digest, DigestHash>;

// Only what was made or found good here is kept: any other signature is looked at each time.
Known& good_signatures()
{
    static Known all;
    return all;
}

std::map<Digest, X509*>& certificates()  // by the hash of their bytes
{
    static auto& all = *new std::map<Digest, X509*>;  // lives as long as the process: what it holds is nobody else's to free
    return all;
}

void keep_good(const Digest& id)
{
    auto& known = good_signatures();
    if (known.size() == known_max)
        known.clear();
    known.insert(id);
}

using MakeKey = EVP_PKEY*(int, ENGINE*, const unsigned char*, size_t);

EVP_PKEY* known_key(MakeKey* make, int type, ENGINE* engine, const unsigned char* bytes, size_t size)
{
    if (in_use != StoreKind::fast || type != EVP_PKEY_ED25519)
        return make(type, engine, bytes, size);
    static auto& all = *new std::map<std::pair<MakeKey*, Digest>, EVP_PKEY*>;
    auto& key = all[{make, crypto::sha256({bytes, size})}];
    if (key == nullptr)
        key = make(type, engine, bytes, size);
    if (key != nullptr)
        EVP_PKEY_up_ref(key);
    return key;
}

Digest judged(EVP_PKEY* key, ByteView signature, ByteView message)
{
    std::array<std::uint8_t, 32> raw{};
    auto size = raw.size();
    SATCHEL_CHECK(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1 && size == raw.size());
    return crypto::sha256({raw, signature, message});
}

// Between EVP_DigestVerifyInit() and EVP_DigestVerify(), which the engine calls one after the other.
EVP_MD_CTX* waiting = nullptr;
EVP_PKEY* waiting_key = nullptr;

// What a store without a key has to answer, or it would not be opened.
const char* answer_without_key(std::string_view name) noexcept
{
    if (name == "cipher_provider")
        return "openssl";
    if (name == "cipher_page_size")
        return "4096";
    if (name == "cipher_use_hmac")
        return "1";
    if (name == "cipher_hmac_algorithm")
        return "HMAC_SHA512";
    if (name == "cipher_plaintext_header_size")
        return "0";
    return nullptr;
}

}  // namespace

void use_store(StoreKind kind) noexcept
{
    in_use = kind;
    answer_pragmas(kind == StoreKind::fast ? answer_without_key : nullptr);
}
StoreKind store_in_use() noexcept { return in_use; }

}  // namespace satchel::simulation

using namespace satchel::simulation;

extern "C" {

int __real_sqlite3_key_v2(sqlite3*, const char*, const void*, int);
int __wrap_sqlite3_key_v2(sqlite3* database, const char* name, const void* key, int size)
{
    return in_use == StoreKind::fast ? SQLITE_OK : __real_sqlite3_key_v2(database, name, key, size);
}

X509* __real_d2i_X509(X509**, const unsigned char**, long);
X509* __wrap_d2i_X509(X509** out, const unsigned char** in, long size)
{
    if (in_use != StoreKind::fast || out != nullptr)
        return __real_d2i_X509(out, in, size);
    const auto* const end = *in + size;
    const auto id = satchel::crypto::sha256({*in, static_cast<std::size_t>(size)});
    auto& known = certificates();
    auto at = known.find(id);
    if (at == known.end()) {
        auto* const parsed = __real_d2i_X509(nullptr, in, size);
        if (parsed == nullptr || *in != end)  // something behind it: the caller's to judge
            return parsed;
        at = known.emplace(id, parsed).first;
    }
    *in = end;
    X509_up_ref(at->second);
    return at->second;
}

EVP_PKEY* __real_EVP_PKEY_new_raw_private_key(int, ENGINE*, const unsigned char*, size_t);
EVP_PKEY* __wrap_EVP_PKEY_new_raw_private_key(int type, ENGINE* engine, const unsigned char* bytes, size_t size)
{
    return known_key(__real_EVP_PKEY_new_raw_private_key, type, engine, bytes, size);
}

EVP_PKEY* __real_EVP_PKEY_new_raw_public_key(int, ENGINE*, const unsigned char*, size_t);
EVP_PKEY* __wrap_EVP_PKEY_new_raw_public_key(int type, ENGINE* engine, const unsigned char* bytes, size_t size)
{
    return known_key(__real_EVP_PKEY_new_raw_public_key, type, engine, bytes, size);
}

int __real_EVP_DigestSign(EVP_MD_CTX*, unsigned char*, size_t*, const unsigned char*, size_t);
int __wrap_EVP_DigestSign(EVP_MD_CTX* context, unsigned char* signature, size_t* signature_size, const unsigned char* message,
                          size_t size)
{
    const int done = __real_EVP_DigestSign(context, signature, signature_size, message, size);
    if (in_use != StoreKind::fast || done != 1 || signature == nullptr)
        return done;
    auto* const key = EVP_PKEY_CTX_get0_pkey(EVP_MD_CTX_get_pkey_ctx(context));
    if (EVP_PKEY_get_id(key) == EVP_PKEY_ED25519)
        keep_good(judged(key, {signature, *signature_size}, {message, size}));
    return done;
}

int __real_EVP_DigestVerifyInit(EVP_MD_CTX*, EVP_PKEY_CTX**, const EVP_MD*, ENGINE*, EVP_PKEY*);
int __wrap_EVP_DigestVerifyInit(EVP_MD_CTX* context, EVP_PKEY_CTX** out, const EVP_MD* type, ENGINE* engine, EVP_PKEY* key)
{
    if (in_use != StoreKind::fast || type != nullptr || EVP_PKEY_get_id(key) != EVP_PKEY_ED25519)
        return __real_EVP_DigestVerifyInit(context, out, type, engine, key);
    waiting = context;
    waiting_key = key;
    return 1;
}

int __real_EVP_DigestVerify(EVP_MD_CTX*, const unsigned char*, size_t, const unsigned char*, size_t);
int __wrap_EVP_DigestVerify(EVP_MD_CTX* context, const unsigned char* signature, size_t signature_size,
                            const unsigned char* message, size_t size)
{
    if (context != waiting)
        return __real_EVP_DigestVerify(context, signature, signature_size, message, size);
    waiting = nullptr;
    const auto id = judged(waiting_key, {signature, signature_size}, {message, size});
    if (good_signatures().contains(id))
        return 1;
    const bool good = __real_EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, waiting_key) == 1 &&
                      __real_EVP_DigestVerify(context, signature, signature_size, message, size) == 1;
    if (good)
        keep_good(id);
    return good ? 1 : 0;
}

}  // extern "C"
