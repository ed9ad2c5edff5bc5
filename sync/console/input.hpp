// What people type or pipe in: passphrases, values read from standard input, files. Nothing secret passes through the
// command line or the environment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "crypto/secret.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/result.hpp"
#include "sync/console/json.hpp"

namespace satchel::console {

inline constexpr std::size_t passphrase_bytes_max = 1024;

struct PassphraseSource {
    std::optional<int> fd;  // --passphrase-fd: to the first newline, or the end; else asked for on the terminal
    bool confirm = false;   // a new one: asked for twice. Not with `fd`
};
// Asks on /dev/tty without showing what is typed, so that standard input stays free for data. invalid_argument: empty,
// not UTF-8, the two differ, the descriptor is not open; too_large; locked: no terminal to ask on.
Result<crypto::SecretBytes> read_passphrase(const PassphraseSource& source, std::string_view prompt);

// "3", as --passphrase-fd takes it: 0 or above, and open. invalid_argument.
Result<int> parse_fd(std::string_view text);

// Standard input, or another descriptor, which can be taken once per command.
class Input {
public:
    explicit Input(int fd = 0) noexcept : fd_(fd) {}

    // All of it. too_large, or invalid_argument when it was taken before.
    Result<std::string> take(std::size_t bytes_max);
    // A value of the command line: "@-" means standard input without its last line end (UTF-8); any other text is
    // itself.
    Result<std::string> value(std::string_view text, std::size_t bytes_max);
    // The same for whole arguments: "-" means standard input.
    Result<std::string> argument(std::string_view text, std::size_t bytes_max);

private:
    int fd_;
    bool taken_ = false;
};

// The whole file. io_error with the system's reason (missing, a folder, no right), too_large.
Result<Bytes> read_whole(const std::string& path, std::size_t bytes_max);

}  // namespace satchel::console
