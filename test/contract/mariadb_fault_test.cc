// SPDX-License-Identifier: BSD-2-Clause
// The policy database on a real MariaDB, with slow networks and hanging hosts.
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "store/policydb/cached_policy_db.h"
#include "store/policydb/message_log.h"
#include "store/policydb/open_policy_db.h"
#include "store/policydb/policy_schema.h"
#include "test/contract/fake_server.h"
#include "test/contract/mariadb_server.h"
#include "test/contract/policy_contract.h"
#include "test/contract/tcp_proxy.h"

using namespace mailreeve;

namespace {

using Steady = std::chrono::steady_clock;

// The daemon's default.
constexpr Milliseconds kTimeout{5000};

struct NoLog final : Log {
  bool wants(Severity /*severity*/) const override { return false; }
  void write(Event /*event*/, std::span<const Field> /*fields*/) override {}
};

MessageRecord message(const std::string& user) {
  MessageRecord record;
  record.when = from_millis(1'700'000'000'000);
  record.user = user;
  record.recipients = 2;
  record.verdict = "pass";
  return record;
}

}  // namespace

class MariadbFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MariadbFaultTest);
  CPPUNIT_TEST(a_known_name_sees_a_change_though_the_first_host_hangs);
  CPPUNIT_TEST(the_third_host_has_its_turn_though_two_hang);
  CPPUNIT_TEST(while_a_host_hangs_callers_do_not_wait_one_after_the_other);
  CPPUNIT_TEST(a_server_that_says_little_by_little_who_it_is_is_an_error_in_time);
  CPPUNIT_TEST(who_had_no_time_does_not_blame_the_server);
  CPPUNIT_TEST(messages_get_through_a_slow_network);
  CPPUNIT_TEST(a_purge_gets_through_a_slow_network);
  CPPUNIT_TEST(messages_wait_for_no_table);
  CPPUNIT_TEST(tables_of_a_newer_version_are_not_used);
  CPPUNIT_TEST(an_account_that_may_only_read_is_told_that_the_table_is_missing);
  CPPUNIT_TEST(changes_and_messages_go_past_a_host_that_is_read_only);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    name_ = server().make_database("CHARACTER SET utf8mb4");
    direct_ = open(server().host_port());
    init_policy_schema(*direct_, policy_patience());
  }
  void tearDown() override { direct_.reset(); }

 private:
  static MariadbServer& server() { return MariadbServer::shared(); }
  std::unique_ptr<SqlDatabase> open(const std::string& hosts, Milliseconds timeout = kTimeout) const {
    return open_policy_db({.url = "mysql://root@" + hosts + "/" + name_, .timeout = timeout});
  }
  MessageLog::Settings quick() const { return {.pause = Milliseconds(50), .look_every = Milliseconds(50)}; }
  static MessageWrites writes_to(MessageTable& table) {
    return {.append = [&table](std::span<const MessageRecord> records,
                               Deadline deadline) { table.append(records, deadline); },
            .purge = [&table](TimePoint before, std::size_t most,
                              Deadline deadline) { return table.purge(before, most, deadline); }};
  }
  // Returns how long it took.
  static Milliseconds wait_until(Milliseconds limit, const std::function<bool()>& condition) {
    const auto begun = Steady::now();
    while (!condition()) {
      CPPUNIT_ASSERT(Steady::now() - begun < limit);
      std::this_thread::sleep_for(Milliseconds(20));
    }
    return std::chrono::duration_cast<Milliseconds>(Steady::now() - begun);
  }

  void a_known_name_sees_a_change_though_the_first_host_hangs() {
    PolicyAdmin(*direct_).add_user("joe");
    TcpProxy first(server().port());
    const auto database = open(first.host_port() + "," + server().host_port(), Milliseconds(2000));
    CachedPolicyDb policies(
        std::make_unique<SqlPolicyDb>(*database, clock_),
        {.ttl = Milliseconds(100), .stale_ttl = Seconds(3600), .timeout = Milliseconds(2000)}, "policy-db",
        log_);
    const auto known = [&] { return policies.user("joe", policy_patience()).known; };
    CPPUNIT_ASSERT(known());
    first.set(TcpProxy::Answers::Drop);
    PolicyAdmin(*direct_).remove_user("joe");
    // The time of one call, a pause, and the first host's share of the next call.
    wait_until(Milliseconds(12'000), [&] { return !known(); });
  }

  void the_third_host_has_its_turn_though_two_hang() {
    TcpProxy first(server().port());
    TcpProxy second(server().port());
    first.set(TcpProxy::Answers::Drop);
    second.set(TcpProxy::Answers::Drop);
    PolicyAdmin(*direct_).add_user("joe");
    const auto database =
        open(first.host_port() + "," + second.host_port() + "," + server().host_port(), Milliseconds(1000));
    SqlPolicyDb policies(*database, clock_);
    wait_until(Milliseconds(20'000), [&] {
      try {
        return policies.user("joe", policy_patience()).known;
      } catch (const BackendError&) {
        return false;
      }
    });
  }

  void while_a_host_hangs_callers_do_not_wait_one_after_the_other() {
    TcpProxy host(server().port());
    const auto database = open(host.host_port(), Milliseconds(1000));
    SqlPolicyDb policies(*database, clock_);
    policies.user("joe", policy_patience());
    const auto ask = [&] { policies.user("joe", Deadline(Milliseconds(1000))); };
    host.set(TcpProxy::Answers::Drop);
    CPPUNIT_ASSERT_THROW(ask(), BackendError);
    const auto begun = Steady::now();
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT_THROW(ask(), BackendError);
    CPPUNIT_ASSERT(Steady::now() - begun < Milliseconds(500));
    host.set(TcpProxy::Answers::Pass);
    wait_until(Milliseconds(10'000), [&] {
      try {
        ask();
        return true;
      } catch (const BackendError&) {
        return false;
      }
    });
  }

  void a_server_that_says_little_by_little_who_it_is_is_an_error_in_time() {
    using namespace std::string_literals;
    // The header of a packet of 1000 octets, or of 16 MB.
    for (const std::string& header : {"\xe8\x03\x00\x00"s, "\xff\xff\xff\x00"s}) {
      for (const Milliseconds pause : {Milliseconds(100), Milliseconds(0)}) {
        const FakeServer fake([&](const FakeClient& client) {
          client.send(header);
          while (client.send("x")) std::this_thread::sleep_for(pause);
        });
        const auto database = open(fake.host_port(), Milliseconds(500));
        SqlPolicyDb policies(*database, clock_);
        const auto begun = Steady::now();
        CPPUNIT_ASSERT_THROW(policies.user("joe", Deadline(Milliseconds(500))), BackendError);
        CPPUNIT_ASSERT(Steady::now() - begun < Milliseconds(5000));
      }
    }
  }

  void who_had_no_time_does_not_blame_the_server() {
    TcpProxy host(server().port());
    const auto database = open(host.host_port());
    SqlPolicyDb policies(*database, clock_);
    policies.user("joe", policy_patience());
    host.delay(Milliseconds(100));
    CPPUNIT_ASSERT_THROW(policies.user("joe", Deadline(Milliseconds(20))), BackendError);
    host.delay(Milliseconds(0));
    policies.user("joe", policy_patience());
  }

  void messages_get_through_a_slow_network() {
    TcpProxy host(server().port());
    host.delay(Milliseconds(5));
    const auto database = open(host.host_port(), Milliseconds(2000));
    MessageTable table(*database);
    {
      MessageLog log(writes_to(table), quick(), clock_, log_);
      for (int i = 0; i < 400; ++i) log.add(message("user" + std::to_string(i)));
      CPPUNIT_ASSERT(log.flush(policy_patience()));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, log.lost());
    }
    MessageTable direct(*direct_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{400}, direct.find({.limit = 1000}, policy_patience()).size());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, direct.totals_of("user399", policy_patience())->recipients);
    // About eight statements for the messages and eight for the totals, each prepared once.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(host.requests()), host.requests() < 100);
  }

  void a_purge_gets_through_a_slow_network() {
    MessageTable(*direct_).append(std::vector<MessageRecord>(500, message("joe")), policy_patience());
    TcpProxy host(server().port());
    host.delay(Milliseconds(5));
    const auto database = open(host.host_port());
    const auto purged =
        MessageTable(*database).purge(from_millis(1'800'000'000'000), 500, Deadline(Milliseconds(2000)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{500}, purged);
    CPPUNIT_ASSERT(MessageTable(*direct_).find({}, policy_patience()).empty());
  }

  void an_account_that_may_only_read_is_told_that_the_table_is_missing() {
    const std::string user = "w" + name_ + "@'127.0.0.1'";
    server().execute({"CREATE USER " + user, "GRANT SELECT ON " + name_ + ".* TO " + user});
    const auto reader =
        open_policy_db({.url = "mysql://w" + name_ + "@" + server().host_port() + "/" + name_});
    const auto kind = [&](const std::function<void(MessageTable&)>& step) {
      try {
        MessageTable table(*reader);
        step(table);
      } catch (const SqlError& error) {
        return error.kind();
      }
      return SqlError::Kind::Other;
    };
    const auto append = [](MessageTable& table) {
      table.append(std::vector{message("joe")}, policy_patience());
    };
    const auto purge = [](MessageTable& table) { table.purge(from_millis(0), 1, policy_patience()); };
    CPPUNIT_ASSERT(kind(append) == SqlError::Kind::Denied);
    CPPUNIT_ASSERT(kind(purge) == SqlError::Kind::Denied);
    change_rows(*direct_, "DROP TABLE messages");
    CPPUNIT_ASSERT(kind(append) == SqlError::Kind::Missing);
    CPPUNIT_ASSERT(kind(purge) == SqlError::Kind::Missing);
  }

  void tables_of_a_newer_version_are_not_used() {
    PolicyAdmin admin(*direct_);
    admin.add_user("joe");
    admin.raise("joe", "7", std::nullopt);
    SqlPolicyDb before(*direct_, clock_);
    CPPUNIT_ASSERT_EQUAL(std::string("7"), before.user("joe", policy_patience()).raised);
    change_rows(*direct_, "INSERT INTO mailreeve_schema (version) VALUES (99)");
    // Like a restart.
    SqlPolicyDb after(*direct_, clock_);
    const UserPolicy joe = after.user("joe", policy_patience());
    CPPUNIT_ASSERT(joe.known && joe.raised.empty() && after.plain());
    MessageTable table(*direct_);
    try {
      table.append(std::vector{message("joe")}, policy_patience());
      CPPUNIT_FAIL("written");
    } catch (const SqlError& error) {
      CPPUNIT_ASSERT(error.kind() == SqlError::Kind::Missing);
    }
    CPPUNIT_ASSERT(table.find({}, policy_patience()).empty());
  }

  void messages_wait_for_no_table() {
    change_rows(*direct_, "DROP TABLE messages, totals, mailreeve_schema");
    MessageTable table(*direct_);
    MessageLog log(writes_to(table), quick(), clock_, log_);
    log.add(message("joe"));
    CPPUNIT_ASSERT(log.flush(policy_patience()));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, log.lost());
    CPPUNIT_ASSERT(log.missing());
    init_policy_schema(*direct_, policy_patience());
    wait_until(Milliseconds(10'000), [&] {
      log.add(message("jim"));
      CPPUNIT_ASSERT(log.flush(policy_patience()));
      return !table.find({}, policy_patience()).empty();
    });
    CPPUNIT_ASSERT(!log.missing());
  }

  // Without replication between them, the data shows which host answered.
  void changes_and_messages_go_past_a_host_that_is_read_only() {
    MariadbServer replica;
    const auto hosts = {&server(), &replica};
    replica.execute({"CREATE DATABASE " + name_ + " CHARACTER SET utf8mb4"});
    init_policy_schema(*open_policy_db({.url = replica.url(name_)}), policy_patience());
    for (const auto* host : hosts)
      host->execute({"CREATE USER IF NOT EXISTS writer@'127.0.0.1'",
                     "GRANT ALL ON " + name_ + ".* TO writer@'127.0.0.1'"});
    replica.execute(
        {"INSERT INTO " + name_ + ".domains (name) VALUES ('replica.test')", "SET GLOBAL read_only = 1"});
    const auto database = open_policy_db(
        {.url = "mysql://writer@" + replica.host_port() + "," + server().host_port() + "/" + name_});
    const auto users_of = [&](const MariadbServer& host) {
      const auto there = open_policy_db({.url = host.url(name_)});
      return as_number(ask_rows(*there, "SELECT COUNT(*) FROM users").at(0).at(0));
    };
    CPPUNIT_ASSERT(SqlPolicyDb(*database, clock_).domain("replica.test", policy_patience()).known);
    PolicyAdmin admin(*database);
    admin.add_user("joe");
    admin.add_user("jim");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, users_of(server()));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, users_of(replica));
    MessageTable table(*database);
    MessageLog log(writes_to(table), quick(), clock_, log_);
    log.add(message("joe"));
    CPPUNIT_ASSERT(log.flush(policy_patience()));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, log.lost());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, MessageTable(*direct_).find({}, policy_patience()).size());

    // If no host accepts changes, the error says so, and queries still work.
    server().execute({"SET GLOBAL read_only = 1"});
    const auto kind = [&] {
      try {
        admin.add_user("jane");
      } catch (const SqlError& error) {
        return error.kind();
      }
      return SqlError::Kind::Other;
    };
    CPPUNIT_ASSERT(kind() == SqlError::Kind::ReadOnly);
    CPPUNIT_ASSERT(kind() == SqlError::Kind::ReadOnly);
    SqlPolicyDb(*database, clock_).user("joe", policy_patience());
    // Now the other host accepts them.
    replica.execute({"SET GLOBAL read_only = 0"});
    admin.add_user("jane");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, users_of(replica));
    server().execute({"SET GLOBAL read_only = 0"});
    admin.add_user("jack");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, users_of(replica));
  }

  std::string name_;
  SetClock clock_;
  NoLog log_;
  std::unique_ptr<SqlDatabase> direct_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(MariadbFaultTest);
