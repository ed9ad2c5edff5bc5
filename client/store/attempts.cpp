// How the last attempt to reach the hub ended, so that somebody who asks later is told the truth.
#include "client/store/store_impl.hpp"

namespace satchel::client {
namespace {

constexpr std::string_view key = "last_attempt";
constexpr std::string_view portion_key = "portion";

} // namespace

Result<void> DeviceStore::note_attempt(Instant at, std::optional<Errc> failed)
{
    SATCHEL_TRY(const auto before, last_attempt());
    const bool again = before && before->failed.has_value() == failed.has_value();
    Bytes bytes;
    Writer out(bytes);
    out.i64(at.ms);
    out.i64(again ? before->since.ms : at.ms);
    out.u32(failed ? static_cast<std::uint32_t>(*failed) : 0);
    return impl_->put_meta(key, bytes);
}

Result<std::optional<Attempt>> DeviceStore::last_attempt()
{
    SATCHEL_TRY(const auto stored, impl_->meta(key));
    if (!stored)
        return std::optional<Attempt>{};
    Reader in(*stored);
    Attempt out;
    out.at = Instant{in.i64()};
    out.since = Instant{in.i64()};
    if (const auto code = in.u32(); code != 0)
        out.failed = static_cast<Errc>(code);
    if (!in.at_end())
        return fail(Errc::corrupt, "meta: last_attempt");
    return std::optional{out};
}

Result<std::size_t> DeviceStore::portion()
{
    SATCHEL_TRY(const auto stored, impl_->meta(portion_key));
    if (!stored)
        return sync::push_bytes_max;
    Reader in(*stored);
    const auto bytes = in.u32();
    if (!in.at_end())
        return fail(Errc::corrupt, "meta: portion");
    return bytes;
}

Result<void> DeviceStore::set_portion(std::size_t bytes)
{
    Bytes stored;
    Writer out(stored);
    out.u32(static_cast<std::uint32_t>(bytes));
    return impl_->put_meta(portion_key, stored);
}

} // namespace satchel::client
