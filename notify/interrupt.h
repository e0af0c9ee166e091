// SPDX-License-Identifier: BSD-2-Clause
// Interrupts threads that wait: a flag that poll(2) can see. It stays raised. Safe
// to use from any thread.
#ifndef MAILREEVE_NOTIFY_INTERRUPT_H
#define MAILREEVE_NOTIFY_INTERRUPT_H

#include "util/descriptor.h"

namespace mailreeve {

class Interrupt {
 public:
  // Throws std::runtime_error if there are no descriptors left.
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void raise();
  bool raised() const;
  // Readable once raised.
  int descriptor() const { return descriptor_.number(); }

 private:
  Descriptor descriptor_;
};

}  // namespace mailreeve

#endif
