// A SQLite VFS over the machine's own that lets the n-th write, sync or read fail, once or from then on; `open` gives the n-th
// log for reading only, as SQLite does after any error in opening it.
#pragma once

#include <cstring>
#include <limits>
#include <new>
#include <string>

#include <sqlite3.h>

#include "crypto/vault/database.hpp"

namespace satchel::crypto {

class FaultVfs {
public:
    enum class Kind { write, sync, read, open };

    FaultVfs()
    {
        initialize_engine();
        real_ = sqlite3_vfs_find(nullptr);
        vfs_ = *real_;
        vfs_.pNext = nullptr;
        vfs_.zName = "fault";
        vfs_.pAppData = this;
        vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
        vfs_.xOpen = open;
        sqlite3_vfs_register(&vfs_, 0);
    }
    ~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;

    void fail_at(Kind kind, long n, int code, bool for_good)
    {
        kind_ = kind;
        left_ = n;
        code_ = code;
        for_good_ = for_good;
        struck_ = false;
    }
    void heal() { left_ = std::numeric_limits<long>::max(); }
    [[nodiscard]] bool struck() const { return struck_; }
    [[nodiscard]] const char* name() const { return vfs_.zName; }

private:
    struct File {
        sqlite3_file base;
        FaultVfs* vfs;
        sqlite3_io_methods methods;
        [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };
    static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

    bool fails(Kind kind)
    {
        if (kind != kind_ || left_ == std::numeric_limits<long>::max() || --left_ > 0)
            return false;
        struck_ = true;
        left_ = for_good_ ? 1 : std::numeric_limits<long>::max();
        return true;
    }

    static int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* raw, int flags, int* out_flags)
    {
        auto& self = *static_cast<FaultVfs*>(vfs->pAppData);
        auto* const file = ::new (static_cast<void*>(raw)) File{};
        file->vfs = &self;
        std::memset(file->real(), 0, static_cast<std::size_t>(self.real_->szOsFile));
        if ((flags & SQLITE_OPEN_WAL) != 0 && self.fails(Kind::open))
            flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
        const int rc = self.real_->xOpen(self.real_, name, file->real(), flags, out_flags);
        if (file->real()->pMethods == nullptr)
            return rc;
        auto& m = file->methods;
        m.iVersion = 2; // shared memory yes, memory mapping no
        m.xClose = [](sqlite3_file* f) { return of(f).real()->pMethods->xClose(of(f).real()); };
        m.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
            return of(f).vfs->fails(Kind::read) ? of(f).vfs->code_
                                                : of(f).real()->pMethods->xRead(of(f).real(), to, n, at);
        };
        m.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
            if (!of(f).vfs->fails(Kind::write))
                return of(f).real()->pMethods->xWrite(of(f).real(), from, n, at);
            of(f).real()->pMethods->xWrite(of(f).real(), from, n / 2, at); // torn, as a full disk tears
            return of(f).vfs->code_;
        };
        m.xTruncate = [](sqlite3_file* f, sqlite3_int64 n) {
            return of(f).real()->pMethods->xTruncate(of(f).real(), n);
        };
        m.xSync = [](sqlite3_file* f, int how) {
            return of(f).vfs->fails(Kind::sync) ? of(f).vfs->code_
                                                : of(f).real()->pMethods->xSync(of(f).real(), how);
        };
        m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) {
            return of(f).real()->pMethods->xFileSize(of(f).real(), n);
        };
        m.xLock = [](sqlite3_file* f, int n) { return of(f).real()->pMethods->xLock(of(f).real(), n); };
        m.xUnlock = [](sqlite3_file* f, int n) { return of(f).real()->pMethods->xUnlock(of(f).real(), n); };
        m.xCheckReservedLock = [](sqlite3_file* f, int* n) {
            return of(f).real()->pMethods->xCheckReservedLock(of(f).real(), n);
        };
        m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
            return of(f).real()->pMethods->xFileControl(of(f).real(), op, arg);
        };
        m.xSectorSize = [](sqlite3_file* f) { return of(f).real()->pMethods->xSectorSize(of(f).real()); };
        m.xDeviceCharacteristics = [](sqlite3_file* f) {
            return of(f).real()->pMethods->xDeviceCharacteristics(of(f).real());
        };
        m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
            return of(f).real()->pMethods->xShmMap(of(f).real(), page, size, extend, out);
        };
        m.xShmLock = [](sqlite3_file* f, int at, int n, int how) {
            return of(f).real()->pMethods->xShmLock(of(f).real(), at, n, how);
        };
        m.xShmBarrier = [](sqlite3_file* f) { of(f).real()->pMethods->xShmBarrier(of(f).real()); };
        m.xShmUnmap = [](sqlite3_file* f, int remove) {
            return of(f).real()->pMethods->xShmUnmap(of(f).real(), remove);
        };
        file->base.pMethods = &m;
        return rc;
    }

    sqlite3_vfs* real_ = nullptr;
    sqlite3_vfs vfs_{};
    Kind kind_ = Kind::write;
    long left_ = std::numeric_limits<long>::max();
    int code_ = 0;
    bool for_good_ = false;
    bool struck_ = false;
};

} // namespace satchel::crypto
