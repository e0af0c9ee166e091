// SPDX-License-Identifier: BSD-2-Clause
#include <chrono>
#include <future>

#include "store/open_policy_db.h"
#include "store/policy_schema.h"
#include "test/contract/policy_contract.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

class PolicySqliteTest : public PolicyContract {
  CPPUNIT_TEST_SUB_SUITE(PolicySqliteTest, PolicyContract);
  CPPUNIT_TEST(an_absent_file_is_made_and_is_complete);
  CPPUNIT_TEST(a_file_of_something_else_is_refused);
  CPPUNIT_TEST(a_second_opening_finds_what_the_first_left);
  CPPUNIT_TEST(a_locked_file_fails_a_change_in_time_and_a_lookup_not_at_all);
  CPPUNIT_TEST(a_removed_file_is_put_back);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    PolicyContract::tearDown();
    directory_.reset();
  }

 private:
  std::unique_ptr<SqlDatabase> make_database() override {
    directory_ = std::make_unique<TempDirectory>();
    return open();
  }
  std::unique_ptr<SqlDatabase> open() const {
    return open_policy_db({.url = "sqlite:" + path(), .timeout = Milliseconds(30'000)});
  }
  std::string path() const { return directory_->file("policy.db"); }

  void an_absent_file_is_made_and_is_complete() {
    const PolicySchema schema = check_policy_schema(*database_, policy_patience());
    CPPUNIT_ASSERT(schema.current());
    CPPUNIT_ASSERT(init_policy_schema(*database_, policy_patience()).empty());
    upgrade_policy_schema(*database_, policy_patience());
  }

  void a_file_of_something_else_is_refused() {
    const std::string state = directory_->file("state.db");
    constexpr const char* kStep[] = {"CREATE TABLE t (x)"};
    open_sqlite_file(state, {.application_id = 0x4d527653, .steps = kStep});
    CPPUNIT_ASSERT_THROW(open_policy_db({.url = "sqlite:" + state}), StoreOpenError);
  }

  void a_second_opening_finds_what_the_first_left() {
    admin_->allow("joe", "example.com", true);
    const auto second = open();
    SqlPolicyDb policies(*second, clock_);
    CPPUNIT_ASSERT(policies.user("joe", policy_patience()).known);
    // What one changes the other sees at once.
    admin_->remove_user("joe");
    CPPUNIT_ASSERT(!policies.user("joe", policy_patience()).known);
  }

  void a_locked_file_fails_a_change_in_time_and_a_lookup_not_at_all() {
    SqliteConnection other(path(), SqliteConnection::Access::ReadWrite);
    other.execute("BEGIN IMMEDIATE");
    const auto begun = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT_THROW(PolicyAdmin(*database_, Milliseconds(200)).add_user("joe"), BackendError);
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begun < Seconds(10));
    CPPUNIT_ASSERT(!user("joe").known);
    other.execute("ROLLBACK");
    admin_->add_user("joe");
    CPPUNIT_ASSERT(user("joe").known);
  }

  void a_removed_file_is_put_back() {
    admin_->add_user("joe");
    CPPUNIT_ASSERT(user("joe").known);
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path() + suffix);
    CPPUNIT_ASSERT(user("joe").known);
    CPPUNIT_ASSERT(std::filesystem::exists(path()));
    admin_->add_user("jim");
    CPPUNIT_ASSERT(user("jim").known);
  }

  std::unique_ptr<TempDirectory> directory_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(PolicySqliteTest);
