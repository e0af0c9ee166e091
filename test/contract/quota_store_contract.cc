// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/quota_store_contract.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace mailreeve {

using std::chrono::hours;
using std::chrono::minutes;

namespace {

#define ASSERT_ANSWER(wanted, answer) \
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(wanted), static_cast<int>((answer).kind))

template <class Work>
void at_once(int threads, Work work) {
  std::atomic<int> failed{0};
  std::vector<std::thread> running;
  running.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&failed, &work, i] {
      try {
        work(i);
      } catch (const BackendError&) {
        ++failed;
      }
    });
  for (auto& thread : running) thread.join();
  CPPUNIT_ASSERT_EQUAL(0, failed.load());
}

Limit limit(std::int64_t most, Seconds window, Unit unit = Unit::Recipients) {
  return {.most = most, .unit = unit, .window = window};
}

std::string describe(const QuotaAnswer& answer) {
  std::string out = std::to_string(static_cast<int>(answer.kind)) + " used";
  for (const auto used : answer.used) out += " " + std::to_string(used);
  if (answer.kind == QuotaAnswer::Kind::Exceeded) out += " limit " + std::to_string(answer.limit);
  out += " release " + (answer.release ? std::to_string(to_millis(*answer.release)) : "never");
  out += " last " + (answer.last ? std::to_string(to_millis(*answer.last)) : "never");
  out += answer.notice ? " untold until " + std::to_string(to_millis(answer.notice->until)) : "";
  out += answer.receipt ? " charged" : "";
  return out;
}

}  // namespace

void QuotaStoreContract::assert_used(std::int64_t used, const std::string& user) {
  const QuotaState state = store_->sent(user, now_, patience());
  CPPUNIT_ASSERT_EQUAL(used, quota_used(state, rules_.limits.front(), rules_, now_));
}

void QuotaStoreContract::what_is_charged_is_used_up() {
  const auto first = charge(4);
  ASSERT_ANSWER(Kind::Within, first);
  CPPUNIT_ASSERT(first.used == std::vector<std::int64_t>{0});
  CPPUNIT_ASSERT(first.receipt && !first.last);
  const auto second = charge(6);
  ASSERT_ANSWER(Kind::Within, second);
  CPPUNIT_ASSERT(second.used == std::vector<std::int64_t>{4});
  CPPUNIT_ASSERT(second.last == now_);
  const auto third = charge(1);
  ASSERT_ANSWER(Kind::Exceeded, third);
  CPPUNIT_ASSERT(third.used == std::vector<std::int64_t>{10});
  CPPUNIT_ASSERT(!third.receipt);
}

void QuotaStoreContract::all_or_nothing_is_charged() {
  charge(8);
  ASSERT_ANSWER(Kind::Exceeded, charge(3));
  assert_used(8);
  ASSERT_ANSWER(Kind::Within, charge(2));
  assert_used(10);
  const auto large = charge(11, "bob");
  ASSERT_ANSWER(Kind::Exceeded, large);
  CPPUNIT_ASSERT(!large.release);
}

void QuotaStoreContract::a_question_charges_nothing() {
  ASSERT_ANSWER(Kind::Within, charge(0));
  charge(9);
  ASSERT_ANSWER(Kind::Within, charge(0));
  assert_used(9);
  charge(1);
  ASSERT_ANSWER(Kind::Exceeded, charge(0));
  CPPUNIT_ASSERT(!charge(0).receipt);
  assert_used(10);
}

void QuotaStoreContract::every_window_is_counted_and_any_refuses() {
  rules_.limits = {limit(10, hours(1)), limit(15, hours(24)), limit(3, hours(24), Unit::Messages)};
  ASSERT_ANSWER(Kind::Within, charge(9));
  const auto by_hour = charge(2);
  ASSERT_ANSWER(Kind::Exceeded, by_hour);
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, by_hour.limit);
  now_ += hours(2);
  const auto by_day = charge(7);
  ASSERT_ANSWER(Kind::Exceeded, by_day);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, by_day.limit);
  CPPUNIT_ASSERT((by_day.used == std::vector<std::int64_t>{0, 9, 1}));
  charge(1);
  charge(1);
  const auto by_messages = charge(1);
  ASSERT_ANSWER(Kind::Exceeded, by_messages);
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, by_messages.limit);
}

