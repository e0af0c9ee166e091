// SPDX-License-Identifier: BSD-2-Clause
// A flag, visible to poll(2), that interrupts waiting threads. Once raised, it
// stays raised. Safe to use from any thread.
#ifndef MAILREEVE_NOTIFY_INTERRUPT_H
#define MAILREEVE_NOTIFY_INTERRUPT_H

#include "util/descriptor.h"

namespace mailreeve {

class Interrupt {
 public:
  // Throws std::runtime_error if the process is out of descriptors.
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
