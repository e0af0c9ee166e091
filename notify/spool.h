// SPDX-License-Identifier: BSD-2-Clause
// Undelivered notifications, in a directory with one small file for each notification
// and target: complete and on the disk once keep() returns, whatever happens to the
// process. Belongs to one process, and is safe to use from any of its threads.
#ifndef MAILREEVE_NOTIFY_SPOOL_H
#define MAILREEVE_NOTIFY_SPOOL_H

#include <functional>
#include <string>
#include <vector>

#include "core/notification.h"
#include "util/descriptor.h"

namespace mailreeve {

// One notification for one target.
struct Pending {
  std::string file;  // its name in the spool; empty: in memory only
  std::string target;
  Notification what;
};

class Spool {
 public:
  // Creates the directory if it does not exist. Throws std::runtime_error with a
  // sentence if it cannot be used, or another process uses it.
  explicit Spool(std::string directory);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // The contents, oldest first. A file that is not a notification stays, and is
  // reported to `skipped`.
  using Skipped = std::function<void(const std::string& file, const std::string& why)>;
  std::vector<Pending> load(const Skipped& skipped) const;

  // Returns the name of the new file. Throws std::runtime_error with a sentence.
  std::string keep(const Pending& pending) const;
  // Does nothing if there is no such file.
  void forget(const std::string& file) const;

 private:
  std::string path(const std::string& file) const { return directory_ + "/" + file; }

  const std::string directory_;
  Descriptor lock_{-1};
  Descriptor handle_{-1};
};

// A file's content, and back. decode() throws std::runtime_error with a sentence.
std::string encode(const Pending& pending);
Pending decode(const std::string& text);

}  // namespace mailreeve

#endif
