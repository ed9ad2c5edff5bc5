// Documents for measurements: case updates of about 400 bytes, the same for every run of a seed. Nobody in them exists.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace satchel::bench {

using Document = std::vector<std::pair<std::string, std::string>>;  // field of record type case_update, as typed

std::vector<Document> documents(std::size_t count, std::uint64_t seed);

}  // namespace satchel::bench
