// Result<T>: how every call that can fail on a good day answers. Exceptions stay inside the file that calls a
// throwing library; our own bugs stop the process through SATCHEL_CHECK.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <boost/assert/source_location.hpp>
#include <tl/expected.hpp>

namespace satchel {

// What went wrong, as a state. Numbers are printed and stored in logs: never renumber or reuse.
enum class Errc : std::uint16_t {
    // caller's input
    invalid_argument = 1,   // a value from outside breaks a written rule
    malformed = 2,          // bytes do not parse
    too_large = 3,          // a size or count exceeds its written bound
    unknown_name = 4,       // a record type, group, field, role or command that the policy does not have
    not_found = 5,          // absent, or not visible to the asker: deliberately the same
    refused = 6,            // a rule forbids it; the detail names the rule
    duplicate = 7,          // already there, and may not be twice
    // environment
    io_error = 20,
    disk_full = 21,
    busy = 22,              // another process holds the store
    timed_out = 23,
    peer_gone = 24,
    unreachable = 25,       // hub not reached; work is saved
    closed = 26,
    // keys, identity, integrity
    wrong_passphrase = 40,
    locked = 41,            // needs unlock
    bad_signature = 42,
    bad_certificate = 43,
    corrupt = 44,           // stored bytes contradict their proof
    fork = 45,              // same sequence number, other content
    wrong_key = 46,
    // protocol
    protocol_violation = 60,
    version_mismatch = 61,
    epoch_changed = 62,
    access_removed = 63,
    // bundles
    policy_invalid = 80,
    // ours
    bug = 99,
};

// What a caller should do about it; decided here once, so that callers do not guess.
enum class Remedy : std::uint8_t { fix_input, retry, give_up_session, ask_operator, report_bug };

[[nodiscard]] Remedy remedy(Errc code) noexcept;
[[nodiscard]] std::string_view name(Errc code) noexcept;  // snake_case, as in the --json contract

struct Error {
    Errc code;
    std::string detail;  // safe to log: names things, never carries record contents
    boost::source_location where;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(Errc code, std::string detail = {},
                                  boost::source_location where = BOOST_CURRENT_LOCATION)
{
    return tl::unexpected<Error>(Error{code, std::move(detail), where});
}

[[noreturn]] void check_failed(const char* expression, boost::source_location where) noexcept;

}  // namespace satchel

#define SATCHEL_CAT_2(a, b) a##b
#define SATCHEL_CAT(a, b) SATCHEL_CAT_2(a, b)

// A condition that only a bug of ours can break. Never used for input.
#define SATCHEL_CHECK(condition)                                                                             \
    ((condition) ? void(0) : ::satchel::check_failed(#condition, BOOST_CURRENT_LOCATION))

// SATCHEL_TRY(auto key, load_key(path)): binds the value, or returns the error to our caller.
#define SATCHEL_TRY_IMPL(tmp, decl, expr, ret)                                                               \
    auto tmp = (expr);                                                                                       \
    if (!tmp) [[unlikely]]                                                                                   \
        ret ::tl::unexpected(std::move(tmp).error());                                                        \
    decl = *std::move(tmp)
#define SATCHEL_TRY(decl, expr) SATCHEL_TRY_IMPL(SATCHEL_CAT(satchel_try_, __COUNTER__), decl, expr, return)
#define SATCHEL_CO_TRY(decl, expr)                                                                           \
    SATCHEL_TRY_IMPL(SATCHEL_CAT(satchel_try_, __COUNTER__), decl, expr, co_return)

// SATCHEL_TRYV(store.commit()): the same for a Result<void>.
#define SATCHEL_TRYV_IMPL(tmp, expr, ret)                                                                    \
    if (auto tmp = (expr); !tmp) [[unlikely]]                                                                \
    ret ::tl::unexpected(std::move(tmp).error())
#define SATCHEL_TRYV(expr) SATCHEL_TRYV_IMPL(SATCHEL_CAT(satchel_try_, __COUNTER__), expr, return)
#define SATCHEL_CO_TRYV(expr) SATCHEL_TRYV_IMPL(SATCHEL_CAT(satchel_try_, __COUNTER__), expr, co_return)
