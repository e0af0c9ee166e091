// SPDX-License-Identifier: BSD-2-Clause
// Counts failed calls of one kind, and logs them: one line when a backend fails and one when it
// has recovered, whatever it does in between. Safe to call from any thread.
#ifndef MAILREEVE_STORE_OUTAGE_H
#define MAILREEVE_STORE_OUTAGE_H

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/log.h"
#include "util/backend_error.h"
#include "util/backoff.h"
#include "util/guarded.h"
#include "util/time.h"

namespace mailreeve {

class Outage {
 public:
  // Parts that fail independently. The backend has recovered when every failed part has worked.
  enum class Part : unsigned { First = 1, Second = 2 };

  // `backend` and `calls` are the names of the backend and of the kind of call in the log; `calls`
  // may be empty. A backend that fails again within `doubt` had not recovered; if it fails soon
  // after it had recovered, that time grows.
  Outage(std::string backend, std::string calls, Log& log, Milliseconds doubt = Milliseconds(0))
      : backend_(std::move(backend)),
        calls_(std::move(calls)),
        log_(log),
        base_(doubt),
        state_(State{doubt}) {}

  // Runs a call. `shows` says whether its result proves that this part works: a read does not
  // prove that a store accepts writes. A call that was in progress when the backend failed
  // proves nothing, and one without time blames nobody.
  template <class Call, class Shows>
  auto watch(Part part, Deadline deadline, Call call, Shows shows) {
    const bool was_out = told();
    const bool fair = Backoff::fair(deadline);
    try {
      auto result = call();
      if (was_out && shows(result)) note_success(part);
      return result;
    } catch (const BackendError& error) {
      if (fair) note_failure(part, error.what());
      throw;
    }
  }

  void note_failure(Part part, const std::string& why) {
    bool tell = false;
    {
      auto state = state_.lock();
      tell = state->note_failure(part, base_);
      told_ = true;
    }
    if (tell) write(Event::BackendFailed, {"error", why});
  }
  void note_success(Part part) {
    std::int64_t over = 0;
    {
      auto state = state_.lock();
      over = state->note_success(part);
      if (over > 0) told_ = false;
    }
    if (over > 0) write(Event::BackendRecovered, {"failures", over});
  }

  // Failures since it last worked.
  std::int64_t failures() const { return state_.lock()->failures; }
  // The log has the failure but not the recovery.
  bool told() const { return told_.load(std::memory_order_relaxed); }

 private:
  // A backend that fails again this soon after its recovery alternately fails and works.
  static constexpr Milliseconds kRelapse{60'000};
  static constexpr Milliseconds kLeastDoubt{3000};
  static constexpr Milliseconds kMostDoubt{600'000};

  struct State {
    Milliseconds doubt;
    unsigned failing = 0;  // parts
    std::int64_t failures = 0;
    std::int64_t untold = 0;
    Deadline doubtful{Milliseconds(0)};
    Deadline relapse{Milliseconds(0)};

    bool note_failure(Part part, Milliseconds base) {
      if (untold == 0) doubt = relapse.passed() ? base : std::clamp(2 * doubt, kLeastDoubt, kMostDoubt);
      failing |= static_cast<unsigned>(part);
      doubtful = Deadline(doubt);
      ++failures;
      return untold++ == 0;
    }
    // The number of failures to log as recovered; 0: none, or not yet.
    std::int64_t note_success(Part part) {
      failing &= ~static_cast<unsigned>(part);
      if (failing != 0) return 0;
      failures = 0;
      if (!doubtful.passed()) return 0;
      relapse = Deadline(kRelapse + doubt);
      return std::exchange(untold, 0);
    }
  };

  void write(Event event, Field field) const {
    if (calls_.empty())
      log_.write(event, {{"backend", backend_}, field});
    else
      log_.write(event, {{"backend", backend_}, {"calls", calls_}, field});
  }

  const std::string backend_;
  const std::string calls_;
  Log& log_;
  const Milliseconds base_;
  mutable Guarded<State> state_;
  // Read by all threads for each call, and nearly always false.
  std::atomic<bool> told_{false};
};

}  // namespace mailreeve

#endif
