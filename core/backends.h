// SPDX-License-Identifier: BSD-2-Clause
// What policies ask of the world outside: shared state, what the operator
// configured, and DNS. Interfaces; every implementation may be called from any
// thread.
#ifndef MAILREEVE_CORE_BACKENDS_H
#define MAILREEVE_CORE_BACKENDS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/greylist_state.h"
#include "core/ip_address.h"
#include "core/quota_state.h"
#include "core/state_entry.h"
#include "util/time.h"

namespace mailreeve {

// A backend that did not answer, or not in time. Only the pipeline catches it;
// what() is a sentence for the log.
class BackendError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a greylisting decision is about. Non-empty texts of at most 1024 octets
// each, normalised by the caller; stores compare them octet by octet.
struct Approach {
  std::string client;     // whose the tuple is: "192.0.2.0/24", "2001:db8::/64", "spf:example.com"
  std::string network{};  // another client whose trust lets it pass; may be empty
  std::string sender;     // "<>" for the null reverse-path
  std::string recipient;
};

struct StateSize {
  std::size_t pending = 0;  // tuples that have not been retried in time yet
  std::size_t passed = 0;   // tuples that have
  std::size_t clients = 0;  // clients with a count of passages
  std::size_t users = 0;    // users who have sent lately
};

// Who has passed greylisting. As with all state that outlives a connection and
// is shared between hosts, each call is one atomic step and one round trip, and
// the caller supplies the time. All throw BackendError, also when `deadline`
// passes; a call that throws may have taken effect.
class GreylistStore {
 public:
  virtual ~GreylistStore() = default;

  // A client comes with this tuple: judge it by what is known, and remember. Trust is
  // only used here, and renewed. In a Redis Cluster, what is known of `network` lies on
  // another node: there it is a second round trip, for who would have to wait otherwise.
  virtual Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                           Deadline deadline) = 0;
  // A message has ended that passed because its tuple had waited: with_passage() for each
  // of these clients, which are different ones.
  virtual void count_passage(std::span<const std::string> clients, const GreylistRules& rules, TimePoint now,
                             Deadline deadline) = 0;
};

// What users have sent. `user` is a non-empty text of at most 320 octets, as
// the identity says, compared octet by octet.
class QuotaStore {
 public:
  virtual ~QuotaStore() = default;

  // quota_charge() on this user's state.
  virtual QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                             TimePoint now, Deadline deadline) = 0;
  // quota_refund(). What has expired or was reset meanwhile is not taken back.
  virtual void refund(const std::string& user, const Receipt& receipt, Deadline deadline) = 0;
  // is_new() of this user's notice; from here on it has been given, until period.until.
  virtual bool first_notice(const std::string& user, Notice notice, TimePoint now, const NoticePeriod& period,
                            Deadline deadline) = 0;
  // Nothing has been sent. Returns what was known, so that it can be shown.
  virtual QuotaState reset(const std::string& user, Deadline deadline) = 0;
  // What is known of it, perhaps with parts that are over.
  virtual QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) = 0;
};

// The state as it is, for those who look after it. Entries may be over already.
class StateArchive {
 public:
  virtual ~StateArchive() = default;

  // Some `most` entries that come behind `place`, and moves it; none: there are no
  // more. An empty place is the beginning; what it holds otherwise is the store's own
  // affair. What changes meanwhile may be missed or come twice.
  virtual std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) = 0;
  // What is known of a client network and its tuples.
  virtual std::vector<StateEntry> of_client(const std::string& client, Deadline deadline) = 0;
  // Adds these to what is there, merged with it (core/state_entry.h).
  virtual void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) = 0;
  // Forgets a client network and its tuples, and says how many entries these were.
  virtual std::size_t forget_client(const std::string& client, Deadline deadline) = 0;
};

class StateStore : public GreylistStore, public QuotaStore, public StateArchive {
 public:
  // Forgets up to `most` entries that are over at `now`, or more than there may
  // be (`max_tuples` of the rules), and says how many. To be called again while it
  // returns `most`. Mail never waits for it longer than one such step takes.
  virtual std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most) = 0;
  // Returns when everything decided so far would survive a crash.
  virtual void flush(Deadline deadline) = 0;
  virtual StateSize size(TimePoint now) = 0;
};

