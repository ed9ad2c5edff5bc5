#include "crypto/secret.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

#include <openssl/crypto.h>

namespace satchel::crypto {
namespace {

constexpr std::size_t secure_heap_bytes = 1 << 20;
constexpr std::size_t secure_heap_smallest = 32;

std::uint8_t* allocate(std::size_t size)
{
    static std::once_flag once;
    std::call_once(once, [] {
        // A result that says "not locked" (RLIMIT_MEMLOCK too low) is accepted: guard pages and wiping
        // remain.
        if (CRYPTO_secure_malloc_initialized() == 0)
            CRYPTO_secure_malloc_init(secure_heap_bytes, secure_heap_smallest);
    });
    void* memory = OPENSSL_secure_zalloc(size);
    if (memory == nullptr)
        memory = OPENSSL_zalloc(size);
    if (memory == nullptr)
        throw std::bad_alloc();
    return static_cast<std::uint8_t*>(memory);
}

} // namespace

SecretBytes::SecretBytes(std::size_t size) : data_(size == 0 ? nullptr : allocate(size)), size_(size) {}

SecretBytes SecretBytes::copy_of(ByteView bytes)
{
    SecretBytes out{bytes.size()};
    std::copy(bytes.begin(), bytes.end(), out.data_);
    return out;
}

SecretBytes SecretBytes::random(Random& random, std::size_t size)
{
    SecretBytes out{size};
    random.fill(out.writable());
    return out;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0))
{
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept
{
    if (this != &other) {
        wipe();
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

void SecretBytes::wipe() noexcept
{
    if (data_ == nullptr)
        return;
    // Wipes and frees memory of either heap: it asks which one the pointer belongs to.
    OPENSSL_secure_clear_free(data_, size_);
    data_ = nullptr;
    size_ = 0;
}

void cleanse(std::span<std::uint8_t> bytes) noexcept
{
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

} // namespace satchel::crypto
