// Words of earlier editions: what the compiler refuses of them, and which spellings are one word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/policy/difference.hpp"
#include "tests/unit/schema/policy/sample.hpp"

using namespace satchel::schema;
using sample::compile_with;
using sample::plain;
using sample::problems;
using sample::visit;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

// Lines 1 to 9 the visit, 10 to 23 the rest.
const std::string kept =
    visit(plain) + "[record.old]\ntitle = \"Old\"\nrefs = [\"G-1-14\"]\ncreate = \"case_agencies\"\naudience = \"case_agencies\"\n"  // 10
                   "[record.old.group.word]\nowner = \"supplier\"\nmerge = \"manual\"\n"                                             // 15
                   "[record.old.group.word.fields]\n"                                                                                // 18
                   "about = { choices = [\"mood\", \"agency\"], required = true }\n"                                                 // 19
                   "literal = \"text\"\n"                                                                                            // 20
                   "now = \"text\"\n"                                                                                                // 21
                   "where = { type = \"ref\", of = \"any\" }\n"                                                                      // 22
                   "visit = { type = \"ref\", of = \"visit\" }\n";                                                                   // 23
const std::string place = "[earlier_words]\nkeep = \"old.word\"\nwritten = \"literal\"\nrefs = [\"G-1-14\"]\n";                      // 24
const std::string about = "keep = { about = \"mood\" }\nrefs = [\"G-1-14\"]\n";

// From line 28.
std::string word(const std::string& in, const std::string& words, const std::string& means)
{
    return "[[earlier_word]]\nin = " + in + "\nwords = " + words + "\nmeans = \"" + means + "\"\n" + about;
}

std::vector<std::string> with_place(const std::string& lines)
{
    return problems(kept + lines);
}
std::vector<std::string> with_words(const std::string& words)
{
    return problems(kept + place + words);
}

const std::string quiet = word("\"visit.mood\"", "\"quiet\"", "calm");

Policy policy_of(const std::string& words)
{
    auto outcome = compile_with(kept + place + words);
    EXPECT_TRUE(outcome.policy);
    return std::move(outcome.policy).value_or(Policy{});
}

}  // namespace

TEST(EarlierWords, APlaceThatCannotTakeTheWordIsRefused)
{
    const std::string head = "[earlier_words]\n";
    const std::string refs = "refs = [\"G-1-14\"]\n";
    EXPECT_THAT(with_place(head + "keep = \"old\"\nwritten = \"literal\"\n" + refs),
                ElementsAre("extra.toml:25: an earlier word is kept in RECORD.GROUP"));
    EXPECT_THAT(with_place(head + "keep = \"odl.word\"\nwritten = \"literal\"\n" + refs),
                ElementsAre("extra.toml:25: no record is called \"odl\"; did you mean \"old\"?"));
    EXPECT_THAT(with_place(head + "keep = \"old.wrod\"\nwritten = \"literal\"\n" + refs),
                ElementsAre("extra.toml:25: record \"old\" has no group \"wrod\"; did you mean \"word\"?"));
    EXPECT_THAT(with_place(head + "keep = \"old.word\"\n" + refs), ElementsAre("extra.toml:24: earlier_words needs \"written\""));
    EXPECT_THAT(with_place(head + "keep = \"old.word\"\nwritten = \"litral\"\n" + refs),
                ElementsAre("extra.toml:26: group \"word\" has no field \"litral\"; did you mean \"literal\"?"));
    EXPECT_THAT(with_place(head + "keep = \"old.word\"\nwritten = \"about\"\n" + refs),
                ElementsAre("extra.toml:26: field \"about\" is of type choice: text is what it takes"));
    EXPECT_THAT(with_place(head + "keep = \"old.word\"\nwritten = \"literal\"\npresent = \"literal\"\n" + refs),
                ElementsAre("extra.toml:27: field \"literal\" takes two things at once"));
    EXPECT_THAT(with_place(head + "keep = \"old.word\"\nwritten = \"literal\"\nstood_in = \"now\"\n" + refs),
                ElementsAre("extra.toml:27: an earlier word may stand in a record of any type: \"now\" refers to \"\" alone",
                            "extra.toml:27: field \"now\" is of type text: ref is what it takes"));
    EXPECT_THAT(with_place(head + "keep = \"old.word\"\nwritten = \"literal\"\nstood_in = \"visit\"\n" + refs),
                ElementsAre("extra.toml:27: an earlier word may stand in a record of any type: \"visit\" refers to \"visit\" alone"));
    const auto base = sample::head();
    const auto once = kept + place;
    const auto twice = compile(std::vector<SourceFile>{{"base.toml", base}, {"once.toml", once}, {"twice.toml", place}});
    ASSERT_EQ(twice.problems.size(), 1u);
    EXPECT_EQ(to_string(twice.problems[0]), "twice.toml:1: [earlier_words] is declared in another file already");
    EXPECT_THAT(with_place(head + "keep = \"old.word\"\nwritten = \"literal\"\n"),
                ElementsAre("extra.toml:24: [earlier_words] cites no paragraph: give refs"));
}

