// SPDX-License-Identifier: BSD-2-Clause
// The contract of every policy database: the queries for mail, the admin's
// changes, and the messages. A database's test derives from this, defines how to
// make an empty one, and adds the suite to its own, as with StateStoreContract.
#ifndef MAILREEVE_TEST_CONTRACT_POLICY_CONTRACT_H
#define MAILREEVE_TEST_CONTRACT_POLICY_CONTRACT_H

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/policy_db.h"
#include "store/policydb/address_admin.h"
#include "store/policydb/alias_admin.h"
#include "store/policydb/domain_admin.h"
#include "store/policydb/grant_admin.h"
#include "store/policydb/message_table.h"
#include "store/policydb/quota_admin.h"
#include "store/policydb/raise_admin.h"
#include "store/policydb/sql_policy_db.h"
#include "store/policydb/user_admin.h"

namespace mailreeve {

class SetClock final : public Clock {
 public:
  TimePoint now() const override { return time; }
  TimePoint time = from_millis(1'700'000'000'123);
};

// So long that only a hang exceeds it.
inline Deadline policy_patience() { return Deadline(Milliseconds(30'000)); }

inline std::int64_t change_rows(SqlDatabase& database, const std::string& sql, const SqlValues& values = {}) {
  return database.change(policy_patience(),
                         [&](SqlConnection& connection) { return connection.change(sql, values); });
}
inline SqlRows ask_rows(SqlDatabase& database, const std::string& sql, const SqlValues& values = {}) {
  return database.read(policy_patience(),
                       [&](SqlConnection& connection) { return connection.query(sql, values); });
}

// The kind of the PolicyAdminError that the step throws; fails if it throws none.
// All that an admin can do.
struct PolicyAdmin : UserAdmin, DomainAdmin, AddressAdmin, AliasAdmin, QuotaAdmin, RaiseAdmin, GrantAdmin {
  explicit PolicyAdmin(SqlDatabase& database, Milliseconds patience = Milliseconds(30'000),
                       const LimitDefaults& defaults = {})
      : PolicyAdmin(AdminDatabase(database, patience, defaults)) {}
  explicit PolicyAdmin(const AdminDatabase& database)
      : UserAdmin(database),
        DomainAdmin(database),
        AddressAdmin(database),
        AliasAdmin(database),
        QuotaAdmin(database),
        RaiseAdmin(database),
        GrantAdmin(database) {}
};

PolicyAdminError::Kind admin_error(const std::function<void()>& step);

class PolicyContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PolicyContract);
  CPPUNIT_TEST(nobody_is_known_at_first);
  CPPUNIT_TEST(a_user_has_senders_and_a_quota);
  CPPUNIT_TEST(names_are_stored_and_found_folded);
  CPPUNIT_TEST(names_in_capitals_of_any_alphabet_are_found);
  CPPUNIT_TEST(rows_that_others_wrote_are_folded_too);
  CPPUNIT_TEST(rows_of_the_wrong_kind_authorise_nobody);
  CPPUNIT_TEST(names_that_inject_are_names);
  CPPUNIT_TEST(names_that_no_row_can_have_are_unknown);
  CPPUNIT_TEST(limits_are_returned_as_they_are);
  CPPUNIT_TEST(a_raise_holds_until_its_end_and_a_locked_one_for_ever);
  CPPUNIT_TEST(aliases_of_the_user_and_of_his_addresses_count);
  CPPUNIT_TEST(domains_have_switches_and_a_quota);
  CPPUNIT_TEST(everybody_and_domains_above_have_limits_for_those_without);
  CPPUNIT_TEST(a_domain_without_a_word_of_its_own_is_as_the_nearest_above);

  CPPUNIT_TEST(users_are_added_listed_and_removed);
  CPPUNIT_TEST(a_page_is_a_part_of_the_matches);
  CPPUNIT_TEST(what_is_searched_for_is_no_pattern);
  CPPUNIT_TEST(removing_a_user_leaves_nothing_of_his);
  CPPUNIT_TEST(an_unknown_name_is_an_error_and_changes_nothing);
  CPPUNIT_TEST(names_that_are_too_long_or_none_are_refused);
  CPPUNIT_TEST(allow_and_deny_say_whether_they_changed_anything);
  CPPUNIT_TEST(quotas_with_windows_have_the_number_of_their_first_limit);
  CPPUNIT_TEST(limits_are_read_as_the_configuration_has_them);
  CPPUNIT_TEST(changes_say_whether_anything_is_different);
  CPPUNIT_TEST(two_quotas_never_share_a_number);
  CPPUNIT_TEST(a_quota_in_use_is_not_removed);
  CPPUNIT_TEST(the_admin_sees_all_of_a_user);
  CPPUNIT_TEST(locking_needs_a_raise);
  CPPUNIT_TEST(an_import_does_what_it_can_and_names_the_lines_it_cannot);
  CPPUNIT_TEST(an_import_names_the_users_of_deny_lines_that_are_done);
  CPPUNIT_TEST(a_large_import_is_done_whole);
  CPPUNIT_TEST(a_failed_change_leaves_no_trace);
  CPPUNIT_TEST(changes_at_once_lose_nothing);
  CPPUNIT_TEST(the_same_at_once_is_no_failure);

  CPPUNIT_TEST(messages_come_back_as_they_were_the_newest_first);
  CPPUNIT_TEST(messages_are_found_by_user_and_time);
  CPPUNIT_TEST(octets_that_are_no_text_are_replaced);
  CPPUNIT_TEST(totals_count_what_went_out_and_what_was_refused);
  CPPUNIT_TEST(totals_of_hosts_that_write_at_once_add_up);
  CPPUNIT_TEST(purge_takes_the_oldest_in_steps);

  CPPUNIT_TEST(access_rules_stand_in_their_order);
  CPPUNIT_TEST(an_access_rule_that_is_there_keeps_its_number);
  CPPUNIT_TEST(access_rules_that_have_ended_are_gone);
  CPPUNIT_TEST(access_rules_are_removed_together_or_not_at_all);
  CPPUNIT_TEST(each_change_of_the_access_rules_moves_their_version);
  CPPUNIT_TEST(access_rules_take_any_text_and_refuse_what_is_none);
  CPPUNIT_TEST(access_rules_added_at_once_all_stand);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void setUp() override;
  void tearDown() override;

 protected:
  // Makes an empty database with all tables.
  virtual std::unique_ptr<SqlDatabase> make_database() = 0;

  UserPolicy user(const std::string& name) { return policies_->user(name, policy_patience()); }
  DomainPolicy domain(const std::string& name) { return policies_->domain(name, policy_patience()); }
  // The nearest quota that is not the user's own: its name and limits.
  std::string shared(const std::string& name);
  std::string all_shared(const std::string& name);
  void assert_senders(const std::vector<std::string>& wanted, const std::string& name);

  SetClock clock_;
  std::unique_ptr<SqlDatabase> database_;
  std::unique_ptr<SqlPolicyDb> policies_;
  std::unique_ptr<PolicyAdmin> admin_;
  std::unique_ptr<MessageTable> messages_;

 private:
  void nobody_is_known_at_first();
  void a_user_has_senders_and_a_quota();
  void names_are_stored_and_found_folded();
  void names_in_capitals_of_any_alphabet_are_found();
  void rows_that_others_wrote_are_folded_too();
  void rows_of_the_wrong_kind_authorise_nobody();
  void names_that_inject_are_names();
  void names_that_no_row_can_have_are_unknown();
  void limits_are_returned_as_they_are();
  void a_raise_holds_until_its_end_and_a_locked_one_for_ever();
  void aliases_of_the_user_and_of_his_addresses_count();
  void domains_have_switches_and_a_quota();
  void everybody_and_domains_above_have_limits_for_those_without();
  void a_domain_without_a_word_of_its_own_is_as_the_nearest_above();
  void users_are_added_listed_and_removed();
  void a_page_is_a_part_of_the_matches();
  void what_is_searched_for_is_no_pattern();
  void removing_a_user_leaves_nothing_of_his();
  void an_unknown_name_is_an_error_and_changes_nothing();
  void names_that_are_too_long_or_none_are_refused();
  void allow_and_deny_say_whether_they_changed_anything();
  void quotas_with_windows_have_the_number_of_their_first_limit();
  void limits_are_read_as_the_configuration_has_them();
  void changes_say_whether_anything_is_different();
  void two_quotas_never_share_a_number();
  void a_quota_in_use_is_not_removed();
  void the_admin_sees_all_of_a_user();
  void locking_needs_a_raise();
  void an_import_does_what_it_can_and_names_the_lines_it_cannot();
  void an_import_names_the_users_of_deny_lines_that_are_done();
  void a_large_import_is_done_whole();
  void a_failed_change_leaves_no_trace();
  void changes_at_once_lose_nothing();
  void the_same_at_once_is_no_failure();
  void messages_come_back_as_they_were_the_newest_first();
  void messages_are_found_by_user_and_time();
  void octets_that_are_no_text_are_replaced();
  void totals_count_what_went_out_and_what_was_refused();
  void totals_of_hosts_that_write_at_once_add_up();
  void purge_takes_the_oldest_in_steps();

  // In policy_access_contract.cc
  void access_rules_stand_in_their_order();
  void an_access_rule_that_is_there_keeps_its_number();
  void access_rules_that_have_ended_are_gone();
  void access_rules_are_removed_together_or_not_at_all();
  void each_change_of_the_access_rules_moves_their_version();
  void access_rules_take_any_text_and_refuse_what_is_none();
  void access_rules_added_at_once_all_stand();
};

}  // namespace mailreeve

#endif
