#include "sync/console/terminal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "sync/console/utf8.hpp"

namespace satchel::console {
namespace {

const Terminal pipe{};

std::size_t widest(const std::string& text)
{
    std::istringstream in(text);
    std::size_t most = 0;
    for (std::string line; std::getline(in, line);)
        most = std::max(most, columns(line));
    return most;
}

TEST(Table, InAPipeARowIsALineHoweverLong)
{
    const Table table{{"Case", "What"}, {{"c1", std::string(300, 'x')}, {"c22", "two\nlines"}}};
    EXPECT_EQ(to_text(table, pipe), "Case  What\nc1    " + std::string(300, 'x') + "\nc22   two lines\n");
}

TEST(Table, OnATerminalCellsAreWrappedAndNothingIsCut)
{
    const Table table{{"Case", "What"}, {{"c1", "the quick brown fox jumps over the lazy dog and on and on"}}};
    const auto text = to_text(table, {30, false});
    EXPECT_LE(widest(text), 30u) << text;
    for (const auto* word : {"quick", "jumps", "lazy", "on and"})
        EXPECT_NE(text.find(word), std::string::npos) << word;
}

TEST(Table, WideAndCombiningLettersKeepTheColumnsStraight)
{
    const Table table{{"Name", "X"}, {{"測試", "1"}, {"Zoe\xcc\x88", "1"}}};
    EXPECT_EQ(to_text(table, pipe), "Name  X\n測試  1\nZoe\xcc\x88   1\n");
}

TEST(Table, ControlCharactersOfACellNeverReachTheTerminal)
{
    const Table table{{"Name"}, {{"\x1b]0;owned\x07"}}};
    EXPECT_EQ(to_text(table, {80, false}).find('\x1b'), std::string::npos);
}

RC_GTEST_PROP(Wrapping, EveryLetterIsKeptAndLinesFit, (const std::string& bytes))
{
    const auto text = printable(bytes);
    const auto width = *rc::gen::inRange<std::size_t>(2, 20);
    std::string without_spaces, joined;
    for (const char c : text)
        if (c != ' ')
            without_spaces += c;
    for (const auto& line : wrapped(text, width)) {
        RC_ASSERT(columns(line) <= width);
        for (const char c : line)
            if (c != ' ')
                joined += c;
    }
    RC_ASSERT(joined == without_spaces);
}

TEST(Describe, SaysTheSameAsTheData)
{
    const auto body = Json::object(
        {{"received_at", "2026-01-01T00:00:00.000Z"},
         {"sent", 3},
         {"waiting", nullptr},
         {"rulings", Json::object({{"applied", 2}, {"refused", 1}})},
         {"cases", Json(Json::Array{Json::object({{"case", "c1"}, {"lead", true}}), Json::object({{"case", "c2"}})})}});
    EXPECT_EQ(describe(body, pipe), "Received at: 2026-01-01T00:00:00.000Z\n"
                                    "Sent: 3\n"
                                    "Waiting: -\n"
                                    "Rulings:\n  Applied: 2\n  Refused: 1\n"
                                    "\nCases:\nCase  Lead\nc1    yes\nc2    -\n");
    EXPECT_EQ(describe(Json::object(), pipe), "Done.\n");
}

// Reads what a piece of work writes to standard output and error; neither is a terminal here.
struct Captured {
    std::string out, err;
};
template <class Work>
Captured captured(const Work& work)
{
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    work();
    return {::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

TEST(Output, WithJsonAnErrorIsOneObjectOnStandardOutput)
{
    const auto seen = captured([] {
        Output output(/*json=*/true, Side::hub);
        EXPECT_EQ(output.finish(Result<Answer>(fail(Errc::busy))), 1);
    });
    EXPECT_TRUE(seen.out.starts_with(R"({"v":1,"ok":false,"error":{"code":"busy",)")) << seen.out;
    EXPECT_EQ(std::count(seen.out.begin(), seen.out.end(), '\n'), 1);
    EXPECT_EQ(seen.err, "");
}

TEST(Output, WithoutJsonAnErrorIsEnglishOnStandardErrorAndNothingElse)
{
    const auto seen = captured([] {
        Output output(/*json=*/false, Side::device);
        EXPECT_EQ(output.finish(Result<Answer>(fail(Errc::unreachable, "connection refused"))), 4);
    });
    EXPECT_EQ(seen.out, "");
    EXPECT_EQ(seen.err, "The hub could not be reached: connection refused.\n"
                        "What is safe:  Everything saved before is still on this device.\n"
                        "What to do:    Check the network and the address, then try again.\n");
}

TEST(Output, AnAnswerGivesItsExitCode)
{
    const auto seen = captured([] {
        Output output(/*json=*/true, Side::device);
        EXPECT_EQ(output.finish(Answer{Json::object({{"sent", 1}}), Exit::attention, true}), 5);
    });
    EXPECT_EQ(seen.out, "{\"v\":1,\"ok\":true,\"sent\":1}\n");
}

TEST(Output, WhereAStreamSaidItAllNothingFollows)
{
    const auto seen = captured([] {
        Output output(/*json=*/true, Side::hub);
        output.raw_line("{\"v\":1,\"kind\":\"case\"}");
        Answer answer;
        answer.body = nullptr;
        EXPECT_EQ(output.finish(answer), 0);
    });
    EXPECT_EQ(seen.out, "{\"v\":1,\"kind\":\"case\"}\n");
}

TEST(Output, AProblemOfSomethingThatGoesOnIsToldOnStandardError)
{
    const auto seen = captured([] { Output(/*json=*/true, Side::hub).warn({Errc::disk_full, {}, {}}); });
    EXPECT_EQ(seen.out, "");
    EXPECT_TRUE(seen.err.ends_with(",\"event\":\"problem\"}\n")) << seen.err;
}

TEST(Output, ANoteIsOneLineOnStandardError)
{
    const auto event = Json::object({{"event", "session"}, {"count", 3}});
    EXPECT_EQ(captured([&] { Output(/*json=*/true, Side::hub).note(event); }).err,
              "{\"v\":1,\"ok\":true,\"event\":\"session\",\"count\":3}\n");
    EXPECT_EQ(captured([&] { Output(/*json=*/false, Side::hub).note(event); }).err, "event: session; count: 3\n");
}

TEST(Progress, IsJsonLinesOnStandardErrorWithJsonAndSilentInAPipe)
{
    const auto work = [](bool json) {
        return captured([json] {
            Output output(json, Side::hub);
            for (std::uint64_t i = 0; i <= 1000; ++i)
                output.progress().report("import", i, 1000);
        });
    };
    const auto seen = work(true);
    EXPECT_EQ(seen.out, "");
    EXPECT_TRUE(seen.err.starts_with(
        "{\"v\":1,\"ok\":true,\"event\":\"progress\",\"phase\":\"import\",\"done\":0,\"total\":1000}\n"))
        << seen.err;
    EXPECT_TRUE(seen.err.ends_with("\"done\":1000,\"total\":1000}\n")) << seen.err;
    EXPECT_LT(std::count(seen.err.begin(), seen.err.end(), '\n'), 20) << "at most ten a second";
    EXPECT_EQ(work(false).out + work(false).err, "");
}

}  // namespace
}  // namespace satchel::console
