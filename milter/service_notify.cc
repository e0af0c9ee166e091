// SPDX-License-Identifier: BSD-2-Clause
#include "milter/service_notify.h"

#include <config.h>
#include <ctime>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

namespace mailreeve {

#ifdef HAVE_SYSTEMD

namespace {

// The answer is of no use: without a service manager it is 0, and what cannot be
// told to it cannot be helped.
void tell(const std::string& message) { (void)sd_notify(0, message.c_str()); }

}  // namespace

void notify_ready(const std::string& status) { tell("READY=1\nSTATUS=" + status); }

void notify_reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto micros = static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros));
}

void notify_stopping() { tell("STOPPING=1\nSTATUS=Stopping"); }
void notify_status(const std::string& status) { tell("STATUS=" + status); }
void notify_watchdog() { tell("WATCHDOG=1"); }

std::optional<Milliseconds> watchdog_interval() {
  std::uint64_t micros = 0;
  if (sd_watchdog_enabled(0, &micros) <= 0) return std::nullopt;
  return Milliseconds(static_cast<std::int64_t>(micros / 2000));
}

#else

void notify_ready(const std::string&) {}
void notify_reloading() {}
void notify_stopping() {}
void notify_status(const std::string&) {}
void notify_watchdog() {}
std::optional<Milliseconds> watchdog_interval() { return std::nullopt; }

#endif

}  // namespace mailreeve
