// SPDX-License-Identifier: BSD-2-Clause
// Connects libmilter's C callbacks with Conversation: arguments and macros in,
// status and reply out. No exception gets through.
#ifndef MAILREEVE_MILTER_LIBMILTER_CALLBACKS_H
#define MAILREEVE_MILTER_LIBMILTER_CALLBACKS_H

#include <libmilter/mfapi.h>

#include <cstdint>
#include <memory>

#include "milter/libmilter/worker_supply.h"
#include "setup/runtime.h"

namespace mailreeve {

// Sets the runtime of new conversations. Call it before the first connection, and at
// each reload; safe from any thread.
void install_runtime(std::shared_ptr<const Runtime> runtime);

// For smfi_register().
smfiDesc milter_description();

// libmilter silently drops a command to which its table of states has no path: a second
// DATA, or RCPT after DATA, when Postfix has refused only the content. There is one table
// for the whole process, and a step that one connection skips may be skipped by all: with
// these steps skipped, there is a path to every command of a message. So we negotiate
// them away with a connection of our own, not an MTA's, which offers these `actions` (no
// MTA does). 0: with none.
void teach_steps(std::uint32_t actions);

// Counts every callback that may wait. Never destroyed.
WorkerSupply& worker_supply();

// From now on, further commands on open connections are deferred, and touch
// nothing.
void refuse_callbacks();

// Callbacks in progress, and open connections.
int callbacks_running();
int connections_open();

}  // namespace mailreeve

#endif
