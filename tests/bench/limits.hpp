// What the parts take that nothing built on them can go below: the encrypted store and TLS alone, on the same bytes.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "crypto/vault/database.hpp"
#include "schema/base/bytes.hpp"

namespace satchel::bench {

enum class Side : std::uint8_t { device, hub };  // how the store is opened: the pragmas and the cache of either program

// An encrypted store with one table of one blob a row.
class RawStore {
public:
    RawStore(const std::filesystem::path& file, Side side);
    // One durable transaction.
    void insert(std::span<const Bytes> rows);

private:
    crypto::Database db_;
    std::int64_t rows_ = 0;
};

// Rows a second, so many in a transaction.
double raw_rows_per_second(const std::filesystem::path& file, Side side, const std::vector<Bytes>& rows, std::size_t at_once);
// Milliseconds for one row in a transaction of its own: the median of as many as there are rows.
double raw_row_ms(const std::filesystem::path& file, Side side, const std::vector<Bytes>& rows);
// Milliseconds for one query of a full-text index of these texts in an encrypted store, opened as a device opens it.
double raw_search_ms(const std::filesystem::path& file, const std::vector<std::string>& texts, const std::string& words,
                     std::size_t times);
// Bytes a second through one connection on loopback with the suites and certificates of the product, 16 KiB at a time.
double raw_tls_bytes_per_second(std::size_t bytes);

// What nothing that connects anew can go below: a plain hub on loopback with the certificates and suites of the product. In each
// connection it is told something once and says the same back.
class RawEcho {
public:
    // With a file it puts what it is told into a store there, durably, before it answers.
    explicit RawEcho(std::optional<std::filesystem::path> store = {});
    ~RawEcho();
    RawEcho(const RawEcho&) = delete;
    RawEcho& operator=(const RawEcho&) = delete;

    // Until the answer is here; of at most 16 KiB.
    void exchange(const Bytes& told);

private:
    void serve(const std::optional<std::filesystem::path>& store);

    struct Ends;
    std::unique_ptr<Ends> ends_;
    std::thread thread_;
};

}  // namespace satchel::bench
