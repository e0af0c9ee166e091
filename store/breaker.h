// SPDX-License-Identifier: BSD-2-Clause
// Keeps callers from a backend on which one of them has just waited in vain: one of
// them in a second tries it again, and the others know at once. Who failed without a
// wait keeps nobody away: a part of the backend may be well, or it may answer and not
// store. Only who has stored something can say that it is well. Safe to call from any
// thread.
#ifndef MAILREEVE_STORE_BREAKER_H
#define MAILREEVE_STORE_BREAKER_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/time.h"
#include "store/guarded.h"

namespace mailreeve {

class Breaker {
 public:
  explicit Breaker(Milliseconds pause = Milliseconds(1000)) : pause_(pause) {}

  // Nothing: try it. Otherwise why not.
  std::optional<std::string> open() {
    auto state = state_.lock();
    if (!state->shut) return std::nullopt;
    if (!state->next_try.passed()) return state->why;
    // The others wait for what this caller finds.
    state->next_try = Deadline(pause_);
    return std::nullopt;
  }

  // True if the log is to be told: it has not been told of a failure before, or was
  // told since that all is well.
  bool failed(const std::string& why, bool waited) {
    auto state = state_.lock();
    state->why = why;
    state->shut = state->shut || waited;
    state->next_try = Deadline(pause_);
    state->doubtful = Deadline(kDoubt * pause_);
    ++state->failures;
    return state->untold++ == 0;
  }

  // It has answered a question.
  void answered() { state_.lock()->shut = false; }

  struct Return {
    bool first;         // failures are over with it
    std::int64_t tell;  // how many failures the log can call over; 0: none, or not yet
  };
  // It has stored something.
  Return succeeded() {
    auto state = state_.lock();
    state->shut = false;
    const bool first = std::exchange(state->failures, 0) > 0;
    return {first, state->doubtful.passed() ? std::exchange(state->untold, 0) : 0};
  }

  std::int64_t failures() const { return state_.lock()->failures; }
  // Since the log was told last that all is well.
  bool troubled() const { return state_.lock()->untold > 0; }

 private:
  // What fails again so many pauses later was not back: a part of it was.
  static constexpr int kDoubt = 3;

  struct State {
    std::int64_t failures = 0;  // since it was well
    std::int64_t untold = 0;
    bool shut = false;
    std::string why;
    Deadline next_try{Milliseconds(0)};
    Deadline doubtful{Milliseconds(0)};
  };
  const Milliseconds pause_;
  mutable Guarded<State> state_;
};

}  // namespace mailreeve

#endif
