// SPDX-License-Identifier: BSD-2-Clause
#include "util/url.h"

namespace mailreeve {

std::string shown_url(std::string_view url) {
  constexpr std::string_view kBehindScheme = "://";
  std::string out(url);
  const auto scheme = out.find(kBehindScheme);
  const auto at = out.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) return out;
  const auto begin = scheme + kBehindScheme.size();
  return out.replace(begin, at - begin, "...");
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kMarks = "-._~";
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15];
  }
  return out;
}

}  // namespace mailreeve
