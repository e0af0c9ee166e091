// SPDX-License-Identifier: BSD-2-Clause
// Undelivered notifications, in a directory with one small file for each notification
// and target. Once keep() returns, the file is complete and on disk, whatever happens
// to the process. The spool belongs to one process; any of its threads may use it.
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
  std::string file;  // file name in the spool; empty if only in memory
  std::string target;
  Notification what;
};

class Spool {
 public:
  // Creates the directory if it does not exist. Throws std::runtime_error with a
  // sentence if the directory cannot be used or another process uses it.
  explicit Spool(std::string directory);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Returns the contents, oldest first. Leaves files that are not notifications
  // in place and reports them to `skipped`.
  using Skipped = std::function<void(const std::string& file, const std::string& why)>;
  std::vector<Pending> load(const Skipped& skipped) const;

  // Returns the name of the new file. Throws std::runtime_error with a sentence.
  std::string keep(const Pending& pending) const;
  // Does nothing if the file does not exist.
  void forget(const std::string& file) const;

 private:
  std::string path(const std::string& file) const { return directory_ + "/" + file; }

  const std::string directory_;
  Descriptor lock_{-1};
  Descriptor handle_{-1};
};

// Convert to and from a file's content. decode() throws std::runtime_error with a sentence.
std::string encode(const Pending& pending);
Pending decode(const std::string& text);

}  // namespace mailreeve

#endif
