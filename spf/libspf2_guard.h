// SPDX-License-Identifier: BSD-2-Clause
// What is done to DNS before libspf2 sees it. libspf2 1.2.10 writes beyond the
// end of its buffer when it compiles a text with many macros (CVE-2023-42118):
// that of an explanation, of 509 octets, smashes the stack; that of a term has
// some room to spare.
#ifndef MAILREEVE_SPF_LIBSPF2_GUARD_H
#define MAILREEVE_SPF_LIBSPF2_GUARD_H

#include <string>
#include <string_view>

namespace mailreeve {

// Why this SPF record must not be compiled, or "". A term takes its octets,
// and for each macro up to eight more, of the 511 that there are for it; in
// C strings, octets that are no text end early or worse.
std::string danger_in_record(std::string_view record);

// What is wrong with its exp=, or "": as libspf2 never sees it, this is the
// only one to notice.
std::string fault_in_explanation(std::string_view record);

// The record without exp= and exp-text=, so that libspf2 never compiles an
// explanation: our own code fetches it, and for a fail only.
std::string without_explanations(std::string_view record);

}  // namespace mailreeve

#endif
