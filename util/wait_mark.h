// SPDX-License-Identifier: BSD-2-Clause
// Marks where a thread waits for something outside the process, such as an answer of DNS
// or a commit. A pool of threads that share work can then let another one take over.
#ifndef MAILREEVE_UTIL_WAIT_MARK_H
#define MAILREEVE_UTIL_WAIT_MARK_H

namespace mailreeve {

// Told by the thread that waits.
class WaitWatcher {
 public:
  virtual void wait_begins() noexcept = 0;

 protected:
  ~WaitWatcher() = default;
};

// The watcher of the calling thread; null, as at first: nobody wants to know.
inline thread_local constinit WaitWatcher* wait_watcher = nullptr;

// To be called right before a wait that is not known to be short. A caller that holds a
// lock must be about to release it.
inline void mark_wait() noexcept {
  if (wait_watcher != nullptr) wait_watcher->wait_begins();
}

}  // namespace mailreeve

#endif
