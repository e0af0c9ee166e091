// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/redis_scripts.h"

#include <string>

namespace mailreeve {

namespace {

// Made of store/state/lua/*.lua.
constexpr char kTrust[] =
#include "store/state/lua/trust.inc"
    ;
constexpr char kIsNew[] =
#include "store/state/lua/is_new.inc"
    ;
constexpr char kApproach[] =
#include "store/state/lua/approach.inc"
    ;
constexpr char kTrusted[] =
#include "store/state/lua/trusted.inc"
    ;
constexpr char kCountPassage[] =
#include "store/state/lua/count_passage.inc"
    ;
constexpr char kPurgeClient[] =
#include "store/state/lua/purge_client.inc"
    ;
constexpr char kCountClient[] =
#include "store/state/lua/count_client.inc"
    ;
constexpr char kForgetClient[] =
#include "store/state/lua/forget_client.inc"
    ;
constexpr char kReplace[] =
#include "store/state/lua/replace.inc"
    ;
constexpr char kCharge[] =
#include "store/state/lua/charge.inc"
    ;
constexpr char kRefund[] =
#include "store/state/lua/refund.inc"
    ;
constexpr char kClaimNotice[] =
#include "store/state/lua/claim_notice.inc"
    ;
constexpr char kRemember[] =
#include "store/state/lua/remember.inc"
    ;
constexpr char kReset[] =
#include "store/state/lua/reset.inc"
    ;
constexpr char kPurgeUser[] =
#include "store/state/lua/purge_user.inc"
    ;
constexpr char kCountUser[] =
#include "store/state/lua/count_user.inc"
    ;

std::string with_trust(const char* script) { return std::string(kTrust) + script; }
std::string with_is_new(const char* script) { return std::string(kIsNew) + script; }

}  // namespace

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
      claim_notice(with_is_new(kClaimNotice)),
      remember(with_is_new(kRemember)),
      reset(kReset),
      purge_user(kPurgeUser),
      count_user(kCountUser) {}

const RedisScripts& redis_scripts() {
  static const RedisScripts kScripts;
  return kScripts;
}

}  // namespace mailreeve
