// SPDX-License-Identifier: BSD-2-Clause
// How often a backend has failed, and what the log is to be told of it: one line when it
// goes and one when it is back. Only who has stored something can say that it is. Safe to
// call from any thread.
#ifndef MAILREEVE_STORE_OUTAGE_H
#define MAILREEVE_STORE_OUTAGE_H

#include <cstdint>
#include <utility>

#include "core/time.h"
#include "store/guarded.h"

namespace mailreeve {

class Outage {
 public:
  // What fails again within `doubt` was not back: a part of it was.
  explicit Outage(Milliseconds doubt) : doubt_(doubt) {}

  // True if the log is to be told: of this failure it does not know yet.
  bool failed() {
    auto state = state_.lock();
    state->doubtful = Deadline(doubt_);
    ++state->failures;
    return state->untold++ == 0;
  }

  // It has stored something. How many failures the log can call over; 0: none, or not yet.
  std::int64_t stored() {
    auto state = state_.lock();
    state->failures = 0;
    return state->doubtful.passed() ? std::exchange(state->untold, 0) : 0;
  }

  // Since it stored something.
  std::int64_t failures() const { return state_.lock()->failures; }
  // The log knows of failures and not of their end.
  bool told() const { return state_.lock()->untold > 0; }

 private:
  struct State {
    std::int64_t failures = 0;
    std::int64_t untold = 0;
    Deadline doubtful{Milliseconds(0)};
  };
  const Milliseconds doubt_;
  mutable Guarded<State> state_;
};

}  // namespace mailreeve

#endif
