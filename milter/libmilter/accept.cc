// SPDX-License-Identifier: BSD-2-Clause
// Where no descriptor is left, libmilter tries accept() again at once, for ever, and
// after other failures it gives up listening. So its listener gets this accept()
// instead of the C library's: it leaves a reserve to the rest of the daemon, and
// makes the listener pause while connections have to wait. Nobody else in this
// program calls accept().
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "milter/file_reserve.h"
#include "milter/libmilter/callbacks.h"

extern "C" int accept(int listener, sockaddr* address, socklen_t* size) {
  constexpr int kPause = 50;
  if (mailreeve::has_file_for_connection(listener)) {
    const int accepted = accept4(listener, address, size, SOCK_CLOEXEC);
    if (accepted >= 0 || !mailreeve::is_want_of_resources(errno)) return accepted;
  }
  mailreeve::tell_of_waiting_connection(mailreeve::libmilter_sessions());
  poll(nullptr, 0, kPause);
  errno = EAGAIN;
  return -1;
}
