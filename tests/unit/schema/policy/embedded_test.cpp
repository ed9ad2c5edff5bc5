// The first bundle: that it compiles, that what it cites exists, and what it says about the things that the main job
// tells of.
#include "schema/policy/embedded.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/data/first_bundle.hpp"

using namespace satchel::schema;

namespace {

const Policy& bundle()
{
    static const Policy policy = [] {
        auto outcome = compile(embedded_bundle());
        for (const auto& problem : outcome.problems)
            ADD_FAILURE() << to_string(problem);
        return outcome.policy ? *std::move(outcome.policy) : Policy{};
    }();
    return policy;
}

std::string owners(const Group& group)
{
    std::string out;
    for (const auto& clause : group.owner)
        out += (out.empty() ? "" : ", ") + std::string(clause.when.empty() ? "" : "sometimes ") + to_string(clause.is);
    return out;
}

std::string readers(const Group& group, std::string_view when)
{
    std::string out;
    for (const auto& clause : group.audience.clauses)
        if (clause.value == when)
            for (const auto& who : clause.who)
                out += (out.empty() ? "" : ", ") + to_string(who);
    return out;
}

const Group& group_of(std::string_view type, std::string_view group)
{
    static const Group none{};
    const auto* t = bundle().type(type);
    const auto* g = t ? t->group(group) : nullptr;
    if (!g)
        ADD_FAILURE() << "no group " << type << "." << group;
    return g ? *g : none;
}

const Redirect& redirect_of(std::string_view type, std::string_view group, std::string_view rule)
{
    static const Redirect none{};
    for (const auto& redirect : group_of(type, group).redirects)
        if (redirect.rule == rule)
            return redirect;
    ADD_FAILURE() << "no redirect " << rule;
    return none;
}

const Notify& notify_of(std::string_view type, std::string_view id)
{
    static const Notify none{};
    if (const auto* t = bundle().type(type))
        for (const auto& notify : t->notify)
            if (notify.id == id)
                return notify;
    ADD_FAILURE() << "no notification " << id;
    return none;
}

void collect(std::set<std::string>& into, const References& refs) { into.insert(refs.begin(), refs.end()); }

std::set<std::string> everything_cited()
{
    std::set<std::string> out;
    for (const auto& type : bundle().types) {
        collect(out, type.refs);
        for (const auto& group : type.groups) {
            collect(out, group.refs);
            if (group.safe_side)
                collect(out, group.safe_side->refs);
            for (const auto& redirect : group.redirects)
                collect(out, redirect.refs);
            for (const auto& gate : group.gates)
                collect(out, gate.refs);
            for (const auto& limit : group.limits)
                collect(out, limit.refs);
        }
        for (const auto& rule : type.notify)
            collect(out, rule.refs);
        for (const auto& rule : type.links)
            collect(out, rule.refs);
        for (const auto& rule : type.outside)
            collect(out, rule.refs);
        if (type.succession)
            collect(out, type.succession->refs);
    }
    for (const auto& fact : bundle().facts)
        collect(out, fact.refs);
    for (const auto& deadline : bundle().deadlines)
        collect(out, deadline.refs);
    collect(out, bundle().calendar.refs);
    return out;
}

}  // namespace

TEST(EmbeddedBundle, CompilesWithoutAProblem)
{
    ASSERT_FALSE(bundle().types.empty());
    EXPECT_GE(bundle().version, 1u);
    EXPECT_TRUE(std::is_sorted(embedded_bundle().begin(), embedded_bundle().end(),
                               [](const auto& a, const auto& b) { return a.name < b.name; }))
        << "the digest is taken over the files in this order";
}

TEST(EmbeddedBundle, CanFollowTheFirst)
{
    for (const auto& problem : compile(embedded_bundle(), {}, &satchel::test::first_bundle()).problems)
        ADD_FAILURE() << to_string(problem);
}

TEST(EmbeddedBundle, EveryParagraphThatItCitesExists)
{
    std::ifstream file(SATCHEL_SOURCE_TREE "/tests/golden/requirements.tsv");
    ASSERT_TRUE(file.good());
    std::set<std::string> known;
    for (std::string line; std::getline(file, line);)
        known.insert(line.substr(0, line.find('\t')));
    ASSERT_GT(known.size(), 1000u);
    const auto cited = everything_cited();
    EXPECT_GT(cited.size(), 80u);
    for (const auto& ref : cited)
        EXPECT_TRUE(known.contains(ref)) << ref;
}

