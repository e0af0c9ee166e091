// SPDX-License-Identifier: BSD-2-Clause
// libmilter has no callback between a packet of macros and the call that reads past
// its end (see odd_packets.h). So its engine gets this mi_rd_cmd() instead of
// libmilter's, which it calls and mends the result of. Internal to libmilter, but the
// same from 8.12 on; a libmilter without it never calls this one.
#include <dlfcn.h>
#include <sys/time.h>

#include <cstddef>

#include "milter/libmilter/odd_packets.h"

extern "C" char* mi_rd_cmd(int socket, timeval* timeout, char* command, std::size_t* length, char* name);

// What stands behind the packet's letter, allocated, or null: `*command` then says
// whether there was nothing or what went wrong.
extern "C" char* mi_rd_cmd(int socket, timeval* timeout, char* command, std::size_t* length, char* name) {
  using Read = char*(int, timeval*, char*, std::size_t*, char*);
  static auto* const read = reinterpret_cast<Read*>(dlsym(RTLD_NEXT, "mi_rd_cmd"));
  char* const data = read(socket, timeout, command, length, name);
  if (data != nullptr) *length = mailreeve::mend_packet(*command, {data, *length});
  return data;
}
