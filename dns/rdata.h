// SPDX-License-Identifier: BSD-2-Clause
// Names that may be asked about, and what is read from a record's data, which
// a stranger wrote. Functions of values.
#ifndef MAILREEVE_DNS_RDATA_H
#define MAILREEVE_DNS_RDATA_H

#include <string>
#include <string_view>

#include "core/resolver.h"

namespace mailreeve {

// Why nobody is asked about this name: a sentence. Empty if it is a name to
// ask about. Labels are of any octets but dots: macros put the client's words
// into names (RFC 7208 section 7.3), and DNS takes them as they are.
std::string_view name_problem(std::string_view name);

// The name as a zone file and libunbound have it: any octet but letters, digits,
// "-" and "_" is "\DDD", in decimal.
std::string escaped_name(std::string_view name);

// Reads one record's data (RFC 1035 section 3.3, RFC 3596; names in it are not
// compressed) into the answer's vector for that type. False if the octets are
// not such data; the answer is then as it was.
//
// A host's name with blanks, backslashes, dots in a label or octets that are not
// visible ASCII is well-formed DNS, but no host is called so: its record is left
// out. So is a PTR to the root.
bool add_record(RecordType type, std::string_view rdata, DnsAnswer& answer);

}  // namespace mailreeve

#endif
