// SPDX-License-Identifier: BSD-2-Clause
#include "policies/quota.h"

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <utility>

#include "core/domain_names.h"

namespace mailreeve {

namespace {

std::optional<std::vector<Limit>> read_limits(const std::string& text, const LimitDefaults& defaults,
                                              std::string& unreadable) {
  if (text.empty()) return std::nullopt;
  try {
    return parse_limits(text, defaults);
  } catch (const std::invalid_argument&) {
    unreadable = text;
    return std::nullopt;
  }
}

// Where limits may come from.
struct Source {
  std::string_view word;
  SharedLimits what;
};

// The nearest first.
std::vector<Source> sources_of(const std::string& user, UserPolicy mine) {
  std::vector<Source> out;
  out.push_back(
      {"raised",
       {.to = user, .quota = "", .limits = mine.raised, .raise = true, .until = mine.raised_until}});
  out.push_back({"user", {.to = user, .quota = mine.quota, .limits = mine.limits}});
  for (SharedLimits& shared : mine.shared) {
    const char* word = shared.raise ? "raised" : shared.to == kEverybody ? "everybody" : "domain";
    out.push_back({word, std::move(shared)});
  }
  return out;
}

void take(Allowance& out, const Source& source, std::vector<Limit> limits) {
  out.limits = std::move(limits);
  out.source = source.word;
  out.to = source.what.to;
  out.raise_ends = source.what.until.has_value();
}

// Midnight of the day that many days from `when`'s, local time; whatever summer
// time does, mktime() finds it.
TimePoint local_time(std::time_t when, int days, Seconds since_midnight) {
  std::tm date{};
  localtime_r(&when, &date);
  date.tm_mday += days;
  date.tm_hour = 0;
  date.tm_min = 0;
  date.tm_sec = static_cast<int>(since_midnight.count());
  date.tm_isdst = -1;
  return TimePoint(Seconds(std::mktime(&date)));
}

// The limit that holds for the same, or the first one, when a raise is over; 0: none does.
std::int64_t lasting_most(const Allowance& allowance, const Limit& limit) {
  const auto& all = allowance.without_raise;
  const auto same = [&](const Limit& other) {
    return other.unit == limit.unit && other.window == limit.window;
  };
  const auto lasting = std::find_if(all.begin(), all.end(), same);
  if (lasting != all.end()) return lasting->most;
  return all.empty() ? 0 : all.front().most;
}

// What a raise sets aside is counted on: it holds again when the raise is over.
std::vector<Limit> counted(const Allowance& allowance) {
  std::vector<Limit> out = allowance.limits;
  for (Limit limit : allowance.without_raise) {
    const auto same = [&](const Limit& other) { return other.window == limit.window; };
    if (std::any_of(out.begin(), out.end(), same)) continue;
    limit.most = kMostPermitted;
    out.push_back(limit);
  }
  return out;
}

std::int64_t seconds_until(const std::optional<TimePoint>& when, TimePoint now) {
  return when ? std::chrono::ceil<Seconds>(*when - now).count() : 0;
}

Verdict source_noted(Verdict verdict, const Allowance& allowance) {
  Verdict out = allowance.limits.empty() ? std::move(verdict)
                                         : std::move(verdict).with("quota", std::string(allowance.source));
  if (allowance.unreadable.empty()) return out;
  return std::move(out).with("unreadable", allowance.unreadable);
}

std::string window_text(Seconds window) { return window == kDaily ? "day" : format_duration(window); }

// Of what no time will let pass.
Reply never_reply(const Facts& facts, const Limit& limit) {
  static const ReplyTemplate kTooMany(
      "This message has {recipients} recipients, and your limit is {limit} in {window} ({ref})",
      ReplyTemplate::Class::Permanent, "550 5.7.28", {"recipients", "limit", "window"});
  static const ReplyTemplate kNothing("Your limit is {limit} in {window}: you cannot send mail ({ref})",
                                      ReplyTemplate::Class::Permanent, "550 5.7.28", {"limit", "window"});
  const std::string count = std::to_string(facts.envelope.recipients.size());
  const std::string most = std::to_string(limit.most) + (limit.unit == Unit::Messages ? " messages" : "");
  const std::string window = limit.window == kDaily ? "a day" : format_duration(limit.window);
  if (limit.most == 0 && (limit.unit == Unit::Messages || facts.envelope.recipients.empty()))
    return kNothing.render({{"limit", most}, {"window", window}, {"ref", facts.ref}});
  return kTooMany.render({{"recipients", count}, {"limit", most}, {"window", window}, {"ref", facts.ref}});
}

}  // namespace

Allowance allowance_of(const std::string& user, const AllowanceRules& rules, PolicyDb& db, TimePoint now,
                       Deadline deadline) {
  Allowance out;
  bool found = false;
  for (const Source& source : sources_of(user, db.user(user, deadline))) {
    if (source.what.until && *source.what.until <= now) continue;
    const auto limits = read_limits(source.what.limits, rules.defaults, out.unreadable);
    if (!limits) continue;
    if (!std::exchange(found, true)) take(out, source, *limits);
    if (source.what.raise) continue;
    out.without_raise = *limits;
    out.name = source.what.quota;
    return out;
  }
  out.without_raise = rules.otherwise.value_or(std::vector<Limit>());
  if (!found) out.limits = out.without_raise;
  return out;
}

void set_day(QuotaRules& rules, TimePoint now, Seconds day_begins) {
  const std::time_t when = std::chrono::floor<Seconds>(now).time_since_epoch().count();
  const TimePoint today = local_time(when, 0, day_begins);
  rules.day_begin = today <= now ? today : local_time(when, -1, day_begins);
  rules.day_end = today <= now ? local_time(when, 1, day_begins) : today;
}

Verdict Quota::judge(const Facts& facts, Findings& findings) const {
  const std::string& user = facts.envelope.user;
  if (user.empty()) return Verdict::pass("no-identity");
  const std::int64_t recipients =
      stage_ == Stage::Mail ? 0 : static_cast<std::int64_t>(facts.envelope.recipients.size());
  // Refused mail is to be counted with its recipients, and they are not known yet.
  if (stage_ == Stage::Mail && settings_.count_refused) return Verdict::pass();
  if (stage_ == Stage::Data && recipients == 0) return Verdict::pass("no-recipients");

  const Allowance allowance = allowance_of(user, rules_, *db_, facts.now, facts.deadline);
  if (allowance.limits.empty()) {
    if (rules_.otherwise) return source_noted(Verdict::pass("unlimited"), allowance);
    static const ReplyTemplate kNone("You have no quota for sending mail ({ref})",
                                     ReplyTemplate::Class::Permanent, "550 5.7.1", {});
    return source_noted(Verdict::refuse(kNone.render({{"ref", facts.ref}}), "no-quota"), allowance);
  }

  QuotaRules rules{.limits = counted(allowance),
                   .margin = settings_.margin,
                   .min_interval = settings_.min_interval,
                   .count_refused = settings_.count_refused};
  set_day(rules, facts.now, settings_.reset_at);
  QuotaAnswer answer = store_->charge(user, rules, recipients, facts.now, facts.deadline);
  if (answer.kind != QuotaAnswer::Kind::Within) return refuse(facts, allowance, answer, findings);

  findings.charged = std::move(answer.receipt);
  if (stage_ == Stage::Mail) return Verdict::pass();
  return source_noted(Verdict::pass("within-quota"), allowance)
      .with("used",
            answer.used.front() + (allowance.limits.front().unit == Unit::Recipients ? recipients : 1))
      .with("limit", to_string(allowance.limits.front()));
}

Verdict Quota::refuse(const Facts& facts, const Allowance& allowance, const QuotaAnswer& answer,
                      Findings& findings) const {
  const bool exceeded = answer.kind == QuotaAnswer::Kind::Exceeded;
  const bool never = never_passes(facts, allowance, answer);
  const Limit& limit = allowance.limits[answer.limit];
  const std::int64_t used = answer.used[answer.limit];
  const auto recipients = static_cast<std::int64_t>(facts.envelope.recipients.size());
  if (answer.notice &&
      notices_->claim(facts.envelope.user, Notice::Exceeded, facts.now, *answer.notice, facts.deadline))
    findings.notices.push_back({.notice = Notice::Exceeded,
                                .quota = limit.most,
                                .quota_reset = lasting_most(allowance, limit),
                                .used = used + (limit.unit == Unit::Recipients ? recipients : 1) *
                                                   (settings_.count_refused ? 1 : 0)});
  const std::string_view reason = never ? "larger-than-quota" : exceeded ? "over-quota" : "too-soon";
  return source_noted(
             Verdict::refuse(never ? never_reply(facts, limit) : reply_for(facts, limit, answer), reason),
             allowance)
      .with("used", used)
      .with("limit", to_string(limit))
      .with("recipients", recipients)
      .with("release", seconds_until(answer.release, facts.now));
}

// It would be deferred for days, and by sendmail(1) for ever. The end of a raise may let it pass.
bool Quota::never_passes(const Facts& facts, const Allowance& allowance, const QuotaAnswer& answer) const {
  if (answer.kind != QuotaAnswer::Kind::Exceeded || answer.release) return false;
  if (!allowance.raise_ends) return true;
  if (allowance.without_raise.empty()) return !rules_.otherwise;
  return !may_pass(allowance.without_raise, settings_.margin,
                   static_cast<std::int64_t>(facts.envelope.recipients.size()));
}

// Who is only too fast is never refused for good.
Reply Quota::reply_for(const Facts& facts, const Limit& limit, const QuotaAnswer& answer) const {
  static const ReplyTemplate kTooSoon("You are sending too fast, try again in {release} seconds ({ref})",
                                      ReplyTemplate::Class::Temporary, "450 4.7.28", {"release"});
  const std::string wait = std::to_string(seconds_until(answer.release, facts.now));
  if (answer.kind == QuotaAnswer::Kind::TooSoon)
    return kTooSoon.render({{"release", wait}, {"ref", facts.ref}});
  const std::string most = std::to_string(limit.most);
  const std::string used = std::to_string(answer.used[answer.limit]);
  const std::string count = std::to_string(facts.envelope.recipients.size());
  const std::string window = window_text(limit.window);
  return message_.render({{"user", facts.envelope.user},
                          {"limit", most},
                          {"used", used},
                          {"recipients", count},
                          {"window", window},
                          {"release", wait},
                          {"ref", facts.ref}});
}

void Quota::take_back(const Facts& facts, Findings& findings) const {
  if (stage_ != Stage::Data || !findings.charged) return;
  store_->refund(facts.envelope.user, *findings.charged, facts.deadline);
  findings.charged.reset();
}

}  // namespace mailreeve
