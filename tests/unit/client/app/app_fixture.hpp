// The commands of satchel over a device store in front of a mini hub, as words on a command line.
#pragma once

#include "client/app/commands.hpp"
#include "tests/unit/client/device_fixture.hpp"

namespace satchel::client::app {

// An answer as a script reads it: the exit code and the JSON that would be printed.
struct Told {
    int exit = -1;
    Json json;
    [[nodiscard]] const Json& at(std::string_view key) const { return json.at(key); }
    [[nodiscard]] std::string text() const { return console::to_text(json); }
    [[nodiscard]] bool mentions(std::string_view words) const { return text().find(words) != std::string::npos; }
};

using client::test::MiniHub;

class AppTest : public client::test::DeviceTest {
protected:
    explicit AppTest(const std::string& role = "probation.practitioner") : DeviceTest(role) {}

    class Silent final : public Replies, public console::Progress {
    public:
        console::Progress& progress() override { return *this; }
        void report(std::string_view, std::uint64_t, std::uint64_t) override {}
        void line(std::string_view) override {}
    };

    Told run(std::vector<std::string> words, const std::string& input = {})
    {
        words.insert(words.begin(), {"--profile", "here", "--json"});
        const auto parsed = console::parse(program(), words);
        Told out;
        if (const auto* mistake = std::get_if<console::ErrorWords>(&parsed)) {
            out.exit = static_cast<int>(mistake->exit);
            out.json = console::to_json(*mistake);
            return out;
        }
        const auto& invocation = std::get<console::Invocation>(parsed);
        const auto bytes = satchel::view(input);
        Silent silent;
        const auto answer = run_command(Desk{store(), clock, hub.random, "here"},
                                        Request{invocation, Bytes(bytes.begin(), bytes.end())}, silent);
        if (!answer) {
            const auto told = console::words_for(answer.error(), console::Side::device);
            out.exit = static_cast<int>(told.exit);
            out.json = console::to_json(told);
            return out;
        }
        // Every answer has its plain words.
        EXPECT_FALSE(program().command(invocation.command)->plain(answer->body, {}).empty());
        out.exit = static_cast<int>(answer->exit);
        out.json = console::to_json(*answer);
        return out;
    }
    [[nodiscard]] std::string case_id() const { return to_string(hub.state.id); }
    std::vector<std::string> new_record(const std::string& type, std::vector<std::string> options)
    {
        options.insert(options.begin(), {"record", "new", type, "--case", case_id()});
        return options;
    }
    // The records of a type as `case show` prints them.
    std::vector<Json> records(const std::string& type)
    {
        const auto shown = run({"case", "show", case_id()});
        std::vector<Json> out;
        for (const auto& record : shown.at("records").items())
            if (record.at("type").text() == type)
                out.push_back(record);
        return out;
    }
    Json record(const std::string& id) { return run({"record", "show", id}).at("record"); }
    // What waits, as the lists of both kinds tell it.
    std::vector<Json> waiting(const std::string& kind)
    {
        const auto listed = run({kind, "list"});
        const auto items = listed.at("items").items();
        return {items.begin(), items.end()};
    }
    // Another case of the same hub, and what this device gets of it.
    [[nodiscard]] MiniHub another_case() const
    {
        MiniHub other(77);
        other.registry.clear();
        for (const auto& [name, key] : hub.registry)
            other.registry.emplace(name, *crypto::SigningKey::from_seed(key.seed().reveal()));
        return other;
    }
    void load(const MiniHub& other, bool more = false)
    {
        auto brought = other.page(store().identity().credential, 0);
        brought.more = more;
        const auto tally = apply(std::move(brought));
        ASSERT_EQ(client::test::outcome(tally), "ok");
    }
    void probation_leads()
    {
        hub.write("probation.practitioner",
                  hub.creates("supervision", "period", {{"agency", "probation"}, {"from", "2024-01-02"}}));
        pull();
    }

    struct StoppedClock final : Clock {
        [[nodiscard]] Instant now() const override { return Instant{1'779'000'000'000}; }
    };
    StoppedClock clock;
};

}  // namespace satchel::client::app
