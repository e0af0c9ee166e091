// SPDX-License-Identifier: BSD-2-Clause
// A database file that is known to be ours, with the tables that this version
// requires. Refuses any other file, unchanged.
#ifndef MAILREEVE_STORE_SQL_SQLITE_FILE_H
#define MAILREEVE_STORE_SQL_SQLITE_FILE_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "store/sql/sqlite.h"
#include "util/store_open_error.h"

namespace mailreeve {

// The file exists and cannot be read as a database, or is empty.
class StoreDamagedError : public StoreOpenError {
 public:
  using StoreOpenError::StoreOpenError;
};

// PRAGMA auto_vacuum of the files that we create; others keep theirs.
inline constexpr std::int64_t kIncrementalVacuum = 2;

struct SqliteFormat {
  std::int32_t application_id;  // PRAGMA application_id
  // The steps that create the tables, version after version: PRAGMA user_version
  // counts the steps that a file has taken. Never remove or change a step.
  std::span<const char* const> steps;
};

// How much open_sqlite_file() checks of an existing file. `Pages` reads all of it, for at most
// two seconds, for long use. Otherwise damage is only found when it is read.
enum class SqliteCheck { Header, Pages };

// Creates the file (mode 0640) if there is none, and takes the missing steps, all or
// none. Waits for locks for at most one second. Throws StoreOpenError; an existing
// file is then unchanged.
SqliteConnection open_sqlite_file(const std::string& path, const SqliteFormat& format,
                                  SqliteCheck check = SqliteCheck::Pages);

// Checks that it is such a file, without leaving a trace. Throws StoreOpenError and SqliteError.
void check_sqlite_file(const std::string& path, const SqliteFormat& format);

// The file that a path leads to; nullopt if there is none.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::int64_t size = 0;
  bool same_file(const FileId& other) const { return device == other.device && number == other.number; }
};
std::optional<FileId> file_id(const std::string& path);

// If the file of this connection is gone from its path: puts a copy of its contents there, and
// removes remains beside it. Throws StoreOpenError and SqliteError.
void put_sqlite_file_back(SqliteConnection& from, const std::string& path);

// Removes the log and the lock table beside a path, if the log is that one: SQLite would apply
// it to another file that is there now. Not while anybody uses it.
void remove_old_log(const std::string& path, const FileId& log);

// Another connection to such a file, which waits for locks for at most `patience`: a reader
// must wait if another process rebuilds the lock table, or has the file exclusively. Throws
// SqliteError.
SqliteConnection open_sqlite_reader(const std::string& path, Milliseconds patience);

}  // namespace mailreeve

#endif
