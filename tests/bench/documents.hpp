// Documents for measurements: case updates of about 385 bytes as JSON, the same bytes for every run and every system that is
// compared with. Nobody in them exists.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace satchel::bench {

using Document = std::vector<std::pair<std::string, std::string>>;  // field of record type case_update, as typed

std::vector<Document> documents(std::size_t count, std::uint32_t seed = 42);
// As the other systems get it: one object, `updated_at` in milliseconds.
std::string to_json(const Document& document);

}  // namespace satchel::bench