TEST(EmbeddedBundle, EveryRecordTypeOfTheMainJobIsThere)
{
    for (const auto* name :
         {"person", "supervision", "category_decision", "area", "level_decision", "referral", "prison_input",
          "agency_concern", "rosh", "risk_flag", "address", "relationship", "home_visit", "contact", "licence_condition",
          "requested_condition", "rmp", "action", "police_incident", "intelligence", "trigger_plan", "establishment",
          "release_dates", "security_raw", "security_assessment", "call_note", "level1_review", "disclosure",
          "disclosure_event", "told_of_mappa", "withholding", "restriction", "case_task", "victim_contact",
          "victim_identity", "case_update", "assessment"})
        EXPECT_NE(bundle().type(name), nullptr) << name;
}

// Owner by owner, as the ownership matrices have it.
TEST(EmbeddedBundle, EachPartBelongsToItsOwner)
{
    struct Row {
        const char* type;
        const char* group;
        const char* owner;
        const char* merge;
    };
    for (const auto& row : std::vector<Row>{
             {"supervision", "period", "sometimes agency:health, sometimes agency:yot, agency:probation", "manual"},
             {"level_decision", "decision", "lead_agency", "manual"},
             {"level_decision", "acknowledgement", "agency:prison", "manual"},
             {"rosh", "children", "lead_agency", "manual"},
             {"risk_flag", "raises", "lead_agency", "add_wins"},
             {"rmp", "supervision", "lead_agency", "manual"},
             {"action", "progress", "field:accepting_agency", "manual"},
             {"address", "where", "lead_agency", "manual"},
             {"address", "notified", "agency:police", "manual"},
             {"trigger_plan", "plan", "agency:police", "manual"},
             {"home_visit", "visit", "supplier", "manual"},
             {"home_visit", "observations", "supplier", "append"},
             {"contact", "contact", "supplier", "manual"},
             {"licence_condition", "condition", "sometimes role:probation.head_of_pdu, agency:prison", "manual"},
             {"licence_condition", "compliance", "supplier", "append"},
             {"requested_condition", "request", "supplier", "alternatives"},
             {"requested_condition", "decision", "sometimes role:probation.head_of_pdu, role:prison.governor", "manual"},
             {"release_dates", "dates", "agency:prison", "manual"},
             {"establishment", "location", "agency:prison", "manual"},
             {"establishment", "legal", "lead_agency", "manual"},
             {"security_raw", "information", "role:prison.security", "manual"},
             {"security_assessment", "assessment", "role:prison.security", "manual"},
             {"referral", "decision", "role:coordination.coordinator", "manual"},
             {"agency_concern", "reply", "lead_agency", "manual"},
             {"disclosure", "decision", "lead_agency", "manual"},
             {"withholding", "decision", "role:coordination.chair", "manual"},
             {"restriction", "handling", "role:coordination.chair", "manual"},
             {"area", "area", "role:coordination.coordinator", "manual"},
             {"victim_contact", "status", "role:probation.victim_liaison", "manual"},
             {"person", "identifiers", "lead_agency", "append"},
             {"case_update", "update", "supplier", "manual"}}) {
        const auto& group = group_of(row.type, row.group);
        EXPECT_EQ(owners(group), row.owner) << row.type << "." << row.group;
        EXPECT_EQ(name(group.merge), row.merge) << row.type << "." << row.group;
    }
}

TEST(EmbeddedBundle, APrisonNeverAssignsALevelItRaisesAConcern)
{
    const auto& rule = redirect_of("level_decision", "decision", "prison-never-assigns-a-level");
    EXPECT_EQ(rule.then, Redirect::Then::refuse);
    ASSERT_EQ(rule.author.size(), 1u);
    EXPECT_EQ(to_string(rule.author[0]), "agency:prison");
    ASSERT_TRUE(rule.instead.has_value());
    EXPECT_EQ(rule.instead->type, "agency_concern");
    EXPECT_EQ(rule.refs.front(), "G-15-19");
}

