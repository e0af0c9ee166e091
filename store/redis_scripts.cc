// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis_scripts.h"

#include <utility>

#include "store/digest.h"

namespace mailreeve {

namespace {

// Made of store/lua/*.lua.
constexpr char kTrust[] =
#include "store/lua/trust.inc"
    ;
constexpr char kApproach[] =
#include "store/lua/approach.inc"
    ;
constexpr char kTrusted[] =
#include "store/lua/trusted.inc"
    ;
constexpr char kCountPassage[] =
#include "store/lua/count_passage.inc"
    ;
constexpr char kPurgeClient[] =
#include "store/lua/purge_client.inc"
    ;
constexpr char kCountClient[] =
#include "store/lua/count_client.inc"
    ;
constexpr char kForgetClient[] =
#include "store/lua/forget_client.inc"
    ;
constexpr char kReplace[] =
#include "store/lua/replace.inc"
    ;
constexpr char kCharge[] =
#include "store/lua/charge.inc"
    ;
constexpr char kRefund[] =
#include "store/lua/refund.inc"
    ;
constexpr char kFirstNotice[] =
#include "store/lua/first_notice.inc"
    ;
constexpr char kReset[] =
#include "store/lua/reset.inc"
    ;
constexpr char kPurgeUser[] =
#include "store/lua/purge_user.inc"
    ;
constexpr char kCountUser[] =
#include "store/lua/count_user.inc"
    ;

std::string with_trust(const char* script) { return std::string(kTrust) + script; }

}  // namespace

RedisScript::RedisScript(std::string source) : text(std::move(source)), sha1(hex(mailreeve::sha1(text))) {}

RedisScripts::RedisScripts()
    : approach(with_trust(kApproach)),
      trusted(with_trust(kTrusted)),
      count_passage(with_trust(kCountPassage)),
      purge_client(kPurgeClient),
      count_client(kCountClient),
      forget_client(kForgetClient),
      replace(kReplace),
      charge(kCharge),
      refund(kRefund),
      first_notice(kFirstNotice),
      reset(kReset),
      purge_user(kPurgeUser),
      count_user(kCountUser) {}

const RedisScripts& redis_scripts() {
  static const RedisScripts kScripts;
  return kScripts;
}

}  // namespace mailreeve
