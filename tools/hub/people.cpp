// Users, their devices, and how devices come and go.
#include "tools/hub/commands.hpp"

#include <algorithm>

#include <charconv>

#include "schema/base/nearest.hpp"

namespace satchel::tools::hub {
namespace {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;

constexpr std::chrono::seconds ttl_min{30};
constexpr auto ttl_max = sync::HubService::enrolment_lifetime_max;

Result<std::vector<schema::Hat>> hats_of(const std::vector<std::string>& texts)
{
    std::vector<schema::Hat> out;
    for (const auto& text : texts) {
        SATCHEL_TRY(auto hat, schema::parse_hat(text));
        out.push_back(std::move(hat));
    }
    if (out.empty())
        return fail(Errc::invalid_argument, "a user needs at least one --hat AGENCY/TEAM/ROLE");
    return out;
}

Answer user_answer(const UserId& user)
{
    Answer answer;
    answer.body["user"] = user;
    return answer;
}

// "90s", "15m", "8h", "2d".
Result<std::chrono::seconds> parse_ttl(std::string_view text)
{
    std::int64_t n = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const std::int64_t seconds = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86400 : 0;
    if (failed != std::errc{} || seconds == 0 || n < 0 || n > ttl_max.count() ||
        std::chrono::seconds(n * seconds) < ttl_min || std::chrono::seconds(n * seconds) > ttl_max)
        return fail(Errc::invalid_argument, "--ttl is a number with s, m, h or d, from 30s to 7d");
    return std::chrono::seconds(n * seconds);
}

Json to_json(const sync::DeviceInfo& device)
{
    return Json::object({{"device", device.credential},
                         {"user", device.user},
                         {"name", device.user_name},
                         {"agency", device.agency},
                         {"device_name", device.device_name},
                         {"enrolled_at", device.enrolled_at},
                         {"revoked", device.revoked},
                         {"received", device.received},
                         {"incarnations", device.incarnations},
                         {"forked", device.forked},
                         {"cases", device.cases}});
}

Result<sync::DeviceInfo> find_device(const Desk& desk, std::string_view ref)
{
    SATCHEL_TRY(const auto id, parse_id<CredentialId>(ref));
    SATCHEL_TRY(const auto devices, desk.service().devices());
    for (const auto& device : devices)
        if (device.credential == id)
            return device;
    return fail(Errc::not_found);
}

// The cases that the device was told to give up, and whether it has said that they are gone.
Result<Json> purges(const Desk& desk, const CredentialId& credential)
{
    auto out = Json::array();
    SATCHEL_TRY(const auto view, desk.store.view());
    SATCHEL_TRY(const auto row, view->credential(credential));
    if (!row)
        return out;
    std::vector<sync::CaseRow> cases;
    SATCHEL_TRYV(view->cases([&](const sync::CaseRow& one) -> Result<bool> {
        cases.push_back(one);
        return true;
    }));
    for (const auto& one : cases) {
        SATCHEL_TRY(const auto removal, view->removal(sync::CredentialNo{row->no}, one.no));
        if (removal)
            out.push(Json::object({{"case", one.id},
                                   {"label", one.label},
                                   {"because", removal->because},
                                   {"purge_receipt", removal->done}}));
    }
    return out;
}

}  // namespace

Result<Answer> user_add(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    sync::NewUser user;
    user.name = in.one("name").value_or("");
    SATCHEL_TRY(user.hats, hats_of(in.all("hat")));
    user.vetting = in.one("vetting").value_or("");
    if (const auto policy = desk.service().policy(); !user.vetting.empty()) {
        const auto& levels = policy->vetting_levels;
        if (std::find(levels.begin(), levels.end(), user.vetting) == levels.end())
            return fail(Errc::unknown_name,
                        "vetting level \"" + user.vetting + "\"" + did_you_mean(user.vetting, levels));
    }
    SATCHEL_TRY(const auto id, desk.service().add_user(user));
    return user_answer(id);
}

Result<Answer> user_list(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto users, desk.service().users());
    Answer answer;
    auto list = Json::array();
    for (const auto& user : users)
        list.push(Json::object({{"user", user.id},
                                {"name", user.name},
                                {"hats", Json(user.hats)},
                                {"vetting", user.vetting},
                                {"suspended", user.suspended},
                                {"devices", user.devices}}));
    answer.body["users"] = std::move(list);
    return answer;
}

Result<Answer> user_hats(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    SATCHEL_TRY(const auto hats, hats_of(in.all("hat")));
    SATCHEL_TRY(const auto user, desk.service().find_user(in.one("user").value_or("")));
    SATCHEL_TRYV(desk.service().set_hats(user, hats));
    return user_answer(user);
}

Result<Answer> user_suspend(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto user, desk.service().find_user(request.invocation.one("user").value_or("")));
    SATCHEL_TRYV(desk.service().suspend(user));
    if (desk.cut) {  // the next connection tells the device to lock
        SATCHEL_TRY(const auto devices, desk.service().devices());
        for (const auto& device : devices)
            if (device.user == user)
                desk.cut(device.credential);
    }
    auto answer = user_answer(user);
    answer.body["suspended"] = true;
    return answer;
}

Result<Answer> enrolment_create(const Desk& desk, const Request& request, Replies&)
{
    const auto& in = request.invocation;
    const auto file = in.one("out").value_or("");
    SATCHEL_TRY(const auto ttl, parse_ttl(in.one("ttl").value_or("15m")));
    SATCHEL_TRY(const auto user, desk.service().find_user(in.one("user").value_or("")));
    SATCHEL_TRY(const bool there, desk.files.exists(file));
    if (there)
        return fail(Errc::duplicate, "the file of --out; a slip is never written over another file");
    SATCHEL_TRY(const auto slip, desk.service().create_enrolment(user, ttl, in.one("address").value_or("")));
    const auto text = sync::to_text(slip);
    SATCHEL_TRYV(desk.files.write_durable(file, text.reveal()));
    Answer answer;
    answer.body = Json::object({{"enrolment", sync::enrolment_name(slip.code)},
                                {"user", user},
                                {"name", slip.user_name},
                                {"agency", slip.agency},
                                {"expires_at", slip.expires_at},
                                {"file", file}});
    return answer;
}

Result<Answer> device_list(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto devices, desk.service().devices());
    Answer answer;
    auto list = Json::array();
    for (const auto& device : devices)
        list.push(to_json(device));
    answer.body["devices"] = std::move(list);
    return answer;
}

Result<Answer> device_show(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto device, find_device(desk, request.invocation.one("id").value_or("")));
    Answer answer;
    answer.body = to_json(device);
    SATCHEL_TRY(answer.body["purges"], purges(desk, device.credential));
    return answer;
}

Result<Answer> device_revoke(const Desk& desk, const Request& request, Replies&)
{
    SATCHEL_TRY(const auto device, find_device(desk, request.invocation.one("id").value_or("")));
    SATCHEL_TRYV(desk.service().revoke(device.credential));
    if (desk.cut)
        desk.cut(device.credential);
    Answer answer;
    answer.body = Json::object({{"device", device.credential}, {"revoked", true}});
    return answer;
}

}  // namespace satchel::tools::hub
