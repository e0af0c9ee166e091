// SPDX-License-Identifier: BSD-2-Clause
// Something that is remembered for a while, whatever it is.
#ifndef MAILREEVE_CORE_MEMO_H
#define MAILREEVE_CORE_MEMO_H

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "core/quota_state.h"
#include "util/time.h"

namespace mailreeve {

struct Memo {
  std::string kind;   // one of our words: 1 to 32 octets, without a colon
  std::string key;    // 1 to 1024 octets, compared octet by octet
  std::string value;  // at most 1024 octets
  TimePoint until;    // known no more from this time on; at most 400 days ahead

  bool operator==(const Memo&) const = default;
};

// "KIND:KEY", which is unique.
inline std::string name_of(const Memo& memo) { return memo.kind + ":" + memo.key; }

// The kind and the key in such a name; nullopt without a colon.
inline std::optional<std::pair<std::string, std::string>> kind_and_key(const std::string& name) {
  const auto colon = name.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::pair(name.substr(0, colon), name.substr(colon + 1));
}

inline TimePoint expiry(const Memo& memo) { return memo.until; }

// What becomes of a memo that is known already.
enum class IfKnown {
  Stays,    // until it is over; but one that lasts longer than the new one, which a clock has made
            // that has been set back since, counts for nothing
  Renewed,  // if the new one ends later
};

inline NoticePeriod memo_period(const Memo& memo, IfKnown known, TimePoint now) {
  if (known == IfKnown::Stays) return notice_period(now, memo.until);
  return {.until = memo.until, .after = memo.until - Milliseconds(1), .latest = TimePoint::max()};
}

// Whether a memo takes the place of one that ends at `there`.
inline bool takes_place(const Memo& memo, const std::optional<TimePoint>& there, IfKnown known,
                        TimePoint now) {
  return is_new(there, memo_period(memo, known, now));
}

// How many of each kind a store of one host holds. Where there would be more, those of the kind
// that end first are forgotten. Redis has its own bound, maxmemory.
inline constexpr std::size_t kMostMemos = 100'000;

}  // namespace mailreeve

#endif
