// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/events_manual.h"

#include <ostream>

#include "config/mdoc.h"
#include "core/log.h"

namespace mailreeve {

void dump_events_manual(std::ostream& out) {
  out << ".Bl -tag -width Ds\n";
  for (const auto& row : event_table())
    out << ".It Sy " << row.name << " Pq " << to_string(row.severity) << '\n' << mdoc_text(row.manual);
  out << ".El\n";
}

}  // namespace mailreeve
