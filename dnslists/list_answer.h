// SPDX-License-Identifier: BSD-2-Clause
// What the answer of a DNS list means (RFC 5782 section 2, RFC 6471 section 3). A pure function.
#ifndef MAILREEVE_DNSLISTS_LIST_ANSWER_H
#define MAILREEVE_DNSLISTS_LIST_ANSWER_H

#include <string>
#include <vector>

#include "core/resolver.h"
#include "dnslists/list_spec.h"

namespace mailreeve {

struct ListAnswer {
  enum class Meaning {
    Listed,
    NotListed,  // NXDOMAIN, or no address
    Unknown,    // DNS had no answer
    Error,      // the list does not do its work: never a listing
  };
  Meaning meaning = Meaning::Unknown;
  std::vector<IpAddress> answers{};  // those of Listed
  std::string problem{};             // of Unknown and Error
};

ListAnswer read_list_answer(ListKind kind, const DnsAnswer& answer);

}  // namespace mailreeve

#endif
