#include "tests/simulation/disk.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include <sqlite3.h>

#include "crypto/vault/database.hpp"

namespace satchel::simulation {
namespace {

constexpr std::size_t sector = 512;

PragmaAnswer pragma_answer = nullptr;

// What was done to a file since its last sync, with what was there before, so that any part of it can be undone.
struct Change {
    std::size_t at = 0;
    std::size_t size_before = 0, size_after = 0;
    Bytes before, after;  // of a truncation: what was cut off, nothing
};

void apply(Bytes& content, const Change& change, std::size_t bytes)
{
    if (change.size_after < change.size_before) {
        content.resize(std::min(content.size(), change.size_after));
        return;
    }
    if (content.size() < change.at + bytes)
        content.resize(change.at + bytes);
    std::copy_n(change.after.begin(), bytes, content.begin() + static_cast<std::ptrdiff_t>(change.at));
}

void undo(Bytes& content, const Change& change)
{
    content.resize(change.size_before);
    std::copy(change.before.begin(), change.before.end(), content.begin() + static_cast<std::ptrdiff_t>(change.at));
}

std::uint64_t draw(Random& random, std::uint64_t below)
{
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    std::uint64_t out = 0;
    for (const auto b : bytes)
        out = out << 8 | b;
    return out % below;
}

}  // namespace

struct Disk::File {
    Bytes content;
    std::vector<Change> unsynced;
    bool name_synced = false;  // the first sync of a new file makes its name last, as on ext4

    // Locks of connections in this process, as SQLite counts them.
    int shared = 0;
    const void* reserved = nullptr;
    const void* pending = nullptr;
    const void* exclusive = nullptr;

    // The index of its log, which is memory and gone after a power cut.
    std::vector<std::unique_ptr<Bytes>> shared_memory;
    struct Slot {
        int shared = 0;
        const void* exclusive = nullptr;
    };
    std::array<Slot, SQLITE_SHM_NLOCK> slots{};
    int mapped = 0;
};

struct Disk::Handle {
    sqlite3_file base;
    Disk* disk;
    std::shared_ptr<File> file;
    int lock;
    bool maps;
    bool delete_on_close;
    std::string path;
};

struct Disk::Vfs {
    sqlite3_vfs vfs{};
};

struct DiskCalls {
    using Handle = Disk::Handle;
    using File = Disk::File;

    static Handle& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
    static Disk& of(sqlite3_vfs* vfs) { return *static_cast<Disk*>(vfs->pAppData); }

    static int close(sqlite3_file* raw)
    {
        auto& handle = of(raw);
        unlock(raw, SQLITE_LOCK_NONE);
        unmap(raw, 0);
        if (handle.delete_on_close)
            handle.disk->files_.erase(handle.path);
        handle.~Handle();
        return SQLITE_OK;
    }

    static int read(sqlite3_file* raw, void* to, int n, sqlite3_int64 at)
    {
        auto& handle = of(raw);
        if (handle.disk->dead_ || handle.disk->fails(Disk::Call::read))
            return SQLITE_IOERR_READ;
        const auto& content = handle.file->content;
        const auto from = std::min<std::size_t>(static_cast<std::size_t>(at), content.size());
        const auto there = std::min<std::size_t>(static_cast<std::size_t>(n), content.size() - from);
        if (there != 0)
            std::memcpy(to, content.data() + from, there);
        if (there == static_cast<std::size_t>(n))
            return SQLITE_OK;
        std::memset(static_cast<char*>(to) + there, 0, static_cast<std::size_t>(n) - there);
        return SQLITE_IOERR_SHORT_READ;
    }

    static int write(sqlite3_file* raw, const void* from, int n, sqlite3_int64 at)
    {
        auto& handle = of(raw);
        auto& disk = *handle.disk;
        const auto bytes = static_cast<const std::uint8_t*>(from);
        auto size = static_cast<std::size_t>(n);
        if (!disk.change())
            return SQLITE_IOERR_WRITE;
        const bool failed = disk.fails(Disk::Call::write);
        if (failed)
            size /= 2;  // what fails has begun
        auto& content = handle.file->content;
        const auto end = static_cast<std::size_t>(at) + size;
        const auto more = end > content.size() ? end - content.size() : 0;
        if (more > 0 && disk.fills_up())
            disk.room_ = 0;
        if (more > disk.room_) {
            ++disk.without_room_;
            return SQLITE_FULL;
        }
        if (disk.room_ != UINT64_MAX)
            disk.room_ -= more;
        Change change;
        change.at = static_cast<std::size_t>(at);
        change.size_before = content.size();
        change.size_after = std::max(content.size(), end);
        if (change.at < content.size())
            change.before.assign(content.begin() + static_cast<std::ptrdiff_t>(change.at),
                                 content.begin() + static_cast<std::ptrdiff_t>(std::min(end, content.size())));
        change.after.assign(bytes, bytes + size);
        apply(content, change, size);
        handle.file->unsynced.push_back(std::move(change));
        return failed ? SQLITE_IOERR_WRITE : SQLITE_OK;
    }

