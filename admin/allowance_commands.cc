// SPDX-License-Identifier: BSD-2-Clause
// What is used of a user's limits.
#include "admin/allowance.h"
#include "admin/commands.h"

namespace mailreeve {

namespace {

JsonValue dropped(const QuotaState& state, TimePoint now) {
  JsonValue out = JsonValue::array();
  for (const auto& [window, sum] : sums_of(state, now))
    out.push_back({{"window", window == kDaily ? "day" : format_duration(window)},
                   {"recipients", sum.recipients},
                   {"messages", sum.messages}});
  return out;
}

}  // namespace

Answer quota_show(const Call& call) {
  const std::string user = call.user(call.words[0]);
  Answer out;
  const Standing standing = standing_of(call.site, user, out.warnings);
  if (!standing.known) out.warnings.push_back("the policy database does not know " + user);
  out.json = {{"user", user}};
  out.json.update(json_of(standing));
  out.json.update(usage_of(call.site, user, standing));
  return out;
}

Answer quota_reset(const Call& call) {
  const std::string user = call.user(call.words[0]);
  const Deadline deadline(kPatience);
  StateStore& store = call.site.state();
  const QuotaState state = store.reset(user, deadline);
  store.flush(deadline);
  Answer out{{{"user", user}, {"last", json_time(state.last)}, {"dropped", dropped(state, call.site.now())}}};
  if (!state.last && state.parts.empty())
    out.warnings.push_back("nothing was known of what " + user + " sent");
  return out;
}

}  // namespace mailreeve
