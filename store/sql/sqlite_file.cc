// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/sqlite_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "store/sql/sqlite_draft.h"
#include "util/guarded.h"
#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

constexpr Milliseconds kPatience{1000};
// How long startup may look for damage: it is to end within two seconds. 250 MB in memory
// take 0.5 s; of a larger or uncached file, startup checks as much as fits.
constexpr Milliseconds kCheckLimit{1000};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw StoreOpenError(path + ": " + why);
}

[[noreturn]] void refuse_damaged(const std::string& path, const std::string& why) {
  throw StoreDamagedError(path + ": " + why);
}

std::string reason(int error) { return std::system_category().message(error); }

void check_directory(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  struct stat found {};
  if (stat(directory.c_str(), &found) != 0) refuse(path, "directory " + directory + ": " + reason(errno));
  if (!S_ISDIR(found.st_mode)) refuse(path, directory + " is not a directory");
  // SQLite keeps its log and lock table beside the file.
  if (access(directory.c_str(), W_OK | X_OK) != 0)
    refuse(path, "directory " + directory + " is not writable: " + reason(errno));
}

bool is_there(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) == 0) return true;
  if (errno != ENOENT) refuse(path, reason(errno));
  return false;
}

void check_file(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) refuse(path, reason(errno));
  if (!S_ISREG(found.st_mode)) refuse(path, "is not a regular file");
  if (access(path.c_str(), R_OK | W_OK) != 0) refuse(path, "is not readable and writable: " + reason(errno));
  if (found.st_size == 0) refuse_damaged(path, "is empty; where there is no file, one is made");
}

void check_identity(const SqliteHeader& header, const std::string& path, const SqliteFormat& format) {
  if (header.application_id != format.application_id) refuse(path, "is not a database of mailreeve");
  const auto known = static_cast<std::int32_t>(format.steps.size());
  if (header.user_version < 1 || header.user_version > known)
    refuse(path, "has format " + std::to_string(header.user_version) +
                     " of a newer version of mailreeve; this one knows " + std::to_string(known));
}

// Interrupts a statement that runs too long. SQLite asks a progress handler between the steps
// of a statement, and reading all trees is one step.
class Interruption {
 public:
  Interruption(SqliteConnection& connection, Milliseconds limit) : end_(limit) {
    thread_ = std::thread([this, &connection] {
      const SignalsBlocked no_signals;
      if (!over_.lock().wait_until(changed_, end_.at(), [](bool over) { return over; }))
        connection.interrupt();
    });
  }
  ~Interruption() { finish(); }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // Whether the statement ended by itself; once only.
  bool finish() {
    *over_.lock() = true;
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
    return !end_.passed();
  }

 private:
  const Deadline end_;
  Guarded<bool> over_{false};
  std::condition_variable changed_;
  std::thread thread_;
};

// Finds damage on disk before mail depends on the file.
void check_integrity(SqliteConnection& connection, const std::string& path) {
  Interruption limit(connection, kCheckLimit);
  try {
    const std::string found = connection.text("PRAGMA quick_check(1)");
    // If interrupted, it may complain about the pages that it has not read.
    if (limit.finish() && found != "ok") refuse_damaged(path, "is damaged: " + found);
  } catch (const SqliteError& error) {
    if (!error.interrupted()) throw;
  }
}

std::size_t steps_taken(SqliteConnection& connection) {
  return static_cast<std::size_t>(connection.number("PRAGMA user_version"));
}

// Uses one transaction, so that if two processes start at once, one takes the
// steps and the other finds them taken.
void take_steps(SqliteConnection& connection, const SqliteFormat& format) {
  if (steps_taken(connection) == format.steps.size()) return;
  connection.execute("BEGIN IMMEDIATE");
  for (auto done = steps_taken(connection); done < format.steps.size(); ++done)
    connection.execute(format.steps[done]);
  connection.execute(("PRAGMA application_id = " + std::to_string(format.application_id)).c_str());
  connection.execute(("PRAGMA user_version = " + std::to_string(format.steps.size())).c_str());
  connection.execute("COMMIT");
}

void use_write_ahead_log(SqliteConnection& connection, const std::string& path) {
  const std::string mode = connection.text("PRAGMA journal_mode = WAL");
  if (mode != "wal")
    refuse(path, "its file system has no shared memory, which SQLite's write-ahead log needs");
  // The log reaches the disk at a checkpoint: a commit survives a crash of the
  // process at once, and a crash of the machine after the next checkpoint.
  connection.execute("PRAGMA synchronous = NORMAL");
}

