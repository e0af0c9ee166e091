// SPDX-License-Identifier: BSD-2-Clause
#include "store/watched_store.h"

#include <type_traits>

namespace mailreeve {

template <typename Call>
auto WatchedStore::watched(Call call) {
  const auto recovered = [this] {
    // Read before written: all threads share the line, and nearly always all is well.
    if (failures_.load(std::memory_order_relaxed) == 0) return;
    if (const auto failures = failures_.exchange(0); failures != 0)
      log_.write(Event::BackendRecovered, {{"backend", name_}, {"failures", failures}});
  };
  try {
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
      recovered();
    } else {
      auto result = call();
      recovered();
      return result;
    }
  } catch (const BackendError& error) {
    if (failures_.fetch_add(1) == 0)
      log_.write(Event::BackendFailed, {{"backend", name_}, {"error", std::string_view(error.what())}});
    throw;
  }
}

Passage WatchedStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                               Deadline deadline) {
  return watched([&] { return inner_->approach(what, rules, now, deadline); });
}

std::size_t WatchedStore::purge(TimePoint now, std::size_t most) {
  return watched([&] { return inner_->purge(now, most); });
}

void WatchedStore::flush(Deadline deadline) {
  watched([&] { inner_->flush(deadline); });
}

StateSize WatchedStore::size(TimePoint now) {
  return watched([&] { return inner_->size(now); });
}

}  // namespace mailreeve
