// SPDX-License-Identifier: BSD-2-Clause
// SPF records and their grammar (RFC 7208 sections 4.5, 4.6 and 12). Parsing
// checks the entire record before any of it is evaluated.
#ifndef MAILREEVE_SPF_RECORD_H
#define MAILREEVE_SPF_RECORD_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ip_address.h"
#include "core/spf_outcome.h"
#include "spf/macro.h"

namespace mailreeve {

// The argument of ip4 and ip6. Not core's Network, which treats
// ::ffff:192.0.2.1 as an IPv4 address: ip6 never matches an IPv4 client.
struct SpfNetwork {
  bool v4 = true;
  std::array<std::uint8_t, 16> base{};
  unsigned prefix = 0;

  bool contains(const IpAddress& address) const;
};

struct Directive {
  enum class Mechanism { All, Include, A, Mx, Ptr, Ip4, Ip6, Exists };
  Mechanism mechanism = Mechanism::All;
  SpfResult result = SpfResult::Pass;  // from its qualifier, if it matches
  std::string text;                    // as written
  std::optional<MacroString> target;   // the current domain if empty
  SpfNetwork network;                  // Ip4, Ip6
  unsigned prefix4 = 32;               // A, Mx
  unsigned prefix6 = 128;
};

struct Record {
  std::vector<Directive> directives;
  std::optional<MacroString> redirect;
  std::optional<MacroString> exp;
};

struct ParsedRecord {
  std::optional<Record> record;
  std::string problem;  // one sentence in printable ASCII if there is no record
};

// Whether the text starts with "v=spf1", in any case, alone or followed by a space.
bool is_spf_record(std::string_view text);
// `text` can be anything.
ParsedRecord parse_record(std::string_view text);

}  // namespace mailreeve

#endif
