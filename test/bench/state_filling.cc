// SPDX-License-Identifier: BSD-2-Clause
#include "test/bench/state_filling.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "store/state/sqlite_tables.h"

namespace mailreeve {

namespace {

constexpr std::uint32_t kBatch = 500;
constexpr std::uint32_t kTransaction = 5'000'000;
constexpr int kThreads = 4;
constexpr Milliseconds kPatience{60'000};

// The first came first and ends first. Those that have passed came again within the last day, so
// that a lookup does not renew them.
TupleEntry entry_of(std::uint32_t number, const Filling& what) {
  constexpr GreylistRules kRules;
  constexpr Milliseconds kLife = kRules.retry_window;
  constexpr Milliseconds kKeep = kRules.keep;
  Approach key = filled(number);
  TupleEntry out{.client = std::move(key.client),
                 .sender = std::move(key.sender),
                 .recipient = std::move(key.recipient),
                 .state = {}};
  const Milliseconds later = kLife / 2 * number / what.tuples;
  out.state.passed = number % 4 == 0;
  out.state.first = out.state.last = what.now - kLife * 3 / 4 + later;
  out.state.expires = out.state.passed ? what.now + kKeep + kKeep / 64 + later / 4 : out.state.first + kLife;
  if (number < what.expired) out.state.expires = what.now - Seconds(1);
  return out;
}

}  // namespace

// The factor is odd, so that no two numbers give the same client and domain.
Approach filled(std::uint32_t number) {
  const std::uint32_t mixed = number * 2654435761U;
  const auto part = [mixed](unsigned shift) { return std::to_string(mixed >> shift & 255); };
  Approach what;
  what.client = part(24) + "." + part(16) + "." + part(8) + ".0/24";
  what.sender = "sender" + std::to_string(number % 9973) + "@mail" + part(0) + ".example.com";
  what.recipient = "recipient" + std::to_string(number % 997) + "@example.net";
  return what;
}

void fill_sqlite_file(const std::string& path, const Filling& what) {
  SqliteConnection connection = open_sqlite_file(path, state_format(), SqliteCheck::Header);
  connection.execute("PRAGMA journal_mode = DELETE");
  connection.execute("PRAGMA journal_mode = OFF");
  connection.execute("PRAGMA locking_mode = EXCLUSIVE");
  // Each page is read and written once, if it fits: ten million tuples have 2.4 GB.
  connection.execute("PRAGMA cache_size = -3000000");
  SqliteWriter writer(std::move(connection));
  for (std::uint32_t number = 0; number < what.tuples;) {
    writer.begin(kPatience);
    const std::uint32_t end = number + std::min(kTransaction, what.tuples - number);
    for (; number < end; ++number) writer.merge(entry_of(number, what));
    writer.commit();
  }
}

void fill_store(StateStore& store, const Filling& what) {
  std::atomic<std::uint32_t> next{0};
  const auto fill = [&] {
    for (std::uint32_t first = next += kBatch; first - kBatch < what.tuples; first = next += kBatch) {
      std::vector<StateEntry> entries;
      for (std::uint32_t number = first - kBatch; number < std::min(first, what.tuples); ++number)
        entries.emplace_back(entry_of(number, what));
      store.put(entries, what.now, Deadline(kPatience));
    }
  };
  std::vector<std::jthread> threads;
  for (int i = 1; i < kThreads; ++i) threads.emplace_back(fill);
  fill();
}

}  // namespace mailreeve
