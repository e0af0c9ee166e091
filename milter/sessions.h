// SPDX-License-Identifier: BSD-2-Clause
// What all connections of MTAs share, whichever front end serves them: the runtime of
// new ones, how many there are, and whether they are still served. One per process. Safe
// from any thread.
#ifndef MAILREEVE_MILTER_SESSIONS_H
#define MAILREEVE_MILTER_SESSIONS_H

#include <atomic>
#include <memory>

#include "setup/runtime.h"
#include "util/guarded.h"

namespace mailreeve {

class Sessions {
 public:
  // Sets the runtime of new connections: before the first one, and at each reload.
  void install(std::shared_ptr<const Runtime> runtime);
  // Null before the first install().
  std::shared_ptr<const Runtime> runtime();

  // From now on, further commands on open connections are deferred, and touch nothing.
  void refuse() { refusing_ = true; }
  bool refusing() const { return refusing_; }

  // Open connections, and commands in progress.
  int open() const { return open_; }
  int running() const { return running_; }

  // While it lives, it counts.
  class Count {
   public:
    explicit Count(std::atomic<int>& number) : number_(number) { ++number_; }
    ~Count() { --number_; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;

   private:
    std::atomic<int>& number_;
  };
  Count count_open() { return Count(open_); }
  Count count_running() { return Count(running_); }

  // Writes to the log of the present runtime.
  void report(Event event, std::initializer_list<Field> fields);

 private:
  Guarded<std::shared_ptr<const Runtime>> runtime_;
  std::atomic<bool> refusing_{false};
  std::atomic<int> open_{0};
  std::atomic<int> running_{0};
};

}  // namespace mailreeve

#endif
