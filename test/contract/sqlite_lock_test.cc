// SPDX-License-Identifier: BSD-2-Clause
// A file locked by another process: few callers wait for it, and not for long.
#include <cppunit/extensions/HelperMacros.h>

#include <thread>
#include <vector>

#include "store/state/sqlite_store.h"
#include "test/contract/program.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

namespace {

constexpr Milliseconds kTimeout{1000};
// No caller that is served or turned away needs this long.
constexpr Milliseconds kWait{500};
// Longer than any call may take on a busy machine.
constexpr Milliseconds kDeadline{60000};
const TimePoint kNow = from_millis(1'700'000'000'000);

Approach numbered(int number) {
  return {.client = "192.0.2.0/24", .sender = std::to_string(number), .recipient = "r"};
}

// The results of many calls.
struct Tally {
  int calls = 0;
  int failed = 0;
  int waited = 0;
  std::string text() const {
    return std::to_string(calls) + " calls, " + std::to_string(failed) + " failed, " +
           std::to_string(waited) + " waited";
  }
};

template <class Call>
void count(Guarded<Tally>& sum, Call call) {
  const auto begun = std::chrono::steady_clock::now();
  bool failed = false;
  try {
    call();
  } catch (const BackendError&) {
    failed = true;
  }
  const bool waited = std::chrono::steady_clock::now() - begun >= kWait;
  auto tally = sum.lock();
  ++tally->calls;
  tally->failed += failed ? 1 : 0;
  tally->waited += waited ? 1 : 0;
}

// Calls from `threads` threads repeatedly for `span`; once if `span` is 0.
template <class Call>
Tally besiege(int threads, Milliseconds span, Call call) {
  Guarded<Tally> sum;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&, i] {
      const Deadline end(span);
      do {
        count(sum, [&] { call(i); });
        std::this_thread::sleep_for(Milliseconds(1));
      } while (!end.passed());
    });
  for (auto& thread : running) thread.join();
  return *sum.lock();
}

}  // namespace

class SqliteLockTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SqliteLockTest);
  CPPUNIT_TEST(changes_of_a_locked_file_are_tried_by_one_caller_at_a_time);
  CPPUNIT_TEST(many_at_once_wait_together);
  CPPUNIT_TEST(lookups_of_a_file_that_another_has_for_itself_are_tried_by_one_at_a_time);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  const std::string path_ = directory_.file("state.db");

  static Passage come(SqliteStore& store, int number) {
    return store.approach(numbered(number), {}, kNow, Deadline(kDeadline));
  }
  static void assert_recovers(SqliteStore& store) {
    for (const Deadline end(Milliseconds(20000)); !end.passed();) {
      try {
        come(store, -1);
        return;
      } catch (const BackendError&) {
        std::this_thread::sleep_for(Milliseconds(10));
      }
    }
    CPPUNIT_FAIL("no recovery");
  }

  void changes_of_a_locked_file_are_tried_by_one_caller_at_a_time() {
    SqliteStore store(path_, {.timeout = kTimeout});
    come(store, 0);
    Program locker({"store_crash_child", "lock", path_});
    CPPUNIT_ASSERT_EQUAL(std::string("locked\n"), locker.read_line());
    besiege(8, kTimeout, [&](int i) { come(store, i + 1); });
    const Tally later = besiege(8, Milliseconds(3000), [&](int i) { come(store, i + 1); });
    CPPUNIT_ASSERT_MESSAGE(later.text(), later.waited <= 5);
    CPPUNIT_ASSERT_MESSAGE(later.text(), later.calls > 100 && later.failed == later.calls);
    // Reads are not locked out.
    CPPUNIT_ASSERT(come(store, 0).kind == Passage::Kind::Early);
    locker.close_input();
    assert_recovers(store);
  }

  // Not one after another: the writing thread gives up for all of them.
  void many_at_once_wait_together() {
    SqliteStore store(path_, {.timeout = kTimeout});
    Program locker({"store_crash_child", "lock", path_});
    CPPUNIT_ASSERT_EQUAL(std::string("locked\n"), locker.read_line());
    const auto begun = std::chrono::steady_clock::now();
    const Tally all = besiege(20, Milliseconds(0), [&](int i) { come(store, i); });
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begun < 10 * kTimeout);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(all.text(), 20, all.failed);
    locker.close_input();
    assert_recovers(store);
  }

  void lookups_of_a_file_that_another_has_for_itself_are_tried_by_one_at_a_time() {
    open_sqlite_file(path_, state_format());
    Program owner({"store_crash_child", "own", path_});
    CPPUNIT_ASSERT_EQUAL(std::string("locked\n"), owner.read_line());
    SqliteReaderPool readers(path_, 16, kTimeout);
    const auto look = [&](int i) {
      readers.with(Deadline(kDeadline), [&](SqliteReader& tables) { return tables.find(numbered(i)); });
    };
    besiege(8, kTimeout, look);
    const Tally later = besiege(8, Milliseconds(3000), look);
    CPPUNIT_ASSERT_MESSAGE(later.text(), later.waited <= 5);
    CPPUNIT_ASSERT_MESSAGE(later.text(), later.calls > 100 && later.failed == later.calls);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteLockTest);
