// SPDX-License-Identifier: BSD-2-Clause
// Clients and tuples that were let through a moment ago: what a store need not be
// asked about again at once. Safe to call from any thread. Holds at most twice
// `most` names of each kind; what was used lately stays.
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
  // `ttl` 0: it remembers nothing.
  explicit PassageCache(Milliseconds ttl, std::size_t most = 50'000) : ttl_(ttl), most_(most) {}

  std::optional<Passage> find(const Approach& what, const GreylistRules& rules);
  // Only what was let through and will be again: Trusted, and Known where no client is
  // ever trusted; otherwise the next answer may be that it is.
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
