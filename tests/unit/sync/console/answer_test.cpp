// Answers, errors and exit codes as docs/CLI.md promises them.
#include "sync/console/answer.hpp"

#include <gtest/gtest.h>

namespace satchel::console {
namespace {

const std::vector every_code{
    Errc::invalid_argument, Errc::malformed,       Errc::too_large,        Errc::unknown_name,
    Errc::not_found,        Errc::refused,         Errc::duplicate,        Errc::io_error,
    Errc::disk_full,        Errc::busy,            Errc::timed_out,        Errc::peer_gone,
    Errc::unreachable,      Errc::closed,          Errc::wrong_passphrase, Errc::locked,
    Errc::bad_signature,    Errc::bad_certificate, Errc::corrupt,          Errc::fork,
    Errc::wrong_key,        Errc::protocol_violation, Errc::version_mismatch, Errc::epoch_changed,
    Errc::access_removed,   Errc::policy_invalid,  Errc::bug};

Error error(Errc code, std::string detail = {}) { return {code, std::move(detail), {}}; }

TEST(ErrorWords, EveryErrorSaysWhatHappenedWhatIsSafeAndWhatToDoOnEverySide)
{
    for (const auto code : every_code)
        for (const auto side : {Side::device, Side::hub, Side::tool}) {
            const auto words = words_for(error(code), side);
            EXPECT_EQ(words.code, name(code));
            EXPECT_NE(words.exit, Exit::ok) << words.code;
            for (const auto& sentence : {words.message, words.safe, words.next}) {
                EXPECT_GT(sentence.size(), 10u) << words.code;
                EXPECT_EQ(sentence.back(), '.') << sentence;
                EXPECT_EQ(sentence.find("ync"), std::string::npos) << "a word users are not told: " << sentence;
            }
            if (code != Errc::bug) {
                EXPECT_NE(words.message, words_for(error(Errc::bug), side).message) << words.code;
            }
        }
}

TEST(ErrorWords, TheDetailIsPartOfTheMessage)
{
    EXPECT_EQ(words_for(error(Errc::malformed, "line 3: no kind"), Side::hub).message,
              "The input cannot be read: line 3: no kind.");
    EXPECT_EQ(words_for(error(Errc::unknown_name, "type \"adress\"; did you mean \"address\"?"), Side::hub).message,
              "There is no such name: type \"adress\"; did you mean \"address\"?");
}

TEST(ErrorWords, WhatIsHiddenAndWhatIsAbsentAreToldInTheSameBytes)
{
    const auto absent = words_for(error(Errc::not_found, "no case X000001"), Side::device);
    const auto hidden = words_for(error(Errc::not_found, "case is restricted"), Side::device);
    EXPECT_EQ(to_text(to_json(absent)), to_text(to_json(hidden)));
    EXPECT_EQ(absent.exit, Exit::failure);
}

TEST(ErrorWords, AreOneJsonObjectWithTheFourParts)
{
    const auto json = to_json(words_for(error(Errc::busy), Side::device));
    EXPECT_EQ(to_text(json).substr(0, 36), R"({"v":1,"ok":false,"error":{"code":"b)");
    const auto& parts = json.at("error");
    ASSERT_EQ(parts.members().size(), 4u);
    EXPECT_EQ(parts.at("code").text(), "busy");
    for (const auto* part : {"message", "safe", "next"})
        EXPECT_FALSE(parts.at(part).text().empty()) << part;
}

TEST(Exit, FollowsTheErrorAsTheContractSays)
{
    EXPECT_EQ(exit_of(Errc::not_found), Exit::failure);
    EXPECT_EQ(exit_of(Errc::busy), Exit::failure);
    EXPECT_EQ(exit_of(Errc::io_error), Exit::failure);
    EXPECT_EQ(exit_of(Errc::malformed), Exit::usage);
    EXPECT_EQ(exit_of(Errc::wrong_passphrase), Exit::locked);
    EXPECT_EQ(exit_of(Errc::locked), Exit::locked);
    EXPECT_EQ(exit_of(Errc::unreachable), Exit::unreachable);
    EXPECT_EQ(exit_of(Errc::refused), Exit::refused);
    EXPECT_EQ(exit_of(Errc::corrupt), Exit::integrity);
    EXPECT_EQ(exit_of(Errc::bad_signature), Exit::integrity);
}

TEST(Exit, OfSeveralIntegrityComesFirstThenRefusalThenAttention)
{
    const std::vector order{Exit::integrity, Exit::refused, Exit::attention, Exit::unreachable,
                            Exit::locked,    Exit::usage,   Exit::failure,   Exit::ok};
    for (std::size_t i = 0; i < order.size(); ++i)
        for (std::size_t j = i; j < order.size(); ++j) {
            EXPECT_EQ(graver(order[i], order[j]), order[i]);
            EXPECT_EQ(graver(order[j], order[i]), order[i]);
        }
}

TEST(Answer, StartsWithVersionAndOkWhateverTheBodySays)
{
    Answer answer;
    answer.body["user"] = "u";
    answer.body["ok"] = false;
    answer.body["v"] = 7;
    EXPECT_EQ(to_text(to_json(answer)), R"({"v":1,"ok":true,"user":"u"})");
    answer.ok = false;
    EXPECT_EQ(to_text(to_json(answer)), R"({"v":1,"ok":false,"user":"u"})");
}

}  // namespace
}  // namespace satchel::console
