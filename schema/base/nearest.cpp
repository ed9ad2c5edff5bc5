#include "schema/base/nearest.hpp"

#include <algorithm>
#include <array>

namespace satchel {
namespace {

constexpr std::size_t longest = 64;

// Optimal string alignment distance over three rows.
std::size_t slips(std::string_view a, std::string_view b)
{
    std::array<std::array<std::size_t, longest + 1>, 3> rows{};
    for (std::size_t j = 0; j <= b.size(); ++j)
        rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto& row = rows[i % 3];
        const auto& above = rows[(i - 1) % 3];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string nearest(std::string_view typed, std::span<const std::string> known)
{
    if (typed.empty() || typed.size() > longest)
        return {};
    std::string best;
    std::size_t fewest = typed.size() / 3 + 1;
    for (const auto& name : known) {
        if (name.size() > longest)
            continue;
        if (const auto n = slips(typed, name); n < fewest) {
            fewest = n;
            best = name;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string> known)
{
    const auto near = nearest(typed, known);
    return near.empty() ? std::string{} : "; did you mean \"" + near + "\"?";
}

}  // namespace satchel
