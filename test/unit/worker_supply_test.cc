// SPDX-License-Identifier: BSD-2-Clause
#include "milter/libmilter/worker_supply.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

using namespace mailreeve;

class WorkerSupplyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WorkerSupplyTest);
  CPPUNIT_TEST(nobody_who_waits_needs_no_worker);
  CPPUNIT_TEST(each_that_begins_to_wait_is_worth_a_worker);
  CPPUNIT_TEST(workers_that_found_sessions_are_followed_by_twice_as_many);
  CPPUNIT_TEST(a_lost_connection_is_made_up_for);
  CPPUNIT_TEST(there_is_a_bound);
  CPPUNIT_TEST(a_callback_that_waits_is_noticed_and_one_that_is_quick_is_not);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nobody_who_waits_needs_no_worker() {
    WorkerDemand demand;
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT_EQUAL(0, demand.at_look(0, 0));
  }

  void each_that_begins_to_wait_is_worth_a_worker() {
    WorkerDemand demand;
    CPPUNIT_ASSERT_EQUAL(2, demand.at_look(2, 2));
    CPPUNIT_ASSERT_EQUAL(0, demand.at_look(0, 2));
    CPPUNIT_ASSERT_EQUAL(0, demand.at_look(0, 0));
    CPPUNIT_ASSERT_EQUAL(1, demand.at_look(1, 1));
  }

  // A hundred sessions and two workers, as libmilter has when it begins.
  void workers_that_found_sessions_are_followed_by_twice_as_many() {
    WorkerDemand demand;
    int waiting = 2;
    int fresh = 2;
    int looks = 0;
    for (; waiting < 100; ++looks) {
      const int came = demand.at_look(fresh, waiting);
      demand.at_look(0, waiting);
      fresh = std::min(came, 100 - waiting);
      waiting += fresh;
    }
    CPPUNIT_ASSERT(looks <= 7);
  }

  void a_lost_connection_is_made_up_for() {
    WorkerDemand demand;
    demand.at_look(1, 1);
    int later = 0;
    for (int i = 0; i < 100; ++i) later += demand.at_look(0, 1);
    CPPUNIT_ASSERT_EQUAL(5, later);
  }

  void there_is_a_bound() {
    WorkerDemand demand;
    demand.at_look(500, 500);
    CPPUNIT_ASSERT_EQUAL(100, demand.at_look(400, 900));
    CPPUNIT_ASSERT_EQUAL(0, demand.at_look(200, 1100));
  }

  void a_callback_that_waits_is_noticed_and_one_that_is_quick_is_not() {
    WorkerSupply supply;
    std::atomic<int> knocks{0};
    supply.start([&knocks] {
      ++knocks;
      return true;
    });
    for (int i = 0; i < 1000; ++i) supply.leave(supply.enter());
    CPPUNIT_ASSERT_EQUAL(0, knocks.load());
    const auto begun = supply.enter();
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (knocks == 0 && std::chrono::steady_clock::now() < patience)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    supply.leave(begun);
    supply.stop();
    CPPUNIT_ASSERT(knocks > 0);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WorkerSupplyTest);
