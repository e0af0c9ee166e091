// SPDX-License-Identifier: BSD-2-Clause
#include "notify/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <string>

#include "util/fail_with_errno.h"

namespace mailreeve {

Interrupt::Interrupt() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_.number() < 0) fail_with_errno("eventfd");
}

// Fails only after 2^64 calls.
void Interrupt::raise() { eventfd_write(descriptor(), 1); }

bool Interrupt::raised() const {
  pollfd what{.fd = descriptor(), .events = POLLIN, .revents = 0};
  return poll(&what, 1, 0) > 0;
}

}  // namespace mailreeve