TEST(EarlierWords, EachWordHasARecordOfItsOwn)
{
    const auto one = [](std::string text, const std::string& from, const std::string& to) {
        return text.replace(text.find(from), from.size(), to);
    };
    const std::string why = ": every earlier word is kept in a record of its own: neither of one per case nor in a set";
    EXPECT_THAT(problems(one(kept, "[record.old.group.word]", "one_per_case = true\n[record.old.group.word]") + place),
                ElementsAre("extra.toml:26" + why));
    EXPECT_THAT(problems(one(kept, "merge = \"manual\"\n[record.old.group", "merge = \"append\"\n[record.old.group") + place),
                ElementsAre("extra.toml:25" + why));
}

TEST(EarlierWords, AWordWithoutAPlaceToBeKeptIsRefused)
{
    EXPECT_THAT(problems(kept + quiet),
                ElementsAre("extra.toml:24: nothing says where an earlier word is kept as it was written: write [earlier_words]"));
}

TEST(EarlierWords, WhatTheRecordMustSayIsSaid)
{
    EXPECT_THAT(with_words("[[earlier_word]]\nin = \"visit.mood\"\nwords = \"quiet\"\nmeans = \"calm\"\nrefs = [\"G-1-14\"]\n"),
                ElementsAre("extra.toml:28: \"about\" must be given where the word is kept: say it in \"keep\""));
    const auto keeping = [](const std::string& keep) {
        return with_words("[[earlier_word]]\nin = \"visit.mood\"\nwords = \"quiet\"\nmeans = \"calm\"\nkeep = { " + keep +
                          " }\nrefs = [\"G-1-14\"]\n");
    };
    EXPECT_THAT(keeping("about = \"mod\"").at(0).substr(0, 22), "extra.toml:32: \"about\"");
    EXPECT_THAT(keeping("about = \"mood\", abuot = \"mood\""),
                ElementsAre("extra.toml:32: group \"word\" has no field \"abuot\"; did you mean \"about\"?"));
    EXPECT_THAT(keeping("about = \"mood\", literal = \"quiet\""),
                ElementsAre("extra.toml:32: field \"literal\" takes what [earlier_words] says"));
}

