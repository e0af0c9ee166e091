// SPDX-License-Identifier: BSD-2-Clause
// Macro strings (RFC 7208 section 7): checked once when parsed, expanded later.
// Values; expansion cannot fail.
#ifndef MAILREEVE_SPF_MACRO_H
#define MAILREEVE_SPF_MACRO_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ip_address.h"
#include "spf/identity.h"
#include "util/time.h"

namespace mailreeve {

// The values of the macro letters during one evaluation.
struct MacroValues {
  const Identity& identity;   // s l o h
  const IpAddress& client;    // i c v
  std::string_view domain;    // d
  std::string_view name;      // p; "unknown" if none was validated
  std::string_view receiver;  // r
  TimePoint now;              // t
};

class MacroString {
 public:
  enum class Use {
    DomainSpec,   // ends in a top label or a macro; without the letters c, r, t
    Modifier,     // for a modifier with an unknown name
    Explanation,  // may contain spaces
  };
  // Returns nullopt for a syntax error.
  static std::optional<MacroString> parse(std::string_view text, Use use);

  const std::string& text() const { return text_; }
  // Whether one of these letters, given in lower case, occurs as a macro.
  bool uses(std::string_view letters) const;
  // Returns a name to look up, without a trailing dot and cut to 253 octets. It
  // may still be invalid in DNS.
  std::string expand_name(const MacroValues& values) const;
  // Returns the first `most` octets of the text.
  std::string expand_text(const MacroValues& values, std::size_t most) const;

 private:
  MacroString(std::string_view text, std::uint32_t letters) : text_(text), letters_(letters) {}
  std::string text_;
  std::uint32_t letters_;  // bit n is the letter 'a' + n
};

}  // namespace mailreeve

#endif
