// SPDX-License-Identifier: BSD-2-Clause
// A database file that is known to be ours and has the tables that this version
// requires. Refuses any other file and leaves it unchanged.
#ifndef MAILREEVE_STORE_SQL_SQLITE_FILE_H
#define MAILREEVE_STORE_SQL_SQLITE_FILE_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "store/sql/sqlite.h"
#include "util/store_open_error.h"

namespace mailreeve {

// The file exists but is empty or cannot be read as a database.
class StoreDamagedError : public StoreOpenError {
 public:
  using StoreOpenError::StoreOpenError;
};

// PRAGMA auto_vacuum of the files that we create; other files keep their mode.
inline constexpr std::int64_t kIncrementalVacuum = 2;

struct SqliteFormat {
  std::int32_t application_id;  // PRAGMA application_id
  // The steps that create the tables, version by version. PRAGMA user_version
  // counts the steps that a file has taken. Never remove or change a step.
  std::span<const char* const> steps;
};

// How much open_sqlite_file() checks of an existing file. `Pages`, for long use, reads the
// whole file for at most two seconds. Other damage is found only when it is read.
enum class SqliteCheck { Header, Pages };

// Creates the file (mode 0640) if it does not exist, and takes the missing steps,
// all or none. Waits for locks for at most one second. Throws StoreOpenError; an
// existing file is then unchanged.
SqliteConnection open_sqlite_file(const std::string& path, const SqliteFormat& format,
                                  SqliteCheck check = SqliteCheck::Pages);

// Checks the file without leaving a trace. Throws StoreOpenError and SqliteError.
void check_sqlite_file(const std::string& path, const SqliteFormat& format);

// Identifies the file that a path leads to; nullopt if there is none.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::int64_t size = 0;
  bool same_file(const FileId& other) const { return device == other.device && number == other.number; }
};
std::optional<FileId> file_id(const std::string& path);

// If this connection's file is gone from its path, puts a copy of its contents there and
// removes remains beside it. Throws StoreOpenError and SqliteError.
void put_sqlite_file_back(SqliteConnection& from, const std::string& path);

// Removes the log and the lock table beside a path if the log is `log`: SQLite would apply it
// to the other file that is there now. Do not call while the file is in use.
void remove_old_log(const std::string& path, const FileId& log);

// Opens another connection to such a file, which waits for locks for at most `patience`. A
// reader must wait if another process rebuilds the lock table or has locked the file
// exclusively. Throws SqliteError.
SqliteConnection open_sqlite_reader(const std::string& path, Milliseconds patience);

}  // namespace mailreeve

#endif