TEST(EarlierWords, WhereAWordCountsIsAChoiceOrWhereverAnAgencyOrARoleIsNamed)
{
    EXPECT_THAT(with_words(quiet), IsEmpty());
    EXPECT_THAT(with_words(word("[\"agency\", \"visit.mood\"]", "\"quiet\"", "calm")),
                ElementsAre("extra.toml:31: \"agency\" cannot be \"calm\""));
    EXPECT_THAT(with_words(word("\"agency\"", "\"The Constabulary\"", "police")), IsEmpty());
    EXPECT_THAT(with_words(word("\"agency\"", "\"The Constabulary\"", "polcie")),
                ElementsAre("extra.toml:31: \"agency\" cannot be \"polcie\"; did you mean \"police\"?"));
    EXPECT_THAT(with_words(word("\"visit.mood\"", "\"quiet\"", "clam")),
                ElementsAre("extra.toml:31: \"visit.mood\" cannot be \"clam\"; did you mean \"calm\"?"));
    EXPECT_THAT(with_words(word("\"visit.moood\"", "\"quiet\"", "calm")),
                ElementsAre("extra.toml:29: record \"visit\" has no field \"moood\"; did you mean \"mood\"?"));
    EXPECT_THAT(with_words(word("\"vsit.mood\"", "\"quiet\"", "calm")),
                ElementsAre("extra.toml:29: no record is called \"vsit\"; did you mean \"visit\"?"));
    EXPECT_THAT(with_words(word("\"mood\"", "\"quiet\"", "calm")),
                ElementsAre("extra.toml:29: an earlier word counts in RECORD.FIELD, or wherever an \"agency\" or a \"role\" is named"));
    EXPECT_THAT(with_words(word("\"visit.note\"", "\"quiet\"", "calm")), ElementsAre("extra.toml:29: field \"note\" is no choice"));
    EXPECT_THAT(with_words(word("\"visit.by\"", "\"quiet\"", "police")),
                ElementsAre("extra.toml:29: field \"by\" is no choice: what is said of \"agency\" counts there too"));
    EXPECT_THAT(with_words(word("[]", "\"quiet\"", "calm")),
                ElementsAre("extra.toml:28: an earlier word says where it counts (\"in\") and how it was written (\"words\")"));
    EXPECT_THAT(with_words("[[earlier_word]]\nin = \"visit.mood\"\nwords = \"quiet\"\nmeans = \"calm\"\nkeep = { about = \"mood\" }\n"),
                ElementsAre("extra.toml:28: the earlier word for \"calm\" cites no paragraph: give refs"));
}

// Whoever reads the earlier word would learn that there is a record that they may not know of.
TEST(EarlierWords, AWordIsNotKeptBeforePeopleFromWhomTheFieldIsKept)
{
    const auto seen_by = [](const std::string& audience) {
        auto text = kept;
        text.insert(text.find("[record.old]"), "audience = " + audience + "\n");
        return problems(text + place + quiet);
    };
    const std::string why =
        "extra.toml:30: not everybody who sees where the word is kept sees \"visit.mood\": they would learn of it there";
    EXPECT_THAT(seen_by("\"agency:police\""), ElementsAre(why));
    EXPECT_THAT(seen_by("{ by = \"mood\", calm = \"case_agencies\", tense = [\"agency:police\", \"supplier\"] }"), ElementsAre(why));
    EXPECT_THAT(seen_by("[\"case_agencies\", \"supplier\"]"), IsEmpty());
    EXPECT_THAT(seen_by("\"every_agency\""), IsEmpty());
}

TEST(EarlierWords, AWordThatIsAChoiceNowIsNoEarlierOne)
{
    for (const std::string spelled : {"tense", "Tense", " tense-"})
        EXPECT_THAT(with_words(word("\"visit.mood\"", "\"" + spelled + "\"", "calm")),
                    ElementsAre("extra.toml:30: \"" + spelled + "\" is no earlier word: \"visit.mood\" can be \"tense\" now"));
    EXPECT_THAT(with_words(word("\"agency\"", "\"Police\"", "probation")),
                ElementsAre("extra.toml:30: \"Police\" is no earlier word: \"agency\" can be \"police\" now"));
    for (const auto& nothing : {std::string(), std::string(" - "), std::string(257, 'x')})
        EXPECT_THAT(with_words(word("\"visit.mood\"", "\"" + nothing + "\"", "calm")),
                    ElementsAre("extra.toml:30: an earlier word has 1 to 256 bytes, and not of blanks alone"));
}

TEST(EarlierWords, AWordMeansOneThingWhereItCounts)
{
    EXPECT_THAT(with_words(quiet + word("\"visit.mood\"", "\"QUIET\"", "tense")),
                ElementsAre("extra.toml:36: \"QUIET\" means \"calm\" in \"visit.mood\" already"));
    EXPECT_THAT(with_words(quiet + quiet), ElementsAre("extra.toml:36: \"quiet\" means \"calm\" in \"visit.mood\" already"));
    EXPECT_THAT(with_words(word("\"visit.mood\"", "[\"still-ish\", \"Still ish\"]", "calm")),
                ElementsAre("extra.toml:30: \"Still ish\" means \"calm\" in \"visit.mood\" already"));
}

