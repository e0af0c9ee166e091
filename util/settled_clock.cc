// SPDX-License-Identifier: BSD-2-Clause
#include "util/settled_clock.h"

#include <fstream>
#include <utility>

namespace mailreeve {

namespace {

constexpr Milliseconds kWait{3600 * 1000};
// More than slewing moves the calendar between two calls.
constexpr Milliseconds kJump{60 * 1000};

Moment shifted_moment(const std::string& file) {
  std::int64_t shift = 0;
  std::int64_t set_ahead = 0;
  std::ifstream in(file);
  in >> shift >> set_ahead;
  return {SystemClock().now() + Seconds(shift) + Seconds(set_ahead), SteadyClock::now() + Seconds(shift)};
}

}  // namespace

Moments moments(const std::string& shift_file) {
  if (!shift_file.empty()) return [shift_file] { return shifted_moment(shift_file); };
  return [] { return Moment{SystemClock().now(), SteadyClock::now()}; };
}

SettledClock::SettledClock(Moments now) : now_(std::move(now)), last_(now_()), since_(last_.steady) {}

bool SettledClock::settled() const {
  const std::lock_guard lock(mutex_);
  const Moment now = now_();
  const auto ahead = (now.calendar - last_.calendar) - (now.steady - last_.steady);
  if (std::chrono::abs(ahead) > kJump) since_ = now.steady;
  last_ = now;
  return now.steady - since_ >= kWait;
}

}  // namespace mailreeve
