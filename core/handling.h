// SPDX-License-Identifier: BSD-2-Clause
// What may be said of any policy: whose mail it is for, and what becomes of its refusals and of its
// backend's failures.
#ifndef MAILREEVE_CORE_HANDLING_H
#define MAILREEVE_CORE_HANDLING_H

namespace mailreeve {

// OptIn: mail to domains for which the policy database says so.
enum class Apply { All, OptIn, Never };
// Monitor: refusals are told, not carried out.
enum class Mode { Enforce, Monitor };
// What a policy's mail gets while its backend does not answer.
enum class OnFailure { Accept, Defer };
// Local: with the store of this host; where that fails, too: accept.
enum class StoreFailure { Accept, Defer, Local };

}  // namespace mailreeve

#endif
