// SPDX-License-Identifier: BSD-2-Clause
#include "policies/quota.h"

#include <algorithm>
#include <ctime>
#include <stdexcept>

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

bool raise_holds(const UserPolicy& user, TimePoint now) {
  return !user.raised.empty() && (!user.raised_until || now < *user.raised_until);
}

std::string domain_of(const std::string& user) {
  const auto at = user.rfind('@');
  return at == std::string::npos ? "" : user.substr(at + 1);
}

void find_lasting(const std::string& user, const UserPolicy& mine, const AllowanceRules& rules, PolicyDb& db,
                  Deadline deadline, Allowance& out) {
  if (auto own = read_limits(mine.limits, rules.defaults, out.unreadable)) {
    out.limits = std::move(*own);
    out.source = "user";
    out.name = mine.quota;
    return;
  }
  if (const std::string domain = domain_of(user); !domain.empty()) {
    const DomainPolicy theirs = db.domain(domain, deadline);
    if (auto shared = read_limits(theirs.limits, rules.defaults, out.unreadable)) {
      out.limits = std::move(*shared);
      out.source = "domain";
      out.name = theirs.quota;
      return;
    }
  }
  out.limits = rules.otherwise.value_or(std::vector<Limit>());
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

std::int64_t most_of(const std::vector<Limit>& limits, std::size_t index) {
  if (limits.empty()) return 0;
  return limits[std::min(index, limits.size() - 1)].most;
}

Verdict source_noted(Verdict verdict, const Allowance& allowance) {
  Verdict out = std::move(verdict).with("quota", std::string(allowance.source));
  if (allowance.unreadable.empty()) return out;
  return std::move(out).with("unreadable", allowance.unreadable);
}

std::string window_text(Seconds window) { return window == kDaily ? "day" : format_duration(window); }

}  // namespace

Allowance allowance_of(const std::string& user, const AllowanceRules& rules, PolicyDb& db, TimePoint now,
                       Deadline deadline) {
  const UserPolicy mine = db.user(user, deadline);
  Allowance out;
  find_lasting(user, mine, rules, db, deadline, out);
  out.without_raise = out.limits;
  if (!raise_holds(mine, now)) return out;
  if (auto raised = read_limits(mine.raised, rules.defaults, out.unreadable)) {
    out.limits = std::move(*raised);
    out.source = "raised";
  }
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
  if (stage_ == Stage::Mail && rules_.count_refused) return Verdict::pass();
  if (stage_ == Stage::Data && recipients == 0) return Verdict::pass("no-recipients");

  const Allowance allowance = allowance_of(user, rules_.allowance, *db_, facts.now, facts.deadline);
  if (allowance.limits.empty()) {
    if (rules_.allowance.otherwise) return Verdict::pass("unlimited");
    static const ReplyTemplate kNone("You have no quota for sending mail ({ref})",
                                     ReplyTemplate::Class::Permanent, "550 5.7.1", {});
    return Verdict::refuse(kNone.render({{"ref", facts.ref}}), "no-quota");
  }

  QuotaRules rules{.limits = allowance.limits,
                   .margin = rules_.margin,
                   .min_interval = rules_.min_interval,
                   .count_refused = rules_.count_refused};
  set_day(rules, facts.now, rules_.day_begins);
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
  const Limit& limit = allowance.limits[answer.limit];
  const std::int64_t used = answer.used[answer.limit];
  const auto recipients = static_cast<std::int64_t>(facts.envelope.recipients.size());
  const std::int64_t release =
      answer.release ? std::chrono::ceil<Seconds>(*answer.release - facts.now).count() : 0;
  if (answer.first_notice)
    findings.notices.push_back(
        {.notice = Notice::Exceeded,
         .quota = limit.most,
         .quota_reset = most_of(allowance.without_raise, answer.limit),
         .used = used + (limit.unit == Unit::Recipients ? recipients : 1) * (rules_.count_refused ? 1 : 0)});

  const std::string most = std::to_string(limit.most);
  const std::string used_text = std::to_string(used);
  const std::string count = std::to_string(recipients);
  const std::string window = window_text(limit.window);
  const std::string wait = std::to_string(release);
  const Reply reply = rules_.message.render({{"user", facts.envelope.user},
                                             {"limit", most},
                                             {"used", used_text},
                                             {"recipients", count},
                                             {"window", window},
                                             {"release", wait},
                                             {"ref", facts.ref}});
  return source_noted(Verdict::refuse(reply, exceeded ? "over-quota" : "too-soon"), allowance)
      .with("used", used)
      .with("limit", to_string(limit))
      .with("recipients", recipients)
      .with("release", release);
}

void Quota::take_back(const Facts& facts, Findings& findings) const {
  if (stage_ != Stage::Data || !findings.charged) return;
  store_->refund(facts.envelope.user, *findings.charged, facts.deadline);
  findings.charged.reset();
}

}  // namespace mailreeve