// Limits that hold for users who have none nearer.
struct SharedLimits {
  std::string to;      // "example.com", ".example.com" (users of all domains below it) or "*"
  std::string quota;   // its name
  std::string limits;  // as in core/limits.h
  bool raise = false;  // for a while, up to `until` (none: until they are taken back)
  std::optional<TimePoint> until{};
};

// What the operator configured for one user.
struct UserPolicy {
  bool known = false;
  // What it may send as: "example.com", ".example.com" (all that is below it),
  // "a@example.com" or "*". Folded: ASCII lower case, domains in A-labels.
  std::vector<std::string> senders;
  bool unreadable = false;  // it has more to send as, which is no such name
  std::string quota;        // the name of its quota; empty: none
  std::string limits;       // that quota's, as in core/limits.h
  // Limits that hold instead, up to `raised_until` (none: until they are taken back).
  std::string raised;
  std::optional<TimePoint> raised_until;
  // Those of its domain, of the domains above, of "*": the nearest first.
  std::vector<SharedLimits> shared;

  // It is restricted to what it may send as.
  bool listed() const { return !senders.empty() || unreadable; }
};

// Of mail to a domain: what is configured for it, or for the nearest domain above it
// (".example.com"), or for "*".
struct DomainPolicy {
  bool known = false;
  std::string of;          // which of them it is
  bool greylist = false;   // greylist.apply = opt-in
  bool check_spf = false;  // spf.apply = opt-in
};

// Names come folded, as UserPolicy::senders are. What is not there is a policy
// that is not known, not a failure. All throw BackendError.
class PolicyDb {
 public:
  virtual ~PolicyDb() = default;

  virtual UserPolicy user(const std::string& name, Deadline deadline) = 0;
  virtual DomainPolicy domain(const std::string& name, Deadline deadline) = 0;
};

// One message, for the messages table. Texts are as the client or the MTA sent
// them, at most 320 octets each.
struct MessageRecord {
  TimePoint when;
  std::string host;      // the MTA's name
  std::string queue_id;  // may be empty: it was refused before there was one
  std::string ref;       // the last verdict's
  bool outbound = true;
  std::string user;  // the identity; may be empty
  std::string login;
  std::string sender;
  std::int64_t recipients = 0;
  std::string addresses;  // of the recipients, separated by blanks; empty unless configured
  std::string client;     // address
  std::string client_name;
  std::string helo;
  std::int64_t size = 0;  // octets, as the client announced; 0: it did not
  std::string verdict;    // "pass", "defer", "reject"
  std::string policy;     // that decided
  std::string reason;
};

// Where messages are noted down.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // Waits for nobody. Safe to call from any thread.
  virtual void add(MessageRecord record) = 0;
};

enum class RecordType { A, AAAA, MX, PTR, TXT };

struct Question {
  std::string name;  // without the dot at the end
  RecordType type;
};

struct MailExchanger {
  unsigned preference = 0;
  std::string host;  // lower case, without the dot at the end; empty for "." (RFC 7505)
};

// A failure of DNS is an answer, not an exception.
struct DnsAnswer {
  enum class Status {
    Found,
    NoData,    // the name exists, without such records
    NoName,    // NXDOMAIN
    TryAgain,  // SERVFAIL, bogus, refused, or no answer before the deadline
    BadName,   // never asked: over 253 octets, a label empty or over 63, or a blank, a backslash or
               // octets that are not visible ASCII
  };
  Status status = Status::TryAgain;
  std::vector<IpAddress> addresses{};       // A, AAAA
  std::vector<MailExchanger> exchangers{};  // MX, as answered
  std::vector<std::string> names{};         // PTR; lower case, without the dot at the end
  std::vector<std::string> texts{};         // TXT: a record's strings joined without a blank; any octets
  std::string problem{};                    // what went wrong, for TryAgain and BadName
  std::uint32_t ttl = 0;                    // seconds
};

class Resolver {
 public:
  virtual ~Resolver() = default;

  // Asks all at once and waits for all, at most until `deadline`: what has not
  // come by then is TryAgain. One answer per question, in their order.
  virtual std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline deadline) = 0;

  DnsAnswer resolve(const Question& question, Deadline deadline) {
    return std::move(resolve(std::span(&question, 1), deadline).front());
  }
};

}  // namespace mailreeve

#endif
