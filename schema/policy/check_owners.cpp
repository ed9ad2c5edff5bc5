// Judges who owns, who sees and which rule decides.
#include <algorithm>

#include "schema/policy/admits.hpp"
#include "schema/policy/declaration.hpp"

namespace satchel::schema::declaration {
namespace {

using Kind = Authority::Kind;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

// `inner` holds whenever `outer` holds: inner asks for less, or for the same.
bool follows(const schema::Match& inner, const schema::Match& outer)
{
    const auto within = [](const std::vector<std::string>& few, const std::vector<std::string>& many) {
        return std::all_of(few.begin(), few.end(), [&](const auto& value) {
            return std::find(many.begin(), many.end(), value) != many.end();
        });
    };
    for (const auto& [fact, allowed] : inner.facts) {
        const auto at = outer.facts.find(fact);
        if (at == outer.facts.end() || !within(at->second, allowed))
            return false;
    }
    for (const auto& [field, allowed] : inner.values) {
        const auto at = std::find_if(outer.values.begin(), outer.values.end(),
                                     [f = field](const auto& entry) { return entry.first == f; });
        if (at == outer.values.end() || !within(at->second, allowed))
            return false;
    }
    return true;
}

// Whoever `later` meets, `earlier` has met already.
bool shadows(const Policy& policy, const RecordType& type, const schema::Redirect& earlier,
             const schema::Redirect& later)
{
    const bool ranks = earlier.rank == schema::Redirect::Rank::any ||
                       (earlier.rank == later.rank && earlier.rank_field == later.rank_field);
    const bool authors =
        earlier.author.empty() ||
        (!later.author.empty() && std::all_of(later.author.begin(), later.author.end(), [&](const auto& who) {
            return admits(policy, type, earlier.author, who);
        }));
    return ranks && authors && follows(earlier.when, later.when);
}

void check_clauses(const Group& in, const schema::Group& group, Problems& problems)
{
    if (group.owner.empty())
        problems.add(in.at, "group " + quoted(group.name) + " has no owner");
    for (std::size_t i = 0; i < group.owner.size(); ++i) {
        const bool last = i + 1 == group.owner.size();
        if (!last && group.owner[i].when.empty())
            problems.add(in.owner[i].at, "two owners without a condition: " + quoted(to_string(group.owner[i].is)) +
                                             " decides, " + quoted(to_string(group.owner[i + 1].is)) + " never does");
        if (last && !group.owner[i].when.empty())
            problems.add(in.owner[i].at, "the last owner has no condition, so that there is always one");
        const auto decides_before = [&](const schema::OwnerClause& earlier) {
            return !earlier.when.empty() && !group.owner[i].when.empty() && follows(earlier.when, group.owner[i].when);
        };
        const auto here = group.owner.begin() + static_cast<std::ptrdiff_t>(i);
        if (const auto first = std::find_if(group.owner.begin(), here, decides_before); first != here)
            problems.add(in.owner[i].at, quoted(to_string(group.owner[i].is)) + " never decides: the condition of " +
                                             quoted(to_string(first->is)) + " always holds first");
    }
}

void check_audience(const Policy& policy, const RecordType& type, const Record& record, const Group& in,
                    const schema::Group& group, Problems& problems)
{
    const auto& clauses = group.audience.clauses;
    if (clauses.empty()) {
        problems.add(in.at, "group " + quoted(group.name) + " has no audience, and neither has its record");
        return;
    }
    const auto& said = in.audience ? *in.audience : *record.audience;
    if (group.audience.by) {
        for (std::size_t i = 1; i < clauses.size(); ++i)
            for (const auto& who : clauses[0].who)
                if (!admits(policy, type, clauses[i].who, who))
                    problems.add(said.clauses[i].value.at, "the narrowest audience stands first: " +
                                                               quoted(to_string(who)) + " is missing here");
    }
    const auto may_see = [&](const Authority& who, Place at, const std::string& what) {
        for (const auto& clause : clauses)
            if (!admits(policy, type, clause.who, who)) {
                problems.add(at, what + " " + quoted(to_string(who)) + " of group " + quoted(group.name) +
                                     " is not in its audience" +
                                     (clause.value.empty() ? "" : " when it is " + quoted(clause.value)));
                return;
            }
    };
    for (std::size_t i = 0; i < group.owner.size(); ++i)
        may_see(group.owner[i].is, in.owner[i].at, "the owner");
    if (group.resolver.kind != Kind::nobody)
        may_see(group.resolver, in.resolver.at, "the resolver");
    for (std::size_t i = 0; i < group.transitions.size(); ++i)
        may_see(group.transitions[i].by, in.states->moves[i].at, "the mover");
    for (std::size_t i = 0; i < group.redirects.size(); ++i) {
        const auto& redirect = group.redirects[i];
        if (redirect.then == schema::Redirect::Then::suggest)
            may_see(redirect.to, in.redirects[i].to.at, "the decider");
        if (redirect.then == schema::Redirect::Then::apply)
            for (std::size_t k = 0; k < redirect.author.size(); ++k)
                may_see(redirect.author[k], in.redirects[i].author[k].at, "the author");
    }
    if (group.merge == schema::Merge::add_wins)
        for (std::size_t i = 0; i < type.create.size(); ++i)
            may_see(type.create[i], record.create[i].at, "the contributor");
}

void check_redirects(const Policy& policy, const RecordType& type, const Group& in, const schema::Group& group,
                     Problems& problems)
{
    const bool list = group.merge == schema::Merge::append || group.merge == schema::Merge::add_wins;
    for (std::size_t i = 0; list && type.kind == RecordType::Kind::event && i < group.redirects.size(); ++i)
        if (group.redirects[i].then == schema::Redirect::Then::refuse)
            problems.add(in.redirects[i].at, "two rules decide: " + quoted(group.redirects[i].rule) + " refuses what is added to " +
                                                 quoted(group.name) + ", and \"it-happened\" keeps it, for " + quoted(type.name) +
                                                 " is an event: what happened is never refused");
    for (std::size_t later = 0; later < group.redirects.size(); ++later)
        for (std::size_t earlier = 0; earlier < later; ++earlier)
            if (shadows(policy, type, group.redirects[earlier], group.redirects[later]))
                problems.add(in.redirects[later].at,
                             "two rules decide: " + quoted(group.redirects[earlier].rule) +
                                 " meets everything that " + quoted(group.redirects[later].rule) + " would");
}

}  // namespace

bool admits(const Policy& policy, const RecordType& type, std::span<const Authority> readers, const Authority& who)
{
    const auto among = [&](const Authority& asked) {
        return std::find(readers.begin(), readers.end(), asked) != readers.end();
    };
    const bool case_agencies = among({Kind::case_agencies, {}, {}});
    const auto reads = [&](const schema::Agency& agency) {
        return among({Kind::agency, agency.name, {}}) || (case_agencies && !agency.by_invitation);
    };
    const auto agency_reads = [&](const std::string& name) {
        const auto* agency = policy.agency(name);
        return agency && reads(*agency);
    };
    const auto role_reads = [&](const std::string& name) {
        const auto* role = policy.role(name);
        return role && agency_reads(role->agency);
    };
    if (who.kind == Kind::nobody || among(who) || among({Kind::every_agency, {}, {}}) ||
        std::all_of(policy.agencies.begin(), policy.agencies.end(), reads))
        return true;
    const bool lead_reads = case_agencies || among({Kind::lead_agency, {}, {}});
    const auto creators_read = [&] {
        return !type.create.empty() &&
               std::all_of(type.create.begin(), type.create.end(), [&](const Authority& creator) {
                   return creator.kind == Kind::supplier || creator.kind == Kind::author
                              ? among(creator)
                              : admits(policy, type, readers, creator);
               });
    };
    switch (who.kind) {
    case Kind::agency:
        return agency_reads(who.name);
    case Kind::role:
        return role_reads(who.name);
    case Kind::lead_agency:
    case Kind::lead_duty:
        return lead_reads;
    case Kind::fact_agency:
        return lead_reads && who.name == "lead_agency";
    case Kind::case_agencies:
        return lead_reads && std::all_of(policy.agencies.begin(), policy.agencies.end(), [&](const schema::Agency& agency) {
                   return agency.by_invitation || reads(agency);
               });
    case Kind::author:
        return among({Kind::supplier, {}, {}}) || creators_read();
    case Kind::supplier:
        return creators_read();
    case Kind::nobody:
    case Kind::field_agency:  // may be any agency
    case Kind::every_agency:
        return false;
    }
    return false;
}

void check_owners(const Bundle& bundle, const Policy& policy, Problems& problems)
{
    for (std::size_t t = 0; t < policy.types.size(); ++t) {
        const auto& type = policy.types[t];
        const auto& record = bundle.records[t];
        if (type.create.empty())
            problems.add(record.at, "record " + quoted(type.name) + " does not say who creates it");
        for (std::size_t g = 0; g < type.groups.size(); ++g) {
            check_clauses(record.groups[g], type.groups[g], problems);
            check_audience(policy, type, record, record.groups[g], type.groups[g], problems);
            check_redirects(policy, type, record.groups[g], type.groups[g], problems);
        }
        for (std::size_t c = 0; c < type.create.size(); ++c) {
            const bool sees = std::any_of(type.groups.begin(), type.groups.end(), [&](const schema::Group& group) {
                return std::all_of(group.audience.clauses.begin(), group.audience.clauses.end(),
                                   [&](const auto& clause) {
                                       const Authority supplier{Kind::supplier, {}, {}};
                                       return admits(policy, type, clause.who, type.create[c]) ||
                                              std::find(clause.who.begin(), clause.who.end(), supplier) !=
                                                  clause.who.end();
                                   });
            });
            if (!sees)
                problems.add(record.create[c].at, quoted(to_string(type.create[c])) + " creates a record " +
                                                      quoted(type.name) + " of which it sees nothing");
        }
    }
}

}  // namespace satchel::schema::declaration