TEST(EmbeddedBundle, LevelTwoIsAReferralUntilAcceptedAndTheMeetingLowers)
{
    const auto& raise = redirect_of("level_decision", "decision", "level-needs-acceptance");
    EXPECT_EQ(raise.then, Redirect::Then::suggest);
    EXPECT_EQ(to_string(raise.to), "role:coordination.coordinator");
    EXPECT_EQ(raise.instead->type, "referral");
    EXPECT_EQ(raise.when.facts.at("mappa_level"), (std::vector<std::string>{"not_yet_set", "1"}));
    const auto& lower = redirect_of("level_decision", "decision", "meeting-lowers-the-level");
    EXPECT_EQ(lower.rank, Redirect::Rank::lowers);
    EXPECT_EQ(to_string(lower.to), "role:coordination.chair");
    EXPECT_EQ(lower.lists, "action");
}

TEST(EmbeddedBundle, ALevelWithoutRationaleIsNotYetSetAndAReasonedOneOutranksIt)
{
    const auto* fact = bundle().fact("mappa_level");
    ASSERT_NE(fact, nullptr);
    EXPECT_EQ(fact->otherwise, "not_yet_set");
    EXPECT_EQ(fact->needs, std::vector<FieldId>{field_id("level_decision", "decision", "rationale")});
    EXPECT_EQ(group_of("level_decision", "decision").reasoned_by,
              field_id("level_decision", "decision", "rationale"));
}

TEST(EmbeddedBundle, AnAcknowledgementBindsToOneVersionOfTheDecision)
{
    const auto& group = group_of("level_decision", "acknowledgement");
    EXPECT_EQ(group.binds_to, group_id("level_decision", "decision"));
    EXPECT_EQ(group.binds_field, field_id("level_decision", "acknowledgement", "acknowledged_version"));
}

TEST(EmbeddedBundle, TheLeadAgencyFollowsFromSupervisionAndIsPoliceWithoutIt)
{
    const auto* fact = bundle().fact("lead_agency");
    ASSERT_NE(fact, nullptr);
    EXPECT_EQ(fact->derive, FactRule::Derive::period);
    EXPECT_EQ(fact->type, "supervision");
    EXPECT_EQ(fact->otherwise, "police");
}

TEST(EmbeddedBundle, AHigherViewOfRiskIsShownToEveryone)
{
    for (const auto* who : {"children", "public", "known_adult", "staff", "prisoners"}) {
        const auto& group = group_of("rosh", who);
        ASSERT_TRUE(group.safe_side.has_value()) << who;
        EXPECT_TRUE(group.safe_side->show_to_all);
        EXPECT_EQ(group.safe_side->kind, SafeSide::Kind::later_choice);
        EXPECT_TRUE(group.safety);
        const auto* level = group.field(group.safe_side->field);
        ASSERT_NE(level, nullptr);
        EXPECT_EQ(level->choices, (std::vector<std::string>{"low", "medium", "high", "very_high"}));
    }
}

TEST(EmbeddedBundle, AFlagIsRaisedByAnyoneAndClearedWithAReason)
{
    const auto& raises = group_of("risk_flag", "raises");
    EXPECT_TRUE(raises.reason_required);
    EXPECT_TRUE(raises.safety);
    EXPECT_EQ(to_string(bundle().type("risk_flag")->create.at(0)), "case_agencies");
    const auto* fact = bundle().fact("domestic_abuse");
    ASSERT_NE(fact, nullptr);
    EXPECT_EQ(fact->derive, FactRule::Derive::any);
    ASSERT_EQ(fact->only.values.size(), 1u);
    EXPECT_EQ(fact->only.values[0].first, field_id("risk_flag", "flag", "kind"));
    EXPECT_EQ(fact->only.values[0].second, std::vector<std::string>{"domestic_abuse"});
}

