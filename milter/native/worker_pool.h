// SPDX-License-Identifier: BSD-2-Clause
// Threads that take turns at work: a few look for it, and one that finds some carries it
// out itself. When the last one that looks is about to wait, another thread takes its
// place: so a thread that waits holds up nobody, and work that waits for nothing never
// changes hands. Threads that are not needed rest, and end after a while.
#ifndef MAILREEVE_MILTER_NATIVE_WORKER_POOL_H
#define MAILREEVE_MILTER_NATIVE_WORKER_POOL_H

#include <atomic>
#include <condition_variable>
#include <functional>
#include <string>
#include <vector>

#include "util/guarded.h"
#include "util/time.h"
#include "util/wait_mark.h"

namespace mailreeve {

// A thread's own, to be used again for each piece of work.
struct WorkBuffers {
  std::vector<char> in;
  std::string out;
};

class Work {
 public:
  virtual ~Work() = default;
  // The next piece, when there is one; null: no more for any thread.
  virtual void* next() = 0;
  // Throws nothing.
  virtual void carry_out(void* piece, WorkBuffers& buffers) = 0;
};

class WorkerPool final : public WaitWatcher {
 public:
  struct Limits {
    int looking = 2;  // threads that look for work while there is none
    int most = 500;   // threads
    Milliseconds rest{30 * 1000};
  };
  // `exhausted` is called, by a thread of the pool, whenever work has to wait for one.
  WorkerPool(Limits limits, Work& work, std::function<void()> exhausted);
  // Work must have said that there is no more.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Throws std::system_error if no thread can be made.
  void start();
  int threads();

  void wait_begins() noexcept override;

 private:
  struct Resting {
    int threads = 0;  // all there are
    int resting = 0;  // those that rest
    int called = 0;   // those of them that are to look for work
    bool ended = false;
  };

  void run();
  bool looks_on();
  bool rest();
  bool add() noexcept;

  const Limits limits_;
  Work& work_;
  const std::function<void()> exhausted_;
  std::atomic<int> looking_{0};
  Guarded<Resting> state_;
  std::condition_variable called_;
  std::condition_variable gone_;
};

}  // namespace mailreeve

#endif
