// SPDX-License-Identifier: BSD-2-Clause
// Walks over all keys of a Redis that others use too, or that refuses them.
#include <fstream>

#include "store/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"

using namespace mailreeve;

namespace {

const TimePoint kNow = from_millis(1'700'000'000'123);

std::unique_ptr<RedisStore> open(const std::string& url) { return open_redis(url, Milliseconds(5000)); }

constexpr const char* kClient = "192.0.2.0/24";

}  // namespace

class RedisSweepTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisSweepTest);
  CPPUNIT_TEST(a_purge_among_foreign_keys_is_bounded_and_goes_on);
  CPPUNIT_TEST(who_may_not_list_reads_why);
  CPPUNIT_TEST_SUITE_END();

  void a_purge_among_foreign_keys_is_bounded_and_goes_on() {
    RedisProcess redis;
    redis.command({"EVAL", "for i = 1, 50000 do redis.call('SET', 'foreign:' .. i, i) end", "0"});
    const auto store = open(redis.url());
    come(*store, kClient, kNow - std::chrono::hours(24 * 365));
    std::size_t purged = 0;
    int purges = 0;
    for (; purged == 0 && purges < 10; ++purges) {
      redis.command({"CONFIG", "RESETSTAT"});
      purged = store->purge(kNow, 100);
      CPPUNIT_ASSERT(redis.calls("scan") <= 20);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, purged);
    CPPUNIT_ASSERT_EQUAL(50000L, static_cast<long>(redis.command({"DBSIZE"}).integer));
  }

  void who_may_not_list_reads_why() {
    TempDirectory directory;
    const std::string file = directory.file("password");
    std::ofstream(file) << "secret\n";
    RedisProcess redis;
    redis.command({"ACL", "SETUSER", "mail", "on", ">secret", "~mr1:*", "+@all", "-scan", "-hscan"});
    const auto store = open("redis://mail:" + file + "@" + redis.host_port());
    come(*store, kClient, kNow);
    std::string place;
    const Deadline deadline(Milliseconds(5000));
    ASSERT_HAS("NOPERM", problem_of([&] { store->list(place, 10, deadline); }));
    ASSERT_HAS("NOPERM", problem_of([&] { store->of_client("192.0.2.0/24", deadline); }));
    ASSERT_HAS("NOPERM", problem_of([&] { store->purge(kNow, 10); }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisSweepTest);
