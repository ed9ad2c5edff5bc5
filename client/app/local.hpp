// What satchel does before and around a command: input read, passphrase asked, profile opened, turn waited for.
#pragma once

#include "client/app/commands.hpp"
#include "client/app/profile.hpp"

namespace satchel::client::app {

// The ports of the real world, for the life of the process.
struct World {
    crypto::FileSystem& files;
    const Clock& clock;
    Random& random;
};

// The request with its input read: files, and values that were to come from standard input.
Result<Request> prepare(console::Call& call);

Result<crypto::SecretBytes> passphrase(const console::Invocation& in, bool is_new);

// The profile in a folder, in words that tell `enrol` when there is none; else as Profile::open.
Result<Profile> open_profile(const std::string& folder, const console::Invocation& in, const World& world);

// One command on an open profile, under the clock that the command asks for.
Result<Answer> run_on(DeviceStore& store, const std::string& folder, const Request& request, Replies& replies,
                      const World& world, const Serving& serving = {});

// Any command of the program, through the process that serves or here.
Result<Answer> run(console::Call& call, const World& world);

// enrol.cpp: makes the profile
Result<Answer> enrol(console::Call& call, const World& world);

// serve.cpp
Result<Answer> serve(console::Call& call, const World& world);
Result<Answer> lock(console::Call& call);

}  // namespace satchel::client::app
