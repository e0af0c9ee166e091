// SPDX-License-Identifier: BSD-2-Clause
#include "store/watched_store.h"

#include <cppunit/extensions/HelperMacros.h>

#include <vector>

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