// A kill at any moment leaves a complete file or none.
void create(const std::string& path, const SqliteFormat& format) {
  const SqliteDraft draft(path);
  {
    SqliteConnection connection(draft.path(), SqliteConnection::Access::ReadWrite);
    connection.execute(("PRAGMA auto_vacuum = " + std::to_string(kIncrementalVacuum)).c_str());
    take_steps(connection, format);
    use_write_ahead_log(connection, path);
  }
  // Another process may have been faster; its file is just as good.
  if (link(draft.path().c_str(), path.c_str()) != 0 && errno != EEXIST)
    refuse(path, "cannot be made: " + reason(errno));
}

// SQLite would apply an old log to a new file.
void check_no_old_log(const std::string& path) {
  if (is_there(path + "-wal") && !is_there(path))
    refuse(path, "is gone, but its log " + path + "-wal is there: remove that as well");
}

SqliteConnection open_existing(const std::string& path, const SqliteFormat& format, SqliteCheck check) {
  check_sqlite_file(path, format);
  SqliteConnection connection(path, SqliteConnection::Access::ReadWrite);
  connection.set_patience(kPatience);
  connection.keep_log_on_close(true);
  connection.execute("PRAGMA temp_store = MEMORY");
  // Checks again, since a newer version may be recorded only in the log.
  check_identity({.application_id = static_cast<std::int32_t>(connection.number("PRAGMA application_id")),
                  .user_version = static_cast<std::int32_t>(connection.number("PRAGMA user_version"))},
                 path, format);
  if (check == SqliteCheck::Pages) check_integrity(connection, path);
  connection.keep_log_on_close(false);
  take_steps(connection, format);
  use_write_ahead_log(connection, path);
  return connection;
}

}  // namespace

SqliteDraft::SqliteDraft(const std::string& path) : path_(path + ".XXXXXX") {
  const int file = mkostemp(path_.data(), O_CLOEXEC);
  if (file < 0) refuse(path, "cannot be made: " + reason(errno));
  // SQLite gives the same mode to the files that it adds.
  fchmod(file, 0640);
  close(file);
}

SqliteDraft::~SqliteDraft() {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) unlink((path_ + suffix).c_str());
}

void check_sqlite_file(const std::string& path, const SqliteFormat& format) {
  check_file(path);
  const auto header = read_sqlite_header(path);
  if (!header) refuse(path, "is not a database of mailreeve");
  check_identity(*header, path, format);
}

std::optional<FileId> file_id(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return {};
  return FileId{.device = found.st_dev, .number = found.st_ino, .size = found.st_size};
}

void remove_old_log(const std::string& path, const FileId& log) {
  const auto there = file_id(path + "-wal");
  if (!there || !there->same_file(log)) return;
  for (const char* suffix : {"-wal", "-shm"}) unlink((path + suffix).c_str());
}

void put_sqlite_file_back(SqliteConnection& from, const std::string& path) {
  const SqliteDraft draft(path);
  {
    SqliteConnection copy(draft.path(), SqliteConnection::Access::ReadWrite);
    from.copy_to(copy);
  }
  // The copy includes the log, which must not be applied to it.
  for (const char* suffix : {"-wal", "-shm"}) unlink((path + suffix).c_str());
  if (link(draft.path().c_str(), path.c_str()) != 0 && errno != EEXIST)
    refuse(path, "cannot be put back: " + reason(errno));
}

SqliteConnection open_sqlite_file(const std::string& path, const SqliteFormat& format, SqliteCheck check) {
  try {
    check_directory(path);
    check_no_old_log(path);
    if (!is_there(path)) create(path, format);
    return open_existing(path, format, check);
  } catch (const SqliteError& error) {
    if (error.busy()) refuse(path, "is locked by another process");
    if (error.damaged()) refuse_damaged(path, std::string("is damaged: ") + error.what());
    refuse(path, error.what());
  }
}

SqliteConnection open_sqlite_reader(const std::string& path, Milliseconds patience) {
  SqliteConnection connection(path, SqliteConnection::Access::ReadOnly);
  connection.set_patience(patience);
  connection.execute("PRAGMA temp_store = MEMORY");
  return connection;
}

}  // namespace mailreeve
