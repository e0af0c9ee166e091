// SPDX-License-Identifier: BSD-2-Clause
// A bounded cache of answers about names, which drops the least recently used. Part
// of CachedPolicyDb.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_CACHE_H
#define MAILREEVE_STORE_POLICYDB_POLICY_CACHE_H

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "util/backend_error.h"
#include "util/guarded.h"

namespace mailreeve {

template <class Policy>
class PolicyCache {
 public:
  explicit PolicyCache(std::size_t max_entries) : max_entries_(max_entries) {}

  struct Answer {
    Policy policy;
    SteadyTime loaded;
    std::uint64_t round = 0;  // when its loading began
  };
  struct Found {
    std::optional<Answer> answer;
    // Not 0: the caller loads it now and then calls finish() with this. 0: the answer is there.
    std::uint64_t to_load = 0;
  };

  // If another caller loads it already and there is nothing to return meanwhile, waits
  // for that caller.
  template <class Fresh, class Usable>
  Found find(const std::string& name, Deadline deadline, Fresh fresh, Usable usable) {
    auto state = state_.lock();
    for (;;) {
      Found found{.answer = look_up(*state, name)};
      if (found.answer && found.answer->round == state->round && fresh(*found.answer)) return found;
      if (found.answer && !usable(*found.answer)) found.answer.reset();
      if (state->loading.insert(name).second) {
        found.to_load = state->round;
        return found;
      }
      if (found.answer) return found;
      const auto round = state->round;
      const auto over = [&](const State& now) {
        return now.round != round || now.loading.find(name) == now.loading.end();
      };
      if (!state.wait_until(changed_, deadline.at(), over))
        throw BackendError("the policy database did not answer before the deadline");
    }
  }

  // Completes a load that find() began.
  void finish(const std::string& name, std::uint64_t round, std::optional<Answer> answer) {
    {
      auto state = state_.lock();
      // After expire(), another caller may be loading the name.
      if (state->round == round) state->loading.erase(name);
      if (answer) keep(*state, name, {std::move(answer->policy), answer->loaded, round});
    }
    changed_.notify_all();
  }

  // No answer is fresh any longer, not even one that is being loaded now. All remain
  // usable.
  void expire() {
    {
      auto state = state_.lock();
      state->loading.clear();
      ++state->round;
    }
    changed_.notify_all();
  }

  std::size_t size() const { return state_.lock()->by_use.size(); }

 private:
  using ByUse = std::list<std::pair<std::string, Answer>>;
  struct State {
    ByUse by_use;  // the latest first
    std::unordered_map<std::string_view, typename ByUse::iterator> by_name;
    std::set<std::string> loading;
    std::uint64_t round = 1;  // between one expire() and the next
  };

  static std::optional<Answer> look_up(State& state, const std::string& name) {
    const auto found = state.by_name.find(name);
    if (found == state.by_name.end()) return {};
    state.by_use.splice(state.by_use.begin(), state.by_use, found->second);
    return found->second->second;
  }

  void keep(State& state, const std::string& name, Answer answer) {
    const auto found = state.by_name.find(name);
    if (found != state.by_name.end()) {
      if (found->second->second.round <= answer.round) found->second->second = std::move(answer);
      return;
    }
    state.by_use.emplace_front(name, std::move(answer));
    state.by_name.emplace(state.by_use.front().first, state.by_use.begin());
    if (state.by_use.size() <= max_entries_) return;
    state.by_name.erase(state.by_use.back().first);
    state.by_use.pop_back();
  }

  const std::size_t max_entries_;
  mutable Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace mailreeve

#endif
