#include "tests/hostile/stage.hpp"

#include <csignal>
#include <fstream>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "schema/policy/embedded.hpp"
#include "schema/wire/archive.hpp"
#include "sync/core/bundle.hpp"
#include "sync/hub/body.hpp"
#include "sync/hub/server.hpp"
#include "sync/hub/session.hpp"
#include "sync/net/connector.hpp"
#include "sync/net/pump.hpp"
#include "tests/bench/documents.hpp"

namespace satchel::hostile {
namespace {

constexpr auto role = "probation.practitioner";
constexpr std::string_view passphrase = "a passphrase of the tests";

// Lets a machine do as it does, and keeps what passes.
class Recorder final : public sync::Machine {
public:
    Recorder(std::shared_ptr<sync::Machine> machine, Corpus& out, Corpus& in)
        : machine_(std::move(machine)), out_(out), in_(in)
    {
    }
    sync::Outbox on_open(ByteView channel, ByteView certificate) override
    {
        return kept(machine_->on_open(channel, certificate));
    }
    sync::Outbox on_frame(const sync::Frame& frame) override
    {
        in_.add(frame);
        return kept(machine_->on_frame(frame));
    }
    sync::Outbox on_closed(const Error* why) override { return machine_->on_closed(why); }
    sync::Outbox on_timer(Instant now) override { return kept(machine_->on_timer(now)); }

private:
    sync::Outbox kept(sync::Outbox out)
    {
        for (const auto& frame : out.frames)
            out_.add(frame);
        return out;
    }
    std::shared_ptr<sync::Machine> machine_;
    Corpus& out_;
    Corpus& in_;
};

sync::Async<void> run_session(sync::Address address, sync::SharedTls tls, std::shared_ptr<sync::Machine> machine,
                              const Clock* clock, sync::ConnectorConfig config)
{
    const auto connection = co_await sync::connect(address, tls, config);
    if (!connection)
        throw std::runtime_error("set-up: " + connection.error().detail);
    const auto pump = sync::Pump::over(*connection, machine, *clock);
    co_await pump->run();
    co_await (*connection)->close();
}

sync::SharedTls tls_of(const client::Identity& identity)
{
    const auto key = must(crypto::CertificateKey::from_der(identity.tls_key));
    auto chain = must(crypto::certificates_from_pem(identity.certificate_chain));
    return std::make_shared<const crypto::TlsContext>(
        must(crypto::device_tls_context({std::move(chain), key}, {identity.hub_root_hash, identity.hub_uri})));
}

crypto::SecretBytes secret()
{
    return crypto::SecretBytes::copy_of(view(passphrase));
}

}  // namespace

// ---- Person ----

Person::Person(fs::path folder, std::string as, CaseId of, const client::Enrolled& enrolled)
    : case_id(of), folder_(std::move(folder)), name_(std::move(as)),
      key_(crypto::SecretBytes::random(random_, crypto::store_key_bytes))
{
    store_ = std::make_unique<client::DeviceStore>(
        must(client::DeviceStore::create(path(), key_, enrolled.identity, enrolled.chain, enrolled.policy)));
    policy_ =
        std::make_shared<const schema::Policy>(must(sync::open_policy(enrolled.policy, enrolled.identity.receipt_key)));
    store_->use_policy(policy_);
}

void Person::open()
{
    store_ = std::make_unique<client::DeviceStore>(must(client::DeviceStore::open(path(), key_)));
    store_->use_policy(policy_);
}

void Person::keep_a_copy()
{
    close();
    fs::copy_file(path(), path() + ".copy", fs::copy_options::overwrite_existing);
    open();
}

void Person::put_the_copy_back()
{
    close();
    fs::remove(path() + "-wal");
    fs::copy_file(path() + ".copy", path(), fs::copy_options::overwrite_existing);
    open();
}

void Person::save()
{
    const auto& policy = store_->policy();
    const auto& type = *policy.type(std::string_view("case_update"));
    std::vector<client::Typed> typed;
    const auto document = std::move(bench::documents(1, ++documents_).front());
    for (const auto& [field, value] : document)
        typed.push_back({client::Typed::How::set, field, value});
    const client::Canvas canvas{policy, type, case_id, credential(), nullptr, nullptr, {}, {}};
    client::Draft draft;
    draft.case_id = case_id;
    draft.hat = store_->identity().hats.front();
    draft.authored_at = clock_.now();
    draft.parts = must(client::compose(canvas, typed));
    const auto kept = must(store_->save(draft));
    for (const auto& changeset : kept.changesets)
        saved_.push_back(changeset.opened.digest);
}

Result<client::SessionReport> Person::try_sync(const std::string& address)
{
    client::RunConfig config;
    config.address = address;
    return client::synchronise({*store_, clock_, random_, nullptr}, config);
}

std::uint64_t Person::sync(const std::string& address)
{
    const auto report = must(try_sync(address));
    if (!report.complete)
        throw std::runtime_error(name_ + " did not come to the end of a session: " +
                                 (report.error ? report.error->detail : std::string("no reason")));
    return report.sent;
}

// ---- Stage ----

Stage::Stage(fs::path folder, fs::path programs) : folder_(std::move(folder)), programs_(std::move(programs))
{
    std::signal(SIGPIPE, SIG_IGN);
    fs::create_directories(folder_ / "hub");
    must(sync::HubHome::create((folder_ / "hub").string(), "Hostileshire", schema::embedded_bundle(), secret(),
                               crypto::KdfParams::floor(), {files_, clock_, random_, {}}));
    open_home();
    auto& service = home_->service();
    const auto make = [&service](crypto::TlsProtocol protocol, sync::Committer& committer,
                                 const std::shared_ptr<sync::Mailbox>& mailbox) {
        return sync::make_hub_machine(service, protocol, committer, mailbox);
    };
    const auto server = must(sync::HubServer::open(service, home_->keys(), clock_, make));
    std::thread serving([&] { server->run(); });
    try {
        record(server->port());
    } catch (...) {
        server->stop();
        serving.join();
        throw;
    }
    server->stop();
    serving.join();
    set_up_ = must(must(home_->store().view())->head()).position;
    close_home();
}

Stage::~Stage()
{
    hub_.kill();
}

void Stage::open_home()
{
    home_ = must(sync::HubHome::open((folder_ / "hub").string(), secret(), {files_, clock_, random_, {}}));
}

std::unique_ptr<Person> Stage::enrol(const std::string& as, const UserId& user, const CaseId& case_id,
                                     std::uint16_t port)
{
    const auto slip =
        must(home_->service().create_enrolment(user, std::chrono::minutes(15), "127.0.0.1:" + std::to_string(port)));
    const auto session = std::make_shared<client::EnrolmentSession>(slip, as, slip.address, random_);
    drive(std::make_shared<Recorder>(session, to_hub_, to_device_),
          std::make_shared<const crypto::TlsContext>(
              must(crypto::enrolment_tls_context({slip.root_public_hash, slip.hub_uri}))),
          port, sync::ConnectionConfig::of_enrolling_device());
    return std::make_unique<Person>(folder_, as, case_id, must(session->result()));
}

std::unique_ptr<Person> Stage::enrol_here(const std::string& as, const UserId& user, const CaseId& case_id)
{
    const auto slip = must(home_->service().create_enrolment(user, std::chrono::minutes(15), "127.0.0.1:1"));
    client::EnrolmentSession device(slip, as, slip.address, random_);
    sync::EnrolSession hub(home_->service());
    const Digest channel{7};
    hub.on_open(channel, {});
    const auto asked = device.on_open(channel, {});
    const auto answered = hub.on_frame(asked.frames.at(0));
    device.on_frame(answered.frames.at(0));
    return std::make_unique<Person>(folder_, as, case_id, must(device.result()));
}

void Stage::record(std::uint16_t port)
{
    auto& service = home_->service();
    const auto person = [&](const std::string& called, const std::string& label, CaseId& case_id) {
        const auto user = must(service.add_user({called, {{"probation", "hostile", role}}, "enhanced"}));
        case_id = must(service.add_case(label));
        must(service.assign(case_id, {sync::AssignmentRow::Subject::user, to_string(user)}));
        return user;
    };
    CaseId honest_case, other_case;
    const auto honest = person("Invented Honest", "H1", honest_case);
    const auto other = person("Invented Traveller", "H2", other_case);
    attacking_ = person("Invented Attacker", "H3", attacked_case);
    second_case = must(service.add_case("H4"));
    must(service.assign(second_case, {sync::AssignmentRow::Subject::user, to_string(attacking_)}));

    const auto address = "127.0.0.1:" + std::to_string(port);
    writer = enrol("writer", honest, honest_case, port);
    reader = enrol("reader", honest, honest_case, port);
    traveller = enrol("traveller", other, other_case, port);
    commuter = enrol("commuter", other, other_case, port);
    for (auto* one : {writer.get(), reader.get(), traveller.get(), commuter.get()})
        one->sync(address);

    attacker = enrol("attacker", attacking_, attacked_case, port);
    record_session(*attacker, port);
    for (int i = 0; i < 3; ++i)
        attacker->save();
    attacker->keep_a_copy();
    attacker->save();
    record_session(*attacker, port);
    // An old copy comes back: recall, and a new incarnation.
    attacker->put_the_copy_back();
    record_session(*attacker, port);
    record_session(*attacker, port);
    attacker->save();
    record_session(*attacker, port);
    // A case leaves: removed.
    must(
        service.unassign(second_case, {sync::AssignmentRow::Subject::user, to_string(attacking_)}, sync::Ended::moved));
    record_session(*attacker, port);
    record_session(*attacker, port);

    const auto& identity = attacker->store().identity();
    const auto key = must(crypto::CertificateKey::from_der(identity.tls_key));
    attacker_tls_ = context_for({must(crypto::certificates_from_pem(identity.certificate_chain)), key.handle()});
    using sync::MessageType;
    // Sessions as small as these never come to grant more than they began with.
    to_hub_.add({static_cast<std::uint8_t>(MessageType::credit), schema::wire::pack(sync::Credit{1000})});
    for (const auto type :
         {MessageType::hello, MessageType::new_incarnation, MessageType::push, MessageType::pull, MessageType::credit,
          MessageType::removed, MessageType::bye, MessageType::recall, MessageType::enrol_request})
        if (!to_hub_.has(static_cast<std::uint8_t>(type)))
            throw std::runtime_error("set-up: no frame of type " + std::to_string(static_cast<int>(type)) +
                                     " was recorded");
}

void Stage::record_session(Person& who, std::uint16_t port)
{
    const auto session =
        std::make_shared<client::DeviceSession>(client::SessionParts{who.store(), clock_, random_, nullptr});
    drive(std::make_shared<Recorder>(session, to_hub_, to_device_), tls_of(who.store().identity()), port);
    if (!session->report().admitted)
        throw std::runtime_error("set-up: a session to record was not admitted");
}

void Stage::drive(const std::shared_ptr<sync::Machine>& machine, const sync::SharedTls& tls, std::uint16_t port,
                  const sync::ConnectionConfig& limits)
{
    sync::ConnectorConfig config;
    config.connection = limits;
    boost::asio::io_context io(1);
    std::exception_ptr thrown;
    boost::asio::co_spawn(io, run_session({"127.0.0.1", port}, tls, machine, &clock_, config),
                          [&](const std::exception_ptr& error) { thrown = error; });
    io.run();
    if (thrown)
        std::rethrow_exception(thrown);
}

schema::wire::Frame Stage::hello(const Digest& channel) const
{
    constexpr auto type = static_cast<std::uint8_t>(sync::MessageType::hello);
    auto hello = must(schema::wire::unpack<sync::Hello>(to_hub_.last(type).payload,
                                                        {.elements = sync::case_cursors_max + 16, .depth = 4}));
    const auto key = must(crypto::SigningKey::from_seed(attacker->store().identity().operation_seed.reveal()));
    hello.proof = key.sign(sync::channel_proof_bytes(channel, hello.credential, hello.incarnation));
    return {type, schema::wire::pack(hello)};
}

// ---- The real program ----

void Stage::serve()
{
    demo::Invocation what;
    what.program = programs_ / "satchel-hub";
    what.arguments = {
        "--dir", (folder_ / "hub").string(), "--json", "--passphrase-fd", "3", "serve", "--listen", "127.0.0.1:0",
        "--log"};
    what.passphrase = std::string(passphrase);
    what.log = folder_ / "hub.log";
    hub_ = demo::Background(what);
    const auto first = boost::json::parse(hub_.first_line());
    port_ = must(sync::parse_address(first.at("address").as_string())).port;
}

int Stage::stop()
{
    return hub_.stop();
}

demo::Finished Stage::command(const std::vector<std::string>& words) const
{
    demo::Invocation what;
    what.program = programs_ / "satchel-hub";
    what.arguments = {"--dir", (folder_ / "hub").string(), "--json", "--passphrase-fd", "3"};
    what.arguments.insert(what.arguments.end(), words.begin(), words.end());
    what.passphrase = std::string(passphrase);
    return demo::run(what);
}

bool Stage::alive() const
{
    return hub_.running() && ::kill(hub_.pid(), 0) == 0 && resident_kib() > 0;
}

std::size_t Stage::memory_kib(const std::string& wanted) const
{
    std::ifstream in("/proc/" + std::to_string(hub_.pid()) + "/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(wanted))
            return std::stoul(line.substr(wanted.size()));
    return 0;
}

void Stage::forget_peak() const
{
    std::ofstream file("/proc/" + std::to_string(hub_.pid()) + "/clear_refs");
    file << "5" << std::flush;  // man 5 proc
    if (!file)
        throw std::runtime_error("the hub's peak of memory cannot be reset");
}

LogCounts Stage::log() const
{
    LogCounts out;
    std::ifstream in(folder_ / "hub.log");
    for (std::string line; std::getline(in, line);) {
        boost::system::error_code bad;
        const auto parsed = boost::json::parse(line, bad);
        if (bad || !parsed.is_object() || !parsed.as_object().contains("event"))
            throw std::runtime_error("the hub's log has a line that is none: " + line);
        const auto& object = parsed.as_object();
        const auto text = [&](const char* key) {
            return object.contains(key) ? std::string(object.at(key).as_string()) : std::string();
        };
        if (text("event") == "handshake")
            ++out.handshakes[text("detail")];
        else if (text("what") == "refused")
            ++out.refused[text("why")];
        else if (text("what") == "closed" && object.contains("why"))
            ++out.closed[text("why")];
        else if (text("what") == "closed")
            ++out.closed_in_order;
    }
    return out;
}

std::vector<std::string> Stage::log_differs_from(const std::vector<const Person*>& honest, std::size_t commands)
{
    std::vector<std::string> out;
    const auto view = must(home_->store().view());
    std::map<std::int64_t, std::vector<Digest>> found;
    const sync::CredentialNo attackers{must(view->credential(attacker->credential()))->no};
    // Who is admitted may state again a cursor that it was given, and so that it still has the case it was taken off: it is asked
    // once more to remove it, until it says that it has. Nobody else's rows, and one at a time.
    std::size_t asked_again = 0;
    must(view->entries(set_up_, [&](const sync::EntryRow& entry) -> Result<bool> {
        const auto at = "position " + std::to_string(static_cast<std::int64_t>(entry.position));
        if (entry.kind == sync::EntryKind::effect)
            return true;
        if (entry.kind == sync::EntryKind::admin && commands-- > 0)
            return true;
        if (entry.kind == sync::EntryKind::admin) {
            const auto kind = must(sync::decode_admin_body(entry.body)).kind;
            if (kind != sync::AdminKind::removal || entry.credential_no != attackers || ++asked_again > 1)
                out.push_back(at + ": an administrative entry of kind " + std::to_string(static_cast<int>(kind)));
            return true;
        }
        if (entry.kind != sync::EntryKind::changeset) {
            out.push_back(at + ": an entry of kind " + std::to_string(static_cast<int>(entry.kind)));
            return true;
        }
        SATCHEL_TRY(const auto batch, view->batch(entry.batch_no));
        found[static_cast<std::int64_t>(entry.credential_no)].push_back(
            batch.value().digests.at(entry.sequence - batch->first_sequence));
        return true;
    }));
    for (const auto* person : honest) {
        const auto row = must(view->credential(person->credential()));
        auto& there = found[row->no];
        if (there != person->saved())
            out.push_back("a device saved " + std::to_string(person->saved().size()) + " changesets, and the log has " +
                          std::to_string(there.size()) + " of them, or others, or in another order");
        found.erase(row->no);
    }
    for (const auto& [no, digests] : found)
        out.push_back("credential " + std::to_string(no) + " has added " + std::to_string(digests.size()) +
                      " changesets");
    return out;
}

}  // namespace satchel::hostile
