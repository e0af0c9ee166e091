// SPDX-License-Identifier: BSD-2-Clause
// CachedPolicyDb over a scripted database and clock.
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "store/policydb/cached_policy_db.h"
#include "test/steady_clock_shift.h"

using namespace mailreeve;

namespace {

// Answers with a quota that counts the calls. Holds calls or fails on demand.
class FakeDb final : public PolicyDb {
 public:
  UserPolicy user(const std::string& name, Deadline deadline) override {
    const int call = ++calls;
    enter(deadline);
    UserPolicy policy;
    policy.known = name != "nobody";
    policy.quota = std::to_string(call);
    return policy;
  }
  DomainPolicy domain(const std::string& /*name*/, Deadline deadline) override {
    ++calls;
    enter(deadline);
    return {};
  }

  std::atomic<int> calls{0};
  std::atomic<int> inside{0};
  std::atomic<bool> held{false};
  std::atomic<bool> down{false};
  std::atomic<Milliseconds> given{};  // at the last call

 private:
  void enter(Deadline deadline) {
    given = deadline.left();
    ++inside;
    while (held && !deadline.passed()) std::this_thread::yield();
    --inside;
    if (down || held) throw BackendError("down");
  }
};

class Events final : public Log {
 public:
  std::map<Event, int> seen;
  std::int64_t failures = 0;
  bool wants(Severity /*severity*/) const override { return true; }
  void write(Event event, std::span<const Field> fields) override {
    const std::lock_guard lock(mutex_);
    ++seen[event];
    for (const auto& field : fields)
      if (field.name == "failures") failures = std::get<std::int64_t>(field.value);
  }

