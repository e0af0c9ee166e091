// SPDX-License-Identifier: BSD-2-Clause
// The options of SPF, with their defaults.
#ifndef MAILREEVE_POLICIES_SPF_SETTINGS_H
#define MAILREEVE_POLICIES_SPF_SETTINGS_H

#include <string>
#include <string_view>
#include <vector>

#include "core/action.h"
#include "core/handling.h"
#include "core/ip_address.h"
#include "util/time.h"

namespace mailreeve {

enum class SpfEngineChoice { Native, Libspf2 };

// The placeholders of on-fail and the like, and their default codes.
inline constexpr std::string_view kSpfDefer = "451 4.7.24 SPF check failed: {reason} ({ref})";
inline constexpr std::string_view kSpfReject = "550 5.7.23 SPF check failed: {reason} {explanation} ({ref})";
inline constexpr std::string_view kSpfPlaceholders[] = {"reason", "explanation", "domain", "client"};
inline Action spf_action(std::string_view text) { return {text, kSpfDefer, kSpfReject, kSpfPlaceholders}; }

struct SpfSettings {
  Apply apply = Apply::All;
  Mode mode = Mode::Enforce;
  bool check_helo = true;
  SpfEngineChoice engine = SpfEngineChoice::Native;
  Action on_pass = spf_action("accept");
  Action on_fail = spf_action("reject");
  Action on_softfail = spf_action("accept");
  Action on_neutral = spf_action("accept");
  Action on_none = spf_action("accept");
  Action on_temperror = spf_action("accept");
  Action on_permerror = spf_action("accept");
  std::string best_guess{};
  unsigned void_lookups = 2;
  Milliseconds timeout{5000};
  std::vector<Network> trusted_relays;
};

}  // namespace mailreeve

#endif
