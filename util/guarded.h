// SPDX-License-Identifier: BSD-2-Clause
// A mutex that owns its data: only the holder of the lock can access the value.
#ifndef MAILREEVE_UTIL_GUARDED_H
#define MAILREEVE_UTIL_GUARDED_H

#include <condition_variable>
#include <mutex>
#include <utility>

#include "util/time.h"
#include "util/wait_mark.h"

namespace mailreeve {

template <class T>
class Guarded {
 public:
  // Holds the lock and gives access to the value. Keep its lifetime short.
  class Held {
   public:
    T* operator->() const { return value_; }
    T& operator*() const { return *value_; }

    // Releases the lock while waiting.
    template <class Ready>
    void wait(std::condition_variable& changed, Ready ready) {
      if (ready(*value_)) return;
      mark_wait();
      changed.wait(lock_, [&] { return ready(*value_); });
    }
    // Returns false if `until` passes first.
    template <class Ready>
    bool wait_until(std::condition_variable& changed, SteadyTime until, Ready ready) {
      if (ready(*value_)) return true;
      mark_wait();
      return changed.wait_until(lock_, until, [&] { return ready(*value_); });
    }

   private:
    friend class Guarded;
    Held(std::mutex& mutex, T& value) : lock_(mutex), value_(&value) {}
    std::unique_lock<std::mutex> lock_;
    T* value_;
  };

  template <class... Arguments>
  explicit Guarded(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}

  Held lock() { return Held(mutex_, value_); }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace mailreeve

#endif
