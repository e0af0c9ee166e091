// SPDX-License-Identifier: BSD-2-Clause
#include "util/breaker.h"

#include <cppunit/extensions/HelperMacros.h>

#include "test/steady_clock_shift.h"

using namespace mailreeve;

class BreakerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BreakerTest);
  CPPUNIT_TEST(who_comes_in_the_pause_fails_at_once);
  CPPUNIT_TEST(after_the_pause_one_caller_at_a_time_tries);
  CPPUNIT_TEST(pauses_double_up_to_a_second);
  CPPUNIT_TEST(many_who_wait_together_are_one_failure);
  CPPUNIT_TEST(an_answer_ends_it_at_once);
  CPPUNIT_TEST(who_had_little_time_blames_nobody);
  CPPUNIT_TEST_SUITE_END();

  using Turn = Breaker::Turn;
  static Deadline patience() { return Deadline(Seconds(3600)); }
  static void pass(Milliseconds span) { SteadyClockShift::advance(span); }

  bool admitted() {
    try {
      const Turn turn(breaker_, patience());
      return true;
    } catch (const BackendError& error) {
      CPPUNIT_ASSERT_EQUAL(std::string("no answer"), std::string(error.what()));
      return false;
    }
  }
  void fail() { Turn(breaker_, patience()).note_vain_wait("no answer"); }
  // So many times, each as soon as it may be tried.
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      fail();
      pass(Backoff::kLongest);
    }
  }

  // The longest pause is a second, and half of it at least.
  void who_comes_in_the_pause_fails_at_once() {
    fail(10);
    fail();
    const SteadyTime before = SteadyClock::now();
    CPPUNIT_ASSERT(!admitted() || SteadyClock::now() - before >= Backoff::kLongest / 2);
    pass(Backoff::kLongest);
    CPPUNIT_ASSERT(admitted());
  }

  void after_the_pause_one_caller_at_a_time_tries() {
    fail(1);
    {
      const Turn trial(breaker_, patience());
      pass(Seconds(60));
      CPPUNIT_ASSERT(!admitted());
    }
    CPPUNIT_ASSERT(admitted());
  }

  void pauses_double_up_to_a_second() {
    Backoff backoff;
    for (const int least : {25, 50, 100, 200, 400, 500, 500}) {
      const SteadyTime before = SteadyClock::now();
      backoff.note_failure("no answer");
      CPPUNIT_ASSERT(!backoff.may_try() || SteadyClock::now() - before >= Milliseconds(least));
      pass(Milliseconds(std::min(2 * least, 1000)));
      CPPUNIT_ASSERT(backoff.may_try());
    }
  }

  // The first pause, not the fourth.
  void many_who_wait_together_are_one_failure() {
    {
      Turn first(breaker_, patience());
      Turn second(breaker_, patience());
      Turn third(breaker_, patience());
      Turn fourth(breaker_, patience());
      for (Turn* turn : {&first, &second, &third, &fourth}) turn->note_vain_wait("no answer");
    }
    pass(Backoff::kFirst);
    CPPUNIT_ASSERT(admitted());
  }

  void an_answer_ends_it_at_once() {
    fail(10);
    Turn(breaker_, patience()).note_answer();
    const Turn one(breaker_, patience());
    CPPUNIT_ASSERT(admitted());
    fail();
    pass(Backoff::kFirst);
    CPPUNIT_ASSERT(admitted());
  }

  void who_had_little_time_blames_nobody() {
    Turn(breaker_, Deadline(Milliseconds(10))).note_vain_wait("no time");
    CPPUNIT_ASSERT(admitted());
  }

  Breaker breaker_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(BreakerTest);
