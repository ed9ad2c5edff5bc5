// The real satchel-hub in a folder of one test.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sync/console/json.hpp"
#include "tools/demo/process.hpp"

namespace satchel::tools::hub {

using console::Json;

struct Told {
    int exit = -1;
    Json json;        // of standard output, when it was one object
    std::string out;  // as it came
    std::string err;

    [[nodiscard]] const Json& error() const { return json.at("error"); }
    [[nodiscard]] const std::string& code() const { return error().at("code").text(); }
    [[nodiscard]] const std::string& message() const { return error().at("message").text(); }
};

class HubProgram : public ::testing::Test {
protected:
    HubProgram()
    {
        std::string name = (std::filesystem::temp_directory_path() / "hub-XXXXXX").string();
        folder = mkdtemp(name.data());
        dir = folder / "hub";
    }
    ~HubProgram() override { std::filesystem::remove_all(folder); }

    demo::Invocation invocation(const std::vector<std::string>& words, const std::string& input = {}) const
    {
        demo::Invocation what;
        what.program = SATCHEL_HUB_PROGRAM;
        what.arguments = {"--dir", dir.string(), "--json"};
        if (with_passphrase) {
            what.arguments.insert(what.arguments.end(), {"--passphrase-fd", "3"});
            what.passphrase = passphrase;
        }
        what.arguments.insert(what.arguments.end(), words.begin(), words.end());
        what.input = input;
        return what;
    }
    Told told(const demo::Invocation& what) const
    {
        const auto finished = demo::run(what);
        Told out{finished.exit_code, {}, finished.out, finished.err};
        auto line = finished.out;
        if (line.ends_with('\n'))
            line.pop_back();
        if (auto json = console::parse_json(line, {64u << 20, 64}))
            out.json = *std::move(json);
        return out;
    }
    Told hub(const std::vector<std::string>& words, const std::string& input = {}) const
    {
        return told(invocation(words, input));
    }
    Told inspect(const std::string& sql, bool write = false) const
    {
        demo::Invocation what;
        what.program = SATCHEL_INSPECT_PROGRAM;
        what.arguments = {dir.string(), "--sql", sql, "--json", "--passphrase-fd", "3"};
        if (write)
            what.arguments.push_back("--write");
        what.passphrase = passphrase;
        return told(what);
    }
    void init() const
    {
        const auto made = hub({"init", "--area", "Exampleshire", "--kdf", "floor"});
        ASSERT_EQ(made.exit, 0) << made.out << made.err;
    }
    // What the hub says it holds: compared before and after something that must change nothing.
    std::string counts() const
    {
        const auto status = hub({"status"});
        EXPECT_EQ(status.exit, 0) << status.out << status.err;
        return console::to_text(status.json.at("counts")) + console::to_text(status.json.at("position"));
    }
    std::string add_user(const std::string& name, const std::string& hat) const
    {
        const auto added = hub({"user", "add", "--name", name, "--hat", hat});
        EXPECT_EQ(added.exit, 0) << added.out << added.err;
        return added.json.at("user").text();
    }

    std::filesystem::path folder, dir;
    std::string passphrase = "a passphrase of the tests";
    bool with_passphrase = true;
};

// A fictitious case in the form of an import; every record is of the first bundle.
inline std::string case_lines(const std::string& label = "C1", const std::string& crn = "X000001")
{
    const auto record = [&](const std::string& key, const std::string& type, const std::string& fields,
                            const std::string& more = {}) {
        return R"({"v":1,"kind":"record","case":")" + label + R"(","key":")" + key + R"(","type":")" + type +
               R"(","agency":"probation","role":"probation.practitioner","author":"Imported, as stated",)"
               R"("event_at":"2024-02-01T09:00:00Z","fields":{)" +
               fields + "}" + more + "}\n";
    };
    return R"({"v":1,"kind":"case","key":")" + label + R"(","area":"Exampleshire"})" + "\n" +
           record("p", "person", R"("family_name":"FICTITIOUS","given_names":"Zoë","dob":"1985-05-05")",
                  R"(,"elements":{"identifiers":[{"scheme":"crn","identifier":")" + crn + R"("}]})") +
           record("s", "supervision", R"("agency":"probation","from":"2024-01-02","basis":"licence")") +
           record("a", "address", R"("lines":"1 Nowhere Street","kind":"main","from":"2024-02-01")");
}

}  // namespace satchel::tools::hub
