// How rules cite the guidance they rest on.
#pragma once

#include <algorithm>
#include <string_view>

namespace satchel::schema {

// "G-15-17", "L1-250", "IN-T1": capital letters and digits, a hyphen, something with a digit in it.
[[nodiscard]] inline bool is_requirement_id(std::string_view ref) noexcept
{
    return ref.size() <= 16 && !ref.empty() && ref[0] >= 'A' && ref[0] <= 'Z' && ref.find('-') != ref.npos &&
           ref.find_first_of("0123456789") != ref.npos && std::all_of(ref.begin(), ref.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

}  // namespace satchel::schema
