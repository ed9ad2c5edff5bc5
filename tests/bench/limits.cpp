#include "tests/bench/limits.hpp"

#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

class Listener {
public:
    Listener()
    {
        at_.sin_family = AF_INET;
        at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at_;
        if (fd_ < 0 || ::bind(fd_, address(), size) != 0 || ::listen(fd_, 1) != 0 || ::getsockname(fd_, address(), &size) != 0)
            die("no listener on loopback");
    }
    ~Listener() { ::close(fd_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] int connect()
    {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || ::connect(fd, address(), sizeof at_) != 0)
            die("no connection on loopback");
        return at_once(fd);
    }
    // -1: shut down.
    [[nodiscard]] int accept() const
    {
        const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
        return fd < 0 ? fd : at_once(fd);
    }
    void shut_down() const { ::shutdown(fd_, SHUT_RDWR); }

private:
    sockaddr* address() { return reinterpret_cast<sockaddr*>(&at_); }
    // As the product's connections: a small message does not wait for the answer to the one before it.
    static int at_once(int fd)
    {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return fd;
    }

    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at_{};
};

// One connection's TLS, and its end.
class Tls {
public:
    Tls(const sync::SharedTls& context, int fd) : fd_(fd), ssl_(SSL_new(context->handle())) { SSL_set_fd(ssl_, fd); }
    ~Tls()
    {
        SSL_shutdown(ssl_);
        SSL_free(ssl_);
        ::close(fd_);
    }
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;
    SSL* operator*() const { return ssl_; }

private:
    int fd_;
    SSL* ssl_;
};

// One record.
Bytes read_record(SSL* ssl)
{
    Bytes out(tls_write_bytes);
    const int n = SSL_read(ssl, out.data(), static_cast<int>(out.size()));
    if (n <= 0)
        die("TLS on loopback broke");
    out.resize(static_cast<std::size_t>(n));
    return out;
}
void write_record(SSL* ssl, const Bytes& what)
{
    if (SSL_write(ssl, what.data(), static_cast<int>(what.size())) != static_cast<int>(what.size()))
        die("TLS on loopback broke");
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
    Listener listener;
    std::thread hub([&, bytes] {
        const Tls tls(pki.hub(), listener.accept());
        if (SSL_accept(*tls) != 1)
            die("no TLS on loopback");
        for (std::size_t got = 0; got < bytes;)
            got += read_record(*tls).size();
        write_record(*tls, Bytes(1));
    });
    const Tls tls(pki.device(), listener.connect());
    if (SSL_connect(*tls) != 1)
        die("no TLS on loopback");
    const std::vector<char> from(tls_write_bytes, 'x');
    const auto began = wall_seconds();
    for (std::size_t sent = 0; sent < bytes;) {
        const int n = SSL_write(*tls, from.data(), static_cast<int>(std::min(from.size(), bytes - sent)));
        if (n <= 0)
            die("TLS on loopback broke");
        sent += static_cast<std::size_t>(n);
    }
    static_cast<void>(read_record(*tls));
    const auto took = wall_seconds() - began;
    hub.join();
    return static_cast<double>(bytes) / took;
}

struct RawEcho::Ends {
    test::TestPki pki;
    sync::SharedTls device = pki.device();
    Listener listener;
};

RawEcho::RawEcho(std::optional<std::filesystem::path> store) : ends_(std::make_unique<Ends>())
{
    thread_ = std::thread([this, store = std::move(store)] { serve(store); });
}

RawEcho::~RawEcho()
{
    ends_->listener.shut_down();
    thread_.join();
}

void RawEcho::serve(const std::optional<std::filesystem::path>& store)
{
    std::optional<RawStore> rows;
    if (store)
        rows.emplace(*store, Side::hub);
    const auto context = ends_->pki.hub();
    for (int fd = ends_->listener.accept(); fd >= 0; fd = ends_->listener.accept()) {
        const Tls tls(context, fd);
        if (SSL_accept(*tls) != 1)
            die("no TLS on loopback");
        const auto told = read_record(*tls);
        if (rows)
            rows->insert({&told, 1});
        write_record(*tls, told);
    }
}

void RawEcho::exchange(const Bytes& told)
{
    const Tls tls(ends_->device, ends_->listener.connect());
    if (SSL_connect(*tls) != 1)
        die("no TLS on loopback");
    write_record(*tls, told);
    if (read_record(*tls) != told)
        die("TLS on loopback said something else");
}

}  // namespace satchel::bench
