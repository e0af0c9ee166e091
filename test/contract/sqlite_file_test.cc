// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/sqlite_file.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "store/state/sqlite_tables.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

namespace {

constexpr std::int32_t kOurs = 0x4d527653;
constexpr std::size_t kPage = 4096;
const char* const kSteps[] = {"CREATE TABLE fruit (name TEXT)", "ALTER TABLE fruit ADD COLUMN colour TEXT",
                              "UPDATE fruit SET colour = 'green'", "CREATE TABLE broken ("};
constexpr char kFiveThousandFruits[] =
    "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 5000)"
    " INSERT INTO fruit SELECT 'fruit number ' || n FROM number";
// The format of version 1, 2, ... of a program.
SqliteFormat version(std::size_t steps) { return {.application_id = kOurs, .steps = {kSteps, steps}}; }

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, const std::string& octets) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << octets;
}

using Files = std::map<std::string, std::string>;

Files files_in(const std::string& directory) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.is_regular_file()) files[entry.path().filename()] = content(entry.path());
  return files;
}

// Returns why the file is refused; empty if it is accepted.
std::string refusal(const std::string& path, const SqliteFormat& format = version(1)) {
  try {
    open_sqlite_file(path, format);
    return {};
  } catch (const StoreOpenError& error) {
    return error.what();
  }
}

void assert_contains(const std::string& part, const std::string& whole) {
  CPPUNIT_ASSERT_MESSAGE("\"" + whole + "\" lacks \"" + part + "\"", whole.find(part) != std::string::npos);
}

void make(const std::string& path, const char* sql) {
  write(path, "");  // a connection does not create the file
  SqliteConnection(path, SqliteConnection::Access::ReadWrite).execute(sql);
}

void make_ours_with_rows(const std::string& path) {
  auto connection = open_sqlite_file(path, version(1));
  connection.execute(kFiveThousandFruits);
}

mode_t mode_of(const std::string& path) {
  struct stat found {};
  CPPUNIT_ASSERT_EQUAL(0, stat(path.c_str(), &found));
  return found.st_mode & 07777;
}

