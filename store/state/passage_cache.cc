// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/passage_cache.h"

#include <utility>

namespace mailreeve {

namespace {

// No client, sender or recipient has a NUL.
std::string clients_name(const Approach& what) { return what.client + '\0' + what.voucher; }

std::string tuple_name(const Approach& what) {
  return clients_name(what) + '\0' + what.sender + '\0' + what.recipient;
}

}  // namespace

std::optional<Passage> PassageCache::find(const Approach& what, const GreylistRules& rules) {
  if (ttl_ == Milliseconds(0)) return std::nullopt;
  if (rules.trust_after > 0 && has(clients_name(what))) return Passage{.kind = Passage::Kind::Trusted};
  if (rules.trust_after == 0 && has(tuple_name(what))) return Passage{.kind = Passage::Kind::Known};
  return std::nullopt;
}

void PassageCache::remember(const Approach& what, const GreylistRules& rules, const Passage& passage) {
  if (ttl_ == Milliseconds(0)) return;
  if (passage.kind == Passage::Kind::Trusted) add(clients_name(what));
  if (passage.kind == Passage::Kind::Known && rules.trust_after == 0) add(tuple_name(what));
}

void PassageCache::forget() { *names_.lock() = {}; }

bool PassageCache::has(const std::string& name) {
  auto names = names_.lock();
  for (Names* generation : {&names->young, &names->old}) {
    const auto place = generation->find(name);
    if (place != generation->end()) return !place->second.passed();
  }
  return false;
}

void PassageCache::add(const std::string& name) {
  auto names = names_.lock();
  if (names->young.size() >= most_) names->old = std::exchange(names->young, {});
  names->young.insert_or_assign(name, Deadline(ttl_));
}

}  // namespace mailreeve