 private:
  std::mutex mutex_;
};

Deadline patience() { return Deadline(Milliseconds(30'000)); }

}  // namespace

class PolicyCacheTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PolicyCacheTest);
  CPPUNIT_TEST(an_answer_is_used_for_its_lifetime_and_no_longer);
  CPPUNIT_TEST(that_there_is_none_is_an_answer);
  CPPUNIT_TEST(a_lifetime_begins_before_the_question);
  CPPUNIT_TEST(the_least_recently_used_goes);
  CPPUNIT_TEST(old_answers_serve_while_the_database_fails_until_they_are_stale);
  CPPUNIT_TEST(a_load_has_the_whole_time_of_the_database_and_no_more);
  CPPUNIT_TEST(it_says_once_that_the_database_went_and_once_that_it_is_back);
  CPPUNIT_TEST(users_and_domains_by_turns_are_one_failure);
  CPPUNIT_TEST(one_of_many_callers_loads_a_name);
  CPPUNIT_TEST(callers_with_an_old_answer_do_not_wait_for_the_one_who_loads);
  CPPUNIT_TEST(who_waits_gives_up_at_his_deadline);
  CPPUNIT_TEST(expired_answers_serve_while_the_database_fails);
  CPPUNIT_TEST(who_asks_after_an_expiry_gets_what_is_so_now);
  CPPUNIT_TEST(what_was_asked_before_an_expiry_is_old_but_known);
  CPPUNIT_TEST(threads_of_all_kinds_get_along);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { make({}); }
  void tearDown() override { cache_.reset(); }

 private:
  void make(const CachedPolicyDb::Settings& settings) {
    auto inner = std::make_unique<FakeDb>();
    db_ = inner.get();
    cache_ = std::make_unique<CachedPolicyDb>(std::move(inner), settings, "policy-db", log_);
  }
  static void pass(Milliseconds time) { SteadyClockShift::advance(time); }
  // Returns the number of the database call that gave the answer.
  std::string ask(const std::string& name = "joe") {
    return cache_->user(name, Deadline(Seconds(3600))).quota;
  }
  template <class Condition>
  static void wait_until(Condition condition) {
    const Deadline end = patience();
    while (!condition()) {
      CPPUNIT_ASSERT(!end.passed());
      std::this_thread::yield();
    }
  }

  void an_answer_is_used_for_its_lifetime_and_no_longer() {
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask());
    pass(Seconds(30));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask());
    pass(Seconds(30));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), ask());
    CPPUNIT_ASSERT_EQUAL(std::string("2"), ask());
  }

  void that_there_is_none_is_an_answer() {
    CPPUNIT_ASSERT(!cache_->user("nobody", patience()).known);
    CPPUNIT_ASSERT(!cache_->user("nobody", patience()).known);
    CPPUNIT_ASSERT(!cache_->domain("nobody", patience()).known);
    CPPUNIT_ASSERT(!cache_->domain("nobody", patience()).known);
    CPPUNIT_ASSERT_EQUAL(2, db_->calls.load());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, cache_->entries());
  }

  // The answer may lack a change made while it was on its way.
  void a_lifetime_begins_before_the_question() {
    make({.timeout = Seconds(3600)});
    db_->held = true;
    auto asked = std::async(std::launch::async, [&] { return ask(); });
    wait_until([&] { return db_->inside == 1; });
    pass(Seconds(30));
    db_->held = false;
    CPPUNIT_ASSERT_EQUAL(std::string("1"), asked.get());
    pass(Seconds(30));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), ask());
  }

  void the_least_recently_used_goes() {
    make({.max_entries = 3});
    for (const char* name : {"a", "b", "c", "a", "d"}) ask(name);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, cache_->entries());
    CPPUNIT_ASSERT_EQUAL(4, db_->calls.load());
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask("a"));
    CPPUNIT_ASSERT_EQUAL(std::string("3"), ask("c"));
    CPPUNIT_ASSERT_EQUAL(std::string("5"), ask("b"));
  }

  void old_answers_serve_while_the_database_fails_until_they_are_stale() {
    make({.ttl = Seconds(60), .stale_ttl = Seconds(600)});
    ask();
    db_->down = true;
    pass(Seconds(500));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask());
    CPPUNIT_ASSERT_THROW(ask("unknown"), BackendError);
    pass(Seconds(100));
    CPPUNIT_ASSERT_THROW(ask(), BackendError);
    pass(Seconds(1));
    db_->down = false;
    CPPUNIT_ASSERT(ask() != "1");
  }

  // Even if there is an old answer.
  void a_load_has_the_whole_time_of_the_database_and_no_more() {
    make({.timeout = Seconds(100)});
    ask();
    CPPUNIT_ASSERT(db_->given.load() <= Seconds(100) && db_->given.load() > Seconds(60));
    pass(Seconds(60));
    ask();
    CPPUNIT_ASSERT(db_->given.load() <= Seconds(100) && db_->given.load() > Seconds(60));
    CPPUNIT_ASSERT_EQUAL(2, db_->calls.load());
    cache_->user("jim", Deadline(Milliseconds(300)));
    CPPUNIT_ASSERT(db_->given.load() <= Milliseconds(300));
  }

  void it_says_once_that_the_database_went_and_once_that_it_is_back() {
    ask();
    db_->down = true;
    pass(Seconds(60));
    for (int i = 0; i < 5; ++i) {
      ask();
      pass(Seconds(1));
    }
    CPPUNIT_ASSERT_EQUAL(1, log_.seen[Event::BackendFailed]);
    CPPUNIT_ASSERT_EQUAL(0, log_.seen[Event::BackendRecovered]);
    db_->down = false;
    ask();
    ask("jim");
    CPPUNIT_ASSERT_EQUAL(1, log_.seen[Event::BackendFailed]);
    CPPUNIT_ASSERT_EQUAL(1, log_.seen[Event::BackendRecovered]);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, log_.failures);
  }

  // For example, the table of users is unreadable while that of domains is readable.
  void users_and_domains_by_turns_are_one_failure() {
    for (int i = 0; i < 50; ++i) {
      db_->down = true;
      CPPUNIT_ASSERT_THROW(cache_->user("u" + std::to_string(i), patience()), BackendError);
      db_->down = false;
      cache_->domain("d" + std::to_string(i), patience());
    }
    CPPUNIT_ASSERT_EQUAL(1, log_.seen[Event::BackendFailed]);
    CPPUNIT_ASSERT_EQUAL(0, log_.seen[Event::BackendRecovered]);
    cache_->user("joe", patience());
    CPPUNIT_ASSERT_EQUAL(1, log_.seen[Event::BackendRecovered]);
  }

  void one_of_many_callers_loads_a_name() {
    db_->held = true;
    std::vector<std::future<std::string>> callers;
    callers.reserve(8);
    for (int i = 0; i < 8; ++i) callers.push_back(std::async(std::launch::async, [&] { return ask(); }));
    wait_until([&] { return db_->inside == 1; });
    // It does not hold up another name.
    auto other = std::async(std::launch::async, [&] { return ask("jim"); });
    wait_until([&] { return db_->inside == 2; });
    db_->held = false;
    for (auto& caller : callers) CPPUNIT_ASSERT_EQUAL(std::string("1"), caller.get());
    CPPUNIT_ASSERT_EQUAL(std::string("2"), other.get());
    CPPUNIT_ASSERT_EQUAL(2, db_->calls.load());
  }

  void callers_with_an_old_answer_do_not_wait_for_the_one_who_loads() {
    ask();
    pass(Seconds(60));
    db_->held = true;
    auto loader = std::async(std::launch::async, [&] { return ask(); });
    wait_until([&] { return db_->inside == 1; });
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask());
    db_->held = false;
    CPPUNIT_ASSERT_EQUAL(std::string("2"), loader.get());
  }

  void who_waits_gives_up_at_his_deadline() {
    db_->held = true;
    auto loader = std::async(std::launch::async, [&] { return ask(); });
    wait_until([&] { return db_->inside == 1; });
    CPPUNIT_ASSERT_THROW(cache_->user("joe", Deadline(Milliseconds(10))), BackendError);
    db_->held = false;
    CPPUNIT_ASSERT_EQUAL(std::string("1"), loader.get());
  }

  void expired_answers_serve_while_the_database_fails() {
    make({.ttl = Seconds(60), .stale_ttl = Seconds(600)});
    ask();
    cache_->domain("example.com", patience());
    db_->down = true;
    cache_->expire();
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask());
    cache_->domain("example.com", patience());
    pass(Seconds(500));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask());
    pass(Seconds(100));
    CPPUNIT_ASSERT_THROW(ask(), BackendError);
  }

  void who_asks_after_an_expiry_gets_what_is_so_now() {
    ask("jim");
    db_->held = true;
    auto loader = std::async(std::launch::async, [&] { return ask(); });
    wait_until([&] { return db_->inside == 1; });
    auto waiter = std::async(std::launch::async, [&] { return ask(); });
    cache_->expire();
    // This includes callers that already waited.
    auto later = std::async(std::launch::async, [&] { return ask(); });
    wait_until([&] { return db_->inside == 2; });
    db_->held = false;
    CPPUNIT_ASSERT_EQUAL(std::string("2"), loader.get());
    CPPUNIT_ASSERT_EQUAL(std::string("3"), waiter.get());
    CPPUNIT_ASSERT_EQUAL(std::string("3"), later.get());
    CPPUNIT_ASSERT_EQUAL(std::string("3"), ask());
    CPPUNIT_ASSERT_EQUAL(std::string("4"), ask("jim"));
  }

  void what_was_asked_before_an_expiry_is_old_but_known() {
    db_->held = true;
    auto loader = std::async(std::launch::async, [&] { return ask(); });
    wait_until([&] { return db_->inside == 1; });
    cache_->expire();
    db_->held = false;
    CPPUNIT_ASSERT_EQUAL(std::string("1"), loader.get());
    db_->down = true;
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ask());
    pass(Seconds(1));
    db_->down = false;
    CPPUNIT_ASSERT_EQUAL(std::string("3"), ask());
  }

  void threads_of_all_kinds_get_along() {
    make({.ttl = Milliseconds(5), .stale_ttl = Milliseconds(50), .max_entries = 10});
    std::vector<std::future<void>> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t)
      threads.push_back(std::async(std::launch::async, [&, t] {
        for (int i = 0; i < 2000; ++i) {
          if (t == 0 && i % 100 == 0) cache_->expire();
          if (t == 1 && i % 50 == 0) db_->down = i % 100 == 0;
          if (t == 2) pass(Milliseconds(1));
          try {
            const std::string name = "user" + std::to_string(i % 20);
            CPPUNIT_ASSERT(cache_->user(name, patience()).known);
            cache_->domain(name, patience());
          } catch (const BackendError&) {
            // Expected while it is down.
          }
        }
      }));
    for (auto& thread : threads) thread.get();
    CPPUNIT_ASSERT(cache_->entries() <= 20);
  }

  Events log_;
  FakeDb* db_ = nullptr;
  std::unique_ptr<CachedPolicyDb> cache_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(PolicyCacheTest);