    static int truncate(sqlite3_file* raw, sqlite3_int64 n)
    {
        auto& handle = of(raw);
        if (!handle.disk->change())
            return SQLITE_IOERR_TRUNCATE;
        auto& content = handle.file->content;
        const auto size = static_cast<std::size_t>(n);
        if (size >= content.size())
            return SQLITE_OK;
        Change change;
        change.at = size;
        change.size_before = content.size();
        change.size_after = size;
        change.before.assign(content.begin() + static_cast<std::ptrdiff_t>(size), content.end());
        content.resize(size);
        handle.file->unsynced.push_back(std::move(change));
        return SQLITE_OK;
    }

    static int sync(sqlite3_file* raw, int)
    {
        auto& handle = of(raw);
        if (!handle.disk->change() || handle.disk->fails(Disk::Call::sync))
            return SQLITE_IOERR_FSYNC;
        handle.file->unsynced.clear();
        handle.file->name_synced = true;
        return SQLITE_OK;
    }

    static int size(sqlite3_file* raw, sqlite3_int64* n)
    {
        if (of(raw).disk->dead_)
            return SQLITE_IOERR_FSTAT;
        *n = static_cast<sqlite3_int64>(of(raw).file->content.size());
        return SQLITE_OK;
    }

    // SQLite's own rules (os.h): shared readers; one reserved writer beside them; pending keeps new readers out.
    static int lock(sqlite3_file* raw, int level)
    {
        auto& handle = of(raw);
        auto& file = *handle.file;
        if (handle.lock >= level)
            return SQLITE_OK;
        const auto others_exclusive = file.exclusive != nullptr && file.exclusive != raw;
        const auto others_pending = file.pending != nullptr && file.pending != raw;
        if (level == SQLITE_LOCK_SHARED) {
            if (others_exclusive || others_pending)
                return SQLITE_BUSY;
            ++file.shared;
            handle.lock = SQLITE_LOCK_SHARED;
            return SQLITE_OK;
        }
        if (file.reserved != nullptr && file.reserved != raw)
            return SQLITE_BUSY;
        if (level == SQLITE_LOCK_RESERVED) {
            if (others_exclusive || others_pending)
                return SQLITE_BUSY;
            file.reserved = raw;
            handle.lock = SQLITE_LOCK_RESERVED;
            return SQLITE_OK;
        }
        if (others_exclusive || others_pending)
            return SQLITE_BUSY;
        file.pending = raw;
        handle.lock = std::max(handle.lock, static_cast<int>(SQLITE_LOCK_PENDING));
        if (file.shared > 1)
            return SQLITE_BUSY;
        file.exclusive = raw;
        handle.lock = SQLITE_LOCK_EXCLUSIVE;
        return SQLITE_OK;
    }

    static int unlock(sqlite3_file* raw, int level)
    {
        auto& handle = of(raw);
        auto& file = *handle.file;
        if (handle.lock <= level)
            return SQLITE_OK;
        for (auto* const held : {&file.reserved, &file.pending, &file.exclusive})
            if (*held == raw)
                *held = nullptr;
        if (level == SQLITE_LOCK_NONE)
            --file.shared;
        handle.lock = level;
        return SQLITE_OK;
    }

    static int check_reserved(sqlite3_file* raw, int* held)
    {
        const auto& file = *of(raw).file;
        *held = file.reserved != nullptr || file.pending != nullptr || file.exclusive != nullptr;
        return SQLITE_OK;
    }

    static int control(sqlite3_file*, int what, void* arguments)
    {
        if (what != SQLITE_FCNTL_PRAGMA)
            return SQLITE_NOTFOUND;
        auto** const words = static_cast<char**>(arguments);  // answer, name, value
        const auto* const answer = words[2] == nullptr && pragma_answer ? pragma_answer(words[1]) : nullptr;
        if (answer == nullptr)
            return SQLITE_NOTFOUND;
        words[0] = sqlite3_mprintf("%s", answer);
        return SQLITE_OK;
    }
    static int sector_size(sqlite3_file*) { return static_cast<int>(sector); }
    static int characteristics(sqlite3_file*) { return 0; }

