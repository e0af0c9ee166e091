// SPDX-License-Identifier: BSD-2-Clause
// The answers that a killed process reports it got from the store, and what
// its parent then looks for.
#ifndef MAILREEVE_TEST_CONTRACT_CRASH_RECORD_H
#define MAILREEVE_TEST_CONTRACT_CRASH_RECORD_H

#include <sstream>
#include <string>

#include "core/state_store.h"

namespace mailreeve {

struct CrashRecord {
  int round = 0;
  int thread = 0;
  int number = 0;
  bool passed = false;

  Approach approach() const {
    return {.client = "10." + std::to_string(round) + "." + std::to_string(thread) + ".0/24",
            .voucher = "net." + std::to_string(round) + "." + std::to_string(thread),
            .sender = "sender" + std::to_string(number * 7919 % 100003) + "@example.org",
            .recipient = "recipient" + std::to_string(number) + "@example.net"};
  }
};

inline std::string to_line(const CrashRecord& record) {
  std::ostringstream line;
  line << record.round << ' ' << record.thread << ' ' << record.number << ' ' << record.passed << '\n';
  return line.str();
}

inline CrashRecord crash_record(const std::string& line) {
  CrashRecord record;
  std::istringstream(line) >> record.round >> record.thread >> record.number >> record.passed;
  return record;
}

// Never trusts a client, but counts its passages and, in the same transaction, those
// of its network, which no other client shares.
inline GreylistRules crash_rules() {
  GreylistRules rules;
  rules.trust_after = 1000000;
  rules.max_pending = 1000000;
  return rules;
}

inline TimePoint crash_start() { return from_millis(1'700'000'000'000); }

}  // namespace mailreeve

#endif
