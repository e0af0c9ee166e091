// SPDX-License-Identifier: BSD-2-Clause
// The outcome of an SPF evaluation (RFC 7208), for policies, headers and the admin's tool.
#ifndef MAILREEVE_CORE_SPF_OUTCOME_H
#define MAILREEVE_CORE_SPF_OUTCOME_H

#include <string>
#include <string_view>
#include <vector>

#include "util/time.h"

namespace mailreeve {

enum class SpfResult { None, Neutral, Pass, Fail, Softfail, Temperror, Permerror };
enum class SpfIdentity { Mailfrom, Helo };

// "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"
std::string_view to_string(SpfResult result);
// "mailfrom", "helo"
std::string_view to_string(SpfIdentity identity);

// One line of the tree that explains a result.
struct SpfTrace {
  unsigned depth = 0;    // 0 for the record of the checked domain
  std::string text;      // "example.com: v=spf1 include:_spf.example.net -all", "include:_spf.example.net"
  std::string outcome;   // "match", "no match", a result, or the problem
  unsigned lookups = 0;  // DNS terms counted so far (RFC 7208 section 4.6.4)
  unsigned void_lookups = 0;
  Milliseconds took{0};
};

struct SpfOutcome {
  SpfResult result = SpfResult::None;
  SpfIdentity identity = SpfIdentity::Mailfrom;
  std::string domain{};     // the checked domain; A-labels, lower case
  std::string mechanism{};  // as written in the record ("ip4:192.0.2.0/24"), "default" if none matched;
                            // empty if no record was evaluated, or if the engine cannot tell
  // A pass that identifies this client: its address is listed (ip4, ip6, a, mx; also
  // through include and redirect) in records that do not authorize too many addresses
  // in total (spf/extent.h) and whose names do not depend on the client or the
  // message. False for a best guess, for an address that no host can have, and if the
  // engine cannot tell (libspf2).
  bool names_client = false;
  std::string problem{};      // one sentence for none, temperror and permerror
  bool best_guess = false;    // the domain has no record; this is the result of the configured guess
  std::string explanation{};  // the domain's own text for a fail; printable ASCII, may be empty
  unsigned lookups = 0;
  unsigned void_lookups = 0;
  std::vector<SpfTrace> trace{};  // only if requested
};

}  // namespace mailreeve

#endif
