// SPDX-License-Identifier: BSD-2-Clause
// Repairs meaningful packets of the milter protocol that crash libmilter, or that it
// rejects. Pure; any thread.
#ifndef MAILREEVE_MILTER_LIBMILTER_ODD_PACKETS_H
#define MAILREEVE_MILTER_LIBMILTER_ODD_PACKETS_H

#include <cstddef>
#include <span>

namespace mailreeve {

// Repairs in place the data after the letter `command`, and returns its new length,
// which is never greater. Nearly every packet remains unchanged. Repaired are:
//
// - macros with an odd number of strings: the last one, a name without a value, is
//   removed. smfi_getsymval() steps over names and values in pairs, and past the end.
// - connect with an IPv6 address that has a scope id ("fe80::1%eth0"): the scope id is
//   removed. libmilter would end the connection.
std::size_t mend_packet(char command, std::span<char> data);

}  // namespace mailreeve

#endif
