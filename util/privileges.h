// SPDX-License-Identifier: BSD-2-Clause
// The user that a process runs as. All functions throw std::runtime_error with a sentence.
#ifndef MAILREEVE_UTIL_PRIVILEGES_H
#define MAILREEVE_UTIL_PRIVILEGES_H

#include <sys/types.h>

#include <string>

namespace mailreeve {

struct UserIds {
  uid_t uid;
  gid_t gid;  // its primary group
};
// Looks up the account that the option "user" names.
UserIds ids_of(const std::string& user);
// Switches to `user` and its groups for good if the process runs as root; otherwise does nothing.
void drop_privileges(const std::string& user);

}  // namespace mailreeve

#endif
