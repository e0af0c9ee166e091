// SPDX-License-Identifier: BSD-2-Clause
// Tells when to retry after a failure. Pauses double and are partly random, so
// that the many clients of a lost server do not all return at once.
#ifndef MAILREEVE_UTIL_BACKOFF_H
#define MAILREEVE_UTIL_BACKOFF_H

#include <algorithm>
#include <random>
#include <string>

#include "util/time.h"

namespace mailreeve {

class Backoff {
 public:
  static constexpr Milliseconds kFirst{50};
  static constexpr Milliseconds kLongest{1000};

  // With less time than this, a timeout proves nothing about the server.
  static bool fair(Deadline deadline) { return deadline.left() >= Milliseconds(20); }

  bool failing() const { return failures_ > 0; }
  bool may_try() const { return !failing() || next_.passed(); }
  const std::string& problem() const { return problem_; }

  void note_failure(const std::string& problem) {
    problem_ = problem;
    const auto pause = std::min(kLongest, kFirst * (1 << std::min(failures_++, 10)));
    std::uniform_int_distribution<std::int64_t> part(pause.count() / 2, pause.count());
    next_ = Deadline(Milliseconds(part(random_)));
  }
  void note_success() { failures_ = 0; }

 private:
  int failures_ = 0;
  std::string problem_;
  Deadline next_{Milliseconds(0)};
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace mailreeve

#endif
