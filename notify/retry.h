// SPDX-License-Identifier: BSD-2-Clause
// When to retry. Values.
#ifndef MAILREEVE_NOTIFY_RETRY_H
#define MAILREEVE_NOTIFY_RETRY_H

#include <algorithm>

#include "util/time.h"

namespace mailreeve {

struct RetryRules {
  Milliseconds first{1000};
  Milliseconds longest{5 * 60 * 1000};

  // Returns the pause after this many failures in a row (1 or more); it doubles each time.
  // `chance`, from 0 to 1, takes off up to a quarter, so that hosts do not all retry at once.
  Milliseconds pause(int failures, double chance) const {
    Milliseconds time = first;
    for (int i = 1; i < failures && time < longest; ++i) time *= 2;
    time = std::min(time, longest);
    return time - Milliseconds(static_cast<std::int64_t>(static_cast<double>(time.count()) * chance / 4));
  }
};

}  // namespace mailreeve

#endif
