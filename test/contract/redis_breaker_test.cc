// SPDX-License-Identifier: BSD-2-Clause
// Servers that let callers wait in vain: few wait, and nobody who asks another one.
#include <atomic>
#include <csignal>
#include <new>
#include <thread>

#include "store/redis/cluster.h"
#include "store/state/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"
#include "test/contract/tcp_proxy.h"

using namespace mailreeve;

namespace {

constexpr Milliseconds kTimeout{1000};
// Nobody who was served, or turned away, needs so long.
constexpr Milliseconds kWait{500};
constexpr std::size_t kThreads = 8;

std::unique_ptr<RedisStore> open(const std::string& url) { return open_redis(url, kTimeout); }

std::string network(std::size_t number) {
  return "10." + std::to_string(number / 256 % 256) + "." + std::to_string(number % 256) + ".0/24";
}

// What became of many calls.
struct Tally {
  int calls = 0;
  int failed = 0;
  int waited = 0;

  void add(const std::string& problem, Milliseconds took) {
    ++calls;
    failed += problem.empty() ? 0 : 1;
    waited += took >= kWait ? 1 : 0;
  }
  std::string text() const {
    return std::to_string(calls) + " calls, " + std::to_string(failed) + " failed, " +
           std::to_string(waited) + " waited";
  }
};

// Of clients that belong to one node, and of all others.
struct Tallies {
  Tally here, elsewhere;
};

// From all threads, for so long; `is_here` tells of a client.
template <class IsHere>
Tallies besiege(StateStore& store, Milliseconds span, IsHere is_here) {
  Guarded<Tallies> sum;
  std::vector<std::thread> threads;
  for (std::size_t first = 0; first < kThreads; ++first)
    threads.emplace_back([&, first] {
      const Deadline end(span);
      for (std::size_t i = first; !end.passed(); i += kThreads) {
        const std::string client = network(i);
        std::string problem;
        const auto took = time_of([&] { problem = problem_of([&] { come(store, client); }); });
        auto tallies = sum.lock();
        (is_here(client) ? tallies->here : tallies->elsewhere).add(problem, took);
        std::this_thread::sleep_for(Milliseconds(1));
      }
    });
  for (auto& thread : threads) thread.join();
  return *sum.lock();
}

Tally besiege(StateStore& store, Milliseconds span) {
  return besiege(store, span, [](const std::string&) { return true; }).here;
}

void assert_recovers(StateStore& store, const std::string& client) {
  wait_until("the store recovers", [&] { return problem_of([&] { come(store, client); }).empty(); });
}

}  // namespace

class RedisBreakerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisBreakerTest);
  CPPUNIT_TEST(a_server_that_hangs_is_tried_by_one_caller_at_a_time);
  CPPUNIT_TEST(a_server_that_only_greets_is_tried_by_one_caller_at_a_time);
  CPPUNIT_TEST(many_calls_that_wait_together_are_one_failure);
  CPPUNIT_TEST(a_node_that_hangs_keeps_nobody_from_the_others);
  CPPUNIT_TEST(connections_that_a_network_forgot_cost_nothing_but_time);
  CPPUNIT_TEST(nobody_waits_for_a_question_that_ended_otherwise);
  CPPUNIT_TEST(nobody_waits_for_a_question_that_has_failed_before);
  CPPUNIT_TEST_SUITE_END();

  // What is under way when it begins waits for its time-out; after that one
  // caller at a time does, between pauses that grow to a second.
  void a_server_that_hangs_is_tried_by_one_caller_at_a_time() {
    RedisProcess redis;
    const auto store = open(redis.url());
    come(*store, network(1));
    redis.send_signal(SIGSTOP);
    const Tally first = besiege(*store, kTimeout);
    CPPUNIT_ASSERT_MESSAGE(first.text(), first.waited <= static_cast<int>(kThreads));
    const Tally later = besiege(*store, Milliseconds(3000));
    redis.send_signal(SIGCONT);
    CPPUNIT_ASSERT_MESSAGE(later.text(), later.waited <= 5);
    CPPUNIT_ASSERT_MESSAGE(later.text(), later.calls > 100 && later.failed == later.calls);
    const auto took = time_of([&] { assert_recovers(*store, network(1)); });
    CPPUNIT_ASSERT(took < Milliseconds(4000));
  }

  void a_server_that_only_greets_is_tried_by_one_caller_at_a_time() {
    RedisProcess redis;
    TcpProxy proxy(redis.port());
    const auto store = open("redis://" + proxy.host_port());
    come(*store, network(1));
    proxy.set(TcpProxy::Answers::Greet);
    besiege(*store, kTimeout);
    const Tally later = besiege(*store, Milliseconds(3000));
    CPPUNIT_ASSERT_MESSAGE(later.text(), later.waited <= 5);
    CPPUNIT_ASSERT_MESSAGE(later.text(), later.calls > 100 && later.failed == later.calls);
    proxy.set(TcpProxy::Answers::Pass);
    assert_recovers(*store, network(1));
    const Tally again = besiege(*store, kTimeout);
    CPPUNIT_ASSERT_MESSAGE(again.text(), again.failed == 0);
  }

  void many_calls_that_wait_together_are_one_failure() {
    RedisProcess redis;
    const auto store = open(redis.url());
    besiege(*store, Milliseconds(50));  // all have connections
    redis.send_signal(SIGSTOP);
    besiege(*store, Milliseconds(50));  // each waits once
    redis.send_signal(SIGCONT);
    const auto took = time_of([&] { assert_recovers(*store, network(1)); });
    CPPUNIT_ASSERT_MESSAGE(std::to_string(took.count()), took < Milliseconds(400));
  }

  void a_node_that_hangs_keeps_nobody_from_the_others() {
    RedisClusterServers servers;
    for (const auto& node : servers.nodes())
      node->command({"CONFIG", "SET", "cluster-require-full-coverage", "no"});
    const auto store = open(servers.url());
    const auto owner = [&](const std::string& client) { return &servers.owner(key_slot(hash_tag(client))); };
    // The one that would be asked first for the cluster's map.
    RedisProcess* hung = servers.nodes()[0].get();
    for (const auto& node : servers.nodes())
      if (node->host_port() < hung->host_port()) hung = node.get();
    std::size_t number = 0;
    while (owner(network(number)) != hung) ++number;
    const unsigned its_third = key_slot(hash_tag(network(number))) * 3 / 16384;
    const auto is_here = [&](const std::string& client) {
      return key_slot(hash_tag(client)) * 3 / 16384 == its_third;
    };
    besiege(*store, kTimeout, is_here);
    hung->send_signal(SIGSTOP);
    const Tallies first = besiege(*store, kTimeout, is_here);
    const Tallies later = besiege(*store, Milliseconds(4000), is_here);
    hung->send_signal(SIGCONT);
    CPPUNIT_ASSERT_MESSAGE(first.here.text(), first.here.waited <= static_cast<int>(kThreads));
    CPPUNIT_ASSERT_MESSAGE(later.here.text(), later.here.waited <= 6);
    CPPUNIT_ASSERT_MESSAGE(later.here.text(), later.here.failed == later.here.calls);
    CPPUNIT_ASSERT_MESSAGE(later.elsewhere.text(), later.elsewhere.calls > 200);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(later.elsewhere.text(), 0, later.elsewhere.failed);
    CPPUNIT_ASSERT_MESSAGE(later.elsewhere.text(), later.elsewhere.waited <= 6);
    assert_recovers(*store, network(number));
    const Tallies again = besiege(*store, kTimeout, is_here);
    CPPUNIT_ASSERT_MESSAGE(again.here.text(), again.here.failed == 0 && again.here.calls > 0);
  }

  void connections_that_a_network_forgot_cost_nothing_but_time() {
    RedisProcess redis;
    TcpProxy proxy(redis.port());
    constexpr Milliseconds kIdle{50};
    RedisPool pool({.host = "127.0.0.1", .port = proxy.port(), .path = {}}, {}, kThreads, kIdle);
    {
      std::vector<std::unique_ptr<RedisPool::Lease>> leases;
      for (std::size_t i = 0; i < kThreads; ++i)
        leases.emplace_back(new RedisPool::Lease(pool.lease(Deadline(Milliseconds(5000)))));
    }
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(kThreads), proxy.connections());
    proxy.forget_all();
    std::this_thread::sleep_for(2 * kIdle);
    const Milliseconds span{3000};
    const auto took = time_of([&] {
      for (std::size_t i = 0; i < kThreads; ++i) {
        const Deadline deadline(span);
        CPPUNIT_ASSERT_EQUAL(std::string("PONG"), pool.lease(deadline)->command({"PING"}, deadline).text);
      }
    });
    CPPUNIT_ASSERT_MESSAGE(std::to_string(took.count()), took >= span / 3 && took < span);
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(kThreads) + 1, proxy.connections());
  }

  void nobody_waits_for_a_question_that_ended_otherwise() {
    Refreshed<int> number;
    const auto no_memory = [](Deadline) -> int { throw std::bad_alloc(); };
    CPPUNIT_ASSERT_THROW(number.get(Deadline(kTimeout), no_memory), std::bad_alloc);
    CPPUNIT_ASSERT_EQUAL(1, *number.get(Deadline(kTimeout), [](Deadline) { return 1; }));
  }

  void nobody_waits_for_a_question_that_has_failed_before() {
    Refreshed<int> number;
    const auto in_vain = [](Deadline deadline) -> int {
      std::this_thread::sleep_until(deadline.at());
      throw RedisUnreachable("nobody answers");
    };
    problem_of([&] { number.get(Deadline(kTimeout), in_vain); });
    std::this_thread::sleep_for(Backoff::kFirst);
    std::atomic<bool> asked{false};
    std::thread asks([&] {
      problem_of([&] {
        number.get(Deadline(2 * kTimeout), [&](Deadline deadline) {
          asked = true;
          return in_vain(deadline);
        });
      });
    });
    wait_until("it is asked", [&] { return asked.load(); });
    std::string problem;
    const auto took =
        time_of([&] { problem = problem_of([&] { number.get(Deadline(kTimeout), in_vain); }); });
    asks.join();
    ASSERT_HAS("nobody answers", problem);
    CPPUNIT_ASSERT(took < kWait);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisBreakerTest);
