// SPDX-License-Identifier: BSD-2-Clause
#include "core/idna.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

namespace mailreeve {

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<std::string> domain_to_ascii(std::string_view domain) {
  const bool ascii =
      std::all_of(domain.begin(), domain.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return ascii_lower(domain);
  // A DNS name has at most 253 octets, and its UTF-8 form up to about four times that.
  if (domain.size() > 1024 || domain.find('\0') != std::string_view::npos) return std::nullopt;
  char* found = nullptr;
  if (idn2_to_ascii_8z(std::string(domain).c_str(), &found, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
    return std::nullopt;
  const std::unique_ptr<char, void (*)(void*)> owned(found, idn2_free);
  return ascii_lower(owned.get());
}

std::string domain_to_unicode(std::string_view domain) {
  std::string name(domain);
  if (name.size() > 1024 || name.find("xn--") == std::string::npos || name.find('\0') != std::string::npos)
    return name;
  char* found = nullptr;
  if (idn2_to_unicode_8z8z(name.c_str(), &found, IDN2_NONTRANSITIONAL) != IDN2_OK) return name;
  const std::unique_ptr<char, void (*)(void*)> owned(found, idn2_free);
  return owned.get();
}

}  // namespace mailreeve
