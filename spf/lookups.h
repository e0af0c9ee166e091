// SPDX-License-Identifier: BSD-2-Clause
// The DNS lookups of one SPF evaluation. Counts the limits of RFC 7208 section
// 4.6.4 in one place for all its includes and redirects. Belongs to one thread.
#ifndef MAILREEVE_SPF_LOOKUPS_H
#define MAILREEVE_SPF_LOOKUPS_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/resolver.h"
#include "spf/engine.h"

namespace mailreeve {

// The names of the client's address in DNS (section 5.5).
struct ClientNames {
  std::vector<std::string> validated;  // those of the first ptr_names that have the client's address
  std::string problem;                 // why DNS failed
  bool found = false;                  // one of the names exists

  // The term is void (SpfLimits::void_lookups).
  bool is_void() const { return !found && problem.empty(); }
};

class Lookups {
 public:
  Lookups(const IpAddress& client, Resolver& resolver, const SpfLimits& limits, Deadline deadline)
      : client_(client), resolver_(resolver), limits_(limits), deadline_(deadline) {}

  // Counts terms before they query DNS. Returns false if that is one too many.
  bool count_terms(unsigned terms);
  // Counts a term that found nothing. Returns false if that is one too many.
  bool count_void();
  const SpfLimits& limits() const { return limits_; }
  unsigned terms() const { return terms_; }
  unsigned voids() const { return voids_; }

  // The record type of the client's address family.
  RecordType address_type() const { return client_.is_v4() ? RecordType::A : RecordType::AAAA; }
  bool out_of_time() const { return deadline_.passed(); }
  // Returns TryAgain without a query once the deadline has passed.
  DnsAnswer ask(const std::string& name, RecordType type);
  // Starts the lookups that the terms of a record need, in their order, without waiting.
  // Starts no more than the limit of terms allows, counting those that earlier calls started
  // and whose turn has not come.
  void expect(std::vector<Question> questions);
  // Looks up the addresses of all names at once.
  std::vector<DnsAnswer> ask_addresses(const std::vector<std::string>& names);
  // Queries them once per evaluation, at the first call.
  const ClientNames& client_names();
  // The first question of looking up the client's names.
  Question client_names_question() const;
  bool knows_client_names() const { return names_.has_value(); }

 private:
  ClientNames validate();

  const IpAddress& client_;
  Resolver& resolver_;
  const SpfLimits& limits_;
  Deadline deadline_;
  unsigned terms_ = 0;
  unsigned voids_ = 0;
  std::optional<ClientNames> names_;
  std::vector<Question> expected_;  // and not yet asked
};

// "AAAA"
std::string_view to_string(RecordType type);
// There is no record of that type: NXDOMAIN, or an answer without one.
bool is_void(const DnsAnswer& answer);
// The name exists, or may exist: the answer is not NXDOMAIN.
bool is_there(const DnsAnswer& answer);
bool has_address(const DnsAnswer& answer, const IpAddress& address);
// "A example.com: SERVFAIL"
std::string describe_failure(const std::string& name, RecordType type, const DnsAnswer& answer);

}  // namespace mailreeve

#endif
