// SPDX-License-Identifier: BSD-2-Clause
// The child processes of the SqliteStore tests.
//   store_crash_child hammer FILE ROUND   changes the store from several
//     threads until killed; prints a line for each answer
//   store_crash_child lock FILE           keeps others from writing until
//     standard input ends
//   store_crash_child own FILE            locks others out completely
#include <sqlite3.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "store/state/open_state_store.h"
#include "test/contract/crash_record.h"

using namespace mailreeve;

namespace {

constexpr int kThreads = 4;

// Uses one write(2), so that a kill leaves no partial line.
void report(const CrashRecord& record) {
  const std::string line = to_line(record);
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(1);
}

// Sends each tuple twice, the second time a while after others.
void hammer(StateStore& store, int round, int thread) {
  constexpr int kLater = 20;
  const auto rules = crash_rules();
  for (int i = 0;; ++i) {
    const CrashRecord fresh{.round = round, .thread = thread, .number = i, .passed = false};
    store.approach(fresh.approach(), rules, crash_start(), Deadline(Milliseconds(60000)));
    report(fresh);
    if (i < kLater) continue;
    const CrashRecord retry{.round = round, .thread = thread, .number = i - kLater, .passed = true};
    const Approach again = retry.approach();
    const TimePoint later = crash_start() + rules.delay;
    store.approach(again, rules, later, Deadline(Milliseconds(60000)));
    report(retry);
    store.count_passage(std::vector{again.client, again.voucher}, rules, later,
                        Deadline(Milliseconds(60000)));
  }
}

int hammer_all(const std::string& path, int round) {
  const auto store = open_state_store("sqlite:" + path);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&store, round, i] { hammer(*store, round, i); });
  for (auto& thread : threads) thread.join();
  return 0;
}

int hold(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  if (sqlite3_open(path.c_str(), &database) != SQLITE_OK) return 1;
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return 1;
  std::cout << "locked" << std::endl;
  std::string nothing;
  while (std::getline(std::cin, nothing)) continue;
  sqlite3_close(database);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "hammer") return hammer_all(words[1], std::stoi(words[2]));
  if (words.size() == 2 && words[0] == "lock") return hold(words[1], "BEGIN EXCLUSIVE");
  if (words.size() == 2 && words[0] == "own")
    return hold(words[1],
                "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; SELECT count(*) FROM greylist; COMMIT");
  return 2;
}