void QuotaStoreContract::a_window_slides() {
  charge(6);
  now_ += minutes(30);
  charge(4);
  const auto full = charge(1);
  ASSERT_ANSWER(Kind::Exceeded, full);
  // The first part lasts a 60th of the window and counts for one window longer.
  CPPUNIT_ASSERT(full.release == now_ + minutes(31));
  now_ += minutes(31) - Milliseconds(1);
  ASSERT_ANSWER(Kind::Exceeded, charge(1));
  now_ += Milliseconds(1);
  ASSERT_ANSWER(Kind::Within, charge(6));
  ASSERT_ANSWER(Kind::Exceeded, charge(1));
}

void QuotaStoreContract::a_day_restarts() {
  rules_.limits = {limit(10, kDaily)};
  rules_.day_begin = now_ - hours(5);
  rules_.day_end = now_ + hours(19);
  ASSERT_ANSWER(Kind::Within, charge(10));
  const auto full = charge(1);
  ASSERT_ANSWER(Kind::Exceeded, full);
  CPPUNIT_ASSERT(full.release == rules_.day_end);
  now_ += hours(18);
  ASSERT_ANSWER(Kind::Exceeded, charge(1));
  now_ += hours(1);
  rules_.day_begin = rules_.day_end;
  rules_.day_end += hours(24);
  ASSERT_ANSWER(Kind::Within, charge(10));
}

void QuotaStoreContract::what_is_refunded_can_be_used_again() {
  const TimePoint begun = now_;
  charge(3);
  now_ += minutes(1);
  const auto charged = charge(7);
  store_->refund("alice", *charged.receipt, patience());
  assert_used(3);
  now_ += Seconds(1);
  const auto again = charge(7);
  ASSERT_ANSWER(Kind::Within, again);
  CPPUNIT_ASSERT(again.last == begun);
  ASSERT_ANSWER(Kind::Exceeded, charge(1));
}

void QuotaStoreContract::a_refund_of_what_is_over_does_nothing() {
  const auto charged = charge(7);
  store_->reset("alice", patience());
  store_->refund("alice", *charged.receipt, patience());
  assert_used(0);
  charge(10);
  ASSERT_ANSWER(Kind::Exceeded, charge(1));
}

void QuotaStoreContract::a_refund_of_what_was_reset_takes_nothing_of_what_came_since() {
  const auto charged = charge(7);
  store_->reset("alice", patience());
  now_ += Milliseconds(1);
  ASSERT_ANSWER(Kind::Within, charge(9));
  store_->refund("alice", *charged.receipt, patience());
  assert_used(9);
  ASSERT_ANSWER(Kind::Exceeded, charge(2));
}

void QuotaStoreContract::a_notice_of_a_shorter_window_does_not_stand_for_a_longer_one() {
  const auto first = [&](Seconds window, Seconds shorter) {
    const NoticePeriod period{.until = now_ + window, .after = now_ + shorter, .latest = now_ + hours(24)};
    return store_->claim_notice("alice", now_, period, patience());
  };
  CPPUNIT_ASSERT(first(hours(1), Seconds(0)));
  CPPUNIT_ASSERT(!first(hours(1), Seconds(0)));
  CPPUNIT_ASSERT(first(hours(24), hours(1)));
  CPPUNIT_ASSERT(!first(hours(24), hours(1)));
  CPPUNIT_ASSERT(!first(hours(1), Seconds(0)));
}

