// SPDX-License-Identifier: BSD-2-Clause
// Recent answers, for as long as their TTLs allow. In front of libunbound's own
// cache, because a query to that takes two changes of thread. Of bounded size; the
// owner guards it and supplies the time.
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
  // Keeps at most `most` answers, the most recently used ones.
  explicit AnswerCache(std::size_t most) : most_in_half_(most / 2) {}

  // The answer with its remaining TTL. Keys contain name and type.
  std::optional<DnsAnswer> find(const std::string& key, SteadyTime now);
  // Does not keep failures, answers with TTL 0 and big answers.
  void put(const std::string& key, const DnsAnswer& answer, SteadyTime now);

 private:
  struct Entry {
    DnsAnswer answer;
    SteadyTime expires;
  };
  using Entries = std::unordered_map<std::string, Entry>;

  void insert(const std::string& key, Entry entry);

  std::size_t most_in_half_;
  // An answer that is used moves to `young_`; when that is full it replaces `old_`,
  // whose remaining answers are forgotten.
  Entries young_;
  Entries old_;
};

}  // namespace mailreeve

#endif
