// The device itself: how far it has come with the hub, and whether its store is sound.
#include "client/app/view.hpp"

namespace satchel::client::app {
namespace {

Json to_json(const sync::Receipt& receipt)
{
    return Json::object({{"epoch", to_hex(receipt.epoch)},
                         {"credential", receipt.credential},
                         {"incarnation", receipt.incarnation},
                         {"up_to", receipt.up_to},
                         {"chain_head", to_hex(receipt.chain_head)},
                         {"audit_head", to_hex(receipt.audit_head)},
                         {"received_at", receipt.received_at},
                         {"signature", to_hex(receipt.signature)}});
}

// Every signature of every case, checked again from what is stored.
struct Proofs {
    std::uint64_t lines = 0;
    std::uint64_t invalid = 0;
};
Result<Proofs> prove_all(const Desk& desk, console::Progress& progress)
{
    Proofs out;
    SATCHEL_TRY(const auto cases, desk.store.cases());
    const RecordId any;
    std::uint64_t done = 0;
    for (const auto& one : cases) {
        progress.report("checking signatures", done++, cases.size());
        SATCHEL_TRY(const auto lines, desk.store.history(one.case_id, any, /*prove=*/true));
        out.lines += lines.size();
        for (const auto& line : lines)
            if (line.proof == Proof::invalid)
                ++out.invalid;
    }
    return out;
}

struct Standing {
    std::string state;
    std::string why;
    Instant since;
};

// What most needs to be known first: that the hub cannot be had, then what waits here, then what is still to come.
Result<Standing> standing(const Desk& desk)
{
    SATCHEL_TRY(const auto attempt, desk.store.last_attempt());
    if (attempt && attempt->failed) {
        const auto words = console::words_for({*attempt->failed, {}, {}}, console::Side::device);
        const bool away = words.exit == console::Exit::unreachable;
        return Standing{away ? "offline" : "cannot_send", words.message + " " + words.next, attempt->since};
    }
    const auto& chain = desk.store.chain();
    if (chain.hub_time.ms == 0)  // enrolment is no session: nothing has been loaded yet
        return Standing{"never_connected", "this device has not been connected since it was enrolled", {}};
    SATCHEL_TRY(const auto outbox, desk.store.outbox());
    bool waits = false, undecided = false;
    Instant saved, received;
    for (const auto& work : outbox) {
        const bool here = work.state == WorkState::saved || work.state == WorkState::sealed;
        if (!here && !(work.state == WorkState::received && !work.case_id.empty()))
            continue;
        (here ? waits : undecided) = true;
        auto& first = here ? saved : received;
        // 0: sealed, and its time has left with its case.
        if (work.saved_at.ms != 0 && (first.ms == 0 || work.saved_at < first))
            first = work.saved_at;
    }
    if (waits)
        return Standing{"waiting", "work on this device goes with the next `sync run`", saved};
    SATCHEL_TRY(const auto cases, desk.store.cases());
    if (std::any_of(cases.begin(), cases.end(), [](const auto& one) { return one.partial; }))
        return Standing{"loading", "a case has not been loaded to its end; the next `sync run` goes on",
                        chain.hub_time};
    if (undecided)
        return Standing{"received", "what became of your work comes with the next `sync run`", received};
    return Standing{"up_to_date", "", chain.hub_time};
}

}  // namespace

Result<Answer> sync_status(const Desk& desk, const Request&, Replies& replies)
{
    const auto& chain = desk.store.chain();
    SATCHEL_TRY(const auto waiting, desk.store.waiting());
    SATCHEL_TRY(const auto told, standing(desk));
    Answer answer;
    answer.body = Json::object({{"state", told.state},
                                {"why", told.why},
                                {"since", time_or_null(told.since)},
                                {"next_attempt", nullptr},  // when somebody runs it
                                {"running", replies.another_stepped_aside()},
                                {"outbox", waiting},
                                {"last_received_at", time_or_null(chain.received_at)},
                                {"last_checked_at", time_or_null(chain.hub_time)},
                                {"hub", desk.store.identity().hub_address}});
    return answer;
}

Result<Answer> device_doctor(const Desk& desk, const Request&, Replies& replies)
{
    const auto& self = desk.store.identity();
    SATCHEL_TRY(const auto health, desk.store.health());
    SATCHEL_TRY(const auto receipt, desk.store.last_receipt());
    SATCHEL_TRY(const auto proofs, prove_all(desk, replies.progress()));

    auto checks = Json::array();
    bool sound = true;
    const auto check = [&](std::string_view what, bool holds, std::string found) {
        checks.push(Json::object({{"check", what}, {"holds", holds}, {"found", std::move(found)}}));
        sound = sound && holds;
    };
    check("The store opens and its tables are those of this program", true,
          "version " + std::to_string(health.schema_version));
    check("Your own work is a chain without gaps", health.chain_sound, std::to_string(health.own) + " changes");
    check("Every signature fits what it signs", proofs.invalid == 0,
          std::to_string(proofs.lines) + " checked, " + std::to_string(proofs.invalid) + " do not fit");
    check("You have a role to write under", !self.hats.empty(), std::to_string(self.hats.size()) + " roles");

    Answer answer;
    answer.body = Json::object({{"device", self.credential},
                                {"user", self.user},
                                {"name", self.user_name},
                                {"device_name", self.device_name},
                                {"area", self.area},
                                {"policy_version", desk.policy().version},
                                {"counts", Json::object({{"cases", health.cases},
                                                         {"records", health.records},
                                                         {"entries", health.entries},
                                                         {"own", health.own}})},
                                {"checks", std::move(checks)},
                                {"last_receipt", receipt ? to_json(*receipt) : Json()}});
    if (!health.chain_sound || proofs.invalid != 0) {
        const auto words = console::words_for({Errc::corrupt, "device doctor", {}}, console::Side::device);
        answer.ok = false;
        answer.exit = console::Exit::integrity;
        answer.body["error"] = console::to_json(words).at("error");
    }
    return answer;
}

}  // namespace satchel::client::app
