// SPDX-License-Identifier: BSD-2-Clause
// A StateStore that tells the log when the one inside stops answering and when
// it is back: once each, not for every call. It is back when it has stored something:
// a store that is locked or full still answers questions.
#ifndef MAILREEVE_STORE_WATCHED_STORE_H
#define MAILREEVE_STORE_WATCHED_STORE_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "core/backends.h"
#include "core/log.h"

namespace mailreeve {

class WatchedStore final : public StateStore {
 public:
  // `name` is how the log calls it.
  WatchedStore(std::unique_ptr<StateStore> inner, std::string name, Log& log)
      : inner_(std::move(inner)), name_(std::move(name)), log_(log) {}

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                   Deadline deadline) override;
  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                     Deadline deadline) override;
  void refund(const std::string& user, const Receipt& receipt, Deadline deadline) override;
  bool first_notice(const std::string& user, Notice notice, TimePoint now, const NoticePeriod& period,
                    Deadline deadline) override;
  QuotaState reset(const std::string& user, Deadline deadline) override;
  QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) override;
  std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) override;
  std::vector<StateEntry> of_client(const std::string& client, Deadline deadline) override;
  void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) override;
  std::size_t forget_client(const std::string& client, Deadline deadline) override;
  std::size_t purge(TimePoint now, std::size_t most) override;
  void flush(Deadline deadline) override;
  StateSize size(TimePoint now) override;

  // Calls that failed since the last good one.
  std::int64_t failures() const { return failures_; }

 private:
  template <typename Call>
  auto watched(Call call);
  void recovered();

  std::unique_ptr<StateStore> inner_;
  std::string name_;
  Log& log_;
  // Failed calls since the last good one.
  std::atomic<std::int64_t> failures_{0};
};

}  // namespace mailreeve

#endif
