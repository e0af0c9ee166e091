// SPDX-License-Identifier: BSD-2-Clause
// A database file that is known to be ours, with the tables this version
// wants. A file that is anything else is refused as it is.
#ifndef MAILREEVE_STORE_SQL_SQLITE_FILE_H
#define MAILREEVE_STORE_SQL_SQLITE_FILE_H

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "store/sql/sqlite.h"

namespace mailreeve {

// Why a store cannot be opened, with its path: a sentence for the operator.
class StoreOpenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// It is there and cannot be read as a database, or is empty.
class StoreDamagedError : public StoreOpenError {
 public:
  using StoreOpenError::StoreOpenError;
};

// PRAGMA auto_vacuum of the files that are made here; others keep theirs.
inline constexpr std::int64_t kIncrementalVacuum = 2;

struct SqliteFormat {
  std::int32_t application_id;  // PRAGMA application_id
  // How the tables came to be, version after version: PRAGMA user_version
  // counts the steps that a file has taken. Steps are only ever added.
  std::span<const char* const> steps;
};

// What open_sqlite_file() reads of a file that is there. `Pages` reads all of it, for at most
// two seconds: for who uses it for long. What is damaged is else found where it is read.
enum class SqliteCheck { Header, Pages };

// Makes the file (mode 0640) if there is none, and takes the steps it has not
// taken yet, all or none. Waits for locks for at most one second. Throws
// StoreOpenError; a file that was there is then unchanged.
SqliteConnection open_sqlite_file(const std::string& path, const SqliteFormat& format,
                                  SqliteCheck check = SqliteCheck::Pages);

// Whether it is such a file, as it lies there. Throws StoreOpenError and SqliteError.
void check_sqlite_file(const std::string& path, const SqliteFormat& format);

// Which file a path leads to; nothing if there is none.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::int64_t size = 0;
  bool same_file(const FileId& other) const { return device == other.device && number == other.number; }
};
std::optional<FileId> file_id(const std::string& path);

// The file of this connection is gone from its path: puts a copy of all that it holds there,
// and removes what was left beside it. Throws StoreOpenError and SqliteError.
void put_sqlite_file_back(SqliteConnection& from, const std::string& path);

// Removes the log and the lock table beside a path, if the log is that one: SQLite would take
// it for that of another file that is there now. Not while anybody uses it.
void remove_old_log(const std::string& path, const FileId& log);

// A further connection to such a file, which waits for locks for at most `patience`: a reader
// has to when another process rebuilds the lock table, or has the file for itself. Throws
// SqliteError.
SqliteConnection open_sqlite_reader(const std::string& path, Milliseconds patience);

}  // namespace mailreeve

#endif
