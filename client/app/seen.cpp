#include "client/app/seen.hpp"

#include <algorithm>

namespace satchel::client::app {
namespace {

using schema::Op;
using schema::Resolution;

// From what the record itself still knows.
std::optional<Basis> known_of(const sync::GroupState& group, const sync::GroupState* confirmed,
                              const CredentialId& self, const VersionId& version)
{
    const auto& agreed = group.agreed;
    if (group.current.id == version || std::find(agreed.begin(), agreed.end(), version) != agreed.end())
        return basis_of(&group, confirmed, self);
    if (group.previous.id == version)
        return Basis{version, {}, group.previous.values};
    for (const auto& item : group.open)
        if (item.side.id == version && !item.removes && !item.adds)
            return Basis{version, {}, item.side.values};
    return {};
}

const HistoryLine* line_of(const std::vector<HistoryLine>& lines, const VersionId& version)
{
    const auto at =
        std::find_if(lines.begin(), lines.end(), [&](const HistoryLine& line) { return line.version == version; });
    return at == lines.end() ? nullptr : &*at;
}

// What a change put, or would have put, into its group.
const schema::FieldValues* values_of(const std::vector<HistoryLine>& lines, const HistoryLine& line)
{
    if (line.op == Op::set || (line.op == Op::resolve && line.resolution == Resolution::amend))
        return &line.values;
    const bool takes = line.resolution == Resolution::accept || line.resolution == Resolution::choose_b;
    if (line.op != Op::resolve || !takes || line.targets.empty())
        return nullptr;
    const auto* taken = line_of(lines, line.targets.front());
    return taken && taken->op == Op::set ? &taken->values : nullptr;
}

}  // namespace

Result<std::vector<VersionId>> seen_versions(const console::Invocation& in)
{
    std::vector<VersionId> out;
    for (const auto& text : in.all("seen")) {
        if (text == "none") {
            out.emplace_back();
            continue;
        }
        SATCHEL_TRY(const auto id, parse_id<VersionId>(text));
        out.push_back(id);
    }
    return out;
}

Result<std::optional<Seen>> seen_of(const Desk& desk, const console::Invocation& in, const CaseId& case_id,
                                    const sync::RecordState& shown, const sync::RecordState* confirmed)
{
    SATCHEL_TRY(const auto versions, seen_versions(in));
    if (versions.empty())
        return std::optional<Seen>{};
    const auto& self = desk.store.identity().credential;
    std::vector<HistoryLine> lines;
    Seen out;
    for (const auto& version : versions) {
        if (version.empty()) {
            out.nothing = true;
            continue;
        }
        if (version == shown.withdrawn) {
            out.withdrawal = true;
            continue;
        }
        bool found = false;
        for (const auto& group : shown.groups) {
            auto basis = known_of(group, confirmed ? confirmed->group(group.id) : nullptr, self, version);
            if (!basis)
                continue;
            out.groups[group.id] = *std::move(basis);
            found = true;
        }
        if (!found && lines.empty()) {
            SATCHEL_TRY(lines, desk.store.history(case_id, shown.id, /*prove=*/false));
        }
        const auto* line = found ? nullptr : line_of(lines, version);
        const auto* values = line ? values_of(lines, *line) : nullptr;
        if (values)
            out.groups[line->group] = Basis{version, {}, *values};
        else if (!found)
            return fail(Errc::invalid_argument,
                        "--seen: the record has no such version on this device that can be written on; show it again");
    }
    return std::optional(std::move(out));
}

}  // namespace satchel::client::app
