// SPDX-License-Identifier: BSD-2-Clause
// Copies of the SQLite files, to keep and to put back.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "admin/commands.h"
#include "store/policydb/policy_schema.h"
#include "store/sql/sqlite_backup.h"
#include "store/state/sqlite_tables.h"
#include "util/descriptor.h"
#include "util/store_open_error.h"

namespace mailreeve {

namespace {

constexpr std::string_view kSqlite = "sqlite:";

std::string file_of(const std::string& option, const std::string& url) {
  if (!url.starts_with(kSqlite))
    throw NotDone(option + " is no SQLite file; its server has means of its own for backups");
  return url.substr(kSqlite.size());
}

[[noreturn]] void refuse(const std::string& path) {
  throw NotDone(path + ": " + std::system_category().message(errno));
}

bool is_same_file(const Descriptor& file, const std::string& path) {
  struct stat own {
  }, other{};
  return fstat(file.number(), &own) == 0 && stat(path.c_str(), &other) == 0 && own.st_dev == other.st_dev &&
         own.st_ino == other.st_ino;
}

// A file that has its name once it is whole; until then it has another, and is removed.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : path_(path), draft_(path + ".XXXXXX"), file_(make(path, draft_)) {}
  ~NewFile() {
    if (!draft_.empty()) unlink(draft_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  int descriptor() const { return file_.number(); }
  // Throws NotDone if there is a file of that name meanwhile.
  void finish() {
    if (link(draft_.c_str(), path_.c_str()) == 0) return;
    // Some file systems have no links.
    if (errno == EEXIST || rename(draft_.c_str(), path_.c_str()) != 0) refuse(path_);
    draft_.clear();
  }

 private:
  static int make(const std::string& path, std::string& draft) {
    struct stat there {};
    if (lstat(path.c_str(), &there) == 0) errno = EEXIST;
    if (errno != ENOENT) refuse(path);
    const int file = mkostemp(draft.data(), O_CLOEXEC);
    if (file < 0) refuse(path);
    return file;
  }

  const std::string path_;
  std::string draft_;
  const Descriptor file_;
};

std::string all_of(int pipe) {
  std::string text;
  std::array<char, 1024> buffer{};
  for (;;) {
    const ssize_t got = read(pipe, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

// Does it as the daemon's user, in a child: whoever asked may name and remove files where that
// user may not, and still has to. Throws what it says.
template <class Work>
void as_daemon(Site& site, Work work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) refuse("pipe");
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  // From a terminal the child gets these as well, and this says so.
  for (const int number : {SIGINT, SIGHUP}) std::signal(number, SIG_IGN);
  const pid_t child = fork();
  if (child < 0) refuse("fork");
  if (child == 0) {
    for (const int number : {SIGINT, SIGHUP}) std::signal(number, SIG_DFL);
    try {
      site.become_user();
      work();
      _exit(0);
    } catch (const std::exception& error) {
      const std::string_view why = error.what();
      if (write(to.number(), why.data(), why.size()) < 0) _exit(2);
      _exit(1);
    }
  }
  to.reset();
  const std::string why = all_of(from.number());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) throw NotDone("interrupted by signal " + std::to_string(WTERMSIG(status)));
  if (status != 0) throw StoreOpenError(why);
}

Answer back_up(const Call& call, const std::string& option, const std::string& url,
               const SqliteFormat& format) {
  const std::string path = file_of(option, url);
  if (!absent_sqlite_file(url).empty()) throw NotDone("there is no file " + path);
  NewFile to(call.words[0]);
  as_daemon(call.site, [&] { back_up_sqlite_file(path, format, to.descriptor()); });
  to.finish();
  return {.json = {{"file", json_name(path)}, {"backup", json_name(call.words[0])}}};
}

Answer restore(const Call& call, const std::string& option, const std::string& url,
               const SqliteFormat& format) {
  const std::string path = file_of(option, url);
  // As whoever asks, who may read where the daemon may not.
  const Descriptor from(open(call.words[0].c_str(), O_RDONLY | O_CLOEXEC));
  if (from.number() < 0) refuse(call.words[0]);
  if (is_same_file(from, path)) throw UsageError(call.words[0] + " is the file itself");
  call.site.become_user();
  restore_sqlite_file(from.number(), path, format);
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
