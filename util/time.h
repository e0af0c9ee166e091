// SPDX-License-Identifier: BSD-2-Clause
// Points in time, durations, and the two clocks: the calendar (kept in stores,
// shifted in tests) and the steady clock.
#ifndef MAILREEVE_UTIL_TIME_H
#define MAILREEVE_UTIL_TIME_H

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

using Seconds = std::chrono::seconds;
using Milliseconds = std::chrono::milliseconds;
// Calendar time in UTC. Stores keep whole milliseconds since 1970.
using TimePoint = std::chrono::sys_time<Milliseconds>;

inline std::int64_t to_millis(TimePoint when) { return when.time_since_epoch().count(); }
inline TimePoint from_millis(std::int64_t millis) { return TimePoint(Milliseconds(millis)); }

// The source of calendar time. Safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

// The system's clock plus the seconds in a file. Each call reads the file, so that a
// test can move a running daemon through time. Without the file, there is no shift.
class ShiftedClock final : public Clock {
 public:
  explicit ShiftedClock(std::string file) : file_(std::move(file)) {}
  TimePoint now() const override;

 private:
  std::string file_;
};

// Steady time, for all durations: deadlines, pauses, lifetimes in a cache. Tests advance
// it (test/steady_clock_shift.h) to end a pause at once. Waits on a condition variable
// or in poll(2) take real time: advancing the clock does not end a wait that has begun.
// Safe to call from any thread.
class SteadyClock {
 public:
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    return time_point(std::chrono::steady_clock::now().time_since_epoch() +
                      duration(ahead_.load(std::memory_order_relaxed)));
  }

 private:
  friend class SteadyClockShift;
  static inline std::atomic<rep> ahead_{0};
};
using SteadyTime = SteadyClock::time_point;

// The moment until which a caller waits. Setting the system's time does not move it.
class Deadline {
 public:
  explicit Deadline(Milliseconds from_now) : at_(SteadyClock::now() + from_now) {}

  SteadyTime at() const { return at_; }
  bool passed() const { return SteadyClock::now() >= at_; }
  // Never returns a negative value.
  Milliseconds left() const;
  // The earlier of this and `from_now`.
  Deadline within(Milliseconds from_now) const;

 private:
  SteadyTime at_;
};

// Parses "250ms", "5m", "24h", "35d" or "1h30m": a number and a unit (ms, s, m,
// h, d, w), repeated as needed. Only a bare "0" needs no unit. Returns nullopt
// for anything else, and for more than 100 years.
std::optional<Milliseconds> parse_duration(std::string_view text);
// Returns the shortest text that parse_duration() reads back as the same span.
std::string format_duration(Milliseconds span);

// RFC 5322 section 3.3, in UTC: "Sat, 21 Nov 2026 10:00:00 +0000".
std::string format_rfc5322(TimePoint when);
// "2026-11-21T10:00:00.000Z"
std::string format_rfc3339(TimePoint when);

}  // namespace mailreeve

#endif
