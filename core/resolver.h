// SPDX-License-Identifier: BSD-2-Clause
// DNS. Every implementation may be called from any thread.
#ifndef MAILREEVE_CORE_RESOLVER_H
#define MAILREEVE_CORE_RESOLVER_H

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/ip_address.h"
#include "util/time.h"

namespace mailreeve {

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
    BadName,   // never queried: over 253 octets, an empty label or one over 63, or a space, backslash or
               // octets that are not visible ASCII
  };
  Status status = Status::TryAgain;
  std::vector<IpAddress> addresses{};       // A, AAAA
  std::vector<MailExchanger> exchangers{};  // MX, as answered
  std::vector<std::string> names{};         // PTR; lower case, without the dot at the end
  std::vector<std::string> texts{};         // TXT: a record's strings joined without a space; any octets
  std::string problem{};                    // what went wrong, for TryAgain and BadName
  std::uint32_t ttl = 0;                    // seconds
};

class Resolver {
 public:
  // Whether these answers are enough: one for each question, in their order, where there is one so far.
  using Enough = std::function<bool(std::span<const std::optional<DnsAnswer>> answers)>;

  virtual ~Resolver() = default;

  // Sends all questions at once and waits for all, at most until `deadline`: a lookup
  // that has not finished by then is TryAgain. One answer per question, in their order.
  virtual std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline deadline) = 0;
  // The same, but does not wait for more answers once `enough`, which is called in this thread, says so:
  // the others are TryAgain. Their lookups go on, for those who ask later. An implementation whose
  // answers cost no wait need not ask `enough`.
  virtual std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline deadline,
                                         const Enough& /*enough*/) {
    return resolve(questions, deadline);
  }
  // Begins lookups that a later resolve() will probably ask for, and does not wait. May do nothing.
  virtual void expect(std::span<const Question> /*questions*/) {}

  DnsAnswer resolve(const Question& question, Deadline deadline) {
    return std::move(resolve(std::span(&question, 1), deadline).front());
  }
};

}  // namespace mailreeve

#endif
