// SPDX-License-Identifier: BSD-2-Clause
// The policy database on a real MariaDB.
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "store/policydb/access_admin.h"
#include "store/policydb/open_policy_db.h"
#include "store/policydb/policy_schema.h"
#include "test/contract/mariadb_server.h"
#include "test/contract/policy_contract.h"

using namespace mailreeve;

namespace {

using Steady = std::chrono::steady_clock;

std::unique_ptr<SqlDatabase> open_url(const std::string& url, Milliseconds timeout = Milliseconds(30'000)) {
  return open_policy_db({.url = url, .timeout = timeout});
}

SqlError::Kind failure(const std::function<void()>& step) {
  try {
    step();
  } catch (const SqlError& error) {
    return error.kind();
  }
  CPPUNIT_FAIL("no SqlError");
  return {};
}

// The tables that CHAPPS' migrations make, in their order.
std::vector<std::string> chapps_tables() {
  const std::string id = "id INTEGER NOT NULL AUTO_INCREMENT, ";
  const auto named = [&](const std::string& table, int length, const std::string& more = "") {
    return "CREATE TABLE " + table + " (" + id + "name VARCHAR(" + std::to_string(length) + ") NOT NULL, " +
           more + "CONSTRAINT pk_" + table + " PRIMARY KEY (id))";
  };
  const auto index = [](const std::string& table, const std::string& column) {
    return "CREATE UNIQUE INDEX ix_" + table + "_" + column + " ON " + table + " (" + column + ")";
  };
  const auto link = [](const std::string& other, const std::string& key) {
    const std::string table = other + "_user";
    return "CREATE TABLE " + table + " (user_id INTEGER NOT NULL, " + other + "_id INTEGER NOT NULL, " +
           "CONSTRAINT fk_" + table + "_" + other + "_id_" + other + "s FOREIGN KEY (" + other +
           "_id) REFERENCES " + other + "s (id) ON DELETE CASCADE ON UPDATE CASCADE, CONSTRAINT fk_" + table +
           "_user_id_users FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE "
           "RESTRICT, " +
           "CONSTRAINT pk_" + table + " PRIMARY KEY (" + key + "))";
  };
  return {named("domains", 64),
          index("domains", "name"),
          named("emails", 128),
          index("emails", "name"),
          named("quotas", 32, "quota INTEGER NOT NULL, "),
          index("quotas", "name"),
          index("quotas", "quota"),
          named("users", 128),
          index("users", "name"),
          link("domain", "user_id, domain_id"),
          link("email", "user_id, email_id"),
          link("quota", "user_id"),
          "ALTER TABLE domains ADD COLUMN greylist BOOL NOT NULL DEFAULT '0'",
          "ALTER TABLE domains ADD COLUMN check_spf BOOL NOT NULL DEFAULT '0'"};
}

const std::vector<std::string>& chapps_rows() {
  static const std::vector<std::string> kRows{
      "INSERT INTO quotas (id, name, quota) VALUES (1, '10eph', 240), (2, '50eph', 1200)",
      "INSERT INTO users (id, name) VALUES (1, 'Somebody@chapps.example'), (2, 'joe'), (3, 'caf\xc3\xa9')",
      "INSERT INTO domains (id, name, greylist, check_spf) VALUES (1, 'chapps.example', 1, 1),"
      " (2, 'Easy.example', 0, 1), (3, 'caf\xc3\xa9.example', 1, 0)",
      "INSERT INTO emails (id, name) VALUES (1, 'caleb@chapps.example')",
      "INSERT INTO domain_user VALUES (1, 1), (1, 2), (3, 3)",
      "INSERT INTO email_user VALUES (2, 1)",
      "INSERT INTO quota_user VALUES (1, 1), (2, 2)"};
  return kRows;
}

}  // namespace

class MariadbPolicyTest : public PolicyContract {
  CPPUNIT_TEST_SUB_SUITE(MariadbPolicyTest, PolicyContract);
  CPPUNIT_TEST(a_database_of_chapps_works_unchanged_and_read_only);
  CPPUNIT_TEST(init_adds_ours_to_a_database_of_chapps_and_leaves_theirs);
  CPPUNIT_TEST(our_tables_are_found_without_a_restart);
  CPPUNIT_TEST(tables_of_version_1_are_upgraded_when_asked_and_keep_their_rows);
  CPPUNIT_TEST(nothing_is_made_unless_asked);
  CPPUNIT_TEST(init_makes_what_chapps_makes);
  CPPUNIT_TEST(an_init_that_was_interrupted_is_completed);
  CPPUNIT_TEST(a_foreign_table_of_one_of_our_names_is_left_alone);
  CPPUNIT_TEST(a_newer_schema_is_not_touched);
  CPPUNIT_TEST(a_collation_authorises_nobody);
  CPPUNIT_TEST(a_character_set_without_the_name_makes_it_unknown);
  CPPUNIT_TEST(a_name_that_the_database_takes_for_another_is_an_error);
  CPPUNIT_TEST(a_server_that_restarts_costs_no_answer);
  CPPUNIT_TEST(while_a_server_is_away_calls_fail_at_once);
  CPPUNIT_TEST(a_hanging_server_holds_up_nobody_beyond_the_deadline);
  CPPUNIT_TEST(the_second_host_serves_when_the_first_is_dead);
  CPPUNIT_TEST(a_password_is_read_at_each_connect);
  CPPUNIT_TEST(an_account_is_denied_only_if_all_hosts_say_so);
  CPPUNIT_TEST(a_password_file_that_cannot_be_read_is_named);
  CPPUNIT_TEST(a_read_only_account_is_told_so);
  CPPUNIT_TEST(more_callers_than_connections_take_turns);
  CPPUNIT_TEST(encryption_that_is_required_is_not_given_up);
  CPPUNIT_TEST(all_about_a_user_or_a_domain_is_one_statement);
  CPPUNIT_TEST(a_login_that_fails_for_want_of_tls_says_how_to_turn_it_on);
  CPPUNIT_TEST_SUITE_END();

