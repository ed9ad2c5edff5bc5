// A folder of small files on a disk that may lose whatever was not synced: it records each call that changes it, and tells
// everything that a power cut after any of them may leave.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "crypto/files.hpp"

namespace satchel::simulation {

using Folder = std::map<std::string, Bytes>;

// What a cut may have done to what was not synced. More is lost than any one file system would lose.
enum class Left : std::uint8_t {
    everything,  // it is there after all
    nothing,     // only what was synced
    beginning,   // a first part, in order
    some,        // any of it: each name that came, went or changed, and each write by itself
    torn,        // the same, and a write stops at a sector or within one, or is zeros from there on
};
inline constexpr int lefts = 5;

class SmallDisk final : public crypto::FileCalls {
public:
    explicit SmallDisk(const Folder& found);

    // A disk that says it has synced, and has not: what must be found out.
    enum class Lie : std::uint8_t { none, files, folders };
    static inline Lie lie = Lie::none;

    // The n-th call from now, from 1, fails with this errno: once, or from then on.
    void fail_after(std::uint64_t n, int error, bool for_good) noexcept
    {
        fail_in_ = n;
        error_ = error;
        for_good_ = for_good;
    }
    [[nodiscard]] std::size_t calls() const noexcept { return tape_.size(); }
    [[nodiscard]] Folder now() const;
    [[nodiscard]] const Bytes* find(const std::string& path) const;

    // Everything that a power cut after the first `calls` may leave.
    void cut_after(std::size_t calls, const std::function<void(Left, Folder)>& visit) const;

    int create(const std::string& path) override;
    std::ptrdiff_t write(int file, ByteView bytes) override;
    int sync(int file) override;
    int close(int file) override;
    int rename(const std::string& from, const std::string& to) override;
    int remove(const std::string& path) override;
    int sync_folder(const std::string& folder) override;

private:
    struct Call {
        enum class What : std::uint8_t { create, write, sync, rename, remove, sync_folder, nothing } what{};
        int file = 0;
        std::string path, to;
        Bytes bytes;
    };
    using Names = std::map<std::string, int>;
    [[nodiscard]] bool fails();
    static void apply(Names& names, std::map<int, Bytes>& contents, const Call& call);
    [[nodiscard]] static Folder folder_of(const Names& names, const std::map<int, Bytes>& contents);

    Names start_, names_;
    std::map<int, Bytes> found_, contents_;  // by file
    std::vector<Call> tape_;
    std::uint64_t fail_in_ = 0;
    int error_ = 0;
    bool for_good_ = false;
};

// The product's own small files on such a disk.
class SmallFiles final : public crypto::FileSystem {
public:
    explicit SmallFiles(SmallDisk& disk) : disk_(disk), files_(disk) {}
    Result<Bytes> read(const std::string& path, std::size_t max) override;
    Result<void> write_durable(const std::string& path, ByteView content) override { return files_.write_durable(path, content); }
    Result<void> remove(const std::string& path) override { return files_.remove(path); }
    Result<bool> exists(const std::string& path) override { return disk_.find(path) != nullptr; }

private:
    SmallDisk& disk_;
    crypto::PosixFiles files_;
};

}  // namespace satchel::simulation
