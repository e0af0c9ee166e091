// SPDX-License-Identifier: BSD-2-Clause
// Keeps the access rules of the policy database in force: asks now and then, in a thread of its
// own, whether they have changed, and if so, reads all of them. While the database does not answer,
// the last ones stay. Safe to call from any thread, but not across fork().
#ifndef MAILREEVE_SETUP_ACCESS_REFRESHER_H
#define MAILREEVE_SETUP_ACCESS_REFRESHER_H

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "access/rule.h"
#include "core/log.h"
#include "store/outage.h"
#include "store/policydb/access_rows.h"
#include "store/sql/sql.h"
#include "util/guarded.h"

namespace mailreeve {

// The rule of a row; throws std::invalid_argument. It takes no list and no file.
AccessRule access_rule_of(const AccessRow& row);

class AccessRefresher {
 public:
  struct Settings {
    Milliseconds every{60'000};
    Milliseconds patience{5000};  // of one call
  };
  // Gets the rules in their order.
  using Take = std::function<void(std::vector<AccessRule>)>;

  // Looks once before it returns, for at most the patience.
  AccessRefresher(SqlDatabase& database, const Settings& settings, const Clock& clock, Log& log, Take take);
  // Waits for at most the call in progress.
  ~AccessRefresher();
  AccessRefresher(const AccessRefresher&) = delete;
  AccessRefresher& operator=(const AccessRefresher&) = delete;

  // Makes it look at once.
  void hurry();
  // The number of rules that it gave last.
  std::size_t rules() const { return count_; }
  // There was no such table at the last look.
  bool missing() const { return missing_; }

 private:
  struct State {
    bool hurry = false;
    bool closed = false;
  };
  using Told = std::set<std::pair<std::int64_t, std::string>>;

  void work();
  void look();
  void load();
  void skip(const AccessRow& row, const std::string& why, Told& skipped) const;

  SqlDatabase& database_;
  const Settings settings_;
  const Clock& clock_;
  Log& log_;
  const Take take_;
  std::atomic<std::size_t> count_{0};
  std::atomic<bool> missing_{false};
  // Used only by the thread, once there is one.
  Outage outage_;
  std::optional<std::int64_t> version_;  // of the rules that it gave last
  Told skipped_;                         // of those
  Guarded<State> state_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
