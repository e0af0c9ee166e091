// SPDX-License-Identifier: BSD-2-Clause
// The options of reputation, with their defaults.
#ifndef MAILREEVE_POLICIES_REPUTATION_SETTINGS_H
#define MAILREEVE_POLICIES_REPUTATION_SETTINGS_H

#include <string>
#include <vector>

#include "core/handling.h"
#include "core/sign.h"
#include "core/verdict.h"
#include "dnslists/list_spec.h"
#include "util/time.h"

namespace mailreeve {

enum class ReputationApply { All, Never };

struct ReputationSettings {
  ReputationApply apply = ReputationApply::All;
  Mode mode = Mode::Enforce;
  SignPoints points;
  // Regular expressions of RE2, which the reader of the configuration checks with regexp_error().
  std::string dynamic_names;  // empty: looks_dynamic() says
  std::string static_names;   // empty: none
  unsigned threshold = 2;
  std::vector<ListSpec> dnsbl;
  std::vector<ListSpec> dnswl;
  std::vector<ListSpec> rhsbl;
  unsigned dnsbl_threshold = 1;
  unsigned dnswl_threshold = 1;
  Seconds remember{3600};  // 0: not at all
  bool spf_vouches = true;
  unsigned reject_threshold = 0;  // 0: off
  ReplyTemplate message{"550 5.7.1 Refused for the reputation of {client} ({ref})",
                        ReplyTemplate::Class::Permanent,
                        "550 5.7.1",
                        {"client"}};
};

}  // namespace mailreeve

#endif
