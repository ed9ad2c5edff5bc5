// What one reader gets of an entry.
#include <gtest/gtest.h>

#include "sync/hub/entry_reader.hpp"
#include "tests/unit/sync/hub/hub_world.hpp"

namespace satchel::test {
namespace {

// An effect that names two records, where the first of them is the last that the reader keeps.
TEST(EntryReader, AnEntryIsJudgedOnEveryRecordThatItNames)
{
    HubWorld w;
    const auto case_id = must(w.service().add_case("C1"));
    const auto officer = w.user("Invented Officer", "police.offender_manager");
    must(w.service().assign(case_id, {AssignmentRow::Subject::user, to_string(officer)}));
    auto device = w.enrol(officer, "police.offender_manager");
    std::vector<RecordId> shared;
    schema::Change notice;
    for (int i = 0; i < 2; ++i) {
        notice = w.creates(case_id, "intel", "notice", {{"text", "Ask the desk"}});
        shared.push_back(w.save(device, case_id, {notice}).changes.front().record);
        w.save(device, case_id, {w.edits(case_id, shared.back(), "intel", "handling", {{"sharing", "full"}})});
    }
    w.push(device);

    const auto policy = w.service().policy();
    const HubPolicy in_force(schema::Policy(*policy), {});
    const Viewer probation{random_id<CredentialId>(w.random()), {{"probation", "east", "probation.practitioner"}}};
    const Admission admission{};
    const auto view = must(w.store().view());
    const auto row = *must(view->case_row(case_id));
    ReferredRows rows(*view);
    EntryReader reader(*view, in_force, probation, admission, rows);
    reader.begin(row);

    Effect effect;
    effect.kind = Effect::Kind::link;
    effect.type = notice.type;
    effect.group = notice.group;
    const auto visible = [&](const RecordId& record, const RecordId& other) {
        effect.record = record;
        effect.other = other;
        EntryRow entry;
        entry.kind = EntryKind::effect;
        entry.body = encode(effect);
        return must(reader.open(entry, /*content=*/false)).visible;
    };
    ASSERT_TRUE(visible(shared[0], shared[1]));
    reader.begin(row);
    for (std::size_t kept = 0; kept + 1 < EntryReader::records_kept; ++kept) {
        const auto unknown = random_id<RecordId>(w.random());
        ASSERT_FALSE(visible(unknown, unknown));
    }
    EXPECT_TRUE(visible(shared[0], shared[1]));
}

}  // namespace
}  // namespace satchel::test
