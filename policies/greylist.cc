// SPDX-License-Identifier: BSD-2-Clause
#include "policies/greylist.h"

#include <algorithm>
#include <optional>

#include "core/idna.h"
#include "policies/greylist_key.h"

namespace mailreeve {

namespace {

// RFC 5321 section 4.5.1 and RFC 2142: these must be reachable at once.
bool is_role(const Address& recipient) {
  const std::string local = ascii_lower(recipient.local());
  return local == "postmaster" || local == "abuse";
}

std::optional<std::string_view> exempt(const Facts& facts) {
  if (!facts.session.smtp) return "not-smtp";
  if (facts.session.trusted) return "trusted-network";
  if (!facts.session.client) return "no-client-address";
  if (is_role(*facts.rcpt)) return "role-address";
  return std::nullopt;
}

std::string_view reason_of(Passage::Kind kind) {
  switch (kind) {
    case Passage::Kind::New:
      return "new";
    case Passage::Kind::Early:
      return "early";
    case Passage::Kind::Passed:
      return "passed";
    case Passage::Kind::Known:
      return "known";
    case Passage::Kind::Trusted:
      return "trusted-client";
  }
  return "?";
}

}  // namespace

Verdict Greylist::judge(const Facts& facts, Findings& findings) const {
  if (const auto why = exempt(facts)) return Verdict::pass(*why);
  if (!applies(facts, findings)) return Verdict::pass("not-applied");

  const Approach what{client_key(facts, findings), greylist_sender(facts.envelope.sender),
                      greylist_recipient(*facts.rcpt), !findings.passage_counted};
  const Passage passage = store_->approach(what, rules_.timing, facts.now, facts.deadline);
  const std::string_view reason = reason_of(passage.kind);

  if (passage.must_wait()) {
    const std::string remaining = std::to_string(passage.remaining.count());
    const std::string delay = std::to_string(rules_.timing.delay.count());
    return Verdict::refuse(
               rules_.message.render({{"remaining", remaining}, {"delay", delay}, {"ref", facts.ref}}),
               reason)
        .with("waited", passage.waited.count())
        .with("remaining", passage.remaining.count());
  }
  if (passage.kind == Passage::Kind::Trusted) return Verdict::pass(reason);
  findings.passage_counted = true;
  if (passage.kind == Passage::Kind::Known) return Verdict::pass(reason);
  findings.delayed = std::max(findings.delayed.value_or(Seconds(0)), passage.waited);
  return Verdict::pass(reason).with("waited", passage.waited.count());
}

bool Greylist::applies(const Facts& facts, const Findings& findings) const {
  if (findings.must_greylist || rules_.apply == Rules::Apply::All) return true;
  return rules_.apply == Rules::Apply::OptIn && db_->domain(facts.rcpt->domain(), facts.deadline).greylist;
}

// A provider's pool of hosts is one client where SPF names them; a record that
// vouches for everybody names nobody. The domain is the one that was asked about,
// not the registered domain above it: whoever has that can have any number of names
// below it, and a record for another part of the Internet at each. The null sender's
// domain is one host's name.
std::string Greylist::client_key(const Facts& facts, const Findings& findings) const {
  const auto& spf = findings.spf;
  const bool vouched = rules_.spf_domain && spf && spf->result == SpfResult::Pass &&
                       spf->identity == SpfIdentity::Mailfrom && spf->names_client &&
                       !facts.envelope.sender.is_null();
  if (vouched) return "spf:" + spf->domain;
  return greylist_client(*facts.session.client, rules_.ipv4_prefix, rules_.ipv6_prefix);
}

Header greylist_header(Seconds delayed, std::string_view host, TimePoint now) {
  return {"X-Greylist", "delayed " + std::to_string(delayed.count()) + " seconds by mailreeve at " +
                            std::string(host) + ";\n\t" + format_rfc5322(now)};
}

}  // namespace mailreeve
