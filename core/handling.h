// SPDX-License-Identifier: BSD-2-Clause
// Settings that any policy may have: the mail that it applies to, and the treatment of its refusals
// and of its backend's failures.
#ifndef MAILREEVE_CORE_HANDLING_H
#define MAILREEVE_CORE_HANDLING_H

namespace mailreeve {

// OptIn: mail to domains that the policy database opts in.
enum class Apply { All, OptIn, Never };
// Monitor: refusals are logged, not carried out.
enum class Mode { Enforce, Monitor };
// The treatment of a policy's mail while its backend does not answer.
enum class OnFailure { Accept, Defer };
// Local: with the store of this host; if that fails, too: accept.
enum class StoreFailure { Accept, Defer, Local };

}  // namespace mailreeve

#endif
