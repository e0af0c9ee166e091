// SPDX-License-Identifier: BSD-2-Clause
// Reports to the service manager, in the protocol of sd_notify(3); does nothing without
// one. Not by libsystemd, which opens a socket for each message: the watchdog would kill
// a daemon that has no descriptor left.
#ifndef MAILREEVE_DAEMON_SERVICE_NOTIFY_H
#define MAILREEVE_DAEMON_SERVICE_NOTIFY_H

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string>

#include "util/descriptor.h"
#include "util/time.h"

namespace mailreeve {

class ServiceNotify {
 public:
  // Uses NOTIFY_SOCKET; the socket is open as long as this lives.
  ServiceNotify();

  void report_ready(const std::string& status) const;
  void report_reloading() const;
  void report_stopping() const;
  void report_status(const std::string& status) const;
  void feed_watchdog() const;
  // The interval at which to call feed_watchdog(); nullopt: never.
  static std::optional<Milliseconds> watchdog_interval();

 private:
  void tell(const std::string& message, int flags = 0) const;

  Descriptor socket_{-1};
  sockaddr_un address_{};
  socklen_t size_ = 0;
};

}  // namespace mailreeve

#endif
