// SPDX-License-Identifier: BSD-2-Clause
// What the service manager is told (sd_notify(3)). Without one, or built
// without systemd, nothing happens.
#ifndef MAILREEVE_MILTER_SERVICE_NOTIFY_H
#define MAILREEVE_MILTER_SERVICE_NOTIFY_H

#include <optional>
#include <string>

#include "core/time.h"

namespace mailreeve {

void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
void notify_status(const std::string& status);
void notify_watchdog();
// How often notify_watchdog() must be called; nothing: never.
std::optional<Milliseconds> watchdog_interval();

}  // namespace mailreeve

#endif