TEST(EmbeddedBundle, TheSupplierOfAnIncidentChoosesWhatOthersGetAndAPointerIsTheDefault)
{
    for (const auto* type : {"police_incident", "intelligence"}) {
        const auto* sharing = group_of(type, "handling").field("sharing");
        ASSERT_NE(sharing, nullptr);
        EXPECT_EQ(sharing->initial, "pointer");
        EXPECT_EQ(group_of(type, "notice").field("notice_text")->initial, "Speak to the police offender manager");
        const auto& content = group_of(type, "content");
        EXPECT_EQ(readers(content, "pointer"), "supplier");
        EXPECT_EQ(readers(content, "sanitised"), "supplier");
        EXPECT_EQ(readers(content, "full"), "supplier, case_agencies");
        const auto& notice = group_of(type, "notice");
        EXPECT_EQ(notice.audience.clauses.front().value, "nothing") << "the narrowest first";
        EXPECT_EQ(readers(notice, "nothing"), "supplier");
        EXPECT_EQ(readers(notice, "pointer"), "supplier, case_agencies");
        EXPECT_EQ(readers(group_of(type, "sanitised"), "pointer"), "supplier");
        EXPECT_EQ(readers(group_of(type, "sanitised"), "sanitised"), "supplier, case_agencies");
    }
}

TEST(EmbeddedBundle, AMovedAddressEndsTheOldOneTellsPoliceAndMarksTheTriggerPlanStale)
{
    const auto* address = bundle().type("address");
    ASSERT_TRUE(address && address->succession);
    EXPECT_EQ(address->succession->starts, field_id("address", "where", "from"));
    EXPECT_EQ(address->succession->ends, field_id("address", "where", "to"));
    const auto& notify = notify_of("address", "address-changed");
    EXPECT_EQ(notify.when, Notify::When::received);
    EXPECT_TRUE(notify.safety);
    EXPECT_EQ(notify.marks_stale, "trigger_plan.cites");
    EXPECT_EQ(notify.unconfirmed, "reported by {agency}, not yet confirmed");
    EXPECT_EQ(notify.roles.front(), "police.offender_manager");
}

TEST(EmbeddedBundle, TwoVisitsToOneAddressOnOneDayAreLinkedAndComparedByHousehold)
{
    const auto* visit = bundle().type("home_visit");
    ASSERT_TRUE(visit && visit->links.size() == 1);
    EXPECT_EQ(visit->kind, RecordType::Kind::event);
    EXPECT_EQ(visit->links[0].same, (std::vector<FieldId>{field_id("home_visit", "visit", "address"),
                                                          field_id("home_visit", "visit", "visited_on")}));
    EXPECT_EQ(visit->links[0].differs, field_id("home_visit", "household", "member_name"));
    EXPECT_TRUE(visit->links[0].across_agencies);
}

TEST(EmbeddedBundle, WhatHappenedAgainstADecisionIsKeptAndRaised)
{
    const auto* told = bundle().type("told_of_mappa");
    ASSERT_TRUE(told && told->outside.size() == 1);
    EXPECT_EQ(told->kind, RecordType::Kind::event);
    EXPECT_EQ(told->outside[0].when.facts.at("withheld"), std::vector<std::string>{"yes"});
    EXPECT_EQ(notify_of("told_of_mappa", "withholding-breach").roles, std::vector<std::string>{"coordination.chair"});
    EXPECT_EQ(notify_of("told_of_mappa", "withholding-breach").when, Notify::When::outside);

    const auto* disclosed = bundle().type("disclosure_event");
    ASSERT_TRUE(disclosed && !disclosed->outside.empty() && disclosed->links.size() == 2);
    EXPECT_EQ(disclosed->outside[0].ref, field_id("disclosure_event", "event", "decision"));
    EXPECT_EQ(disclosed->outside[0].ref_field, field_id("disclosure", "decision", "disclosure_outcome"));
    EXPECT_EQ(disclosed->outside[0].ref_values, (std::vector<std::string>{"rejected", "not_made"}));
}

TEST(EmbeddedBundle, OnlyALineManagerMakesADisclosureOfAProposal)
{
    std::string makers;
    for (const auto& move : group_of("disclosure", "decision").transitions)
        if (move.to == "made")
            makers += move.from + " by " + to_string(move.by) + ";";
    EXPECT_EQ(makers, "proposed by lead_agency/line_manager;");
}

TEST(EmbeddedBundle, LateCallNotesAreMarkedAndGiveOneReviewTask)
{
    const auto* note = bundle().type("call_note");
    ASSERT_NE(note, nullptr);
    EXPECT_EQ(note->kind, RecordType::Kind::event);
    EXPECT_EQ(note->late_after_days, 14);
    EXPECT_TRUE(notify_of("call_note", "calls-to-review").coalesce);
}

