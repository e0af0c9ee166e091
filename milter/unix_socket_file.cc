// SPDX-License-Identifier: BSD-2-Clause
#include "milter/unix_socket_file.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "util/fail_with_errno.h"
#include "util/privileges.h"
#include "util/unix_address.h"

namespace mailreeve {

namespace {

uid_t socket_owner(const Settings& settings) {
  return geteuid() != 0 ? static_cast<uid_t>(-1) : ids_of(settings.user).uid;
}

gid_t socket_group(const Settings& settings) {
  if (!settings.socket_group.empty()) {
    const group* found = getgrnam(settings.socket_group.c_str());
    if (found == nullptr)
      throw std::runtime_error("socket-group = " + settings.socket_group + ": no such group");
    return found->gr_gid;
  }
  return geteuid() != 0 ? getegid() : ids_of(settings.user).gid;
}

}  // namespace

void remove_stale_socket(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    fail_with_errno("socket: " + path);
  }
  if (!S_ISSOCK(status.st_mode))
    throw std::runtime_error("socket: " + path + ": is there already, and is no socket");
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // parse_socket() has seen that the path fits.
  const sockaddr_un address = unix_address(path).value();
  const int result = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int why = errno;
  close(probe);
  if (result == 0)
    throw std::runtime_error("socket: " + path + ": another process answers there; is mailreeve running?");
  errno = why;
  if (why != ECONNREFUSED || unlink(path.c_str()) != 0) fail_with_errno("socket: " + path);
}

void give_socket_file(const std::string& path, const Settings& settings) {
  if (chown(path.c_str(), socket_owner(settings), socket_group(settings)) != 0)
    fail_with_errno("socket-group: " + path);
  if (chmod(path.c_str(), settings.socket_mode) != 0) fail_with_errno("socket-mode: " + path);
}

}  // namespace mailreeve
