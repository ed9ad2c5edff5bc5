// The commands of satchel as data, and who carries them out.
#pragma once

#include <stop_token>

#include "client/store/store.hpp"
#include "sync/console/program.hpp"

namespace satchel::client {
class KeptTls;  // client/engine/runner.hpp
}

namespace satchel::client::app {

using console::Answer;
using console::Json;
using console::Replies;
using console::Request;

const console::ProgramSpec& program();

// What only a process that serves has.
struct Serving {
    KeptTls* tls = nullptr;
    std::stop_token stop;  // it is to lock: a session ends with what is under way
};

// What a command works with, once the profile is open. Commands run one at a time.
struct Desk {
    DeviceStore& store;
    const Clock& clock;  // of this command: it may be wrong on purpose
    Random& random;
    std::string folder;
    Serving serving = {};

    [[nodiscard]] const schema::Policy& policy() const noexcept { return store.policy(); }
};

using Command = Result<Answer> (*)(const Desk&, const Request&, Replies&);

// Everything but enrol, serve and lock, which do not work on an open profile. bug for a name that `program` does
// not have.
Result<Answer> run_command(const Desk& desk, const Request& request, Replies& replies);

// cases.cpp
Result<Answer> case_list(const Desk&, const Request&, Replies&);
Result<Answer> case_show(const Desk&, const Request&, Replies&);

// records.cpp
Result<Answer> record_types(const Desk&, const Request&, Replies&);
Result<Answer> record_list(const Desk&, const Request&, Replies&);
Result<Answer> record_show(const Desk&, const Request&, Replies&);

// since.cpp
Result<Answer> case_since(const Desk&, const Request&, Replies&);

// history.cpp
Result<Answer> why(const Desk&, const Request&, Replies&);
Result<Answer> record_history(const Desk&, const Request&, Replies&);
Result<Answer> changes(const Desk&, const Request&, Replies&);

// write.cpp
Result<Answer> record_new(const Desk&, const Request&, Replies&);
Result<Answer> record_edit(const Desk&, const Request&, Replies&);
Result<Answer> record_withdraw(const Desk&, const Request&, Replies&);

// decisions.cpp: suggestions and conflicts
Result<Answer> item_list(const Desk&, const Request&, Replies&);
Result<Answer> item_show(const Desk&, const Request&, Replies&);
Result<Answer> item_decide(const Desk&, const Request&, Replies&);

// work.cpp
Result<Answer> outbox_list(const Desk&, const Request&, Replies&);
Result<Answer> attention_list(const Desk&, const Request&, Replies&);
Result<Answer> task_list(const Desk&, const Request&, Replies&);
Result<Answer> task_settle(const Desk&, const Request&, Replies&);
Result<Answer> search(const Desk&, const Request&, Replies&);

// device.cpp
Result<Answer> sync_run(const Desk&, const Request&, Replies&);
Result<Answer> sync_status(const Desk&, const Request&, Replies&);
Result<Answer> device_doctor(const Desk&, const Request&, Replies&);

}  // namespace satchel::client::app
