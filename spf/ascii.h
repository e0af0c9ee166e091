// SPDX-License-Identifier: BSD-2-Clause
// ASCII character classes for the grammars here, independent of the locale.
#ifndef MAILREEVE_SPF_ASCII_H
#define MAILREEVE_SPF_ASCII_H

#include <algorithm>
#include <string>
#include <string_view>

namespace mailreeve {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }

inline bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_printable(c); });
}

// Makes one line for a log or a reply: keeps at most `most` octets and replaces
// each octet that is not printable ASCII by "?".
inline std::string printable(std::string_view text, std::size_t most = std::string_view::npos) {
  std::string out(text.substr(0, most));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !is_printable(c); }, '?');
  return out;
}

}  // namespace mailreeve

#endif
