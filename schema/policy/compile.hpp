// From the files of a Data-Sharing Agreement to the compiled Policy. Every problem names its file, line and reason;
// a bundle with a problem gives no policy at all. Pure: reads no file, clock or store.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/policy/policy.hpp"

namespace satchel::schema {

// Bounds of a bundle, checked before anything is parsed.
inline constexpr std::size_t policy_files_max = 64;
inline constexpr std::size_t policy_file_bytes_max = 256 * 1024;
inline constexpr std::size_t policy_nesting_max = 16;
inline constexpr std::size_t policy_types_max = 512;
inline constexpr std::size_t policy_groups_max = 32;   // per record type
inline constexpr std::size_t policy_problems_max = 200;  // more are counted, not listed

// One file of a bundle. The caller keeps the bytes alive during compile().
struct SourceFile {
    std::string_view name;  // "address.toml"
    std::string_view text;
};

struct PolicyProblem {
    std::string file;
    std::uint32_t line = 0;  // 1-based; 0: the file, or the bundle, as a whole
    std::string reason;      // a sentence for the policy's owner
    auto operator<=>(const PolicyProblem&) const noexcept = default;
};
std::string to_string(const PolicyProblem& problem);  // "address.toml:12: reason"

// Either a policy, or at least one problem, sorted by file and line. Problems come in the order of understanding:
// while a file cannot be read, or a name cannot be resolved, the rules built on it are not judged.
struct CompileOutcome {
    std::optional<Policy> policy;
    std::vector<PolicyProblem> problems;
};

// A bundle that takes sight of something from somebody is a mistake more often than a decision.
enum class Narrowing : std::uint8_t { understood, refused };

// `digest` is the SHA-256 of the bundle's bytes and becomes Policy::digest (this library is below crypto).
// With `replaces`, the new bundle must be able to follow the old one: a higher version, nothing removed, no name
// reused with another type (retire a record type with create = "nobody").
CompileOutcome compile(std::span<const SourceFile> files, const Digest& digest = {},
                       const Policy* replaces = nullptr, Narrowing narrowing = Narrowing::understood);

// The same with the first problems as one error, for callers that only need to start or fail.
Result<Policy> compile_or_fail(std::span<const SourceFile> files, const Digest& digest = {});

}  // namespace satchel::schema
