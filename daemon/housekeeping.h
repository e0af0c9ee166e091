// SPDX-License-Identifier: BSD-2-Clause
// What has to be done now and then, in a thread of its own: no signal, and no
// mail, waits for it.
#ifndef MAILREEVE_DAEMON_HOUSEKEEPING_H
#define MAILREEVE_DAEMON_HOUSEKEEPING_H

#include <condition_variable>
#include <functional>
#include <thread>

#include "util/guarded.h"

namespace mailreeve {

class Housekeeping {
 public:
  // `step` does a part of it, throws nothing, and says whether there is more to do
  // soon. Begins at once. Not before a fork().
  explicit Housekeeping(std::function<bool()> step);
  // Waits for the step that is under way.
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
