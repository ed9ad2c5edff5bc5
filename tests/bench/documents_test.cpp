#include "tests/bench/documents.hpp"

#include <gtest/gtest.h>

#include "crypto/hash.hpp"

namespace satchel::bench {
namespace {

// What is compared is compared on the same bytes: the first two thousand, one a line, as the generator that other systems
// were measured with writes them.
TEST(Documents, AreThoseOfTheComparison)
{
    crypto::Sha256 hash;
    std::size_t bytes = 0;
    for (const auto& document : documents(2000)) {
        const auto line = to_json(document);
        bytes += line.size();
        hash.update(view(line + "\n"));
    }
    EXPECT_EQ(bytes, 770'426u);
    EXPECT_EQ(to_hex(hash.finish()), "416cd7987c1e17ace63df6dcb4a33fd2098b7aaee28e5b9f8b85fc3e14e304ad");
}

}  // namespace
}  // namespace satchel::bench
