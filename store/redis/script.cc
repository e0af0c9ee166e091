// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/script.h"

#include <utility>

#include "util/digest.h"

namespace mailreeve {

RedisScript::RedisScript(std::string source) : text(std::move(source)), sha1(hex(mailreeve::sha1(text))) {}

}  // namespace mailreeve
