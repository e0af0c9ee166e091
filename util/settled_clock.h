// SPDX-License-Identifier: BSD-2-Clause
// Tells whether the calendar can be trusted to delete data because of its age. A host
// whose clock has no battery may start years ahead until somebody sets it, so code
// that deletes by age must check here first. Safe to call from any thread.
#ifndef MAILREEVE_UTIL_SETTLED_CLOCK_H
#define MAILREEVE_UTIL_SETTLED_CLOCK_H

#include <functional>
#include <mutex>
#include <string>

#include "util/time.h"

namespace mailreeve {

// The calendar, which can be set, and the clock that only moves forward.
struct Moment {
  TimePoint calendar;
  SteadyTime steady;
};
using Moments = std::function<Moment()>;

// Reads the system's clocks. `shift_file` is that of a ShiftedClock: its seconds
// advance both clocks, and a second number in it moves only the calendar forward.
// Empty means no such file.
Moments moments(const std::string& shift_file);

class SettledClock {
 public:
  explicit SettledClock(Moments now);

  // Whether the calendar has kept pace with the steady clock for an hour, both since construction
  // and since its last jump. Only a call notices a jump, so call this every few minutes.
  bool settled() const;

 private:
  const Moments now_;
  mutable std::mutex mutex_;  // guards the members below
  mutable Moment last_;
  mutable SteadyTime since_;
};

}  // namespace mailreeve

#endif
