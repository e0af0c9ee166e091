// SPDX-License-Identifier: BSD-2-Clause
// One rule about mail. Const and without mutable state: all threads share it.
#ifndef MAILREEVE_CORE_POLICY_H
#define MAILREEVE_CORE_POLICY_H

#include <string_view>

#include "core/facts.h"
#include "core/verdict.h"

namespace mailreeve {

// When a policy is asked: once a message, once a recipient, once a message before
// its content, once a message when its headers are known.
enum class Stage { Mail, Rcpt, Data, End };

class Policy {
 public:
  virtual ~Policy() = default;
  // As in the configuration's section: "greylist".
  virtual std::string_view name() const = 0;
  virtual Stage stage() const = 0;
  // Which mail it is for; it is never asked about the other.
  virtual Direction direction() const = 0;
  // Catches nothing. Throws BackendError.
  virtual Verdict judge(const Facts& facts, Findings& findings) const = 0;
  // The message was given up: undoes what judge() did that counts for the sender.
  // Throws BackendError.
  virtual void take_back(const Facts& /*facts*/, Findings& /*findings*/) const {}
  // The message goes on: does what only a message that has ended may do. Throws
  // BackendError.
  virtual void conclude(const Facts& /*facts*/, Findings& /*findings*/) const {}
};

}  // namespace mailreeve

#endif
