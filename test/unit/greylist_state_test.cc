// SPDX-License-Identifier: BSD-2-Clause
#include "core/greylist_state.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

// What a store does with the function, for one tuple and its client.
struct Life {
  GreylistRules rules;
  std::optional<TupleState> tuple;
  std::optional<ClientState> client;
  TimePoint now = from_millis(1'700'000'000'000);
  int writes = 0;

  Passage come(Seconds later, bool counts = true) {
    now += later;
    const auto step = greylist_step(tuple, client, rules, counts, now);
    if (step.tuple) tuple = step.tuple;
    if (step.client) client = step.client;
    writes += step.tuple || step.client ? 1 : 0;
    return step.passage;
  }
};

void assert_kind(Passage::Kind wanted, const Passage& got) {
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(wanted), static_cast<int>(got.kind));
}

}  // namespace

class GreylistStateTest : public CppUnit::TestFixture {
  using Kind = Passage::Kind;
  CPPUNIT_TEST_SUITE(GreylistStateTest);
  CPPUNIT_TEST(a_first_sight_waits_the_whole_delay);
  CPPUNIT_TEST(an_early_retry_does_not_restart_the_delay);
  CPPUNIT_TEST(a_retry_after_the_window_starts_anew);
  CPPUNIT_TEST(a_passed_tuple_lives_keep_after_each_use);
  CPPUNIT_TEST(a_hot_tuple_is_not_written_each_time);
  CPPUNIT_TEST(a_client_is_trusted_after_so_many_passages);
  CPPUNIT_TEST(trust_can_be_switched_off);
  CPPUNIT_TEST(trust_ends_after_keep_without_mail);
  CPPUNIT_TEST(reset_restarts_the_delay_only_below_its_bound);
  CPPUNIT_TEST(penalty_lengthens_the_delay_up_to_a_maximum);
  CPPUNIT_TEST(a_clock_set_back_does_not_lock_a_tuple_out);
  CPPUNIT_TEST_SUITE_END();

  void a_first_sight_waits_the_whole_delay() {
    Life life;
    const auto passage = life.come(Seconds(0));
    assert_kind(Kind::New, passage);
    CPPUNIT_ASSERT(passage.remaining == minutes(5));
    assert_kind(Kind::Passed, life.come(minutes(5)));
  }

  void an_early_retry_does_not_restart_the_delay() {
    Life life;
    life.come(Seconds(0));
    const auto early = life.come(Seconds(299));
    assert_kind(Kind::Early, early);
    CPPUNIT_ASSERT(early.waited == Seconds(299));
    CPPUNIT_ASSERT(early.remaining == Seconds(1));
    const auto passed = life.come(Seconds(1));
    assert_kind(Kind::Passed, passed);
    CPPUNIT_ASSERT(passed.waited == Seconds(300));
    assert_kind(Kind::Known, life.come(Seconds(0)));
  }

  void a_retry_after_the_window_starts_anew() {
    Life life;
    life.come(Seconds(0));
    assert_kind(Kind::New, life.come(hours(24)));
    assert_kind(Kind::Passed, life.come(hours(24) - Seconds(1)));
  }

  void a_passed_tuple_lives_keep_after_each_use() {
    Life life;
    life.rules.trust_after = 0;
    life.come(Seconds(0));
    life.come(minutes(5));
    for (int i = 0; i < 5; ++i) assert_kind(Kind::Known, life.come(life.rules.keep - Seconds(1)));
    assert_kind(Kind::New, life.come(life.rules.keep + life.rules.keep / 32 + Seconds(1)));
  }

  void a_hot_tuple_is_not_written_each_time() {
    Life life;
    life.rules.trust_after = 0;
    life.come(Seconds(0));
    life.come(minutes(5));
    life.writes = 0;
    for (int i = 0; i < 35 * 24; ++i) assert_kind(Kind::Known, life.come(hours(1)));
    CPPUNIT_ASSERT(life.writes > 0);
    CPPUNIT_ASSERT(life.writes <= 35);
  }

  void a_client_is_trusted_after_so_many_passages() {
    Life life;
    life.come(Seconds(0));
    life.come(minutes(5));                            // 1
    life.come(Seconds(1), false);                     // a second recipient of the same message
    assert_kind(Kind::Known, life.come(Seconds(1)));  // 2
    life.tuple.reset();
    assert_kind(Kind::Trusted, life.come(Seconds(1)));
    CPPUNIT_ASSERT(!life.tuple);
  }

  void trust_can_be_switched_off() {
    Life life;
    life.rules.trust_after = 0;
    life.client = ClientState{.passes = 99, .expires = life.now + hours(1)};
    assert_kind(Kind::New, life.come(Seconds(0)));
  }

  void trust_ends_after_keep_without_mail() {
    Life life;
    life.client = ClientState{.passes = 2, .expires = life.now + hours(1)};
    assert_kind(Kind::Trusted, life.come(Seconds(0)));
    assert_kind(Kind::Trusted, life.come(life.rules.keep - Seconds(1)));
    assert_kind(Kind::New, life.come(life.rules.keep + life.rules.keep / 32));
  }

  // Kamaelia: 1 h of wait, started anew by an attempt within 3 minutes.
  void reset_restarts_the_delay_only_below_its_bound() {
    Life life;
    life.rules.delay = hours(1);
    life.rules.early_retry = EarlyRetry::Reset;
    life.rules.reset_below = Seconds(180);
    life.come(Seconds(0));
    const auto early = life.come(Seconds(179));
    assert_kind(Kind::Early, early);
    CPPUNIT_ASSERT(early.remaining == hours(1));
    assert_kind(Kind::Early, life.come(Seconds(180)));
    assert_kind(Kind::Passed, life.come(hours(1) - Seconds(180)));
  }

  // bley: 29 min, 39 after one early retry, 49 after two, 12 h at the most.
  void penalty_lengthens_the_delay_up_to_a_maximum() {
    Life life;
    life.rules.delay = minutes(29);
    life.rules.early_retry = EarlyRetry::Penalty;
    life.come(Seconds(0));
    CPPUNIT_ASSERT(life.come(minutes(10)).remaining == minutes(29));
    CPPUNIT_ASSERT(life.come(minutes(28)).remaining == minutes(11));
    assert_kind(Kind::Passed, life.come(minutes(11)));

    Life hasty;
    hasty.rules = life.rules;
    hasty.come(Seconds(0));
    for (int i = 0; i < 1000; ++i) hasty.come(Seconds(1));
    assert_kind(Kind::Passed, hasty.come(hours(12) - Seconds(1000)));
  }

  void a_clock_set_back_does_not_lock_a_tuple_out() {
    Life life;
    life.come(Seconds(0));
    assert_kind(Kind::New, life.come(-hours(24 * 365)));
    assert_kind(Kind::Passed, life.come(minutes(5)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GreylistStateTest);
