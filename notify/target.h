// SPDX-License-Identifier: BSD-2-Clause
// A target of notifications: webhook, command or mailbox.
#ifndef MAILREEVE_NOTIFY_TARGET_H
#define MAILREEVE_NOTIFY_TARGET_H

#include <string>
#include <string_view>

#include "core/notification.h"
#include "notify/interrupt.h"

namespace mailreeve {

struct Attempt {
  enum class Result {
    Delivered,
    Refused,      // permanently
    Failed,       // try again later
    Interrupted,  // the result is unknown
  };
  Result result = Result::Delivered;
  std::string error;  // a sentence; empty if Delivered

  static Attempt delivered() { return {}; }
  static Attempt refused(std::string error) { return {Result::Refused, std::move(error)}; }
  static Attempt failed(std::string error) { return {Result::Failed, std::move(error)}; }
  static Attempt interrupted() { return {Result::Interrupted, "interrupted"}; }
};

// Used by one thread at a time.
class Target {
 public:
  virtual ~Target() = default;
  // "webhook", "command" or "mail"
  virtual std::string_view name() const = 0;
  // Makes one attempt. Waits at most for the time-out in the settings, and not
  // at all once `stop` is raised.
  virtual Attempt deliver(const Notification& what, TimePoint now, const Interrupt& stop) = 0;
};

}  // namespace mailreeve

#endif