    static int map(sqlite3_file* raw, int page, int bytes, int extend, void volatile** out)
    {
        auto& handle = of(raw);
        auto& file = *handle.file;
        if (!handle.maps) {
            handle.maps = true;
            ++file.mapped;
        }
        *out = nullptr;
        while (file.shared_memory.size() <= static_cast<std::size_t>(page)) {
            if (!extend)
                return SQLITE_OK;
            file.shared_memory.push_back(std::make_unique<Bytes>(static_cast<std::size_t>(bytes)));
        }
        *out = file.shared_memory[static_cast<std::size_t>(page)]->data();
        return SQLITE_OK;
    }

    static int lock_shared_memory(sqlite3_file* raw, int at, int n, int how)
    {
        auto& file = *of(raw).file;
        const auto first = file.slots.begin() + at, last = first + n;
        if (how & SQLITE_SHM_UNLOCK) {
            for (auto slot = first; slot != last; ++slot) {
                if (how & SQLITE_SHM_SHARED)
                    --slot->shared;
                else if (slot->exclusive == raw)
                    slot->exclusive = nullptr;
            }
            return SQLITE_OK;
        }
        for (auto slot = first; slot != last; ++slot) {
            if (slot->exclusive != nullptr && slot->exclusive != raw)
                return SQLITE_BUSY;
            if ((how & SQLITE_SHM_EXCLUSIVE) && slot->shared > 0)
                return SQLITE_BUSY;
        }
        for (auto slot = first; slot != last; ++slot) {
            if (how & SQLITE_SHM_SHARED)
                ++slot->shared;
            else
                slot->exclusive = raw;
        }
        return SQLITE_OK;
    }

    static void barrier(sqlite3_file*) {}

    static int unmap(sqlite3_file* raw, int remove)
    {
        auto& handle = of(raw);
        if (!handle.maps)
            return SQLITE_OK;
        handle.maps = false;
        if (--handle.file->mapped == 0 && remove)
            handle.file->shared_memory.clear();
        return SQLITE_OK;
    }

    static int open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* raw, int flags, int* out_flags)
    {
        static const sqlite3_io_methods methods = {
            2,    close,   read,           write,   truncate,    sync,
            size, lock,    unlock,         check_reserved, control, sector_size, characteristics,
            map,  lock_shared_memory, barrier, unmap, nullptr, nullptr};
        auto& disk = of(vfs);
        raw->pMethods = nullptr;
        if (disk.dead_)
            return SQLITE_CANTOPEN;
        const std::string name = path ? path : "(temporary " + std::to_string(disk.changes_) + ")";
        auto found = disk.files_.find(name);
        if (found == disk.files_.end()) {
            if (path != nullptr && !(flags & SQLITE_OPEN_CREATE))
                return SQLITE_CANTOPEN;
            if (!disk.change())
                return SQLITE_CANTOPEN;
            found = disk.files_.emplace(name, std::make_shared<File>()).first;
        } else if (flags & SQLITE_OPEN_EXCLUSIVE) {
            return SQLITE_CANTOPEN;
        }
        auto* const handle = ::new (static_cast<void*>(raw)) Handle{};
        handle->disk = &disk;
        handle->file = found->second;
        handle->path = name;
        handle->delete_on_close = path == nullptr || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
        handle->base.pMethods = &methods;
        if (out_flags != nullptr)
            *out_flags = flags;
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs* vfs, const char* path, int sync_folder)
    {
        auto& disk = of(vfs);
        const auto found = disk.files_.find(path);
        if (found == disk.files_.end())
            return SQLITE_IOERR_DELETE_NOENT;
        if (!disk.change())
            return SQLITE_IOERR_DELETE;
        if (!sync_folder)
            disk.removed_[path] = found->second;
        else
            disk.removed_.clear();
        disk.files_.erase(found);
        return SQLITE_OK;
    }

    static int access(sqlite3_vfs* vfs, const char* path, int, int* out)
    {
        *out = of(vfs).files_.contains(path);
        return of(vfs).dead_ ? SQLITE_IOERR_ACCESS : SQLITE_OK;
    }

    static int full_path(sqlite3_vfs*, const char* path, int n, char* out)
    {
        if (std::strlen(path) >= static_cast<std::size_t>(n))
            return SQLITE_CANTOPEN;
        std::strcpy(out, path);
        return SQLITE_OK;
    }

