// SPDX-License-Identifier: BSD-2-Clause
// DNS for libspf2: our Resolver under the limits of RFC 7208, which libspf2 does
// not observe, with dangerous records refused. Independent of libspf2's types.
// Belongs to one evaluation.
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

  // TryAgain once something has been refused: the evaluation is over.
  DnsAnswer ask(const std::string& name, RecordType type);
  // Why this evaluation is a permerror, whatever libspf2's result; or "".
  const std::string& refusal() const { return refusal_; }
  // The SPF record found at a name, as in DNS; null if none.
  const std::string* record_of(const std::string& name) const;
  // How the lookup of the first record ended.
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
  // Names in answers for MX and PTR: their lookups belong to the term that queried
  // MX or PTR.
  std::set<std::string> handed_out_;
  std::map<std::string, std::string> records_;
  std::string refusal_;
};

}  // namespace mailreeve

#endif
