// SPDX-License-Identifier: BSD-2-Clause
#include "policies/reputation.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "policies/client_signs.h"
#include "policies/dynamic_name.h"

namespace mailreeve {

namespace {

std::optional<Sign> spf_sign(SpfResult result) {
  switch (result) {
    case SpfResult::None:
      return Sign::SpfNone;
    case SpfResult::Softfail:
      return Sign::SpfSoftfail;
    case SpfResult::Fail:
      return Sign::SpfFail;
    case SpfResult::Pass:
    case SpfResult::Neutral:
    case SpfResult::Temperror:
    case SpfResult::Permerror:
      break;
  }
  return std::nullopt;
}

std::vector<std::string> expressions(const std::string& expression) {
  if (expression.empty()) return {};
  return {expression};
}

}  // namespace

// Points, and what they are for.
class Reputation::Count {
 public:
  explicit Count(const SignPoints& points) : points_(points) {}

  void add(std::optional<Sign> sign) {
    if (sign && points_.of(*sign) > 0) add(to_string(*sign), points_.of(*sign));
  }
  void add(std::string_view what, unsigned points) {
    signs_.append(signs_.empty() ? "" : " ").append(what).append(":").append(std::to_string(points));
    total_ += points;
  }
  unsigned total() const { return total_; }
  std::string take_signs() { return std::move(signs_); }

 private:
  const SignPoints& points_;
  unsigned total_ = 0;
  std::string signs_;
};

Reputation::Reputation(ReputationSettings settings, std::string our_name, std::shared_ptr<const SpfCheck> spf)
    : settings_(std::move(settings)),
      dynamic_names_(expressions(settings_.dynamic_names)),
      static_names_(expressions(settings_.static_names)),
      our_name_(std::move(our_name)),
      spf_(std::move(spf)) {}

Verdict Reputation::judge(const Facts& facts, Findings& findings) const {
  if (facts.session.trusted || !facts.session.client) return Verdict::pass();
  Count count(settings_.points);
  count_client(count, facts);
  const bool vouched = needs_spf(count) && is_vouched_for(count, facts, findings);
  const bool suspicious = count.total() >= settings_.threshold && !vouched;
  const unsigned total = count.total();
  findings.reputation = {.repute = suspicious ? Repute::Suspicious : Repute::Clean,
                         .points = total,
                         .signs = count.take_signs()};
  const std::string_view reason = to_string(findings.reputation->repute);
  if (settings_.reject_threshold == 0 || total < settings_.reject_threshold || !suspicious)
    return Verdict::pass(reason);
  const std::string client = facts.session.client->text();
  return Verdict::refuse(settings_.message.render({{"client", client}, {"ref", facts.ref}}), reason);
}

void Reputation::count_client(Count& count, const Facts& facts) const {
  const Session& session = facts.session;
  count.add(helo_sign(session, our_name_.empty() ? session.mta : our_name_));
  if (session.name_check != NameCheck::Ok) {
    count.add(Sign::NoName);
  } else if (is_dynamic(session)) {
    count.add(Sign::DynamicName);
  }
  if (is_same_address(facts.envelope.sender, *facts.rcpt)) count.add(Sign::SameAddress);
}

bool Reputation::is_dynamic(const Session& session) const {
  const std::string& name = session.client_name;
  if (!static_names_.matching(name).empty()) return false;
  if (dynamic_names_.empty()) return looks_dynamic(name, *session.client);
  return !dynamic_names_.matching(name).empty();
}

// Whether the result of SPF can change anything.
bool Reputation::needs_spf(const Count& count) const {
  if (settings_.spf_vouches && count.total() >= settings_.threshold) return true;
  const unsigned most = std::max({settings_.points.of(Sign::SpfNone), settings_.points.of(Sign::SpfSoftfail),
                                  settings_.points.of(Sign::SpfFail)});
  const unsigned limit = std::max(settings_.threshold, settings_.reject_threshold);
  return most > 0 && count.total() < limit && count.total() + most >= settings_.threshold;
}

bool Reputation::is_vouched_for(Count& count, const Facts& facts, Findings& findings) const {
  const SpfOutcome* spf = spf_->outcome(facts, findings);
  if (spf == nullptr) return false;
  count.add(spf_sign(spf->result));
  return settings_.spf_vouches && spf->result == SpfResult::Pass && spf->names_client;
}

}  // namespace mailreeve
