// SPDX-License-Identifier: BSD-2-Clause
// Servers that let callers time out: few callers wait, and none that uses another server.
#include <atomic>
#include <csignal>
#include <new>
#include <thread>

#include "store/redis/cluster.h"
#include "store/state/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"
#include "test/contract/tcp_proxy.h"
#include "test/steady_clock_shift.h"

using namespace mailreeve;

namespace {

constexpr Milliseconds kTimeout{1000};
// No caller that is served or turned away needs this long.
constexpr Milliseconds kWait{500};
constexpr std::size_t kThreads = 8;
// No test takes this long.
constexpr Milliseconds kLong{3'600'000};

std::unique_ptr<RedisStore> open(const std::string& url) { return open_redis(url, kTimeout); }

std::string network(std::size_t number) {
  return "10." + std::to_string(number / 256 % 256) + "." + std::to_string(number % 256) + ".0/24";
}

// The results of many calls.
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

// Those of clients on one node, and of all others.
struct Tallies {
  Tally here, elsewhere;
};

// Calls from all threads for `span`; `is_here` classifies a client.
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

// Returns the text of the exception; empty if none.
std::string ask(StateStore& store, Milliseconds time) {
  return problem_of([&] { store.sent("alice", from_millis(0), Deadline(time)); });
}

// Waits long enough to blame the server.
void wait_in_vain(StateStore& store) { CPPUNIT_ASSERT(!ask(store, Milliseconds(100)).empty()); }

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

  void a_server_that_hangs_is_tried_by_one_caller_at_a_time() {
    assert_one_at_a_time(TcpProxy::Answers::Drop);
  }
  void a_server_that_only_greets_is_tried_by_one_caller_at_a_time() {
    assert_one_at_a_time(TcpProxy::Answers::Greet);
  }

  // Callers that are turned away do not connect.
  static void assert_one_at_a_time(TcpProxy::Answers answers) {
    RedisProcess redis;
    TcpProxy proxy(redis.port());
    const auto store = open_redis("redis://" + proxy.host_port(), kLong);
    come(*store, network(1));
    proxy.set(answers);
    wait_in_vain(*store);
    for (int round = 0; round < 3; ++round) {
      SteadyClockShift::advance(Backoff::kLongest);
      const int before = proxy.connections();
      std::thread tries([&] { ask(*store, kLong); });
      wait_until("one tries", [&] { return proxy.connections() == before + 1; });
      for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(!ask(*store, kLong).empty());
      CPPUNIT_ASSERT_EQUAL(before + 1, proxy.connections());
      proxy.cut_all();
      tries.join();
    }
    proxy.set(TcpProxy::Answers::Pass);
    SteadyClockShift::advance(Backoff::kLongest);
    CPPUNIT_ASSERT_EQUAL(std::string(), ask(*store, kLong));
  }

  // The first pause follows, not the eighth.
  void many_calls_that_wait_together_are_one_failure() {
    RedisProcess redis;
    TcpProxy proxy(redis.port());
    RedisPool pool({.host = "127.0.0.1", .port = proxy.port(), .path = {}}, {}, kThreads);
    proxy.set(TcpProxy::Answers::Drop);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&] { problem_of([&] { pool.lease(Deadline(kLong)); }); });
    wait_until("all wait", [&] { return proxy.connections() == static_cast<int>(kThreads); });
    SteadyClockShift::advance(kLong);
    proxy.cut_all();
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT(pool.failing());
    proxy.set(TcpProxy::Answers::Pass);
    SteadyClockShift::advance(Backoff::kFirst);
    const Deadline deadline(kLong);
    CPPUNIT_ASSERT_EQUAL(std::string("PONG"), pool.lease(deadline)->command({"PING"}, deadline).text);
  }

  void a_node_that_hangs_keeps_nobody_from_the_others() {
    RedisClusterServers servers;
    for (const auto& node : servers.nodes())
      node->command({"CONFIG", "SET", "cluster-require-full-coverage", "no"});
    const auto store = open(servers.url());
    const auto owner = [&](const std::string& client) { return &servers.owner(key_slot(hash_tag(client))); };
    // The node that would be asked first for the cluster's map.
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
    RedisPool pool({.host = "127.0.0.1", .port = proxy.port(), .path = {}}, {}, kThreads);
    {
      std::vector<std::unique_ptr<RedisPool::Lease>> leases;
      for (std::size_t i = 0; i < kThreads; ++i)
        leases.emplace_back(new RedisPool::Lease(pool.lease(Deadline(Milliseconds(5000)))));
    }
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(kThreads), proxy.connections());
    proxy.forget_all();
    SteadyClockShift::advance(Seconds(60));
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
    const auto in_vain = [](Deadline) -> int { throw RedisUnreachable("nobody answers"); };
    problem_of([&] { number.get(Deadline(kLong), in_vain); });
    SteadyClockShift::advance(Backoff::kFirst);
    std::atomic<bool> asked{false};
    std::atomic<bool> over{false};
    std::thread asks([&] {
      problem_of([&] {
        number.get(Deadline(kLong), [&](Deadline deadline) {
          asked = true;
          wait_until("the other has failed", [&] { return over.load(); });
          return in_vain(deadline);
        });
      });
    });
    wait_until("it is asked", [&] { return asked.load(); });
    // A caller that waited for that one would wait for an hour.
    const std::string problem = problem_of([&] { number.get(Deadline(kLong), in_vain); });
    over = true;
    asks.join();
    ASSERT_HAS("nobody answers", problem);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisBreakerTest);
