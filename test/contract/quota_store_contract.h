// SPDX-License-Identifier: BSD-2-Clause
// The part of the contract of StateStore for quotas. Used like StateStoreContract.
#ifndef MAILREEVE_TEST_CONTRACT_QUOTA_STORE_CONTRACT_H
#define MAILREEVE_TEST_CONTRACT_QUOTA_STORE_CONTRACT_H

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>

#include "core/state_store.h"

namespace mailreeve {

class QuotaStoreContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(QuotaStoreContract);
  CPPUNIT_TEST(what_is_charged_is_used_up);
  CPPUNIT_TEST(all_or_nothing_is_charged);
  CPPUNIT_TEST(a_question_charges_nothing);
  CPPUNIT_TEST(every_window_is_counted_and_any_refuses);
  CPPUNIT_TEST(a_window_slides);
  CPPUNIT_TEST(a_day_restarts);
  CPPUNIT_TEST(what_is_refunded_can_be_used_again);
  CPPUNIT_TEST(a_refund_of_what_is_over_does_nothing);
  CPPUNIT_TEST(a_refund_of_what_was_reset_takes_nothing_of_what_came_since);
  CPPUNIT_TEST(a_notice_of_a_shorter_window_does_not_stand_for_a_longer_one);
  CPPUNIT_TEST(refused_mail_counts_if_the_rules_say_so);
  CPPUNIT_TEST(the_first_excess_of_a_period_is_told_once);
  CPPUNIT_TEST(a_notice_is_first_once);
  CPPUNIT_TEST(messages_may_not_come_too_soon);
  CPPUNIT_TEST(a_reset_forgets_the_user);
  CPPUNIT_TEST(what_was_sent_can_be_seen);
  CPPUNIT_TEST(users_are_octets_and_independent);
  CPPUNIT_TEST(purge_forgets_what_is_over);
  CPPUNIT_TEST(threads_on_one_quota_let_exactly_the_limit_through);
  CPPUNIT_TEST(threads_charging_and_refunding_leave_nothing);
  CPPUNIT_TEST(it_agrees_with_a_plain_model_whatever_comes);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void setUp() override { store_ = make_store(); }
  void tearDown() override { store_.reset(); }

 protected:
  using Kind = QuotaAnswer::Kind;

  virtual std::unique_ptr<StateStore> make_store() = 0;
  virtual int model_steps() const { return 5000; }

  static Deadline patience() { return Deadline(Milliseconds(30000)); }
  QuotaAnswer charge(std::int64_t recipients, const std::string& user = "alice") {
    return store_->charge(user, rules_, recipients, now_, patience());
  }
  void assert_used(std::int64_t used, const std::string& user = "alice");

  std::unique_ptr<StateStore> store_;
  QuotaRules rules_{.limits = {Limit{.most = 10, .unit = Unit::Recipients, .window = Seconds(3600)}}};
  // The beginning of a part in every window used here.
  TimePoint now_ = from_millis(1'699'920'000'000);

 private:
  void what_is_charged_is_used_up();
  void all_or_nothing_is_charged();
  void a_question_charges_nothing();
  void every_window_is_counted_and_any_refuses();
  void a_window_slides();
  void a_day_restarts();
  void what_is_refunded_can_be_used_again();
  void a_refund_of_what_is_over_does_nothing();
  void a_refund_of_what_was_reset_takes_nothing_of_what_came_since();
  void a_notice_of_a_shorter_window_does_not_stand_for_a_longer_one();
  void refused_mail_counts_if_the_rules_say_so();
  bool is_told(const QuotaAnswer& answer);
  void the_first_excess_of_a_period_is_told_once();
  void a_notice_is_first_once();
  void messages_may_not_come_too_soon();
  void a_reset_forgets_the_user();
  void what_was_sent_can_be_seen();
  void users_are_octets_and_independent();
  void purge_forgets_what_is_over();
  void threads_on_one_quota_let_exactly_the_limit_through();
  void threads_charging_and_refunding_leave_nothing();
  void it_agrees_with_a_plain_model_whatever_comes();
};

}  // namespace mailreeve

#endif
