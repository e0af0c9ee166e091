// SPDX-License-Identifier: BSD-2-Clause
// A process that is killed at any moment under load loses nothing that it has
// answered, and leaves a sound file.
#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <random>
#include <sstream>
#include <vector>

#include "store/sql/sqlite_file.h"
#include "store/state/sqlite_store.h"
#include "test/contract/crash_record.h"
#include "test/contract/program.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

namespace {

// For a busy machine: no test depends on this wait.
const SqliteStore::Options kPatient{.timeout = Milliseconds(30000)};

}  // namespace

class CrashTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CrashTest);
  CPPUNIT_TEST(what_was_answered_is_there_after_a_kill);
  CPPUNIT_TEST(a_kill_while_the_file_is_made_leaves_a_usable_one);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  const std::string path_ = directory_.file("state.db");
  std::mt19937 random_{20190312};  // NOLINT(cert-msc32-c,cert-msc51-cpp): any

  // Lets a child change the store, and kills it some time after its first
  // answer. Returns the answers that it reported.
  std::vector<CrashRecord> kill_one(int round) {
    Program child({"store_crash_child", "hammer", path_, std::to_string(round)});
    std::string said = child.read_line();
    said += child.read_for(Milliseconds(random_() % 200));
    child.kill();
    said += child.read_to_end();
    std::vector<CrashRecord> records;
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) records.push_back(crash_record(line));
    return records;
  }

  void assert_sound() {
    auto connection = open_sqlite_file(path_, state_format());
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), connection.text("PRAGMA integrity_check"));
    // Both clients are counted, or neither.
    CPPUNIT_ASSERT_EQUAL(connection.number("SELECT sum(passes) FROM client WHERE client LIKE '10.%'"),
                         connection.number("SELECT sum(passes) FROM client WHERE client LIKE 'net.%'"));
    CPPUNIT_ASSERT_EQUAL(connection.number("SELECT count(*) FROM greylist WHERE passed"),
                         connection.number("SELECT passed FROM size"));
    CPPUNIT_ASSERT_EQUAL(connection.number("SELECT count(*) FROM greylist WHERE NOT passed"),
                         connection.number("SELECT pending FROM size"));
  }

  void assert_there(const std::vector<CrashRecord>& records) {
    SqliteReader tables(open_sqlite_reader(path_, Milliseconds(30000)));
    for (const auto& record : records) {
      const auto stored = tables.find(record.approach());
      CPPUNIT_ASSERT_MESSAGE(to_line(record), stored.tuple.has_value());
      CPPUNIT_ASSERT_MESSAGE(to_line(record), stored.tuple->passed || !record.passed);
    }
  }

  void what_was_answered_is_there_after_a_kill() {
    std::vector<CrashRecord> all;
    for (int round = 0; round < 25; ++round) {
      const auto records = kill_one(round);
      CPPUNIT_ASSERT(!records.empty());
      all.insert(all.end(), records.begin(), records.end());
      // Sometimes leaves the check of this file to the next child.
      if (round % 3 == 1) continue;
      assert_sound();
      assert_there(records);
    }
    assert_there(all);
    CPPUNIT_ASSERT(open_sqlite_file(path_, state_format()).number("SELECT sum(passes) FROM client") > 0);
    SqliteStore store(path_, kPatient);
    CPPUNIT_ASSERT(store
                       .approach({.client = "10.255.0.0/24", .sender = "a", .recipient = "b"}, crash_rules(),
                                 crash_start(), Deadline(Milliseconds(30000)))
                       .kind == Passage::Kind::New);
  }

  void a_kill_while_the_file_is_made_leaves_a_usable_one() {
    for (int round = 0; round < 20; ++round) {
      for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(path_ + suffix);
      {
        Program child({"store_crash_child", "hammer", path_, "0"});
        child.read_for(Milliseconds(round));
      }
      assert_sound();
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CrashTest);
