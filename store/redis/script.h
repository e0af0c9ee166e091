// SPDX-License-Identifier: BSD-2-Clause
// A Lua script, which the server runs as one atomic step.
#ifndef MAILREEVE_STORE_REDIS_SCRIPT_H
#define MAILREEVE_STORE_REDIS_SCRIPT_H

#include <string>

namespace mailreeve {

struct RedisScript {
  explicit RedisScript(std::string source);
  const std::string text;
  const std::string sha1;  // 40 hexadecimal digits: the script's name on the server
};

}  // namespace mailreeve

#endif
