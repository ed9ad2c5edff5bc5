// `serve` as whoever runs the hub meets it: where it listens, and what its log tells of devices that come. The device is
// the real one.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>

#include "client/engine/runner.hpp"
#include "client/store/compose.hpp"
#include "client/store/store.hpp"
#include "crypto/random.hpp"
#include "crypto/vault/database.hpp"
#include "sync/console/input.hpp"
#include "sync/console/system_clock.hpp"
#include "sync/core/bundle.hpp"
#include "tests/unit/tools/hub/hub_program.hpp"

namespace satchel::tools::hub {
namespace {

template <class T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(std::string(name(result.error().code)) + ": " + result.error().detail);
    return *std::move(result);
}

class Serve : public HubProgram {
protected:
    demo::Background serve(const std::string& listen, bool with_log)
    {
        std::vector<std::string> words{"serve", "--listen", listen};
        if (with_log)
            words.emplace_back("--log");
        auto what = invocation(words);
        what.log = log_file;
        demo::Background out(what);
        address = must(console::parse_json(out.first_line())).at("address").text();
        return out;
    }
    // The slip as it was handed over.
    std::string slip_for(const std::string& user, const std::string& file)
    {
        const auto path = (folder / file).string();
        const auto made = hub({"enrolment", "create", "--user", user, "--out", path, "--address", address});
        EXPECT_EQ(made.exit, 0) << made.out << made.err;
        return std::string(text(must(console::read_whole(path, 1u << 16))));
    }
    Result<client::Enrolled> enrol(const std::string& slip)
    {
        client::RunConfig config;
        config.connecting = std::chrono::seconds(10);
        return client::enrol(must(sync::parse_enrolment_slip(slip)), "Tablet", clock, random, config);
    }
    std::unique_ptr<client::DeviceStore> device(const client::Enrolled& enrolled)
    {
        auto store = std::make_unique<client::DeviceStore>(must(client::DeviceStore::create(
            (folder / "device.db").string(), key, enrolled.identity, enrolled.chain, enrolled.policy)));
        store->use_policy(std::make_shared<const schema::Policy>(
            must(sync::open_policy(enrolled.policy, enrolled.identity.receipt_key))));
        return store;
    }
    Result<client::SessionReport> synchronise(client::DeviceStore& store)
    {
        client::RunConfig config;
        config.connecting = std::chrono::seconds(10);
        return client::synchronise({store, clock, random, nullptr}, config);
    }
    void save_address(client::DeviceStore& store, const CaseId& case_id, const std::string& lines)
    {
        using How = client::Typed::How;
        const auto& policy = store.policy();
        const client::Canvas canvas{policy,  *policy.type(std::string_view("address")),
                                    case_id, store.identity().credential,
                                    nullptr, nullptr,
                                    {},      {}};
        client::Draft draft;
        draft.case_id = case_id;
        draft.hat = store.identity().hats.front();
        draft.authored_at = clock.now();
        draft.parts = must(client::compose(
            canvas, std::vector<client::Typed>{{How::set, "lines", lines}, {How::set, "kind", "main"}}));
        must(store.save(draft));
    }
    std::vector<Json> logged() const
    {
        std::vector<Json> out;
        std::ifstream in(log_file);
        for (std::string line; std::getline(in, line);) {
            const auto json = console::parse_json(line);
            EXPECT_TRUE(json) << line;
            if (json)
                out.push_back(*json);
        }
        return out;
    }
    // Each as "what", with how many and why where it says so.
    std::vector<std::string> sessions_logged() const
    {
        std::vector<std::string> out;
        for (const auto& one : logged()) {
            if (one.at("event").text() != "session")
                continue;
            auto words = one.at("what").text();
            if (one.at("count").is_integer())
                words += " " + std::to_string(one.at("count").integer());
            if (one.at("why").is_text())
                words += " because " + one.at("why").text();
            out.push_back(words);
        }
        return out;
    }
    bool says(const std::string& words) const
    {
        const auto all = sessions_logged();
        return std::find(all.begin(), all.end(), words) != all.end();
    }

