// SPDX-License-Identifier: BSD-2-Clause
#include "core/quota_state.h"

#include <algorithm>

namespace mailreeve {

namespace {

constexpr std::int64_t kParts = 60;

TimePoint part_begin(Seconds window, const QuotaRules& rules, TimePoint now) {
  if (window == kDaily) return rules.day_begin;
  const std::int64_t length = Milliseconds(part_length(window)).count();
  return from_millis(to_millis(now) / length * length);
}

TimePoint part_end_of_life(Seconds window, const QuotaRules& rules, TimePoint now) {
  if (window == kDaily) return rules.day_end;
  return part_begin(window, rules, now) + part_length(window) + window;
}

// A clock that has since been set back wrote what begins further ahead than its window is long.
bool counts(const QuotaPart& part, Seconds window, const QuotaRules& rules, TimePoint now) {
  if (part.window != window) return false;
  if (window == kDaily) return part.begin == rules.day_begin;
  return part.expires > now && part.begin <= now + window;
}

std::int64_t amount(const QuotaPart& part, Unit unit) {
  return unit == Unit::Recipients ? part.recipients : part.messages;
}

// Returns when `excess` of the amount in this window will have ceased to count.
TimePoint release_of(const QuotaState& state, const Limit& limit, const QuotaRules& rules,
                     std::int64_t excess, TimePoint now) {
  if (limit.window == kDaily) return rules.day_end;
  std::vector<const QuotaPart*> parts;
  for (const auto& part : state.parts)
    if (counts(part, limit.window, rules, now)) parts.push_back(&part);
  std::sort(parts.begin(), parts.end(), [](auto* a, auto* b) { return a->expires < b->expires; });
  TimePoint when = now;
  for (const auto* part : parts) {
    if (excess <= 0) break;
    excess -= amount(*part, limit.unit);
    when = part->expires;
  }
  return when;
}

// A message that begins below a limit may exceed it by the margin; a question
// about one more recipient may not.
bool fits(const Limit& limit, const Margin& margin, std::int64_t used, std::int64_t more) {
  return used < limit.most && used + more <= limit.most + margin.of(limit.most);
}

// Returns the largest amount in use that would still let `more` through.
std::int64_t room_for(const Limit& limit, const Margin& margin, std::int64_t more) {
  return std::min(limit.most - 1, limit.most + margin.of(limit.most) - more);
}

std::int64_t counted_in(const Limit& limit, std::int64_t recipients) {
  return limit.unit == Unit::Recipients ? std::max<std::int64_t>(recipients, 1) : 1;
}

void find_excess(const QuotaState& state, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                 QuotaAnswer& answer) {
  bool never = false;
  for (std::size_t i = 0; i < rules.limits.size(); ++i) {
    const Limit& limit = rules.limits[i];
    const std::int64_t more = counted_in(limit, recipients);
    if (fits(limit, rules.margin, answer.used[i], more)) continue;
    const std::int64_t room = room_for(limit, rules.margin, more);
    const bool hopeless = room < 0;
    const TimePoint release = release_of(state, limit, rules, answer.used[i] - room, now);
    const bool first = answer.kind != QuotaAnswer::Kind::Exceeded;
    answer.kind = QuotaAnswer::Kind::Exceeded;
    if (first || (hopeless && !never) || (hopeless == never && release > *answer.release)) {
      answer.limit = i;
      answer.release = release;
      never = hopeless;
    }
  }
  if (never) answer.release.reset();
}

// A state keeps one notice of excess for all windows. A notice that may belong to
// a shorter window is repeated, so the notice of a window may repeat as early
// before its end as the next shorter window is long.
NoticePeriod period_of(Seconds window, const QuotaRules& rules, TimePoint now) {
  const auto end_of = [&](Seconds which) { return which == kDaily ? rules.day_end : now + which; };
  NoticePeriod out = notice_period(now, end_of(window));
  const auto length_of = [](Seconds which) { return which == kDaily ? Seconds(86400) : which; };
  for (const auto& limit : rules.limits) {
    out.latest = std::max(out.latest, end_of(limit.window));
    if (length_of(limit.window) < length_of(window)) out.after = std::max(out.after, end_of(limit.window));
  }
  // Only the notice of a day or of a longer window stands until its end.
  if (window == kDaily) out.after = out.until - Milliseconds(1);
  return out;
}

void note_excess(const QuotaState& state, const QuotaRules& rules, TimePoint now, QuotaAnswer& answer) {
  const NoticePeriod period = period_of(rules.limits[answer.limit].window, rules, now);
  if (is_new(state.exceeded, period)) answer.notice = period;
}

std::vector<std::int64_t> all_used(const QuotaState& state, const QuotaRules& rules, TimePoint now) {
  std::vector<std::int64_t> out;
  for (const auto& limit : rules.limits) out.push_back(quota_used(state, limit, rules, now));
  return out;
}

// Counting a refused message postpones the time when as much can be sent.
void put_off(const QuotaState& after, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
             QuotaAnswer& answer) {
  QuotaAnswer later;
  later.used = all_used(after, rules, now);
  find_excess(after, rules, recipients, now, later);
  if (answer.kind == QuotaAnswer::Kind::Exceeded) answer.limit = later.limit;
  if (later.kind == QuotaAnswer::Kind::Exceeded) answer.release = later.release;
  if (answer.release) answer.release = std::max(*answer.release, now + rules.min_interval);
}

}  // namespace

std::vector<QuotaPart> parts_for(const QuotaRules& rules, std::int64_t recipients, TimePoint now) {
  std::vector<QuotaPart> out;
  for (const auto& limit : rules.limits) {
    const auto same = [&](const QuotaPart& part) { return part.window == limit.window; };
    if (std::any_of(out.begin(), out.end(), same)) continue;
    out.push_back({.window = limit.window,
                   .begin = part_begin(limit.window, rules, now),
                   .recipients = recipients,
                   .messages = 1,
                   .expires = part_end_of_life(limit.window, rules, now)});
  }
  return out;
}

Seconds part_length(Seconds window) {
  return Seconds(std::max<std::int64_t>(1, (window.count() + kParts - 1) / kParts));
}

bool may_pass(std::span<const Limit> limits, const Margin& margin, std::int64_t recipients) {
  return std::all_of(limits.begin(), limits.end(), [&](const Limit& limit) {
    return fits(limit, margin, 0, counted_in(limit, recipients));
  });
}

std::int64_t quota_used(const QuotaState& state, const Limit& limit, const QuotaRules& rules, TimePoint now) {
  std::int64_t sum = 0;
  for (const auto& part : state.parts)
    if (counts(part, limit.window, rules, now)) sum += amount(part, limit.unit);
  return std::max<std::int64_t>(sum, 0);
}

QuotaStep quota_charge(const QuotaState& state, const QuotaRules& rules, std::int64_t recipients,
                       TimePoint now) {
  QuotaStep step;
  QuotaAnswer& answer = step.answer;
  answer.last = state.last;
  answer.used = all_used(state, rules, now);
  find_excess(state, rules, recipients, now, answer);
  const bool too_soon = state.last && *state.last <= now && now < *state.last + rules.min_interval;
  if (answer.kind == QuotaAnswer::Kind::Within && too_soon) {
    answer.kind = QuotaAnswer::Kind::TooSoon;
    answer.release = *state.last + rules.min_interval;
  }
  const bool within = answer.kind == QuotaAnswer::Kind::Within;
  if (recipients > 0 && (within || rules.count_refused)) {
    step.change.emplace();
    step.change->add = parts_for(rules, recipients, now);
    step.change->last = now;
    if (within) {
      answer.receipt = Receipt{.recipients = recipients,
                               .parts = step.change->add,
                               .since = state.since.value_or(now),
                               .when = now,
                               .last = state.last};
    } else {
      QuotaState after = state;
      apply(after, *step.change);
      put_off(after, rules, recipients, now, answer);
    }
  }
  if (answer.kind == QuotaAnswer::Kind::Exceeded) note_excess(state, rules, now, answer);
  return step;
}

QuotaChange quota_refund(const QuotaState& state, const Receipt& receipt) {
  QuotaChange change;
  if (state.since != receipt.since) return change;
  for (const auto& charged : receipt.parts) {
    const auto there = std::find_if(state.parts.begin(), state.parts.end(), [&](const QuotaPart& part) {
      return part.window == charged.window && part.begin == charged.begin;
    });
    if (there == state.parts.end()) continue;
    QuotaPart back = charged;
    back.recipients = -std::min(charged.recipients, there->recipients);
    back.messages = -std::min(charged.messages, there->messages);
    change.add.push_back(back);
  }
  // Unless a later message has been charged.
  if (state.last == receipt.when) {
    change.last = receipt.last;
    change.clear_last = !receipt.last;
  }
  return change;
}

bool is_new(const std::optional<TimePoint>& noticed, const NoticePeriod& period) {
  return !noticed || *noticed <= period.after || *noticed > period.latest;
}

TimePoint expiry(const QuotaState& state) {
  TimePoint out = state.last ? *state.last + kRememberLast : TimePoint();
  for (const auto& part : state.parts) out = std::max(out, part.expires);
  return std::max(out, state.exceeded.value_or(out));
}

void apply(QuotaState& state, const QuotaChange& change) {
  for (const auto& more : change.add) {
    const auto place = std::find_if(state.parts.begin(), state.parts.end(), [&](const QuotaPart& part) {
      return part.window == more.window && part.begin == more.begin;
    });
    if (place == state.parts.end()) {
      state.parts.push_back(more);
    } else {
      place->recipients += more.recipients;
      place->messages += more.messages;
    }
  }
  if (change.clear_last) state.last.reset();
  if (change.last) state.last = change.last;
  if (!state.since) state.since = change.last;
}

}  // namespace mailreeve
