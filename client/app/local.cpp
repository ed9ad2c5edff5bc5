#include "client/app/local.hpp"

#include <filesystem>

#include "client/app/entry.hpp"
#include "client/app/offset_clock.hpp"
#include "schema/change/change.hpp"
#include "sync/console/turn.hpp"

namespace satchel::client::app {
namespace {

constexpr std::size_t search_bytes_max = 1024;

// Replaces FIELD=@- by what is read from standard input, and @- where the option is a plain text.
Result<void> read_values(console::Call& call, console::Invocation& in, const std::string& name, std::size_t bytes_max)
{
    const auto found = in.values.find(name);
    if (found == in.values.end())
        return {};
    for (auto& value : found->second) {
        const auto equals = value.find('=');
        if (value == "@-") {
            SATCHEL_TRY(value, call.input.value(value, bytes_max));
        } else if (equals != std::string::npos && value.substr(equals + 1) == "@-") {
            SATCHEL_TRY(const auto text, call.input.value("@-", bytes_max));
            value = value.substr(0, equals + 1) + text;
        }
    }
    return {};
}

Result<Bytes> read_input(console::Call& call, const std::string& path)
{
    if (path != "-")
        return console::read_whole(path, entries_bytes_max);
    SATCHEL_TRY(const auto all, call.input.take(entries_bytes_max));
    const auto bytes = view(all);
    return Bytes(bytes.begin(), bytes.end());
}

}  // namespace

Result<Request> prepare(console::Call& call)
{
    Request request{call.invocation, {}};
    auto& in = request.invocation;
    for (const char* name : {"set", "add", "value"})
        SATCHEL_TRYV(read_values(call, in, name, schema::text_bytes_max));
    SATCHEL_TRYV(read_values(call, in, "reason", schema::reason_bytes_max));
    if (in.command == "search") {
        SATCHEL_TRY(in.values["text"].front(), call.input.argument(in.values["text"].front(), search_bytes_max));
    }
    if (const auto path = in.one("input")) {
        SATCHEL_TRY(request.input, read_input(call, *path));
    }
    if (const auto offset = in.one("clock-offset")) {
        SATCHEL_TRY(const auto checked, parse_offset(*offset));
        (void)checked;
    }
    in.values.erase("passphrase-fd");  // a number of this process
    if (const auto fd = call.invocation.one("passphrase-fd")) {
        SATCHEL_TRY(const auto checked, console::parse_fd(*fd));
        (void)checked;
    }
    return request;
}

Result<crypto::SecretBytes> passphrase(const console::Invocation& in, bool is_new)
{
    console::PassphraseSource source;
    source.confirm = is_new;
    if (const auto fd = in.one("passphrase-fd")) {
        SATCHEL_TRY(source.fd, console::parse_fd(*fd));
    }
    return console::read_passphrase(source, is_new ? "New passphrase of this profile" : "Passphrase of this profile");
}

Result<Profile> open_profile(const std::string& folder, const console::Invocation& in, const World& world)
{
    SATCHEL_TRY(const bool there, Profile::exists(world.files, folder));
    if (!there)
        return fail(Errc::io_error, "there is no profile in " + folder + "; `satchel --profile " + folder +
                                        " enrol --enrolment FILE` makes one");
    SATCHEL_TRY(const auto secret, passphrase(in, /*is_new=*/false));
    return Profile::open(world.files, folder, secret);
}

Result<Answer> run_on(DeviceStore& store, const std::string& folder, const Request& request, Replies& replies,
                      const World& world, const Serving& serving)
{
    SATCHEL_TRY(const auto offset, parse_offset(request.invocation.one("clock-offset").value_or("0s")));
    const OffsetClock clock(world.clock, offset);
    return run_command(Desk{store, clock, world.random, folder, serving}, request, replies);
}

Result<Answer> run(console::Call& call, const World& world)
{
    const auto& in = call.invocation;
    SATCHEL_TRY(const auto request, prepare(call));
    const auto folder = in.one("profile").value_or("");
    if (in.command == "enrol")
        return enrol(call, world);
    if (std::error_code failed; !std::filesystem::is_directory(folder, failed))
        return fail(Errc::io_error, "there is no folder " + folder + "; `satchel --profile " + folder +
                                        " enrol --enrolment FILE` makes a profile in it");
    if (in.command == "serve")
        return serve(call, world);
    if (in.command == "lock")
        return lock(call);
    return console::run_in_turn(folder, request, call.output, [&]() -> Result<Answer> {
        SATCHEL_TRY(auto profile, open_profile(folder, in, world));
        console::LocalReplies replies(call.output);
        return run_on(profile.store(), folder, request, replies, world);
    });
}

}  // namespace satchel::client::app
