// A message as a library declares one: the fields, and nothing of cereal.
#pragma once

#include <string>
#include <vector>

#include "schema/wire/archive.hpp"

namespace satchel::test {

struct ExampleMessage {
    std::string greeting;
    std::vector<std::uint64_t> numbers;

    template <class A>
    void serialize(A& archive)
    {
        archive(greeting, numbers);
    }
    bool operator==(const ExampleMessage&) const = default;
};

}  // namespace satchel::test
