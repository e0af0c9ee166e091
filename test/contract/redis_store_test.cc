// SPDX-License-Identifier: BSD-2-Clause
// What every store must do, on Redis in all the ways it can be reached.
#include "store/redis_store.h"

#include "test/contract/redis_server.h"
#include "test/contract/state_store_contract.h"

using namespace mailreeve;

namespace {

std::unique_ptr<StateStore> open(const std::string& url, TupleNames names = TupleNames::Hashed) {
  RedisOptions options;
  // The machine may be busy, and this is not what these tests are about.
  options.timeout = Milliseconds(20000);
  options.names = names;
  return std::make_unique<RedisStore>(parse_redis_url(url), options);
}

}  // namespace

class RedisStoreTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RedisStoreTest, StateStoreContract);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override {
    static RedisProcess redis;
    redis.command({"FLUSHALL"});
    return open(redis.url() + "/3");
  }
};

class RedisSocketTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RedisSocketTest, StateStoreContract);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override {
    static RedisProcess redis;
    redis.command({"FLUSHALL"});
    return open("redis+unix://" + redis.socket() + "?db=1", TupleNames::Plain);
  }
};

class RedisSentinelTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RedisSentinelTest, StateStoreContract);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override {
    static RedisSentinels servers;
    servers.master().command({"FLUSHALL"});
    return open(servers.url());
  }
  int model_steps() const override { return 5000; }
};

class RedisClusterTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RedisClusterTest, StateStoreContract);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override {
    static RedisClusterServers servers;
    servers.flush();
    return open(servers.url());
  }
  int model_steps() const override { return 5000; }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisStoreTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSocketTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSentinelTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisClusterTest);
