// SPDX-License-Identifier: BSD-2-Clause
// Copies of SQLite files, also of such that are in use: by SQLite's own means, so that what
// stands in the log beside the file is in the copy, and nobody who uses the file is misled.
#ifndef MAILREEVE_STORE_SQL_SQLITE_BACKUP_H
#define MAILREEVE_STORE_SQL_SQLITE_BACKUP_H

#include <string>

#include "store/sql/sqlite_file.h"

namespace mailreeve {

// Writes a copy, one file without a log, to this descriptor. Mail goes on meanwhile. Throws
// StoreOpenError.
void back_up_sqlite_file(const std::string& path, const SqliteFormat& format, int to);

// Puts there what this descriptor holds, in the format of this version, instead of what is
// there. Who has the file open sees it from the next transaction on, and cannot write
// meanwhile. A damaged file is kept, as FILE.damaged. Throws StoreOpenError; what was there is
// then unchanged.
void restore_sqlite_file(int from, const std::string& path, const SqliteFormat& format);

}  // namespace mailreeve

#endif
