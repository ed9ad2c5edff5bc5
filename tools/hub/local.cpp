#include "tools/hub/local.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>

#include "schema/change/change.hpp"
#include "schema/policy/embedded.hpp"
#include "sync/console/turn.hpp"
#include "sync/core/bundle.hpp"
#include "tools/hub/serve.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Request;

constexpr std::size_t name_bytes_max = 256;
constexpr std::size_t receipt_file_bytes_max = 1u << 20;

// Replaces a value that is to come from standard input by what is read there.
Result<void> read_value(console::Call& call, console::Invocation& in, const std::string& name, std::size_t bytes_max)
{
    const auto found = in.values.find(name);
    if (found == in.values.end())
        return {};
    for (auto& value : found->second) {
        const auto equals = name == "value" ? value.find('=') : std::string::npos;  // FIELD=@-
        if (equals != std::string::npos && value.substr(equals + 1) == "@-") {
            SATCHEL_TRY(const auto text, call.input.value("@-", bytes_max));
            value = value.substr(0, equals + 1) + text;
        } else {
            SATCHEL_TRY(value, call.input.value(value, bytes_max));
        }
    }
    return {};
}

Result<Bytes> read_file(console::Call& call, const std::string& path, std::size_t bytes_max)
{
    if (path != "-")
        return console::read_whole(path, bytes_max);
    SATCHEL_TRY(const auto all, call.input.take(bytes_max));
    const auto bytes = view(all);
    return Bytes(bytes.begin(), bytes.end());
}

Result<void> make_folder(const std::string& folder)
{
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST)
        return {};
    return fail(Errc::io_error, folder + ": " + std::strerror(errno));
}

}  // namespace

Result<Request> prepare(console::Call& call)
{
    Request request{call.invocation, {}};
    auto& in = request.invocation;
    SATCHEL_TRYV(read_value(call, in, "name", name_bytes_max));
    SATCHEL_TRYV(read_value(call, in, "reason", schema::reason_bytes_max));
    SATCHEL_TRYV(read_value(call, in, "value", schema::text_bytes_max));
    if (in.command == "import") {
        SATCHEL_TRY(request.input, read_file(call, in.one("file").value_or("-"), console::input_bytes_max));
    } else if (in.command == "policy propose" || in.command == "policy publish") {
        SATCHEL_TRY(request.input, read_bundle(in.one("folder").value_or("")));
    } else if (in.command == "policy dry-run") {
        SATCHEL_TRY(request.input, read_bundle(in.one("new").value_or("")));
    } else if (in.command == "policy diff") {
        SATCHEL_TRY(request.input, read_sides(in));
    } else if (const auto folder = in.one("bundle")) {
        SATCHEL_TRY(request.input, read_bundle(*folder));
    } else if (in.command == "verify") {
        for (const auto& file : in.all("receipt")) {
            SATCHEL_TRY(const auto bytes, read_file(call, file, receipt_file_bytes_max));
            request.input.insert(request.input.end(), bytes.begin(), bytes.end());
            request.input.push_back('\n');
        }
    }
    in.values.erase("passphrase-fd");  // a number of this process
    if (const auto fd = call.invocation.one("passphrase-fd"))
        SATCHEL_TRYV(console::parse_fd(*fd));
    return request;
}

Result<crypto::SecretBytes> passphrase(const console::Invocation& in, bool is_new)
{
    console::PassphraseSource source;
    source.confirm = is_new;
    if (const auto fd = in.one("passphrase-fd")) {
        SATCHEL_TRY(source.fd, console::parse_fd(*fd));
    }
    return console::read_passphrase(source, is_new ? "New passphrase of the hub" : "Passphrase of the hub");
}

Result<std::unique_ptr<sync::HubHome>> open_hub(const std::string& folder, const console::Invocation& in,
                                                const World& world, sync::HubOpen what)
{
    SATCHEL_TRY(const bool there, world.files.exists(folder + "/keys.a"));
    SATCHEL_TRY(const bool copy, world.files.exists(folder + "/keys.b"));
    if (!there && !copy)
        return fail(Errc::io_error,
                    "there is no hub in " + folder + "; `satchel-hub --dir " + folder + " init --area NAME` makes one");
    SATCHEL_TRY(const auto secret, passphrase(in, /*is_new=*/false));
    return sync::HubHome::open(folder, secret, world.ports(), what);
}

