// Bytes that must not be seen: kept in locked memory that core dumps leave out, wiped when no longer needed,
// never copied by accident and never printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "schema/base/bytes.hpp"
#include "schema/base/ports.hpp"

namespace satchel::crypto {

// A fixed number of secret bytes. Move-only; deliberately no conversion to ByteView or text: whoever reads
// says reveal(), so that a reviewer finds every place. The first use sets up OpenSSL's secure heap (1 MiB,
// locked), which OpenSSL's own private keys then use too; when it is full, ordinary memory is taken, still
// wiped.
class SecretBytes {
public:
    SecretBytes() noexcept = default;
    explicit SecretBytes(std::size_t size); // zeros, to be filled through writable()
    static SecretBytes copy_of(ByteView bytes);
    static SecretBytes random(Random& random, std::size_t size);

    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
    ~SecretBytes() { wipe(); }

    [[nodiscard]] SecretBytes clone() const { return copy_of(reveal()); }
    [[nodiscard]] ByteView reveal() const noexcept { return {data_, size_}; }
    [[nodiscard]] std::span<std::uint8_t> writable() noexcept { return {data_, size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    void wipe() noexcept; // leaves the object empty

    template <class Stream>
    friend Stream& operator<<(Stream&, const SecretBytes&) = delete;

private:
    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

// Overwrites bytes of which a secret was part, in a way the compiler may not leave out.
void cleanse(std::span<std::uint8_t> bytes) noexcept;

} // namespace satchel::crypto
