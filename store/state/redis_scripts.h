// SPDX-License-Identifier: BSD-2-Clause
// The scripts of store/state/lua.
// The comment at the top of each script describes its arguments and result.
#ifndef MAILREEVE_STORE_STATE_REDIS_SCRIPTS_H
#define MAILREEVE_STORE_STATE_REDIS_SCRIPTS_H

#include "store/redis/script.h"

namespace mailreeve {

struct RedisScripts {
  RedisScripts();
  RedisScript approach, trusted, count_passage, purge_client, count_client, forget_client, replace;
  RedisScript charge, refund, claim_notice, remember, reset, purge_user, count_user;
};

const RedisScripts& redis_scripts();

}  // namespace mailreeve

#endif
