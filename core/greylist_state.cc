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
  // Computed in 64 bits: what fits into max_delay bounds the early retries.
  const std::int64_t wait =
      rules.delay.count() + static_cast<std::int64_t>(tuple.early) * rules.penalty.count();
  return std::min(Seconds(wait), rules.max_delay);
}

GreylistStep first_sight(const GreylistRules& rules, TimePoint now) {
  GreylistStep out;
  out.passage.kind = Passage::Kind::New;
  out.passage.remaining = rules.delay;
  out.tuple =
      TupleState{.first = now, .last = now, .early = 0, .passed = false, .expires = now + rules.retry_window};
  return out;
}

bool is_trusted(const std::optional<ClientState>& client, const GreylistRules& rules, TimePoint now) {
  return rules.trust_after > 0 && client && client->expires > now && client->passes >= rules.trust_after;
}

std::optional<ClientState> renewed_trust(const std::optional<ClientState>& client, const GreylistRules& rules,
                                         TimePoint now) {
  if (!is_trusted(client, rules, now) || !wants_renewal(client->expires, rules, now)) return std::nullopt;
  return ClientState{.passes = client->passes, .expires = renewed(rules, now)};
}

GreylistStep too_early(TupleState tuple, const GreylistRules& rules, Seconds waited, TimePoint now) {
  GreylistStep out;
  out.passage.kind = Passage::Kind::Early;
  out.passage.waited = waited;
  const bool resets = rules.early_retry == EarlyRetry::Reset && waited < rules.reset_below;
  const bool counts = resets || rules.early_retry == EarlyRetry::Penalty;
  if (counts && now - tuple.last >= kSameTry) {
    if (resets) {
      tuple.first = now;
      tuple.expires = now + rules.retry_window;
    }
    tuple.last = now;
    if (tuple.early < 1000000) ++tuple.early;
    out.tuple = tuple;
  }
  out.passage.early = tuple.early;
  out.passage.remaining =
      std::max(std::chrono::ceil<Seconds>(tuple.first + required_wait(tuple, rules) - now), Seconds(1));
  return out;
}

}  // namespace

GreylistStep greylist_step(const Remembered& known, const GreylistRules& rules, TimePoint now) {
  GreylistStep out;
  if (is_trusted(known.client, rules, now) || is_trusted(known.voucher, rules, now)) {
    out.passage.kind = Passage::Kind::Trusted;
    if (!known.client_lapses) out.client = renewed_trust(known.client, rules, now);
    out.voucher = renewed_trust(known.voucher, rules, now);
    return out;
  }
  const auto& tuple = known.tuple;
  // If the first sight is in the future, the clock was set back, and the wait starts anew.
  if (!tuple || tuple->expires <= now || (!tuple->passed && tuple->first > now))
    return first_sight(rules, now);

  if (tuple->passed) {
    out.passage.kind = Passage::Kind::Known;
    if (!wants_renewal(tuple->expires, rules, now)) return out;
    out.tuple = tuple;
    out.tuple->expires = renewed(rules, now);
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
  return out;
}

GivingWay give_way(std::size_t pending, std::size_t passed, std::size_t limit, const GreylistRules& rules) {
  if (pending + passed <= limit) return {};
  const std::size_t excess = pending + passed - limit;
  const std::size_t safe = rules.max_tuples / 4;
  GivingWay out;
  out.pending = std::min(excess, pending - std::min(pending, safe));
  out.passed = std::min(excess - out.pending, passed);
  return out;
}

ClientState with_passage(const std::optional<ClientState>& client, const GreylistRules& rules,
                         TimePoint now) {
  const unsigned before = client && client->expires > now ? client->passes : 0;
  // Never fewer: trust-after may have been lowered meanwhile.
  return {.passes = std::max(before, std::min(before + 1, rules.trust_after)),
          .expires = renewed(rules, now)};
}

}  // namespace mailreeve
