// A case, a record, a suggestion as --json shows them: confirmed state with own pending work on it, and beside every
// value who stands behind it.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "client/app/look.hpp"

namespace satchel::client::app {

// Has it elements, each with a version of its own?
[[nodiscard]] bool is_list(const schema::Group& group) noexcept;
// Has nobody done it, and nothing else taken its place?
[[nodiscard]] bool waits(const sync::Task& task) noexcept;

// A case with everything that is needed to tell it: its state as shown, and its history by version.
class CaseView {
public:
    static Result<CaseView> of(const Desk& desk, const CaseId& case_id);
    // Of a state that has been read already. `only`: the history of this record alone, for telling of no other; empty:
    // of the whole case.
    static Result<CaseView> of(const Desk& desk, sync::CaseState state, const RecordId& only);

    [[nodiscard]] const sync::CaseState& state() const noexcept { return state_; }
    [[nodiscard]] const CaseId& id() const noexcept { return state_.id; }
    [[nodiscard]] const std::vector<HistoryLine>& lines() const noexcept { return lines_; }
    [[nodiscard]] const HistoryLine* line(const VersionId& version) const;
    // The first thing ever said of a record; null when this device does not know it.
    [[nodiscard]] const HistoryLine* founding(const RecordId& record) const;
    [[nodiscard]] bool is_pending(const RecordId& record) const { return pending_.contains(record); }

    // When the thing that a record tells of happened; zero when nobody said.
    [[nodiscard]] Instant event_at(const RecordId& record) const;
    [[nodiscard]] std::string author_of(const sync::Version& version) const;

    // The record by its id, and its type. not_found when it is not here; unknown_name when it is of a newer agreement.
    struct Found {
        const sync::RecordState& record;
        const schema::RecordType& type;
    };
    [[nodiscard]] Result<Found> find(const RecordId& record) const;

    // Records in the order of the agreement's types; those of events by when they happened, others as they were made.
    [[nodiscard]] std::vector<const sync::RecordState*> in_order() const;

    [[nodiscard]] Json to_json(const sync::RecordState& record) const;
    [[nodiscard]] Json to_json(const sync::Task& task) const;

    // Something that waits for a decision, with its record.
    struct Open {
        const sync::RecordState& record;
        const schema::RecordType& type;
        const schema::Group& group;
        const sync::GroupState& state;
        const sync::OpenItem& item;
    };
    [[nodiscard]] std::vector<Open> open_items(std::optional<sync::OpenItem::Kind> kind) const;
    [[nodiscard]] Json to_json(const Open& open) const;
    [[nodiscard]] Json first_decision(const Open& open) const;
    [[nodiscard]] bool may_decide(const Open& open) const;  // under one of this user's hats, or standing in

    // {field: the most protective value that anybody holds}, of the kinds of record that a case has one of.
    [[nodiscard]] Json prompts() const;
    // The same fields with what they are about, for people.
    [[nodiscard]] Json prompt_titles() const;

private:
    explicit CaseView(const Desk& desk) : desk_(&desk) {}

    using Prompted = std::function<void(const schema::Group&, const schema::Field&, const schema::Value&)>;
    void each_prompt(const Prompted& tell) const;
    [[nodiscard]] Json open_items_of(const sync::RecordState& record, const schema::RecordType& type) const;
    [[nodiscard]] std::string author_named(const CredentialId& author) const;
    [[nodiscard]] sync::Scene scene(const sync::RecordState& record) const;

    const Desk* desk_;
    sync::CaseState state_;
    std::vector<HistoryLine> lines_;
    std::map<VersionId, std::size_t> by_version_;
    std::map<RecordId, std::size_t> founding_;
    std::set<RecordId> pending_;
};

// Who is behind a task: the author of the change that caused it; empty as far as nobody is known.
struct Cause {
    std::string author;
    std::string agency;
};
Json to_json(const Desk& desk, const CaseId& case_id, const sync::Task& task, const Cause& cause);

// Field values as text, by field name: what is printed can be typed again. A field without a value is left out.
Json to_json(const schema::Group& group, const schema::FieldValues& values);

// A value as it can be typed again: a number without zeros at its end.
std::string text_of(const schema::Value& value);

// A set of fields read as one value: the text itself where the group has a single field, else the object.
Json value_of(const schema::Group& group, const schema::FieldValues& values);

Json to_json(const sync::Ruling& ruling);
Json to_json(const sync::Facts& facts);

// RFC 3339, or null when it was not given.
Json time_or_null(Instant t);

}  // namespace satchel::client::app
