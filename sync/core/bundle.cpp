#include "sync/core/bundle.hpp"

#include "crypto/hash.hpp"

namespace satchel::sync {
namespace {

constexpr std::size_t file_name_bytes_max = 128;

}  // namespace

Bytes pack_bundle(std::span<const schema::SourceFile> files)
{
    Bytes bytes;
    Writer out(bytes);
    out.var(files.size());
    for (const auto& file : files) {
        out.str(file.name);
        out.str(file.text);
    }
    return bytes;
}

Result<std::vector<BundleFile>> unpack_bundle(ByteView bytes)
{
    if (bytes.size() > bundle_bytes_max)
        return fail(Errc::too_large, "policy bundle");
    Reader in(bytes);
    std::vector<BundleFile> files(in.count(schema::policy_files_max, 2));
    for (auto& file : files) {
        file.name = in.str(file_name_bytes_max);
        file.text = in.str(schema::policy_file_bytes_max);
    }
    if (!in.at_end())
        return fail(Errc::malformed, "policy bundle");
    return files;
}

Bytes policy_bytes(ByteView bundle)
{
    Bytes bytes;
    Writer out(bytes);
    out.str("satchel policy/1");
    out.bytes(bundle);
    return bytes;
}

Result<schema::Policy> open_policy(const PolicyMessage& message, const crypto::PublicKey& hub)
{
    if (!crypto::verify(hub, policy_bytes(message.bundle), message.signature))
        return fail(Errc::bad_signature, "policy bundle");
    SATCHEL_TRY(const auto files, unpack_bundle(message.bundle));
    std::vector<schema::SourceFile> sources;
    sources.reserve(files.size());
    for (const auto& file : files)
        sources.push_back({file.name, file.text});
    return schema::compile_or_fail(sources, crypto::sha256(message.bundle));
}

}  // namespace satchel::sync
