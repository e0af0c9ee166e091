// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/sqlite_keeper.h"

#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

// Pages in the log. The first is SQLite's own default. Beyond the second (64 MB), writers
// have to wait once, since the log would otherwise never restart.
constexpr int kEnough = 1000;
constexpr int kTooMany = 16'384;
constexpr Milliseconds kPatience{100};
// How often to check for free pages, and how long to pause between two steps of giving them back.
constexpr Milliseconds kRest{2000};
constexpr Milliseconds kBetweenSteps{50};
// Free pages are reused. They are given back if there are more than 4 MB and a quarter of
// the file, until they are less than 1 MB or an eighth.
constexpr std::int64_t kManyPages = 1024;
constexpr std::int64_t kFewPages = 256;

}  // namespace

SqliteKeeper::SqliteKeeper(const std::string& path, Trouble trouble)
    : trouble_(std::move(trouble)), connection_(path, SqliteConnection::Access::ReadWrite) {
  connection_.set_patience(kPatience);
  connection_.execute("PRAGMA synchronous = NORMAL");
  connection_.execute("PRAGMA wal_autocheckpoint = 0");
  thread_ = std::thread([this] { work(); });
}

SqliteKeeper::~SqliteKeeper() {
  state_.lock()->closed = true;
  changed_.notify_one();
  thread_.join();
  // This is not the last connection, or the file at its path is another one.
  connection_.keep_log_on_close(true);
}

void SqliteKeeper::note_pages_logged(int pages) {
  if (pages < kEnough) return;
  state_.lock()->full = true;
  changed_.notify_one();
}

void SqliteKeeper::work() {
  const SignalsBlocked no_signals;
  bool giving = false;
  Deadline look{Milliseconds(0)};
  for (;;) {
    bool full = false;
    {
      auto state = state_.lock();
      state.wait_until(changed_, look.at(), [](const State& now) { return now.full || now.closed; });
      if (state->closed) return;
      full = std::exchange(state->full, false);
    }
    try {
      if (full) move_log();
      if (look.passed()) {
        giving = give_back(giving);
        look = Deadline(giving ? kBetweenSteps : kRest);
      }
      troubled_ = false;
    } catch (const SqliteError& error) {
      // Another connection holds the lock; the next round tries again.
      look = Deadline(error.busy() ? kBetweenSteps : kRest);
      if (!error.busy()) tell_once(error.what());
    }
  }
}

void SqliteKeeper::move_log() {
  const SqliteConnection::Log log = connection_.move_log();
  if (log.moved < log.pages && log.pages > kTooMany) connection_.restart_log();
}

bool SqliteKeeper::give_back(bool giving) {
  if (connection_.number("PRAGMA auto_vacuum") != 2) return false;
  const std::int64_t unused = connection_.number("PRAGMA freelist_count");
  const std::int64_t pages = connection_.number("PRAGMA page_count");
  if (unused <= (giving ? kFewPages : kManyPages) || unused <= pages / (giving ? 8 : 4)) return false;
  connection_.execute("PRAGMA incremental_vacuum(32)");
  return true;
}

void SqliteKeeper::tell_once(const std::string& why) {
  if (!std::exchange(troubled_, true)) trouble_(why);
}

}  // namespace mailreeve
