// SPDX-License-Identifier: BSD-2-Clause
// The table of log events for mailreeve(8).
#ifndef MAILREEVE_DAEMON_EVENTS_MANUAL_H
#define MAILREEVE_DAEMON_EVENTS_MANUAL_H

#include <iosfwd>

namespace mailreeve {

// As a list in mdoc(7).
void dump_events_manual(std::ostream& out);

}  // namespace mailreeve

#endif
