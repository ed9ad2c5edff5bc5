#include "crypto/files.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace satchel::crypto {
namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

std::string last_part(const std::string& path)
{
    const auto slash = path.find_last_of('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string directory_of(const std::string& path)
{
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos)
        return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

tl::unexpected<Error> system_failure(const char* doing, const std::string& path, int error)
{
    const auto code = error == ENOENT                                        ? Errc::not_found
                      : error == ENOSPC || error == EDQUOT || error == EFBIG ? Errc::disk_full
                                                                             : Errc::io_error;
    return fail(code, std::string{doing} + " " + last_part(path) + ": " + std::strerror(error));
}

class Machine final : public FileCalls {
public:
    int create(const std::string& path) override
    {
        return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    std::ptrdiff_t write(int file, ByteView bytes) override { return ::write(file, bytes.data(), bytes.size()); }
    int sync(int file) override { return ::fsync(file); }
    int close(int file) override { return ::close(file); }
    int rename(const std::string& from, const std::string& to) override { return ::rename(from.c_str(), to.c_str()); }
    int remove(const std::string& path) override { return ::unlink(path.c_str()); }
    int sync_folder(const std::string& folder) override
    {
        const Descriptor directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        return directory.get() < 0 ? -1 : ::fsync(directory.get());
    }
};

Result<void> sync_directory(FileCalls& calls, const std::string& path)
{
    if (calls.sync_folder(directory_of(path)) != 0)
        return system_failure("cannot sync the directory of", path, errno);
    return {};
}

} // namespace

Result<SecretBytes> read_secret(FileSystem& files, const std::string& path, std::size_t max)
{
    SATCHEL_TRY(auto bytes, files.read(path, max));
    auto out = SecretBytes::copy_of(bytes);
    cleanse(bytes);
    return out;
}

Result<Bytes> PosixFiles::read(const std::string& path, std::size_t max)
{
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    struct stat found {};
    if (file.get() < 0 || ::fstat(file.get(), &found) != 0)
        return system_failure("cannot open", path, errno);
    if (!S_ISREG(found.st_mode))
        return fail(Errc::io_error, last_part(path) + " is not a file");
    if (static_cast<std::uint64_t>(found.st_size) > max)
        return fail(Errc::too_large, last_part(path) + " is longer than " + std::to_string(max) + " bytes");
    Bytes out(static_cast<std::size_t>(found.st_size));
    std::size_t at = 0;
    while (at < out.size()) {
        const auto n = ::read(file.get(), out.data() + at, out.size() - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return system_failure("cannot read", path, errno);
        if (n == 0)
            break; // shortened meanwhile: what is there is what it holds
        at += static_cast<std::size_t>(n);
    }
    out.resize(at);
    return out;
}

FileCalls& FileCalls::of_this_machine() noexcept
{
    static Machine machine;
    return machine;
}

Result<void> PosixFiles::write_durable(const std::string& path, ByteView content)
{
    const auto fresh = path + ".new";
    if (calls_.remove(fresh) != 0 && errno != ENOENT) // what an earlier power cut left
        return system_failure("cannot replace", fresh, errno);
    const int file = calls_.create(fresh);
    if (file < 0)
        return system_failure("cannot create", fresh, errno == ENOENT ? ENOTDIR : errno);
    int error = 0;
    while (!content.empty() && error == 0) {
        const auto n = calls_.write(file, content);
        if (n >= 0)
            content = content.subspan(static_cast<std::size_t>(n));
        else if (errno != EINTR)
            error = errno;
    }
    if (error == 0 && calls_.sync(file) != 0)
        error = errno;
    if (calls_.close(file) != 0 && error == 0)
        error = errno;
    if (error == 0 && calls_.rename(fresh, path) != 0)
        error = errno;
    if (error != 0) {
        calls_.remove(fresh);
        return system_failure("cannot write", path, error);
    }
    return sync_directory(calls_, path);
}

Result<void> PosixFiles::remove(const std::string& path)
{
    if (calls_.remove(path) != 0) {
        if (errno == ENOENT)
            return {};
        return system_failure("cannot remove", path, errno);
    }
    return sync_directory(calls_, path);
}

Result<bool> PosixFiles::exists(const std::string& path)
{
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0)
        return true;
    if (errno == ENOENT || errno == ENOTDIR)
        return false;
    return system_failure("cannot look for", path, errno);
}

} // namespace satchel::crypto
