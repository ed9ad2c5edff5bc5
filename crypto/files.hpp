// The small files beside the encrypted store (key slots, device secret, certificates), behind a port so that the
// simulator can cut the power between any two steps.
#pragma once

#include <string>

#include "crypto/secret.hpp"
#include "schema/base/bytes.hpp"
#include "schema/base/result.hpp"

namespace satchel::crypto {

// Paths are the machine's own. Details of errors name the path's last part and the system's reason, never content.
class FileSystem {
public:
    virtual ~FileSystem() = default;

    // The whole file. not_found, too_large (longer than max: nothing is read), io_error.
    virtual Result<Bytes> read(const std::string& path, std::size_t max) = 0;
    // After ok the file holds exactly these bytes, after a power cut too. After an error or a cut it holds the old or
    // the new bytes, never a mixture. Readable by its owner only. disk_full, io_error.
    virtual Result<void> write_durable(const std::string& path, ByteView content) = 0;
    // Durable as well; a file that is not there is ok.
    virtual Result<void> remove(const std::string& path) = 0;
    virtual Result<bool> exists(const std::string& path) = 0;
};

// As read(), into locked memory; the ordinary memory in between is wiped.
Result<SecretBytes> read_secret(FileSystem& files, const std::string& path, std::size_t max);

// The calls by which a folder changes, one by one, as POSIX means them: negative and errno when they fail. A port, so that
// the power can be cut, and the disk fail, between any two.
class FileCalls {
public:
    virtual ~FileCalls() = default;
    virtual int create(const std::string& path) = 0;  // a file that is not there yet, for its owner alone, to be written
    virtual std::ptrdiff_t write(int file, ByteView bytes) = 0;  // how many of them
    virtual int sync(int file) = 0;
    virtual int close(int file) = 0;
    virtual int rename(const std::string& from, const std::string& to) = 0;
    virtual int remove(const std::string& path) = 0;
    virtual int sync_folder(const std::string& folder) = 0;

    static FileCalls& of_this_machine() noexcept;
};

class PosixFiles final : public FileSystem {
public:
    explicit PosixFiles(FileCalls& calls = FileCalls::of_this_machine()) noexcept : calls_(calls) {}
    Result<Bytes> read(const std::string& path, std::size_t max) override;
    // Writes path.new, syncs it, renames it, syncs the directory. One writer of a path at a time.
    Result<void> write_durable(const std::string& path, ByteView content) override;
    Result<void> remove(const std::string& path) override;
    Result<bool> exists(const std::string& path) override;

private:
    FileCalls& calls_;
};

} // namespace satchel::crypto
