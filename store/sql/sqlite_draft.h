// SPDX-License-Identifier: BSD-2-Clause
// A temporary file beside the final one, until it is complete; removed with the files that SQLite
// adds to it, unless it was moved into place.
#ifndef MAILREEVE_STORE_SQL_SQLITE_DRAFT_H
#define MAILREEVE_STORE_SQL_SQLITE_DRAFT_H

#include <string>

namespace mailreeve {

class SqliteDraft {
 public:
  // Empty, mode 0640. Throws StoreOpenError.
  explicit SqliteDraft(const std::string& path);
  ~SqliteDraft();
  SqliteDraft(const SqliteDraft&) = delete;
  SqliteDraft& operator=(const SqliteDraft&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace mailreeve

#endif
