// SPDX-License-Identifier: BSD-2-Clause
// Keeps callers from a backend that has just failed: while it does, one of them in a
// second tries it again, and the others know at once. Safe to call from any thread.
#ifndef MAILREEVE_STORE_BREAKER_H
#define MAILREEVE_STORE_BREAKER_H

#include <cstdint>
#include <optional>
#include <string>

#include "core/time.h"
#include "store/guarded.h"

namespace mailreeve {

class Breaker {
 public:
  explicit Breaker(Milliseconds pause = Milliseconds(1000)) : pause_(pause) {}

  // Nothing: try it. Otherwise why not.
  std::optional<std::string> open() {
    auto state = state_.lock();
    if (state->failures == 0) return std::nullopt;
    if (!state->next_try.passed()) return state->why;
    // The others wait for what this caller finds.
    state->next_try = Deadline(pause_);
    return std::nullopt;
  }

  // True for the first of a row.
  bool failed(const std::string& why) {
    auto state = state_.lock();
    state->why = why;
    state->next_try = Deadline(pause_);
    return state->failures++ == 0;
  }

  // How many failures are over with it; 0: there were none.
  std::int64_t succeeded() {
    auto state = state_.lock();
    return std::exchange(state->failures, 0);
  }

  std::int64_t failures() const { return state_.lock()->failures; }

 private:
  struct State {
    std::int64_t failures = 0;  // in a row
    std::string why;
    Deadline next_try{Milliseconds(0)};
  };
  const Milliseconds pause_;
  mutable Guarded<State> state_;
};

}  // namespace mailreeve

#endif
