// SPDX-License-Identifier: BSD-2-Clause
// Filters DNS for libspf2. libspf2 1.2.10 writes beyond the end of its buffer when
// it compiles a text with many macros (CVE-2023-42118): an explanation, whose buffer
// has 509 octets, smashes the stack; the buffer of a term has some room to spare.
#ifndef MAILREEVE_SPF_LIBSPF2_GUARD_H
#define MAILREEVE_SPF_LIBSPF2_GUARD_H

#include <string>
#include <string_view>

namespace mailreeve {

// Why this SPF record must not be compiled, or "". A term takes its octets, and
// up to eight more for each macro, of the 511 available; in C strings, octets that
// are not text end the string early, or worse.
std::string danger_in_record(std::string_view record);

// The problem with its exp=, or "": since libspf2 never sees it, nothing else would
// notice.
std::string fault_in_explanation(std::string_view record);

// The record without exp= and exp-text=, so that libspf2 never compiles an
// explanation: our own code fetches it, and for a fail only.
std::string without_explanations(std::string_view record);

}  // namespace mailreeve

#endif
