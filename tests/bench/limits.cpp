#include "tests/bench/limits.hpp"

#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/random.hpp"
#include "tests/bench/measure.hpp"
#include "tests/unit/sync/net/test_pki.hpp"

namespace satchel::bench {
namespace {

constexpr std::size_t hub_cache_bytes = 64u << 20;
constexpr std::size_t tls_write_bytes = 16 * 1024;

crypto::Database open_store(const std::filesystem::path& file, Side side)
{
    crypto::SystemRandom random;
    crypto::OpenOptions options;
    options.create = true;
    if (side == Side::hub) {
        options.mode = crypto::OpenMode::writer_shared;
        options.cache_bytes = hub_cache_bytes;
    }
    return must(crypto::Database::open(file.string(), crypto::SecretBytes::random(random, crypto::store_key_bytes), options));
}

// Two ends of one TCP connection on loopback.
std::pair<int, int> loopback_pair()
{
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    if (listener < 0 || ::bind(listener, address, size) != 0 || ::listen(listener, 1) != 0 ||
        ::getsockname(listener, address, &size) != 0)
        die("no listener on loopback");
    const int one = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (one < 0 || ::connect(one, address, size) != 0)
        die("no connection on loopback");
    const int other = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    ::close(listener);
    return {one, other};
}

}  // namespace

RawStore::RawStore(const std::filesystem::path& file, Side side) : db_(open_store(file, side))
{
    must(db_.exec_script("CREATE TABLE t(id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"));
}

void RawStore::insert(std::span<const Bytes> rows)
{
    auto transaction = must(crypto::Transaction::begin(db_));
    for (const auto& row : rows)
        must(db_.run("INSERT INTO t(id, body) VALUES(?, ?)", ++rows_, row));
    must(transaction.commit());
}

double raw_rows_per_second(const std::filesystem::path& file, Side side, const std::vector<Bytes>& rows, std::size_t at_once)
{
    RawStore store(file, side);
    const std::span all(rows);
    const auto began = wall_seconds();
    for (std::size_t i = 0; i < rows.size(); i += at_once)
        store.insert(all.subspan(i, std::min(at_once, rows.size() - i)));
    return static_cast<double>(rows.size()) / (wall_seconds() - began);
}

double raw_row_ms(const std::filesystem::path& file, Side side, const std::vector<Bytes>& rows)
{
    RawStore store(file, side);
    std::vector<double> took;
    for (const auto& row : rows) {
        const auto began = wall_seconds();
        store.insert({&row, 1});
        took.push_back((wall_seconds() - began) * 1e3);
    }
    return median(took);
}

double raw_search_ms(const std::filesystem::path& file, const std::vector<std::string>& texts, const std::string& words,
                     std::size_t times)
{
    auto db = open_store(file, Side::device);
    must(db.exec_script("CREATE VIRTUAL TABLE s USING fts5(words, tokenize = \"unicode61 remove_diacritics 2\")"));
    {
        auto transaction = must(crypto::Transaction::begin(db));
        for (const auto& text : texts)
            must(db.run("INSERT INTO s(words) VALUES(?)", text));
        must(transaction.commit());
    }
    std::vector<double> took;
    for (std::size_t i = 0; i < times; ++i) {
        const auto began = wall_seconds();
        auto query = must(db.statement("SELECT rowid, snippet(s, 0, '', '', '…', 12) FROM s WHERE s MATCH ? LIMIT 50"));
        query.bind(1, words);
        while (must(query.step())) {
        }
        took.push_back((wall_seconds() - began) * 1e3);
    }
    return median(took);
}

double raw_tls_bytes_per_second(std::size_t bytes)
{
    const test::TestPki pki;
    const auto [device_end, hub_end] = loopback_pair();
    std::thread hub([&pki, fd = hub_end, bytes] {
        const auto context = pki.hub();
        SSL* const ssl = SSL_new(context->handle());
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) != 1)
            die("no TLS on loopback");
        std::vector<char> into(tls_write_bytes);
        for (std::size_t got = 0; got < bytes;) {
            const int n = SSL_read(ssl, into.data(), static_cast<int>(into.size()));
            if (n <= 0)
                die("TLS on loopback broke");
            got += static_cast<std::size_t>(n);
        }
        const char done = 1;
        SSL_write(ssl, &done, 1);
        SSL_free(ssl);
        ::close(fd);
    });
    const auto context = pki.device();
    SSL* const ssl = SSL_new(context->handle());
    SSL_set_fd(ssl, device_end);
    if (SSL_connect(ssl) != 1)
        die("no TLS on loopback");
    const std::vector<char> from(tls_write_bytes, 'x');
    const auto began = wall_seconds();
    for (std::size_t sent = 0; sent < bytes;) {
        const int n = SSL_write(ssl, from.data(), static_cast<int>(std::min(from.size(), bytes - sent)));
        if (n <= 0)
            die("TLS on loopback broke");
        sent += static_cast<std::size_t>(n);
    }
    char done = 0;
    SSL_read(ssl, &done, 1);
    const auto took = wall_seconds() - began;
    hub.join();
    SSL_free(ssl);
    ::close(device_end);
    return static_cast<double>(bytes) / took;
}

}  // namespace satchel::bench
