// What a command answers: data for scripts, and plain English made from the same data; or an error that says what
// happened, what is safe and what to do next. Pure.
#pragma once

#include <string>

#include "sync/console/exit.hpp"
#include "sync/console/json.hpp"

namespace satchel::console {

// Where the words are spoken: what is safe differs. A device keeps what was typed; the hub keeps what was committed.
enum class Side : std::uint8_t { device, hub, tool };

struct Answer {
    Json body = Json::object();  // without "v" and "ok": rendering puts them in front. Null: a stream said it all
    Exit exit = Exit::ok;
    bool ok = true;
};

struct ErrorWords {
    std::string code;     // name(Errc)
    std::string message;  // what happened
    std::string safe;     // what is not lost
    std::string next;     // what to do now
    Exit exit = Exit::failure;
};

// The detail of the error becomes part of the message, except for not_found: what is absent and what may not be seen
// are told in the same bytes.
[[nodiscard]] ErrorWords words_for(const Error& error, Side side);

// {"v":1,"ok":…, members of the body…} and {"v":1,"ok":false,"error":{"code","message","safe","next"}}: one object each.
[[nodiscard]] Json to_json(const Answer& answer);
[[nodiscard]] Json to_json(const ErrorWords& words);

}  // namespace satchel::console
