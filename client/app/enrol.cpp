// A profile from an enrolment slip: keys are made here, the hub certifies them, and only then is anything stored.
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>
#include <sys/utsname.h>

#include "client/app/local.hpp"
#include "client/app/offset_clock.hpp"
#include "client/engine/runner.hpp"
#include "schema/value/value.hpp"
#include "sync/console/turn.hpp"

namespace satchel::client::app {
namespace {

constexpr std::size_t slip_bytes_max = 4 * 1024;
constexpr std::size_t device_name_bytes_max = 128;

Result<void> make_folder(const std::string& folder)
{
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST)
        return {};
    return fail(Errc::io_error, folder + ": " + std::strerror(errno));
}

// What colleagues will know the device by.
Result<std::string> device_name(const console::Invocation& in)
{
    auto name = in.one("device-name").value_or("");
    if (name.empty()) {
        utsname machine{};
        name = ::uname(&machine) == 0 ? machine.nodename : "";
    }
    if (name.empty())
        name = "device";
    if (name.size() > device_name_bytes_max || !schema::is_clean_text(name))
        return fail(Errc::invalid_argument, "--device-name is plain text of at most 128 bytes");
    return name;
}

}  // namespace

Result<Answer> enrol(console::Call& call, const World& world)
{
    const auto& in = call.invocation;
    const auto folder = in.one("profile").value_or("");
    // Everything that can be wrong here, before the code is used up.
    SATCHEL_TRY(const auto name, device_name(in));
    SATCHEL_TRY(const auto offset, parse_offset(in.one("clock-offset").value_or("0s")));
    const auto path = in.one("enrolment").value_or("");
    if (std::error_code failed; !std::filesystem::is_regular_file(path, failed))
        return fail(Errc::io_error, "there is no enrolment slip " + path);
    SATCHEL_TRY(const auto slip_text, crypto::read_secret(world.files, path, slip_bytes_max));
    SATCHEL_TRY(const auto slip, sync::parse_enrolment_slip(text(slip_text.reveal())));
    SATCHEL_TRY(const bool there, Profile::exists(world.files, folder));
    if (there)
        return fail(Errc::duplicate, "there is a profile in " + folder);
    SATCHEL_TRY(const auto secret, passphrase(in, /*is_new=*/true));
    SATCHEL_TRYV(make_folder(folder));
    SATCHEL_TRY(const auto turn, console::take_turn(folder));
    const auto kdf = in.one("kdf") == "floor" ? crypto::KdfParams::floor() : crypto::KdfParams::calibrate();

    const OffsetClock clock(world.clock, offset);
    RunConfig config;
    config.address = in.one("hub").value_or("");
    SATCHEL_TRY(const auto enrolled, client::enrol(slip, name, clock, world.random, config));
    SATCHEL_TRYV(Profile::create(world.files, folder, secret, kdf, enrolled.identity, enrolled.chain, enrolled.policy,
                                 world.random));
    const auto& self = enrolled.identity;
    Answer answer;
    answer.body = Json::object({{"user", self.user},
                                {"name", self.user_name},
                                {"agency", self.hats.empty() ? std::string() : self.hats.front().agency},
                                {"device", self.credential},
                                {"device_name", self.device_name},
                                {"area", self.area},
                                {"profile", folder}});
    return answer;
}

}  // namespace satchel::client::app
