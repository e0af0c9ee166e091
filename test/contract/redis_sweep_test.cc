// SPDX-License-Identifier: BSD-2-Clause
// Walks over all keys of a Redis that others also use, or that refuses walks.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "store/state/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"
#include "test/contract/tcp_proxy.h"

using namespace mailreeve;

namespace {

const TimePoint kNow = from_millis(1'700'000'000'123);

std::unique_ptr<RedisStore> open(const std::string& url) { return open_redis(url, Milliseconds(5000)); }

constexpr const char* kClient = "192.0.2.0/24";
constexpr const char* kForeign = "198.51.100.0/24";

const QuotaRules kQuota{.limits = {Limit{.most = 100, .unit = Unit::Recipients, .window = Seconds(3600)}}};

Deadline patience() { return Deadline(Milliseconds(5000)); }

std::vector<StateEntry> all_of(StateStore& store) {
  std::vector<StateEntry> out;
  std::string place;
  for (;;) {
    auto page = store.list(place, 10, patience());
    if (page.empty()) return out;
    std::move(page.begin(), page.end(), std::back_inserter(out));
  }
}

}  // namespace

class RedisSweepTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisSweepTest);
  CPPUNIT_TEST(a_purge_among_foreign_keys_is_bounded_and_goes_on);
  CPPUNIT_TEST(what_others_wrote_is_passed_over);
  CPPUNIT_TEST(a_client_that_is_no_hash_can_be_forgotten);
  CPPUNIT_TEST(fields_of_another_version_stop_no_mail);
  CPPUNIT_TEST(digests_are_not_taken_for_names);
  CPPUNIT_TEST(hashed_names_are_nowhere_in_redis);
  CPPUNIT_TEST(a_user_with_many_parts_is_put_over_a_slow_link);
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
      purged = store->purge(kNow, GreylistRules(), 100);
      CPPUNIT_ASSERT(redis.calls("scan") <= 20);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, purged);
    CPPUNIT_ASSERT_EQUAL(50000L, static_cast<long>(redis.command({"DBSIZE"}).integer));
  }

  void what_others_wrote_is_passed_over() {
    RedisProcess redis;
    const auto store = open(redis.url());
    const TimePoint old = kNow - std::chrono::hours(24 * 365);
    for (const std::string key : {"mr1:g:{198.51.100.0/24}", "mr1:q:{bob}", "mr1:g:nobody"})
      redis.command({"SET", key, "x"});
    for (const std::string key : {"mr1:g:{203.0.113.0/24}", "mr1:q:{carol}"})
      redis.command({"HSET", key, "junk", "x", "1:ab", "x", "3600:5", "x", "t", "x", "n", "x", "l", "x"});
    come(*store, "10.0.0.0/24", old);
    store->charge("dave", kQuota, 1, old, patience());
    come(*store, kClient, kNow);
    store->charge("alice", kQuota, 1, kNow, patience());

    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, store->purge(kNow, GreylistRules(), 100));
    const StateSize size = store->size(kNow);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, size.pending);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, size.passed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, size.clients);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, size.users);
    const auto all = all_of(*store);
    CPPUNIT_ASSERT_EQUAL(1L, std::count_if(all.begin(), all.end(), [](const StateEntry& entry) {
                           return std::holds_alternative<TupleEntry>(entry);
                         }));
    CPPUNIT_ASSERT_EQUAL(
        5L, static_cast<long>(redis
                                  .command({"EXISTS", "mr1:g:{198.51.100.0/24}", "mr1:q:{bob}",
                                            "mr1:g:nobody", "mr1:g:{203.0.113.0/24}", "mr1:q:{carol}"})
                                  .integer));
  }

  void a_client_that_is_no_hash_can_be_forgotten() {
    RedisProcess redis;
    const auto store = open(redis.url());
    redis.command({"SET", "mr1:g:{198.51.100.0/24}", "x"});
    ASSERT_HAS("mr1:g:{198.51.100.0/24}", problem_of([&] { store->of_client(kForeign, patience()); }));
    ASSERT_HAS("mr1:g:{198.51.100.0/24}", problem_of([&] { come(*store, kForeign); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store->forget_client(kForeign, patience()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store->forget_client(kForeign, patience()));
    CPPUNIT_ASSERT(come(*store, kForeign).kind == Passage::Kind::New);
  }

  void fields_of_another_version_stop_no_mail() {
    RedisProcess redis;
    const auto store = open(redis.url());
    redis.command({"HSET", "mr1:q:{alice}", "z", "later", "x", "?", "u", "?", "s", "?", "l", "?"});
    for (std::int64_t used = 0; used < 3; ++used) {
      const QuotaAnswer answer = store->charge("alice", kQuota, 1, kNow, patience());
      CPPUNIT_ASSERT(answer.receipt);
      CPPUNIT_ASSERT_EQUAL(used, answer.used.at(0));
    }
    const NoticePeriod period = notice_period(kNow, kNow + Seconds(60));
    CPPUNIT_ASSERT(store->claim_notice("alice", kNow, period, patience()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store->sent("alice", kNow, patience()).parts.size());
  }

  void digests_are_not_taken_for_names() {
    RedisProcess redis;
    redis.command({"HSET", "mr1:g:{192.0.2.0/24}", "5:abcdefghijklmn", "1700000000123+600000"});
    const auto entries = [&](TupleNames names) {
      RedisOptions options{.timeout = Milliseconds(5000)};
      options.names = names;
      RedisStore store(parse_redis_url(redis.url()), options);
      return all_of(store).size() + store.of_client(kClient, patience()).size();
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, entries(TupleNames::Plain));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, entries(TupleNames::Hashed));
  }

  // Neither those of tuples nor who wrote to whom.
  void hashed_names_are_nowhere_in_redis() {
    RedisProcess redis;
    RedisOptions options{.timeout = Milliseconds(5000)};
    options.names = TupleNames::Hashed;
    RedisStore store(parse_redis_url(redis.url()), options);
    const std::vector<Memo> memos{
        {.kind = "correspondent", .key = "alice bob", .value = {}, .until = kNow + Seconds(60)},
        {.kind = "correspondent", .key = "carol bob", .value = {}, .until = kNow + Seconds(60)}};
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store.remember(memos, IfKnown::Renewed, kNow, patience()));
    CPPUNIT_ASSERT(store.recall("correspondent", "alice bob", kNow, patience()));
    CPPUNIT_ASSERT(!store.recall("correspondent", "bob alice", kNow, patience()));
    const RedisReply keys = redis.command({"KEYS", "*"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, keys.elements.size());
    for (const auto& key : keys.elements) {
      CPPUNIT_ASSERT_MESSAGE(key.text, key.text.find("bob") == std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(key.text, key.text.starts_with("mr1:m:{correspondent:"));
    }
    CPPUNIT_ASSERT(all_of(store).empty());
  }

  // Each part takes a round trip; together they take longer than one call has.
  void a_user_with_many_parts_is_put_over_a_slow_link() {
    RedisProcess redis;
    TcpProxy proxy(redis.port());
    const auto store = open("redis://" + proxy.host_port());
    SentEntry alice{.user = "alice", .state = {}};
    for (int i = 0; i < 50; ++i)
      alice.state.parts.push_back({.window = Seconds(3600),
                                   .begin = kNow + Seconds(60 * i),
                                   .recipients = 1,
                                   .messages = 1,
                                   .expires = kNow + Seconds(7200)});
    const std::vector<StateEntry> entries{alice};
    proxy.delay(Milliseconds(50));
    store->put(entries, kNow, Deadline(Milliseconds(2000)));
    CPPUNIT_ASSERT_EQUAL(50L, static_cast<long>(redis.command({"HLEN", "mr1:q:{alice}"}).integer));
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
    ASSERT_HAS("NOPERM", problem_of([&] { store->purge(kNow, GreylistRules(), 10); }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisSweepTest);
