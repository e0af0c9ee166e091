// SPDX-License-Identifier: BSD-2-Clause
#include "store/state_readers.h"

namespace mailreeve {

StateReaders::StateReaders(std::string path, std::size_t most) : path_(std::move(path)), most_(most) {}

void StateReaders::forget() {
  std::vector<Reader> closed;
  auto pool = pool_.lock();
  ++pool->generation;
  closed.swap(pool->idle);
}

StateReaders::Reader StateReaders::open() const {
  return std::make_unique<StateReader>(open_sqlite_reader(path_));
}

void StateReaders::fail(const SqliteError& error) const {
  throw BackendError("cannot read " + path_ + ": " + error.what());
}

StateReaders::Loan::Loan(StateReaders& from, Deadline deadline) : from_(from) {
  auto pool = from_.pool_.lock();
  const auto free = [&from](const Pool& now) { return now.lent < from.most_; };
  if (!free(*pool) && !pool.wait_until(from_.came_back_, deadline.at(), free))
    throw BackendError("cannot read " + from_.path_ + ": every connection was in use for too long");
  ++pool->lent;
  generation_ = pool->generation;
  if (pool->idle.empty()) return;
  // The last one used: what it has read is still in the processor's cache.
  reader_ = std::move(pool->idle.back());
  pool->idle.pop_back();
}

StateReaders::Loan::~Loan() {
  {
    auto pool = from_.pool_.lock();
    --pool->lent;
    if (reader_ && generation_ == pool->generation) pool->idle.push_back(std::move(reader_));
  }
  from_.came_back_.notify_one();
}

}  // namespace mailreeve
