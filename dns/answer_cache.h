// SPDX-License-Identifier: BSD-2-Clause
// The answers of late, for as long as their TTLs allow. In front of
// libunbound's own cache, because asking that takes two changes of thread. Of
// bounded size; whoever has it guards it and supplies the time.
#ifndef MAILREEVE_DNS_ANSWER_CACHE_H
#define MAILREEVE_DNS_ANSWER_CACHE_H

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/resolver.h"

namespace mailreeve {

class AnswerCache {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  // Keeps at most `most` answers, and those used last.
  explicit AnswerCache(std::size_t most) : most_in_half_(most / 2) {}

  // The answer with what is left of its TTL. Keys say name and type.
  std::optional<DnsAnswer> find(const std::string& key, Moment now);
  // Failures, answers with TTL 0 and big ones are not kept.
  void put(const std::string& key, const DnsAnswer& answer, Moment now);

 private:
  struct Entry {
    DnsAnswer answer;
    Moment expires;
  };
  using Entries = std::unordered_map<std::string, Entry>;

  void insert(const std::string& key, Entry entry);

  std::size_t most_in_half_;
  // What is used moves to `young_`; when that is full it becomes `old_`, and
  // what was left there is forgotten.
  Entries young_;
  Entries old_;
};

}  // namespace mailreeve

#endif
