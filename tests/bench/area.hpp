// What is measured: satchel-hub as a process of its own, serving on loopback; devices as programs, or as stores and sessions
// in this process where single steps are to be timed.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "client/engine/runner.hpp"
#include "crypto/files.hpp"
#include "crypto/random.hpp"
#include "tests/bench/documents.hpp"
#include "tests/bench/measure.hpp"
#include "tools/demo/process.hpp"

namespace satchel::bench {

// Everybody in the measurements writes as this.
inline constexpr auto bench_hat = "probation/bench/practitioner";

// When the phases of a session began and were last heard of.
class Phases final : public client::SessionWatch {
public:
    struct Moment {
        double wall = 0, device_cpu = 0;
    };
    void at(std::string_view phase, std::uint64_t done, std::uint64_t total) override;
    [[nodiscard]] const Moment& begin(const std::string& phase) const { return spans_.at(phase).first; }
    [[nodiscard]] const Moment& end(const std::string& phase) const { return spans_.at(phase).second; }

private:
    std::map<std::string, std::pair<Moment, Moment>> spans_;
};

// When the first receipt of a session had been taken in.
class FirstReceipt final : public client::SessionWatch {
public:
    void at(std::string_view phase, std::uint64_t done, std::uint64_t total) override;
    [[nodiscard]] double when() const { return at_; }

private:
    double at_ = 0;
};

struct Device {
    std::string name;
    std::unique_ptr<client::DeviceStore> store;
    std::unique_ptr<client::KeptTls> tls;  // as `satchel serve` keeps it
    std::vector<CaseId> cases;  // after a first synchronise()
    crypto::SecretBytes key;    // of its store
};

class Area {
public:
    Area(std::filesystem::path programs, std::filesystem::path folder);

    void start_hub();
    void stop_hub() { hub_.stop(); }
    [[nodiscard]] pid_t hub_pid() const { return hub_.pid(); }
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    // A file for import(): the same for the same seed. `more`: further options of satchel-caseload.
    void make_caseload(const std::filesystem::path& to, std::size_t cases, unsigned seed, const std::vector<std::string>& more = {}) const;
    void import(const std::filesystem::path& ndjson);
    // Empty cases, with these labels and a number behind.
    void add_cases(const std::string& label, std::size_t count);
    std::string add_user(const std::string& name);  // their id
    void assign(const std::string& label, const std::string& user);
    void assign(const std::string& label, std::size_t count, const std::string& user);

    // In this process.
    Device enrol(const std::string& user, const std::string& name);
    client::SessionReport synchronise(Device& device, client::SessionWatch* watch = nullptr, const std::string& through = {});
    // Saves documents as case updates, spread over its cases, so many in one transaction.
    void save(Device& device, const std::vector<Document>& documents, std::size_t at_once);
    client::Draft draft(Device& device, const Document& document, const CaseId& case_id);

    // As programs.
    std::string enrol_program(const std::string& user, const std::string& name, const std::string& kdf);  // the profile
    demo::Invocation device_program(const std::string& profile, std::vector<std::string> arguments) const;
    std::string hub(std::vector<std::string> arguments, const std::string& input = {});  // what it answered

    RealClock clock;
    crypto::SystemRandom random;

private:
    std::string slip(const std::string& user, const std::string& name);

    std::filesystem::path programs_;
    std::filesystem::path folder_;
    demo::Background hub_;
    std::string address_;
};

}  // namespace satchel::bench
