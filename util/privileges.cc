// SPDX-License-Identifier: BSD-2-Clause
#include "util/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <stdexcept>

#include "util/fail_with_errno.h"

namespace mailreeve {

UserIds ids_of(const std::string& user) {
  const passwd* found = getpwnam(user.c_str());
  if (found == nullptr) throw std::runtime_error("user = " + user + ": no such user");
  return {.uid = found->pw_uid, .gid = found->pw_gid};
}

void drop_privileges(const std::string& user) {
  if (geteuid() != 0) return;
  const UserIds ids = ids_of(user);
  if (initgroups(user.c_str(), ids.gid) != 0) fail_with_errno("user = " + user + ": initgroups");
  if (setgid(ids.gid) != 0) fail_with_errno("user = " + user + ": setgid");
  if (setuid(ids.uid) != 0) fail_with_errno("user = " + user + ": setuid");
  if (ids.uid != 0 && setuid(0) == 0)
    throw std::runtime_error("user = " + user + ": root's privileges came back");
}

}  // namespace mailreeve