    std::filesystem::path log_file = folder / "log";
    std::string address;
    console::SystemClock clock;
    crypto::SystemRandom random;
    crypto::SecretBytes key = crypto::SecretBytes::random(random, crypto::store_key_bytes);
};

TEST_F(Serve, AnAddressThatIsNoneIsNamedBeforeThePassphraseIsAskedFor)
{
    init();
    passphrase = "not the passphrase";
    for (const auto* bad : {"127.0.0.1:80x", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+80", "[::1]", "[::1:80",
                            "::1]:80", "[::1]x:80", "[]:80", "[localhost]:80", "256.0.0.1:80"}) {
        const auto said = hub({"serve", "--listen", bad});
        EXPECT_EQ(said.exit, 2) << bad;
        EXPECT_NE(said.message().find("--listen is a numeric address and a port, \"127.0.0.1:7443\" or \"[::1]:0\""),
                  std::string::npos)
            << bad << ": " << said.message();
    }
    EXPECT_EQ(hub({"serve", "--listen", "127.0.0.1:0"}).code(), "wrong_passphrase") << "the address is right";
}

TEST_F(Serve, AnAddressInBracketsIsOfTheNewerKind)
{
    const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 here{};
    here.sin6_family = AF_INET6;
    here.sin6_addr = in6addr_loopback;
    const bool there = probe >= 0 && ::bind(probe, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0;
    if (probe >= 0)
        ::close(probe);
    init();
    if (!there) {  // a machine without IPv6: it is told as an address that cannot be had, not as a mistake in it
        const auto said = hub({"serve", "--listen", "[::1]:0"});
        EXPECT_NE(said.exit, 0);
        EXPECT_EQ(said.message().find("--listen is a numeric address"), std::string::npos) << said.message();
        return;
    }
    auto serving = serve("[::1]:0", /*with_log=*/false);
    EXPECT_TRUE(address.starts_with("[::1]:")) << address;
    const auto user = add_user("A. Sample", "probation/eastside/practitioner");
    const auto enrolled = enrol(slip_for(user, "slip"));
    EXPECT_TRUE(enrolled) << enrolled.error().detail;
    EXPECT_EQ(serving.stop(), 0);
}

TEST_F(Serve, WithoutALogItSaysNothingOfAnybody)
{
    init();
    auto serving = serve("127.0.0.1:0", /*with_log=*/false);
    const auto user = add_user("A. Sample", "probation/eastside/practitioner");
    ASSERT_TRUE(enrol(slip_for(user, "slip")));
    EXPECT_EQ(serving.stop(), 0);
    EXPECT_TRUE(logged().empty());
}

TEST_F(Serve, TheLogTellsWhoCameAndHowMuchButNeverWhat)
{
    init();
    ASSERT_EQ(hub({"import", "-"}, case_lines()).exit, 0);
    auto serving = serve("127.0.0.1:0", /*with_log=*/true);
    const auto user = add_user("A. Sample", "probation/eastside/practitioner");
    const auto case_id = *parse_id<CaseId>(hub({"assign", "--case", "C1", "--user", user}).json.at("case").text());

    const auto slip = slip_for(user, "slip");
    const auto store = device(must(enrol(slip)));
    EXPECT_TRUE(must(synchronise(*store)).complete);
    save_address(*store, case_id, "7 Canary Street");
    EXPECT_EQ(must(synchronise(*store)).sent, 1u);
    ASSERT_EQ(hub({"unassign", "--case", "C1", "--user", user, "--because", "moved"}).exit, 0);
    EXPECT_EQ(must(synchronise(*store)).purged_cases, 1u);
    const auto again = enrol(slip);
    ASSERT_FALSE(again) << "a slip is good for one device";
    EXPECT_EQ(again.error().code, Errc::refused);
    EXPECT_EQ(serving.stop(), 0);

    const auto credential = to_string(store->identity().credential);
    const auto told = sessions_logged();
    EXPECT_EQ(told.front(), "enrolled");
    for (const auto* words : {"admitted", "pushed 1", "removed", "closed", "refused because not_found"})
        EXPECT_TRUE(says(words)) << words;
    EXPECT_EQ(std::count(told.begin(), told.end(), "admitted"), 3);
    EXPECT_EQ(std::count_if(told.begin(), told.end(), [](const auto& t) { return t.starts_with("pulled "); }), 2)
        << "twice there was something to take";
    for (const auto& one : logged()) {
        EXPECT_EQ(one.at("v").integer(), 1);
        EXPECT_TRUE(parse_instant(one.at("at").text())) << to_text(one);
        if (one.at("what").text() == "refused")
            EXPECT_EQ(one.find("device"), nullptr) << "nobody knows whose it was";
        else
            EXPECT_EQ(one.at("device").text(), credential) << to_text(one);
    }
    const auto bytes = must(console::read_whole(log_file.string(), 1u << 20));
    const auto all = text(bytes);
    for (const auto* secret : {"Canary", "FICTITIOUS", "Nowhere", "A. Sample"})
        EXPECT_EQ(all.find(secret), std::string_view::npos) << secret;
}

TEST_F(Serve, WhoCannotShakeHandsIsLoggedWithWhereTheyCameFrom)
{
    init();
    auto serving = serve("127.0.0.1:0", /*with_log=*/true);
    const int caller = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(caller, reinterpret_cast<const sockaddr*>(&there), sizeof there), 0);
    constexpr std::string_view hello = "GET / HTTP/1.1\r\n\r\n";
    ASSERT_EQ(::send(caller, hello.data(), hello.size(), MSG_NOSIGNAL), static_cast<ssize_t>(hello.size()));
    char byte = 0;
    while (::recv(caller, &byte, 1, 0) > 0) {
    }
    ::close(caller);
    EXPECT_EQ(serving.stop(), 0);
    const auto all = logged();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].at("event").text(), "handshake");
    EXPECT_TRUE(all[0].at("from").text().starts_with("127.0.0.1")) << to_text(all[0]);
    EXPECT_FALSE(all[0].at("why").text().empty()) << to_text(all[0]);
}

}  // namespace
}  // namespace satchel::tools::hub
