// The commands of satchel-hub as data, and who carries them out.
#pragma once

#include <functional>

#include "crypto/files.hpp"
#include "sync/console/program.hpp"
#include "sync/hub/home.hpp"

namespace satchel::tools::hub {

const console::ProgramSpec& program();

// What a command works with, once the hub is open. Commands run one at a time.
struct Desk {
    sync::HubService* open_service;  // null where only the store is open: for `verify`
    sync::CentralStore& store;
    const sync::HubKeys& keys;
    crypto::FileSystem& files;
    // Cuts the live connections of a device; empty where nobody is connected.
    std::function<void(const CredentialId&)> cut = {};

    [[nodiscard]] sync::HubService& service() const
    {
        SATCHEL_CHECK(open_service != nullptr);
        return *open_service;
    }
};

using Command = Result<console::Answer> (*)(const Desk&, const console::Request&, console::Replies&);

// Everything but init, serve and policy lint, which do not need an open hub or are one. bug for a name that `program`
// does not have.
Result<console::Answer> run_command(const Desk& desk, const console::Request& request, console::Replies& replies);

// people.cpp
Result<console::Answer> user_add(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> user_list(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> user_hats(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> user_suspend(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> enrolment_create(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> device_list(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> device_show(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> device_revoke(const Desk&, const console::Request&, console::Replies&);

// cases.cpp
Result<console::Answer> case_list(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> assign(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> unassign(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> import_lines(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> export_lines(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> task_list(const Desk&, const console::Request&, console::Replies&);

// decisions.cpp: suggestions and conflicts
Result<console::Answer> item_list(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> item_show(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> item_decide(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> item_route(const Desk&, const console::Request&, console::Replies&);

// held.cpp
Result<console::Answer> held_list(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> held_open(const Desk&, const console::Request&, console::Replies&);
std::string plain_held_list(const console::Json& body, const console::Terminal& terminal);
std::string plain_held(const console::Json& body, const console::Terminal& terminal);

// agreement.cpp
Result<console::Answer> policy_show(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> policy_explain(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> policy_propose(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> policy_approve(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> policy_publish(const Desk&, const console::Request&, console::Replies&);
// The files of a folder as one input, and what is wrong with them. Neither needs a hub.
Result<Bytes> read_bundle(const std::string& folder);
Result<console::Answer> lint(ByteView bundle);
Result<console::Answer> lint_embedded();

// reports.cpp
Result<console::Answer> report_kpi(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> report_annual_return(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> report_caseload(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> report_overdue(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> report_sample(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> report_use(const Desk&, const console::Request&, console::Replies&);
std::string plain_sample(const console::Json& body, const console::Terminal& terminal);
std::string plain_use(const console::Json& body, const console::Terminal& terminal);
std::string plain_kpi(const console::Json& body, const console::Terminal& terminal);
std::string plain_annual_return(const console::Json& body, const console::Terminal& terminal);
std::string plain_caseload(const console::Json& body, const console::Terminal& terminal);
std::string plain_overdue(const console::Json& body, const console::Terminal& terminal);

// policy_matrix.cpp: of the agreement in the request's input, the one in force, or, without a hub, the one built in.
Result<console::Answer> policy_matrix(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> matrix_of(const schema::Policy& policy, const console::Invocation& in, crypto::FileSystem& files,
                                  console::Replies& replies);
Result<console::Answer> decision_table_of(const schema::Policy& policy, const console::Invocation& in);
// The agreement of a packed bundle; the one built in where there is none.
Result<schema::Policy> policy_of(ByteView bundle);

// policy_diff.cpp: each side is a folder, "embedded", or the number of a version that the hub had.
using VersionOf = std::function<Result<schema::Policy>(std::uint32_t)>;
Result<console::Answer> policy_diff(const Desk&, const console::Request&, console::Replies&);
[[nodiscard]] bool names_version(const std::string& side);
// The folders among the sides, packed, and the answer made from them.
Result<Bytes> read_sides(const console::Invocation& in);
Result<console::Answer> diff_of(const console::Invocation& in, ByteView sides, const VersionOf& version_of);

// policy_dry_run.cpp
Result<console::Answer> policy_dry_run(const Desk&, const console::Request&, console::Replies&);

// history.cpp
Result<console::Answer> restored(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> status(const Desk&, const console::Request&, console::Replies&);
Result<console::Answer> verify(const Desk&, const console::Request&, console::Replies&);

}  // namespace satchel::tools::hub
