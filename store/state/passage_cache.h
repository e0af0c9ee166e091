// SPDX-License-Identifier: BSD-2-Clause
// Clients and tuples that passed a moment ago, so that the store need not be queried
// again at once. Safe to call from any thread. Holds at most twice `most` names of
// each kind, the most recently used ones.
#ifndef MAILREEVE_STORE_STATE_PASSAGE_CACHE_H
#define MAILREEVE_STORE_STATE_PASSAGE_CACHE_H

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "core/state_store.h"
#include "util/guarded.h"

namespace mailreeve {

class PassageCache {
 public:
  // `ttl` 0: caches nothing.
  explicit PassageCache(Milliseconds ttl, std::size_t most = 50'000) : ttl_(ttl), most_(most) {}

  std::optional<Passage> find(const Approach& what, const GreylistRules& rules);
  // Caches only passages that will be repeated: Trusted, and Known if no client is ever
  // trusted; otherwise the next answer may be Trusted.
  void remember(const Approach& what, const GreylistRules& rules, const Passage& passage);
  void forget();

 private:
  using Names = std::map<std::string, Deadline>;
  struct Generations {
    Names young;
    Names old;
  };
  bool has(const std::string& name);
  void add(const std::string& name);

  const Milliseconds ttl_;
  const std::size_t most_;
  Guarded<Generations> names_;
};

}  // namespace mailreeve

#endif
