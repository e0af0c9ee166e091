// SPDX-License-Identifier: BSD-2-Clause
// Filters DNS for libspf2. libspf2 1.2.10 writes beyond the end of its buffer when
// it compiles a text with many macros (CVE-2023-42118). An explanation, whose buffer
// has 509 octets, smashes the stack; the buffer of a term has some room to spare.
#ifndef MAILREEVE_SPF_LIBSPF2_GUARD_H
#define MAILREEVE_SPF_LIBSPF2_GUARD_H

#include <string>
#include <string_view>

namespace mailreeve {

// Returns why libspf2 must not compile this SPF record, or "". Of the 511 octets
// available, a term takes its own length and up to eight more for each macro.
// Octets that are not text end a C string early, or worse.
std::string danger_in_record(std::string_view record);

// Returns the problem with exp=, or "". libspf2 never sees exp=, so nothing else would notice.
std::string fault_in_explanation(std::string_view record);

// Removes exp= and exp-text= so that libspf2 never compiles an explanation. Our
// own code fetches the explanation, and only for a fail.
std::string without_explanations(std::string_view record);

}  // namespace mailreeve

#endif
