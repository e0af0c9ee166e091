// SPDX-License-Identifier: BSD-2-Clause
// The file of a Unix socket that MTAs connect to. All throw std::runtime_error with a
// sentence.
#ifndef MAILREEVE_MILTER_UNIX_SOCKET_FILE_H
#define MAILREEVE_MILTER_UNIX_SOCKET_FILE_H

#include <string>

#include "config/settings.h"

namespace mailreeve {

// Removes a socket that a dead daemon left behind; throws if another process answers on
// it, or if it is no socket.
void remove_stale_socket(const std::string& path);

// Gives it the owner, group and mode of `settings`. The daemon itself must reach it,
// whatever the group.
void give_socket_file(const std::string& path, const Settings& settings);

}  // namespace mailreeve

#endif
