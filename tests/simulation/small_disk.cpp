#include "tests/simulation/small_disk.hpp"

#include <algorithm>
#include <cerrno>

namespace satchel::simulation {
namespace {

constexpr std::size_t sector = 512;
// Of what was not synced each part may be lost by itself: 2^n ways. The files here never have more on its way.
constexpr std::size_t unsynced_max = 12;

// Where a write of so many bytes may stop.
std::vector<std::size_t> tears(std::size_t size)
{
    std::vector<std::size_t> out;
    for (const auto at : {std::size_t{1}, size / 2, size - 1})
        out.push_back(at);
    for (std::size_t at = sector; at < size; at += sector)
        out.push_back(at);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    std::erase_if(out, [&](std::size_t at) { return at == 0 || at >= size; });
    return out;
}

}  // namespace

SmallDisk::SmallDisk(const Folder& found)
{
    int file = 0;
    for (const auto& [path, bytes] : found) {
        start_[path] = ++file;
        found_[file] = bytes;
    }
    names_ = start_;
    contents_ = found_;
}

Folder SmallDisk::folder_of(const Names& names, const std::map<int, Bytes>& contents)
{
    Folder out;
    for (const auto& [path, file] : names) {
        const auto at = contents.find(file);
        out[path] = at == contents.end() ? Bytes{} : at->second;
    }
    return out;
}

Folder SmallDisk::now() const { return folder_of(names_, contents_); }

const Bytes* SmallDisk::find(const std::string& path) const
{
    static const Bytes empty;
    const auto name = names_.find(path);
    if (name == names_.end())
        return nullptr;
    const auto content = contents_.find(name->second);
    return content == contents_.end() ? &empty : &content->second;
}

bool SmallDisk::fails()
{
    if (fail_in_ == 0 || --fail_in_ > 0)
        return false;
    fail_in_ = for_good_;
    errno = error_;
    return true;
}

// Names are of files, whatever other names said: a changed name may be there without the one before it.
void SmallDisk::apply(Names& names, std::map<int, Bytes>& contents, const Call& call)
{
    using enum Call::What;
    switch (call.what) {
    case create:
        names[call.path] = call.file;
        break;
    case rename:
        if (const auto at = names.find(call.path); at != names.end() && at->second == call.file)
            names.erase(at);
        names[call.to] = call.file;
        break;
    case remove:
        if (const auto at = names.find(call.path); at != names.end() && at->second == call.file)
            names.erase(at);
        break;
    case write: {
        auto& content = contents[call.file];
        content.insert(content.end(), call.bytes.begin(), call.bytes.end());
        break;
    }
    case sync:
    case sync_folder:
    case nothing:
        break;
    }
}

void SmallDisk::cut_after(std::size_t calls, const std::function<void(Left, Folder)>& visit) const
{
    // What is promised: contents up to their last sync, names up to the folder's.
    std::vector<const Call*> order;
    std::vector<bool> synced;
    for (std::size_t i = 0; i < calls; ++i) {
        const auto& call = tape_[i];
        if (call.what == Call::What::sync || call.what == Call::What::sync_folder) {
            for (std::size_t j = 0; j < order.size(); ++j) {
                const bool content = order[j]->what == Call::What::write;
                if (call.what == Call::What::sync ? content && order[j]->file == call.file : !content)
                    synced[j] = true;
            }
        } else if (call.what != Call::What::nothing) {
            order.push_back(&call);
            synced.push_back(false);
        }
    }
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < order.size(); ++i)
        if (!synced[i])
            open.push_back(i);
    SATCHEL_CHECK(open.size() <= unsynced_max);

