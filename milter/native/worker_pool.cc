// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/worker_pool.h"

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace mailreeve {

namespace {

constexpr std::size_t kRoomIn = 64UL * 1024;

}  // namespace

WorkerPool::WorkerPool(Limits limits, Work& work, std::function<void()> exhausted)
    : limits_(limits), work_(work), exhausted_(std::move(exhausted)) {}

WorkerPool::~WorkerPool() {
  auto state = state_.lock();
  state->ended = true;
  called_.notify_all();
  state.wait(gone_, [](const Resting& now) { return now.threads == 0; });
}

void WorkerPool::start() {
  for (int i = 0; i < limits_.looking; ++i) {
    ++looking_;
    if (!add()) throw std::system_error(EAGAIN, std::generic_category(), "cannot make a thread");
  }
}

int WorkerPool::threads() { return state_.lock()->threads; }

void WorkerPool::wait_begins() noexcept {
  int none = 0;
  if (!looking_.compare_exchange_strong(none, 1)) return;
  if (add()) return;
  --looking_;
  exhausted_();
}

// Calls one that rests, or makes a new one, which counts as looking already.
bool WorkerPool::add() noexcept {
  auto state = state_.lock();
  if (state->resting > state->called) {
    ++state->called;
    called_.notify_one();
    return true;
  }
  if (state->threads >= limits_.most) return false;
  try {
    std::thread([this] { run(); }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  ++state->threads;
  return true;
}

void WorkerPool::run() {
  wait_watcher = this;
  WorkBuffers buffers{.in = std::vector<char>(kRoomIn), .out = {}};
  do {
    void* const piece = work_.next();
    --looking_;
    if (piece == nullptr) break;
    work_.carry_out(piece, buffers);
  } while (looks_on());
  wait_watcher = nullptr;
  auto state = state_.lock();
  --state->threads;
  // The last touch: who waits for it destroys the pool.
  if (state->threads == 0) gone_.notify_all();
}

// Whether this thread goes on looking: at once, if too few do, or later.
bool WorkerPool::looks_on() {
  int looking = looking_;
  while (looking < limits_.looking)
    if (looking_.compare_exchange_weak(looking, looking + 1)) return true;
  return rest();
}

bool WorkerPool::rest() {
  auto state = state_.lock();
  ++state->resting;
  const SteadyTime end = SteadyClock::now() + limits_.rest;
  // Not Guarded's wait, which would be marked: this one leaves nothing undone.
  wait_watcher = nullptr;
  state.wait_until(called_, end, [](const Resting& now) { return now.called > 0 || now.ended; });
  wait_watcher = this;
  --state->resting;
  if (state->called == 0) return false;
  --state->called;
  return true;
}

}  // namespace mailreeve
