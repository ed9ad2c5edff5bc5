#include "sync/core/judging.hpp"

namespace satchel::sync::judging {

std::string paragraph(const schema::References& refs)
{
    return refs.empty() ? std::string() : refs.front();
}

Ruling applied(std::string rule, std::string para)
{
    Ruling r;
    r.outcome = Outcome::applied;
    r.rule = std::move(rule);
    r.paragraph = std::move(para);
    return r;
}

Ruling refused(std::string rule, std::string para, std::string who_can)
{
    Ruling r;
    r.outcome = Outcome::refused;
    r.rule = std::move(rule);
    r.paragraph = std::move(para);
    r.who_can = std::move(who_can);
    return r;
}

Ruling waiting(Outcome outcome, std::string rule, std::string para, const schema::Authority& decided_by)
{
    Ruling r;
    r.outcome = outcome;
    r.rule = std::move(rule);
    r.paragraph = std::move(para);
    r.decided_by = to_string(decided_by);
    return r;
}

bool by_another_person(const Bench& b, const Source& source)
{
    const auto& own = b.context.author.credentials;
    return source.author != b.context.author.credential && std::find(own.begin(), own.end(), source.author) == own.end();
}

const OpenItem* open_item(const GroupState* group, const VersionId& id)
{
    if (!group)
        return nullptr;
    const auto at = std::find_if(group->open.begin(), group->open.end(),
                                 [&](const OpenItem& item) { return item.side.id == id; });
    return at == group->open.end() ? nullptr : &*at;
}

const OpenItem* amended_item(const Bench& b)
{
    const auto* item = b.change.base.empty() ? nullptr : open_item(b.group_state, b.change.base);
    return item && item->side.source.author == b.context.author.credential ? item : nullptr;
}

void mark_amended(Ruling& ruling, const OpenItem* item)
{
    if (!item)
        return;
    ruling.amends = true;
    ruling.amended = item->side.id;
}

}  // namespace satchel::sync::judging
