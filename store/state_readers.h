// SPDX-License-Identifier: BSD-2-Clause
// Connections that read the state database, lent for one call each. Safe to
// call from any thread.
#ifndef MAILREEVE_STORE_STATE_READERS_H
#define MAILREEVE_STORE_STATE_READERS_H

#include <condition_variable>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/guarded.h"
#include "store/state_tables.h"

namespace mailreeve {

class StateReaders {
 public:
  // Opens connections when they are needed, at most `most` at a time.
  StateReaders(std::string path, std::size_t most);

  // What `ask` returns for a reader that is this call's alone. BackendError if
  // none was free before the deadline, or SQLite could not read.
  template <class Ask>
  auto with(Deadline deadline, Ask ask) {
    Loan loan(*this, deadline);
    return loan.serve(ask);
  }
  // Those in use are closed when they come back: the file may be another one.
  void forget();

 private:
  using Reader = std::unique_ptr<StateReader>;
  struct Pool {
    std::vector<Reader> idle;
    std::size_t lent = 0;
    unsigned generation = 0;
  };

  class Loan {
   public:
    Loan(StateReaders& from, Deadline deadline);
    ~Loan();
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    template <class Ask>
    auto serve(Ask& ask) {
      try {
        if (!reader_) reader_ = from_.open();
        return ask(*reader_);
      } catch (const SqliteError& error) {
        // A connection that failed is not trusted again.
        reader_.reset();
        from_.fail(error);
      }
    }

   private:
    StateReaders& from_;
    Reader reader_;
    unsigned generation_ = 0;
  };

  Reader open() const;
  [[noreturn]] void fail(const SqliteError& error) const;

  const std::string path_;
  const std::size_t most_;
  Guarded<Pool> pool_;
  std::condition_variable came_back_;
};

}  // namespace mailreeve

#endif
