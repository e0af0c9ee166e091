// SPDX-License-Identifier: BSD-2-Clause
// The contract of every store, on Redis in each way to reach it.
#include "store/state/redis_store.h"

#include "test/contract/archive_store_contract.h"
#include "test/contract/memo_store_contract.h"
#include "test/contract/quota_store_contract.h"
#include "test/contract/redis_server.h"
#include "test/contract/state_store_contract.h"

using namespace mailreeve;

namespace {

std::unique_ptr<StateStore> open(const std::string& url, TupleNames names = TupleNames::Plain) {
  RedisOptions options;
  // The machine may be busy, and these tests are not about that.
  options.timeout = Milliseconds(20000);
  options.names = names;
  return std::make_unique<RedisStore>(parse_redis_url(url), options);
}

// Each server starts when first needed, and is empty for each test.
std::unique_ptr<StateStore> on_one_server() {
  static RedisProcess redis;
  redis.command({"FLUSHALL"});
  return open(redis.url() + "/3");
}

std::unique_ptr<StateStore> on_a_socket(TupleNames names = TupleNames::Hashed) {
  static RedisProcess redis;
  redis.command({"FLUSHALL"});
  return open("redis+unix://" + redis.socket() + "?db=1", names);
}

// Hashed names cannot be listed.
std::unique_ptr<StateStore> listed_on_a_socket() { return on_a_socket(TupleNames::Plain); }

std::unique_ptr<StateStore> behind_sentinels() {
  static RedisSentinels servers;
  servers.master().command({"FLUSHALL"});
  return open(servers.url());
}

std::unique_ptr<StateStore> on_a_cluster() {
  static RedisClusterServers servers;
  servers.flush();
  return open(servers.url());
}

}  // namespace

// The contracts that mail needs, and how to make an empty store for them.
#define REDIS_CONTRACTS(Name, place, together, listed)                    \
  class Name##Test : public StateStoreContract {                          \
    CPPUNIT_TEST_SUB_SUITE(Name##Test, StateStoreContract);               \
    CPPUNIT_TEST_SUITE_END();                                             \
    std::unique_ptr<StateStore> make_store() override { return place(); } \
    int model_steps() const override { return 5000; }                     \
    bool bounded_at_once() const override { return false; }               \
    bool keeps_clients_together() const override { return together; }     \
  };                                                                      \
  class Name##QuotaTest : public QuotaStoreContract {                     \
    CPPUNIT_TEST_SUB_SUITE(Name##QuotaTest, QuotaStoreContract);          \
    CPPUNIT_TEST_SUITE_END();                                             \
    std::unique_ptr<StateStore> make_store() override { return place(); } \
    int model_steps() const override { return 1500; }                     \
  };                                                                      \
  class Name##MemoTest : public MemoStoreContract {                       \
    CPPUNIT_TEST_SUB_SUITE(Name##MemoTest, MemoStoreContract);            \
    CPPUNIT_TEST_SUITE_END();                                             \
    std::unique_ptr<StateStore> make_store() override { return place(); } \
    bool lists() const override { return listed; }                        \
  };

#define REDIS_ARCHIVE(Name, place)                                        \
  class Name##ArchiveTest : public ArchiveStoreContract {                 \
    CPPUNIT_TEST_SUB_SUITE(Name##ArchiveTest, ArchiveStoreContract);      \
    CPPUNIT_TEST_SUITE_END();                                             \
    std::unique_ptr<StateStore> make_store() override { return place(); } \
  };

REDIS_CONTRACTS(Redis, on_one_server, true, true)
REDIS_CONTRACTS(RedisSocket, on_a_socket, true, false)
REDIS_CONTRACTS(RedisSentinel, behind_sentinels, true, true)
REDIS_CONTRACTS(RedisCluster, on_a_cluster, false, true)
REDIS_ARCHIVE(Redis, on_one_server)
REDIS_ARCHIVE(RedisSocket, listed_on_a_socket)
REDIS_ARCHIVE(RedisSentinel, behind_sentinels)
REDIS_ARCHIVE(RedisCluster, on_a_cluster)

CPPUNIT_TEST_SUITE_REGISTRATION(RedisTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisQuotaTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisMemoTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSocketTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSocketQuotaTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSocketMemoTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSentinelTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSentinelQuotaTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSentinelMemoTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisClusterTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisClusterQuotaTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisClusterMemoTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisArchiveTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSocketArchiveTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisSentinelArchiveTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RedisClusterArchiveTest);
