#include "sync/core/links.hpp"

#include <algorithm>

#include "sync/core/tasks.hpp"

namespace satchel::sync::reacting {
namespace {

using schema::FieldId;

// What a record says of a field, over its value or its elements; for one agency only when `agency` is given.
std::set<std::string> said(const RecordState& record, FieldId field, std::string_view agency)
{
    std::set<std::string> out;
    for (const auto& group : record.groups) {
        if (agency.empty())
            if (const auto* v = find(group.current.values, field))
                out.insert(to_text(*v));
        for (const auto& element : group.elements)
            if (agency.empty() || element.source.agency == agency)
                if (const auto* v = find(element.values, field))
                    out.insert(to_text(*v));
    }
    return out;
}

// One record on which two agencies each own what they observed: do their accounts differ?
bool differs_within(const RecordState& record, FieldId field)
{
    std::set<std::string> agencies;
    for (const auto& group : record.groups)
        for (const auto& element : group.elements)
            if (find(element.values, field))
                agencies.insert(element.source.agency);
    std::set<std::string> first;
    bool have_first = false;
    for (const auto& agency : agencies) {
        auto now = said(record, field, agency);
        if (have_first && now != first)
            return true;
        first = std::move(now);
        have_first = true;
    }
    return false;
}

const RecordLink* link_between(const RecordState& a, const RecordId& b, std::string_view rule)
{
    for (const auto& link : a.links)
        if (link.other == b && link.rule == rule)
            return &link;
    return nullptr;
}

// So many say what there is to say; without a bound, n accounts of one thing would make n * n links.
constexpr std::ptrdiff_t links_per_rule_max = 8;

std::ptrdiff_t links_by(const RecordState& record, std::string_view rule)
{
    return std::count_if(record.links.begin(), record.links.end(),
                         [&](const RecordLink& link) { return link.rule == rule; });
}

}  // namespace

void link_records(Collector& out, const Event& e)
{
    const auto* self = out.state().record(e.record);
    if (!in_record(e.ruling) || !self || e.type.links.empty())
        return;
    for (const auto& rule : e.type.links) {
        std::vector<std::pair<RecordId, bool>> found;
        if (rule.differs && differs_within(*self, *rule.differs))
            found.emplace_back(e.record, true);
        for (const auto& [id, other] : out.state().records) {
            if (other.type != e.type.id || id == e.record || !other.withdrawn.empty())
                continue;
            if (rule.across_agencies && other.created.agency == self->created.agency)
                continue;
            const bool same = std::all_of(rule.same.begin(), rule.same.end(), [&](FieldId field) {
                const auto* a = current_value(*self, field);
                const auto* b = current_value(other, field);
                return a && b && !is_null(*a) && *a == *b;
            });
            if (same)
                found.emplace_back(id, rule.differs && said(*self, *rule.differs, {}) != said(other, *rule.differs, {}));
        }
        for (const auto& [other, differs] : found) {
            const auto* link = link_between(*out.state().record(e.record), other, rule.id);
            if (link && link->discrepancy == differs)
                continue;
            if (!link && links_by(*out.state().record(e.record), rule.id) >= links_per_rule_max)
                break;
            auto effect = effect_on_record(e, Effect::Kind::link, rule.id, paragraph(rule.refs));
            effect.other = other;
            effect.flag = differs;
            out.add(std::move(effect));
            if (!rule.task.empty() && (differs || !rule.differs))
                open_tasks(out, e, rule.roles,
                           {rule.id, filled_in(rule.task, e, out.policy()), paragraph(rule.refs), false, true});
        }
    }
}

}  // namespace satchel::sync::reacting
