// A store in a directory of its own, and ways to look at its bytes behind the engine's back.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "crypto/vault/database.hpp"
#include "tests/unit/crypto/fixed_random.hpp"

namespace satchel::crypto {

// An error as text, so that a failed expectation says what happened.
template <class T>
std::string outcome(const Result<T>& result)
{
    return result ? "ok" : std::string{name(result.error().code)};
}

inline Bytes file_bytes(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline bool contains(const Bytes& bytes, std::string_view needle)
{
    return text(bytes).find(needle) != std::string_view::npos;
}

class StoreTest : public testing::Test {
protected:
    StoreTest()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "satchel-vault-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        path_ = directory_ + "/store.db";
    }
    ~StoreTest() override { std::filesystem::remove_all(directory_); }

    [[nodiscard]] Result<Database> open(OpenMode mode = OpenMode::writer_exclusive, bool create = false,
                                        const std::string& vfs = {}) const
    {
        OpenOptions options;
        options.mode = mode;
        options.create = create;
        options.busy_timeout = std::chrono::milliseconds(50);
        options.vfs = vfs;
        return Database::open(path_, key_, options);
    }
    Database create(OpenMode mode = OpenMode::writer_exclusive) const
    {
        auto database = open(mode, /*create=*/true);
        EXPECT_EQ(outcome(database), "ok");
        return std::move(database).value();
    }

    // The pages of the main file and the frames of the WAL, decrypted with the key: free pages, free space inside
    // pages and frames that a checkpoint left behind included. Written from SQLCipher's published page format:
    // AES-256-CBC, the last 80 bytes of a page hold the vector (16) and the MAC (64), page 1 begins with the salt.
    [[nodiscard]] Bytes decrypted() const
    {
        Bytes out;
        const auto main = file_bytes(path_);
        for (std::size_t at = 0; at + page <= main.size(); at += page)
            decrypt_page(ByteView{main}.subspan(at, page), at == 0, out);
        const auto wal = file_bytes(path_ + "-wal");
        for (std::size_t at = 32; at + 24 + page <= wal.size(); at += 24 + page) {
            const auto frame = ByteView{wal}.subspan(at, 24 + page);
            const bool first = frame[0] == 0 && frame[1] == 0 && frame[2] == 0 && frame[3] == 1;
            decrypt_page(frame.subspan(24), first, out);
        }
        return out;
    }

    std::string directory_;
    std::string path_;
    FakeRandom random_{20260101};
    SecretBytes key_ = SecretBytes::random(random_, store_key_bytes);

private:
    static constexpr std::size_t page = 4096;

    void decrypt_page(ByteView encrypted, bool first, Bytes& out) const
    {
        const std::size_t begin = first ? 16 : 0;
        const auto body = encrypted.subspan(begin, page - 80 - begin);
        const auto vector = encrypted.subspan(page - 80, 16);
        auto* const context = EVP_CIPHER_CTX_new();
        EVP_DecryptInit_ex(context, EVP_aes_256_cbc(), nullptr, key_.reveal().data(), vector.data());
        EVP_CIPHER_CTX_set_padding(context, 0);
        const auto at = out.size();
        out.resize(at + body.size());
        int n = 0;
        EVP_DecryptUpdate(context, out.data() + at, &n, body.data(), static_cast<int>(body.size()));
        EVP_CIPHER_CTX_free(context);
    }
};

} // namespace satchel::crypto
