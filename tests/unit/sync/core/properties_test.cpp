// The invariants of sync-model that hold of the pure core: I2, I3, I4, I6, I11, I12 under arbitrary work.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "bench.hpp"
#include "small_policy.hpp"
#include "sync/core/audience.hpp"

namespace satchel::test {
namespace {

using schema::Op;
using schema::Resolution;

const std::vector<std::string> roles{"police.offender_manager", "probation.practitioner", "prison.omu",
                                     "coordination.coordinator"};
constexpr std::int64_t start_ms = 1'770'000'000'000;

// One thing somebody does, chosen by small numbers so that a failure shrinks well.
struct Act {
    int who, what, which, value;
    std::int64_t clock;
};

Act any_act()
{
    return {*rc::gen::inRange(0, 4), *rc::gen::inRange(0, 12), *rc::gen::inRange(0, 6), *rc::gen::inRange(0, 4),
            *rc::gen::inRange<std::int64_t>(-300'000'000, 300'000'000) * 1000};
}

std::vector<Act> any_acts()
{
    const auto n = *rc::gen::inRange(1, 40);
    std::vector<Act> acts;
    for (int i = 0; i < n; ++i)
        acts.push_back(any_act());
    return acts;
}

// Plays acts on a bench and keeps the log that a hub would.
class Play {
public:
    enum class Clocks { right, wrong };
    explicit Play(Clocks clocks = Clocks::right) : clocks_(clocks) {}

    void act(const Act& a)
    {
        const auto& role = roles[static_cast<std::size_t>(a.who)];
        const auto text = "text " + std::to_string(a.value);
        const std::vector<std::string> levels{"low", "medium", "high", "very_high"};
        const auto level = levels[static_cast<std::size_t>(a.value)];
        switch (a.what) {
        case 0:
            save(role, a, bench.creates("address", "where", {{"lines", text}, {"from", "2026-01-0" + std::to_string(1 + a.value)}}));
            break;
        case 1:
            edit(role, a, "address", "where", {{"lines", text}});
            break;
        case 2:
            save(role, a, bench.creates("supervision", "period",
                                        {{"agency", a.value % 2 == 0 ? "probation" : "police"}, {"from", "202" + std::to_string(a.which) + "-01-01"}}));
            break;
        case 3:
            save(role, a, bench.creates("risk", "public", {{"level", level}}));
            break;
        case 4:
            edit(role, a, "risk", "public", {{"level", level}});
            break;
        case 5:
            save(role, a, bench.creates("note", "what", {{"text", text}}));
            break;
        case 6:
            save(role, a, bench.creates("flag", "raises", {{"why", text}}));
            break;
        case 7:
            clear_flag(role, a);
            break;
        case 8:
            settle(role, a);
            break;
        case 9:
            save(role, a, bench.creates("level", "decision", {{"level", std::to_string(1 + a.value % 3)}, {"rationale", text}}));
            break;
        case 10:
            remember(a);
            break;
        case 11:
            edit(role, a, "leaflet", "body", {{"text", text + "\nmiddle\n" + level}});
            if (records("leaflet").empty())
                save(role, a, bench.creates("leaflet", "body", {{"text", "one\nmiddle\ntwo"}}));
            break;
        default:
            break;
        }
    }

    // Intelligence that only police may see, by somebody who writes nothing else: two changesets, one for each audience.
    std::vector<CaseBench::Saved> hidden(int n)
    {
        std::vector<CaseBench::Saved> out;
        out.push_back(bench.save(spy, {{bench.creates("intel", "handling", {{"sharing", "nothing"}})}}));
        auto content = bench.creates("intel", "content", {{"body", "hidden " + std::to_string(n)}});
        content.record = out.front().record();
        out.push_back(bench.save(spy, {{content}}));
        for (const auto& saved : out)
            RC_ASSERT(saved.ruling().outcome == Outcome::applied);
        return out;
    }
    inline static const std::string spy = "police.offender_manager/intelligence";

    void log(CaseBench::Saved saved) { entries.push_back(std::move(saved)); }

    [[nodiscard]] std::vector<RecordId> records(const std::string& type) const
    {
        std::vector<RecordId> out;
        for (const auto& [id, record] : bench.state().records)
            if (record.type == schema::type_id(type))
                out.push_back(id);
        return out;
    }