 private:
  std::unique_ptr<SqlDatabase> make_database() override {
    name_ = server().make_database("CHARACTER SET utf8mb4");
    auto database = open_url(server().url(name_));
    init_policy_schema(*database, policy_patience());
    return database;
  }
  static MariadbServer& server() { return MariadbServer::shared(); }

  static std::string make_chapps(const std::string& options = "") {
    const std::string name = server().make_database(options);
    const auto database = open_url(server().url(name));
    for (const auto& statement : chapps_tables()) change_rows(*database, statement);
    for (const auto& statement : chapps_rows()) change_rows(*database, statement);
    return name;
  }
  // An account that may only read.
  static std::string reader_url(const std::string& database) {
    const std::string user = "r" + database;
    server().execute({"CREATE USER " + user + "@localhost", "CREATE USER " + user + "@'127.0.0.1'",
                      "GRANT SELECT ON " + database + ".* TO " + user + "@localhost",
                      "GRANT SELECT ON " + database + ".* TO " + user + "@'127.0.0.1'"});
    return "mysql://" + user + "@" + server().host_port() + "/" + database;
  }

  void a_database_of_chapps_works_unchanged_and_read_only() {
    const std::string name = make_chapps();
    const auto database = open_url(reader_url(name));
    SqlPolicyDb policies(*database, clock_);
    const UserPolicy somebody = policies.user("somebody@chapps.example", policy_patience());
    CPPUNIT_ASSERT(somebody.known);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, somebody.senders.size());
    CPPUNIT_ASSERT_EQUAL(std::string("10eph 240"), somebody.quota + " " + somebody.limits);
    CPPUNIT_ASSERT_EQUAL(std::string("caleb@chapps.example"),
                         policies.user("joe", policy_patience()).senders.at(0));
    CPPUNIT_ASSERT(!policies.user("nobody", policy_patience()).known);
    const DomainPolicy domain = policies.domain("easy.example", policy_patience());
    CPPUNIT_ASSERT(domain.known && !domain.greylist && domain.check_spf);
    CPPUNIT_ASSERT(policies.domain("xn--caf-dma.example", policy_patience()).greylist);
    // CHAPPS' tables may define everybody's quota.
    server().execute({"INSERT INTO " + name + ".users (id, name) VALUES (9, '*')",
                      "INSERT INTO " + name + ".quota_user VALUES (9, 2)"});
    const auto shared = policies.user("nobody@easy.example", policy_patience()).shared;
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, shared.size());
    CPPUNIT_ASSERT_EQUAL(std::string("* 50eph 1200"),
                         shared[0].to + " " + shared[0].quota + " " + shared[0].limits);
    server().execute({"DELETE FROM " + name + ".users WHERE id = 9"});
    CPPUNIT_ASSERT(policies.plain());
    PolicyAdmin admin(*database);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, admin.users().size());
    CPPUNIT_ASSERT_EQUAL(std::string("240"), admin.user("somebody@chapps.example").quota->limits);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, admin.domains().size());
    CPPUNIT_ASSERT(admin_error([&] { admin.aliases(); }) == PolicyAdminError::Kind::Tables);
    CPPUNIT_ASSERT(failure([&] { admin.add_user("new"); }) == SqlError::Kind::Denied);
    const PolicySchema schema = check_policy_schema(*database, policy_patience());
    CPPUNIT_ASSERT(schema.policy && schema.version == 0 && schema.problems.size() == 1);
  }

  void init_adds_ours_to_a_database_of_chapps_and_leaves_theirs() {
    const std::string name = make_chapps();
    const auto database = open_url(server().url(name));
    const auto shape = [&] {
      std::string out;
      for (const char* table :
           {"users", "domains", "emails", "quotas", "domain_user", "email_user", "quota_user"})
        out += as_text(ask_rows(*database, std::string("SHOW CREATE TABLE ") + table).at(0).at(1));
      return out;
    };
    const std::string before = shape();
    CPPUNIT_ASSERT_EQUAL(std::size_t{9}, init_policy_schema(*database, policy_patience()).size());
    CPPUNIT_ASSERT_EQUAL(before, shape());
    CPPUNIT_ASSERT(check_policy_schema(*database, policy_patience()).current());
    CPPUNIT_ASSERT(init_policy_schema(*database, policy_patience()).empty());
    // If their tables use another character set than ours.
    PolicyAdmin admin(*database);
    admin.add_alias("info@chapps.example", "somebody@chapps.example");
    admin.add_alias("sales@chapps.example", "caleb@chapps.example");
    admin.raise("joe", "7", std::nullopt);
    const auto reader = open_url(reader_url(name));
    SqlPolicyDb policies(*reader, clock_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3},
                         policies.user("somebody@chapps.example", policy_patience()).senders.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, policies.user("joe", policy_patience()).senders.size());
    CPPUNIT_ASSERT_EQUAL(std::string("7"), policies.user("joe", policy_patience()).raised);
    CPPUNIT_ASSERT(!policies.plain());
  }

  // A new SqlPolicyDb stands for a restart of mailreeve, which would find them, too.
  void our_tables_are_found_without_a_restart() {
    const std::string name = make_chapps();
    const auto database = open_url(server().url(name));
    SqlPolicyDb before(*database, clock_);
    CPPUNIT_ASSERT(before.user("joe", policy_patience()).known && before.plain());
    init_policy_schema(*database, policy_patience());
    SqlPolicyDb after(*database, clock_);
    CPPUNIT_ASSERT(after.user("joe", policy_patience()).known && !after.plain());
  }

  // As mailreeve 0.1 left it.
  void tables_of_version_1_are_upgraded_when_asked_and_keep_their_rows() {
    admin_->allow("joe", "example.com", true);
    admin_->raise("joe", "7", std::nullopt);
    for (const char* statement :
         {"DROP TABLE access_rules", "DROP TABLE access_version", "UPDATE mailreeve_schema SET version = 1"})
      change_rows(*database_, statement);
    const PolicySchema old = check_policy_schema(*database_, policy_patience());
    CPPUNIT_ASSERT(old.version == 1 && old.problems.size() == 1);
    CPPUNIT_ASSERT(old.problems[0].find("db upgrade") != std::string::npos);
    CPPUNIT_ASSERT_THROW(init_policy_schema(*database_, policy_patience()), std::runtime_error);
    CPPUNIT_ASSERT(failure([&] { access_version(*database_, policy_patience()); }) ==
                   SqlError::Kind::Missing);
    AccessAdmin access{AdminDatabase(*database_)};
    const std::vector<NewAccessRow> rows{{.rule = "reject", .until = {}, .why = {}}};
    CPPUNIT_ASSERT(admin_error([&] { access.add_rules(rows, AccessPlace::Last, TimePoint(Seconds(1))); }) ==
                   PolicyAdminError::Kind::Tables);
    // What version 1 has works meanwhile.
    CPPUNIT_ASSERT_EQUAL(std::string("7"), user("joe").raised);

    upgrade_policy_schema(*database_, policy_patience());
    CPPUNIT_ASSERT(check_policy_schema(*database_, policy_patience()).current());
    CPPUNIT_ASSERT_EQUAL(std::string("7"), admin_->user("joe").raise->limits);
    access.add_rules(rows, AccessPlace::Last, TimePoint(Seconds(1)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, access_rows(*database_, TimePoint(), policy_patience()).size());
    upgrade_policy_schema(*database_, policy_patience());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, access_rows(*database_, TimePoint(), policy_patience()).size());
  }

  void nothing_is_made_unless_asked() {
    const std::string name = server().make_database();
    const auto database = open_url(server().url(name));
    SqlPolicyDb policies(*database, clock_);
    CPPUNIT_ASSERT(failure([&] { policies.user("joe", policy_patience()); }) == SqlError::Kind::Missing);
    const PolicySchema schema = check_policy_schema(*database, policy_patience());
    CPPUNIT_ASSERT(!schema.policy && schema.version == 0 && schema.problems.size() == 2);
    CPPUNIT_ASSERT_THROW(upgrade_policy_schema(*database, policy_patience()), std::runtime_error);
    CPPUNIT_ASSERT(ask_rows(*database, "SHOW TABLES").empty());
  }

  void init_makes_what_chapps_makes() {
    const auto theirs = open_url(server().url(make_chapps("CHARACTER SET utf8mb4")));
    for (const char* table :
         {"users", "domains", "emails", "quotas", "domain_user", "email_user", "quota_user"}) {
      const auto columns = [&](SqlDatabase& database) {
        std::string out;
        for (const char* sql : {"SELECT column_name, column_type, is_nullable, column_default, extra FROM "
                                "information_schema.columns"
                                " WHERE table_schema = DATABASE() AND table_name = ? ORDER BY 1",
                                "SELECT index_name, column_name, non_unique, seq_in_index, '' FROM "
                                "information_schema.statistics"
                                " WHERE table_schema = DATABASE() AND table_name = ? ORDER BY 1, 4",
                                "SELECT constraint_name, referenced_table_name, update_rule, delete_rule, ''"
                                " FROM information_schema.referential_constraints"
                                " WHERE constraint_schema = DATABASE() AND table_name = ? ORDER BY 1"})
          for (const SqlRow& row : ask_rows(database, sql, {std::string(table)}))
            for (const SqlValue& value : row) out += as_text(value) + "|";
        return out;
      };
      CPPUNIT_ASSERT_EQUAL(columns(*theirs), columns(*database_));
      CPPUNIT_ASSERT(columns(*theirs).size() > 50);
    }
  }

  void an_init_that_was_interrupted_is_completed() {
    change_rows(*database_, "DELETE FROM mailreeve_schema");
    change_rows(*database_, "DROP TABLE messages");
    admin_->add_user("joe");
    admin_->raise("joe", "7", std::nullopt);
    CPPUNIT_ASSERT(!check_policy_schema(*database_, policy_patience()).current());
    CPPUNIT_ASSERT_EQUAL(std::string("messages"), init_policy_schema(*database_, policy_patience()).at(0));
    CPPUNIT_ASSERT(check_policy_schema(*database_, policy_patience()).current());
    CPPUNIT_ASSERT_EQUAL(std::string("7"), user("joe").raised);
  }

  // PolicydRateGuard's table is called "messages", too.
  void a_foreign_table_of_one_of_our_names_is_left_alone() {
    const auto database = open_url(server().url(server().make_database()));
    change_rows(*database, "CREATE TABLE messages (id INT PRIMARY KEY, msgid VARCHAR(255))");
    CPPUNIT_ASSERT_THROW(init_policy_schema(*database, policy_patience()), std::runtime_error);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ask_rows(*database, "SHOW TABLES LIKE 'messages'").size());
    CPPUNIT_ASSERT(ask_rows(*database, "SHOW TABLES LIKE 'raises'").empty());
  }

  void a_newer_schema_is_not_touched() {
    admin_->add_user("joe");
    change_rows(*database_, "INSERT INTO mailreeve_schema (version) VALUES (99)");
    CPPUNIT_ASSERT(admin_error([&] { admin_->add_user("jim"); }) == PolicyAdminError::Kind::Tables);
    CPPUNIT_ASSERT(admin_error([&] { admin_->import_lines("allow:jim:example.com", true); }) ==
                   PolicyAdminError::Kind::Tables);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->users().size());
    CPPUNIT_ASSERT_THROW(init_policy_schema(*database_, policy_patience()), std::runtime_error);
    CPPUNIT_ASSERT_THROW(upgrade_policy_schema(*database_, policy_patience()), std::runtime_error);
    CPPUNIT_ASSERT_EQUAL(99, check_policy_schema(*database_, policy_patience()).version);
  }

  // MariaDB treats these as equal: accents, case, trailing spaces, wide forms.
  void a_collation_authorises_nobody() {
    for (const char* collation : {"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci"}) {
      const auto database =
          open_url(server().url(server().make_database(std::string("COLLATE ") + collation)));
      init_policy_schema(*database, policy_patience());
      PolicyAdmin admin(*database);
      SqlPolicyDb policies(*database, clock_);
      admin.allow("caf\xc3\xa9", "example.com", true);
      admin.allow("strasse", "caf\xc3\xa9@example.com", true);
      CPPUNIT_ASSERT(policies.user("caf\xc3\xa9", policy_patience()).known);
      for (const std::string& name :
           {std::string("cafe"), std::string("caf\xc3\xa8"), std::string("caf\xc3\x89"), std::string("CAFE"),
            std::string("cafe "), std::string("caf\xc3\xa9 "),
            std::string("stra\xc3\x9f"
                        "e"),
            std::string("strass\xc3\xa9"), std::string("\xef\xbd\x93trasse")})
        CPPUNIT_ASSERT_MESSAGE(name, !policies.user(name, policy_patience()).known);
      // The admin's calls distinguish them as well.
      CPPUNIT_ASSERT(admin_error([&] { admin.user("cafe"); }) == PolicyAdminError::Kind::Unknown);
      CPPUNIT_ASSERT(admin_error([&] { admin.remove_address("cafe@example.com"); }) ==
                     PolicyAdminError::Kind::Unknown);
    }
  }

  void all_about_a_user_or_a_domain_is_one_statement() {
    const auto executed = [&] {
      return as_number(ask_rows(*database_, "SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'").at(0).at(1));
    };
    // The version of the tables is queried once a minute.
    user("first");
    const std::int64_t asked = executed();
    const std::int64_t before = executed();
    user("joe@a.b.c.example.com");
    domain("a.b.c.example.com");
    CPPUNIT_ASSERT_EQUAL(2 + before - asked, executed() - before);
  }

  void a_character_set_without_the_name_makes_it_unknown() {
    const auto database = open_url(server().url(make_chapps("CHARACTER SET latin1")));
    SqlPolicyDb policies(*database, clock_);
    change_rows(*database, "INSERT INTO users (id, name) VALUES (9, '*')");
    change_rows(*database, "INSERT INTO quota_user VALUES (9, 1)");
    for (const bool ours : {false, true}) {
      if (ours) init_policy_schema(*database, policy_patience());
      SqlPolicyDb now(*database, clock_);
      // A user who cannot be in the table still has everybody's limits.
      const UserPolicy unfit = now.user("\xe6\x97\xa5\xe6\x9c\xac@xn--wgv71a.example", policy_patience());
      CPPUNIT_ASSERT(!unfit.known);
      CPPUNIT_ASSERT_EQUAL(std::string("10eph"), unfit.shared.at(0).quota);
      CPPUNIT_ASSERT(!now.user("\xe6\x97\xa5\xe6\x9c\xac", policy_patience()).known);
      CPPUNIT_ASSERT(!now.user("joe@xn--wgv71a.example", policy_patience()).known);
      CPPUNIT_ASSERT(!now.domain("xn--wgv71a.example", policy_patience()).known);
      CPPUNIT_ASSERT(now.user("caf\xc3\xa9", policy_patience()).known);
      CPPUNIT_ASSERT(now.domain("xn--caf-dma.example", policy_patience()).known);
      // Stored as A-labels if the column cannot hold U-labels.
      change_rows(*database, "INSERT INTO domains (name, greylist) VALUES ('xn--wgv71a.example', 1)");
      CPPUNIT_ASSERT(now.domain("xn--wgv71a.example", policy_patience()).greylist);
      change_rows(*database, "DELETE FROM domains WHERE name = 'xn--wgv71a.example'");
    }
    PolicyAdmin admin(*database);
    CPPUNIT_ASSERT(admin_error([&] { admin.add_user("\xe6\x97\xa5\xe6\x9c\xac"); }) ==
                   PolicyAdminError::Kind::Invalid);
  }

  void a_name_that_the_database_takes_for_another_is_an_error() {
    admin_->add_user("cafe");
    CPPUNIT_ASSERT(admin_error([&] { admin_->add_user("caf\xc3\xa9"); }) == PolicyAdminError::Kind::Exists);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->users().size());
  }

  void a_server_that_restarts_costs_no_answer() {
    MariadbServer own;
    const auto database = open_url(own.url(own.make_database()));
    init_policy_schema(*database, policy_patience());
    PolicyAdmin admin(*database);
    SqlPolicyDb policies(*database, clock_);
    admin.add_user("joe");
    own.kill();
    own.start();
    CPPUNIT_ASSERT(policies.user("joe", policy_patience()).known);
    own.kill();
    own.start();
    admin.add_user("jim");
    CPPUNIT_ASSERT(policies.user("jim", policy_patience()).known);
    // The server has closed these connections.
    own.execute({"SET GLOBAL wait_timeout = 1"});
    CPPUNIT_ASSERT(policies.user("jim", policy_patience()).known);
  }

  void while_a_server_is_away_calls_fail_at_once() {
    const auto database =
        open_url("mysql://root@127.0.0.1:" + std::to_string(unused_port()) + "/test", Milliseconds(5000));
    SqlPolicyDb policies(*database, clock_);
    const auto begun = Steady::now();
    for (int i = 0; i < 200; ++i)
      CPPUNIT_ASSERT(failure([&] { policies.user("joe", policy_patience()); }) == SqlError::Kind::Lost);
    CPPUNIT_ASSERT(Steady::now() - begun < Seconds(5));
  }

  // A stopped server still accepts connections but sends nothing.
  void a_hanging_server_holds_up_nobody_beyond_the_deadline() {
    MariadbServer own;
    const auto database = open_url("mysql://root@" + own.host_port() + "/" + own.make_database());
    init_policy_schema(*database, policy_patience());
    SqlPolicyDb policies(*database, clock_);
    policies.user("joe", policy_patience());
    own.send_signal(SIGSTOP);
    const auto begun = Steady::now();
    CPPUNIT_ASSERT(failure([&] { policies.user("joe", Deadline(Milliseconds(300))); }) ==
                   SqlError::Kind::Lost);
    const auto known = Steady::now() - begun;
    CPPUNIT_ASSERT(failure([&] { policies.user("joe", Deadline(Milliseconds(300))); }) ==
                   SqlError::Kind::Lost);
    const auto fresh = Steady::now() - begun - known;
    own.send_signal(SIGCONT);
    // The watch ends the first call; the library's time-outs, in seconds, end the
    // second, a new connection.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(known.count()), known < Milliseconds(1500));
    CPPUNIT_ASSERT_MESSAGE(std::to_string(fresh.count()), fresh < Milliseconds(5000));
    const Deadline limit(Milliseconds(20'000));
    for (;;) {
      try {
        policies.user("joe", policy_patience());
        return;
      } catch (const BackendError&) {
        CPPUNIT_ASSERT(!limit.passed());
        std::this_thread::sleep_for(Milliseconds(50));
      }
    }
  }

  void the_second_host_serves_when_the_first_is_dead() {
    const std::string dead = "127.0.0.1:" + std::to_string(unused_port());
    const auto database = open_url("mysql://root@" + dead + "," + server().host_port() + "/" + name_);
    SqlPolicyDb policies(*database, clock_);
    admin_->add_user("joe");
    CPPUNIT_ASSERT(policies.user("joe", policy_patience()).known);
  }

  void a_password_is_read_at_each_connect() {
    server().execute({"CREATE USER secret@'127.0.0.1' IDENTIFIED BY 'one'",
                      "GRANT SELECT ON " + name_ + ".* TO secret@'127.0.0.1'"});
    const std::string file = server().directory().file("password");
    const auto connect = [&](const std::string& password) {
      std::ofstream(file) << password;
      const auto database = open_policy_db(
          {.url = "mysql://secret@" + server().host_port() + "/" + name_, .password_file = file});
      SqlPolicyDb(*database, clock_).user("joe", policy_patience());
    };
    connect("one\nsecond line");
    CPPUNIT_ASSERT(failure([&] { connect("two"); }) == SqlError::Kind::Denied);
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    CPPUNIT_ASSERT(failure([&] { connect(""); }) == SqlError::Kind::Denied);
    std::filesystem::remove(file);
  }

  void an_account_is_denied_only_if_all_hosts_say_so() {
    server().execute({"CREATE USER other@'127.0.0.1' IDENTIFIED BY 'one'"});
    const std::string dead = "127.0.0.1:" + std::to_string(unused_port());
    const std::string live = server().host_port();
    const auto ask = [&](const std::string& hosts) {
      const auto database = open_url("mysql://other@" + hosts + "/" + name_);
      ask_rows(*database, "SELECT 1");
    };
    CPPUNIT_ASSERT(failure([&] { ask(live + "," + live); }) == SqlError::Kind::Denied);
    CPPUNIT_ASSERT(failure([&] { ask(live + "," + dead); }) == SqlError::Kind::Lost);
  }

  void a_password_file_that_cannot_be_read_is_named() {
    const std::string file = server().directory().file("absent");
    const auto database = open_policy_db({.url = server().url(name_), .password_file = file});
    try {
      ask_rows(*database, "SELECT 1");
      CPPUNIT_FAIL("no error");
    } catch (const SqlError& error) {
      CPPUNIT_ASSERT(error.kind() == SqlError::Kind::Denied);
      CPPUNIT_ASSERT_EQUAL("cannot read the secret in " + file + ": No such file or directory",
                           std::string(error.what()));
    }
  }

  void a_read_only_account_is_told_so() {
    const auto reader = open_url(reader_url(name_));
    CPPUNIT_ASSERT(failure([&] { PolicyAdmin(*reader).add_user("joe"); }) == SqlError::Kind::Denied);
    CPPUNIT_ASSERT(check_policy_schema(*reader, policy_patience()).current());
  }

  void more_callers_than_connections_take_turns() {
    const auto narrow =
        open_policy_db({.url = server().url(name_), .timeout = Milliseconds(30'000), .connections = 2});
    SqlPolicyDb policies(*narrow, clock_);
    admin_->add_user("joe");
    std::vector<std::thread> threads;
    std::atomic<int> known{0};
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i)
          if (policies.user("joe", policy_patience()).known) ++known;
      });
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(160, known.load());
  }

  void a_login_that_fails_for_want_of_tls_says_how_to_turn_it_on() {
    server().execute({"CREATE USER plain@'127.0.0.1'", "CREATE USER secure@'127.0.0.1' REQUIRE SSL"});
    const auto failure_of = [&](const std::string& user) -> std::string {
      try {
        ask_rows(*open_url("mysql://" + user + "@" + server().host_port() + "/information_schema"),
                 "SELECT 1");
      } catch (const SqlError& error) {
        CPPUNIT_ASSERT(error.kind() == SqlError::Kind::Denied);
        return error.what();
      }
      return "";
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), failure_of("plain"));
    CPPUNIT_ASSERT(failure_of("secure").ends_with("policy-db.tls-ca-file turns on"));
    server().execute({"SET GLOBAL require_secure_transport = 1"});
    const std::string found = failure_of("plain");
    server().execute({"SET GLOBAL require_secure_transport = 0"});
    CPPUNIT_ASSERT(found.find("policy-db.tls-ca-file turns") != std::string::npos);
  }

  // This server has no certificate.
  void encryption_that_is_required_is_not_given_up() {
    for (const SqlTls tls : {SqlTls::Verified, SqlTls::Required}) {
      const auto database =
          open_policy_db({.url = "mysql://root@" + server().host_port() + "/" + name_, .tls = tls});
      CPPUNIT_ASSERT_MESSAGE(tls == SqlTls::Required ? "required" : "verified",
                             failure([&] { ask_rows(*database, "SELECT 1"); }) == SqlError::Kind::Lost);
    }
  }

  std::string name_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(MariadbPolicyTest);
