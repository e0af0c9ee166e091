// SPDX-License-Identifier: BSD-2-Clause
// Sentinels that want a password, or do not know better.
#include <fstream>
#include <thread>

#include "store/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"

using namespace mailreeve;

namespace {

constexpr Milliseconds kTimeout{1000};

std::unique_ptr<RedisStore> open(const std::string& url) {
  RedisOptions options;
  options.timeout = kTimeout;
  return std::make_unique<RedisStore>(parse_redis_url(url), options);
}

// Another tuple each time, so that something is written.
Passage come(StateStore& store) {
  static int number = 0;
  const Approach what{.client = "192.0.2.0/24",
                      .sender = std::to_string(++number) + "@example.org",
                      .recipient = "b@example.net"};
  return store.approach(what, GreylistRules{}, from_millis(1'700'000'000'123), Deadline(Milliseconds(5000)));
}

// All by itself, so it names this server whatever becomes of it.
std::unique_ptr<RedisProcess> sentinel_of(const RedisProcess& master, const std::string& more = "") {
  return RedisProcess::sentinel("sentinel monitor mymaster 127.0.0.1 " + std::to_string(master.port()) +
                                " 2\n" + more);
}

}  // namespace

class RedisSentinelFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisSentinelFaultTest);
  CPPUNIT_TEST(a_sentinel_may_want_the_password);
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
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisSentinelFaultTest);
