// SPDX-License-Identifier: BSD-2-Clause
// Connects libmilter's C callbacks with MtaConnection: arguments and macros in,
// status and reply out.
#ifndef MAILREEVE_MILTER_LIBMILTER_CALLBACKS_H
#define MAILREEVE_MILTER_LIBMILTER_CALLBACKS_H

#include <libmilter/mfapi.h>

#include <cstdint>

#include "milter/libmilter/worker_supply.h"
#include "milter/sessions.h"

namespace mailreeve {

// Call it before the first connection. `served` is never destroyed.
void serve_through_libmilter(Sessions& served);
Sessions& libmilter_sessions();

// For smfi_register().
smfiDesc milter_description();

// libmilter silently drops a command to which its table of states has no path: a second
// DATA, or RCPT after DATA, when Postfix has refused only the content. There is one table
// for the whole process, and a step that one connection skips may be skipped by all: with
// these steps skipped, there is a path to every command of a message. So we negotiate
// them away with a connection of our own, not an MTA's, which offers these `actions` (no
// MTA does). MTAs that come earlier wait for end_lesson().
void teach_steps(std::uint32_t actions);
void end_lesson();

// Counts every callback that may wait. Never destroyed.
WorkerSupply& worker_supply();

}  // namespace mailreeve

#endif
