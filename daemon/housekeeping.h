// SPDX-License-Identifier: BSD-2-Clause
// Periodic work, in a thread of its own: neither signals nor mail wait for it.
#ifndef MAILREEVE_DAEMON_HOUSEKEEPING_H
#define MAILREEVE_DAEMON_HOUSEKEEPING_H

#include <condition_variable>
#include <functional>
#include <thread>

#include "util/guarded.h"

namespace mailreeve {

class Housekeeping {
 public:
  // `step` does a part of it, throws nothing, and returns whether there is more to do
  // soon. Begins at once. Not before a fork().
  explicit Housekeeping(std::function<bool()> step);
  // Waits for the step in progress.
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

 private:
  void work();

  const std::function<bool()> step_;
  Guarded<bool> closed_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
