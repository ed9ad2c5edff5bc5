// A disk in memory under SQLite, of which the power can be cut, which can be full, and which can fail: whatever a real
// one may do to a store, from a seed.
//
// Until a file is synced the disk has promised nothing about it: after a power cut each write since then may be there,
// missing, or torn at a sector. A name that was removed without a sync of its folder may be back.
//
// One thread. Stores are opened with the disk's name as their VFS; all are closed before restart() and destruction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/ports.hpp"

namespace satchel::simulation {

enum class Loss : std::uint8_t {
    nothing,  // everything written is there after all
    all,      // nothing that was not synced is there
    suffix,   // a first part of what was written in order
    some,     // any of it, in any combination
    torn,     // the same, and each write may have stopped between two sectors
};
inline constexpr int losses = 5;

// What files answer when a pragma is asked for, before the library is; null: ask the library. Of the whole process.
using PragmaAnswer = const char* (*)(std::string_view name) noexcept;
void answer_pragmas(PragmaAnswer answer) noexcept;

class Disk {
public:
    explicit Disk(std::string name);
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // The power goes with the n-th write, sync, truncation or removal from now (1: the next), which is not done any more;
    // every call fails until restart(). 0: not at all.
    void cut_power_after(std::uint64_t n) noexcept { cut_in_ = n; }
    [[nodiscard]] bool dead() const noexcept { return dead_; }
    // What a power cut that is now over has left. Also ends faults that last.
    void restart(Loss loss, Random& random);

    // Bytes that may be added from now on before there is no room; and room again.
    void room(std::uint64_t bytes) noexcept { room_ = bytes; }
    void room_again() noexcept { room_ = UINT64_MAX; }
    // There is no room for the n-th write from now that makes a file longer, nor for any after it.
    void full_after(std::uint64_t n) noexcept
    {
        full_in_ = n;
        struck_ = false;
    }

    enum class Call : std::uint8_t { read, write, sync };
    // The n-th such call from now fails with an I/O error: once, or from then on until restart().
    void fail_after(Call call, std::uint64_t n, bool for_good) noexcept;
    [[nodiscard]] bool struck() const noexcept { return struck_; }

    // Something is wrong with it, or soon will be.
    [[nodiscard]] bool faulty() const noexcept
    {
        return dead_ || cut_in_ || fail_in_ || full_in_ || struck_ || room_ != UINT64_MAX;
    }
    // No fault is to come any more. What the power has been cut of stays so.
    void heal() noexcept
    {
        cut_in_ = fail_in_ = full_in_ = 0;
        room_ = UINT64_MAX;
        struck_ = false;
    }

    // Everything on it as it would be read now, to be put back later: a copy of a folder, made while nobody writes.
    struct Copy {
        std::map<std::string, Bytes> files;
    };
    [[nodiscard]] Copy copy() const;
    // The same, file by file, without a copy.
    void each_file(const std::function<void(const std::string& path, const Bytes& content)>& one) const;
    void put_back(const Copy& copy);

    // How often it had no room, and how often such a call failed without a power cut.
    [[nodiscard]] std::uint64_t without_room() const noexcept { return without_room_; }
    [[nodiscard]] std::uint64_t failures(Call call) const noexcept { return failures_[static_cast<std::size_t>(call)]; }

    // Writes, syncs, truncations and removals so far: what cut_power_after() counts.
    [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }
    // Calls of one kind so far, which fail_after() counts, and writes that made a file longer, which full_after() counts.
    [[nodiscard]] std::uint64_t calls(Call call) const noexcept { return calls_[static_cast<std::size_t>(call)]; }
    [[nodiscard]] std::uint64_t growths() const noexcept { return growths_; }

    struct File;    // disk.cpp
    struct Handle;  // disk.cpp

private:
    friend struct DiskCalls;
    struct Vfs;

    [[nodiscard]] bool change();  // counts one; false: the power is gone
    [[nodiscard]] bool fails(Call call);
    [[nodiscard]] bool fills_up();  // counts one; true: from here on

    std::string name_;
    std::map<std::string, std::shared_ptr<File>> files_;
    std::map<std::string, std::shared_ptr<File>> removed_;  // without a sync of the folder
    std::unique_ptr<Vfs> vfs_;
    std::uint64_t changes_ = 0;
    std::uint64_t calls_[3] = {};
    std::uint64_t growths_ = 0;
    std::uint64_t without_room_ = 0;
    std::uint64_t failures_[3] = {};
    std::uint64_t cut_in_ = 0;
    std::uint64_t full_in_ = 0;
    std::uint64_t room_ = UINT64_MAX;
    bool dead_ = false;
    Call failing_ = Call::read;
    std::uint64_t fail_in_ = 0;
    bool fail_for_good_ = false;
    bool struck_ = false;
};

}  // namespace satchel::simulation
