// SPDX-License-Identifier: BSD-2-Clause
// Operations on whole UTF-8 texts: uniform spelling of names, and cutting between
// characters. Uses libunistring. If the text is not UTF-8, only ASCII is considered.
#ifndef MAILREEVE_CORE_UNICODE_H
#define MAILREEVE_CORE_UNICODE_H

#include <cstddef>
#include <string>
#include <string_view>

namespace mailreeve {

// Converts to lower case and normalization form C, as RFC 8265 section 3.3 compares user names.
// Idempotent, and names that the alphabet distinguishes remain distinct: "ss" is not the sharp s.
std::string fold_case(std::string_view text);

// Converts every letter beyond ASCII to upper case: the form that a folded name may have
// in a database that ignores case only in ASCII.
std::string capitals_beyond_ascii(std::string_view text);

// Removes whitespace at both ends.
std::string_view trimmed(std::string_view text);

// Returns at most the first `most` octets, without cutting a character in two.
std::string_view cut(std::string_view text, std::size_t most);

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace mailreeve

#endif
