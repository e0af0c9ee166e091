// SPDX-License-Identifier: BSD-2-Clause
// Suggestions for misspelt names.
#ifndef MAILREEVE_CONFIG_SPELLING_H
#define MAILREEVE_CONFIG_SPELLING_H

#include <cstddef>
#include <span>
#include <string_view>

namespace mailreeve {

// Levenshtein distance: the number of characters to change, add or remove.
std::size_t spelling_distance(std::string_view a, std::string_view b);

// Whether one may be a misspelling of the other.
bool is_spelt_like(std::string_view a, std::string_view b);

// The most similar name; empty if this is not a misspelling of any.
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names);

}  // namespace mailreeve

#endif
