// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/worker_pool.h"

#include <cppunit/extensions/HelperMacros.h>

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using namespace mailreeve;

namespace {

// Work by hand: pieces are functions, which wait where the test says.
class Errands final : public Work {
 public:
  using Piece = std::function<void()>;

  void add(Piece piece) {
    const std::lock_guard held(mutex_);
    pieces_.push_back(std::make_unique<Piece>(std::move(piece)));
    changed_.notify_one();
  }
  void end() {
    const std::lock_guard held(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

 private:
  void* next() override {
    std::unique_lock held(mutex_);
    changed_.wait(held, [this] { return ended_ || !pieces_.empty(); });
    if (pieces_.empty()) return nullptr;
    auto* const out = pieces_.front().release();
    pieces_.pop_front();
    return out;
  }
  void carry_out(void* piece, WorkBuffers& buffers) override {
    const std::unique_ptr<Piece> owned(static_cast<Piece*>(piece));
    CPPUNIT_ASSERT(!buffers.in.empty());
    (*owned)();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Piece>> pieces_;
  bool ended_ = false;
};

// Where threads wait until the test opens it.
class Gate {
 public:
  void pass() {
    ++inside_;
    mark_wait();
    std::unique_lock held(mutex_);
    opened_.wait(held, [this] { return open_; });
    --inside_;
  }
  void open() {
    const std::lock_guard held(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  int inside() const { return inside_; }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  std::atomic<int> inside_{0};
};

// A bound for what should be at once.
template <class Condition>
void wait_for(Condition condition) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() < patience);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

class WorkerPoolTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WorkerPoolTest);
  CPPUNIT_TEST(a_thread_that_waits_is_replaced);
  CPPUNIT_TEST(work_that_waits_for_nothing_takes_no_further_thread);
  CPPUNIT_TEST(there_are_no_more_threads_than_may_be);
  CPPUNIT_TEST(work_that_found_no_thread_is_done_in_its_order);
  CPPUNIT_TEST(threads_that_rest_are_called_before_new_ones_are_made);
  CPPUNIT_TEST(threads_that_nobody_needs_end);
  CPPUNIT_TEST(all_threads_end_with_the_work);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_thread_that_waits_is_replaced() {
    constexpr int kWaiting = 50;
    Gate gate;
    play({.looking = 2, .most = 100}, [&](Errands& work, WorkerPool& pool) {
      for (int i = 0; i < kWaiting; ++i) work.add([&] { gate.pass(); });
      wait_for([&] { return gate.inside() == kWaiting; });
      std::atomic<bool> done{false};
      work.add([&] { done = true; });
      wait_for([&] { return done.load(); });
      CPPUNIT_ASSERT(pool.threads() > kWaiting);
      CPPUNIT_ASSERT(pool.threads() <= kWaiting + 2);
      gate.open();
      wait_for([&] { return gate.inside() == 0; });
    });
    CPPUNIT_ASSERT_EQUAL(0, exhausted_.load());
  }

  void work_that_waits_for_nothing_takes_no_further_thread() {
    constexpr int kPieces = 10'000;
    std::atomic<int> done{0};
    play({.looking = 2, .most = 100}, [&](Errands& work, WorkerPool& pool) {
      for (int i = 0; i < kPieces; ++i) work.add([&] { ++done; });
      wait_for([&] { return done == kPieces; });
      CPPUNIT_ASSERT_EQUAL(2, pool.threads());
    });
  }

  void there_are_no_more_threads_than_may_be() {
    Gate gate;
    std::atomic<int> done{0};
    play({.looking = 2, .most = 5}, [&](Errands& work, WorkerPool& pool) {
      for (int i = 0; i < 20; ++i)
        work.add([&] {
          gate.pass();
          ++done;
        });
      wait_for([&] { return gate.inside() == 5 && exhausted_ > 0; });
      CPPUNIT_ASSERT_EQUAL(5, pool.threads());
      CPPUNIT_ASSERT_EQUAL(0, done.load());
      gate.open();
      wait_for([&] { return done == 20; });
      CPPUNIT_ASSERT(pool.threads() <= 5);
    });
  }

  void work_that_found_no_thread_is_done_in_its_order() {
    Gate gate;
    std::mutex mutex;
    std::vector<int> order;
    play({.looking = 1, .most = 1}, [&](Errands& work, WorkerPool&) {
      work.add([&] { gate.pass(); });
      wait_for([&] { return exhausted_ > 0; });
      for (int i = 0; i < 100; ++i)
        work.add([&, i] {
          const std::lock_guard held(mutex);
          order.push_back(i);
        });
      gate.open();
      wait_for([&] {
        const std::lock_guard held(mutex);
        return order.size() == 100;
      });
    });
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT_EQUAL(i, order.at(static_cast<std::size_t>(i)));
  }

  void threads_that_rest_are_called_before_new_ones_are_made() {
    // They outlive the threads, which may still be about to leave one when it is empty.
    std::array<Gate, 3> gates;
    play({.looking = 2, .most = 100}, [&](Errands& work, WorkerPool& pool) {
      for (Gate& gate : gates) {
        for (int i = 0; i < 20; ++i) work.add([&] { gate.pass(); });
        wait_for([&] { return gate.inside() == 20; });
        CPPUNIT_ASSERT(pool.threads() <= 22);
        gate.open();
        wait_for([&] { return gate.inside() == 0; });
        // So that each is on its way to the next piece.
        std::atomic<int> done{0};
        for (int i = 0; i < 20; ++i) work.add([&] { ++done; });
        wait_for([&] { return done == 20; });
      }
    });
  }

  void threads_that_nobody_needs_end() {
    Gate gate;
    play({.looking = 2, .most = 100, .rest = Milliseconds(1)}, [&](Errands& work, WorkerPool& pool) {
      for (int i = 0; i < 20; ++i) work.add([&] { gate.pass(); });
      wait_for([&] { return gate.inside() == 20; });
      gate.open();
      wait_for([&] { return pool.threads() == 2; });
      std::atomic<bool> done{false};
      work.add([&] { done = true; });
      wait_for([&] { return done.load(); });
    });
  }

  void all_threads_end_with_the_work() {
    std::atomic<int> done{0};
    for (int round = 0; round < 50; ++round)
      play({.looking = 3, .most = 10}, [&](Errands& work, WorkerPool&) {
        for (int i = 0; i < 5; ++i)
          work.add([&] {
            mark_wait();
            ++done;
          });
      });
    CPPUNIT_ASSERT_EQUAL(250, done.load());
  }

 private:
  template <class Body>
  void play(WorkerPool::Limits limits, Body body) {
    exhausted_ = 0;
    Errands work;
    WorkerPool pool(limits, work, [this] { ++exhausted_; });
    pool.start();
    body(work, pool);
    work.end();
  }

  std::atomic<int> exhausted_{0};
};

CPPUNIT_TEST_SUITE_REGISTRATION(WorkerPoolTest);
