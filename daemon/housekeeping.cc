// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/housekeeping.h"

#include <utility>

#include "util/signals_blocked.h"
#include "util/time.h"

namespace mailreeve {

namespace {

constexpr Milliseconds kRest{60 * 1000};
constexpr Milliseconds kBetweenSteps{50};

}  // namespace

Housekeeping::Housekeeping(std::function<bool()> step) : step_(std::move(step)), closed_(false) {
  thread_ = std::thread([this] { work(); });
}

Housekeeping::~Housekeeping() {
  *closed_.lock() = true;
  changed_.notify_one();
  thread_.join();
}

void Housekeeping::work() {
  const SignalsBlocked no_signals;
  for (;;) {
    const Deadline next(step_() ? kBetweenSteps : kRest);
    if (closed_.lock().wait_until(changed_, next.at(), [](bool closed) { return closed; })) return;
  }
}

}  // namespace mailreeve
