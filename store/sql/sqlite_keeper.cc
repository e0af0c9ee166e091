// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/sqlite_keeper.h"

#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

// Pages in the log since it was moved: SQLite's own default.
constexpr int kEnough = 1000;
// Pages in the log (64 MB). Beyond that, writers have to wait once.
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
  {
    auto state = state_.lock();
    // The log has begun anew.
    if (pages < state->looked_after) state->looked_after = 0;
    if (pages - state->looked_after < kEnough) return;
    state->full = true;
  }
  changed_.notify_one();
}

SqliteKeeper::Turn::Turn(SqliteKeeper& keeper) : keeper_(keeper) {
  auto state = keeper_.state_.lock();
  state.wait(keeper_.turn_, [](const State& now) { return !now.ending; });
  state->writing = true;
}

SqliteKeeper::Turn::~Turn() {
  keeper_.state_.lock()->writing = false;
  keeper_.turn_.notify_all();
}

class SqliteKeeper::NobodyWrites {
 public:
  explicit NobodyWrites(SqliteKeeper& keeper) : keeper_(keeper) {
    auto state = keeper_.state_.lock();
    state->ending = true;
    state.wait(keeper_.turn_, [](const State& now) { return !now.writing; });
  }
  ~NobodyWrites() {
    keeper_.state_.lock()->ending = false;
    keeper_.turn_.notify_all();
  }
  NobodyWrites(const NobodyWrites&) = delete;
  NobodyWrites& operator=(const NobodyWrites&) = delete;

 private:
  SqliteKeeper& keeper_;
};

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
  SqliteConnection::Log log = connection_.move_log();
  // As many as there were when it began: there may be more.
  if (log.pages > kTooMany) log = end_log();
  state_.lock()->looked_after = log.pages;
}

// SQLite begins the log anew if all of it is in the file when a transaction begins. A
// checkpoint that says so itself (RESTART) would have writers poll for its lock.
SqliteConnection::Log SqliteKeeper::end_log() {
  // Little is left to move when writers have to wait.
  connection_.move_log();
  const NobodyWrites pause(*this);
  return connection_.move_log();
}

bool SqliteKeeper::give_back(bool giving) {
  if (connection_.number("PRAGMA auto_vacuum") != 2) return false;
  const std::int64_t unused = connection_.number("PRAGMA freelist_count");
  const std::int64_t pages = connection_.number("PRAGMA page_count");
  if (unused <= (giving ? kFewPages : kManyPages) || unused <= pages / (giving ? 8 : 4)) return false;
  const NobodyWrites pause(*this);
  connection_.execute("PRAGMA incremental_vacuum(32)");
  return true;
}

void SqliteKeeper::tell_once(const std::string& why) {
  if (!std::exchange(troubled_, true)) trouble_(why);
}

}  // namespace mailreeve