void QuotaStoreContract::refused_mail_counts_if_the_rules_say_so() {
  rules_.count_refused = true;
  charge(10);
  const auto refused = charge(5);
  ASSERT_ANSWER(Kind::Exceeded, refused);
  CPPUNIT_ASSERT(!refused.receipt);
  assert_used(15);
  ASSERT_ANSWER(Kind::Exceeded, charge(0));
  assert_used(15);
}

bool QuotaStoreContract::is_told(const QuotaAnswer& answer) {
  return answer.notice && store_->claim_notice("alice", now_, *answer.notice, patience());
}

void QuotaStoreContract::the_first_excess_of_a_period_is_told_once() {
  charge(10);
  CPPUNIT_ASSERT(charge(0).notice->until == now_ + hours(1));
  CPPUNIT_ASSERT(is_told(charge(0)));
  CPPUNIT_ASSERT(!charge(0).notice);
  CPPUNIT_ASSERT(!charge(1).notice);
  CPPUNIT_ASSERT(!charge(1, "bob").notice);
  now_ += hours(1);
  CPPUNIT_ASSERT(is_told(charge(11)));
  store_->reset("alice", patience());
  charge(10);
  CPPUNIT_ASSERT(is_told(charge(1)));
}

void QuotaStoreContract::a_notice_is_first_once() {
  const auto first = [&](const std::string& user) {
    return store_->claim_notice(user, now_, notice_period(now_, now_ + hours(24)), patience());
  };
  CPPUNIT_ASSERT(first("alice"));
  CPPUNIT_ASSERT(!first("alice"));
  CPPUNIT_ASSERT(first("bob"));
  now_ += hours(24);
  CPPUNIT_ASSERT(first("alice"));
  // Setting the clock back does not silence it.
  now_ -= hours(72);
  CPPUNIT_ASSERT(first("alice"));
}

void QuotaStoreContract::messages_may_not_come_too_soon() {
  rules_.min_interval = Seconds(5);
  ASSERT_ANSWER(Kind::Within, charge(1));
  now_ += Seconds(4);
  const auto soon = charge(1);
  ASSERT_ANSWER(Kind::TooSoon, soon);
  CPPUNIT_ASSERT(soon.release == now_ + Seconds(1));
  assert_used(1);
  now_ += Seconds(1);
  const auto charged = charge(1);
  ASSERT_ANSWER(Kind::Within, charged);
  now_ += Seconds(1);
  store_->refund("alice", *charged.receipt, patience());
  ASSERT_ANSWER(Kind::Within, charge(1));
}

void QuotaStoreContract::a_reset_forgets_the_user() {
  charge(10);
  charge(3, "bob");
  const QuotaState before = store_->reset("alice", patience());
  CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, quota_used(before, rules_.limits.front(), rules_, now_));
  assert_used(0);
  assert_used(3, "bob");
  CPPUNIT_ASSERT(store_->reset("alice", patience()).parts.empty());
  CPPUNIT_ASSERT(!store_->sent("alice", now_, patience()).last);
}

void QuotaStoreContract::what_was_sent_can_be_seen() {
  CPPUNIT_ASSERT(store_->sent("alice", now_, patience()).parts.empty());
  charge(4);
  charge(2);
  const QuotaState state = store_->sent("alice", now_, patience());
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, state.parts.size());
  const QuotaPart& part = state.parts.front();
  CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, part.recipients);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, part.messages);
  CPPUNIT_ASSERT(part.begin == now_ && part.window == hours(1) && part.expires == now_ + minutes(61));
  CPPUNIT_ASSERT(state.last == now_);
}

void QuotaStoreContract::users_are_octets_and_independent() {
  const std::vector<std::string> users{"alice",  "Alice",    "alice ",   "alice\t", "'; DROP TABLE x; --",
                                       "a{b}:c", "\xff\xfe", "\xc3\xa9", "e",       std::string(320, 'x')};
  for (const auto& user : users) ASSERT_ANSWER(Kind::Within, charge(10, user));
  for (const auto& user : users) ASSERT_ANSWER(Kind::Exceeded, charge(1, user));
  CPPUNIT_ASSERT_EQUAL(users.size(), store_->size(now_).users);
}

