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

  // A writer has one for each transaction: the keeper ends the log between two of them, as it
  // would never end where there is always a writer.
  class Turn {
   public:
    explicit Turn(SqliteKeeper& keeper);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    SqliteKeeper& keeper_;
  };

 private:
  struct State {
    int looked_after = 0;  // pages that the log had when it was moved last
    bool full = false;     // many have come since
    bool writing = false;  // somebody has a turn
    bool ending = false;   // nobody gets one
    bool closed = false;
  };
  class NobodyWrites;
  void work();
  void move_log();
  SqliteConnection::Log end_log();
  // Gives back one step. Returns whether there is more; `giving` is the previous result.
  bool give_back(bool giving);
  void tell_once(const std::string& why);

  const Trouble trouble_;
  SqliteConnection connection_;
  bool troubled_ = false;
  Guarded<State> state_;
  std::condition_variable changed_, turn_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
