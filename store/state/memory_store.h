// SPDX-License-Identifier: BSD-2-Clause
// State in this process's memory: lost with the process, shared with nobody. Safe to
// call from any thread; calls wait only for the mutex, which mail holds for one tuple
// and a purge for one step.
#ifndef MAILREEVE_STORE_STATE_MEMORY_STORE_H
#define MAILREEVE_STORE_STATE_MEMORY_STORE_H

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/state_store.h"
#include "store/state/ending_map.h"
#include "util/guarded.h"

namespace mailreeve {

class MemoryStore final : public StateStore {
 public:
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
  std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most) override;
  // Memory does not survive a crash: there is nothing to wait for.
  void flush(Deadline deadline) override;
  StateSize size(TimePoint now) override;

 private:
  // A time, and a number that makes it unique: a walk in steps needs a place to
  // continue from.
  using Moment = std::pair<TimePoint, std::uint64_t>;
  using Names = std::pair<std::string, std::string>;  // sender, recipient

  struct Tuple {
    TupleState state;
    Moment over;   // its entry among the ends of its kind
    Moment since;  // its entry in `pending`, unless it has passed
  };
  // Ordered maps: hostile keys cannot make them slow.
  struct Client {
    std::optional<ClientState> trust;
    Moment over;  // its entry in `trust_ends_`, if there is trust
    std::map<Names, Tuple> tuples;
    std::map<Moment, const Names*> pending;
  };
  // One tuple, or a client's trust if there are no names.
  struct Entry {
    const std::string* client;
    const Names* names;
  };

  class Tables {
   public:
    Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now);
    void count_passage(const std::string& client, const GreylistRules& rules, TimePoint now);
    std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most);
    StateSize size(TimePoint now) const;
    // All entries of the first client after `place`, which moves there; none if there is no client.
    std::vector<StateEntry> next_client(std::string& place) const;
    std::vector<StateEntry> of_client(const std::string& client) const;
    void merge(const TupleEntry& entry);
    void merge(const ClientEntry& entry);
    std::size_t forget(const std::string& client);

   private:
    using ClientPlace = std::map<std::string, Client>::iterator;
    // By expiry.
    using Ends = std::map<Moment, Entry>;

    std::optional<ClientState> trust_of(const std::string& client) const;
    void put(ClientPlace client, const Names& names, const TupleState& state, unsigned max_pending);
    void put(ClientPlace client, const ClientState& state);
    void make_room(ClientPlace client, unsigned max_pending);
    std::size_t make_room(std::size_t limit, const GreylistRules& rules, std::size_t most);
    void erase(ClientPlace client, const Names& names);
    void erase_first(Ends& ends);
    Ends& ends_of(const TupleState& state) { return state.passed ? passed_ends_ : pending_ends_; }
    Moment enter(Ends& ends, TimePoint end, Entry entry);

    std::map<std::string, Client> clients_;
    Ends pending_ends_;
    Ends passed_ends_;
    Ends trust_ends_;
    std::uint64_t serial_ = 0;
  };

  std::size_t purge_memos(TimePoint now, std::size_t most);

  Guarded<Tables> tables_;
  Guarded<std::map<std::string, EndingMap<Memo>>> memos_;  // by kind: few; by key
  Guarded<EndingMap<QuotaState>> users_;
};

}  // namespace mailreeve

#endif
