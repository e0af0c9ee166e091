// SPDX-License-Identifier: BSD-2-Clause
#include "setup/state.h"

#include "config/load.h"

namespace mailreeve {

namespace {

bool wants_local(const Settings& settings) {
  return settings.greylist.on_failure == StoreFailure::Local ||
         settings.quota.on_failure == StoreFailure::Local;
}

}  // namespace

StateStoreOptions state_store_options(const StateSettings& settings) {
  return {.timeout = settings.timeout,
          .ca_file = settings.tls_ca_file,
          .hashed_names = settings.redis_names == RedisNames::Hashed};
}

State::State(const Settings& settings, const Clock& clock, Log& log) {
  const StateSettings& state = settings.state;
  StateStoreOptions options = state_store_options(state);
  options.trouble = [&log](const std::string& what) {
    log.write(Event::StoreTrouble, {{"backend", "state"}, {"error", what}});
  };
  auto store = open_state_store(state.url, options);
  if (!is_remote_state_url(state.url)) {
    watched_ = std::make_shared<WatchedStore>(std::move(store), "state", log);
    return;
  }
  std::unique_ptr<StateStore> local;
  if (wants_local(settings)) local = open_state_store(state.local, options);
  remote_ = std::make_shared<RemoteStore>(std::move(store), std::move(local),
                                          RemoteStore::Settings{.cache_ttl = state.cache_ttl}, clock, log);
  reconfigure(settings);
}

void State::check(const Settings& settings) const {
  if (!remote_ || remote_->has_local() || !wants_local(settings)) return;
  const bool greylist = settings.greylist.on_failure == StoreFailure::Local;
  throw ConfigError(std::string(greylist ? "greylist" : "quota") +
                    ".on-failure changed to \"local\", which needs a restart: state.local is not open");
}

void State::reconfigure(const Settings& settings) {
  if (remote_)
    remote_->use_local(settings.greylist.on_failure == StoreFailure::Local,
                       settings.quota.on_failure == StoreFailure::Local);
}

std::shared_ptr<StateStore> State::store() const {
  if (remote_) return remote_;
  return watched_;
}

std::int64_t State::failures() const { return remote_ ? remote_->failures() : watched_->failures(); }

}  // namespace mailreeve