TEST(EarlierWords, ARoleIsTakenForThatOfItsAgency)
{
    const auto policy = policy_of(word("\"role\"", "\"OM\"", "police.manager") + word("\"role\"", "\"OM\"", "probation.practitioner"));
    const auto& words = policy.earlier_words;
    ASSERT_TRUE(words.find("role", "om", "police"));
    EXPECT_EQ(words.find("role", "om", "police")->means, "police.manager");
    EXPECT_EQ(words.find("role", "om", "probation")->means, "probation.practitioner");
    EXPECT_FALSE(words.find("role", "om")) << "two agencies have one: nobody can tell which is meant";
    EXPECT_FALSE(words.find("role", "om", "prison"));
}

TEST(EarlierWords, CaseBlanksAndDashesDoNotTellWordsApart)
{
    const auto words = policy_of(word("\"visit.mood\"", "\"Very quiet, for once\"", "calm")).earlier_words;
    for (const std::string same : {"very quiet, for once", "VERY  QUIET, FOR ONCE", " very-quiet, for\u2013once ",
                                   "very_quiet,\u00a0for once", "Very \u2014 quiet, for once"})
        EXPECT_TRUE(words.find("visit.mood", same)) << same;
    for (const std::string other : {"very quiet for once", "veryquiet, for once", "very quiet, for once!", "", "\xff"})
        EXPECT_FALSE(words.find("visit.mood", other)) << other;
    EXPECT_FALSE(words.find("visit.note", "very quiet, for once"));
    EXPECT_FALSE(words.find("visit.mood", "very quiet, for once" + std::string(300, ' '))) << "longer than a word is";
}

TEST(EarlierWords, AnAgreementHasABoundedNumber)
{
    std::string in, many;
    for (int i = 0; i < 80; ++i) {
        in += "\"visit.mood\", ";
        many += "\"w" + std::to_string(i) + "\", ";
    }
    EXPECT_THAT(with_words(word("[" + in + "]", "[" + many + "]", "calm")),
                ElementsAre("extra.toml:28: an agreement has at most 4096 earlier words"));
}

TEST(EarlierWords, ARecordMayNotBeCalledWhatMeansAnyRecord)
{
    EXPECT_THAT(problems("[record.any]\ntitle = \"Any\"\nrefs = [\"G-1-1\"]\ncreate = \"case_agencies\"\naudience = \"case_agencies\"\n"
                         "[record.any.group.it]\nfields = { note = \"note\" }\n" +
                         plain),
                ElementsAre("extra.toml:1: \"any\" is what a ref says that may refer to any record: call the record something else"));
}

// What was imported holds the present word: nobody's record becomes unreadable by it.
TEST(EarlierWords, ANextAgreementMayKnowMoreOrFewer)
{
    const auto before = policy_of(quiet);
    auto text = sample::head();
    text.replace(text.find("version = 1"), 11, "version = 2");
    for (const auto& words :
         {std::string(), quiet + word("\"visit.mood\"", "\"wild\"", "tense"), word("\"visit.mood\"", "\"quiet\"", "tense")}) {
        const auto extra = kept + place + words;
        const std::vector<SourceFile> files{{"base.toml", text}, {"extra.toml", extra}};
        EXPECT_THAT(compile(files, {}, &before).problems, IsEmpty()) << words;
    }
}

TEST(EarlierWords, TheDifferenceSaysWhatAWordMeansNow)
{
    const auto said = difference::between(policy_of(""), policy_of(quiet));
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].kind, "earlier word");
    EXPECT_EQ(said[0].where, "visit.mood: \"quiet\"");
    EXPECT_EQ(said[0].words, "new: means calm, kept with old.about \"mood\"");
}
