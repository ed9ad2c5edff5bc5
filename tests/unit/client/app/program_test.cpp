// What satchel says of itself.
#include "client/app/commands.hpp"
#include "tests/unit/tools/manual.hpp"

namespace satchel::client::app {
namespace {

TEST(Program, HelpOfEveryCommandBeginsWithAnExampleThatIsRight)
{
    satchel::test::expect_examples_are_right(program());
}

TEST(Program, EveryCommandAndOptionIsInTheManual)
{
    satchel::test::expect_manual_is_complete(program(), SATCHEL_SOURCE_TREE "/docs/CLI.md");
}

}  // namespace
}  // namespace satchel::client::app
