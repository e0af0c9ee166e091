// SPDX-License-Identifier: BSD-2-Clause
// What somebody may have meant who wrote a name that is not there.
#ifndef MAILREEVE_CONFIG_SPELLING_H
#define MAILREEVE_CONFIG_SPELLING_H

#include <cstddef>
#include <span>
#include <string_view>

namespace mailreeve {

// Levenshtein's distance: how many characters are to be changed, added or left out.
std::size_t spelling_distance(std::string_view a, std::string_view b);

// Whether one can be taken for the other.
bool is_spelt_like(std::string_view a, std::string_view b);

// The name that is most like this one; empty if none can be taken for it.
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names);

}  // namespace mailreeve

#endif