TEST(EmbeddedBundle, ClocksRunFromTheDatesOfTheEvents)
{
    const auto clock = [](std::string_view id) -> const Deadline& {
        const auto& all = bundle().deadlines;
        const auto at = std::find_if(all.begin(), all.end(), [&](const auto& deadline) { return deadline.id == id; });
        static const Deadline none;
        return at == all.end() ? none : *at;
    };
    const auto starts = [&](std::string_view id, FieldId field, const Period& within, std::string_view role) {
        const auto& deadline = clock(id);
        EXPECT_EQ(deadline.role, role) << id;
        EXPECT_TRUE(std::any_of(deadline.starts.begin(), deadline.starts.end(), [&](const auto& start) {
            return start.field == field && start.within == within;
        })) << id;
    };
    starts("level1-review", field_id("level1_review", "review", "held_on"), {.months = 6}, "lead_agency/case_manager");
    starts("level-before-release", field_id("release_dates", "dates", "release_date"), {.months = 6, .before = true},
           "lead_agency/case_manager");
    starts("referral-decision", field_id("referral", "request", "received_on"), {.days = 10}, "coordination.coordinator");
    const auto& limit = group_of("level1_review", "review").limits.at(0);
    EXPECT_EQ(limit.within.months, 6);
    EXPECT_EQ(limit.refs.front(), "L1-271");
}

TEST(EmbeddedBundle, WhatIsSecretStaysWithItsSupplier)
{
    EXPECT_EQ(readers(group_of("security_raw", "information"), ""), "role:prison.security");
    EXPECT_EQ(bundle().type("security_raw")->hold, Hold::online);
    EXPECT_EQ(readers(group_of("victim_identity", "identity"), ""), "role:probation.victim_liaison");
    EXPECT_EQ(bundle().type("victim_identity")->hold, Hold::online);
    EXPECT_EQ(readers(group_of("requested_condition", "grounds"), ""), "supplier, role:prison.governor, role:probation.head_of_pdu");
    EXPECT_EQ(readers(group_of("call_note", "call"), ""), "agency:prison, lead_agency");
    EXPECT_EQ(bundle().scope.restricted_fact, "restricted");
    EXPECT_EQ(bundle().scope.handler, "coordination.chair");
}

TEST(EmbeddedBundle, EveryRecordSaysHowLongItIsKeptAndByWhichParagraph)
{
    for (const auto& type : bundle().types)
        EXPECT_TRUE(type.retention.find(" (") != std::string::npos && type.retention.ends_with(")")) << type.name << ": " << type.retention;
    const auto kept = [](std::string_view type) { return bundle().type(type)->retention; };
    EXPECT_EQ(kept("rosh"), "with the case: archived when it leaves MAPPA, and looked at again a hundred years after birth (G-A-18, GX-8-3)");
    EXPECT_EQ(kept("rent_exemption"), "destroyed at the end of MAPPA (G-21-19)");
    EXPECT_EQ(kept("recording"), "destroyed everywhere as soon as the minutes are approved (G-13b-28, SYN-14)");
    EXPECT_EQ(kept("copy_held"), "by the rules of the agency that holds the copy (G-13b-15, G-13bx-6, L1-158, SYN-14)");
}

// L1-172: no device carries minutes out of the office; it holds that there are some, and its agency's own actions.
TEST(EmbeddedBundle, NoDeviceCarriesMinutes)
{
    for (const auto* type : {"minutes", "minutes_copy", "minutes_correction", "executive_summary", "summary_draft"})
        EXPECT_EQ(bundle().type(std::string_view(type))->hold, Hold::reference) << type;
    EXPECT_EQ(bundle().type(std::string_view("recording"))->hold, Hold::online);
    EXPECT_EQ(bundle().type(std::string_view("action"))->hold, Hold::full);
}

// I10: work never waits for a role that nobody covers.
TEST(EmbeddedBundle, EveryCoverEndsAtTheCoordinationUnit)
{
    for (const auto& role : bundle().roles) {
        const auto* at = &role;
        for (int steps = 0; !at->cover.empty() && steps < 10; ++steps)
            at = bundle().role(at->cover);
        EXPECT_EQ(at->name, bundle().scope.coordination_role) << role.name;
    }
}
