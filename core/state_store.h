// SPDX-License-Identifier: BSD-2-Clause
// The state that outlives a connection and is shared between hosts. Every implementation may be
// called from any thread.
#ifndef MAILREEVE_CORE_STATE_STORE_H
#define MAILREEVE_CORE_STATE_STORE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/greylist_state.h"
#include "core/memo.h"
#include "core/quota_state.h"
#include "core/state_entry.h"
#include "util/backend_error.h"
#include "util/time.h"

namespace mailreeve {

// The subject of a greylisting decision. Non-empty texts of at most 1024 octets
// each, normalised by the caller; stores compare them octet by octet.
struct Approach {
  std::string client;     // the tuple's owner: "192.0.2.0/24", "2001:db8::/64", "spf:example.com"
  std::string voucher{};  // another client whose trust lets it pass; may be empty
  std::string sender;     // "<>" for the null reverse-path
  std::string recipient;
  bool lapses = false;  // trust in `client` is not renewed
};

struct StateSize {
  std::size_t pending = 0;  // tuples that have not been retried in time yet
  std::size_t passed = 0;   // tuples that have
  std::size_t clients = 0;  // clients with a count of passages
  std::size_t users = 0;    // users who have sent lately
};

// The state of greylisting. As with all state that outlives a connection and
// is shared between hosts, each call is one atomic step and one round trip, and
// the caller supplies the time. All throw BackendError, also when `deadline`
// passes; a call that throws may have taken effect.
class GreylistStore {
 public:
  virtual ~GreylistStore() = default;

  // Judges an attempt of this tuple by what is known, and remembers it. This only uses
  // and renews trust. In a Redis Cluster, `voucher` lies on another node and takes a
  // second round trip, only for a client that would otherwise have to wait.
  virtual Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                           Deadline deadline) = 0;
  // A message that passed because its tuple had waited is complete: with_passage() for
  // each of these clients, which must be distinct.
  virtual void count_passage(std::span<const std::string> clients, const GreylistRules& rules, TimePoint now,
                             Deadline deadline) = 0;
};

// What users have sent. `user` is the identity, a non-empty text of at most 320
// octets, compared octet by octet.
class QuotaStore {
 public:
  virtual ~QuotaStore() = default;

  // quota_charge() on this user's state.
  virtual QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                             TimePoint now, Deadline deadline) = 0;
  // quota_refund(). Charges that have expired or were reset are not refunded.
  virtual void refund(const std::string& user, const Receipt& receipt, Deadline deadline) = 0;
  // is_new() of this user's notice of an excess. If so, it counts as given until period.until.
  virtual bool claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                            Deadline deadline) = 0;
  // Forgets what was sent. Returns the former state, so that it can be shown.
  virtual QuotaState reset(const std::string& user, Deadline deadline) = 0;
  // The state of the user, perhaps with parts that have expired.
  virtual QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) = 0;
};

// What is remembered for a while and needs no verbs of its own.
class MemoStore {
 public:
  virtual ~MemoStore() = default;

  // The value of this kind and key; none: nothing is known at `now`.
  virtual std::optional<std::string> recall(const std::string& kind, const std::string& key, TimePoint now,
                                            Deadline deadline) = 0;
  // Remembers those that takes_place() of what is there, and returns their number. Their names
  // must be distinct. In a Redis Cluster, one round trip to each node that has some of them.
  virtual std::size_t remember(std::span<const Memo> memos, IfKnown known, TimePoint now,
                               Deadline deadline) = 0;

  // Whether it did: a notice that nobody else has given.
  bool remember_if_absent(const Memo& memo, TimePoint now, Deadline deadline) {
    return remember({&memo, 1}, IfKnown::Stays, now, deadline) > 0;
  }
};

// The raw state, for administration. Entries may have expired.
class StateArchive {
 public:
  virtual ~StateArchive() = default;

  // Returns about `most` entries after `place`, and moves it; none: there are no more.
  // An empty place is the beginning; any other value is private to the store. Entries
  // that change meanwhile may be missed or returned twice.
  virtual std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) = 0;
  // A client network and its tuples.
  virtual std::vector<StateEntry> of_client(const std::string& client, Deadline deadline) = 0;
  // Adds these entries, merged with the existing ones (core/state_entry.h).
  virtual void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) = 0;
  // Forgets a client network and its tuples, and returns the number of entries.
  virtual std::size_t forget_client(const std::string& client, Deadline deadline) = 0;
};

class StateStore : public GreylistStore, public QuotaStore, public MemoStore, public StateArchive {
 public:
  // Forgets up to `most` entries that have expired at `now` or exceed `max_tuples` of
  // the rules, and returns their number. Call it again while it returns `most`. Mail
  // never waits for it longer than one such step takes.
  virtual std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most) = 0;
  // Returns when everything decided so far would survive a crash.
  virtual void flush(Deadline deadline) = 0;
  virtual StateSize size(TimePoint now) = 0;
};

}  // namespace mailreeve

#endif