Result<Answer> init(const Request& request, const World& world)
{
    const auto& in = request.invocation;
    const auto folder = in.one("dir").value_or("");
    std::vector<sync::BundleFile> given;
    std::vector<schema::SourceFile> bundle(schema::embedded_bundle().begin(), schema::embedded_bundle().end());
    if (const auto from = in.one("policy")) {
        SATCHEL_TRY(const auto packed, read_bundle(*from));
        SATCHEL_TRY(given, sync::unpack_bundle(packed));
        bundle.clear();
        for (const auto& file : given)
            bundle.push_back({file.name, file.text});
    }
    // Everything that can be wrong with what was typed, before anything is made.
    SATCHEL_TRY(const auto policy, schema::compile_or_fail(bundle));
    SATCHEL_TRY(const auto secret, passphrase(in, /*is_new=*/true));
    SATCHEL_TRYV(make_folder(folder));
    SATCHEL_TRY(const auto turn, console::take_turn(folder));
    const auto kdf = in.one("kdf") == "floor" ? crypto::KdfParams::floor() : crypto::KdfParams::calibrate();
    const auto area = in.one("area").value_or("");
    SATCHEL_TRYV(sync::HubHome::create(folder, area, bundle, secret, kdf, world.ports()));
    Answer answer;
    answer.body = console::Json::object({{"dir", folder}, {"area", area}, {"policy_version", policy.version}});
    return answer;
}

namespace {

// Commands about an agreement, where it does not come from a hub.
bool needs_no_hub(const console::Invocation& in)
{
    if (in.command == "policy matrix")
        return in.has("bundle") || !in.has("dir");
    if (in.command == "policy diff")
        return !names_version(in.one("old").value_or("")) && !names_version(in.one("new").value_or(""));
    if (in.command == "policy explain")
        return !in.has("case") && !in.has("as") && (in.has("bundle") || !in.has("dir"));
    return false;
}

Result<Answer> without_hub(console::Call& call, const Request& request, const World& world)
{
    const auto& in = request.invocation;
    console::LocalReplies replies(call.output);
    if (in.command == "policy diff")
        return diff_of(in, request.input, {});
    SATCHEL_TRY(const auto policy, policy_of(request.input));
    return in.command == "policy matrix" ? matrix_of(policy, in, world.files, replies) : decision_table_of(policy, in);
}

}  // namespace

Result<Answer> run(console::Call& call, const World& world)
{
    const auto& in = call.invocation;
    if (in.command == "policy lint") {
        const auto folder = in.one("folder");
        if (!folder)
            return lint_embedded();
        SATCHEL_TRY(const auto bundle, read_bundle(*folder));
        return lint(bundle);
    }
    SATCHEL_TRY(const auto request, prepare(call));
    if (needs_no_hub(in))
        return without_hub(call, request, world);
    if (in.command == "init")
        return init(Request{in, {}}, world);
    const auto folder = in.one("dir").value_or("");
    if (std::error_code failed; !std::filesystem::is_directory(folder, failed))
        return fail(Errc::io_error, "there is no folder " + folder);
    if (in.command == "serve")
        return serve(call, world);
    return console::run_in_turn(folder, request, call.output, [&]() -> Result<Answer> {
        // `verify` must come to its findings where what was altered keeps the service from starting.
        const bool whole = in.command != "verify";
        SATCHEL_TRY(const auto home,
                    open_hub(folder, in, world, whole ? sync::HubOpen::whole : sync::HubOpen::store_only));
        console::LocalReplies replies(call.output);
        return run_command(Desk{whole ? &home->service() : nullptr, home->store(), home->keys(), world.files}, request,
                           replies);
    });
}

}  // namespace satchel::tools::hub
