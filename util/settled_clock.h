// SPDX-License-Identifier: BSD-2-Clause
// Whether the calendar can be trusted with what it would delete for its age. A host
// without a battery for its clock may start years ahead, until somebody sets it:
// whoever deletes by age asks here first. Safe to ask from any thread.
#ifndef MAILREEVE_UTIL_SETTLED_CLOCK_H
#define MAILREEVE_UTIL_SETTLED_CLOCK_H

#include <functional>
#include <mutex>
#include <string>

#include "util/time.h"

namespace mailreeve {

// The calendar, which may be set, beside the clock that only goes on.
struct Moment {
  TimePoint calendar;
  std::chrono::steady_clock::time_point steady;
};
using Moments = std::function<Moment()>;

// The system's. `shift_file` is that of a ShiftedClock, whose seconds pass for both
// clocks; a second number of seconds in it is how far the calendar was set ahead.
// Empty: there is none.
Moments moments(const std::string& shift_file);

class SettledClock {
 public:
  explicit SettledClock(Moments now);

  // Whether the calendar has kept step with the steady clock for an hour: since this
  // was made, and since it jumped. A jump is noticed at the next question, so ask
  // every few minutes.
  bool settled() const;

 private:
  const Moments now_;
  mutable std::mutex mutex_;  // guards what follows
  mutable Moment last_;
  mutable std::chrono::steady_clock::time_point since_;
};

}  // namespace mailreeve

#endif
