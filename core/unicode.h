// SPDX-License-Identifier: BSD-2-Clause
// Operations on UTF-8 text as a whole: uniform spelling of names, and cutting between
// characters. On libunistring. If the text is not UTF-8, only ASCII is considered.
#ifndef MAILREEVE_CORE_UNICODE_H
#define MAILREEVE_CORE_UNICODE_H

#include <cstddef>
#include <string>
#include <string_view>

namespace mailreeve {

// In lower case and normalization form C, as RFC 8265 section 3.3 compares user names.
// Folding is idempotent, and names that the alphabet distinguishes remain distinct:
// "ss" is not the sharp s.
std::string fold_case(std::string_view text);

// The text with every letter beyond ASCII in upper case: the form that a folded name may
// have in a database that ignores case only in ASCII.
std::string capitals_beyond_ascii(std::string_view text);

// Without whitespace at both ends.
std::string_view trimmed(std::string_view text);

// The beginning of the text, at most `most` octets, without cutting a character.
std::string_view cut(std::string_view text, std::size_t most);

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace mailreeve

#endif
