// SPDX-License-Identifier: BSD-2-Clause
// Between libmilter's C callbacks and Conversation: arguments and macros in,
// status and reply out, and the wall that no exception passes.
#ifndef MAILREEVE_MILTER_CALLBACKS_H
#define MAILREEVE_MILTER_CALLBACKS_H

#include <libmilter/mfapi.h>

#include <memory>

#include "milter/runtime.h"

namespace mailreeve {

// What new conversations begin with. Before the first connection, and at each
// reload; safe from any thread.
void install_runtime(std::shared_ptr<const Runtime> runtime);

// For smfi_register().
smfiDesc milter_description();

// From now on, what still comes on open connections is asked to try again later,
// and touches nothing.
void refuse_callbacks();

// Callbacks that run at this moment, and connections that are open.
int callbacks_running();
int connections_open();

}  // namespace mailreeve

#endif
