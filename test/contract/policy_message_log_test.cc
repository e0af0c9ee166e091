// SPDX-License-Identifier: BSD-2-Clause
// MessageLog over a scripted table.
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "store/policydb/message_log.h"
#include "store/sql/sql.h"

using namespace mailreeve;

namespace {

struct FixedClock final : Clock {
  TimePoint now() const override { return from_millis(1'700'000'000'000); }
};

// The rows written, and when to fail or hang.
struct FakeTable {
  std::mutex mutex;
  std::vector<std::string> written;
  std::size_t largest = 0;
  std::vector<TimePoint> purges;
  std::atomic<bool> down{false};
  std::atomic<bool> held{false};
  std::atomic<int> calls{0};
  std::atomic<std::size_t> room{1'000'000};  // rows that a call can take
  std::atomic<bool> missing{false};
  std::string unfit;                // a user whose row always fails
  std::atomic<std::size_t> old{0};  // rows left for a purge

  MessageWrites writes() {
    return {.append =
                [this](std::span<const MessageRecord> records, Deadline deadline) {
                  ++calls;
                  while (held && !deadline.passed()) std::this_thread::yield();
                  if (down || held || records.size() > room) throw BackendError("down");
                  if (missing) throw SqlError(SqlError::Kind::Missing, "no such table");
                  for (const auto& record : records)
                    if (record.user == unfit) throw SqlError(SqlError::Kind::Unfit, "unfit");
                  const std::lock_guard lock(mutex);
                  largest = std::max(largest, records.size());
                  for (const auto& record : records) written.push_back(record.user);
                },
            .purge =
                [this](TimePoint before, std::size_t most, Deadline /*deadline*/) {
                  const std::lock_guard lock(mutex);
                  purges.push_back(before);
                  if (down || std::min(most, old.load()) > room) throw BackendError("down");
                  if (missing) throw SqlError(SqlError::Kind::Missing, "no such table");
                  const std::size_t taken = std::min(most, old.load());
                  old -= taken;
                  return taken;
                }};
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex);
    return written;
  }
};

class Events final : public Log {
 public:
  bool wants(Severity /*severity*/) const override { return true; }
  void write(Event event, std::span<const Field> fields) override {
    const std::lock_guard lock(mutex_);
    std::string line(row_of(event).name);
    for (const auto& field : fields) {
      const auto* text = std::get_if<std::string_view>(&field.value);
      line += " " + std::string(field.name) + "=" +
              (text != nullptr ? std::string(*text) : std::to_string(std::get<std::int64_t>(field.value)));
    }
    seen_.push_back(line);
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

MessageRecord record(int number) {
  MessageRecord record;
  record.user = std::to_string(number);
  return record;
}

Deadline patience() { return Deadline(Milliseconds(30'000)); }

}  // namespace

class MessageLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MessageLogTest);
  CPPUNIT_TEST(everything_is_written_in_order_and_in_batches);
  CPPUNIT_TEST(what_comes_soon_after_the_first_is_written_with_it);
  CPPUNIT_TEST(a_failing_table_gets_the_same_batch_again);
  CPPUNIT_TEST(a_hanging_table_delays_nobody_and_the_oldest_give_way);
  CPPUNIT_TEST(what_waits_is_bounded_in_octets_too);
  CPPUNIT_TEST(a_row_that_can_never_be_written_keeps_out_no_other);
  CPPUNIT_TEST(flush_gives_up_at_its_deadline_and_tries_at_once);
  CPPUNIT_TEST(a_batch_is_halved_until_it_gets_through);
  CPPUNIT_TEST(what_is_left_at_the_end_is_lost_and_the_log_is_told);
  CPPUNIT_TEST(an_end_that_loses_nothing_says_nothing);
  CPPUNIT_TEST(while_the_table_is_missing_nothing_is_kept_for_it);
  CPPUNIT_TEST(what_is_too_old_goes_in_steps);
  CPPUNIT_TEST(a_purge_that_fails_is_told_once_and_takes_less);
  CPPUNIT_TEST(without_a_retention_nothing_is_purged);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { table_ = std::make_unique<FakeTable>(); }

 private:
  std::unique_ptr<MessageLog> make(const MessageLog::Settings& settings) {
    return std::make_unique<MessageLog>(table_->writes(), settings, clock_, log_);
  }
  template <class Condition>
  static void wait_until(Condition condition) {
    const Deadline end = patience();
    while (!condition()) {
      CPPUNIT_ASSERT(!end.passed());
      std::this_thread::yield();
    }
  }

  void everything_is_written_in_order_and_in_batches() {
    const auto log = make({.batch = 50});
    for (int i = 0; i < 1000; ++i) log->add(record(i));
    CPPUNIT_ASSERT(log->flush(patience()));
    const auto seen = table_->seen();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, seen.size());
    for (std::size_t i = 0; i < seen.size(); ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(i), seen[i]);
    CPPUNIT_ASSERT(table_->largest <= 50);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, log->waiting());
    CPPUNIT_ASSERT(log_.seen().empty());
  }

