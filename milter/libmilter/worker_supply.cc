// SPDX-License-Identifier: BSD-2-Clause
#include "milter/libmilter/worker_supply.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mailreeve {

namespace {

// A callback counts when it has run through one of these, from its first to its last
// moment: what takes less holds nobody up.
constexpr std::chrono::milliseconds kRound{10};
// So long after the last callback the thread sleeps until there is one again.
constexpr int kRoundsAwake = 100;

}  // namespace

int WorkerDemand::at_look(int fresh, int waiting) {
  // What a worker that came from the last look took is seen two looks later.
  constexpr int kLooksForAnswer = 3;
  // A connection may have been lost, to a full backlog for example.
  constexpr int kLooksToRepeat = 20;
  constexpr int kMostAtOnce = 100;
  constexpr int kMostWaiting = 1000;
  if (waiting == 0) looks_since_growth_ = kLongAgo;
  if (waiting == 0 || waiting >= kMostWaiting) return 0;
  ++looks_since_growth_;
  if (fresh == 0) return looks_since_growth_ % kLooksToRepeat == 0 ? 1 : 0;
  // Workers asked for found sessions that were ready: there may be many more.
  const bool grows = looks_since_growth_ <= kLooksForAnswer;
  looks_since_growth_ = 0;
  return std::min(grows ? 2 * fresh : fresh, kMostAtOnce);
}

WorkerSupply::Round WorkerSupply::enter() {
  const std::lock_guard lock(mutex_);
  ++under_way_[0];
  if (asleep_) changed_.notify_one();
  return round_;
}

void WorkerSupply::leave(Round begun) {
  const std::lock_guard lock(mutex_);
  --under_way_.at(std::min<Round>(round_ - begun, under_way_.size() - 1));
}

void WorkerSupply::start(Knock knock) {
  thread_ = std::thread([this, knock = std::move(knock)] { work(knock); });
}

void WorkerSupply::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void WorkerSupply::work(const Knock& knock) {
  int quiet = 0;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool none = under_way_ == std::array<int, 3>{};
    quiet = none ? quiet + 1 : 0;
    asleep_ = quiet > kRoundsAwake;
    if (asleep_) {
      changed_.wait(lock, [this] { return stopping_ || under_way_[0] > 0; });
      asleep_ = false;
      quiet = 0;
    }
    changed_.wait_for(lock, kRound, [this] { return stopping_; });
    const int wanted = look();
    lock.unlock();
    for (int i = 0; i < wanted; ++i)
      if (!knock()) break;
    lock.lock();
  }
}

int WorkerSupply::look() {
  auto& [now, before, longer] = under_way_;
  const int fresh = before;
  longer += before;
  before = now;
  now = 0;
  ++round_;
  return demand_.at_look(fresh, longer);
}

}  // namespace mailreeve
