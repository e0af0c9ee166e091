// SPDX-License-Identifier: BSD-2-Clause
// State in Redis, shared by all hosts that use the same servers. Safe to call
// from any thread. One decision is one script and one round trip.
//
// Redis expires keys when all their contents have expired, by the servers' clocks and
// with a margin; until then stored times decide. Once a client reaches max_pending, its
// next first sight examines all its tuples once.
#ifndef MAILREEVE_STORE_STATE_REDIS_STORE_H
#define MAILREEVE_STORE_STATE_REDIS_STORE_H

#include <string>

#include "core/state_store.h"
#include "store/redis/client.h"
#include "store/redis/url.h"
#include "store/state/redis_archive.h"
#include "store/state/redis_keys.h"
#include "store/state/redis_sweep.h"

namespace mailreeve {

struct RedisOptions {
  Milliseconds timeout{250};     // of one call
  std::size_t connections = 16;  // to each server at most
  std::string ca_file{};         // for TLS; empty: the system's authorities
  TupleNames names = TupleNames::Plain;
};

class RedisStore final : public StateStore {
 public:
  // Connects at the first use. Throws StreamError if the authorities cannot be read.
  RedisStore(const RedisUrl& url, const RedisOptions& options);

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                   Deadline deadline) override;
  void count_passage(std::span<const std::string> clients, const GreylistRules& rules, TimePoint now,
                     Deadline deadline) override;
  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                     Deadline deadline) override;
  void refund(const std::string& user, const Receipt& receipt, Deadline deadline) override;
  bool claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                    Deadline deadline) override;
  std::optional<std::string> recall(const std::string& kind, const std::string& key, TimePoint now,
                                    Deadline deadline) override;
  std::size_t remember(std::span<const Memo> memos, IfKnown known, TimePoint now, Deadline deadline) override;
  QuotaState reset(const std::string& user, Deadline deadline) override;
  QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) override;
  std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) override;
  std::vector<StateEntry> of_client(const std::string& client, Deadline deadline) override;
  void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) override;
  std::size_t forget_client(const std::string& client, Deadline deadline) override;
  // Examines a bounded number of keys and continues from there the next time.
  std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most) override;
  // Answered changes are in Redis; Redis decides when they reach a disk.
  void flush(Deadline deadline) override;
  // Examines all keys, in steps; keys that Redis moves meanwhile may count twice.
  StateSize size(TimePoint now) override;

 private:
  bool trusts(const std::string& client, const GreylistRules& rules, TimePoint now, Deadline deadline);

  RedisClient client_;
  RedisSweep sweep_;
  RedisArchive archive_;
  const TupleNames names_;
};

}  // namespace mailreeve

#endif
