// SPDX-License-Identifier: BSD-2-Clause
// A database file that is known to be ours, with the tables this version
// wants. A file that is anything else is refused as it is.
#ifndef MAILREEVE_STORE_SQLITE_FILE_H
#define MAILREEVE_STORE_SQLITE_FILE_H

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "store/sqlite.h"

namespace mailreeve {

// Why a store cannot be opened, with its path: a sentence for the operator.
class StoreOpenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct SqliteFormat {
  std::int32_t application_id;  // PRAGMA application_id
  // How the tables came to be, version after version: PRAGMA user_version
  // counts the steps that a file has taken. Steps are only ever added.
  std::span<const char* const> steps;
};

// Makes the file (mode 0640) if there is none, and takes the steps it has not
// taken yet, all or none. Looks for damage for at most two seconds, and waits
// for locks for at most one. Throws StoreOpenError; a file that was there is
// then unchanged.
SqliteConnection open_sqlite_file(const std::string& path, const SqliteFormat& format);

// A further connection to such a file, which waits for locks for at most `patience`: a reader
// has to when another process rebuilds the lock table, or has the file for itself. Throws
// SqliteError.
SqliteConnection open_sqlite_reader(const std::string& path, Milliseconds patience);

}  // namespace mailreeve

#endif
