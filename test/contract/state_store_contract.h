// SPDX-License-Identifier: BSD-2-Clause
// The contract of every StateStore. A store's test derives from this, defines
// how to make an empty store, and adds the suite to its own:
//
//   class MemoryStoreTest : public StateStoreContract {
//     CPPUNIT_TEST_SUB_SUITE(MemoryStoreTest, StateStoreContract);
//     CPPUNIT_TEST_SUITE_END();
//     std::unique_ptr<StateStore> make_store() override;
//   };
#ifndef MAILREEVE_TEST_CONTRACT_STATE_STORE_CONTRACT_H
#define MAILREEVE_TEST_CONTRACT_STATE_STORE_CONTRACT_H

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <vector>

#include "core/state_store.h"

namespace mailreeve {

std::string to_string(Passage::Kind kind);

// CPPUNIT_ASSERT_EQUAL for kinds, with the line of the caller in the message.
#define ASSERT_KIND(wanted, passage) \
  CPPUNIT_ASSERT_EQUAL(mailreeve::to_string(wanted), mailreeve::to_string((passage).kind))

class StateStoreContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StateStoreContract);
  CPPUNIT_TEST(a_first_sight_waits_the_whole_delay);
  CPPUNIT_TEST(an_early_retry_does_not_restart_the_delay);
  CPPUNIT_TEST(a_retry_in_time_passes_and_is_known_from_then_on);
  CPPUNIT_TEST(a_retry_after_the_window_starts_anew);
  CPPUNIT_TEST(a_known_tuple_lives_keep_after_each_use);
  CPPUNIT_TEST(reset_restarts_the_delay_and_counts_the_early_retries);
  CPPUNIT_TEST(penalty_lengthens_the_delay_with_each_early_retry);
  CPPUNIT_TEST(a_try_at_another_mx_is_the_same_try);
  CPPUNIT_TEST(a_clock_set_back_does_not_lock_a_tuple_out);
  CPPUNIT_TEST(rules_and_time_come_with_each_call);

  CPPUNIT_TEST(a_client_is_trusted_after_so_many_passages);
  CPPUNIT_TEST(a_recipient_without_a_message_earns_no_trust);
  CPPUNIT_TEST(trust_of_either_client_is_enough);
  CPPUNIT_TEST(a_message_counts_for_both_clients);
  CPPUNIT_TEST(trust_of_either_client_is_renewed);
  CPPUNIT_TEST(trust_that_lapses_is_not_renewed);
  CPPUNIT_TEST(trust_is_of_one_client_only);
  CPPUNIT_TEST(trust_ends_after_keep_without_mail);
  CPPUNIT_TEST(trust_can_be_switched_off);

  CPPUNIT_TEST(tuples_that_differ_in_one_part_are_independent);
  CPPUNIT_TEST(names_are_octets_whatever_they_look_like);

  CPPUNIT_TEST(the_oldest_unretried_tuple_gives_way);
  CPPUNIT_TEST(clients_do_not_push_out_each_other);
  CPPUNIT_TEST(what_has_passed_neither_counts_nor_gives_way);
  CPPUNIT_TEST(an_early_retry_takes_no_second_place);
  CPPUNIT_TEST(a_reset_tuple_is_no_longer_the_oldest);
  CPPUNIT_TEST(the_newest_never_gives_way_even_if_its_time_is_the_oldest);
  CPPUNIT_TEST(a_lower_bound_holds_from_the_next_first_sight_on);

  CPPUNIT_TEST(the_whole_store_is_bounded);
  CPPUNIT_TEST(purge_forgets_what_is_over_and_nothing_else);
  CPPUNIT_TEST(purge_stops_at_its_bound);
  CPPUNIT_TEST(purge_takes_large_steps_whole);
  CPPUNIT_TEST(purge_forgets_clients_too);
  CPPUNIT_TEST(size_counts_what_is_alive);

  CPPUNIT_TEST(threads_on_one_tuple_see_one_first_sight);
  CPPUNIT_TEST(threads_on_many_tuples_lose_nothing);
  CPPUNIT_TEST(mail_and_purge_at_once_lose_nothing);
  CPPUNIT_TEST(a_deadline_that_has_passed_is_no_reason_to_hang);
  CPPUNIT_TEST(flush_returns_and_changes_nothing);
  CPPUNIT_TEST(it_agrees_with_a_plain_model_whatever_comes);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void setUp() override {
    rules_.delay = std::chrono::minutes(5);
    rules_.retry_window = std::chrono::hours(24);
    store_ = make_store();
  }
  void tearDown() override { store_.reset(); }

 protected:
  using Kind = Passage::Kind;

  virtual std::unique_ptr<StateStore> make_store() = 0;
  // How many steps to compare with the model.
  virtual int model_steps() const { return 20000; }

  // So long that only a hang exceeds it.
  static Deadline patience() { return Deadline(Milliseconds(30000)); }
  // One recipient only.
  Passage knock(const Approach& what, Seconds later = Seconds(0)) {
    now_ += later;
    return store_->approach(what, rules_, now_, patience());
  }
  // A whole message.
  Passage come(const Approach& what, Seconds later = Seconds(0)) {
    const Passage passage = knock(what, later);
    if (passage.kind == Kind::Passed || passage.kind == Kind::Known) finish(what);
    return passage;
  }
  void finish(const Approach& what) {
    if (rules_.trust_after == 0) return;
    std::vector<std::string> clients{what.client};
    if (!what.voucher.empty()) clients.push_back(what.voucher);
    store_->count_passage(clients, rules_, now_, patience());
  }
  // Whether the whole store is bounded at once rather than by a purge.
  virtual bool bounded_at_once() const { return true; }
  // Whether one step judges both clients of an approach.
  virtual bool keeps_clients_together() const { return true; }
  // A unique tuple of `client`.
  static Approach numbered(int number, const std::string& client = "192.0.2.0/24");
  // Likewise for a domain whose hosts are one client, from this network.
  static Approach of_pool(int number, const std::string& domain, const std::string& network);
  void assert_size(std::size_t pending, std::size_t passed, std::size_t clients);

  std::unique_ptr<StateStore> store_;
  GreylistRules rules_;
  TimePoint now_ = from_millis(1'700'000'000'123);

 private:
  void a_first_sight_waits_the_whole_delay();
  void an_early_retry_does_not_restart_the_delay();
  void a_retry_in_time_passes_and_is_known_from_then_on();
  void a_retry_after_the_window_starts_anew();
  void a_known_tuple_lives_keep_after_each_use();
  void reset_restarts_the_delay_and_counts_the_early_retries();
  void penalty_lengthens_the_delay_with_each_early_retry();
  void a_try_at_another_mx_is_the_same_try();
  void a_clock_set_back_does_not_lock_a_tuple_out();
  void rules_and_time_come_with_each_call();
  void a_client_is_trusted_after_so_many_passages();
  void a_recipient_without_a_message_earns_no_trust();
  void trust_of_either_client_is_enough();
  void a_message_counts_for_both_clients();
  void trust_of_either_client_is_renewed();
  void trust_that_lapses_is_not_renewed();
  void trust_is_of_one_client_only();
  void trust_ends_after_keep_without_mail();
  void trust_can_be_switched_off();
  void tuples_that_differ_in_one_part_are_independent();
  void names_are_octets_whatever_they_look_like();
  void the_oldest_unretried_tuple_gives_way();
  void clients_do_not_push_out_each_other();
  void what_has_passed_neither_counts_nor_gives_way();
  void an_early_retry_takes_no_second_place();
  void a_reset_tuple_is_no_longer_the_oldest();
  void the_newest_never_gives_way_even_if_its_time_is_the_oldest();
  void a_lower_bound_holds_from_the_next_first_sight_on();
  void the_whole_store_is_bounded();
  void purge_forgets_what_is_over_and_nothing_else();
  void purge_stops_at_its_bound();
  void purge_takes_large_steps_whole();
  void purge_forgets_clients_too();
  void size_counts_what_is_alive();
  void threads_on_one_tuple_see_one_first_sight();
  void threads_on_many_tuples_lose_nothing();
  void mail_and_purge_at_once_lose_nothing();
  void a_deadline_that_has_passed_is_no_reason_to_hang();
  void flush_returns_and_changes_nothing();
  void it_agrees_with_a_plain_model_whatever_comes();
};

}  // namespace mailreeve

#endif
