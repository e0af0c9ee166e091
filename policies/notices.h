// SPDX-License-Identifier: BSD-2-Clause
// Notices for the admin that are given once for each user and period: by one of all
// hosts that share a store or, while that does not answer, by each host. Safe to call
// from any thread.
#ifndef MAILREEVE_POLICIES_NOTICES_H
#define MAILREEVE_POLICIES_NOTICES_H

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/state_store.h"

namespace mailreeve {

class Notices {
 public:
  explicit Notices(std::shared_ptr<StateStore> store) : store_(std::move(store)) {}

  // Whether the notice has not been given yet; marks it as given until period.until.
  // While the store does not answer, false for users beyond kMost.
  bool claim(const std::string& user, Notice notice, TimePoint now, const NoticePeriod& period,
             Deadline deadline);

  static constexpr std::size_t kMost = 10'000;

 private:
  bool claim_here(const std::string& user, Notice notice, TimePoint now, const NoticePeriod& period);

  const std::shared_ptr<StateStore> store_;
  std::mutex mutex_;
  std::map<std::pair<std::string, Notice>, TimePoint> told_;  // while the store did not answer
};

}  // namespace mailreeve

#endif
