// SPDX-License-Identifier: BSD-2-Clause
// Moves commits from the log of an SQLite file into the file and returns free pages, in its
// own thread and connection, so that writers do not wait for the disk. See doc/sqlite.md.
#ifndef MAILREEVE_STORE_SQL_SQLITE_KEEPER_H
#define MAILREEVE_STORE_SQL_SQLITE_KEEPER_H

#include <condition_variable>
#include <functional>
#include <string>
#include <thread>

#include "store/sql/sqlite.h"
#include "util/guarded.h"

namespace mailreeve {

class SqliteKeeper {
 public:
  // The keeper's thread calls this with each problem, once until the problem is solved.
  using Trouble = std::function<void(const std::string&)>;

  // The file must already be open with a write-ahead log. Throws SqliteError.
  SqliteKeeper(const std::string& path, Trouble trouble);
  // Waits for the step in progress.
  ~SqliteKeeper();
  SqliteKeeper(const SqliteKeeper&) = delete;
  SqliteKeeper& operator=(const SqliteKeeper&) = delete;

  // Reports the number of pages in the log. Safe to call from any thread.
  void note_pages_logged(int pages);

 private:
  struct State {
    bool full = false;  // the log is long enough to be moved
    bool closed = false;
  };
  void work();
  void move_log();
  // Gives back one step. Returns whether there is more; `giving` is the previous result.
  bool give_back(bool giving);
  void tell_once(const std::string& why);

  const Trouble trouble_;
  SqliteConnection connection_;
  bool troubled_ = false;
  Guarded<State> state_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