    CaseBench bench{small_policy()};
    std::vector<CaseBench::Saved> entries;

private:
    void save(const std::string& role, const Act& a, schema::Change change)
    {
        log(bench.save(role, {{std::move(change)}, clock(a)}));
    }
    [[nodiscard]] Instant clock(const Act& a) const
    {
        return Instant{start_ms + static_cast<std::int64_t>(entries.size()) + (clocks_ == Clocks::wrong ? a.clock : 0)};
    }
    void edit(const std::string& role, const Act& a, const std::string& type, const std::string& group,
              const std::map<std::string, std::string>& typed)
    {
        // Records in the order in which they came, which no clock changes.
        std::vector<RecordId> known;
        for (const auto& e : entries)
            if (e.opened.changes.front().type == schema::type_id(type) && e.opened.changes.front().creates &&
                bench.state().record(e.record()))
                known.push_back(e.record());
        if (known.empty())
            return;
        auto c = bench.edits(known[static_cast<std::size_t>(a.which) % known.size()], type, group, typed);
        if (stale_ && a.value % 2 == 1)
            c.base = stale_base_;
        save(role, a, std::move(c));
    }
    void remember(const Act&)
    {
        stale_ = !stale_;
        if (!entries.empty())
            stale_base_ = entries[entries.size() / 2].version();
    }
    void clear_flag(const std::string& role, const Act& a)
    {
        const auto known = records("flag");
        if (known.empty())
            return;
        auto c = bench.edits(known.front(), "flag", "raises", {});
        c.op = Op::remove;
        for (const auto& element : bench.state().record(known.front())->groups.front().elements)
            if (static_cast<int>(c.targets.size()) <= a.which)
                c.targets.push_back(element.id);
        c.reason = a.value == 0 ? "" : "looked again";
        save(role, a, std::move(c));
    }
    void settle(const std::string& role, const Act& a)
    {
        for (const auto& entry : entries) {
            const auto& change = entry.opened.changes.front();
            const auto* record = bench.state().record(change.record);
            const auto* group = record ? record->group(change.group) : nullptr;
            if (!group || group->open.empty() || group->open.front().side.id != entry.version())
                continue;
            const auto conflict = group->open.front().kind == OpenItem::Kind::conflict;
            const auto how = conflict ? (a.value % 2 == 0 ? Resolution::choose_a : Resolution::choose_b)
                                      : (a.value % 2 == 0 ? Resolution::accept : Resolution::decline);
            save(role, a, bench.resolves(entry, how, "settled"));
            return;
        }
    }

