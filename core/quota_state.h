// SPDX-License-Identifier: BSD-2-Clause
// What a user has sent lately, and what follows from it: a function of values,
// as greylist_step() is. Every store that can compute runs it inside its own
// atomic step.
//
// A window is counted in 60 parts (at least a second each) that begin at
// multiples of their length. A part counts as long as any of it is inside the
// window. So no window of that length, wherever it begins, ever holds more than
// the limit (and margin); in return, what was sent is forgotten up to a 60th of
// the window late. A user has 61 counters at most for each length of window.
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
  Seconds min_interval{0};     // between two messages; 0: none
  bool count_refused = false;  // what is refused counts as if it had been sent
  // The present day of limits that are kDaily.
  TimePoint day_begin{};
  TimePoint day_end{};
};

// One part of a window, and what was sent in it.
struct QuotaPart {
  Seconds window;
  TimePoint begin;
  std::int64_t recipients = 0;
  std::int64_t messages = 0;
  TimePoint expires;  // counts for nothing from here on
};

// Of what a user is told of once in a while only.
enum class Notice { Exceeded, Unauthorized };

// When a notice is due: unless one was given that stands until a time in between
// `after` and `latest`, the end included. What stands longer was given by a clock
// that has been set back since.
struct NoticePeriod {
  TimePoint until;   // how long the one that is given now stands
  TimePoint after;   // what is over by then is over, or is of a shorter window
  TimePoint latest;  // how long the one of the longest window could stand
};
// Where there is one period only.
inline NoticePeriod notice_period(TimePoint now, TimePoint until) {
  return {.until = until, .after = now, .latest = until};
}

struct QuotaState {
  std::vector<QuotaPart> parts;
  std::optional<TimePoint> since;         // when the first message was charged since it was reset
  std::optional<TimePoint> last;          // when the last message was charged
  std::optional<TimePoint> exceeded;      // no notice of it before this time
  std::optional<TimePoint> unauthorized;  // likewise
};

inline std::optional<TimePoint>& noticed(QuotaState& state, Notice notice) {
  return notice == Notice::Exceeded ? state.exceeded : state.unauthorized;
}
inline const std::optional<TimePoint>& noticed(const QuotaState& state, Notice notice) {
  return notice == Notice::Exceeded ? state.exceeded : state.unauthorized;
}

// What a charge put where, so that it can be taken back.
struct Receipt {
  std::int64_t recipients = 0;
  std::vector<QuotaPart> parts;   // with what was added to each
  TimePoint since;                // as in the state: what was charged before a reset is gone
  TimePoint when;                 // the charge's time
  std::optional<TimePoint> last;  // as it was before
  // Charged in a store of this host, since the one on the network did not answer.
  bool local = false;
};

struct QuotaAnswer {
  enum class Kind { Within, Exceeded, TooSoon };
  Kind kind = Kind::Within;
  // Exceeded: of rules.limits, the one that lets mail through again last.
  std::size_t limit = 0;
  // What each of rules.limits has used, before this message.
  std::vector<std::int64_t> used;
  // Exceeded, TooSoon: when as much could be sent, as far as is known now;
  // none: never, it is more than the limit.
  std::optional<TimePoint> release;
  std::optional<TimePoint> last;  // when the last message was charged
  // Exceeded, and nobody has been told of it in this period, which is the window's.
  // A notice of a longer window that was exceeded is one of the shorter ones, too.
  std::optional<NoticePeriod> notice;
  std::optional<Receipt> receipt;  // if something was charged
};

// What a store must do to its rows of a user: add, then set what is there.
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

// A message of so many recipients; 0: none is sent, would one more recipient pass?
QuotaStep quota_charge(const QuotaState& state, const QuotaRules& rules, std::int64_t recipients,
                       TimePoint now);
// Whether such a message passes where nothing has been sent; if not, it never does.
bool may_pass(std::span<const Limit> limits, const Margin& margin, std::int64_t recipients);
// Takes a charge back, as far as it still counts: never more than what is there.
QuotaChange quota_refund(const QuotaState& state, const Receipt& receipt);
// Used by the store that has the whole state at hand.
void apply(QuotaState& state, const QuotaChange& change);

// Whether a notice is due that was given last until `noticed`.
bool is_new(const std::optional<TimePoint>& noticed, const NoticePeriod& period);
// From when on nothing in it matters any more.
TimePoint expiry(const QuotaState& state);
// How long it is known when a user sent last.
inline constexpr Seconds kRememberLast{35L * 86400};

// What a window has used at `now`, of one unit.
std::int64_t quota_used(const QuotaState& state, const Limit& limit, const QuotaRules& rules, TimePoint now);

// The length of a window's parts.
Seconds part_length(Seconds window);

}  // namespace mailreeve

#endif
