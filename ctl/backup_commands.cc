// SPDX-License-Identifier: BSD-2-Clause
// Copies of the SQLite files, to keep and to put back.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ctl/commands.h"
#include "store/policy_schema.h"
#include "store/sqlite_backup.h"
#include "store/state_tables.h"

namespace mailreeve {

namespace {

constexpr std::string_view kSqlite = "sqlite:";

std::string file_of(const std::string& option, const std::string& url) {
  if (!url.starts_with(kSqlite))
    throw NotDone(option + " is no SQLite file; its server has means of its own for backups");
  return url.substr(kSqlite.size());
}

class File {
 public:
  // As whoever asks, who may read and write where the daemon may not.
  File(const std::string& path, int flags)
      : path_(path), descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) throw NotDone(path + ": " + std::system_category().message(errno));
  }
  ~File() { close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int descriptor() const { return descriptor_; }
  bool is(const std::string& path) const {
    struct stat own {
    }, other{};
    return fstat(descriptor_, &own) == 0 && stat(path.c_str(), &other) == 0 && own.st_dev == other.st_dev &&
           own.st_ino == other.st_ino;
  }
  // Half a backup is none. It cannot be removed by who has become the daemon's user.
  void clear() const {
    if (ftruncate(descriptor_, 0) != 0) return;
  }

 private:
  const std::string path_;
  const int descriptor_;
};

Answer back_up(const Call& call, const std::string& option, const std::string& url,
               const SqliteFormat& format) {
  const std::string path = file_of(option, url);
  if (!absent_sqlite_file(url).empty()) throw NotDone("there is no file " + path);
  const File to(call.words[0], O_WRONLY | O_CREAT | O_EXCL);
  call.site.become_user();
  try {
    back_up_sqlite_file(path, format, to.descriptor());
  } catch (...) {
    to.clear();
    throw;
  }
  return {.json = {{"file", json_name(path)}, {"backup", json_name(call.words[0])}}};
}

Answer restore(const Call& call, const std::string& option, const std::string& url,
               const SqliteFormat& format) {
  const std::string path = file_of(option, url);
  const File from(call.words[0], O_RDONLY);
  if (from.is(path)) throw UsageError(call.words[0] + " is the file itself");
  call.site.become_user();
  restore_sqlite_file(from.descriptor(), path, format);
  return {.json = {{"file", json_name(path)}, {"restored", json_name(call.words[0])}}};
}

}  // namespace

Answer state_backup(const Call& call) {
  return back_up(call, "state.url", call.site.settings().state.url, state_format());
}

Answer state_restore(const Call& call) {
  return restore(call, "state.url", call.site.settings().state.url, state_format());
}

Answer db_backup(const Call& call) {
  return back_up(call, "policy-db.url", call.site.settings().policy_db.url, policy_format());
}

Answer db_restore(const Call& call) {
  return restore(call, "policy-db.url", call.site.settings().policy_db.url, policy_format());
}

}  // namespace mailreeve
