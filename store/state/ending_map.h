// SPDX-License-Identifier: BSD-2-Clause
// Values by name, of which each ends: at expiry(value). Ordered by name, so that hostile
// names cannot make it slow.
#ifndef MAILREEVE_STORE_STATE_ENDING_MAP_H
#define MAILREEVE_STORE_STATE_ENDING_MAP_H

#include <cstddef>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "util/time.h"

namespace mailreeve {

template <class Value>
class EndingMap {
 public:
  std::size_t size() const { return values_.size(); }

  // Null: there is none.
  const Value* find(const std::string& name) const {
    const auto place = values_.find(name);
    return place == values_.end() ? nullptr : &place->second.value;
  }

  // Changes a value with `change(value)`; one that is not there is a default one.
  template <class Change>
  void update(const std::string& name, Change change) {
    const auto [place, fresh] = values_.try_emplace(name);
    if (!fresh) ends_.erase(place->second.end);
    change(place->second.value);
    place->second.end = ends_.emplace(expiry(place->second.value), &place->first);
  }

  // Returns what was there, or a default one.
  Value erase(const std::string& name) {
    const auto place = values_.find(name);
    if (place == values_.end()) return {};
    Value out = std::move(place->second.value);
    ends_.erase(place->second.end);
    values_.erase(place);
    return out;
  }

  // The one that ends first; there must be one.
  void erase_first() {
    const auto first = ends_.begin();
    const auto place = values_.find(*first->second);
    ends_.erase(first);
    values_.erase(place);
  }

  // Erases up to `most` that have ended, and returns how many.
  std::size_t purge(TimePoint now, std::size_t most) {
    std::size_t purged = 0;
    for (; purged < most && !ends_.empty() && ends_.begin()->first <= now; ++purged) erase_first();
    return purged;
  }

  // Those that have not ended.
  std::size_t count(TimePoint now) const {
    return static_cast<std::size_t>(std::distance(ends_.upper_bound(now), ends_.end()));
  }

  // Calls `take(name, value)` for up to `most` behind the name `place`, which moves to the last one.
  template <class Take>
  void walk(std::string& place, std::size_t most, Take take) const {
    for (auto next = values_.upper_bound(place); next != values_.end() && most > 0; ++next, --most) {
      place = next->first;
      take(next->first, next->second.value);
    }
  }

 private:
  using Ends = std::multimap<TimePoint, const std::string*>;
  struct Held {
    Value value;
    typename Ends::iterator end;
  };

  std::map<std::string, Held> values_;
  Ends ends_;
};

}  // namespace mailreeve

#endif
