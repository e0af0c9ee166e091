// SPDX-License-Identifier: BSD-2-Clause
// One Redis that dies, hangs, is full, loses its data, or cannot be reached.
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "store/redis/cluster.h"
#include "store/state/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"
#include "test/contract/tcp_proxy.h"

using namespace mailreeve;

namespace {

constexpr Milliseconds kTimeout{250};
// For callers that must not wait this long; a busy machine serves them much sooner.
constexpr Milliseconds kLong{4000};
// How far a call may exceed its time-out on a busy machine.
constexpr Milliseconds kSlack{2000};

std::unique_ptr<RedisStore> open(const std::string& url, Milliseconds timeout = kLong) {
  return open_redis(url, timeout);
}

}  // namespace

class RedisFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisFaultTest);
  CPPUNIT_TEST(a_decision_is_one_round_trip);
  CPPUNIT_TEST(every_key_has_an_end);
  CPPUNIT_TEST(a_decisions_keys_are_in_one_slot);
  CPPUNIT_TEST(a_lost_answer_is_an_error_in_time_and_nothing_is_sent_again);
  CPPUNIT_TEST(a_cut_connection_is_an_error_and_nothing_is_sent_again);
  CPPUNIT_TEST(an_idle_connection_that_was_cut_costs_nothing);
  CPPUNIT_TEST(a_slow_answer_is_awaited_as_long_as_there_is_time);
  CPPUNIT_TEST(the_callers_deadline_counts_too);
  CPPUNIT_TEST(nonsense_is_an_error);
  CPPUNIT_TEST(a_dead_server_fails_at_once_and_recovers_by_itself);
  CPPUNIT_TEST(connections_are_bounded);
  CPPUNIT_TEST(who_gets_no_connection_fails_in_time);
  CPPUNIT_TEST(a_flushed_script_cache_is_not_noticed);
  CPPUNIT_TEST(a_full_server_refuses_what_is_new_only);
  CPPUNIT_TEST(a_replica_is_an_error_until_it_is_a_master);
  CPPUNIT_TEST(a_server_that_does_not_serve_is_an_error_at_once);
  CPPUNIT_TEST(a_server_that_cannot_save_serves_what_only_reads);
  CPPUNIT_TEST(a_user_needs_its_password);
  CPPUNIT_TEST(a_password_file_that_is_empty_is_said_to_be_that);
  CPPUNIT_TEST(a_new_password_is_read_at_the_next_connect);
  CPPUNIT_TEST(a_host_may_be_a_name);
  CPPUNIT_TEST(a_name_that_does_not_exist_is_an_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    redis_ = &shared();
    redis_->command({"FLUSHALL"});
    redis_->command({"SCRIPT", "FLUSH"});
    redis_->command({"CONFIG", "RESETSTAT"});
  }

 private:
  // For tests that do not harm the server.
  static RedisProcess& shared() {
    static RedisProcess redis;
    return redis;
  }

  Passage come(StateStore& store, int number = 1) const {
    const Approach what{.client = "192.0.2.0/24",
                        .sender = "sender" + std::to_string(number) + "@example.org",
                        .recipient = "recipient@example.net"};
    return store.approach(what, rules_, now_, Deadline(Milliseconds(5000)));
  }
  bool charge(StateStore& store) const {
    return store.charge("alice", quota_, 1, now_, Deadline(Milliseconds(5000))).receipt.has_value();
  }
  // Reads over a connection that nothing disturbs.
  std::int64_t charged(const RedisProcess& redis) const {
    const auto sent = open(redis.url())->sent("alice", now_, Deadline(Milliseconds(5000)));
    return quota_used(sent, quota_.limits[0], quota_, now_);
  }
  void assert_recovers(StateStore& store) const {
    wait_until("the store recovers", [&] { return problem_of([&] { come(store, 99); }).empty(); });
  }

  void a_decision_is_one_round_trip() {
    TcpProxy proxy(redis_->port());
    const auto store = open("redis://" + proxy.host_port());
    come(*store);  // connects and loads the script
    charge(*store);
    const int before = proxy.requests();
    const long scripts = redis_->calls("evalsha");
    const long loads = redis_->calls("eval");
    for (int i = 0; i < 50; ++i) come(*store, i);
    for (int i = 0; i < 50; ++i) charge(*store);
    CPPUNIT_ASSERT_EQUAL(before + 100, proxy.requests());
    CPPUNIT_ASSERT_EQUAL(scripts + 100, redis_->calls("evalsha"));
    CPPUNIT_ASSERT_EQUAL(loads, redis_->calls("eval"));
    CPPUNIT_ASSERT_EQUAL(1, proxy.connections());
    std::vector<Memo> memos;
    for (int i = 0; i < 10; ++i)
      memos.push_back({.kind = "k", .key = std::to_string(i), .value = {}, .until = now_ + Seconds(60)});
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, store->remember(memos, IfKnown::Renewed, now_, Deadline(kTimeout)));
    CPPUNIT_ASSERT_EQUAL(before + 101, proxy.requests());
  }

  void every_key_has_an_end() {
    const auto store = open(redis_->url());
    GreylistRules rules = rules_;
    rules.max_pending = 2;
    for (int i = 0; i < 5; ++i) {
      const Approach what{.client = "c", .sender = std::to_string(i), .recipient = "r"};
      store->approach(what, rules, now_, Deadline(kTimeout));
    }
    charge(*store);
    store->claim_notice("bob", now_, notice_period(now_, now_ + Seconds(60)), Deadline(kTimeout));
    store->remember_if_absent({.kind = "k", .key = "bob", .value = "", .until = now_ + Seconds(60)}, now_,
                              Deadline(kTimeout));
    const StateEntry old[] = {
        ClientEntry{.client = "old", .state = {.passes = 1, .expires = now_ - std::chrono::hours(24 * 365)}}};
    store->put(old, now_, Deadline(kTimeout));
    const RedisReply keys = redis_->command({"KEYS", "*"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, keys.elements.size());
    for (const auto& key : keys.elements) {
      const auto life = redis_->command({"PTTL", key.text}).integer;
      CPPUNIT_ASSERT_MESSAGE(key.text, life > 60 * 1000);
      CPPUNIT_ASSERT_MESSAGE(key.text, key.text.starts_with("mr1:"));
    }
  }

  void a_decisions_keys_are_in_one_slot() {
    using namespace std::string_literals;
    CPPUNIT_ASSERT_EQUAL(12739U, key_slot("123456789"));
    CPPUNIT_ASSERT_EQUAL(12739U, key_slot("a{123456789}b{c}"));
    CPPUNIT_ASSERT_EQUAL(key_slot("a{}b"), key_slot("a{}b"s));
    CPPUNIT_ASSERT(key_slot("a{}b") != key_slot("c{}b"));
    for (const auto& name : {"192.0.2.0/24"s, "2001:db8::/64"s, "a}b{c"s, "}"s, "{}"s, "100%25"s, "\0"s,
                             std::string(1024, 'x')}) {
      const std::string tag = hash_tag(name);
      CPPUNIT_ASSERT_EQUAL(key_slot("mr1:g:" + tag), key_slot("mr1:p:" + tag));
      CPPUNIT_ASSERT(name_of_key("mr1:q:" + tag) == name);
    }
    CPPUNIT_ASSERT_EQUAL("{192.0.2.0/24}"s, hash_tag("192.0.2.0/24"));
    CPPUNIT_ASSERT(hash_tag("{") != hash_tag("}"));
  }

  void a_lost_answer_is_an_error_in_time_and_nothing_is_sent_again() {
    TcpProxy proxy(redis_->port());
    const auto store = open("redis://" + proxy.host_port(), kTimeout);
    charge(*store);
    proxy.set(TcpProxy::Answers::Drop);
    std::string problem;
    const auto took = time_of([&] { problem = problem_of([&] { charge(*store); }); });
    ASSERT_HAS("no answer before the deadline", problem);
    CPPUNIT_ASSERT(took >= kTimeout && took < kTimeout + kSlack);
    proxy.set(TcpProxy::Answers::Pass);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, charged(*redis_));
    assert_recovers(*store);
    CPPUNIT_ASSERT(charge(*store));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, charged(*redis_));
  }

  void a_cut_connection_is_an_error_and_nothing_is_sent_again() {
    TcpProxy proxy(redis_->port());
    const auto store = open("redis://" + proxy.host_port());
    charge(*store);
    proxy.set(TcpProxy::Answers::Cut);
    std::string problem;
    const auto took = time_of([&] { problem = problem_of([&] { charge(*store); }); });
    ASSERT_HAS("the connection was closed", problem);
    CPPUNIT_ASSERT(took < kLong);
    proxy.set(TcpProxy::Answers::Pass);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, charged(*redis_));
    CPPUNIT_ASSERT(charge(*store));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, charged(*redis_));
  }

  void an_idle_connection_that_was_cut_costs_nothing() {
    TcpProxy proxy(redis_->port());
    const auto store = open("redis://" + proxy.host_port());
    come(*store);
    redis_->command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    wait_until("the proxy has passed that on",
               [&] { return redis_->info("clients", "connected_clients") == "1"; });
    std::this_thread::sleep_for(Milliseconds(50));
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_of([&] { come(*store); }));
    CPPUNIT_ASSERT_EQUAL(2, proxy.connections());
  }

  void a_slow_answer_is_awaited_as_long_as_there_is_time() {
    TcpProxy proxy(redis_->port());
    const auto store = open("redis://" + proxy.host_port());
    come(*store);
    proxy.delay(kLong / 8);
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_of([&] { come(*store); }));
    proxy.delay(kLong + Milliseconds(100));
    CPPUNIT_ASSERT(!problem_of([&] { come(*store); }).empty());
    proxy.delay(Milliseconds(0));
    assert_recovers(*store);
  }

  void the_callers_deadline_counts_too() {
    TcpProxy proxy(redis_->port());
    RedisOptions options;
    options.timeout = Milliseconds(60000);
    RedisStore store(parse_redis_url("redis://" + proxy.host_port()), options);
    come(store);
    proxy.set(TcpProxy::Answers::Drop);
    const auto took = time_of(
        [&] { CPPUNIT_ASSERT_THROW(store.sent("alice", now_, Deadline(Milliseconds(100))), BackendError); });
    CPPUNIT_ASSERT(took >= Milliseconds(100) && took < Milliseconds(100) + kSlack);
  }

  void nonsense_is_an_error() {
    const std::string kinds[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "*4\r\n:9\r\n:0\r\n:0\r\n:0\r\n",
        "*3\r\n:0\r\n:0\r\n:0\r\n",
        "*-1\r\n",
        "*2147483647\r\n",
        "*100000000\r\n",
        "$-7\r\n",
        "+OK\r\n",
        ":1\r\n:2\r\n",
        "$2147483646\r\nabc",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
        std::string("\0\0\0\0", 4),
    };
    for (const auto& kind : kinds) {
      TcpProxy proxy(redis_->port());
      const auto store = open("redis://" + proxy.host_port(), kTimeout);
      come(*store);
      proxy.set(TcpProxy::Answers::Replace, kind);
      const auto took = time_of([&] { CPPUNIT_ASSERT_THROW_MESSAGE(kind, come(*store), BackendError); });
      CPPUNIT_ASSERT(took < kTimeout + kSlack);
      proxy.set(TcpProxy::Answers::Pass);
      assert_recovers(*store);
    }
  }

  void a_dead_server_fails_at_once_and_recovers_by_itself() {
    RedisProcess redis;
    const auto store = open(redis.url());
    come(*store);
    redis.kill();
    for (int i = 0; i < 20; ++i) {
      std::string problem;
      const auto took = time_of([&] { problem = problem_of([&] { come(*store); }); });
      ASSERT_HAS("Connection refused", problem);
      CPPUNIT_ASSERT(took < kLong);
    }
    redis.start();
    assert_recovers(*store);
  }

  void connections_are_bounded() {
    TcpProxy proxy(redis_->port());
    const auto store = open_redis("redis://" + proxy.host_port(), kLong, 3);
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 12; ++i)
      threads.emplace_back([&, i] {
        for (int n = 0; n < 30; ++n) failed += problem_of([&] { come(*store, i); }).empty() ? 0 : 1;
      });
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0, failed.load());
    CPPUNIT_ASSERT(proxy.connections() <= 3);
  }

  void who_gets_no_connection_fails_in_time() {
    TcpProxy proxy(redis_->port());
    const auto store = open_redis("redis://" + proxy.host_port(), kLong, 1);
    come(*store);
    proxy.delay(kLong / 2);
    std::thread other([&] { problem_of([&] { come(*store); }); });
    wait_until("the connection is in use", [&] { return proxy.requests() == 4; });
    std::string problem;
    const auto took = time_of(
        [&] { problem = problem_of([&] { store->sent("alice", now_, Deadline(Milliseconds(50))); }); });
    other.join();
    ASSERT_HAS("in use", problem);
    CPPUNIT_ASSERT(took >= Milliseconds(50) && took < kLong / 2);
  }

  void a_flushed_script_cache_is_not_noticed() {
    const auto store = open(redis_->url());
    come(*store);
    for (int i = 0; i < 3; ++i) {
      redis_->command({"SCRIPT", "FLUSH"});
      const long texts = redis_->calls("eval");
      CPPUNIT_ASSERT(come(*store).kind == Passage::Kind::Early);
      CPPUNIT_ASSERT_EQUAL(texts + 1, redis_->calls("eval"));
      redis_->command({"SCRIPT", "FLUSH"});
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store->purge(now_, GreylistRules(), 10));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store->size(now_).pending);
    }
  }

  void a_full_server_refuses_what_is_new_only() {
    const auto store = open(redis_->url());
    come(*store);
    redis_->command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    redis_->command({"CONFIG", "SET", "maxmemory", "1"});
    const std::string problem = problem_of([&] { come(*store, 2); });
    const std::string known = problem_of([&] { come(*store); });
    const std::string charged = problem_of([&] { charge(*store); });
    redis_->command({"CONFIG", "SET", "maxmemory", "0"});
    ASSERT_HAS("OOM", problem);
    ASSERT_HAS("OOM", charged);
    CPPUNIT_ASSERT_EQUAL(std::string(), known);
    CPPUNIT_ASSERT(come(*store, 2).kind == Passage::Kind::New);
  }

  void a_replica_is_an_error_until_it_is_a_master() {
    const auto store = open(redis_->url());
    come(*store);
    redis_->command({"REPLICAOF", "127.0.0.1", std::to_string(redis_->port())});
    const std::string problem = problem_of([&] { come(*store, 2); });
    redis_->command({"REPLICAOF", "NO", "ONE"});
    ASSERT_HAS("READONLY", problem);
    CPPUNIT_ASSERT(come(*store, 2).kind == Passage::Kind::New);
  }

  void a_server_that_does_not_serve_is_an_error_at_once() {
    TcpProxy proxy(redis_->port());
    const auto store = open("redis://" + proxy.host_port());
    come(*store);
    for (const char* word : {"LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "MISCONF"}) {
      proxy.set(TcpProxy::Answers::Replace, "-" + std::string(word) + " not now\r\n");
      std::string problem;
      const auto took = time_of([&] { problem = problem_of([&] { come(*store); }); });
      ASSERT_HAS(word, problem);
      CPPUNIT_ASSERT_MESSAGE(problem, took < kLong);
      proxy.set(TcpProxy::Answers::Pass);
      CPPUNIT_ASSERT_EQUAL(std::string(), problem_of([&] { come(*store); }));
    }
  }

  void a_server_that_cannot_save_serves_what_only_reads() {
    RedisProcess redis;
    const auto before = open(redis.url());
    come(*before);
    // A dump cannot replace a directory.
    std::filesystem::create_directory(redis.directory() + "/dump.rdb");
    redis.command({"CONFIG", "SET", "save", "3600 1000000"});
    redis.command({"BGSAVE"});
    wait_until("Redis knows that it cannot save",
               [&] { return redis.info("persistence", "rdb_last_bgsave_status") == "err"; });
    CPPUNIT_ASSERT(redis.command({"PING"}).is_error("MISCONF"));
    const auto after = open(redis.url());
    for (const auto* store : {&before, &after}) {
      CPPUNIT_ASSERT(come(**store).kind == Passage::Kind::Early);
      ASSERT_HAS("MISCONF", problem_of([&] { come(**store, 2); }));
    }
    RedisServer server({.host = "127.0.0.1", .port = redis.port(), .path = {}}, {});
    CPPUNIT_ASSERT(RedisConnection(server, Deadline(kLong)).check(Deadline(kLong)));
  }

  void a_password_file_that_is_empty_is_said_to_be_that() {
    TempDirectory directory;
    const std::string file = directory.file("password");
    const auto store = open("redis://mail:" + file + "@" + redis_->host_port());
    ASSERT_HAS("cannot read", problem_of([&] { come(*store); }));
    std::ofstream(file).close();
    wait_until("it reads the file",
               [&] { return problem_of([&] { come(*store); }).find("is empty") != std::string::npos; });
  }

  void a_user_needs_its_password() {
    TempDirectory directory;
    const std::string file = directory.file("password");
    RedisProcess redis({"--requirepass", "of the default user"});
    RedisLogin admin;
    admin.password_file = directory.file("admin");
    std::ofstream(admin.password_file) << "of the default user\n";
    redis.command({"ACL", "SETUSER", "mail", "on", ">se cret", "~mr1:*", "+@all"}, admin);
    redis.command({"ACL", "SETUSER", "strict", "on", ">strict", "~mr1:*", "-@all", "+eval", "+evalsha",
                   "+hmget", "+hset", "+hdel", "+pttl", "+pexpire", "+exists", "+ping"},
                  admin);
    struct Row {
      std::string login;
      const char* password;
      std::string problem;
    };
    const Row rows[] = {
        {"mail:" + file, "se cret\n", ""},
        {"mail:" + file, "se cret", ""},
        {"mail:" + file, "se cret\r\nand more\n", ""},
        {"strict:" + file, "strict\n", ""},
        {":" + admin.password_file, "", ""},
        {"mail:" + file, "secret\n", "WRONGPASS"},
        {"nobody:" + file, "se cret\n", "WRONGPASS"},
        {"mail:" + file, "\n", "is empty"},
        {"mail:" + directory.file("nowhere"), "", "cannot read the secret in " + directory.file("nowhere")},
    };
    for (const auto& row : rows) {
      std::ofstream(file) << row.password;
      const auto store = open("redis://" + row.login + "@" + redis.host_port());
      const std::string problem = problem_of([&] { come(*store); });
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.login + ": " + problem, row.problem.empty(), problem.empty());
      ASSERT_HAS(row.problem, problem);
      CPPUNIT_ASSERT(row.problem.empty() || problem.find("se cret") == std::string::npos);
    }
    ASSERT_HAS("NOAUTH", problem_of([&] { come(*open(redis.url())); }));
  }

  void a_new_password_is_read_at_the_next_connect() {
    TempDirectory directory;
    const std::string file = directory.file("password");
    std::ofstream(file) << "old\n";
    redis_->command({"ACL", "SETUSER", "mail", "on", ">old", "~*", "+@all"});
    const auto store = open("redis://mail:" + file + "@" + redis_->host_port());
    come(*store);
    redis_->command({"ACL", "SETUSER", "mail", "resetpass", ">new"});
    redis_->command({"CLIENT", "KILL", "USER", "mail"});
    ASSERT_HAS("WRONGPASS", problem_of([&] { come(*store); }));
    std::ofstream(file) << "new\n";
    assert_recovers(*store);
    redis_->command({"ACL", "DELUSER", "mail"});
  }

  void a_host_may_be_a_name() {
    const auto store = open("redis://localhost:" + std::to_string(redis_->port()));
    CPPUNIT_ASSERT(come(*store).kind == Passage::Kind::New);
    CPPUNIT_ASSERT(come(*store).kind == Passage::Kind::Early);
  }

  void a_name_that_does_not_exist_is_an_error() {
    const auto store = open("redis://nowhere.invalid", kTimeout);
    std::string problem;
    const auto took = time_of([&] { problem = problem_of([&] { come(*store); }); });
    ASSERT_HAS("cannot look up nowhere.invalid", problem);
    CPPUNIT_ASSERT(took < kTimeout + kSlack);
  }

  RedisProcess* redis_ = nullptr;
  GreylistRules rules_;
  QuotaRules quota_{.limits = {Limit{.most = 1000, .unit = Unit::Recipients, .window = Seconds(3600)}}};
  TimePoint now_ = from_millis(1'700'000'000'123);
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisFaultTest);
