// SPDX-License-Identifier: BSD-2-Clause
// Copies SQLite files, even files in use. Uses SQLite's own functions, so that the copy includes
// the log beside the file and does not mislead users of the file.
#ifndef MAILREEVE_STORE_SQL_SQLITE_BACKUP_H
#define MAILREEVE_STORE_SQL_SQLITE_BACKUP_H

#include <string>

#include "store/sql/sqlite_file.h"

namespace mailreeve {

// Writes a copy to this descriptor: one file without a log. Mail continues
// meanwhile. Throws StoreOpenError.
void back_up_sqlite_file(const std::string& path, const SqliteFormat& format, int to);

// Replaces the contents of the file with those read from this descriptor, in the format of this
// version. Processes that have the file open see the new contents from their next transaction
// on and cannot write meanwhile. Keeps a damaged file as FILE.damaged. Throws StoreOpenError;
// the file is then unchanged.
void restore_sqlite_file(int from, const std::string& path, const SqliteFormat& format);

}  // namespace mailreeve

#endif
