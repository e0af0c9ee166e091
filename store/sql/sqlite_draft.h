// SPDX-License-Identifier: BSD-2-Clause
// A temporary file beside its final place until it is complete. Unless it was moved into place,
// it is removed, along with the files that SQLite adds to it.
#ifndef MAILREEVE_STORE_SQL_SQLITE_DRAFT_H
#define MAILREEVE_STORE_SQL_SQLITE_DRAFT_H

#include <string>

namespace mailreeve {

class SqliteDraft {
 public:
  // Creates an empty file with mode 0640. Throws StoreOpenError.
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
