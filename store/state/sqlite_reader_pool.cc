// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_reader_pool.h"

namespace mailreeve {

SqliteReaderPool::SqliteReaderPool(std::string path, std::size_t most, Milliseconds timeout)
    : path_(std::move(path)), most_(most), timeout_(timeout) {}

void SqliteReaderPool::forget() {
  std::vector<Reader> closed;
  auto pool = pool_.lock();
  ++pool->generation;
  closed.swap(pool->idle);
}

SqliteReaderPool::Reader SqliteReaderPool::open(Deadline deadline) const {
  return std::make_unique<SqliteReader>(open_sqlite_reader(path_, deadline.left()));
}

std::string SqliteReaderPool::problem(const std::string& why) const {
  return "cannot read " + path_ + ": " + why;
}

void SqliteReaderPool::Loan::fail(const SqliteError& error) {
  const std::string why = from_.problem(error.busy() ? "is locked by another process" : error.what());
  if (error.busy())
    turn_.note_vain_wait(why);
  else
    turn_.note_answer();
  throw BackendError(why);
}

SqliteReaderPool::Loan::Loan(SqliteReaderPool& from, Deadline deadline, Breaker::Turn& turn)
    : from_(from), deadline_(deadline), turn_(turn) {
  auto pool = from_.pool_.lock();
  const auto free = [&from](const Pool& now) { return now.lent < from.most_; };
  if (!free(*pool) && !pool.wait_until(from_.came_back_, deadline.at(), free)) {
    const std::string why = from_.problem("every connection was in use for too long");
    turn_.note_vain_wait(why);
    throw BackendError(why);
  }
  ++pool->lent;
  generation_ = pool->generation;
  if (pool->idle.empty()) return;
  // The last one used: what it has read is still in the processor's cache.
  reader_ = std::move(pool->idle.back());
  pool->idle.pop_back();
}

SqliteReaderPool::Loan::~Loan() {
  {
    auto pool = from_.pool_.lock();
    --pool->lent;
    if (reader_ && generation_ == pool->generation) pool->idle.push_back(std::move(reader_));
  }
  from_.came_back_.notify_one();
}

}  // namespace mailreeve
