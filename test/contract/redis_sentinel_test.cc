// SPDX-License-Identifier: BSD-2-Clause
// Sentinels that require a password or have outdated knowledge.
#include <csignal>
#include <fstream>
#include <thread>

#include "store/state/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"

using namespace mailreeve;

namespace {

constexpr Milliseconds kTimeout{1000};

std::unique_ptr<RedisStore> open(const std::string& url) { return open_redis(url, kTimeout); }

// A new tuple each time, so that each call writes.
Passage come(StateStore& store) {
  static int number = 0;
  const Approach what{.client = "192.0.2.0/24",
                      .sender = std::to_string(++number) + "@example.org",
                      .recipient = "b@example.net"};
  return store.approach(what, GreylistRules{}, from_millis(1'700'000'000'123), Deadline(Milliseconds(5000)));
}

// A lone Sentinel, so it always names this server.
std::unique_ptr<RedisProcess> sentinel_of(const RedisProcess& master, const std::string& more = "") {
  return RedisProcess::sentinel("sentinel monitor mymaster 127.0.0.1 " + std::to_string(master.port()) +
                                " 2\n" + more);
}

}  // namespace

class RedisSentinelFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisSentinelFaultTest);
  CPPUNIT_TEST(a_sentinel_may_want_the_password);
  CPPUNIT_TEST(a_sentinel_that_names_a_master_that_hangs_blocks_nobody);
  CPPUNIT_TEST(a_sentinel_that_names_a_master_without_replicas_is_not_believed_for_ever);
  CPPUNIT_TEST_SUITE_END();

  void a_sentinel_may_want_the_password() {
    TempDirectory directory;
    const std::string file = directory.file("password");
    std::ofstream(file) << "secret\n";
    RedisProcess redis({"--requirepass", "secret"});
    const auto open_one = sentinel_of(redis, "sentinel auth-pass mymaster secret\n");
    const auto closed_one = sentinel_of(redis, "sentinel auth-pass mymaster secret\nrequirepass secret\n");
    const auto other_one = sentinel_of(redis, "sentinel auth-pass mymaster secret\nrequirepass other\n");
    const auto problem_with = [](const std::string& login, const RedisProcess& sentinel) {
      const auto store = open("redis+sentinel://" + login + sentinel.host_port() + "/mymaster");
      return problem_of([&] { come(*store); });
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_with(":" + file + "@", *open_one));
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_with(":" + file + "@", *closed_one));
    ASSERT_HAS("WRONGPASS", problem_with(":" + file + "@", *other_one));
    ASSERT_HAS("NOAUTH", problem_with("", *closed_one));
  }

  // It is listed first, and its master has been replaced.
  void a_sentinel_that_names_a_master_that_hangs_blocks_nobody() {
    RedisProcess before;
    RedisProcess master;
    const auto stale = sentinel_of(before);
    const auto others = {sentinel_of(master), sentinel_of(master)};
    before.send_signal(SIGSTOP);
    std::string url = "redis+sentinel://" + stale->host_port();
    for (const auto& sentinel : others) url += "," + sentinel->host_port();
    const auto store = open(url + "/mymaster");
    CPPUNIT_ASSERT_EQUAL(std::string(), problem_of([&] { come(*store); }));
    for (int i = 0; i < 5; ++i) {
      // Now this server is not a master to any client, so the Sentinels are queried.
      master.command({"REPLICAOF", "127.0.0.1", std::to_string(before.port())});
      CPPUNIT_ASSERT(!problem_of([&] { come(*store); }).empty());
      master.command({"REPLICAOF", "NO", "ONE"});
      const auto took = time_of(
          [&] { wait_until("it is used again", [&] { return problem_of([&] { come(*store); }).empty(); }); });
      CPPUNIT_ASSERT(took < Milliseconds(2500));
    }
    before.send_signal(SIGCONT);
  }

  // Both were cut off from the others, but we still reach them; the server still claims to be a
  // master.
  void a_sentinel_that_names_a_master_without_replicas_is_not_believed_for_ever() {
    RedisProcess before({"--min-replicas-to-write", "1"});
    RedisProcess master;
    const auto stale = sentinel_of(before);
    const auto other = sentinel_of(master);
    const auto store =
        open("redis+sentinel://" + stale->host_port() + "," + other->host_port() + "/mymaster");
    ASSERT_HAS("NOREPLICAS", problem_of([&] { come(*store); }));
    wait_until("the other one is believed", [&] { return problem_of([&] { come(*store); }).empty(); });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisSentinelFaultTest);
