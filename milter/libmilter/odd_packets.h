// SPDX-License-Identifier: BSD-2-Clause
// Packets of the milter protocol that libmilter does not survive, or takes amiss,
// and that mean something all the same. Pure; any thread.
#ifndef MAILREEVE_MILTER_LIBMILTER_ODD_PACKETS_H
#define MAILREEVE_MILTER_LIBMILTER_ODD_PACKETS_H

#include <cstddef>
#include <span>

namespace mailreeve {

// Mends what stands behind the letter `command` in place, and returns how many
// octets of it are left, never more than there were. Nearly every packet stays as it
// is. Mended are:
//
// - macros, an odd number of strings: the last one, a name without a value, is left
//   out. smfi_getsymval() steps over names and values in pairs, and past the end.
// - connect, an IPv6 address with a scope id ("fe80::1%eth0"): the scope id is left
//   out. libmilter would end the connection.
std::size_t mend_packet(char command, std::span<char> data);

}  // namespace mailreeve

#endif
