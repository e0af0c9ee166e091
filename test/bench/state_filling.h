// SPDX-License-Identifier: BSD-2-Clause
// Fills a state store with greylisting tuples as an MX has them: clients, senders and
// recipients in random order, one in four retried. The n-th tuple is the same each time.
#ifndef MAILREEVE_TEST_BENCH_STATE_FILLING_H
#define MAILREEVE_TEST_BENCH_STATE_FILLING_H

#include <cstdint>
#include <string>

#include "core/state_store.h"

namespace mailreeve {

struct Filling {
  std::uint32_t tuples = 0;
  std::uint32_t expired = 0;  // the first of them: forgotten by the next purge
  TimePoint now;
};

Approach filled(std::uint32_t number);

// Writes with all indexes, but without a log: a crash meanwhile leaves nothing of use.
// The file must not be in use; it is created if there is none.
void fill_sqlite_file(const std::string& path, const Filling& what);
void fill_store(StateStore& store, const Filling& what);

}  // namespace mailreeve

#endif
