// The stories, in the numbering of docs/TESTING.md.
#include "tools/demo/stories.hpp"

namespace satchel::demo {
namespace {

using namespace telling;  // NOLINT: the stories

std::vector<Story> written()
{
    return {address(),    address_reported_by_police(), call_out(),      planned_visit(),   unplanned_visit(),
            level(),      lowering(),                   rosh(),          handover(true),    handover(false),
            release_date(), exactly_once(),             moved(),         barred(),          safety_first(),
            zone(),       disclosure(),                 late_intelligence(), reviews()};
}

}  // namespace

const std::vector<Story>& stories()
{
    static const std::vector<Story> all = written();
    return all;
}

}  // namespace satchel::demo
