// A hub with honest people and one who is not: set up in this process, where real sessions are recorded, then served by
// the real satchel-hub, whose log says what it thought of each peer.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>

#include "client/engine/runner.hpp"
#include "client/store/compose.hpp"
#include "crypto/files.hpp"
#include "crypto/random.hpp"
#include "crypto/vault/database.hpp"
#include "sync/core/machine.hpp"
#include "sync/hub/home.hpp"
#include "sync/net/connection.hpp"
#include "sync/net/tls_context.hpp"
#include "tests/hostile/mutate.hpp"
#include "tests/hostile/raw_peer.hpp"
#include "tools/demo/process.hpp"

namespace satchel::hostile {

namespace fs = std::filesystem;

// The value, or an end of the whole run that says why there is none.
template <class T>
T must(Result<T> result)
{
    if (!result)
        throw std::runtime_error(std::string(name(result.error().code)) + ": " + result.error().detail);
    if constexpr (!std::is_void_v<T>)
        return *std::move(result);
}

class RealClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override
    {
        using namespace std::chrono;
        return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
    }
};

// One device with its store, and what it has been told is saved.
class Person {
public:
    Person(fs::path folder, std::string name, CaseId case_id, const client::Enrolled& enrolled);

    void save();  // one case update
    // Once, in order; throws when it does not come to its end. Gives what was received centrally.
    std::uint64_t sync(const std::string& address);
    // However it ends.
    Result<client::SessionReport> try_sync(const std::string& address);

    [[nodiscard]] client::DeviceStore& store() { return *store_; }
    [[nodiscard]] const std::vector<Digest>& saved() const noexcept { return saved_; }
    [[nodiscard]] const CredentialId& credential() const { return store_->identity().credential; }
    [[nodiscard]] std::string path() const { return (folder_ / (name_ + ".db")).string(); }
    [[nodiscard]] const crypto::SecretBytes& key() const noexcept { return key_; }
    void close() { store_.reset(); }
    void open();
    void keep_a_copy();  // of the store as it is
    void put_the_copy_back();

    CaseId case_id;

private:
    fs::path folder_;
    std::string name_;
    crypto::SystemRandom random_;
    RealClock clock_;
    crypto::SecretBytes key_;
    std::unique_ptr<client::DeviceStore> store_;
    std::shared_ptr<const schema::Policy> policy_;  // compiled once
    std::vector<Digest> saved_;
    std::uint32_t documents_ = 0;
};

// What a hub's log counted.
struct LogCounts {
    std::map<std::string, std::size_t> refused;     // in a session, by reason
    std::map<std::string, std::size_t> closed;      // otherwise than in order, by reason
    std::map<std::string, std::size_t> handshakes;  // that failed, by what the hub says of them
    std::size_t closed_in_order = 0;
};

class Stage {
public:
    Stage(fs::path folder, fs::path programs);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    // --- The real program
    void serve();
    int stop();
    [[nodiscard]] pid_t pid() const noexcept { return hub_.pid(); }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] demo::Finished command(const std::vector<std::string>& words) const;
    [[nodiscard]] bool alive() const;
    [[nodiscard]] std::size_t resident_kib() const { return memory_kib("VmRSS:"); }  // of the program
    [[nodiscard]] std::size_t peak_kib() const { return memory_kib("VmHWM:"); }      // since forget_peak()
    void forget_peak() const;
    [[nodiscard]] LogCounts log() const;

    // --- Before and after it
    // Nothing; or what is in the log since the set-up and is not these people's work, or is not there, or in another order.
    // `commands`: how many acts of administration there were.
    std::vector<std::string> log_differs_from(const std::vector<const Person*>& honest, std::size_t commands);
    [[nodiscard]] sync::HubHome& home() { return *home_; }
    void open_home();
    void close_home() { home_.reset(); }

    // Enrols at the hub in this process, without a connection.
    std::unique_ptr<Person> enrol_here(const std::string& name, const UserId& user, const CaseId& case_id);

    // --- The attacker: enrolled, with keys that are good
    [[nodiscard]] const crypto::ossl::Context& tls() const noexcept { return attacker_tls_; }
    // The hello of the last real session, signed for this connection.
    [[nodiscard]] schema::wire::Frame hello(const Digest& channel) const;
    [[nodiscard]] const Corpus& to_hub() const noexcept { return to_hub_; }
    [[nodiscard]] const Corpus& to_device() const noexcept { return to_device_; }

    std::unique_ptr<Person> writer, reader, traveller, commuter, attacker;
    CaseId attacked_case, second_case;  // the attacker worked on both, and was taken off the second

private:
    std::unique_ptr<Person> enrol(const std::string& name, const UserId& user, const CaseId& case_id,
                                  std::uint16_t port);
    [[nodiscard]] std::size_t memory_kib(const std::string& line) const;
    void record(std::uint16_t port);
    void record_session(Person& who, std::uint16_t port);
    void drive(const std::shared_ptr<sync::Machine>& machine, const sync::SharedTls& tls, std::uint16_t port,
               const sync::ConnectionConfig& limits = sync::ConnectionConfig::of_device());

    fs::path folder_, programs_;
    crypto::PosixFiles files_;
    crypto::SystemRandom random_;
    RealClock clock_;
    std::unique_ptr<sync::HubHome> home_;
    UserId attacking_;
    sync::Position set_up_{};
    Corpus to_hub_, to_device_;
    crypto::ossl::Context attacker_tls_;
    demo::Background hub_;
    std::uint16_t port_ = 0;
};

}  // namespace satchel::hostile