// Runs `work` in a child without privileges. Returns whether it returned true.
bool as_nobody(const std::function<bool()>& work) {
  constexpr uid_t kNobody = 65534;
  const pid_t child = fork();
  if (child == 0) {
    const bool dropped = geteuid() != 0 || (setgid(kNobody) == 0 && setuid(kNobody) == 0);
    _exit(dropped && work() ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

class SqliteFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SqliteFileTest);
  CPPUNIT_TEST(a_new_file_is_ours_and_private);
  CPPUNIT_TEST(those_who_create_at_once_all_succeed);
  CPPUNIT_TEST(what_is_not_ours_is_refused_and_left_as_it_is);
  CPPUNIT_TEST(a_foreign_log_is_left_as_it_is);
  CPPUNIT_TEST(an_old_log_is_not_taken_for_a_new_one);
  CPPUNIT_TEST(a_file_that_needs_its_log_is_opened_with_it);
  CPPUNIT_TEST(a_newer_format_is_refused_and_left_as_it_is);
  CPPUNIT_TEST(a_newer_format_in_the_log_alone_is_refused);
  CPPUNIT_TEST(damage_is_found_and_left_as_it_is);
  CPPUNIT_TEST(who_reads_the_header_alone_does_not_wait_for_the_pages);
  CPPUNIT_TEST(what_cannot_be_a_file_is_refused);
  CPPUNIT_TEST(what_may_not_be_written_is_refused);
  CPPUNIT_TEST(a_path_with_odd_characters_is_that_path);
  CPPUNIT_TEST(an_older_format_takes_the_steps_it_lacks);
  CPPUNIT_TEST(a_step_that_fails_undoes_those_before_it);
  CPPUNIT_TEST(the_state_format_opens_again);
  CPPUNIT_TEST(a_state_database_of_any_format_keeps_what_it_knows);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  const std::string path_ = directory_.file("state.db");

  void a_new_file_is_ours_and_private() {
    const mode_t before = umask(0);
    {
      auto connection = open_sqlite_file(path_, version(2));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{kOurs}, connection.number("PRAGMA application_id"));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, connection.number("PRAGMA user_version"));
      CPPUNIT_ASSERT_EQUAL(std::string("wal"), connection.text("PRAGMA journal_mode"));
      connection.execute("INSERT INTO fruit VALUES ('apple', 'red')");
      for (const char* suffix : {"", "-wal", "-shm"})
        CPPUNIT_ASSERT_EQUAL(mode_t{0640}, mode_of(path_ + suffix));
    }
    umask(before);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, files_in(directory_.path()).size());
    // What file(1), and the next program to open it, see without SQLite's log.
    CPPUNIT_ASSERT_EQUAL(std::string("MRvS"), content(path_).substr(68, 4));
  }

  void those_who_create_at_once_all_succeed() {
    for (int round = 0; round < 10; ++round) {
      const std::string path = directory_.file("state" + std::to_string(round) + ".db");
      std::vector<std::string> problems(4);
      std::vector<std::thread> threads;
      threads.reserve(problems.size());
      for (auto& problem : problems) threads.emplace_back([&problem, &path] { problem = refusal(path); });
      for (auto& thread : threads) thread.join();
      for (const auto& problem : problems) CPPUNIT_ASSERT_EQUAL(std::string(), problem);
    }
  }

  void what_is_not_ours_is_refused_and_left_as_it_is() {
    const std::string magic("SQLite format 3\0", 16);
    struct Row {
      const char* name;
      std::function<void()> make_it;
      const char* reason;
    };
    const Row rows[] = {
        {"text", [&] { write(path_, "[state]\nurl = memory:\n"); }, "is not a database of mailreeve"},
        {"nothing", [&] { write(path_, ""); }, "is empty"},
        {"one octet", [&] { write(path_, "x"); }, "is not a database of mailreeve"},
        {"long text", [&] { write(path_, std::string(100000, 'x')); }, "is not a database of mailreeve"},
        {"only the first line", [&] { write(path_, magic); }, "is not a database of mailreeve"},
        {"a first line and noise", [&] { write(path_, magic + std::string(8192, '\xa5')); },
         "is not a database of mailreeve"},
        {"no tables, no name", [&] { make(path_, "VACUUM"); }, "is not a database of mailreeve"},
        {"somebody's tables", [&] { make(path_, "CREATE TABLE mail (sender TEXT)"); },
         "is not a database of mailreeve"},
        {"another name", [&] { make(path_, "PRAGMA application_id = 7; CREATE TABLE t (x)"); },
         "is not a database of mailreeve"},
        {"our version number", [&] { make(path_, "PRAGMA user_version = 1; CREATE TABLE t (x)"); },
         "is not a database of mailreeve"},
    };
    for (const auto& row : rows) {
      std::filesystem::remove(path_);
      row.make_it();
      const auto before = files_in(directory_.path());
      const auto why = refusal(path_);
      CPPUNIT_ASSERT_MESSAGE(row.name, !why.empty());
      assert_contains(path_ + ": ", why);
      assert_contains(row.reason, why);
      CPPUNIT_ASSERT_MESSAGE(row.name, before == files_in(directory_.path()));
    }
  }

  // As left by a crash of its program.
  void a_foreign_log_is_left_as_it_is() {
    const std::string other = directory_.file("other.db");
    make(other, "PRAGMA journal_mode = WAL");
    {
      SqliteConnection alive(other, SqliteConnection::Access::ReadWrite);
      alive.execute("CREATE TABLE mail (sender TEXT)");
      for (const char* suffix : {"", "-wal"}) write(path_ + suffix, content(other + suffix));
    }
    std::filesystem::remove(other);
    const auto before = files_in(directory_.path());
    CPPUNIT_ASSERT(before.at("state.db-wal").size() > 4096);
    assert_contains("is not a database of mailreeve", refusal(path_));
    CPPUNIT_ASSERT(before == files_in(directory_.path()));
  }

  // Left from a file that was removed without it: not part of the new file.
  void an_old_log_is_not_taken_for_a_new_one() {
    const std::string other = directory_.file("other.db");
    {
      auto alive = open_sqlite_file(other, version(1));
      alive.execute("INSERT INTO fruit VALUES ('apple')");
      write(path_ + "-wal", content(other + "-wal"));
    }
    std::filesystem::remove(other);
    const auto before = files_in(directory_.path());
    assert_contains("remove that as well", refusal(path_));
    CPPUNIT_ASSERT(before == files_in(directory_.path()));
    std::filesystem::remove(path_ + "-wal");
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(path_));
  }

  // After an interrupted checkpoint, the file's first page refers to pages that are only in the log.
  void a_file_that_needs_its_log_is_opened_with_it() {
    const std::string other = directory_.file("other.db");
    std::string log;
    {
      auto alive = open_sqlite_file(other, version(1));
      alive.execute(kFiveThousandFruits);
      log = content(other + "-wal");
    }
    write(path_, content(other).substr(0, 2 * kPage));
    write(path_ + "-wal", log);
    auto connection = open_sqlite_file(path_, version(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5000}, connection.number("SELECT count(*) FROM fruit"));
  }

  void a_newer_format_is_refused_and_left_as_it_is() {
    open_sqlite_file(path_, version(3));
    const auto before = files_in(directory_.path());
    const auto why = refusal(path_, version(2));
    assert_contains(path_ + ": has format 3 of a newer version", why);
    CPPUNIT_ASSERT(before == files_in(directory_.path()));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(path_, version(3)));
  }

  void a_newer_format_in_the_log_alone_is_refused() {
    const std::string other = directory_.file("other.db");
    open_sqlite_file(other, version(1));
    {
      auto alive = open_sqlite_file(other, version(3));
      for (const char* suffix : {"", "-wal"}) write(path_ + suffix, content(other + suffix));
    }
    const auto database = content(path_);
    const auto log = content(path_ + "-wal");
    assert_contains("newer version", refusal(path_, version(1)));
    CPPUNIT_ASSERT(database == content(path_));
    CPPUNIT_ASSERT(log == content(path_ + "-wal"));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(path_, version(3)));
  }

  void damage_is_found_and_left_as_it_is() {
    struct Row {
      const char* name;
      std::function<void(std::string&)> damage;
    };
    const Row rows[] = {
        {"a page of zeros", [](std::string& octets) { octets.replace(3 * kPage, kPage, kPage, '\0'); }},
        {"a page of noise", [](std::string& octets) { octets.replace(2 * kPage, kPage, kPage, '\xa5'); }},
        {"the end missing", [](std::string& octets) { octets.resize(octets.size() - 3 * kPage); }},
        {"tables missing",
         [](std::string& octets) { octets.replace(100, kPage - 100, kPage - 100, '\xa5'); }},
    };
    make_ours_with_rows(path_);
    const std::string good = content(path_);
    CPPUNIT_ASSERT(good.size() > 10 * kPage);
    for (const auto& row : rows) {
      std::string bad = good;
      row.damage(bad);
      write(path_, bad);
      const auto why = refusal(path_);
      CPPUNIT_ASSERT_MESSAGE(row.name, !why.empty());
      assert_contains(path_ + ": is damaged", why);
      CPPUNIT_ASSERT_MESSAGE(row.name, bad == content(path_));
    }
    write(path_, good);
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(path_));
  }

  void who_reads_the_header_alone_does_not_wait_for_the_pages() {
    make_ours_with_rows(path_);
    std::string octets = content(path_);
    octets.replace(3 * kPage, kPage, kPage, '\0');
    write(path_, octets);
    assert_contains(path_ + ": is damaged", refusal(path_));
    open_sqlite_file(path_, version(1), SqliteCheck::Header);
  }

  void what_cannot_be_a_file_is_refused() {
    const std::string nowhere = directory_.file("nowhere/state.db");
    assert_contains(nowhere + ": directory", refusal(nowhere));
    assert_contains("No such file or directory", refusal(nowhere));
    assert_contains("is not a regular file", refusal(directory_.path()));
    write(path_, "x");
    assert_contains("ot a directory", refusal(path_ + "/state.db"));
    const std::string pipe = directory_.file("pipe");
    CPPUNIT_ASSERT_EQUAL(0, mkfifo(pipe.c_str(), 0600));
    assert_contains("is not a regular file", refusal(pipe));
  }

  void what_may_not_be_written_is_refused() {
    const auto why = [this](mode_t directory, mode_t file, const char* reason) {
      CPPUNIT_ASSERT_EQUAL(0, chmod(directory_.path().c_str(), directory));
      if (file != 0) CPPUNIT_ASSERT_EQUAL(0, chmod(path_.c_str(), file));
      return as_nobody([this, reason] { return refusal(path_).find(reason) != std::string::npos; });
    };
    CPPUNIT_ASSERT(why(0555, 0, "is not writable: Permission denied"));
    open_sqlite_file(path_, version(1));
    CPPUNIT_ASSERT(why(0777, 0444, "is not readable and writable: Permission denied"));
    CPPUNIT_ASSERT(why(0555, 0666, "is not writable: Permission denied"));
    CPPUNIT_ASSERT(why(0777, 0666, ""));
    CPPUNIT_ASSERT(!why(0777, 0666, "Permission denied"));
  }

  void a_path_with_odd_characters_is_that_path() {
    const std::string path = directory_.file("st?te#1 %41 'x\" &mode=memory;.db");
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(path, version(1)));
    CPPUNIT_ASSERT_EQUAL(std::string(), refusal(path, version(2)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, files_in(directory_.path()).size());
    CPPUNIT_ASSERT(std::filesystem::exists(path));
    assert_contains("newer version", refusal(path, version(1)));
  }

  void an_older_format_takes_the_steps_it_lacks() {
    make_ours_with_rows(path_);
    auto connection = open_sqlite_file(path_, version(3));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, connection.number("PRAGMA user_version"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5000},
                         connection.number("SELECT count(*) FROM fruit WHERE colour = 'green'"));
  }

  void a_step_that_fails_undoes_those_before_it() {
    make_ours_with_rows(path_);
    const auto before = files_in(directory_.path());
    assert_contains(path_ + ": ", refusal(path_, version(4)));
    auto connection = open_sqlite_file(path_, version(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, connection.number("PRAGMA user_version"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1},
                         connection.number("SELECT count(*) FROM pragma_table_info('fruit')"));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5000}, connection.number("SELECT count(*) FROM fruit"));
    CPPUNIT_ASSERT(before.at("state.db") == content(path_));
  }

  void the_state_format_opens_again() {
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT_EQUAL(std::string(), refusal(path_, state_format()));
    CPPUNIT_ASSERT_EQUAL(kOurs, state_format().application_id);
  }

  // Every format that has been in use.
  void a_state_database_of_any_format_keeps_what_it_knows() {
    const auto& all = state_format().steps;
    for (std::size_t format = 3; format <= all.size(); ++format) {
      const std::string path = directory_.file("state" + std::to_string(format) + ".db");
      open_sqlite_file(path, {.application_id = kOurs, .steps = all.first(format)})
          .execute(
              "INSERT INTO quota_user (user, last, exceeded, expires, since) VALUES ('alice', 1, 2, 3, 4);"
              "INSERT INTO client VALUES ('192.0.2.0/24', 5, 6)");
      SqliteWriter state(open_sqlite_file(path, state_format()));
      const Memo memo{.kind = "k", .key = "alice", .value = "v", .until = from_millis(7)};
      CPPUNIT_ASSERT(state.memos().remember(memo, IfKnown::Stays, from_millis(1)));
      SqliteReader reader(open_sqlite_file(path, state_format()));
      const QuotaState alice = reader.quota().find("alice");
      CPPUNIT_ASSERT(alice.last == from_millis(1) && alice.exceeded == from_millis(2));
      CPPUNIT_ASSERT(alice.since == from_millis(4));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reader.listing().of_client("192.0.2.0/24").size());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reader.size(from_millis(1)).clients);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteFileTest);
