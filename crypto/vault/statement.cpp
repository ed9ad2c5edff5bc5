#include "crypto/vault/connection.hpp"

#include <cstring>

namespace satchel::crypto {

using namespace vault_detail;

Statement::Statement(Connection* connection, Prepared* prepared) noexcept
    : connection_(connection), prepared_(prepared), handle_(prepared->handle)
{
    prepared_->in_use = true;
    ++connection_->borrowed;
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), prepared_(std::exchange(other.prepared_, nullptr)), handle_(other.handle_),
      failed_(other.failed_)
{
}

Statement& Statement::operator=(Statement&& other) noexcept
{
    if (this != &other) {
        give_back();
        connection_ = other.connection_;
        prepared_ = std::exchange(other.prepared_, nullptr);
        handle_ = other.handle_;
        failed_ = other.failed_;
    }
    return *this;
}

Statement::~Statement()
{
    give_back();
}

void Statement::give_back() noexcept
{
    if (prepared_ == nullptr)
        return;
    --connection_->borrowed;
    if (prepared_->cached) {
        sqlite3_reset(handle_);
        sqlite3_clear_bindings(handle_);
        prepared_->in_use = false;
    } else {
        delete prepared_;
    }
    prepared_ = nullptr;
}

void Statement::bound(int rc) noexcept
{
    if (rc != SQLITE_OK && failed_ == SQLITE_OK) [[unlikely]]
        failed_ = rc;
}

Statement& Statement::bind(int index, std::int64_t value) noexcept
{
    bound(sqlite3_bind_int64(handle_, index, value));
    return *this;
}

Statement& Statement::bind(int index, std::string_view value) noexcept
{
    // A null pointer would bind NULL in place of an empty text.
    bound(sqlite3_bind_text64(handle_, index, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC,
                              SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int index, ByteView value) noexcept
{
    if (value.empty())
        bound(sqlite3_bind_zeroblob(handle_, index, 0));
    else
        bound(sqlite3_bind_blob64(handle_, index, value.data(), value.size(), SQLITE_STATIC));
    return *this;
}

Statement& Statement::bind(int index, std::nullptr_t) noexcept
{
    bound(sqlite3_bind_null(handle_, index));
    return *this;
}

Result<bool> Statement::step()
{
    if (!usable(*connection_)) [[unlikely]]
        return unusable(*connection_);
    if (failed_ != SQLITE_OK) [[unlikely]] {
        const int rc = std::exchange(failed_, SQLITE_OK);
        sqlite3_reset(handle_);
        if (rc == SQLITE_TOOBIG)
            return fail(Errc::too_large, "a value is too long for the store");
        if (rc == SQLITE_CORRUPT)
            return fail(Errc::corrupt, "a stored value has an unexpected length");
        return fail(Errc::bug, "wrong argument of a statement (" + std::to_string(rc) + ")");
    }
    const int rc = sqlite3_step(handle_);
    if (rc == SQLITE_ROW)
        return true;
    if (rc == SQLITE_DONE) [[likely]] {
        sqlite3_reset(handle_);
        return false;
    }
    auto error = failure(*connection_, rc);
    sqlite3_reset(handle_);
    return error;
}

Result<void> Statement::run_bound()
{
    SATCHEL_TRY(const bool row, step());
    if (row) [[unlikely]] {
        sqlite3_reset(handle_);
        return fail(Errc::bug, "run() of a statement that gives rows");
    }
    return {};
}

void Statement::reset() noexcept
{
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
    failed_ = SQLITE_OK;
}

std::int64_t Statement::int64(int column) const noexcept
{
    return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::text(int column) const noexcept
{
    const auto* const data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return data == nullptr ? std::string_view{}
                           : std::string_view{data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

ByteView Statement::blob(int column) const noexcept
{
    const auto* const data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
    return data == nullptr ? ByteView{}
                           : ByteView{data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::is_null(int column) const noexcept
{
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

void Statement::copy_exactly(int column, std::span<std::uint8_t> out) noexcept
{
    const auto found = blob(column);
    if (found.size() == out.size())
        std::memcpy(out.data(), found.data(), out.size());
    else
        failed_ = SQLITE_CORRUPT;
}

int Statement::column_count() const noexcept
{
    return sqlite3_column_count(handle_);
}

std::string Statement::column_name(int column) const
{
    const char* const name = sqlite3_column_name(handle_, column);
    return name == nullptr ? std::string{} : std::string{name};
}

ColumnType Statement::column_type(int column) const noexcept
{
    switch (sqlite3_column_type(handle_, column)) {
    case SQLITE_INTEGER:
        return ColumnType::integer;
    case SQLITE_FLOAT:
        return ColumnType::real;
    case SQLITE_TEXT:
        return ColumnType::text;
    case SQLITE_BLOB:
        return ColumnType::blob;
    default:
        return ColumnType::null;
    }
}

}  // namespace satchel::crypto
