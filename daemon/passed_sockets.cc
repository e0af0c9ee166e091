// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/passed_sockets.h"

#include <config.h>

#include <cerrno>

#include "util/fail_with_errno.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

namespace mailreeve {

#ifdef HAVE_SYSTEMD
std::vector<Descriptor> passed_sockets() {
  const int count = sd_listen_fds(1);
  if (count < 0) {
    errno = -count;
    fail_with_errno("sockets of the service manager");
  }
  std::vector<Descriptor> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) out.emplace_back(SD_LISTEN_FDS_START + i);
  return out;
}
#else
std::vector<Descriptor> passed_sockets() { return {}; }
#endif

}  // namespace mailreeve
