// SPDX-License-Identifier: BSD-2-Clause
// Lets a span of time be over at once, for all that measures it by SteadyClock. Time that has
// passed stays so, for all tests of the program: put back, the clock would not be steady for
// the threads that go on. Advance while no other thread is inside a call with a deadline,
// unless that is to pass. Who waits for time on a condition variable goes on waiting.
#ifndef MAILREEVE_TEST_STEADY_CLOCK_SHIFT_H
#define MAILREEVE_TEST_STEADY_CLOCK_SHIFT_H

#include "util/time.h"

namespace mailreeve {

class SteadyClockShift {
 public:
  static void advance(Milliseconds span) {
    SteadyClock::ahead_.fetch_add(SteadyClock::duration(span).count(), std::memory_order_relaxed);
  }
};

}  // namespace mailreeve

#endif
