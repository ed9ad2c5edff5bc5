#include "tests/bench/area.hpp"

#include <fstream>

#include <boost/json.hpp>

#include "client/store/compose.hpp"
#include "crypto/vault/database.hpp"
#include "sync/core/bundle.hpp"
#include "sync/core/enrolment.hpp"

namespace satchel::bench {
namespace {

namespace fs = std::filesystem;

constexpr auto passphrase = "measurements only";  // known to everybody, so used nowhere else

// What a program answered, or the end of the run.
std::string answer_of(const demo::Invocation& what)
{
    auto finished = demo::run(what);
    if (finished.exit_code != 0 && finished.exit_code != 5)
        die(what.program.string() + " failed: " + finished.out + finished.err);
    return std::move(finished.out);
}

std::string member(const std::string& answer, const char* name)
{
    const auto value = boost::json::parse(answer);
    return std::string(value.as_object().at(name).as_string());
}

}  // namespace

void Phases::at(std::string_view phase, std::uint64_t, std::uint64_t)
{
    const Moment now{wall_seconds(), cpu_seconds()};
    auto& span = spans_.try_emplace(std::string(phase), now, now).first->second;
    span.second = now;
}

void FirstReceipt::at(std::string_view phase, std::uint64_t done, std::uint64_t total)
{
    if (phase == "sending" && done == total && total > 0)
        at_ = wall_seconds();
}

Area::Area(fs::path programs, fs::path folder) : programs_(std::move(programs)), folder_(std::move(folder))
{
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
    hub({"init", "--area", "Benchshire", "--kdf", "floor"});
}

std::string Area::hub(std::vector<std::string> arguments, const std::string& input)
{
    demo::Invocation what;
    what.program = programs_ / "satchel-hub";
    what.arguments = {"--dir", (folder_ / "hub").string(), "--json", "--passphrase-fd", "3"};
    what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
    what.passphrase = passphrase;
    what.input = input;
    what.limit = std::chrono::hours(2);
    return answer_of(what);
}

void Area::start_hub()
{
    demo::Invocation what;
    what.program = programs_ / "satchel-hub";
    what.arguments = {"--dir", (folder_ / "hub").string(), "--json", "--passphrase-fd", "3", "serve", "--listen",
                      "127.0.0.1:0"};
    what.passphrase = passphrase;
    what.limit = std::chrono::seconds(60);
    hub_ = demo::Background(what);
    address_ = member(hub_.first_line(), "address");
}

void Area::make_caseload(const fs::path& to, std::size_t cases, unsigned seed, const std::vector<std::string>& more) const
{
    demo::Invocation what;
    what.program = programs_ / "satchel-caseload";
    what.arguments = {"--cases", std::to_string(cases), "--seed", std::to_string(seed), "--out", to.string()};
    what.arguments.insert(what.arguments.end(), more.begin(), more.end());
    what.limit = std::chrono::minutes(30);
    answer_of(what);
}

void Area::import(const fs::path& ndjson)
{
    hub({"import", ndjson.string()});
}

void Area::add_cases(const std::string& label, std::size_t count)
{
    std::string lines;
    for (std::size_t i = 0; i < count; ++i)
        lines += R"({"v":1,"kind":"case","key":")" + label + std::to_string(i) + R"(","area":"Benchshire"})" "\n";
    hub({"import", "-"}, lines);
}

std::string Area::add_user(const std::string& name)
{
    return member(hub({"user", "add", "--name", name, "--hat", bench_hat, "--vetting", "enhanced"}), "user");
}

void Area::assign(const std::string& label, const std::string& user)
{
    hub({"assign", "--case", label, "--user", user});
}

void Area::assign(const std::string& label, std::size_t count, const std::string& user)
{
    for (std::size_t i = 0; i < count; ++i)
        assign(label + std::to_string(i), user);
}

std::string Area::slip(const std::string& user, const std::string& name)
{
    const auto path = (folder_ / (name + ".enrolment")).string();
    hub({"enrolment", "create", "--user", user, "--out", path, "--address", address_});
    return path;
}

Device Area::enrol(const std::string& user, const std::string& name)
{
    std::ifstream file(slip(user, name));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto enrolled = must(client::enrol(must(sync::parse_enrolment_slip(text)), name, clock, random, {}));
    auto key = crypto::SecretBytes::random(random, crypto::store_key_bytes);
    Device device{name,
                  std::make_unique<client::DeviceStore>(must(client::DeviceStore::create(
                      (folder_ / (name + ".db")).string(), key, enrolled.identity, enrolled.chain, enrolled.policy))),
                  std::make_unique<client::KeptTls>(),
                  {},
                  {}};
    device.key = std::move(key);
    device.store->use_policy(std::make_shared<const schema::Policy>(
        must(sync::open_policy(enrolled.policy, enrolled.identity.receipt_key))));
    return device;
}

client::SessionReport Area::synchronise(Device& device, client::SessionWatch* watch, const std::string& through)
{
    client::RunConfig config;
    config.address = through.empty() ? address_ : through;
    config.tls = device.tls.get();
    auto report = must(client::synchronise({*device.store, clock, random, watch}, config));
    if (!report.complete)
        die("a session was not complete: " + (report.error ? report.error->detail : "no reason"));
    if (device.cases.empty())
        for (const auto& one : must(device.store->cases()))
            device.cases.push_back(one.case_id);
    return report;
}

client::Draft Area::draft(Device& device, const Document& document, const CaseId& case_id)
{
    auto& store = *device.store;
    std::vector<client::Typed> typed;
    for (const auto& [field, value] : document)
        typed.push_back({client::Typed::How::set, field, value});
    const auto& policy = store.policy();
    const client::Canvas canvas{policy,  *policy.type(std::string_view("case_update")), case_id,
                                store.identity().credential, nullptr, nullptr, {}, {}};
    client::Draft draft;
    draft.case_id = case_id;
    draft.hat = store.identity().hats.front();
    draft.authored_at = clock.now();
    draft.parts = must(client::compose(canvas, typed));
    return draft;
}

void Area::save(Device& device, const std::vector<Document>& documents, std::size_t at_once)
{
    std::vector<client::Draft> drafts;
    const auto began = clock.now().ms;
    for (std::size_t n = 0; n < documents.size();) {
        drafts.push_back(draft(device, documents[n], device.cases[n * device.cases.size() / documents.size()]));
        drafts.back().authored_at.ms = began + static_cast<std::int64_t>(n);  // nobody types two in a millisecond
        if (++n % at_once == 0 || n == documents.size()) {
            must(device.store->save_all(drafts));
            drafts.clear();
        }
    }
}

std::string Area::enrol_program(const std::string& user, const std::string& name, const std::string& kdf)
{
    const auto profile = (folder_ / name).string();
    std::vector<std::string> arguments{"enrol", "--enrolment", slip(user, name), "--hub", address_};
    if (!kdf.empty())
        arguments.insert(arguments.end(), {"--kdf", kdf});
    answer_of(device_program(profile, std::move(arguments)));
    return profile;
}

demo::Invocation Area::device_program(const std::string& profile, std::vector<std::string> arguments) const
{
    demo::Invocation what;
    what.program = programs_ / "satchel";
    what.arguments = {"--profile", profile, "--json", "--passphrase-fd", "3"};
    what.arguments.insert(what.arguments.end(), arguments.begin(), arguments.end());
    what.passphrase = passphrase;
    return what;
}

}  // namespace satchel::bench
