// SPDX-License-Identifier: BSD-2-Clause
// What text in UTF-8 is as a whole: names in one spelling, pieces that are still
// text. On libunistring. Where the text is no UTF-8, only ASCII is looked at.
#ifndef MAILREEVE_CORE_UNICODE_H
#define MAILREEVE_CORE_UNICODE_H

#include <cstddef>
#include <string>
#include <string_view>

namespace mailreeve {

// In lower case and normalization form C, as RFC 8265 section 3.3 compares user names.
// Folding what is folded changes nothing, and two names that the alphabet tells apart
// stay two: "ss" is not the sharp s.
std::string fold_case(std::string_view text);

// The text with every letter beyond ASCII as a capital: how a folded name may stand in a
// database that takes only ASCII's capitals for the same letters.
std::string capitals_beyond_ascii(std::string_view text);

// Without white space at both ends.
std::string_view trimmed(std::string_view text);

// The beginning of the text, at most `most` octets, no character cut in two.
std::string_view cut(std::string_view text, std::size_t most);

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace mailreeve

#endif
