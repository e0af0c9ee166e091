// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/watched_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include <vector>

#include "test/steady_clock_shift.h"
#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

class Events final : public Log {
 public:
  std::vector<Event> seen;
  std::int64_t failures = 0;
  bool wants(Severity) const override { return true; }
  void write(Event event, std::span<const Field> fields) override {
    seen.push_back(event);
    for (const auto& field : fields)
      if (field.name == "failures") failures = std::get<std::int64_t>(field.value);
  }
};

}  // namespace

class WatchedStoreTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WatchedStoreTest);
  CPPUNIT_TEST(one_line_when_it_goes_and_one_when_it_is_back);
  CPPUNIT_TEST(one_kind_of_call_says_nothing_of_another);
  CPPUNIT_TEST(reading_says_nothing_of_writing);
  CPPUNIT_TEST(what_fails_and_works_by_turns_is_not_told_each_time);
  CPPUNIT_TEST(what_relapses_is_doubted_for_longer_each_time);
  CPPUNIT_TEST(who_had_no_time_blames_nobody);
  CPPUNIT_TEST(what_the_store_says_is_passed_on);
  CPPUNIT_TEST_SUITE_END();

  void one_line_when_it_goes_and_one_when_it_is_back() {
    Events log;
    auto inner = std::make_unique<FakeStore>();
    FakeStore& fake = *inner;
    WatchedStore store(std::move(inner), "state", log);
    const auto ask = [&] { store.approach({}, {}, TimePoint(), Deadline(Milliseconds(1000))); };
    ask();
    fake.down = true;
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_THROW(ask(), BackendError);
    CPPUNIT_ASSERT(log.seen == std::vector{Event::BackendFailed});
    fake.down = false;
    // What can still be read proves nothing.
    fake.next.kind = Passage::Kind::Known;
    ask();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log.seen.size());
    fake.next.kind = Passage::Kind::New;
    ask();
    ask();
    CPPUNIT_ASSERT((log.seen == std::vector{Event::BackendFailed, Event::BackendRecovered}));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, log.failures);
    fake.down = true;
    CPPUNIT_ASSERT_THROW(ask(), BackendError);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, log.seen.size());
  }

  // A store of which each call fails or not.
  struct Mixed {
    Events log;
    FakeStore* fake = nullptr;
    WatchedStore store;
    Mixed() : store(make(fake), "state", log) {}

    static std::unique_ptr<StateStore> make(FakeStore*& fake) {
      auto inner = std::make_unique<FakeStore>();
      fake = inner.get();
      return inner;
    }
    static Deadline patience() { return Deadline(Milliseconds(30000)); }
    void approach(bool fails) {
      fake->down = fails;
      fake->next.kind = Passage::Kind::New;
      try {
        store.approach({}, {}, TimePoint(), patience());
      } catch (const BackendError&) {
      }
    }
    void charge(bool fails, std::int64_t recipients) {
      fake->down = fails;
      try {
        store.charge("alice", {}, recipients, TimePoint(), patience());
      } catch (const BackendError&) {
      }
    }
  };

  void one_kind_of_call_says_nothing_of_another() {
    Mixed mixed;
    for (int i = 0; i < 50; ++i) {
      mixed.approach(true);
      mixed.charge(false, 1);
    }
    CPPUNIT_ASSERT(mixed.log.seen == std::vector{Event::BackendFailed});
    CPPUNIT_ASSERT_EQUAL(std::int64_t{50}, mixed.store.failures());
    mixed.approach(false);
    CPPUNIT_ASSERT((mixed.log.seen == std::vector{Event::BackendFailed, Event::BackendRecovered}));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{50}, mixed.log.failures);
  }

  void reading_says_nothing_of_writing() {
    Mixed mixed;
    for (int i = 0; i < 50; ++i) {
      mixed.charge(true, 0);
      mixed.charge(false, 1);
    }
    CPPUNIT_ASSERT(mixed.log.seen == std::vector{Event::BackendFailed});
    mixed.charge(true, 1);
    mixed.charge(false, 0);
    CPPUNIT_ASSERT(mixed.log.seen == std::vector{Event::BackendFailed});
    mixed.charge(false, 1);
    CPPUNIT_ASSERT((mixed.log.seen == std::vector{Event::BackendFailed, Event::BackendRecovered}));
  }

  // A damaged page, say, that only some mail needs.
  void what_fails_and_works_by_turns_is_not_told_each_time() {
    Mixed mixed;
    for (int i = 0; i < 50; ++i) {
      mixed.approach(true);
      mixed.approach(false);
    }
    CPPUNIT_ASSERT(
        (mixed.log.seen == std::vector{Event::BackendFailed, Event::BackendRecovered, Event::BackendFailed}));
  }

  void what_relapses_is_doubted_for_longer_each_time() {
    Mixed mixed;
    mixed.approach(true);
    mixed.approach(false);
    std::size_t told = 2;
    for (const Seconds doubt : {Seconds(3), Seconds(6), Seconds(12), Seconds(24), Seconds(48)}) {
      mixed.approach(true);
      SteadyClockShift::advance(doubt);
      mixed.approach(false);
      CPPUNIT_ASSERT_EQUAL(told += 2, mixed.log.seen.size());
    }
    mixed.approach(true);
    SteadyClockShift::advance(Seconds(48));
    mixed.approach(false);
    CPPUNIT_ASSERT_EQUAL(told + 1, mixed.log.seen.size());
    SteadyClockShift::advance(Seconds(48));
    mixed.approach(false);
    CPPUNIT_ASSERT_EQUAL(told + 2, mixed.log.seen.size());
    // It has been well for so long that its past is forgotten.
    SteadyClockShift::advance(Seconds(60 + 96));
    mixed.approach(true);
    mixed.approach(false);
    CPPUNIT_ASSERT_EQUAL(told + 4, mixed.log.seen.size());
  }

  void who_had_no_time_blames_nobody() {
    Mixed mixed;
    mixed.fake->down = true;
    CPPUNIT_ASSERT_THROW(mixed.store.approach({}, {}, TimePoint(), Deadline(Milliseconds(0))), BackendError);
    CPPUNIT_ASSERT(mixed.log.seen.empty());
  }

  void what_the_store_says_is_passed_on() {
    Events log;
    auto inner = std::make_unique<FakeStore>();
    inner->next = {.kind = Passage::Kind::Known, .waited = Seconds(7)};
    FakeStore& fake = *inner;
    WatchedStore store(std::move(inner), "state", log);
    const Passage passage = store.approach({.client = "c", .sender = "s", .recipient = "r"}, {}, TimePoint(),
                                           Deadline(Milliseconds(1000)));
    CPPUNIT_ASSERT(passage.kind == Passage::Kind::Known);
    CPPUNIT_ASSERT_EQUAL(std::string("s"), fake.asked.at(0).sender);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WatchedStoreTest);
