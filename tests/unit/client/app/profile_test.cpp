// A profile is made whole or not at all; and what can be wrong with an enrolment is found before its code is used up.
#include <unistd.h>

#include "client/app/local.hpp"
#include "crypto/files.hpp"
#include "tests/unit/client/app/app_fixture.hpp"

namespace satchel::client::app {
namespace {

// Files in memory, with a folder that is not there on the disk: the store cannot be made.
class FilesInMemory final : public crypto::FileSystem {
public:
    Result<Bytes> read(const std::string& path, std::size_t) override
    {
        const auto at = files.find(path);
        return at == files.end() ? Result<Bytes>(fail(Errc::not_found, path)) : Result<Bytes>(at->second);
    }
    Result<void> write_durable(const std::string& path, ByteView content) override
    {
        files[path] = Bytes(content.begin(), content.end());
        return {};
    }
    Result<void> remove(const std::string& path) override
    {
        if (keeps_everything)
            return fail(Errc::io_error, path);
        files.erase(path);
        return {};
    }
    Result<bool> exists(const std::string& path) override { return files.contains(path); }

    std::map<std::string, Bytes> files;
    bool keeps_everything = false;
};

class Profiles : public AppTest {
protected:
    std::string make(const std::string& folder)
    {
        const auto enrolled = hub.enrol("probation.practitioner");
        return crypto::outcome(Profile::create(files, folder, crypto::SecretBytes::random(hub.random, 16),
                                               crypto::KdfParams::floor(), enrolled.identity, enrolled.chain, {},
                                               hub.random));
    }
    // A command of the program with its ports, as the error that it ends with.
    std::string ends(const std::vector<std::string>& words, int input = 0)
    {
        const auto parsed = console::parse(program(), words);
        const auto* invocation = std::get_if<console::Invocation>(&parsed);
        if (!invocation)
            return "not parsed";
        console::Output output(/*json=*/true, console::Side::device);
        console::Input in(input);
        console::Call call{*invocation, output, in};
        const auto answer = app::run(call, World{files, clock, hub.random});
        return answer ? "ok" : std::string(name(answer.error().code)) + ": " + answer.error().detail;
    }
    FilesInMemory files;
};

TEST_F(Profiles, WithoutAStoreNothingIsLeftThatKeepsTheNextAttemptOut)
{
    EXPECT_NE(make("/nowhere/at/all"), "ok");
    EXPECT_FALSE(*Profile::exists(files, "/nowhere/at/all"));
    EXPECT_EQ(make(directory_), "ok");
}

TEST_F(Profiles, WhatCannotBeTakenAwayAgainIsTold)
{
    files.keeps_everything = true;
    EXPECT_EQ(make("/nowhere/at/all"), "io_error");
    EXPECT_TRUE(*Profile::exists(files, "/nowhere/at/all"));
}

TEST_F(Profiles, AProfileIsNotMadeOverAnother)
{
    ASSERT_EQ(make(directory_), "ok");
    const auto before = files.files;
    EXPECT_EQ(make(directory_), "duplicate");
    EXPECT_EQ(files.files, before);
}

TEST_F(Profiles, AFolderWithoutAProfileSaysHowToMakeOne)
{
    EXPECT_EQ(ends({"--profile", directory_, "case", "list"}), "io_error: there is no profile in " + directory_ +
                                                                   "; `satchel --profile " + directory_ +
                                                                   " enrol --enrolment FILE` makes one");
}

TEST_F(Profiles, ADeviceNameIsPlainAndShort)
{
    const auto enrol = [&](const std::string& device) {
        return ends({"--profile", directory_, "enrol", "--enrolment", directory_ + "/slip", "--device-name", device});
    };
    for (const std::string& wrong : {std::string(129, 'x'), std::string("My\alaptop")})
        EXPECT_EQ(enrol(wrong), "invalid_argument: --device-name is plain text of at most 128 bytes");
    for (const std::string& right : {std::string(128, 'x'), std::string()})
        EXPECT_EQ(enrol(right), "io_error: there is no enrolment slip " + directory_ + "/slip");
}

TEST_F(Profiles, AReasonMayComeFromStandardInput)
{
    int ends_of_pipe[2];
    ASSERT_EQ(::pipe(ends_of_pipe), 0);
    ASSERT_EQ(::write(ends_of_pipe[1], "Recorded twice\n", 15), 15);
    ::close(ends_of_pipe[1]);
    const std::vector<std::string> words{"--profile",          "here",     "record", "withdraw",
                                         std::string(26, 'b'), "--reason", "@-"};
    const auto parsed = console::parse(program(), words);
    console::Output output(/*json=*/true, console::Side::device);
    console::Input in(ends_of_pipe[0]);
    console::Call call{std::get<console::Invocation>(parsed), output, in};
    const auto request = prepare(call);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->invocation.one("reason"), "Recorded twice");
    ::close(ends_of_pipe[0]);
}

}  // namespace
}  // namespace satchel::client::app
