// SPDX-License-Identifier: BSD-2-Clause
// Connections for reading the state database, leased for one call each. Safe to
// call from any thread.
#ifndef MAILREEVE_STORE_STATE_SQLITE_READER_POOL_H
#define MAILREEVE_STORE_STATE_SQLITE_READER_POOL_H

#include <condition_variable>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/state/sqlite_tables.h"
#include "util/breaker.h"
#include "util/guarded.h"

namespace mailreeve {

class SqliteReaderPool {
 public:
  // Opens connections when needed, at most `most` at a time. In addition to the deadline,
  // `timeout` bounds the time that a call waits for one, and for a lock.
  SqliteReaderPool(std::string path, std::size_t most, Milliseconds timeout);

  // Returns the result of `ask` with a reader that belongs to this call. BackendError if
  // none was free in time, or SQLite could not read; while the file is locked, at once for
  // all callers but one that tries it from time to time.
  template <class Ask>
  auto with(Deadline deadline, Ask ask) {
    const Deadline until = deadline.within(timeout_);
    Breaker::Turn turn(breaker_, until);
    Loan loan(*this, until, turn);
    return loan.serve(ask);
  }
  // Connections in use are closed when they return: the file may be another one.
  void forget();

 private:
  using Reader = std::unique_ptr<SqliteReader>;
  struct Pool {
    std::vector<Reader> idle;
    std::size_t lent = 0;
    unsigned generation = 0;
  };

  class Loan {
   public:
    Loan(SqliteReaderPool& from, Deadline deadline, Breaker::Turn& turn);
    ~Loan();
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    template <class Ask>
    auto serve(Ask& ask) {
      try {
        if (!reader_) reader_ = from_.open(deadline_);
        reader_->set_patience(deadline_.left());
        auto answer = ask(*reader_);
        turn_.note_answer();
        return answer;
      } catch (const SqliteError& error) {
        // A connection that failed is not trusted again.
        reader_.reset();
        fail(error);
      }
    }

   private:
    [[noreturn]] void fail(const SqliteError& error);

    SqliteReaderPool& from_;
    const Deadline deadline_;
    Breaker::Turn& turn_;
    Reader reader_;
    unsigned generation_ = 0;
  };

  Reader open(Deadline deadline) const;
  std::string problem(const std::string& why) const;

  const std::string path_;
  const std::size_t most_;
  const Milliseconds timeout_;
  Breaker breaker_;
  Guarded<Pool> pool_;
  std::condition_variable came_back_;
};

}  // namespace mailreeve

#endif
