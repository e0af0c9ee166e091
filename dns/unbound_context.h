// SPDX-License-Identifier: BSD-2-Clause
// A context of libunbound with one server, which sends one packet for a question
// and listens for its answer as long as anybody waits. It has a cache and a thread:
// open it after a fork, not before.
#ifndef MAILREEVE_DNS_UNBOUND_CONTEXT_H
#define MAILREEVE_DNS_UNBOUND_CONTEXT_H

#include <memory>
#include <string>

#include "core/resolver.h"

struct ub_ctx;

namespace mailreeve {

struct UnboundDeleter {
  // Ends the thread. No callback comes after this.
  void operator()(ub_ctx* context) const;
};
using UnboundContext = std::unique_ptr<ub_ctx, UnboundDeleter>;

// `server` is in libunbound's notation ("192.0.2.1@53"). The time to wait applies to
// all contexts of the process: the last one opened decides. Throws
// std::runtime_error with a sentence.
UnboundContext open_unbound_context(const std::string& server, const std::string& trust_anchor_file,
                                    Milliseconds wait);

// The DNS number of the type.
int type_code(RecordType type);

}  // namespace mailreeve

#endif
