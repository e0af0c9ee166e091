// SPDX-License-Identifier: BSD-2-Clause
// The DNS lookups of one SPF evaluation, with the limits of RFC 7208 section 4.6.4
// counted in one place for all its includes and redirects. Belongs to one thread.
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
  std::vector<std::string> validated;  // of the first ptr_names, those that have the client's address
  std::string problem;                 // DNS failed
  bool found = false;                  // one of them exists

  // Void as a term (SpfLimits::void_lookups).
  bool is_void() const { return !found && problem.empty(); }
};

class Lookups {
 public:
  Lookups(const IpAddress& client, Resolver& resolver, const SpfLimits& limits, Deadline deadline)
      : client_(client), resolver_(resolver), limits_(limits), deadline_(deadline) {}

  // Counts terms before they query DNS. False: one too many.
  bool count_terms(unsigned terms);
  // Counts a term that found nothing. False: one too many.
  bool count_void();
  const SpfLimits& limits() const { return limits_; }
  unsigned terms() const { return terms_; }
  unsigned voids() const { return voids_; }

  // Of the client's family.
  RecordType address_type() const { return client_.is_v4() ? RecordType::A : RecordType::AAAA; }
  bool out_of_time() const { return deadline_.passed(); }
  // TryAgain without a query once the deadline has passed.
  DnsAnswer ask(const std::string& name, RecordType type);
  // Begins the lookups that the terms of a record lead to, in their order, and does not wait: as many as
  // there may be, with those of earlier calls whose turn has not come.
  void expect(std::vector<Question> questions);
  // The addresses of all names, queried at once.
  std::vector<DnsAnswer> ask_addresses(const std::vector<std::string>& names);
  // Queried once per evaluation, at the first call.
  const ClientNames& client_names();
  // How the lookup of the client's names begins.
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
  std::vector<Question> expected_;  // and not asked yet
};

// "AAAA"
std::string_view to_string(RecordType type);
// No record of that type: NXDOMAIN or an answer without one.
bool is_void(const DnsAnswer& answer);
// The name exists, or may exist: the answer is not NXDOMAIN.
bool is_there(const DnsAnswer& answer);
bool has_address(const DnsAnswer& answer, const IpAddress& address);
// "A example.com: SERVFAIL"
std::string describe_failure(const std::string& name, RecordType type, const DnsAnswer& answer);

}  // namespace mailreeve

#endif
