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
    SATCHEL_TRY(const auto report, synchronise({desk.store, desk.clock, desk.random, &watch}, config));
    SATCHEL_TRY(const auto waiting, desk.store.waiting());
    Answer answer;
    answer.body = Json::object({{"sent", report.sent},
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
