// SPDX-License-Identifier: BSD-2-Clause
// DNS for libspf2: passes queries to our Resolver, enforces the limits of RFC
// 7208, which libspf2 ignores, and refuses dangerous records. Independent of
// libspf2's types. Belongs to one evaluation.
#ifndef MAILREEVE_SPF_LIBSPF2_DNS_H
#define MAILREEVE_SPF_LIBSPF2_DNS_H

#include <map>
#include <set>
#include <string>

#include "spf/lookups.h"
#include "spf/trace.h"

namespace mailreeve {

class GuardedDns {
 public:
  GuardedDns(Lookups& lookups, Trace& trace) : lookups_(lookups), trace_(trace) {}

  // Returns TryAgain after a refusal, since the evaluation is over.
  DnsAnswer ask(const std::string& name, RecordType type);
  // Why this evaluation is a permerror, whatever libspf2's result is; "" if it is not.
  const std::string& refusal() const { return refusal_; }
  // The SPF record found at a name, as published in DNS; null if there is none.
  const std::string* record_of(const std::string& name) const;
  // The result of the first record's lookup.
  DnsAnswer::Status first_lookup() const { return first_lookup_; }

 private:
  DnsAnswer limited(const std::string& name, RecordType type);
  bool is_a_term_s(const std::string& name, RecordType type) const;
  DnsAnswer refuse(std::string_view why);
  DnsAnswer records_only(const std::string& name, DnsAnswer answer);
  void hand_out(DnsAnswer& answer);

  Lookups& lookups_;
  Trace& trace_;
  unsigned questions_ = 0;
  DnsAnswer::Status first_lookup_ = DnsAnswer::Status::TryAgain;
  // Names in MX and PTR answers. Their lookups belong to the term that queried MX or PTR.
  std::set<std::string> handed_out_;
  std::map<std::string, std::string> records_;
  std::string refusal_;
};

}  // namespace mailreeve

#endif
