// SPDX-License-Identifier: BSD-2-Clause
// The options of quotas, with their defaults.
#ifndef MAILREEVE_POLICIES_QUOTA_SETTINGS_H
#define MAILREEVE_POLICIES_QUOTA_SETTINGS_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/handling.h"
#include "core/limits.h"
#include "core/quota_state.h"
#include "core/verdict.h"
#include "util/time.h"

namespace mailreeve {

enum class QuotaApply { All, Never };
enum class QuotaReset { Sliding, Daily };
enum class OverQuota { Defer, Reject };

// The placeholders of quota.message, and its default codes.
inline constexpr std::string_view kQuotaPlaceholders[] = {"user",       "limit",  "used",
                                                          "recipients", "window", "release"};
inline constexpr std::string_view kQuotaDefer = "450 4.7.28";
inline constexpr std::string_view kQuotaReject = "550 5.7.28";

struct QuotaSettings {
  QuotaApply apply = QuotaApply::All;
  Mode mode = Mode::Enforce;
  std::string otherwise = "unlimited";  // quota.default: "refuse", "unlimited" or limits
  LimitDefaults::Counting counting = LimitDefaults::Counting::Recipients;
  Seconds window{24 * 3600};
  QuotaReset reset = QuotaReset::Sliding;
  Seconds reset_at{0};  // after midnight, local time
  Margin margin;
  Seconds min_interval{0};
  unsigned ipv6_prefix = 64;
  bool count_refused = false;
  OverQuota over = OverQuota::Defer;
  std::string message = "You have sent {used} of {limit} in {window} ({ref})";
  StoreFailure on_failure = StoreFailure::Accept;

  LimitDefaults defaults() const {
    return {.counting = counting, .window = reset == QuotaReset::Daily ? kDaily : window};
  }
  // nullopt: users without a quota may send nothing; empty: without limit. Throws
  // std::invalid_argument.
  std::optional<std::vector<Limit>> default_limits() const {
    if (otherwise == "refuse") return std::nullopt;
    if (otherwise == "unlimited") return std::vector<Limit>();
    return parse_limits(otherwise, defaults());
  }
  // Throws std::invalid_argument.
  ReplyTemplate reply() const {
    const bool rejects = over == OverQuota::Reject;
    return {message, rejects ? ReplyTemplate::Class::Permanent : ReplyTemplate::Class::Temporary,
            rejects ? kQuotaReject : kQuotaDefer, kQuotaPlaceholders};
  }
};

}  // namespace mailreeve

#endif
