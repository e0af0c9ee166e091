// SPDX-License-Identifier: BSD-2-Clause
#include "core/quota_state.h"

#include <cppunit/extensions/HelperMacros.h>

#include <deque>
#include <random>

using namespace mailreeve;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const TimePoint kStart = from_millis(1'699'920'000'000);

// What a store does with the functions, for one user.
struct User {
  QuotaRules rules;
  QuotaState state;
  TimePoint now = kStart;

  explicit User(std::vector<Limit> limits) { rules.limits = std::move(limits); }

  QuotaAnswer send(std::int64_t recipients, Milliseconds later = Milliseconds(0)) {
    now += later;
    const QuotaStep step = quota_charge(state, rules, recipients, now);
    if (step.change) apply(state, *step.change);
    return step.answer;
  }
  bool passes(std::int64_t recipients, Milliseconds later = Milliseconds(0)) {
    return send(recipients, later).kind == QuotaAnswer::Kind::Within;
  }
};

Limit recipients(std::int64_t most, Seconds window = hours(24)) {
  return {.most = most, .unit = Unit::Recipients, .window = window};
}

}  // namespace

class QuotaStateTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(QuotaStateTest);
  CPPUNIT_TEST(the_limit_itself_passes_and_one_more_does_not);
  CPPUNIT_TEST(a_limit_of_zero_lets_nothing_through);
  CPPUNIT_TEST(messages_are_counted_whatever_their_recipients);
  CPPUNIT_TEST(a_margin_is_for_what_begins_below_the_limit);
  CPPUNIT_TEST(no_window_ever_holds_more_than_the_limit);
  CPPUNIT_TEST(what_was_sent_is_forgotten_a_part_late_at_most);
  CPPUNIT_TEST(counters_are_bounded);
  CPPUNIT_TEST(release_is_the_moment_when_it_passes);
  CPPUNIT_TEST(a_message_above_the_limit_is_never_released);
  CPPUNIT_TEST(what_may_pass_some_day_is_told_from_what_never_does);
  CPPUNIT_TEST(a_clock_set_back_does_not_lock_a_user_out);
  CPPUNIT_TEST(an_excess_is_noticed_again_in_the_next_period);
  CPPUNIT_TEST(each_window_has_its_notice);
  CPPUNIT_TEST(a_day_has_one_notice_whatever_else_is_exceeded);
  CPPUNIT_TEST(a_notice_of_a_clock_set_back_does_not_stand);
  CPPUNIT_TEST(no_refund_takes_what_others_were_charged);
  CPPUNIT_TEST(who_waits_as_long_as_told_passes_when_refused_mail_counts);
  CPPUNIT_TEST_SUITE_END();

  void the_limit_itself_passes_and_one_more_does_not() {
    User user({recipients(10)});
    CPPUNIT_ASSERT(user.passes(9));
    CPPUNIT_ASSERT(user.passes(1));
    CPPUNIT_ASSERT(!user.passes(1));
  }

  void a_limit_of_zero_lets_nothing_through() {
    User user({recipients(0)});
    CPPUNIT_ASSERT(!user.passes(1));
    CPPUNIT_ASSERT(!user.passes(0));
    CPPUNIT_ASSERT(!user.send(1).release);
  }

  void what_may_pass_some_day_is_told_from_what_never_does() {
    const Limit few{.most = 1, .unit = Unit::Messages, .window = hours(1)};
    const Margin none;
    const Margin tenth{.value = 10, .percent = true};
    const struct {
      std::vector<Limit> limits;
      Margin margin;
      std::int64_t recipients;
      bool passes;
    } cases[] = {{{recipients(300)}, none, 300, true},
                 {{recipients(300)}, none, 301, false},
                 {{recipients(300)}, tenth, 330, true},
                 {{recipients(300)}, tenth, 331, false},
                 {{recipients(0)}, tenth, 0, false},
                 {{recipients(0)}, {.value = 5}, 1, false},
                 {{few}, none, 1000, true},
                 {{few, recipients(5)}, none, 6, false},
                 {{recipients(5), few}, none, 5, true},
                 {{}, none, 1000, true},
                 {{recipients(1)}, none, 0, true}};
    for (const auto& one : cases) {
      CPPUNIT_ASSERT_EQUAL(one.passes, may_pass(one.limits, one.margin, one.recipients));
      // As the answer to a charge has it.
      User user(one.limits);
      user.rules.margin = one.margin;
      CPPUNIT_ASSERT_EQUAL(one.passes, user.passes(one.recipients));
      if (!one.passes) CPPUNIT_ASSERT(!user.send(one.recipients).release);
    }
  }

  void messages_are_counted_whatever_their_recipients() {
    User user({{.most = 2, .unit = Unit::Messages, .window = hours(1)}});
    CPPUNIT_ASSERT(user.passes(500));
    CPPUNIT_ASSERT(user.passes(500));
    CPPUNIT_ASSERT(!user.passes(1));
  }

  // CHAPPS' rule: 95 of 100 and a margin of 10 let 8 through, not 20; 101 let nothing through.
  void a_margin_is_for_what_begins_below_the_limit() {
    struct Row {
      std::int64_t before, now;
      Margin margin;
      bool passes;
    };
    for (const Row& row :
         {Row{95, 8, {10, false}, true}, Row{95, 15, {10, false}, true}, Row{95, 16, {10, false}, false},
          Row{95, 20, {10, false}, false}, Row{99, 1, {0, false}, true}, Row{100, 1, {10, false}, false},
          Row{95, 15, {10, true}, true}, Row{95, 16, {10, true}, false}, Row{0, 110, {10, true}, true},
          Row{0, 111, {10, true}, false}}) {
      User user({recipients(100)});
      user.send(row.before);
      user.rules.margin = row.margin;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(row.before) + "+" + std::to_string(row.now), row.passes,
                                   user.passes(row.now));
    }
  }

  // Against a list of all that was sent, in windows that end at each message.
  void no_window_ever_holds_more_than_the_limit() {
    std::mt19937 random(7);
    for (const Seconds window : {Seconds(60), Seconds(61), Seconds(3599), Seconds(86400)}) {
      User user({recipients(100, window)});
      std::deque<std::pair<TimePoint, std::int64_t>> sent;
      const auto step = static_cast<unsigned>(Milliseconds(window).count() / 40);
      for (int i = 0; i < 20000; ++i) {
        const auto count = static_cast<std::int64_t>(1 + random() % 10);
        if (user.passes(count, Milliseconds(random() % step))) sent.emplace_back(user.now, count);
        while (!sent.empty() && sent.front().first <= user.now - window) sent.pop_front();
        std::int64_t sum = 0;
        for (const auto& [when, part] : sent) sum += part;
        CPPUNIT_ASSERT(sum <= 100);
      }
    }
  }

  void what_was_sent_is_forgotten_a_part_late_at_most() {
    for (const Milliseconds offset : {Milliseconds(0), Milliseconds(1), Milliseconds(59'999)}) {
      User user({recipients(1, hours(1))});
      CPPUNIT_ASSERT(user.passes(1, offset));
      CPPUNIT_ASSERT(!user.passes(1, hours(1) - Milliseconds(1)));
      CPPUNIT_ASSERT(user.passes(1, minutes(1) + Milliseconds(1)));
    }
  }

  void counters_are_bounded() {
    User user({recipients(1000000, hours(24)), recipients(1000000, hours(1))});
    for (int i = 0; i < 5000; ++i) user.passes(1, Seconds(37));
    std::erase_if(user.state.parts, [&](const QuotaPart& part) { return part.expires <= user.now; });
    CPPUNIT_ASSERT(user.state.parts.size() <= 2 * 61);
  }

  void release_is_the_moment_when_it_passes() {
    User user({recipients(10, hours(1)), recipients(15, hours(24))});
    user.send(4);
    user.send(6, minutes(10));
    for (const std::int64_t count : {1, 4, 5, 10, 11}) {
      const auto answer = quota_charge(user.state, user.rules, count, user.now).answer;
      CPPUNIT_ASSERT(answer.kind == QuotaAnswer::Kind::Exceeded);
      if (!answer.release) {
        CPPUNIT_ASSERT_EQUAL(std::int64_t{11}, count);
        continue;
      }
      const auto at = [&](TimePoint when) {
        return quota_charge(user.state, user.rules, count, when).answer.kind == QuotaAnswer::Kind::Within;
      };
      CPPUNIT_ASSERT(at(*answer.release));
      CPPUNIT_ASSERT(!at(*answer.release - Milliseconds(1)));
    }
  }

  void a_message_above_the_limit_is_never_released() {
    User user({recipients(100), recipients(5, kDaily)});
    user.rules.day_begin = kStart;
    user.rules.day_end = kStart + hours(24);
    user.send(5);
    CPPUNIT_ASSERT(user.send(1).release == user.rules.day_end);
    const auto large = user.send(6);
    CPPUNIT_ASSERT(!large.release);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, large.limit);
  }

  void a_clock_set_back_does_not_lock_a_user_out() {
    User user({recipients(10, hours(1))});
    user.send(10);
    CPPUNIT_ASSERT(!user.passes(1, -minutes(30)));
    CPPUNIT_ASSERT(user.passes(1, -hours(300)));
    user.rules.min_interval = minutes(5);
    CPPUNIT_ASSERT(user.passes(1, -hours(1)));
  }

  void an_excess_is_noticed_again_in_the_next_period() {
    User user({recipients(1, kDaily)});
    user.rules.day_begin = kStart;
    user.rules.day_end = kStart + hours(24);
    user.send(1);
    const auto notice = user.send(1).notice;
    CPPUNIT_ASSERT(notice && notice->until == user.rules.day_end);
    user.state.exceeded = notice->until;
    CPPUNIT_ASSERT(!user.send(1, hours(23)).notice);
    user.rules.day_begin = user.rules.day_end;
    user.rules.day_end += hours(24);
    CPPUNIT_ASSERT(user.passes(1, hours(1)));
    CPPUNIT_ASSERT(user.send(1).notice->until == user.rules.day_end);
  }

  // How often somebody is told, of too much mail in so many hours.
  static int told(User& user, std::vector<std::int64_t> messages, int rounds) {
    int count = 0;
    for (int i = 0; i < rounds; ++i, user.now += minutes(62))
      for (const auto recipients : messages)
        if (const auto answer = user.send(recipients); answer.notice) {
          user.state.exceeded = answer.notice->until;
          ++count;
        }
    return count;
  }

  // 5 an hour and 20 a day: 19 are used.
  static User nearly_full() {
    User user({recipients(5, hours(1)), recipients(20)});
    for (int i = 0; i < 4; ++i, user.now += minutes(62)) CPPUNIT_ASSERT(user.passes(i == 3 ? 4 : 5));
    return user;
  }

  void each_window_has_its_notice() {
    // The message of two exceeds the day's limit, that of six the hour's too.
    User one_first = nearly_full();
    CPPUNIT_ASSERT_EQUAL(1, told(one_first, {2, 6}, 10));
    User other_first = nearly_full();
    CPPUNIT_ASSERT_EQUAL(2, told(other_first, {6, 2}, 10));
    User hour({recipients(5, hours(1)), recipients(100)});
    hour.send(5);
    CPPUNIT_ASSERT_EQUAL(1, told(hour, {1, 1}, 1));
    CPPUNIT_ASSERT(hour.state.exceeded < hour.now + minutes(1));
    // The hour's notice does not stand for the day's, the day's does for the hour's.
    hour.state.exceeded = hour.now + minutes(30);
    CPPUNIT_ASSERT(hour.send(200).notice->until == hour.now + hours(24));
    hour.state.exceeded = hour.now + hours(24);
    CPPUNIT_ASSERT(!hour.send(200).notice);
    CPPUNIT_ASSERT(!hour.send(6).notice);
  }

  void a_day_has_one_notice_whatever_else_is_exceeded() {
    User user({recipients(5, hours(1)), recipients(1, kDaily)});
    user.rules.day_begin = kStart;
    user.rules.day_end = kStart + hours(24);
    user.send(1);
    CPPUNIT_ASSERT_EQUAL(1, told(user, {1, 6}, 23));
  }

  void a_notice_of_a_clock_set_back_does_not_stand() {
    User user({recipients(1, hours(1)), recipients(5)});
    user.send(1);
    user.state.exceeded = user.now + hours(24);
    CPPUNIT_ASSERT(!user.send(1).notice);
    user.state.exceeded = user.now + hours(25);
    CPPUNIT_ASSERT(user.send(1).notice.has_value());
  }

  void no_refund_takes_what_others_were_charged() {
    User user({recipients(100)});
    const auto before = user.send(90).receipt;
    user.state = {};
    CPPUNIT_ASSERT(user.passes(95, minutes(1)));
    apply(user.state, quota_refund(user.state, *before));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{95},
                         quota_used(user.state, user.rules.limits[0], user.rules, user.now));
    // Nor more than there is, where a store has lost something.
    const auto charged = user.send(5).receipt;
    user.state.parts[0].recipients = 3;
    user.state.parts[0].messages = 0;
    apply(user.state, quota_refund(user.state, *charged));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, user.state.parts[0].recipients);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, user.state.parts[0].messages);
  }

  void who_waits_as_long_as_told_passes_when_refused_mail_counts() {
    User fast({recipients(1000)});
    fast.rules.min_interval = Seconds(10);
    fast.rules.count_refused = true;
    fast.send(1);
    const auto too_soon = fast.send(1, Seconds(6));
    CPPUNIT_ASSERT(too_soon.kind == QuotaAnswer::Kind::TooSoon);
    CPPUNIT_ASSERT(fast.passes(1, *too_soon.release - fast.now));
    User over({recipients(10, hours(1))});
    over.rules.count_refused = true;
    over.send(6);
    const auto exceeded = over.send(6, minutes(30));
    CPPUNIT_ASSERT(exceeded.kind == QuotaAnswer::Kind::Exceeded);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, exceeded.used[0]);
    CPPUNIT_ASSERT(over.passes(6, *exceeded.release - over.now));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(QuotaStateTest);
