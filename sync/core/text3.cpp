#include "sync/core/text3.hpp"

#include <set>
#include <vector>

#include "schema/base/mutant.hpp"

namespace satchel::sync {
namespace {

using Lines = std::vector<std::string_view>;

Lines split(std::string_view text)
{
    Lines out;
    while (true) {
        const auto end = text.find('\n');
        out.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return out;
        text.remove_prefix(end + 1);
    }
}

// The one region of `base` that an edit replaced: [first, last) by the lines [first, last_new) of `edited`.
struct Region {
    std::size_t first, last, last_new;
};

Region changed_region(const Lines& base, const Lines& edited)
{
    std::size_t first = 0;
    while (first < base.size() && first < edited.size() && base[first] == edited[first])
        ++first;
    std::size_t tail = 0;
    while (tail < base.size() - first && tail < edited.size() - first &&
           base[base.size() - 1 - tail] == edited[edited.size() - 1 - tail])
        ++tail;
    return {first, base.size() - tail, edited.size() - tail};
}

}  // namespace

std::optional<std::string> merge_text(std::string_view base, std::string_view ours, std::string_view theirs)
{
    if (ours == theirs || theirs == base)
        return std::string(ours);
    if (ours == base)
        return std::string(theirs);
    const auto lines = split(base), our_lines = split(ours), their_lines = split(theirs);
    const auto a = changed_region(lines, our_lines);
    const auto b = changed_region(lines, their_lines);
    // One untouched line must lie between: neighbouring edits are read together by whoever wrote them.
    const bool ours_first = a.last < b.first;
    if (!ours_first && !(b.last < a.first))
        return {};
    const auto& early = ours_first ? a : b;
    const auto& late = ours_first ? b : a;
    const auto& early_lines = ours_first ? our_lines : their_lines;
    const auto& late_lines = ours_first ? their_lines : our_lines;
    Lines merged(early_lines.begin(), early_lines.begin() + static_cast<std::ptrdiff_t>(early.last_new));
    for (auto i = early.last; i < late.first; ++i)
        merged.push_back(lines[i]);
    for (auto i = late.first + (mutant(Mutant::line_lost) ? 1 : 0); i < late_lines.size(); ++i)
        merged.push_back(late_lines[i]);
    std::string out;
    for (std::size_t i = 0; i < merged.size(); ++i) {
        if (i != 0)
            out += '\n';
        out += merged[i];
    }
    return out;
}

std::optional<schema::FieldValues> merge_text_values(const schema::FieldValues& base,
                                                     const schema::FieldValues& ours,
                                                     const schema::FieldValues& theirs)
{
    static const schema::Value nothing = schema::Null{};
    const auto get = [](const schema::FieldValues& values, schema::FieldId field) -> const schema::Value& {
        const auto* v = find(values, field);
        return v ? *v : nothing;
    };
    schema::FieldValues out = ours;
    for (const auto& [field, their_value] : theirs) {
        const auto& base_value = get(base, field);
        const auto& our_value = get(ours, field);
        if (their_value == base_value || their_value == our_value)
            continue;
        if (our_value == base_value) {
            assign(out, field, their_value);
            continue;
        }
        const auto* base_text = std::get_if<std::string>(&base_value);
        const auto* our_text = std::get_if<std::string>(&our_value);
        const auto* their_text = std::get_if<std::string>(&their_value);
        if (!base_text || !our_text || !their_text)
            return {};
        auto merged = merge_text(*base_text, *our_text, *their_text);
        if (!merged || merged->size() > schema::text_bytes_max)
            return {};
        assign(out, field, std::move(*merged));
    }
    if (out.size() > schema::values_per_change_max)
        return {};
    return out;
}

}  // namespace satchel::sync
