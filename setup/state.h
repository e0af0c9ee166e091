// SPDX-License-Identifier: BSD-2-Clause
// The state store as the settings want it, with what stands in front of it.
#ifndef MAILREEVE_SETUP_STATE_H
#define MAILREEVE_SETUP_STATE_H

#include <cstdint>
#include <memory>

#include "config/settings.h"
#include "core/log.h"
#include "core/state_store.h"
#include "store/state/open_state_store.h"
#include "store/state/remote_store.h"
#include "store/state/watched_store.h"

namespace mailreeve {

StateStoreOptions state_store_options(const StateSettings& settings);

class State {
 public:
  // Throws StoreOpenError. Starts threads: not before a fork().
  State(const Settings& settings, const Clock& clock, Log& log);

  // Refuses with a ConfigError what only a start can do: to open the local store.
  void check(const Settings& settings) const;
  // What a reload may change, and check() takes.
  void reconfigure(const Settings& settings);
  std::shared_ptr<StateStore> store() const;
  // Calls that failed since the last good one.
  std::int64_t failures() const;
  // Decisions of the local store that have not been brought over.
  std::size_t learned() const { return remote_ ? remote_->learned() : 0; }

 private:
  // One of them.
  std::shared_ptr<WatchedStore> watched_;
  std::shared_ptr<RemoteStore> remote_;
};

}  // namespace mailreeve

#endif
