// SPDX-License-Identifier: BSD-2-Clause
// Of what the admin is told once for each user and period: by all hosts that share a
// store together, or, while that does not answer, by this one. Safe to call from any
// thread.
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
  explicit Notices(std::shared_ptr<QuotaStore> store) : store_(std::move(store)) {}

  // Whether it has not been told yet; from here on it has, until period.until. Beyond
  // kMost users it is not told again while the store does not answer.
  bool is_first(const std::string& user, Notice notice, TimePoint now, const NoticePeriod& period,
                Deadline deadline);

  static constexpr std::size_t kMost = 10'000;

 private:
  bool is_first_here(const std::string& user, Notice notice, TimePoint now, const NoticePeriod& period);

  const std::shared_ptr<QuotaStore> store_;
  std::mutex mutex_;
  std::map<std::pair<std::string, Notice>, TimePoint> told_;  // while the store did not answer
};

}  // namespace mailreeve

#endif
