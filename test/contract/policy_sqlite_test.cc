// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>

#include "store/policydb/access_admin.h"
#include "store/policydb/open_policy_db.h"
#include "store/policydb/policy_schema.h"
#include "store/sql/sqlite_backup.h"
#include "store/state/sqlite_tables.h"
#include "test/contract/faulty_disk.h"
#include "test/contract/policy_contract.h"
#include "test/contract/temp_directory.h"
#include "test/steady_clock_shift.h"
#include "util/guarded.h"

using namespace mailreeve;

class PolicySqliteTest : public PolicyContract {
  CPPUNIT_TEST_SUB_SUITE(PolicySqliteTest, PolicyContract);
  CPPUNIT_TEST(an_absent_file_is_made_and_is_complete);
  CPPUNIT_TEST(a_file_of_version_1_keeps_its_content_and_takes_access_rules);
  CPPUNIT_TEST(a_file_of_something_else_is_refused);
  CPPUNIT_TEST(a_second_opening_finds_what_the_first_left);
  CPPUNIT_TEST(a_locked_file_fails_a_change_in_time_and_a_lookup_not_at_all);
  CPPUNIT_TEST(a_removed_file_is_put_back);
  CPPUNIT_TEST(a_call_waits_for_a_file_that_is_put_back_only_as_long_as_it_has_time);
  CPPUNIT_TEST(a_file_that_cannot_be_put_back_yet_is_not_lost);
  CPPUNIT_TEST(a_file_moved_over_it_is_used);
  CPPUNIT_TEST(what_is_no_policy_database_is_not_used_in_its_place);
  CPPUNIT_TEST(an_emptied_file_answers_nothing_until_there_is_another);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    if (disk_) disk_->heal();
    PolicyContract::tearDown();
    disk_.reset();
    directory_.reset();
  }

 private:
  std::unique_ptr<SqlDatabase> make_database() override {
    directory_ = std::make_unique<TempDirectory>();
    return open();
  }
  std::unique_ptr<SqlDatabase> open() {
    return open_policy_db({.url = "sqlite:" + path(),
                           .timeout = Milliseconds(30'000),
                           .trouble = [this](const std::string& what) { told_.lock()->push_back(what); }});
  }
  std::string path() const { return directory_->file("policy.db"); }
  std::string file(const std::string& name) const { return directory_->file(name); }

  void back_up(const std::string& copy) const {
    const int to = ::open(copy.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    back_up_sqlite_file(path(), policy_format(), to);
    close(to);
  }
  void remove_file() const {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path() + suffix);
  }
  // Returns nullopt if there is no answer.
  std::optional<bool> known(const std::string& name, Milliseconds time = Milliseconds(30'000)) {
    try {
      return policies_->user(name, Deadline(time)).known;
    } catch (const BackendError&) {
      return {};
    }
  }
  // After a failure, the database is not queried for a second.
  void assert_comes_back(const std::string& name) {
    known(name);
    SteadyClockShift::advance(Seconds(1));
    CPPUNIT_ASSERT(known(name).value_or(false));
  }
  void assert_told(std::size_t count, const std::string& last) {
    const auto told = told_.lock();
    CPPUNIT_ASSERT_EQUAL(count, told->size());
    CPPUNIT_ASSERT_MESSAGE(told->back(), told->back().find(last) != std::string::npos);
  }

  void an_absent_file_is_made_and_is_complete() {
    const PolicySchema schema = check_policy_schema(*database_, policy_patience());
    CPPUNIT_ASSERT(schema.current());
    CPPUNIT_ASSERT(init_policy_schema(*database_, policy_patience()).empty());
    upgrade_policy_schema(*database_, policy_patience());
  }

  void a_file_of_version_1_keeps_its_content_and_takes_access_rules() {
    const std::string path = directory_->file("old.db");
    {
      const SqliteFormat& now = policy_format();
      SqliteConnection old =
          open_sqlite_file(path, {.application_id = now.application_id, .steps = now.steps.first(1)});
      old.execute("INSERT INTO users (name) VALUES ('joe')");
      old.execute("INSERT INTO domains (name, greylist) VALUES ('example.com', 1)");
      old.execute("INSERT INTO domain_user VALUES (1, 1)");
      old.execute("INSERT INTO raises (user_id, limits) VALUES (1, '7')");
    }
    const auto database = open_policy_db({.url = "sqlite:" + path});
    CPPUNIT_ASSERT(check_policy_schema(*database, policy_patience()).current());
    const UserEntry user = PolicyAdmin(*database).user("joe");
    CPPUNIT_ASSERT(user.domains == std::vector<std::string>{"example.com"});
    CPPUNIT_ASSERT_EQUAL(std::string("7"), user.raise->limits);
    const std::vector<NewAccessRow> rows{{.rule = "reject", .until = {}, .why = {}}};
    AccessAdmin{AdminDatabase(*database)}.add_rules(rows, AccessPlace::Last, TimePoint(Seconds(1)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, access_rows(*database, TimePoint(), policy_patience()).size());
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
    // Each sees the other's changes at once.
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
    assert_told(1, "put back as it was");
  }

  // From here on, the database is on a disk that can fail.
  FaultyDisk& on_faulty_disk() {
    database_.reset();
    disk_ = std::make_unique<FaultyDisk>();
    database_ = open();
    policies_ = std::make_unique<SqlPolicyDb>(*database_, clock_);
    admin_ = std::make_unique<PolicyAdmin>(*database_, Milliseconds(30'000));
    return *disk_;
  }

  void a_call_waits_for_a_file_that_is_put_back_only_as_long_as_it_has_time() {
    FaultyDisk& disk = on_faulty_disk();
    admin_->add_user("joe");
    disk.hold_writes();
    remove_file();
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!known("joe", Milliseconds(200)));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begun < Seconds(10));
    CPPUNIT_ASSERT(told_.lock()->empty());
    disk.heal();
    assert_comes_back("joe");
    assert_told(1, "put back as it was");
  }

  void a_file_that_cannot_be_put_back_yet_is_not_lost() {
    FaultyDisk& disk = on_faulty_disk();
    admin_->add_user("joe");
    disk.refuse_writes();
    remove_file();
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!known("joe"));
    assert_told(1, "full");
    disk.heal();
    assert_comes_back("joe");
    assert_told(2, "put back as it was");
  }

  void a_file_moved_over_it_is_used() {
    admin_->add_user("joe");
    back_up(file("copy.db"));
    admin_->add_user("jim");
    std::filesystem::rename(file("copy.db"), path());
    CPPUNIT_ASSERT(known("joe") == true && known("jim") == false);
    assert_told(1, "the other one is used");
    admin_->add_user("jim");
    CPPUNIT_ASSERT(known("jim") == true);
  }

  void what_is_no_policy_database_is_not_used_in_its_place() {
    admin_->add_user("joe");
    back_up(file("copy.db"));
    open_sqlite_file(file("state.db"), state_format());
    std::ofstream(file("text")) << std::string(10000, 'x');
    std::size_t told = 0;
    for (const char* other : {"state.db", "text"}) {
      std::filesystem::rename(file(other), path());
      for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!known("joe"));
      assert_told(++told, "is not a database of mailreeve");
      std::filesystem::copy_file(file("copy.db"), file("again.db"));
      std::filesystem::rename(file("again.db"), path());
      assert_comes_back("joe");
      assert_told(++told, "the other one is used");
    }
  }

  // SQLite would report missing tables, and then no restriction would apply.
  void an_emptied_file_answers_nothing_until_there_is_another() {
    admin_->add_user("joe");
    back_up(file("copy.db"));
    CPPUNIT_ASSERT(known("joe") == true);
    for (const char* suffix : {"", "-wal"}) std::filesystem::resize_file(path() + suffix, 0);
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(!known("joe"));
    assert_told(1, "is empty");
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> copy(std::fopen(file("copy.db").c_str(), "r"),
                                                               std::fclose);
    restore_sqlite_file(fileno(copy.get()), path(), policy_format());
    assert_comes_back("joe");
    assert_told(2, "the other one is used");
  }

  std::unique_ptr<TempDirectory> directory_;
  std::unique_ptr<FaultyDisk> disk_;
  Guarded<std::vector<std::string>> told_;  // reported troubles
};
CPPUNIT_TEST_SUITE_REGISTRATION(PolicySqliteTest);
