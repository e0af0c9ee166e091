// SPDX-License-Identifier: BSD-2-Clause
// Masters that change: failover by Sentinels, slots of a cluster that move, nodes that are lost.
#include <cppunit/extensions/HelperMacros.h>

#include <csignal>
#include <thread>

#include "store/redis/cluster.h"
#include "store/state/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"
#include "test/contract/tcp_proxy.h"

using namespace mailreeve;

namespace {

constexpr Milliseconds kTimeout{1000};

std::unique_ptr<RedisStore> open(const std::string& url) { return open_redis(url, kTimeout); }

const TimePoint kNow = from_millis(1'700'000'000'123);

const QuotaRules kQuota{.limits = {Limit{.most = 1000, .unit = Unit::Recipients, .window = Seconds(3600)}}};

// Returns the amount used before.
std::int64_t charge(StateStore& store, const std::string& user) {
  return store.charge(user, kQuota, 1, kNow, Deadline(Milliseconds(5000))).used.at(0);
}

void assert_recovers(StateStore& store, const std::string& client) {
  wait_until("the store recovers", [&] { return problem_of([&] { come(store, client); }).empty(); });
}

}  // namespace

class RedisFailoverTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisFailoverTest);
  CPPUNIT_TEST(the_master_may_die);
  CPPUNIT_TEST(a_demoted_master_is_left);
  CPPUNIT_TEST(sentinels_may_be_dead_or_hang);
  CPPUNIT_TEST(a_replica_is_not_taken_for_a_master);
  CPPUNIT_TEST(a_master_that_nobody_knows_is_an_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Each test leaves another master behind.
  static RedisSentinels& servers() {
    static RedisSentinels all;
    return all;
  }
  void tearDown() override {
    for (const auto& sentinel : servers().sentinels()) sentinel->send_signal(SIGCONT);
  }

 private:
  static RedisProcess& replica() {
    const auto& all = servers().servers();
    return &servers().master() == all[0].get() ? *all[1] : *all[0];
  }

  void the_master_may_die() {
    const auto store = open(servers().url());
    come(*store, "before");
    RedisProcess& old = servers().master();
    wait_until("the replica has it", [&] { return replica().command({"DBSIZE"}).integer == 1; });
    old.kill();
    CPPUNIT_ASSERT(!problem_of([&] { come(*store, "between"); }).empty());
    assert_recovers(*store, "after");
    CPPUNIT_ASSERT(come(*store, "before").kind == Passage::Kind::Early);
    CPPUNIT_ASSERT(charge(*store, "alice") == 0);
    CPPUNIT_ASSERT(charge(*store, "alice") == 1);

    old.start();
    wait_until("the old master is a replica", [&] { return old.info("replication", "role") == "slave"; });
    wait_until("it is in step", [&] { return old.info("replication", "master_link_status") == "up"; });
    CPPUNIT_ASSERT(come(*store, "when it is back").kind == Passage::Kind::New);
    CPPUNIT_ASSERT_EQUAL(0L, old.calls("evalsha"));
  }

  void a_demoted_master_is_left() {
    const auto store = open(servers().url());
    RedisProcess& old = servers().master();
    assert_recovers(*store, "a");
    RedisProcess& other = replica();
    // Sentinels refuse this until some time after the last failover.
    wait_until("a Sentinel begins a failover", [&] {
      return !servers()
                  .sentinels()[0]
                  ->command({"SENTINEL", "FAILOVER", "mymaster"})
                  .is(RedisReply::Type::Error);
    });
    wait_until("the other one serves", [&] {
      problem_of([&] { come(*store, "meanwhile"); });
      return other.info("replication", "role") == "master" && old.info("replication", "role") == "slave";
    });
    assert_recovers(*store, "b");
    const long before = other.calls("evalsha");
    const long before_at_old = old.calls("evalsha");
    for (int i = 0; i < 10; ++i) come(*store, "c" + std::to_string(i));
    CPPUNIT_ASSERT_EQUAL(before + 10, other.calls("evalsha"));
    CPPUNIT_ASSERT_EQUAL(before_at_old, old.calls("evalsha"));
    wait_until("all Sentinels agree", [&] { return &servers().master() == &other; });
  }

  void sentinels_may_be_dead_or_hang() {
    servers().sentinels()[0]->send_signal(SIGSTOP);
    RedisUrl url = parse_redis_url(servers().url());
    url.servers.insert(url.servers.begin(), {.host = "127.0.0.1", .port = free_port(), .path = {}});
    RedisOptions options;
    options.timeout = kTimeout;
    RedisStore store(url, options);
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_of([&] { come(store, "192.0.2.0/24"); }));
  }

  void a_replica_is_not_taken_for_a_master() {
    RedisLogin login;
    login.proof = RedisLogin::Proof::IsMaster;
    RedisServer server({.host = "127.0.0.1", .port = replica().port(), .path = {}}, login);
    ASSERT_HAS("it is not a master", problem_of([&] { RedisConnection(server, Deadline(kTimeout)); }));
  }

  void a_master_that_nobody_knows_is_an_error() {
    const std::string url = servers().url();
    const auto store = open(url.substr(0, url.rfind('/')) + "/other");
    const std::string problem = problem_of([&] { come(*store, "192.0.2.0/24"); });
    ASSERT_HAS("no master other", problem);
    ASSERT_HAS("does not know other", problem);
  }
};

class RedisClusterChangeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisClusterChangeTest);
  CPPUNIT_TEST(slots_are_reckoned_as_the_cluster_does);
  CPPUNIT_TEST(a_slot_that_moves_is_followed);
  CPPUNIT_TEST(a_slot_between_two_nodes_is_awaited);
  CPPUNIT_TEST(a_slot_is_awaited_where_it_goes_to);
  CPPUNIT_TEST(nodes_of_the_url_may_be_dead);
  CPPUNIT_TEST(nodes_of_the_url_may_be_many_and_far);
  CPPUNIT_TEST(masters_stand_by_their_slots);
  CPPUNIT_TEST(a_lost_node_is_replaced);
  CPPUNIT_TEST_SUITE_END();

 public:
  static RedisClusterServers& servers() {
    static RedisClusterServers all(true);
    return all;
  }

 private:
  static std::string id(const RedisProcess& node) { return node.command({"CLUSTER", "MYID"}).text; }

  // A slot, its master, and the node that it moves to.
  struct Move {
    explicit Move(const std::string& name)
        : slot(key_slot(hash_tag(name))),
          text(std::to_string(slot)),
          from(servers().owner(slot)),
          to(servers().owner((slot + 6000) % 16384)) {}
    void begin() const {
      to.command({"CLUSTER", "SETSLOT", text, "IMPORTING", id(from)});
      from.command({"CLUSTER", "SETSLOT", text, "MIGRATING", id(to)});
    }
    void take_key(const std::string& key) const {
      const auto reply = from.command({"MIGRATE", "127.0.0.1", std::to_string(to.port()), key, "0", "5000"});
      CPPUNIT_ASSERT_EQUAL(std::string("OK"), reply.text);
    }
    void end() const {
      for (const auto* node : {&to, &from}) node->command({"CLUSTER", "SETSLOT", text, "NODE", id(to)});
    }
    const unsigned slot;
    const std::string text;
    RedisProcess& from;
    RedisProcess& to;
  };

  void slots_are_reckoned_as_the_cluster_does() {
    using namespace std::string_literals;
    for (const auto& key :
         {"a"s, "mr1:g:{192.0.2.0/24}"s, "{}a"s, "a{"s, "a{b"s, "{b}"s, "a{{b}}"s, "}{a}"s, "\0\xff"s}) {
      const auto slot = servers().nodes()[0]->command({"CLUSTER", "KEYSLOT", key}).integer;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(key, slot, static_cast<std::int64_t>(key_slot(key)));
    }
  }

  // Each charge counts once, wherever the key is.
  void a_slot_that_moves_is_followed() {
    const auto store = open(servers().url());
    const std::string key = "mr1:q:" + hash_tag("alice");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, charge(*store, "alice"));
    const Move move("alice");
    move.begin();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, charge(*store, "alice"));
    move.take_key(key);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, charge(*store, "alice"));  // ASK
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, charge(*store, "alice"));
    move.end();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, charge(*store, "alice"));  // MOVED
    const long asked = move.from.calls("evalsha");
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, charge(*store, "alice"));
    CPPUNIT_ASSERT_EQUAL(asked, move.from.calls("evalsha"));
  }

  // One of a decision's two keys is there, the other is not: TRYAGAIN.
  void a_slot_between_two_nodes_is_awaited() {
    const auto store = open(servers().url());
    come(*store, "192.0.2.0/24");
    const Move move("192.0.2.0/24");
    move.begin();
    // On a busy machine, time may run out before an answer arrives.
    wait_until("the node asks to try again", [&] {
      return problem_of([&] { come(*store, "192.0.2.0/24"); }).find("TRYAGAIN") != std::string::npos;
    });
    std::thread later([&] {
      std::this_thread::sleep_for(kTimeout / 10);
      move.take_key("mr1:g:{192.0.2.0/24}");
      move.end();
    });
    std::string problem;
    Passage passage;
    problem = problem_of([&] { passage = come(*store, "192.0.2.0/24"); });
    later.join();
    CPPUNIT_ASSERT_EQUAL(std::string(), problem);
    CPPUNIT_ASSERT(passage.kind == Passage::Kind::Early);
  }

  // Likewise at the other node, once one of the keys is there: ASK, then TRYAGAIN.
  void a_slot_is_awaited_where_it_goes_to() {
    const std::string client = "192.0.2.128/25";
    const auto store = open(servers().url());
    come(*store, client);
    const Move move(client);
    move.begin();
    move.take_key("mr1:g:" + hash_tag(client));
    move.to.command({"CONFIG", "RESETSTAT"});
    std::thread later([&] {
      std::this_thread::sleep_for(Milliseconds(120));
      move.end();
    });
    Passage passage;
    const std::string problem = problem_of([&] { passage = come(*store, client); });
    later.join();
    CPPUNIT_ASSERT_EQUAL(std::string(), problem);
    CPPUNIT_ASSERT(passage.kind == Passage::Kind::Early);
    // It kept asking there.
    CPPUNIT_ASSERT(move.to.calls("asking") >= 2);
  }

  void nodes_of_the_url_may_be_dead() {
    const auto store = open("redis+cluster://127.0.0.1:" + std::to_string(free_port()) + ",127.0.0.1:" +
                            std::to_string(free_port()) + "," + servers().nodes()[1]->host_port());
    for (int i = 0; i < 20; ++i) come(*store, "198.51.100." + std::to_string(i) + "/32");
  }

  // Each answer takes longer than an equal share of the time.
  void nodes_of_the_url_may_be_many_and_far() {
    std::vector<std::unique_ptr<TcpProxy>> far;
    std::string url = "redis+cluster://";
    for (int i = 0; i < 9; ++i) {
      far.push_back(std::make_unique<TcpProxy>(servers().nodes()[0]->port()));
      far.back()->delay(kTimeout / 8);
      url += (i == 0 ? "" : ",") + far.back()->host_port();
    }
    const auto store = open(url);
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_of([&] { come(*store, "198.51.100.0/24"); }));
  }

  // A walk depends on their order.
  void masters_stand_by_their_slots() {
    std::vector<RedisAddress> wanted;
    for (const unsigned slot : {0U, 8000U, 16383U})
      wanted.push_back({.host = "127.0.0.1", .port = servers().owner(slot).port(), .path = {}});
    ClusterRedis routes({wanted.rbegin(), wanted.rend()}, {}, 1);
    std::vector<RedisAddress> found;
    for (const auto& server : routes.masters(Deadline(Milliseconds(5000))))
      found.push_back(server->address());
    CPPUNIT_ASSERT(wanted == found);
  }

  void a_lost_node_is_replaced() {
    const auto store = open(servers().url());
    const std::string client = "203.0.113.0/24";
    come(*store, client);
    RedisProcess& node = servers().owner(key_slot(hash_tag(client)));
    wait_until("a replica has it", [&] {
      return node.info("replication", "slave0")
                 .find("offset=" + node.info("replication", "master_repl_offset")) != std::string::npos;
    });
    node.kill();
    CPPUNIT_ASSERT(!problem_of([&] { come(*store, client); }).empty());
    // Until all nodes agree, some may still answer CLUSTERDOWN.
    wait_until("the replica has taken over",
               [&] { return come(*store, client).kind == Passage::Kind::Early; });
    assert_recovers(*store, "192.0.2.0/24");
    wait_until("all is there", [&] { return store->size(kNow).pending >= 2; });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisFailoverTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisClusterChangeTest);
