// What satchel-hub does before and around a command: input read, passphrase asked, hub opened, turn waited for.
#pragma once

#include "tools/hub/commands.hpp"

namespace satchel::tools::hub {

// The ports of the real world, for the life of the process.
struct World {
    crypto::FileSystem& files;
    const Clock& clock;
    Random& random;

    [[nodiscard]] sync::HubPorts ports() const { return {files, clock, random, {}}; }
};

// The request with its input read: files, and values that were to come from standard input.
Result<console::Request> prepare(console::Call& call);

Result<crypto::SecretBytes> passphrase(const console::Invocation& in, bool is_new);

// The hub in a folder. not_found in words that tell `init`; else as HubHome::open.
Result<std::unique_ptr<sync::HubHome>> open_hub(const std::string& folder, const console::Invocation& in,
                                                const World& world, sync::HubOpen what = sync::HubOpen::whole);

Result<console::Answer> init(const console::Request& request, const World& world);

// Any command of the program, through the process that serves or here.
Result<console::Answer> run(console::Call& call, const World& world);

}  // namespace satchel::tools::hub
