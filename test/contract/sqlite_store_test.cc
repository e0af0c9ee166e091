// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "store/sql/sqlite_backup.h"
#include "store/sql/sqlite_file.h"
#include "test/contract/faulty_disk.h"
#include "test/contract/program.h"
#include "test/contract/state_store_contract.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

namespace {

// For a busy machine: no test depends on this wait.
const SqliteStore::Options kPatient{.timeout = Milliseconds(30000)};

}  // namespace

class SqliteStoreTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(SqliteStoreTest, StateStoreContract);
  CPPUNIT_TEST(state_survives_closing);
  CPPUNIT_TEST(after_flush_the_file_alone_has_everything);
  CPPUNIT_TEST(closing_leaves_no_log);
  CPPUNIT_TEST(two_stores_share_a_file);
  CPPUNIT_TEST(the_columns_are_what_the_manual_says);
  CPPUNIT_TEST(a_locked_file_fails_changes_in_time_and_lookups_not_at_all);
  CPPUNIT_TEST(a_lock_that_ends_in_time_is_waited_out);
  CPPUNIT_TEST(a_lock_while_opening_is_a_reason);
  CPPUNIT_TEST(a_full_disk_fails_changes_until_there_is_room);
  CPPUNIT_TEST(a_broken_disk_fails_changes_until_it_is_repaired);
  CPPUNIT_TEST(a_disk_that_cannot_be_read_fails_lookups_until_it_is_repaired);
  CPPUNIT_TEST(a_hanging_disk_holds_up_nobody_beyond_the_deadline);
  CPPUNIT_TEST(changes_that_wait_are_bounded);
  CPPUNIT_TEST(a_bound_on_the_size_of_files_is_survived);
  CPPUNIT_TEST(a_removed_file_is_put_back);
  CPPUNIT_TEST(a_removed_file_is_put_back_although_nobody_asks);
  CPPUNIT_TEST(a_copy_moved_over_the_file_is_used_without_the_old_log);
  CPPUNIT_TEST(an_emptied_file_begins_anew);
  CPPUNIT_TEST(a_replaced_file_is_taken_up_and_left_whole);
  CPPUNIT_TEST(the_log_is_moved_without_being_asked);
  CPPUNIT_TEST(the_log_ends_although_there_is_always_a_writer);
  CPPUNIT_TEST(the_file_gives_back_what_a_purge_left);
  CPPUNIT_TEST(a_backup_is_restored_under_a_running_store);
  CPPUNIT_TEST(a_backup_is_restored_where_there_is_none);
  CPPUNIT_TEST(a_backup_takes_the_place_of_a_damaged_file);
  CPPUNIT_TEST(what_is_no_backup_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    if (disk_) disk_->heal();
    StateStoreContract::tearDown();
    disk_.reset();
    directory_.reset();
  }

 private:
  std::unique_ptr<StateStore> make_store() override {
    directory_ = std::make_unique<TempDirectory>();
    path_ = directory_->file("state.db");
    return open();
  }
  int model_steps() const override { return 5000; }

  std::unique_ptr<StateStore> open() {
    SqliteStore::Options options = kPatient;
    options.trouble = [this](const std::string&) { ++told_; };
    return std::make_unique<SqliteStore>(path_, options);
  }
  void back_up(const std::string& copy) {
    const int file = ::open(copy.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    back_up_sqlite_file(path_, state_format(), file);
    close(file);
  }
  void restore(const std::string& copy) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(copy.c_str(), "r"), std::fclose);
    restore_sqlite_file(fileno(file.get()), path_, state_format());
  }
  template <class Condition>
  static void wait_until(const std::string& what, Condition condition) {
    for (const Deadline end(Milliseconds(60000)); !condition();) {
      CPPUNIT_ASSERT_MESSAGE(what, !end.passed());
      std::this_thread::sleep_for(Milliseconds(20));
    }
  }

  void reopen() {
    store_.reset();
    store_ = open();
  }
  // From here on, the store is on a disk that can fail.
  FaultyDisk& on_faulty_disk() {
    store_.reset();
    disk_ = std::make_unique<FaultyDisk>();
    store_ = open();
    return *disk_;
  }
  // Stores a known tuple, so that a lookup answers.
  void make_known(const Approach& what) {
    rules_.trust_after = 0;
    come(what);
    now_ += rules_.delay;
    come(what);
  }
  // Returns why a change fails. Its deadline bounds the time that it takes.
  std::string failure(const Approach& what, Milliseconds deadline) {
    const auto begun = std::chrono::steady_clock::now();
    std::string why;
    try {
      store_->approach(what, rules_, now_, Deadline(deadline));
    } catch (const BackendError& error) {
      why = error.what();
    }
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begun < deadline + Seconds(20));
    return why;
  }
  void assert_failure(const std::string& part, const std::string& why) {
    CPPUNIT_ASSERT_MESSAGE(why, why.find(path_ + ": ") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(why, why.find(part) != std::string::npos);
  }
  // Repeats until a change succeeds again.
  Passage recovered(const Approach& what) {
    const Deadline end(Milliseconds(20000));
    while (!end.passed()) {
      try {
        return come(what);
      } catch (const BackendError&) {
        std::this_thread::sleep_for(Milliseconds(10));
      }
    }
    CPPUNIT_FAIL("no recovery");
    return {};
  }
  void assert_sound() {
    store_.reset();
    auto connection = open_sqlite_file(path_, state_format());
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), connection.text("PRAGMA integrity_check"));
  }

  void state_survives_closing() {
    rules_.early_retry = EarlyRetry::Penalty;
    rules_.trust_after = 1;
    for (int i = 0; i < 100; ++i) come(numbered(i, "2001:db8::/64"));
    come(numbered(0, "2001:db8::/64"), kSameTry);
    come(numbered(1));
    come(numbered(1), rules_.delay);
    reopen();
    assert_size(100, 1, 1);
    const auto early = come(numbered(0, "2001:db8::/64"));
    ASSERT_KIND(Kind::Early, early);
    CPPUNIT_ASSERT_EQUAL(2U, early.early);
    ASSERT_KIND(Kind::Passed, come(numbered(5, "2001:db8::/64")));
    ASSERT_KIND(Kind::Trusted, come(numbered(1)));
  }

  void after_flush_the_file_alone_has_everything() {
    const std::string copy = directory_->file("copy.db");
    for (int i = 0; i < 50; ++i) come(numbered(i));
    store_->flush(patience());
    std::filesystem::copy_file(path_, copy);
    SqliteConnection connection(copy, SqliteConnection::Access::ReadOnly);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{50}, connection.number("SELECT count(*) FROM greylist"));
  }

  void closing_leaves_no_log() {
    come(numbered(1));
    come(numbered(1));
    CPPUNIT_ASSERT(std::filesystem::exists(path_ + "-wal"));
    store_.reset();
    CPPUNIT_ASSERT(std::filesystem::exists(path_));
    CPPUNIT_ASSERT(!std::filesystem::exists(path_ + "-wal"));
    CPPUNIT_ASSERT(!std::filesystem::exists(path_ + "-shm"));
  }

  void two_stores_share_a_file() {
    SqliteStore other(path_, kPatient);
    for (int i = 0; i < 50; ++i) {
      ASSERT_KIND(Kind::New, come(numbered(i)));
      ASSERT_KIND(Kind::Early, other.approach(numbered(i), rules_, now_, patience()));
      ASSERT_KIND(Kind::New, other.approach(numbered(-1 - i), rules_, now_, patience()));
      ASSERT_KIND(Kind::Early, come(numbered(-1 - i)));
    }
  }

  void the_columns_are_what_the_manual_says() {
    now_ = from_millis(1'700'000'000'123);
    rules_.early_retry = EarlyRetry::Penalty;
    come(numbered(1));
    come(numbered(1), kSameTry);
    come(numbered(2));
    now_ = from_millis(1'700'000'900'123);
    come(numbered(2));
    store_->flush(patience());
    auto connection = open_sqlite_reader(path_, Milliseconds(30000));
    const auto row = [&connection](const std::string& sender) {
      return connection.text(("SELECT concat FROM (SELECT sender, client || ' ' || recipient || ' ' || first "
                              "|| ' ' || last || ' ' || early || ' ' "
                              "|| passed || ' ' || expires AS concat FROM greylist) WHERE sender = '" +
                              sender + "'")
                                 .c_str());
    };
    CPPUNIT_ASSERT_EQUAL(
        std::string("192.0.2.0/24 recipient@example.net 1700000000123 1700000060123 1 0 1700086400123"),
        row("sender1@example.org"));
    CPPUNIT_ASSERT_EQUAL(
        std::string("192.0.2.0/24 recipient@example.net 1700000060123 1700000060123 0 1 1703119400123"),
        row("sender2@example.org"));
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24 1 1703119400123"),
                         connection.text("SELECT client || ' ' || passes || ' ' || expires FROM client"));
  }

  void a_locked_file_fails_changes_in_time_and_lookups_not_at_all() {
    make_known(numbered(1));
    Program locker({"store_crash_child", "lock", path_});
    CPPUNIT_ASSERT_EQUAL(std::string("locked\n"), locker.read_line());
    for (int i = 0; i < 3; ++i) {
      // The caller or the writing thread gives up, whichever checks first.
      assert_failure("", failure(numbered(2), Milliseconds(100)));
      ASSERT_KIND(Kind::Known, come(numbered(1)));
    }
    CPPUNIT_ASSERT_THROW(store_->flush(Deadline(Milliseconds(100))), BackendError);
    locker.close_input();
    // The abandoned changes may or may not have taken effect, but the store must work again.
    ASSERT_KIND(Kind::New, recovered(numbered(3)));
    assert_sound();
  }

  void a_lock_that_ends_in_time_is_waited_out() {
    Program locker({"store_crash_child", "lock", path_});
    CPPUNIT_ASSERT_EQUAL(std::string("locked\n"), locker.read_line());
    std::thread unlock([&locker] {
      std::this_thread::sleep_for(Milliseconds(300));
      locker.close_input();
    });
    std::string why;
    try {
      come(numbered(1));
    } catch (const BackendError& error) {
      why = error.what();
    }
    unlock.join();
    CPPUNIT_ASSERT_EQUAL(std::string(), why);
    ASSERT_KIND(Kind::Early, come(numbered(1)));
  }

  void a_lock_while_opening_is_a_reason() {
    store_.reset();
    Program locker({"store_crash_child", "own", path_});
    CPPUNIT_ASSERT_EQUAL(std::string("locked\n"), locker.read_line());
    try {
      SqliteStore store(path_, kPatient);
      CPPUNIT_FAIL("opened");
    } catch (const StoreOpenError& error) {
      CPPUNIT_ASSERT_EQUAL(path_ + ": is locked by another process", std::string(error.what()));
    }
  }

  void a_full_disk_fails_changes_until_there_is_room() {
    make_known(numbered(1));
    auto& disk = on_faulty_disk();
    disk.refuse_writes();
    for (int i = 0; i < 3; ++i) {
      assert_failure("full", failure(numbered(2), Milliseconds(30000)));
      ASSERT_KIND(Kind::Known, come(numbered(1)));
    }
    CPPUNIT_ASSERT_THROW(store_->purge(now_ + 2 * rules_.keep, rules_, 10), BackendError);
    disk.heal();
    // At once, and the failed change left nothing.
    ASSERT_KIND(Kind::New, come(numbered(2)));
    ASSERT_KIND(Kind::Known, come(numbered(1)));
    assert_sound();
  }

  void a_broken_disk_fails_changes_until_it_is_repaired() {
    make_known(numbered(1));
    auto& disk = on_faulty_disk();
    come(numbered(2));
    disk.fail_writes();
    for (int i = 0; i < 3; ++i) {
      assert_failure("I/O error", failure(numbered(3), Milliseconds(30000)));
      ASSERT_KIND(Kind::Known, come(numbered(1)));
      ASSERT_KIND(Kind::Early, come(numbered(2)));
    }
    disk.heal();
    ASSERT_KIND(Kind::New, recovered(numbered(3)));
    ASSERT_KIND(Kind::Early, come(numbered(2)));
    assert_sound();
  }

  void a_disk_that_cannot_be_read_fails_lookups_until_it_is_repaired() {
    make_known(numbered(1));
    auto& disk = on_faulty_disk();
    disk.fail_reads();
    for (int i = 0; i < 3; ++i) assert_failure("I/O error", failure(numbered(1), Milliseconds(30000)));
    disk.heal();
    ASSERT_KIND(Kind::Known, recovered(numbered(1)));
    ASSERT_KIND(Kind::New, recovered(numbered(2)));
    assert_sound();
  }

  void a_hanging_disk_holds_up_nobody_beyond_the_deadline() {
    make_known(numbered(1));
    auto& disk = on_faulty_disk();
    disk.hold_writes();
    for (int i = 0; i < 3; ++i) {
      assert_failure("in time", failure(numbered(2), Milliseconds(100)));
      ASSERT_KIND(Kind::Known, come(numbered(1)));
    }
    CPPUNIT_ASSERT_THROW(store_->flush(Deadline(Milliseconds(100))), BackendError);
    disk.heal();
    ASSERT_KIND(Kind::New, recovered(numbered(3)));
    // The first change continued where it hung; those behind it were skipped.
    ASSERT_KIND(Kind::Early, come(numbered(2)));
    assert_sound();
  }

  void changes_that_wait_are_bounded() {
    auto& disk = on_faulty_disk();
    disk.hold_writes();
    // This change hangs, and the rest wait behind it. With so little time, a failure proves nothing.
    auto first = std::async(std::launch::async, [&] { return failure(numbered(-2), Milliseconds(30000)); });
    disk.await_writer();
    std::string why;
    for (int i = 0; i < 10000 && why.find("too many") == std::string::npos; ++i)
      why = failure(numbered(i), Milliseconds(0));
    assert_failure("too many changes are waiting", why);
    disk.heal();
    CPPUNIT_ASSERT_EQUAL(std::string(), first.get());
    ASSERT_KIND(Kind::New, recovered(numbered(-1)));
    // No caller waits for the rest, so the store skips them.
    CPPUNIT_ASSERT(store_->size(now_).pending < 10);
    assert_sound();
  }

  // The kernel's own limit, on everything that the process writes.
  void a_bound_on_the_size_of_files_is_survived() {
    make_known(numbered(1));
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    CPPUNIT_ASSERT_EQUAL(0, getrlimit(RLIMIT_FSIZE, &before));
    rlimit bounded = before;
    bounded.rlim_cur = 1 << 20;
    CPPUNIT_ASSERT_EQUAL(0, setrlimit(RLIMIT_FSIZE, &bounded));
    std::string why;
    int number = 2;
    for (; number < 100000 && why.empty(); ++number) why = failure(numbered(number), Milliseconds(30000));
    CPPUNIT_ASSERT_EQUAL(0, setrlimit(RLIMIT_FSIZE, &before));
    assert_failure("error", why);
    ASSERT_KIND(Kind::New, recovered(numbered(number)));
    ASSERT_KIND(Kind::Known, come(numbered(1)));
    ASSERT_KIND(Kind::Early, come(numbered(number)));
    // All answered changes are there; the last, which failed, is not.
    rules_.max_pending = 1;
    assert_size(static_cast<std::size_t>(number) - 2, 1, 0);
    assert_sound();
  }

  void a_removed_file_is_put_back() {
    make_known(numbered(1));
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    ASSERT_KIND(Kind::New, come(numbered(2)));
    CPPUNIT_ASSERT(std::filesystem::exists(path_));
    CPPUNIT_ASSERT_EQUAL(1, told_.load());
    reopen();
    ASSERT_KIND(Kind::Known, come(numbered(1)));
    ASSERT_KIND(Kind::Early, come(numbered(2)));
    assert_sound();
  }

  void a_removed_file_is_put_back_although_nobody_asks() {
    make_known(numbered(1));
    // The log files stay.
    std::filesystem::remove(path_);
    wait_until("it is put back", [&] { return std::filesystem::exists(path_); });
    wait_until("it is told", [&] { return told_ == 1; });
    ASSERT_KIND(Kind::Known, recovered(numbered(1)));
    assert_sound();
  }

  // For example, restored from a copy and used by another process at once.
  void a_replaced_file_is_taken_up_and_left_whole() {
    make_known(numbered(1));
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    auto other = std::make_unique<SqliteStore>(path_, kPatient);
    other->approach(numbered(5), rules_, now_, patience());
    ASSERT_KIND(Kind::New, come(numbered(2)));
    CPPUNIT_ASSERT(std::filesystem::exists(path_ + "-wal"));
    ASSERT_KIND(Kind::Early, recovered(numbered(5)));
    ASSERT_KIND(Kind::New, recovered(numbered(1)));
    ASSERT_KIND(Kind::Early, other->approach(numbered(1), rules_, now_, patience()));
    other.reset();
    reopen();
    assert_size(3, 0, 0);
    assert_sound();
    CPPUNIT_ASSERT_EQUAL(1, told_.load());
  }

  // The log beside it belongs to the old file, and would be applied to the copy.
  void a_copy_moved_over_the_file_is_used_without_the_old_log() {
    make_known(numbered(1));
    const std::string copy = directory_->file("copy.db");
    back_up(copy);
    for (int i = 100; i < 200; ++i) come(numbered(i));
    std::filesystem::rename(copy, path_);
    wait_until("it is noticed", [&] { return told_ == 1; });
    // A query that changes nothing, since an approach that fails may still have been written.
    wait_until("the copy is read", [&] {
      try {
        return store_->size(now_).pending == 0;
      } catch (const BackendError&) {
        return false;
      }
    });
    ASSERT_KIND(Kind::Known, recovered(numbered(1)));
    CPPUNIT_ASSERT_EQUAL(1, told_.load());
    assert_sound();
  }

  void an_emptied_file_begins_anew() {
    make_known(numbered(1));
    std::filesystem::resize_file(path_, 0);
    wait_until("it is noticed", [&] { return told_ == 1; });
    ASSERT_KIND(Kind::New, recovered(numbered(1)));
    ASSERT_KIND(Kind::Early, come(numbered(1)));
    assert_sound();
  }

  void the_log_is_moved_without_being_asked() {
    const auto before = std::filesystem::file_size(path_);
    rules_.max_pending = 1000000;
    for (int i = 0; i < 3000; ++i) come(numbered(i));
    wait_until("the file grows", [&] { return std::filesystem::file_size(path_) > before + 100000; });
    assert_sound();
  }

  void the_log_ends_although_there_is_always_a_writer() {
    // The log's header counts how often it began: https://www.sqlite.org/fileformat2.html, section 4.1.
    const auto count = [this] {
      std::ifstream log(path_ + "-wal", std::ios::binary);
      std::string octets(4, ' ');
      log.seekg(12).read(octets.data(), 4);
      return octets;
    };
    come(numbered(1));
    const std::string before = count();
    const Deadline end(Milliseconds(60'000));
    const auto write = [&](int first) {
      for (int number = first; count() == before && !end.passed(); number += 500) {
        std::vector<StateEntry> entries;
        for (int i = number; i < number + 500; ++i) {
          const Memo memo{.kind = "test",
                          .key = std::to_string(static_cast<unsigned>(i) * 2654435761U),
                          .value = std::string(4000, 'x'),
                          .until = now_ + Seconds(60)};
          entries.emplace_back(memo);
        }
        store_->put(entries, now_, patience());
      }
    };
    std::thread other([&] { write(1'000'000); });
    write(0);
    other.join();
    CPPUNIT_ASSERT(count() != before);
    assert_sound();
  }

  void the_file_gives_back_what_a_purge_left() {
    rules_.max_pending = 1000000;
    std::vector<StateEntry> entries;
    for (int i = 0; i < 40000; ++i) {
      const Approach what = numbered(i);
      entries.push_back(
          TupleEntry{.client = what.client,
                     .sender = what.sender,
                     .recipient = what.recipient,
                     .state = {.first = now_, .last = now_, .early = 0, .passed = false, .expires = now_}});
    }
    store_->put(entries, now_, patience());
    store_->flush(patience());
    const auto before = std::filesystem::file_size(path_);
    CPPUNIT_ASSERT(before > 8'000'000);
    while (store_->purge(now_ + Seconds(1), rules_, 10000) > 0) continue;
    wait_until("the file shrinks", [&] {
      store_->flush(patience());
      return std::filesystem::file_size(path_) < before / 2;
    });
    ASSERT_KIND(Kind::New, come(numbered(1)));
    assert_sound();
  }

  void a_backup_is_restored_under_a_running_store() {
    make_known(numbered(1));
    const std::string copy = directory_->file("copy.db");
    back_up(copy);
    CPPUNIT_ASSERT(!std::filesystem::exists(copy + "-wal"));
    for (int i = 100; i < 200; ++i) come(numbered(i));
    restore(copy);
    ASSERT_KIND(Kind::New, come(numbered(100)));
    ASSERT_KIND(Kind::Known, come(numbered(1)));
    CPPUNIT_ASSERT_EQUAL(0, told_.load());
    assert_sound();
  }

  void a_backup_is_restored_where_there_is_none() {
    make_known(numbered(1));
    const std::string copy = directory_->file("copy.db");
    back_up(copy);
    store_.reset();
    std::filesystem::remove(path_);
    // For example, from a daemon that was killed.
    std::ofstream(path_ + "-wal") << "what is left of another file";
    restore(copy);
    reopen();
    ASSERT_KIND(Kind::Known, come(numbered(1)));
    assert_sound();
  }

  void a_backup_takes_the_place_of_a_damaged_file() {
    make_known(numbered(1));
    const std::string copy = directory_->file("copy.db");
    back_up(copy);
    store_.reset();
    std::filesystem::resize_file(path_, 5000);
    CPPUNIT_ASSERT_THROW(reopen(), StoreOpenError);
    restore(copy);
    reopen();
    ASSERT_KIND(Kind::Known, come(numbered(1)));
    CPPUNIT_ASSERT(std::filesystem::exists(path_ + ".damaged"));
    assert_sound();
  }

  void what_is_no_backup_is_refused() {
    make_known(numbered(1));
    const std::string copy = directory_->file("copy.db");
    back_up(copy);
    std::filesystem::resize_file(copy, 5000);
    CPPUNIT_ASSERT_THROW(restore(copy), StoreOpenError);
    std::filesystem::resize_file(copy, 0);
    CPPUNIT_ASSERT_THROW(restore(copy), StoreOpenError);
    std::ofstream(copy) << std::string(10000, 'x');
    CPPUNIT_ASSERT_THROW(restore(copy), StoreOpenError);
    ASSERT_KIND(Kind::Known, come(numbered(1)));
    CPPUNIT_ASSERT(!std::filesystem::exists(path_ + ".damaged"));
    assert_sound();
  }

  std::unique_ptr<TempDirectory> directory_;
  std::unique_ptr<FaultyDisk> disk_;
  std::string path_;
  std::atomic<int> told_{0};  // reported troubles
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteStoreTest);