    const auto build = [&](std::uint32_t kept, std::size_t torn, std::size_t at, bool zeros) {
        auto names = start_;
        auto contents = found_;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const auto place = static_cast<std::size_t>(std::find(open.begin(), open.end(), i) - open.begin());
            if (place != open.size() && !(kept >> place & 1))
                continue;
            if (place == open.size() || place != torn) {
                apply(names, contents, *order[i]);
                continue;
            }
            auto part = *order[i];
            if (zeros)
                std::fill(part.bytes.begin() + static_cast<std::ptrdiff_t>(at), part.bytes.end(), std::uint8_t{0});
            else
                part.bytes.resize(at);
            apply(names, contents, part);
        }
        return folder_of(names, contents);
    };
    const auto n = open.size();
    const auto all = (std::uint32_t{1} << n) - 1;
    constexpr auto whole = SIZE_MAX;
    visit(Left::everything, build(all, whole, 0, false));
    visit(Left::nothing, build(0, whole, 0, false));
    for (std::size_t first = 1; first < n; ++first)
        visit(Left::beginning, build((std::uint32_t{1} << first) - 1, whole, 0, false));
    for (std::uint32_t kept = 1; kept < all; ++kept)
        visit(Left::some, build(kept, whole, 0, false));
    for (std::size_t torn = 0; torn < n; ++torn)
        if (order[open[torn]]->what == Call::What::write)
            for (const auto at : tears(order[open[torn]]->bytes.size()))
                for (const bool zeros : {false, true})
                    for (std::uint32_t kept = 0; kept <= all; ++kept)
                        if (kept >> torn & 1)
                            visit(Left::torn, build(kept, torn, at, zeros));
}

int SmallDisk::create(const std::string& path)
{
    const bool failed = fails();
    if (!failed && names_.contains(path)) {
        errno = EEXIST;
        tape_.push_back({Call::What::nothing, 0, {}, {}, {}});
        return -1;
    }
    Call call{failed ? Call::What::nothing : Call::What::create, static_cast<int>(found_.size() + tape_.size()) + 1, path, {}, {}};
    apply(names_, contents_, call);
    tape_.push_back(call);
    return failed ? -1 : call.file;
}

std::ptrdiff_t SmallDisk::write(int file, ByteView bytes)
{
    const bool failed = fails();
    Call call{Call::What::write, file, {}, {}, Bytes(bytes.begin(), bytes.end())};
    if (failed)
        call.bytes.resize(bytes.size() / 2);  // how far it got nobody says
    apply(names_, contents_, call);
    tape_.push_back(call);
    return failed ? -1 : static_cast<std::ptrdiff_t>(bytes.size());
}

int SmallDisk::sync(int file)
{
    const bool failed = fails();
    tape_.push_back({failed || lie == Lie::files ? Call::What::nothing : Call::What::sync, file, {}, {}, {}});
    return failed ? -1 : 0;
}

int SmallDisk::close(int file)
{
    tape_.push_back({Call::What::nothing, file, {}, {}, {}});
    return fails() ? -1 : 0;
}

int SmallDisk::rename(const std::string& from, const std::string& to)
{
    const bool failed = fails();
    const auto at = names_.find(from);
    if (!failed && at == names_.end()) {
        errno = ENOENT;
        tape_.push_back({Call::What::nothing, 0, {}, {}, {}});
        return -1;
    }
    Call call{failed ? Call::What::nothing : Call::What::rename, failed ? 0 : at->second, from, to, {}};
    apply(names_, contents_, call);
    tape_.push_back(call);
    return failed ? -1 : 0;
}

int SmallDisk::remove(const std::string& path)
{
    const bool failed = fails();
    const auto at = names_.find(path);
    if (!failed && at == names_.end()) {
        errno = ENOENT;
        tape_.push_back({Call::What::nothing, 0, {}, {}, {}});
        return -1;
    }
    Call call{failed ? Call::What::nothing : Call::What::remove, failed ? 0 : at->second, path, {}, {}};
    apply(names_, contents_, call);
    tape_.push_back(call);
    return failed ? -1 : 0;
}

int SmallDisk::sync_folder(const std::string&)
{
    const bool failed = fails();
    tape_.push_back({failed || lie == Lie::folders ? Call::What::nothing : Call::What::sync_folder, 0, {}, {}, {}});
    return failed ? -1 : 0;
}

Result<Bytes> SmallFiles::read(const std::string& path, std::size_t max)
{
    SATCHEL_CHECK(!path.ends_with(".new"));  // never read under its first name
    const auto* found = disk_.find(path);
    if (!found)
        return fail(Errc::not_found, "none");
    if (found->size() > max)
        return fail(Errc::too_large, "long");
    return *found;
}

}  // namespace satchel::simulation
