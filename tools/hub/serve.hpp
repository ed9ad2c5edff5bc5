// The hub as a service: TLS sessions, one writer, the private socket, and an orderly end.
#pragma once

#include "tools/hub/local.hpp"

namespace satchel::tools::hub {

// Opens the hub, says where it listens, and runs until SIGTERM or SIGINT; then lets sessions and commands end.
Result<console::Answer> serve(console::Call& call, const World& world);

}  // namespace satchel::tools::hub
