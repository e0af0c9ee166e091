// SPDX-License-Identifier: BSD-2-Clause
// Tells whether the calendar may be trusted to delete data because of its age. A host
// whose clock has no battery may start years ahead, until somebody sets it: code that
// deletes by age must ask here first. Safe to call from any thread.
#ifndef MAILREEVE_UTIL_SETTLED_CLOCK_H
#define MAILREEVE_UTIL_SETTLED_CLOCK_H

#include <functional>
#include <mutex>
#include <string>

#include "util/time.h"

namespace mailreeve {

// The calendar, which may be set, and the clock that only moves forward.
struct Moment {
  TimePoint calendar;
  SteadyTime steady;
};
using Moments = std::function<Moment()>;

// The system's. `shift_file` is that of a ShiftedClock, whose seconds advance both
// clocks; a second number in it is the seconds by which the calendar was set ahead.
// Empty: no such file.
Moments moments(const std::string& shift_file);

class SettledClock {
 public:
  explicit SettledClock(Moments now);

  // Whether the calendar has kept pace with the steady clock for an hour: since this
  // was made, and since it jumped. Only the next call notices a jump, so ask
  // every few minutes.
  bool settled() const;

 private:
  const Moments now_;
  mutable std::mutex mutex_;  // guards the following members
  mutable Moment last_;
  mutable SteadyTime since_;
};

}  // namespace mailreeve

#endif
