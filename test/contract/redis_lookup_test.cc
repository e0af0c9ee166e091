// SPDX-License-Identifier: BSD-2-Clause
// Servers known by name, while the lookup of their addresses hangs.
#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <thread>

#include "net/host_lookup.h"
#include "store/state/redis_store.h"
#include "test/contract/redis_calls.h"
#include "test/contract/redis_server.h"

namespace {

std::atomic<bool> no_answers{false};

// In effect only while a test needs it.
class NoAnswers {
 public:
  NoAnswers() { no_answers = true; }
  ~NoAnswers() { no_answers = false; }
  NoAnswers(const NoAnswers&) = delete;
  NoAnswers& operator=(const NoAnswers&) = delete;
};

}  // namespace

// Replaces the system's function in the whole program.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** list) {
  using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto kSystem = reinterpret_cast<Lookup>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const bool asks = hints == nullptr || (hints->ai_flags & AI_NUMERICHOST) == 0;
  while (asks && no_answers) std::this_thread::sleep_for(mailreeve::Milliseconds(5));
  return kSystem(name, service, hints, list);
}

using namespace mailreeve;

class RedisLookupTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisLookupTest);
  CPPUNIT_TEST(known_addresses_are_used_while_there_is_time);
  CPPUNIT_TEST(who_knows_no_address_waits_and_fails);
  CPPUNIT_TEST(sentinels_are_asked_at_the_addresses_they_had);
  CPPUNIT_TEST_SUITE_END();

  void known_addresses_are_used_while_there_is_time() {
    HostLookup lookup("localhost", 6379);
    const auto known = lookup.addresses(Deadline(Milliseconds(5000)));
    const NoAnswers dead;
    for (int i = 0; i < 2; ++i) {
      const Deadline deadline(Milliseconds(1000));
      CPPUNIT_ASSERT_EQUAL(known.size(), lookup.addresses(deadline).size());
      CPPUNIT_ASSERT(deadline.left() >= Milliseconds(400));
    }
  }

  void who_knows_no_address_waits_and_fails() {
    HostLookup lookup("localhost", 6379);
    const NoAnswers dead;
    const Deadline deadline(Milliseconds(100));
    CPPUNIT_ASSERT_THROW(lookup.addresses(deadline), StreamError);
    CPPUNIT_ASSERT(deadline.passed());
  }

  void sentinels_are_asked_at_the_addresses_they_had() {
    RedisProcess before;
    RedisProcess after;
    const auto monitor = [](const RedisProcess& master) {
      return RedisCommand{"SENTINEL", "MONITOR", "mymaster", "127.0.0.1", std::to_string(master.port()), "1"};
    };
    const auto sentinel = RedisProcess::sentinel("sentinel resolve-hostnames no\n");
    sentinel->command(monitor(before));
    RedisOptions options;
    options.timeout = Milliseconds(1000);
    RedisStore store(
        parse_redis_url("redis+sentinel://localhost:" + std::to_string(sentinel->port()) + "/mymaster"),
        options);
    const auto ask = [&] { store.sent("alice", from_millis(0), Deadline(Milliseconds(5000))); };
    ask();
    const NoAnswers dead;
    sentinel->command({"SENTINEL", "REMOVE", "mymaster"});
    sentinel->command(monitor(after));
    before.kill();
    wait_until("the other master is found", [&] { return problem_of(ask).empty(); });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisLookupTest);
