// SPDX-License-Identifier: BSD-2-Clause
// Between libmilter's C callbacks and Conversation: arguments and macros in,
// status and reply out, and the wall that no exception passes.
#ifndef MAILREEVE_MILTER_LIBMILTER_CALLBACKS_H
#define MAILREEVE_MILTER_LIBMILTER_CALLBACKS_H

#include <libmilter/mfapi.h>

#include <cstdint>
#include <memory>

#include "milter/libmilter/worker_supply.h"
#include "setup/runtime.h"

namespace mailreeve {

// What new conversations begin with. Before the first connection, and at each
// reload; safe from any thread.
void install_runtime(std::shared_ptr<const Runtime> runtime);

// For smfi_register().
smfiDesc milter_description();

// libmilter drops a command, without an answer, that its table of states does not know
// the way to: a second DATA, or RCPT behind DATA, where Postfix has refused the content
// only. The table is one for the whole process, and a step that any connection does
// without may be left out for all: with these left out there is a way to every command
// of a message. So a connection of our own, and no MTA's, that offers these `actions`
// (what no MTA offers) is asked to leave them out. 0: none is.
void teach_steps(std::uint32_t actions);

// Knows of every callback that may wait. Never destroyed.
WorkerSupply& worker_supply();

// From now on, what still comes on open connections is asked to try again later,
// and touches nothing.
void refuse_callbacks();

// Callbacks that run at this moment, and connections that are open.
int callbacks_running();
int connections_open();

}  // namespace mailreeve

#endif
