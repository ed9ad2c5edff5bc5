// What the hub holds, and whether it is what it was.
#include "tools/hub/commands.hpp"

#include "sync/hub/verify.hpp"
#include "tools/hub/receipt.hpp"

namespace satchel::tools::hub {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;

Result<Answer> status(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto found, desk.service().status());
    const auto& counts = found.counts;
    Answer answer;
    answer.body = Json::object({{"area", found.area},
                                {"epoch", to_hex(found.epoch)},
                                {"policy_version", found.policy_version},
                                {"position", sync::raw(found.head)},
                                {"counts", Json::object({{"entries", counts.entries},
                                                         {"changesets", counts.changesets},
                                                         {"effects", counts.effects},
                                                         {"held", counts.held},
                                                         {"forks", counts.forks},
                                                         {"cases", counts.cases},
                                                         {"records", counts.records},
                                                         {"users", counts.users},
                                                         {"devices", counts.credentials},
                                                         {"open_items", counts.open_items}})}});
    return answer;
}

Result<Answer> restored(const Desk& desk, const Request&, Replies&)
{
    SATCHEL_TRY(const auto epoch, desk.service().begin_epoch());
    // Whoever is connected was let in under the old one.
    if (desk.cut) {
        SATCHEL_TRY(const auto devices, desk.service().devices());
        for (const auto& device : devices)
            desk.cut(device.credential);
    }
    Answer answer;
    answer.body = Json::object({{"epoch", to_hex(epoch)}});
    return answer;
}

Result<Answer> verify(const Desk& desk, const Request& request, Replies& replies)
{
    sync::VerifyOptions options;
    SATCHEL_TRYV(read_receipts(text(request.input), options));
    SATCHEL_TRY(const auto view, desk.store.view());
    SATCHEL_TRY(const auto report,
                sync::verify_history(*view, desk.keys, options, [&](std::uint64_t done, std::uint64_t total) {
                    replies.progress().report("verify", done, total);
                }));
    auto checked = Json::object();
    for (const auto& [what, count] : report.checked)
        checked[what] = count;
    auto failures = Json::array();
    for (const auto& failure : report.failures)
        failures.push(Json::object({{"table", failure.table}, {"row", failure.row}, {"kind", failure.kind}}));
    Answer answer;
    answer.body = Json::object({{"checked", std::move(checked)}, {"failures", std::move(failures)}});
    answer.ok = report.ok();
    answer.exit = report.ok() ? console::Exit::ok : console::Exit::integrity;
    if (!report.ok()) {
        const auto words = console::words_for(
            {Errc::corrupt, std::to_string(report.failures.size()) + " things do not fit together", {}}, console::Side::hub);
        answer.body["error"] = console::to_json(words).at("error");
    }
    return answer;
}

}  // namespace satchel::tools::hub
