// SPDX-License-Identifier: BSD-2-Clause
#include "core/greylist_state.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

// What a store does with the function, for one tuple and its client.
struct Life {
  GreylistRules rules{.delay = minutes(5), .retry_window = hours(24)};
  std::optional<TupleState> tuple;
  std::optional<ClientState> client;
  TimePoint now = from_millis(1'700'000'000'000);
  int writes = 0;

  Passage come(Seconds later) {
    now += later;
    const auto step = greylist_step({.tuple = tuple, .client = client, .voucher = {}}, rules, now);
    if (step.tuple) tuple = step.tuple;
    if (step.client) client = step.client;
    writes += step.changes() ? 1 : 0;
    const bool waited =
        step.passage.kind == Passage::Kind::Passed || step.passage.kind == Passage::Kind::Known;
    if (waited && rules.trust_after > 0) client = with_passage(client, rules, now);
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
  CPPUNIT_TEST(trust_that_has_been_earned_is_not_lost_by_a_lower_bound);
  CPPUNIT_TEST(what_gives_way_is_what_waits_but_for_a_quarter);
  CPPUNIT_TEST_SUITE_END();

  void trust_that_has_been_earned_is_not_lost_by_a_lower_bound() {
    GreylistRules rules;
    const TimePoint now = from_millis(1'700'000'000'000);
    rules.trust_after = 2;
    CPPUNIT_ASSERT_EQUAL(1U, with_passage({}, rules, now).passes);
    CPPUNIT_ASSERT_EQUAL(
        2U, with_passage(ClientState{.passes = 2, .expires = now + hours(1)}, rules, now).passes);
    CPPUNIT_ASSERT_EQUAL(
        5U, with_passage(ClientState{.passes = 5, .expires = now + hours(1)}, rules, now).passes);
    CPPUNIT_ASSERT_EQUAL(1U, with_passage(ClientState{.passes = 5, .expires = now}, rules, now).passes);
  }

  void what_gives_way_is_what_waits_but_for_a_quarter() {
    GreylistRules rules;
    rules.max_tuples = 100;
    const struct {
      std::size_t pending, passed, limit, pending_goes, passed_goes;
    } table[] = {
        {50, 50, 100, 0, 0},    {50, 50, 99, 1, 0}, {100, 0, 99, 1, 0},   {26, 74, 99, 1, 0},
        {25, 75, 99, 0, 1},     {0, 100, 99, 0, 1}, {90, 60, 100, 50, 0}, {60, 90, 100, 35, 15},
        {10, 190, 100, 0, 100}, {0, 0, 100, 0, 0},
    };
    for (const auto& row : table) {
      const GivingWay got = give_way(row.pending, row.passed, row.limit, rules);
      CPPUNIT_ASSERT_EQUAL(row.pending_goes, got.pending);
      CPPUNIT_ASSERT_EQUAL(row.passed_goes, got.passed);
    }
  }

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
