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
    if (!sign || points_.of(*sign) == 0) return;
    note(to_string(*sign), std::to_string(points_.of(*sign)));
    of_signs_ += points_.of(*sign);
  }
  void add(const Listings& listings) {
    for (const auto& each : listings.white)
      note(each.zone + "/" + each.answer, "-" + std::to_string(each.weight));
    for (const auto& each : listings.blocked)
      note(each.zone + "/" + each.answer, std::to_string(each.weight));
    of_lists_ += weight_of(listings.blocked);
  }
  unsigned of_signs() const { return of_signs_; }
  unsigned of_lists() const { return of_lists_; }
  unsigned total() const { return of_signs_ + of_lists_; }
  ReputationFinding finding(Repute repute) && { return {repute, std::move(signs_)}; }

 private:
  void note(std::string_view what, std::string_view points) {
    signs_.append(signs_.empty() ? "" : " ").append(what).append(":").append(points);
  }

  const SignPoints& points_;
  unsigned of_signs_ = 0;
  unsigned of_lists_ = 0;
  std::string signs_;
};

Reputation::Reputation(ReputationSettings settings, std::string our_name, std::shared_ptr<const SpfCheck> spf,
                       ClientListings listings)
    : settings_(std::move(settings)),
      dynamic_names_(expressions(settings_.dynamic_names)),
      static_names_(expressions(settings_.static_names)),
      our_name_(std::move(our_name)),
      spf_(std::move(spf)),
      listings_(std::move(listings)) {}

Verdict Reputation::judge(const Facts& facts, Findings& findings) const {
  if (facts.session.trusted || !facts.session.client) return Verdict::pass();
  Count count(settings_.points);
  count_client(count, facts);
  if (count_listings(count, facts, findings)) {
    findings.reputation = std::move(count).finding(Repute::Trusted);
    return Verdict::pass(to_string(Repute::Trusted));
  }
  const bool vouched = needs_spf(count) && is_vouched_for(count, facts, findings);
  const bool suspicious = is_listed(count) || (count.of_signs() >= settings_.threshold && !vouched);
  const unsigned total = count.total();
  findings.reputation = std::move(count).finding(suspicious ? Repute::Suspicious : Repute::Clean);
  const std::string_view reason = to_string(findings.reputation->repute);
  if (settings_.reject_threshold == 0 || total < settings_.reject_threshold || !suspicious)
    return Verdict::pass(reason);
  const std::string client = facts.session.client->text();
  return Verdict::refuse(settings_.message.render({{"client", client}, {"ref", facts.ref}}), reason);
}

bool Reputation::is_listed(const Count& count) const { return count.of_lists() >= settings_.dnsbl_threshold; }

bool Reputation::count_listings(Count& count, const Facts& facts, Findings& findings) const {
  if (!listings_.any()) return false;
  // At the same time as the lists.
  if (!findings.listings) spf_->expect(facts, findings);
  const Listings& listings = listings_.of(facts, findings);
  count.add(listings);
  return weight_of(listings.white) >= settings_.dnswl_threshold;
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
  const unsigned most = std::max({settings_.points.of(Sign::SpfNone), settings_.points.of(Sign::SpfSoftfail),
                                  settings_.points.of(Sign::SpfFail)});
  const auto may_cross = [most](unsigned now, unsigned threshold) {
    return now < threshold && now + most >= threshold;
  };
  if (settings_.reject_threshold > 0 && may_cross(count.total(), settings_.reject_threshold)) return true;
  if (is_listed(count)) return false;
  if (count.of_signs() >= settings_.threshold) return settings_.spf_vouches;
  return may_cross(count.of_signs(), settings_.threshold);
}

bool Reputation::is_vouched_for(Count& count, const Facts& facts, Findings& findings) const {
  const SpfOutcome* spf = spf_->outcome(facts, findings);
  if (spf == nullptr) return false;
  count.add(spf_sign(spf->result));
  return settings_.spf_vouches && spf->result == SpfResult::Pass && spf->names_client;
}

}  // namespace mailreeve
