// SPDX-License-Identifier: BSD-2-Clause
// The state store that the settings name, with the layers in front of it.
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

  // Throws ConfigError for a change that needs a start: to open the local store.
  void check(const Settings& settings) const;
  // Applies a change that check() accepts.
  void reconfigure(const Settings& settings);
  std::shared_ptr<StateStore> store() const;
  // Calls that failed since the last good one.
  std::int64_t failures() const;
  // Decisions of the local store that have not been transferred yet.
  std::size_t learned() const { return remote_ ? remote_->learned() : 0; }

 private:
  // One of them.
  std::shared_ptr<WatchedStore> watched_;
  std::shared_ptr<RemoteStore> remote_;
};

}  // namespace mailreeve

#endif
