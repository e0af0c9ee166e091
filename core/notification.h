// SPDX-License-Identifier: BSD-2-Clause
// A notification for the admin: a user has exceeded a quota, or tried to send
// as somebody else. Sent once per user and period.
#ifndef MAILREEVE_CORE_NOTIFICATION_H
#define MAILREEVE_CORE_NOTIFICATION_H

#include <cstdint>
#include <string>

#include "core/quota_state.h"
#include "util/time.h"

namespace mailreeve {

// Texts are as the client or the MTA sent them: any octets, bounded.
struct Notification {
  Notice notice = Notice::Exceeded;
  TimePoint when;
  std::string queue_id;
  std::string ref;   // of the verdict
  std::string user;  // the identity
  std::string client;
  std::string client_name;
  std::int64_t recipients = 0;  // of this message, as far as known
  std::string sender;
  std::string recipient;         // the only recipient; empty if there are none or several
  std::int64_t quota = 0;        // Exceeded: the limit in force
  std::int64_t quota_reset = 0;  // the limit without a temporary raise
  std::int64_t used = 0;         // including this message if it was counted
};

class Notifications {
 public:
  virtual ~Notifications() = default;
  // Never waits. Safe to call from any thread.
  virtual void add(const Notification& what) = 0;
};

}  // namespace mailreeve

#endif
