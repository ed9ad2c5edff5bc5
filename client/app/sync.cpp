// Sending and receiving, once, for whoever asked.
#include "client/app/commands.hpp"
#include "client/engine/runner.hpp"

namespace satchel::client::app {
namespace {

class Watch final : public SessionWatch {
public:
    explicit Watch(console::Progress& progress) noexcept : progress_(progress) {}
    void at(std::string_view phase, std::uint64_t done, std::uint64_t total) override
    {
        progress_.report(phase, done, total);
    }

private:
    console::Progress& progress_;
};

// A slip of the pen in --hub is no attempt, and a store that cannot be written to would not remember one.
bool is_of_the_hub(Errc code) noexcept
{
    const auto exit = console::exit_of(code);
    return exit != console::Exit::usage && code != Errc::io_error && code != Errc::disk_full && code != Errc::closed;
}

std::optional<Errc> how_it_failed(const SessionReport& report)
{
    if (report.barred)
        return Errc::access_removed;
    if (report.error)
        return report.error->code;
    return std::nullopt;
}

Json to_json(const Tally& tally)
{
    return Json::object({{"applied", tally.applied},
                         {"merged", tally.merged},
                         {"suggested", tally.suggested},
                         {"conflict", tally.conflict},
                         {"refused", tally.refused}});
}

}  // namespace

Result<Answer> sync_run(const Desk& desk, const Request& request, Replies& replies)
{
    Watch watch(replies.progress());
    RunConfig config;
    config.address = request.invocation.one("hub").value_or("");
    SATCHEL_TRYV(replies.will_step_aside());  // nobody waits for a bad network to save something
    config.wait_begins = [&replies] { replies.step_aside(); };
    config.wait_ends = [&replies] { replies.step_in(); };
    config.tls = desk.serving.tls;
    config.stop = desk.serving.stop;
    const bool first = desk.store.chain().hub_time.ms == 0;
    const auto ran = synchronise({desk.store, desk.clock, desk.random, &watch}, config);
    if (!ran) {
        if (is_of_the_hub(ran.error().code))
            SATCHEL_TRYV(desk.store.note_attempt(desk.clock.now(), ran.error().code));
        return tl::unexpected(ran.error());
    }
    const auto& report = *ran;
    SATCHEL_TRYV(desk.store.note_attempt(desk.clock.now(), how_it_failed(report)));
    if (first)  // what was there before this device is no change since somebody looked
        SATCHEL_TRYV(desk.store.changes_since_last_look(/*mark=*/true));
    SATCHEL_TRY(const auto waiting, desk.store.waiting());
    Answer answer;
    answer.body = Json::object({{"sent", report.sent},
                                {"pushed", report.pushed},
                                {"received", report.tally.entries},
                                {"rulings", to_json(report.tally)},
                                {"purged_cases", report.purged_cases},
                                {"waiting", waiting},
                                {"attention", report.tally.attention},
                                {"complete", report.complete}});
    if (report.rewritten > 0)
        answer.body["rewritten"] = report.rewritten;
    if (report.barred)
        answer.body["barred"] = true;
    if (report.tally.attention > 0)
        answer.exit = console::Exit::attention;
    if (report.error) {  // what came before the end is kept and told
        const auto words = console::words_for(*report.error, console::Side::device);
        answer.ok = false;
        answer.exit = console::graver(answer.exit, words.exit);
        answer.body["error"] = console::to_json(words).at("error");
    }
    return answer;
}

}  // namespace satchel::client::app
