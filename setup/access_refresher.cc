// SPDX-License-Identifier: BSD-2-Clause
#include "setup/access_refresher.h"

#include <stdexcept>

#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

// More are not told at once.
constexpr std::size_t kMostTold = 20;

}  // namespace

AccessRule access_rule_of(const AccessRow& row) {
  AccessRule rule = parse_access_rule(row.rule);
  rule.source = "#" + std::to_string(row.id);
  rule.until = row.until;
  rule.why = row.why;
  return rule;
}

AccessRefresher::AccessRefresher(SqlDatabase& database, const Settings& settings, const Clock& clock,
                                 Log& log, Take take)
    : database_(database),
      settings_(settings),
      clock_(clock),
      log_(log),
      take_(std::move(take)),
      outage_("policy-db", "access", log) {
  look();
  thread_ = std::thread([this] { work(); });
}

AccessRefresher::~AccessRefresher() {
  state_.lock()->closed = true;
  changed_.notify_one();
  thread_.join();
}

void AccessRefresher::hurry() {
  state_.lock()->hurry = true;
  changed_.notify_one();
}

void AccessRefresher::work() {
  const SignalsBlocked no_signals;
  for (;;) {
    const Deadline next(settings_.every);
    {
      auto state = state_.lock();
      state.wait_until(changed_, next.at(), [](const State& now) { return now.hurry || now.closed; });
      if (state->closed) return;
      state->hurry = false;
    }
    look();
  }
}

void AccessRefresher::look() {
  const auto call = [this] {
    try {
      load();
      missing_ = false;
    } catch (const SqlError& error) {
      // The log is told of that by others: more than this table may be missing.
      if (error.kind() != SqlError::Kind::Missing) throw;
      missing_ = true;
    }
    return true;
  };
  try {
    outage_.watch(Outage::Part::First, Deadline(settings_.patience), call, [](bool) { return true; });
  } catch (const BackendError&) {
    // The outage has told the log; the next look tries again.
  }
}

void AccessRefresher::load() {
  const std::int64_t version = access_version(database_, Deadline(settings_.patience));
  if (version_ == version) return;
  const auto rows = access_rows(database_, clock_.now(), Deadline(settings_.patience));
  std::vector<AccessRule> rules;
  Told skipped;
  for (const AccessRow& row : rows) {
    if (&row - rows.data() == static_cast<std::ptrdiff_t>(kMostAccessRows)) {
      skip(row, "there are " + std::to_string(kMostAccessRows) + " rules before it, as many as there may be",
           skipped);
      break;
    }
    try {
      rules.push_back(access_rule_of(row));
    } catch (const std::invalid_argument& error) {
      skip(row, error.what(), skipped);
    }
  }
  count_ = rules.size();
  take_(std::move(rules));
  skipped_ = std::move(skipped);
  version_ = version;
}

void AccessRefresher::skip(const AccessRow& row, const std::string& why, Told& skipped) const {
  const auto [place, fresh] = skipped.emplace(row.id, row.rule);
  if (!fresh || skipped_.count(*place) != 0 || skipped.size() > kMostTold) return;
  log_.write(Event::AccessRuleSkipped, {{"id", row.id}, {"error", std::string_view(why)}});
}

}  // namespace mailreeve