  void what_comes_soon_after_the_first_is_written_with_it() {
    const auto log = make({.batch = 3, .gather = Milliseconds(3'600'000)});
    for (int i = 0; i < 3; ++i) {
      log->add(record(i));
      for (int turn = 0; turn < 1000; ++turn) std::this_thread::yield();
    }
    wait_until([&] { return log->waiting() == 0; });
    CPPUNIT_ASSERT_EQUAL(1, table_->calls.load());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, table_->largest);
    // Nobody who asks for it waits so long.
    log->add(record(3));
    CPPUNIT_ASSERT(log->flush(patience()));
    CPPUNIT_ASSERT_EQUAL(2, table_->calls.load());
  }

  void a_failing_table_gets_the_same_batch_again() {
    table_->down = true;
    const auto log = make({.pause = Milliseconds(1)});
    for (int i = 0; i < 10; ++i) log->add(record(i));
    wait_until([&] { return table_->calls >= 3; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, log->waiting());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log_.seen().size());
    CPPUNIT_ASSERT(log_.seen()[0].starts_with("backend-failed backend=messages error="));
    table_->down = false;
    CPPUNIT_ASSERT(log->flush(patience()));
    wait_until([&] { return log_.seen().size() == 2; });
    CPPUNIT_ASSERT(log_.seen()[1].starts_with("backend-recovered backend=messages failures="));
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, table_->seen().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, log->lost());
  }

  void a_hanging_table_delays_nobody_and_the_oldest_give_way() {
    table_->held = true;
    const auto log = make({.queue = 100, .batch = 10, .call = Milliseconds(30'000)});
    log->add(record(0));
    wait_until([&] { return table_->calls == 1; });
    for (int i = 1; i <= 150; ++i) log->add(record(i));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{50}, log->lost());
    CPPUNIT_ASSERT_EQUAL(std::size_t{101}, log->waiting());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log_.seen().size());
    table_->held = false;
    CPPUNIT_ASSERT(log->flush(patience()));
    wait_until([&] { return log_.seen().size() == 2; });
    CPPUNIT_ASSERT_EQUAL(std::string("messages-lost waiting=100"), log_.seen()[0]);
    CPPUNIT_ASSERT_EQUAL(std::string("messages-lost lost=50"), log_.seen()[1]);
    const auto seen = table_->seen();
    CPPUNIT_ASSERT_EQUAL(std::size_t{101}, seen.size());
    CPPUNIT_ASSERT_EQUAL(std::string("0"), seen[0]);
    CPPUNIT_ASSERT_EQUAL(std::string("51"), seen[1]);
  }

  void what_waits_is_bounded_in_octets_too() {
    table_->held = true;
    const auto log = make({.octets = 1000, .batch = 10, .call = Milliseconds(30'000)});
    log->add(record(0));
    wait_until([&] { return table_->calls == 1; });
    for (int i = 1; i <= 20; ++i) {
      MessageRecord large = record(i);
      large.addresses.assign(100, 'a');
      log->add(large);
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{10}, log->lost());
    MessageRecord huge = record(21);
    huge.addresses.assign(2000, 'a');
    log->add(huge);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{21}, log->lost());
    table_->held = false;
    CPPUNIT_ASSERT(log->flush(patience()));
    for (int i = 30; i < 40; ++i) {
      MessageRecord large = record(i);
      large.addresses.assign(100, 'a');
      log->add(large);
    }
    CPPUNIT_ASSERT(log->flush(patience()));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{21}, log->lost());
    CPPUNIT_ASSERT_EQUAL(std::size_t{11}, table_->seen().size());
  }

  void a_row_that_can_never_be_written_keeps_out_no_other() {
    table_->unfit = "7";
    table_->held = true;
    const auto log = make({.batch = 8, .pause = Milliseconds(1), .call = Milliseconds(30'000)});
    for (int i = 0; i < 20; ++i) log->add(record(i));
    table_->held = false;
    wait_until([&] { return log->waiting() == 0; });
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, log->lost());
    const auto seen = table_->seen();
    CPPUNIT_ASSERT_EQUAL(std::size_t{19}, seen.size());
    CPPUNIT_ASSERT_EQUAL(std::string("8"), seen[7]);
    wait_until([&] { return log_.seen().size() == 3; });
    CPPUNIT_ASSERT_EQUAL(std::string("backend-failed backend=messages error=unfit"), log_.seen()[0]);
    CPPUNIT_ASSERT_EQUAL(std::string("messages-lost lost=1"), log_.seen()[1]);
    CPPUNIT_ASSERT(log_.seen()[2].starts_with("backend-recovered backend=messages "));
  }

  void flush_gives_up_at_its_deadline_and_tries_at_once() {
    table_->down = true;
    const auto log = make({.pause = std::chrono::hours(1)});
    log->add(record(1));
    wait_until([&] { return table_->calls == 1; });
    CPPUNIT_ASSERT(!log->flush(Deadline(Milliseconds(10))));
    table_->down = false;
    CPPUNIT_ASSERT(log->flush(patience()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, table_->seen().size());
  }

  void a_batch_is_halved_until_it_gets_through() {
    table_->room = 7;
    const auto log = make({.batch = 50, .pause = Milliseconds(1)});
    for (int i = 0; i < 100; ++i) log->add(record(i));
    wait_until([&] { return log_.seen().size() == 2; });
    CPPUNIT_ASSERT(log_.seen()[0].starts_with("backend-failed"));
    CPPUNIT_ASSERT(log_.seen()[1].starts_with("backend-recovered"));
    const auto seen = table_->seen();
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, seen.size());
    for (std::size_t i = 0; i < seen.size(); ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(i), seen[i]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, log->lost());
  }

  void what_is_left_at_the_end_is_lost_and_the_log_is_told() {
    table_->down = true;
    const auto log = make({.pause = Milliseconds(1)});
    for (int i = 0; i < 10; ++i) log->add(record(i));
    log->finish(Deadline(Milliseconds(10)));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{10}, log->lost());
    CPPUNIT_ASSERT_EQUAL(std::string("messages-lost lost=10"), log_.seen().back());
  }

  void an_end_that_loses_nothing_says_nothing() {
    const auto log = make({});
    for (int i = 0; i < 10; ++i) log->add(record(i));
    log->finish(patience());
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, table_->seen().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, log->lost());
    CPPUNIT_ASSERT(log_.seen().empty());
  }

  // Reporting the missing table is up to the daemon.
  void while_the_table_is_missing_nothing_is_kept_for_it() {
    table_->missing = true;
    const auto log = make({.look_every = Milliseconds(50)});
    for (int i = 0; i < 10; ++i) log->add(record(i));
    wait_until([&] { return log->lost() == 10; });
    CPPUNIT_ASSERT(log->missing());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, log->waiting());
    CPPUNIT_ASSERT(log_.seen().empty());
    table_->missing = false;
    // After a while, the next message makes it check again.
    std::uint64_t lost = 10;
    wait_until([&] {
      log->add(record(10));
      CPPUNIT_ASSERT(log->flush(patience()));
      lost += table_->seen().empty() ? 1 : 0;
      return !table_->seen().empty();
    });
    CPPUNIT_ASSERT(!log->missing());
    CPPUNIT_ASSERT_EQUAL(lost, log->lost());
    wait_until([&] { return !log_.seen().empty(); });
    CPPUNIT_ASSERT_EQUAL("messages-lost lost=" + std::to_string(lost), log_.seen().back());
  }

  void a_purge_that_fails_is_told_once_and_takes_less() {
    table_->old = 600;
    table_->room = 100;
    const auto log = make({.retention_days = 7, .purge_every = Milliseconds(1)});
    wait_until([&] { return table_->old == 0; });
    CPPUNIT_ASSERT(table_->purges.size() > 8);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log_.seen().size());
    CPPUNIT_ASSERT_EQUAL(std::string("store-trouble backend=messages error=down"), log_.seen()[0]);
  }

  void what_is_too_old_goes_in_steps() {
    table_->old = 1200;
    const auto log = make({.retention_days = 7, .purge_every = std::chrono::hours(1)});
    wait_until([&] { return table_->old == 0; });
    const std::lock_guard lock(table_->mutex);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, table_->purges.size());
    CPPUNIT_ASSERT(table_->purges[0] == clock_.now() - std::chrono::days(7));
  }

  void without_a_retention_nothing_is_purged() {
    const auto log = make({.purge_every = Milliseconds(1)});
    for (int i = 0; i < 10; ++i) {
      log->add(record(i));
      CPPUNIT_ASSERT(log->flush(patience()));
    }
    const std::lock_guard lock(table_->mutex);
    CPPUNIT_ASSERT(table_->purges.empty());
  }

  FixedClock clock_;
  Events log_;
  std::unique_ptr<FakeTable> table_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(MessageLogTest);
