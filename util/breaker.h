// SPDX-License-Identifier: BSD-2-Clause
// Keeps calls away from a server that does not answer. After a pause, one call at a time checks
// whether the server answers again; all others fail at once. Safe to call from any thread.
#ifndef MAILREEVE_UTIL_BREAKER_H
#define MAILREEVE_UTIL_BREAKER_H

#include <string>

#include "util/backend_error.h"
#include "util/backoff.h"
#include "util/guarded.h"

namespace mailreeve {

class Breaker {
 public:
  // One call. Throws BackendError with the last problem if the call must not be made now.
  class Turn {
   public:
    Turn(Breaker& breaker, Deadline deadline) : breaker_(breaker), fair_(Backoff::fair(deadline)) {
      auto state = breaker_.state_.lock();
      if (!state->backoff.failing()) return;
      if (state->trying || !state->backoff.may_try()) throw BackendError(state->backoff.problem());
      state->trying = trial_ = true;
    }
    ~Turn() {
      if (trial_) breaker_.state_.lock()->trying = false;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // The server answered, whatever it said.
    void note_answer() { breaker_.note_answer(); }
    // The call timed out. Of many concurrent timeouts, only one prolongs the pause; the timeout of
    // a call that had little time does not count.
    void note_vain_wait(const std::string& problem) {
      auto state = breaker_.state_.lock();
      if (trial_ || (fair_ && !state->backoff.failing())) state->backoff.note_failure(problem);
    }

   private:
    Breaker& breaker_;
    const bool fair_;
    bool trial_ = false;
  };

  // A call was answered, perhaps after its caller stopped waiting.
  void note_answer() {
    auto state = state_.lock();
    if (state->backoff.failing()) state->backoff.note_success();
  }

 private:
  struct State {
    bool trying = false;
    Backoff backoff;
  };
  Guarded<State> state_;
};

}  // namespace mailreeve

#endif
