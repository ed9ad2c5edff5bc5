#include "example_message.hpp"

#include "schema/wire/archive_impl.hpp"

SATCHEL_WIRE_MESSAGE(satchel::test::ExampleMessage);
