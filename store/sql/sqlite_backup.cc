// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/sqlite_backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "store/sql/sqlite_draft.h"
#include "util/descriptor.h"
#include "util/store_open_error.h"

namespace mailreeve {

namespace {

constexpr Milliseconds kPatience{10'000};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw StoreOpenError(path + ": " + why);
}

std::string reason(int error) { return std::system_category().message(error); }

// `what` names the copied file.
void copy_octets(int from, int to, const std::string& what) {
  const auto fail = [&what](int error) { refuse(what, "cannot be copied: " + reason(error)); };
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno);
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = write(to, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail(errno);
      done += put;
    }
  }
  if (fsync(to) != 0 && errno != EINVAL && errno != EROFS) fail(errno);
}

// Checks everything, however long that takes: no mail waits for it.
void check_whole(SqliteConnection& copy, const std::string& path) {
  std::string found;
  try {
    found = copy.text("PRAGMA quick_check(1)");
  } catch (const SqliteError& error) {
    if (!error.damaged()) throw;
    found = error.what();
  }
  if (found != "ok") refuse(path, "is damaged: " + found);
}

// Open connections know the mode from the file they opened, so the mode must not
// change while they are open.
void use_vacuum_mode(SqliteConnection& copy, std::int64_t mode) {
  if (copy.number("PRAGMA auto_vacuum") == mode) return;
  copy.execute(("PRAGMA auto_vacuum = " + std::to_string(mode)).c_str());
  copy.execute("VACUUM");
}

bool is_there(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

// Leaves a complete file at each moment, if there was one.
void move_into_place(const SqliteDraft& copy, const std::string& path) {
  if (is_there(path)) {
    const std::string kept = path + ".damaged";
    unlink(kept.c_str());
    if (link(path.c_str(), kept.c_str()) != 0)
      refuse(path, "cannot be kept as " + kept + ": " + reason(errno));
  }
  for (const char* suffix : {"-wal", "-shm"}) unlink((path + suffix).c_str());
  if (rename(copy.path().c_str(), path.c_str()) != 0) refuse(path, "cannot be made: " + reason(errno));
}

// Returns false if the existing file is unusable.
bool put_into(SqliteConnection& copy, const std::string& path, const SqliteFormat& format) {
  try {
    SqliteConnection live = open_sqlite_file(path, format);
    live.set_patience(kPatience);
    use_vacuum_mode(copy, live.number("PRAGMA auto_vacuum"));
    copy.copy_to(live);
    live.move_log();
    return true;
  } catch (const StoreDamagedError&) {
    return false;
  }
}

}  // namespace

void back_up_sqlite_file(const std::string& path, const SqliteFormat& format, int to) {
  try {
    check_sqlite_file(path, format);
    const SqliteDraft copy(path);
    {
      SqliteConnection from = open_sqlite_reader(path, kPatience);
      SqliteConnection draft(copy.path(), SqliteConnection::Access::ReadWrite);
      from.copy_to(draft);
      check_whole(draft, path);
      // The copy needs no log.
      draft.text("PRAGMA journal_mode = DELETE");
    }
    const Descriptor file(open(copy.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number() < 0) refuse(copy.path(), reason(errno));
    copy_octets(file.number(), to, path);
  } catch (const SqliteError& error) {
    refuse(path, error.busy()      ? "is locked by another process"
                 : error.damaged() ? std::string("is damaged: ") + error.what()
                                   : error.what());
  }
}

void restore_sqlite_file(int from, const std::string& path, const SqliteFormat& format) {
  const SqliteDraft draft(path);
  try {
    {
      const Descriptor file(open(draft.path().c_str(), O_WRONLY | O_CLOEXEC));
      if (file.number() < 0) refuse(draft.path(), reason(errno));
      copy_octets(from, file.number(), path);
    }
    {
      SqliteConnection copy = open_sqlite_file(draft.path(), format, SqliteCheck::Header);
      check_whole(copy, draft.path());
      if (is_there(path) && put_into(copy, path, format)) return;
      use_vacuum_mode(copy, kIncrementalVacuum);
      copy.checkpoint();
    }
    move_into_place(draft, path);
  } catch (const SqliteError& error) {
    refuse(path, error.busy() ? "is locked by another process" : error.what());
  } catch (const StoreOpenError& error) {
    // A problem with the copy is a problem with the backup.
    std::string why = error.what();
    if (why.starts_with(draft.path())) why = "the backup" + why.substr(draft.path().size() + 1);
    throw StoreOpenError(why);
  }
}

}  // namespace mailreeve
