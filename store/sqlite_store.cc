// SPDX-License-Identifier: BSD-2-Clause
#include "store/sqlite_store.h"

#include <algorithm>

namespace mailreeve {

namespace {

// More would only take turns on the processors.
constexpr std::size_t kReaders = 16;
// What a call without a deadline waits for at most.
constexpr Milliseconds kLongest{2000};
// Rows that one purge takes in one transaction: some milliseconds.
constexpr std::size_t kPurgeStep = 500;

}  // namespace

SqliteStore::SqliteStore(const std::string& path)
    : readers_(path, kReaders), writing_(path, [this] { readers_.forget(); }) {}

// The writing connection closes last: SQLite then tidies up its log.
SqliteStore::~SqliteStore() { readers_.forget(); }

// The reader's view may be older than what is being decided at this moment, so
// the step is taken again where something is to be written.
Passage SqliteStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                              Deadline deadline) {
  const Stored stored = readers_.with(deadline, [&](StateReader& tables) { return tables.find(what); });
  const GreylistStep step = greylist_step(stored.tuple, stored.client, rules, what.counts, now);
  if (!step.tuple && !step.client) return step.passage;
  return writing_.run([what, rules, now](StateWriter& tables) { return tables.approach(what, rules, now); },
                      deadline);
}

std::size_t SqliteStore::purge(TimePoint now, std::size_t most) {
  const Deadline deadline(kLongest);
  std::size_t purged = 0;
  while (purged < most) {
    const std::size_t wanted = std::min(kPurgeStep, most - purged);
    const std::size_t got =
        writing_.run([now, wanted](StateWriter& tables) { return tables.purge(now, wanted); }, deadline);
    purged += got;
    if (got < wanted) break;
  }
  return purged;
}

void SqliteStore::flush(Deadline deadline) { writing_.sync(deadline); }

StateSize SqliteStore::size(TimePoint now) {
  return readers_.with(Deadline(kLongest), [now](StateReader& tables) { return tables.size(now); });
}

}  // namespace mailreeve
