// SPDX-License-Identifier: BSD-2-Clause
// What a user has sent recently, and whether the user may send more: a function of values,
// like greylist_step(). Every store that can compute runs it inside its own atomic step.
//
// A window is counted in 60 parts (at least a second each) that begin at multiples
// of their length. A part counts as long as any of it is inside the window. So no
// window of that length, wherever it begins, ever holds more than the limit (and
// margin). In exchange, mail may count for up to a 60th of the window too long. A
// user has at most 61 counters for each length of window.
#ifndef MAILREEVE_CORE_QUOTA_STATE_H
#define MAILREEVE_CORE_QUOTA_STATE_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/limits.h"
#include "util/time.h"

namespace mailreeve {

struct QuotaRules {
  std::vector<Limit> limits{};
  Margin margin{};
  Seconds min_interval{0};     // between two messages; 0 for none
  bool count_refused = false;  // refused messages count as if they had been sent
  // The current day, for kDaily limits.
  TimePoint day_begin{};
  TimePoint day_end{};
};

// One part of a window, and the amount sent in it.
struct QuotaPart {
  Seconds window;
  TimePoint begin;
  std::int64_t recipients = 0;
  std::int64_t messages = 0;
  TimePoint expires;  // no longer counts from this time on
};

// Kinds of notices, each given only once per user and period.
enum class Notice { Exceeded, Unauthorized };

// A notice is due unless an earlier one remains in force until a time after `after` and not after
// `latest`. If one remains in force longer, the clock that gave it has been set back since.
struct NoticePeriod {
  TimePoint until;   // how long a notice given now remains in force
  TimePoint after;   // a notice that ends by then has ended, or belongs to a shorter window
  TimePoint latest;  // the latest end of a notice, that of the longest window
};
// For notices with only one period.
inline NoticePeriod notice_period(TimePoint now, TimePoint until) {
  return {.until = until, .after = now, .latest = until};
}

struct QuotaState {
  std::vector<QuotaPart> parts;
  std::optional<TimePoint> since;     // the first charge since the last reset
  std::optional<TimePoint> last;      // when the last message was charged
  std::optional<TimePoint> exceeded;  // no notice of an excess before this time
};

// The parts of a charge, for a refund.
struct Receipt {
  std::int64_t recipients = 0;
  std::vector<QuotaPart> parts;   // the amount added to each part
  TimePoint since;                // as in the state: a reset discards earlier charges
  TimePoint when;                 // the time of the charge
  std::optional<TimePoint> last;  // the state's value before
  // Charged to this host's store, because the networked store did not answer.
  bool local = false;
};

struct QuotaAnswer {
  enum class Kind { Within, Exceeded, TooSoon };
  Kind kind = Kind::Within;
  // Exceeded: the index in rules.limits of the limit that is the last to let mail through.
  std::size_t limit = 0;
  // The amount used of each of rules.limits, before this message.
  std::vector<std::int64_t> used;
  // Exceeded, TooSoon: when as much can be sent, as far as now known; empty if
  // never, because it is more than the limit.
  std::optional<TimePoint> release;
  std::optional<TimePoint> last;  // when the last message was charged
  // Set if Exceeded and no notice has been given in this period, which is the
  // window's. A notice for a longer exceeded window also covers the shorter ones.
  std::optional<NoticePeriod> notice;
  std::optional<Receipt> receipt;  // if something was charged
};

// Changes to a store's rows for a user: first `add`, then set the members present.
struct QuotaChange {
  std::vector<QuotaPart> add;  // recipients and messages are differences
  std::optional<TimePoint> last;
  bool clear_last = false;

  bool empty() const { return add.empty() && !last && !clear_last; }
};

struct QuotaStep {
  QuotaAnswer answer;
  std::optional<QuotaChange> change;
};

// Charges a message of this many recipients. 0 sends nothing and asks whether one more would pass.
QuotaStep quota_charge(const QuotaState& state, const QuotaRules& rules, std::int64_t recipients,
                       TimePoint now);
// Returns the parts that such a message is counted in, one for each window.
std::vector<QuotaPart> parts_for(const QuotaRules& rules, std::int64_t recipients, TimePoint now);
// Whether such a message passes if nothing has been sent; if not, it never passes.
bool may_pass(std::span<const Limit> limits, const Margin& margin, std::int64_t recipients);
// Refunds a charge as far as it still counts, never more than is counted.
QuotaChange quota_refund(const QuotaState& state, const Receipt& receipt);
// For stores that have the whole state at hand.
void apply(QuotaState& state, const QuotaChange& change);

// Whether a notice is due if the last one remains in force until `noticed`. Memos follow the
// same rule.
bool is_new(const std::optional<TimePoint>& noticed, const NoticePeriod& period);
// The time from which the state no longer matters.
TimePoint expiry(const QuotaState& state);
// How long the time of a user's last message is kept.
inline constexpr Seconds kRememberLast{35L * 86400};

// The amount of one unit used in a window at `now`.
std::int64_t quota_used(const QuotaState& state, const Limit& limit, const QuotaRules& rules, TimePoint now);

// The length of a window's parts.
Seconds part_length(Seconds window);

}  // namespace mailreeve

#endif
