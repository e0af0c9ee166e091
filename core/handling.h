// SPDX-License-Identifier: BSD-2-Clause
// Settings that any policy may have: which mail it applies to, and what becomes of its refusals and
// of failures of its backend.
#ifndef MAILREEVE_CORE_HANDLING_H
#define MAILREEVE_CORE_HANDLING_H

namespace mailreeve {

// OptIn: mail to domains for which the policy database opts in.
enum class Apply { All, OptIn, Never };
// Monitor: refusals are logged, not carried out.
enum class Mode { Enforce, Monitor };
// What becomes of a policy's mail while its backend does not answer.
enum class OnFailure { Accept, Defer };
// Local: use this host's store; if that fails, too, accept.
enum class StoreFailure { Accept, Defer, Local };

}  // namespace mailreeve

#endif
