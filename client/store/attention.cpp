// What somebody has to look at, in words for people, and who is to act.
#include <algorithm>

#include "client/store/store_impl.hpp"
#include "sync/core/authority.hpp"

namespace satchel::client {
namespace {

struct Decider {
    std::string words;      // "the lead agency's Police offender manager"
    bool us = false;        // one of this user's hats may decide
    bool stands_in = false; // or covers those who may, of whom nobody is there
};

Decider decider(const schema::Policy& policy, const sync::Facts& facts, const schema::Change& change,
                const sync::Ruling& ruling, const sync::RecordState* record, const Identity& identity)
{
    const auto* type = policy.type(change.type);
    const auto authority = schema::parse_authority(ruling.decided_by, type);
    if (!type || !authority)
        return {"the MAPPA co-ordination unit", false};
    const sync::Scene scene{policy, facts, record, &change.values};
    Decider out{sync::in_words(*authority, scene), false};
    out.us = std::any_of(identity.hats.begin(), identity.hats.end(), [&](const schema::Hat& hat) {
        return sync::holds(*authority, hat, identity.credential, scene);
    });
    out.stands_in = !out.us && identity.stands_in_for(policy, sync::roles_of(*authority, scene));
    return out;
}

// Of two versions of which one is theirs, who stands in chooses none.
bool may_stand_in(const sync::RecordState* record, const schema::Change& change, const sync::Ruling& ruling, const Identity& identity)
{
    const auto* group = record ? record->group(change.group) : nullptr;
    return ruling.outcome != sync::Outcome::conflict || !group || group->current.source.author != identity.credential;
}

} // namespace

Result<void> DeviceStore::Impl::note(std::int64_t case_no, const AttentionItem& item)
{
    return db.run(
        "INSERT INTO attention(case_no, kind, record_id, group_id, version, what_happened, what_next, "
        "who_acts, at) VALUES(?,?,?,?,?,?,?,?,?)",
        case_no, item.kind, item.record, static_cast<std::int64_t>(item.group), item.version,
        item.what_happened, item.what_next, item.who_acts, item.at.ms);
}

Result<void> DeviceStore::Impl::note_ruling(const CaseRow& row, const sync::OpenedChangeset& opened,
                                            std::size_t index, const sync::Ruling& ruling,
                                            const sync::RecordState* record, Instant at, Tally& tally)
{
    const auto& change = opened.changes[index];
    const bool own = opened.header.author == identity.credential;
    AttentionItem item;
    item.record = change.record;
    item.group = change.group;
    item.version = opened.versions[index];
    item.at = at;
    const auto who = decider(*policy, row.facts, change, ruling, record, identity);
    const bool first_of_two = change.op == schema::Op::resolve && ruling.outcome == sync::Outcome::suggested;
    if (!own) {
        if (!who.us && !(who.stands_in && may_stand_in(record, change, ruling, identity)))
            return {};
        const bool suggestion = ruling.outcome == sync::Outcome::suggested;
        item.kind = suggestion ? "decide_suggestion" : "decide_conflict";
        item.what_happened = suggestion ? "There is a suggestion." : "There are two versions.";
        if (first_of_two)
            item.what_happened = "One person has decided for less protection.";
        item.what_next = first_of_two    ? "It counts when a second person decides the same."
                         : who.stands_in ? (suggestion ? "Nobody who decides it is there: accept or decline it in their stead."
                                                       : "Nobody who decides it is there: choose one in their stead.")
                         : suggestion ? "Accept, amend or decline it."
                                      : "Choose one, edit it, or keep the previous.";
        item.who_acts = "you";
    } else if (ruling.outcome == sync::Outcome::refused) {
        item.kind = "refused";
        item.what_happened = "It is held, not in the record.";
        item.what_next = ruling.who_can;
        item.who_acts = "you";
        if (!ruling.instead.empty()) {
            const auto* type = policy->type(std::string_view(ruling.instead));
            item.what_happened = "It was kept as: " + (type ? type->title : ruling.instead) + ".";
        }
    } else if (ruling.outcome == sync::Outcome::suggested) {
        item.kind = "suggestion";
        item.what_happened = first_of_two             ? "Your decision waits for a second person."
                             : ruling.around_handover ? "It is a suggestion: it was written around handover."
                                                      : "It is a suggestion.";
        item.what_next = ruling.who_can.empty() ? "It is decided by " + who.words + "." : ruling.who_can;
        item.who_acts = who.us ? "you" : who.words;
    } else if (ruling.outcome == sync::Outcome::conflict) {
        item.kind = "conflict";
        item.what_happened = ruling.stands
                                 ? "There are two versions; yours, the safer one, is shown as standing."
                                 : "There are two versions.";
        item.what_next = "It is decided by " + who.words + ".";
        item.who_acts = who.us ? "you" : who.words;
    } else {
        item.kind = "outside_policy";
        item.what_happened = "It is in the record, marked outside policy.";
        item.what_next = ruling.who_can;
        item.who_acts = "whoever decided otherwise";
    }
    ++tally.attention;
    return note(row.no, item);
}

Result<std::vector<AttentionItem>> DeviceStore::attention()
{
    auto& impl = *impl_;
    std::vector<AttentionItem> out;
    SATCHEL_TRY(auto query,
                impl.db.statement(
                    "SELECT a.item_no, a.kind, a.record_id, a.group_id, a.version, a.what_happened, "
                    "a.what_next, a.who_acts, a.at, c.case_id, c.case_no FROM attention a "
                    "LEFT JOIN cases c USING(case_no) WHERE coalesce(c.locked, 0) = 0 ORDER BY a.item_no"));
    for (;;) {
        SATCHEL_TRY(const bool more, query.step());
        if (!more)
            return out;
        AttentionItem item;
        item.number = query.int64(0);
        item.kind = query.text(1);
        item.record = query.id<RecordId>(2);
        item.group = schema::GroupId{static_cast<std::uint32_t>(query.int64(3))};
        item.version = query.id<VersionId>(4);
        item.what_happened = query.text(5);
        item.what_next = query.text(6);
        item.who_acts = query.text(7);
        item.at.ms = query.int64(8);
        if (!query.is_null(9))
            item.case_id = query.id<CaseId>(9);
        // What waited for a decision and no longer does has been dealt with.
        if (item.kind == "suggestion" || item.kind == "conflict" || item.kind.starts_with("decide_")) {
            SATCHEL_TRY(const auto record, impl.record(query.int64(10), item.record, /*overlay=*/true));
            const auto* group = record ? record->group(item.group) : nullptr;
            if (!group ||
                std::none_of(group->open.begin(), group->open.end(),
                             [&](const sync::OpenItem& open) {
                                 return open.side.id == item.version || open.proposed.id == item.version;
                             }))
                continue;
        }
        out.push_back(std::move(item));
    }
}

Result<std::uint64_t> DeviceStore::attention_count()
{
    SATCHEL_TRY(const auto items, attention());
    return items.size();
}

} // namespace satchel::client
