// SPDX-License-Identifier: BSD-2-Clause
// Names that may be queried, and parsing of record data, which is untrusted.
// Functions of values.
#ifndef MAILREEVE_DNS_RDATA_H
#define MAILREEVE_DNS_RDATA_H

#include <string>
#include <string_view>

#include "core/resolver.h"

namespace mailreeve {

// Why this name is not queried: a sentence. Empty if the name may be queried.
// Labels may contain any octets but dots: macros put the client's words into
// names (RFC 7208 section 7.3), and DNS takes them unchanged.
std::string_view name_problem(std::string_view name);

// The name in the form of zone files and libunbound: any octet but letters, digits,
// "-" and "_" is "\DDD", in decimal.
std::string escaped_name(std::string_view name);

// Parses one record's data (RFC 1035 section 3.3, RFC 3596; names in it are not
// compressed) into the answer's vector for that type. False, with the answer
// unchanged, if the octets are not such data.
//
// A host name with spaces, backslashes, dots in a label or octets that are not
// visible ASCII is well-formed DNS, but not a valid host name: its record is left
// out. So is a PTR to the root.
bool add_record(RecordType type, std::string_view rdata, DnsAnswer& answer);

}  // namespace mailreeve

#endif
