// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_reader_pool.h"

#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <future>

#include "test/contract/temp_directory.h"

using namespace mailreeve;

namespace {

const TimePoint kNow = from_millis(1'700'000'000'000);

// The number of clients in the file distinguishes one file from another.
void make_file(const std::string& path, std::size_t clients) {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  auto connection = open_sqlite_file(path, state_format());
  for (std::size_t i = 0; i < clients; ++i)
    connection.execute(
        ("INSERT INTO client VALUES ('" + std::to_string(i) + "', 1, 9000000000000000)").c_str());
}

constexpr Milliseconds kPatient{30000};

Deadline in(int millis) { return Deadline(Milliseconds(millis)); }

}  // namespace

class SqliteReaderPoolTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SqliteReaderPoolTest);
  CPPUNIT_TEST(readers_are_bounded);
  CPPUNIT_TEST(who_waits_is_next);
  CPPUNIT_TEST(a_reader_that_failed_is_not_used_again);
  CPPUNIT_TEST(forgotten_readers_are_not_used_again);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  const std::string path_ = directory_.file("state.db");

  static std::size_t clients(SqliteReader& tables) { return tables.size(kNow).clients; }

  void readers_are_bounded() {
    make_file(path_, 1);
    SqliteReaderPool readers(path_, 2, kPatient);
    readers.with(in(30000), [&](SqliteReader& first) {
      return readers.with(in(30000), [&](SqliteReader& second) {
        CPPUNIT_ASSERT(&first != &second);
        CPPUNIT_ASSERT_THROW(readers.with(in(10), clients), BackendError);
        return 0;
      });
    });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, readers.with(in(10), clients));
  }

  void who_waits_is_next() {
    make_file(path_, 1);
    SqliteReaderPool readers(path_, 1, kPatient);
    std::future<std::size_t> waiting;
    readers.with(in(30000), [&](SqliteReader&) {
      waiting = std::async(std::launch::async, [&] { return readers.with(in(30000), clients); });
      return waiting.wait_for(Milliseconds(50)) == std::future_status::ready;
    });
    CPPUNIT_ASSERT(waiting.wait_for(Seconds(10)) == std::future_status::ready);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, waiting.get());
  }

  void a_reader_that_failed_is_not_used_again() {
    make_file(path_, 1);
    SqliteReaderPool readers(path_, 1, kPatient);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, readers.with(in(30000), clients));
    CPPUNIT_ASSERT_THROW(
        readers.with(in(30000), [](SqliteReader&) -> int { throw SqliteError("disk I/O error", 10); }),
        BackendError);
    make_file(path_, 2);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, readers.with(in(30000), clients));
  }

  void forgotten_readers_are_not_used_again() {
    make_file(path_, 1);
    SqliteReaderPool readers(path_, 2, kPatient);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, readers.with(in(30000), clients));
    make_file(path_, 2);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, readers.with(in(30000), clients));
    readers.forget();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, readers.with(in(30000), clients));
    // Nor are readers that are lent out at that moment.
    make_file(path_, 3);
    readers.with(in(30000), [&](SqliteReader&) {
      readers.forget();
      return 0;
    });
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, readers.with(in(30000), clients));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteReaderPoolTest);
