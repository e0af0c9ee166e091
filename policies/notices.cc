// SPDX-License-Identifier: BSD-2-Clause
#include "policies/notices.h"

namespace mailreeve {

namespace {

const std::string kKind = "unauthorized";

}  // namespace

// A charge tells of its notice by the way, and a reset forgets it: it is part of the quota's state.
// Others are memos.
bool Notices::claim(const std::string& user, Notice notice, TimePoint now, const NoticePeriod& period,
                    Deadline deadline) {
  try {
    if (notice == Notice::Exceeded) return store_->claim_notice(user, now, period, deadline);
    return store_->remember_if_absent({.kind = kKind, .key = user, .value = {}, .until = period.until}, now,
                                      deadline);
  } catch (const BackendError&) {
    return claim_here(user, notice, now, period);
  }
}

bool Notices::claim_here(const std::string& user, Notice notice, TimePoint now, const NoticePeriod& period) {
  const std::lock_guard lock(mutex_);
  if (told_.size() >= kMost) std::erase_if(told_, [now](const auto& entry) { return entry.second <= now; });
  const std::pair key(user, notice);
  const auto known = told_.find(key);
  if (known != told_.end() ? !is_new(known->second, period) : told_.size() >= kMost) return false;
  told_[key] = period.until;
  return true;
}

}  // namespace mailreeve