void QuotaStoreContract::purge_forgets_what_is_over() {
  charge(10);
  store_->claim_notice("bob", now_, notice_period(now_, now_ + hours(2)), patience());
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->size(now_).users);
  store_->purge(now_, GreylistRules(), 100);
  assert_used(10);
  now_ += hours(3);
  store_->purge(now_, GreylistRules(), 100);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->size(now_).users);
  CPPUNIT_ASSERT(store_->sent("alice", now_, patience()).last);
  now_ += kRememberLast;
  store_->purge(now_, GreylistRules(), 100);
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->size(now_).users);
}

void QuotaStoreContract::threads_on_one_quota_let_exactly_the_limit_through() {
  rules_.limits = {limit(50, hours(1)), limit(1000, hours(24))};
  std::atomic<int> passed{0};
  std::atomic<int> first{0};
  at_once(100, [&](int) {
    const auto answer = charge(1);
    if (answer.kind == Kind::Within) ++passed;
    if (is_told(answer)) ++first;
  });
  CPPUNIT_ASSERT_EQUAL(50, passed.load());
  CPPUNIT_ASSERT_EQUAL(1, first.load());
  assert_used(50);
}

void QuotaStoreContract::threads_charging_and_refunding_leave_nothing() {
  rules_.limits = {limit(1000, hours(1)), limit(1000, kDaily)};
  rules_.day_begin = now_;
  rules_.day_end = now_ + hours(24);
  at_once(8, [&](int number) {
    for (int i = 1; i <= 25; ++i) {
      const auto charged = charge(1 + number);
      store_->refund("alice", charged.receipt.value(), patience());
    }
  });
  assert_used(0);
  const auto answer = charge(1);
  CPPUNIT_ASSERT((answer.used == std::vector<std::int64_t>{0, 0}));
}

void QuotaStoreContract::it_agrees_with_a_plain_model_whatever_comes() {
  std::mt19937 random(42);
  const auto below = [&random](unsigned bound) { return random() % bound; };
  std::map<std::string, QuotaState> model;
  std::map<std::string, Receipt> receipts;
  for (int i = 0; i < model_steps(); ++i) {
    now_ += Milliseconds(below(400'000));
    rules_.day_begin = from_millis(to_millis(now_) / 86'400'000 * 86'400'000);
    rules_.day_end = rules_.day_begin + hours(24);
    rules_.limits = {limit(20, hours(1)), limit(40, hours(6)), limit(60, kDaily),
                     limit(static_cast<std::int64_t>(below(30)), hours(2), Unit::Messages)};
    rules_.limits.resize(1 + below(4));
    rules_.margin = {.value = static_cast<std::int64_t>(below(12)), .percent = below(2) == 0};
    rules_.min_interval = Seconds(below(4) == 0 ? 100 : 0);
    rules_.count_refused = below(10) == 0;
    const std::string user(1, static_cast<char>('a' + below(3)));
    QuotaState& state = model[user];
    if (below(20) == 0 && receipts.contains(user)) {
      apply(state, quota_refund(state, receipts.at(user)));
      store_->refund(user, receipts.at(user), patience());
      receipts.erase(user);
    } else if (below(200) == 0) {
      state = {};
      receipts.erase(user);
      store_->reset(user, patience());
    } else {
      const auto recipients = static_cast<std::int64_t>(below(12));
      const QuotaStep step = quota_charge(state, rules_, recipients, now_);
      if (step.change) apply(state, *step.change);
      const auto answer = store_->charge(user, rules_, recipients, now_, patience());
      CPPUNIT_ASSERT_EQUAL_MESSAGE("step " + std::to_string(i), describe(step.answer), describe(answer));
      if (answer.receipt) receipts[user] = *answer.receipt;
    }
    if (below(50) == 0) store_->purge(now_, GreylistRules(), 10);
  }
}

}  // namespace mailreeve