    static int randomness(sqlite3_vfs* vfs, int n, char* out)
    {
        for (int i = 0; i < n; ++i)
            out[i] = static_cast<char>(of(vfs).changes_ * 37 + static_cast<unsigned>(i));
        return n;
    }
    static int sleep(sqlite3_vfs*, int micros) { return micros; }
    static int now(sqlite3_vfs*, double* days)
    {
        *days = 2461000.5;
        return SQLITE_OK;
    }
    static int last_error(sqlite3_vfs*, int, char*) { return 0; }
};

void answer_pragmas(PragmaAnswer answer) noexcept { pragma_answer = answer; }

Disk::Disk(std::string name) : name_(std::move(name)), vfs_(std::make_unique<Vfs>())
{
    crypto::initialize_engine();
    auto& vfs = vfs_->vfs;
    vfs.iVersion = 1;
    vfs.szOsFile = sizeof(Handle);
    vfs.mxPathname = 256;
    vfs.zName = name_.c_str();
    vfs.pAppData = this;
    vfs.xOpen = DiskCalls::open;
    vfs.xDelete = DiskCalls::remove;
    vfs.xAccess = DiskCalls::access;
    vfs.xFullPathname = DiskCalls::full_path;
    vfs.xRandomness = DiskCalls::randomness;
    vfs.xSleep = DiskCalls::sleep;
    vfs.xCurrentTime = DiskCalls::now;
    vfs.xGetLastError = DiskCalls::last_error;
    SATCHEL_CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

Disk::~Disk() { sqlite3_vfs_unregister(&vfs_->vfs); }

bool Disk::change()
{
    if (dead_)
        return false;
    ++changes_;
    if (cut_in_ != 0 && --cut_in_ == 0)
        dead_ = true;
    return !dead_;
}

void Disk::fail_after(Call call, std::uint64_t n, bool for_good) noexcept
{
    failing_ = call;
    fail_in_ = n;
    fail_for_good_ = for_good;
    struck_ = false;
}

bool Disk::fills_up()
{
    ++growths_;
    if (full_in_ == 0 || --full_in_ > 0)
        return false;
    struck_ = true;
    return true;
}

bool Disk::fails(Call call)
{
    ++calls_[static_cast<std::size_t>(call)];
    if (call != failing_ || fail_in_ == 0 || --fail_in_ > 0)
        return false;
    struck_ = true;
    ++failures_[static_cast<std::size_t>(call)];
    fail_in_ = fail_for_good_ ? 1 : 0;
    return true;
}

void Disk::restart(Loss loss, Random& random)
{
    for (auto& [path, file] : removed_)
        if (loss != Loss::nothing && !files_.contains(path) && (loss == Loss::all || draw(random, 2) == 0))
            files_[path] = file;
    removed_.clear();
    for (auto it = files_.begin(); it != files_.end();) {
        auto& file = *it->second;
        if (loss != Loss::nothing && !file.name_synced && (loss == Loss::all || draw(random, 2) == 0)) {
            it = files_.erase(it);
            continue;
        }
        auto changes = std::move(file.unsynced);
        file.unsynced.clear();
        if (loss != Loss::nothing && !changes.empty()) {
            for (auto change = changes.rbegin(); change != changes.rend(); ++change)
                undo(file.content, *change);
            const auto kept = loss == Loss::suffix ? draw(random, changes.size() + 1) : changes.size();
            for (std::size_t i = 0; loss != Loss::all && i < kept; ++i) {
                if (loss != Loss::suffix && draw(random, 2) == 0)
                    continue;
                auto bytes = changes[i].after.size();
                if (loss == Loss::torn && bytes > sector)
                    bytes = draw(random, bytes / sector + 1) * sector;
                apply(file.content, changes[i], bytes);
            }
        }
        file.name_synced = true;
        file.shared_memory.clear();
        ++it;
    }
    dead_ = false;
    heal();
}

Disk::Copy Disk::copy() const
{
    Copy out;
    for (const auto& [path, file] : files_)
        out.files[path] = file->content;
    return out;
}

void Disk::each_file(const std::function<void(const std::string&, const Bytes&)>& one) const
{
    for (const auto& [path, file] : files_)
        one(path, file->content);
}

void Disk::put_back(const Copy& copy)
{
    files_.clear();
    removed_.clear();
    for (const auto& [path, content] : copy.files) {
        auto file = std::make_shared<File>();
        file->content = content;
        file->name_synced = true;
        files_[path] = std::move(file);
    }
}

}  // namespace satchel::simulation
