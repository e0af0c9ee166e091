// SPDX-License-Identifier: BSD-2-Clause
// Limits on what a user may send, as an admin writes them: "1000", "100/1h 1000/24h",
// "500/day messages:50/1h". Values.
#ifndef MAILREEVE_CORE_LIMITS_H
#define MAILREEVE_CORE_LIMITS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/time.h"

namespace mailreeve {

enum class Unit { Recipients, Messages };

// A window of this length is a day that restarts at a set time.
inline constexpr Seconds kDaily{0};

// At most `most` units in any window of this length. A window slides unless it is kDaily.
struct Limit {
  std::int64_t most = 0;  // 0 to kMostPermitted
  Unit unit = Unit::Recipients;
  Seconds window{24 * 3600};  // kDaily, or 60 s to 366 days

  bool operator==(const Limit&) const = default;
};

// The largest number that CHAPPS' tables can hold.
inline constexpr std::int64_t kMostPermitted = 2'147'483'647;
inline constexpr std::size_t kMostLimits = 8;

// The unit and window of a limit whose text specifies none.
struct LimitDefaults {
  enum class Counting { Recipients, Messages, Both };  // Both: one limit of each
  Counting counting = Counting::Recipients;
  Seconds window{24 * 3600};
};

// Parses one to kMostLimits of "[recipients:|messages:]NUMBER[/WINDOW]",
// separated by spaces, tabs or commas; WINDOW is a duration in whole seconds or
// "day". Throws std::invalid_argument with a sentence for the admin.
std::vector<Limit> parse_limits(std::string_view text, const LimitDefaults& defaults);
// Formats "recipients:100/1h", which parse_limits() accepts.
std::string to_string(const Limit& limit);

// How far a message that begins below a limit may exceed it.
struct Margin {
  std::int64_t value = 0;
  bool percent = false;

  // Returns the margin in the unit of `limit`, rounded down.
  std::int64_t of(std::int64_t limit) const { return percent ? limit * value / 100 : value; }
  bool operator==(const Margin&) const = default;
};

// Parses "10" or "10%" (up to 100%). Throws std::invalid_argument.
Margin parse_margin(std::string_view text);
std::string to_string(const Margin& margin);

}  // namespace mailreeve

#endif
