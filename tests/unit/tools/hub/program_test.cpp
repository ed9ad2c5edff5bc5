// What satchel-hub says of itself.
#include "tests/unit/tools/manual.hpp"
#include "tools/hub/commands.hpp"

namespace satchel::tools::hub {
namespace {

TEST(Program, HelpOfEveryCommandBeginsWithAnExampleThatIsRight)
{
    test::expect_examples_are_right(program());
}

TEST(Program, EveryCommandAndOptionIsInTheManual)
{
    test::expect_manual_is_complete(program(), SATCHEL_SOURCE_TREE "/docs/CLI.md");
}

}  // namespace
}  // namespace satchel::tools::hub
