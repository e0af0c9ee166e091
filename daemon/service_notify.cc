// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/service_notify.h"

#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "util/unix_address.h"

namespace mailreeve {

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

}  // namespace

ServiceNotify::ServiceNotify() {
  const std::string_view name = variable("NOTIFY_SOCKET");
  // A path, or "@" and an abstract name.
  const auto address = unix_address(name);
  if (name.size() < 2 || !address || (name[0] != '/' && name[0] != '@')) return;
  address_ = *address;
  if (name[0] == '@') address_.sun_path[0] = '\0';
  size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // A manager that does not read holds nobody up for long.
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  setsockopt(socket_.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

// What cannot be told cannot be helped.
void ServiceNotify::tell(const std::string& message, int flags) const {
  if (socket_.number() < 0) return;
  (void)sendto(socket_.number(), message.data(), message.size(), MSG_NOSIGNAL | flags,
               reinterpret_cast<const sockaddr*>(&address_), size_);
}

void ServiceNotify::report_ready(const std::string& status) const { tell("READY=1\nSTATUS=" + status); }

void ServiceNotify::report_reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto micros = static_cast<std::int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros));
}

void ServiceNotify::report_stopping() const { tell("STOPPING=1\nSTATUS=Stopping"); }

// These come again.
void ServiceNotify::report_status(const std::string& status) const { tell("STATUS=" + status, MSG_DONTWAIT); }
void ServiceNotify::feed_watchdog() const { tell("WATCHDOG=1", MSG_DONTWAIT); }

// As sd_watchdog_enabled(3): the variable may be meant for another process.
std::optional<Milliseconds> ServiceNotify::watchdog_interval() {
  const auto micros = number(variable("WATCHDOG_USEC"));
  if (!micros || *micros <= 0) return std::nullopt;
  const std::string_view whose = variable("WATCHDOG_PID");
  if (!whose.empty() && number(whose) != getpid()) return std::nullopt;
  return Milliseconds(*micros / 2000);
}

}  // namespace mailreeve
