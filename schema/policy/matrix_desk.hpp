// One role before one part of a record: what the declarations say to it, as lines. Inside matrix*.cpp only.
#pragma once

#include "schema/policy/matrix_conditions.hpp"

namespace satchel::schema::matrix {

// Whether it is about a record that is there decides what supplier and author mean.
enum class On : std::uint8_t { new_record, record, sight };

class Desk {
public:
    Desk(const Policy& policy, const RecordType& type, const Role& role) : policy_(policy), type_(type), role_(role) {}

    // When the role holds an authority. An authority that the grammar gains is added here, in in_words() and in
    // parse_authority().
    [[nodiscard]] Any holds(const Authority& who, On on) const;
    [[nodiscard]] Any holds_any(const std::vector<Authority>& list, On on) const;

    [[nodiscard]] Lines sight(const Group& group) const;

    [[nodiscard]] Any is_hidden(const Group& group) const;
    [[nodiscard]] Any is_unseen() const;
    [[nodiscard]] Any is_blind(const Group& group) const;

    [[nodiscard]] Lines written(const Group& group, Action action) const;

    [[nodiscard]] Any lines_of_creators() const { return holds_any(type_.create, On::new_record); }

private:
    static On on(Action action) { return action == Action::create ? On::new_record : On::record; }
    [[nodiscard]] const References& refs_of(const Group& group) const { return group.refs.empty() ? type_.refs : group.refs; }

    static void put(Lines& out, const Any& given, Line line);
    static Line refused(std::string rule, References refs, std::string say);
    static Line decides(std::string rule, References refs);
    static Line suggests(std::string rule, References refs, Authority to);
    [[nodiscard]] static const Authority& resolver(const Group& group, const OwnerClause& clause);

    // Exceptions before ownership.
    void redirecting(Lines& out, const Group& group, On on) const;

    void stepping(Lines& out, const Group& group, On on) const;

    // The record as the change would leave it: of this part what the change says, of others what the record does. No part is
    // `rewritten` by a withdrawal.
    [[nodiscard]] static Any after(const Match& match, const Group* rewritten, On on);

    // A record that is only asked about is seen as by those who neither supplied nor recorded it.
    [[nodiscard]] Any sees_elsewhere(const Asked& asked) const;

    // When the role sees everything that a gate looks at. Its own part is its own to see.
    [[nodiscard]] Any sees_all(const Gate& gate, const Group* own, On on) const;

    // What it asks for is one atom: other records, versions and persons are not told apart here.
    void gating(Lines& out, const Group& group, On on) const;
    [[nodiscard]] static Any missing(const Gate& gate);

    // What refuses comes first, then gates, then what asks somebody: nobody is asked to decide on what may not stand.
    void barring(Lines& out, const Group& group, On on) const;

    void owning(Lines& out, const Group& group, On on) const;

    void setting(Lines& out, const Group& group, On on) const;

    void creating(Lines& out, const Group& group, bool list) const;

    void adding(Lines& out, const Group& group, On on) const;

    void removing(Lines& out, const Group& group) const;

    // What happened is never refused.
    void happening(Lines& out, const Group& group, On on) const;

    // What others gave or added does not go with the record: who decides it is asked, and is asked as well where the
    // role cannot see whether there is anything.
    void withdrawing(Lines& out) const;
    // What it says protects.
    [[nodiscard]] static Atom protecting(const Group& group);

    const Policy& policy_;
    const RecordType& type_;
    const Role& role_;
};

}  // namespace satchel::schema::matrix
