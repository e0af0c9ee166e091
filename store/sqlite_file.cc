// SPDX-License-Identifier: BSD-2-Clause
#include "store/sqlite_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

namespace mailreeve {

namespace {

constexpr Milliseconds kPatience{1000};
// How long a start may look for damage. 0.5 s is what 250 MB take when they
// are in memory; of a larger or colder file, as much as fits is looked at.
constexpr Milliseconds kCheckLimit{2000};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw StoreOpenError(path + ": " + why);
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

// Whether there is a file with something in it.
bool look_for_content(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return false;
    refuse(path, reason(errno));
  }
  if (!S_ISREG(found.st_mode)) refuse(path, "is not a regular file");
  if (access(path.c_str(), R_OK | W_OK) != 0) refuse(path, "is not readable and writable: " + reason(errno));
  return found.st_size > 0;
}

// Exclusively, so that the mode is ours; what SQLite adds beside it has the
// same mode. A file that came meanwhile, or an empty one, is as good.
void create_empty(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file >= 0) {
    close(file);
    return;
  }
  if (errno != EEXIST) refuse(path, "cannot be created: " + reason(errno));
}

void check_identity(SqliteConnection& connection, const std::string& path, const SqliteFormat& format) {
  if (connection.number("PRAGMA application_id") != format.application_id)
    refuse(path, "is not a database of mailreeve");
  const auto version = connection.number("PRAGMA user_version");
  if (version < 0 || version > static_cast<std::int64_t>(format.steps.size()))
    refuse(path, "has format " + std::to_string(version) +
                     " of a newer version of mailreeve; this one knows " +
                     std::to_string(format.steps.size()));
}

// Damage on the disk is found before mail depends on it.
void check_integrity(SqliteConnection& connection, const std::string& path) {
  connection.set_time_limit(kCheckLimit);
  try {
    const std::string found = connection.text("PRAGMA quick_check(1)");
    if (found != "ok") refuse(path, "is damaged: " + found);
  } catch (const SqliteError& error) {
    if (!error.interrupted()) throw;
  }
  connection.clear_time_limit();
}

// Within one transaction, so that of two processes that start at once one
// takes the steps and the other finds them taken.
void take_steps(SqliteConnection& connection, const SqliteFormat& format) {
  const auto version = static_cast<std::size_t>(connection.number("PRAGMA user_version"));
  if (version == format.steps.size()) return;
  connection.execute("BEGIN IMMEDIATE");
  for (auto done = static_cast<std::size_t>(connection.number("PRAGMA user_version"));
       done < format.steps.size(); ++done)
    connection.execute(format.steps[done]);
  connection.execute(("PRAGMA application_id = " + std::to_string(format.application_id)).c_str());
  connection.execute(("PRAGMA user_version = " + std::to_string(format.steps.size())).c_str());
  connection.execute("COMMIT");
}

// Only after the first steps: the identity of a file then always stands in
// the file itself, not in a log beside it.
void use_write_ahead_log(SqliteConnection& connection, const std::string& path) {
  const std::string mode = connection.text("PRAGMA journal_mode = WAL");
  if (mode != "wal")
    refuse(path, "its file system has no shared memory, which SQLite's write-ahead log needs (journal mode " +
                     mode + ")");
  // The log reaches the disk at a checkpoint: a commit survives the death of
  // the process at once, that of the machine after the next checkpoint.
  connection.execute("PRAGMA synchronous = NORMAL");
}

SqliteConnection open_checked(const std::string& path, const SqliteFormat& format) {
  check_directory(path);
  if (look_for_content(path)) {
    SqliteConnection untouched(path, SqliteConnection::Access::Untouched);
    check_identity(untouched, path, format);
  } else {
    create_empty(path);
  }
  SqliteConnection connection(path, SqliteConnection::Access::ReadWrite);
  connection.set_patience(kPatience);
  connection.execute("PRAGMA temp_store = MEMORY");
  return connection;
}

SqliteConnection open_once(const std::string& path, const SqliteFormat& format) {
  SqliteConnection connection = open_checked(path, format);
  if (connection.number("PRAGMA page_count") > 0) {
    connection.keep_log_on_close(true);
    check_identity(connection, path, format);
    check_integrity(connection, path);
    connection.keep_log_on_close(false);
  }
  take_steps(connection, format);
  use_write_ahead_log(connection, path);
  return connection;
}

}  // namespace

SqliteConnection open_sqlite_file(const std::string& path, const SqliteFormat& format) {
  // SQLite does not wait for every lock: the switch to the log may find another
  // process at the same step.
  const Deadline patience(kPatience);
  for (;;) {
    try {
      return open_once(path, format);
    } catch (const SqliteError& error) {
      if (error.damaged()) refuse(path, std::string("is damaged or not a database: ") + error.what());
      if (!error.busy()) refuse(path, error.what());
      if (patience.passed()) refuse(path, "is locked by another process");
    }
    std::this_thread::sleep_for(Milliseconds(10));
  }
}

SqliteConnection open_sqlite_reader(const std::string& path) {
  SqliteConnection connection(path, SqliteConnection::Access::ReadOnly);
  connection.execute("PRAGMA temp_store = MEMORY");
  // A reader never holds anything up, but in the moment when another process
  // rebuilds the lock table it has to wait.
  connection.set_patience(kPatience);
  return connection;
}

}  // namespace mailreeve
