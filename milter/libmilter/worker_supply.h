// SPDX-License-Identifier: BSD-2-Clause
// Makes libmilter start threads while others wait. When many sessions become
// readable at once, libmilter leaves them all to the few workers that are idle at that
// moment, and starts no more: one that waits for DNS delays all those behind it. It
// does start one, if none is idle, for a new connection, and a worker that is done
// with its session takes the next one that is ready. So, while callbacks wait, a thread
// of ours counts them a hundred times a second, and connects to our own socket for each
// that has begun to wait. See doc/libmilter.md.
#ifndef MAILREEVE_MILTER_LIBMILTER_WORKER_SUPPLY_H
#define MAILREEVE_MILTER_LIBMILTER_WORKER_SUPPLY_H

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace mailreeve {

// The number of workers to request at each look. One caller.
class WorkerDemand {
 public:
  // `fresh` callbacks have waited long enough to count since the last look; `waiting`
  // is the number of all that wait.
  int at_look(int fresh, int waiting);

 private:
  static constexpr int kLongAgo = 1'000'000'000;
  int looks_since_growth_ = kLongAgo;
};

// enter() and leave() are safe from any thread; the rest is for one thread.
class WorkerSupply {
 public:
  using Round = std::uint64_t;

  // Around each callback that may wait.
  Round enter();
  void leave(Round begun);

  // Connects to our own socket and hangs up; false: it failed, so stop for now.
  using Knock = std::function<bool()>;
  void start(Knock knock);
  void stop();

 private:
  void work(const Knock& knock);
  int look();

  std::mutex mutex_;
  std::condition_variable changed_;
  Round round_ = 0;
  // Callbacks that began in this round, in the last one, before that.
  std::array<int, 3> under_way_{};
  bool asleep_ = false;
  bool stopping_ = false;
  WorkerDemand demand_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
