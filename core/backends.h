// SPDX-License-Identifier: BSD-2-Clause
// What policies ask of the world outside: shared state and DNS. Interfaces;
// every implementation may be called from any thread.
#ifndef MAILREEVE_CORE_BACKENDS_H
#define MAILREEVE_CORE_BACKENDS_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/greylist_state.h"
#include "core/ip_address.h"
#include "core/time.h"

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
  std::string client;  // "192.0.2.0/24", "2001:db8::/64", "spf:example.com"
  std::string sender;  // "<>" for the null reverse-path
  std::string recipient;
  // Whether a passage counts towards the client's trust: once per message.
  bool counts = true;
};

struct StateSize {
  std::size_t pending = 0;  // tuples that have not been retried in time yet
  std::size_t passed = 0;   // tuples that have
  std::size_t clients = 0;  // client networks with a count of passages
};

// State that outlives a connection and is shared between hosts. Each call is
// one atomic step and one round trip; the caller supplies the time. All throw
// BackendError, also when `deadline` passes; a call that throws may have taken
// effect.
class StateStore {
 public:
  virtual ~StateStore() = default;

  // A client comes with this tuple: judge it by what is known, and remember.
  virtual Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                           Deadline deadline) = 0;
  // Forgets up to `most` entries that are over at `now`, and says how many. To
  // be called again while it returns `most`. Mail never waits for it longer
  // than one such step takes.
  virtual std::size_t purge(TimePoint now, std::size_t most) = 0;
  // Returns when everything decided so far would survive a crash.
  virtual void flush(Deadline deadline) = 0;
  virtual StateSize size(TimePoint now) = 0;
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