    Clocks clocks_;
    bool stale_ = false;
    VersionId stale_base_;
};

// Applies a log to an empty case, as a device does with what it may see.
CaseState refold(const CaseState& whole, const std::vector<CaseBench::Saved>& entries, const Viewer* reader)
{
    CaseState out;
    out.id = whole.id;
    out.facts = initial_facts(small_policy());
    for (const auto& entry : entries) {
        if (!reader || may_see(small_policy(), entry.opened, entry.rulings, whole, *reader))
            fold(out, entry.opened, entry.rulings);
        for (const auto& effect : entry.effects)
            if (!reader || may_see(small_policy(), effect, whole, *reader))
                fold(out, effect);
    }
    return out;
}

Viewer reader_of(const std::string& role)
{
    return {number_id<CredentialId>(9, 9), {{role.substr(0, role.find('.')), "team", role}}};
}

bool same(const CaseState& a, const CaseState& b)
{
    return a.facts == b.facts && a.records == b.records && a.tasks == b.tasks;
}

RC_GTEST_PROP(Invariants, I2_EveryChangeHasExactlyOneRulingAndWaitsUntilAPersonSettlesItOrTheRecordSaysTheSame, ())
{
    Play play;
    std::map<std::pair<RecordId, schema::GroupId>, std::vector<std::pair<std::size_t, schema::FieldValues>>> said;
    for (const auto& a : any_acts()) {
        play.act(a);
        for (const auto& [id, record] : play.bench.state().records)
            for (const auto& group : record.groups)
                said[{id, group.id}].emplace_back(play.entries.size(), group.current.values);
    }
    const auto overtaken = [&](std::size_t i, const schema::Change& change) {
        const auto& values = said[{change.record, change.group}];
        return std::any_of(values.begin(), values.end(), [&](const auto& then) {
            return then.first > i && std::all_of(change.values.begin(), change.values.end(), [&](const schema::FieldValue& v) {
                       const auto* now = find(then.second, v.field);
                       return now && *now == v.value;
                   });
        });
    };
    std::set<VersionId> settled;
    for (const auto& entry : play.entries) {
        RC_ASSERT(entry.rulings.size() == entry.opened.changes.size());
        const auto& change = entry.opened.changes.front();
        const auto& ruling = entry.ruling();
        if (ruling.amends)
            settled.insert(ruling.amended);
        if (change.op == Op::resolve && ruling.outcome == Outcome::applied)
            settled.insert(change.targets.front());
    }
    for (std::size_t i = 0; i < play.entries.size(); ++i) {
        const auto& entry = play.entries[i];
        const auto waits = entry.ruling().outcome == Outcome::suggested || entry.ruling().outcome == Outcome::conflict;
        const auto& change = entry.opened.changes.front();
        const auto* record = play.bench.state().record(change.record);
        const auto* group = record ? record->group(change.group) : nullptr;
        const bool open = group && std::any_of(group->open.begin(), group->open.end(), [&](const OpenItem& item) {
            return item.side.id == entry.version() && item.side.values == change.values;
        });
        if (waits)
            RC_ASSERT(open || settled.contains(entry.version()) || overtaken(i, change));
    }
}

// Checked without the engine's authority code: in this agreement an address belongs to the lead agency, and the lead
// is the agency of the latest supervision that has begun.
RC_GTEST_PROP(Invariants, I3_NoConfirmedValueWasSetByAnAuthorWithoutAuthority, ())
{
    Play play;
    for (const auto& a : any_acts()) {
        const auto lead = std::string(play.bench.state().fact("lead_agency"));
        const auto before = play.entries.size();
        play.act(a);
        if (play.entries.size() == before)
            continue;
        const auto& entry = play.entries.back();
        const auto& change = entry.opened.changes.front();
        if (change.type != schema::type_id("address") && change.type != schema::type_id("risk"))
            continue;
        const auto* record = play.bench.state().record(change.record);
        const auto* group = record ? record->group(change.group) : nullptr;
        // A suggestion may be accepted by the owner's declared cover as well: here the co-ordination unit.
        const bool by_cover = change.op == Op::resolve && entry.opened.header.hat.agency == "coordination";
        if (group && group->current.id == entry.version())
            RC_ASSERT(by_cover || entry.opened.header.hat.agency == lead);
    }
}

RC_GTEST_PROP(Invariants, I4_WhatAReaderFoldsIsThePartOfTheCaseThatTheyMaySee, ())
{
    Play play;
    for (const auto& a : any_acts()) {
        play.act(a);
        if (a.which == 5)
            for (auto& saved : play.hidden(a.value))
                play.log(std::move(saved));
    }
    for (const auto& role : roles) {
        const auto reader = reader_of(role);
        RC_ASSERT(same(refold(play.bench.state(), play.entries, &reader),
                       visible_part(play.bench.state(), small_policy(), reader)));
    }
}

RC_GTEST_PROP(Invariants, I6_ALogFoldsToTheSameCaseAndEachRulingIsRecomputedAlike, ())
{
    Play play;
    for (const auto& a : any_acts())
        play.act(a);
    RC_ASSERT(same(refold(play.bench.state(), play.entries, nullptr), play.bench.state()));
    Play again;
    for (const auto& entry : play.entries) {
        const auto& agency = entry.opened.header.hat.role;
        const auto saved = again.bench.rule(agency, entry.opened);
        RC_ASSERT(saved.rulings == entry.rulings);
        RC_ASSERT(saved.effects == entry.effects);
    }
}

RC_GTEST_PROP(Invariants, I11_AnyClocksGiveTheSameRulings, ())
{
    const auto acts = any_acts();
    Play right(Play::Clocks::right), wrong(Play::Clocks::wrong);
    for (const auto& a : acts) {
        right.act(a);
        wrong.act(a);
    }
    RC_ASSERT(right.entries.size() == wrong.entries.size());
    for (std::size_t i = 0; i < right.entries.size(); ++i) {
        RC_ASSERT(right.entries[i].ruling().outcome == wrong.entries[i].ruling().outcome);
        RC_ASSERT(right.entries[i].ruling().rule == wrong.entries[i].ruling().rule);
        RC_ASSERT(right.entries[i].effects.size() == wrong.entries[i].effects.size());
    }
}

RC_GTEST_PROP(Invariants, I12_AReaderOutsideTheAudienceCannotTellThatAHiddenRecordExists, ())
{
    const auto acts = any_acts();
    Play without, with;
    for (const auto& a : acts) {
        without.act(a);
        with.act(a);
        if (a.which % 2 == 0)
            with.hidden(a.value);
    }
    const auto reader = reader_of("probation.practitioner");
    const auto a = visible_part(without.bench.state(), small_policy(), reader);
    const auto b = visible_part(with.bench.state(), small_policy(), reader);
    RC_ASSERT(same(a, b));
    for (const auto& [id, record] : a.records)
        RC_ASSERT(encode(record) == encode(b.records.at(id)));
}

TEST(Audience, WhatIsRefusedWholeIsItsAuthorsAlone)
{
    CaseBench bench(small_policy());
    auto unknown = bench.creates("address", "where", {{"lines", "1 Invented Row"}});
    unknown.creates = false;
    unknown.record = number_id<RecordId>(7, 7);
    const auto refused = bench.save("police.offender_manager", {{unknown}});
    ASSERT_EQ(refused.ruling().outcome, Outcome::refused);
    const auto kept = bench.save("police.offender_manager", {{bench.creates("address", "where", {{"lines", "2 Invented Row"}})}});
    ASSERT_NE(kept.ruling().outcome, Outcome::refused);

    const auto sees = [&](const CaseBench::Saved& saved, const Viewer& viewer) {
        return may_see(small_policy(), saved.opened, saved.rulings, bench.state(), viewer);
    };
    const auto another = reader_of("police.offender_manager");
    EXPECT_TRUE(sees(kept, another));
    EXPECT_FALSE(sees(refused, another)) << "of the audience of its part, but it is in no record";
    const auto& author = bench.person("police.offender_manager");
    EXPECT_TRUE(sees(refused, {author.credential, {author.hat}}));
}

TEST(Audience, OfATypeHeldByReferenceOtherDevicesKeepThePointerOnly)
{
    CaseBench bench(small_policy());
    bench.save("police.offender_manager", {{bench.creates("source", "pointer", {{"about", "a call"}}),
                                            bench.creates("source", "story", {{"told", "what was said"}})}});
    const auto seen = visible_part(bench.state(), small_policy(), reader_of("probation.practitioner"));
    ASSERT_EQ(seen.records.size(), 1u);
    ASSERT_EQ(seen.records.begin()->second.groups.size(), 1u);
    EXPECT_EQ(seen.records.begin()->second.groups.front().id, schema::group_id("source", "pointer"));
}

TEST(Audience, TheSupplierChoosesWhatOthersInTheCaseSee)
{
    for (const char* sharing : {"nothing", "pointer", "full"}) {
        CaseBench bench(small_policy());
        const auto founded = bench.save("police.offender_manager", {{bench.creates("intel", "handling", {{"sharing", sharing}})}});
        auto content = bench.creates("intel", "content", {{"body", "raw"}});
        content.record = founded.record();
        bench.save("police.offender_manager", {{content}});
        auto notice = bench.creates("intel", "notice", {{"text", "Speak to the police offender manager"}});
        notice.record = founded.record();
        bench.save("police.offender_manager", {{notice}});
        const auto seen = visible_part(bench.state(), small_policy(), reader_of("probation.practitioner"));
        if (std::string_view(sharing) == "nothing") {
            EXPECT_TRUE(seen.records.empty());
            continue;
        }
        ASSERT_EQ(seen.records.size(), 1u);
        const auto& groups = seen.records.begin()->second.groups;
        EXPECT_EQ(groups.size(), std::string_view(sharing) == "full" ? 2u : 1u);
        EXPECT_EQ(seen.records.begin()->second.created.agency, "police");
    }
}

}  // namespace
}  // namespace satchel::test
