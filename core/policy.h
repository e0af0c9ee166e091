// SPDX-License-Identifier: BSD-2-Clause
// One rule about mail. Const and without mutable state, so all threads share it.
#ifndef MAILREEVE_CORE_POLICY_H
#define MAILREEVE_CORE_POLICY_H

#include <string_view>

#include "core/facts.h"
#include "core/verdict.h"

namespace mailreeve {

// When a policy is consulted: once per message, once per recipient, once per message
// before its content, or once per message when its headers are known.
enum class Stage { Mail, Rcpt, Data, End };

class Policy {
 public:
  virtual ~Policy() = default;
  // The name of its configuration section: "greylist".
  virtual std::string_view name() const = 0;
  virtual Stage stage() const = 0;
  // The mail that the policy applies to; it is never consulted about other mail.
  virtual Direction direction() const = 0;
  // Catches nothing. Throws BackendError.
  virtual Verdict judge(const Facts& facts, Findings& findings) const = 0;
  // The message was abandoned: undoes what judge() charged to the sender. Throws BackendError.
  virtual void take_back(const Facts& /*facts*/, Findings& /*findings*/) const {}
  // The message was accepted: records what only a completed message may change. Throws BackendError.
  virtual void conclude(const Facts& /*facts*/, Findings& /*findings*/) const {}
};

}  // namespace mailreeve

#endif
