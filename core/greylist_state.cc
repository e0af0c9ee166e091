// SPDX-License-Identifier: BSD-2-Clause
#include "core/greylist_state.h"

#include <algorithm>

namespace mailreeve {

namespace {

TimePoint renewed(const GreylistRules& rules, TimePoint now) { return now + rules.keep + rules.keep / 32; }

bool wants_renewal(TimePoint expires, const GreylistRules& rules, TimePoint now) {
  return expires < now + rules.keep;
}

Seconds required_wait(const TupleState& tuple, const GreylistRules& rules) {
  if (rules.early_retry != EarlyRetry::Penalty) return rules.delay;
  // As wide as it gets: early retries are bounded by what fits into max_delay.
  const std::int64_t wait =
      rules.delay.count() + static_cast<std::int64_t>(tuple.early) * rules.penalty.count();
  return std::min(Seconds(wait), rules.max_delay);
}

GreylistStep first_sight(const GreylistRules& rules, TimePoint now) {
  GreylistStep out;
  out.passage.kind = Passage::Kind::New;
  out.passage.remaining = rules.delay;
  out.tuple = TupleState{.first = now, .early = 0, .passed = false, .expires = now + rules.retry_window};
  return out;
}

void count_passage(GreylistStep& step, const std::optional<ClientState>& client, const GreylistRules& rules,
                   TimePoint now) {
  if (rules.trust_after == 0) return;
  const unsigned before = client && client->expires > now ? client->passes : 0;
  step.client =
      ClientState{.passes = std::min(before + 1, rules.trust_after), .expires = renewed(rules, now)};
}

GreylistStep too_early(TupleState tuple, const GreylistRules& rules, Seconds waited, TimePoint now) {
  GreylistStep out;
  out.passage.kind = Passage::Kind::Early;
  out.passage.waited = waited;
  const bool resets = rules.early_retry == EarlyRetry::Reset && waited < rules.reset_below;
  if (resets) {
    tuple.first = now;
    tuple.expires = now + rules.retry_window;
  }
  if (resets || rules.early_retry == EarlyRetry::Penalty) {
    if (tuple.early < 1000000) ++tuple.early;
    out.tuple = tuple;
  }
  out.passage.early = tuple.early;
  out.passage.remaining =
      std::max(std::chrono::ceil<Seconds>(tuple.first + required_wait(tuple, rules) - now), Seconds(1));
  return out;
}

}  // namespace

GreylistStep greylist_step(const std::optional<TupleState>& tuple, const std::optional<ClientState>& client,
                           const GreylistRules& rules, bool counts, TimePoint now) {
  GreylistStep out;
  if (rules.trust_after > 0 && client && client->expires > now && client->passes >= rules.trust_after) {
    out.passage.kind = Passage::Kind::Trusted;
    if (wants_renewal(client->expires, rules, now))
      out.client = ClientState{.passes = client->passes, .expires = renewed(rules, now)};
    return out;
  }
  // A first sight in the future: the clock was set back. It starts anew.
  if (!tuple || tuple->expires <= now || (!tuple->passed && tuple->first > now))
    return first_sight(rules, now);

  if (tuple->passed) {
    out.passage.kind = Passage::Kind::Known;
    if (wants_renewal(tuple->expires, rules, now)) {
      out.tuple = tuple;
      out.tuple->expires = renewed(rules, now);
    }
    if (counts) count_passage(out, client, rules, now);
    return out;
  }

  const auto waited = std::chrono::floor<Seconds>(now - tuple->first);
  if (waited < required_wait(*tuple, rules)) return too_early(*tuple, rules, waited, now);
  out.passage.kind = Passage::Kind::Passed;
  out.passage.waited = waited;
  out.passage.early = tuple->early;
  out.tuple = tuple;
  out.tuple->passed = true;
  out.tuple->expires = renewed(rules, now);
  if (counts) count_passage(out, client, rules, now);
  return out;
}

}  // namespace mailreeve
