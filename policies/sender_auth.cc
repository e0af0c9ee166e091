// SPDX-License-Identifier: BSD-2-Clause
#include "policies/sender_auth.h"

#include <algorithm>

#include "core/domain_names.h"
#include "core/header_address.h"
#include "policies/identity.h"

namespace mailreeve {

namespace {

// A user whose senders are refused is told of once in this time.
constexpr Seconds kNoticed = std::chrono::hours(24);

bool contains(const std::vector<std::string>& granted, std::string_view name) {
  return std::find(granted.begin(), granted.end(), name) != granted.end();
}

bool covers_domain(const std::vector<std::string>& granted, std::string_view domain) {
  if (domain.empty()) return false;
  if (contains(granted, domain)) return true;
  for (auto dot = domain.find('.'); dot != std::string_view::npos; dot = domain.find('.', dot + 1))
    if (contains(granted, domain.substr(dot))) return true;
  return false;
}

}  // namespace

bool covers(const std::vector<std::string>& granted, const Address& address) {
  if (contains(granted, "*")) return true;
  // A bare "example.com" is not the domain.
  if (address.domain().empty()) return false;
  const std::string folded = address.folded();
  return contains(granted, folded) || contains(granted, without_extension(folded)) ||
         covers_domain(granted, address.domain());
}

Verdict SenderAuth::judge(const Facts& facts, Findings& findings) const {
  const Envelope& envelope = facts.envelope;
  if (settings_.apply == SenderAuthApply::Never) return Verdict::pass();
  if (envelope.user.empty()) return Verdict::pass("no-identity");

  UserPolicy mine = db_->user(envelope.user, facts.deadline);
  if (settings_.apply == SenderAuthApply::Listed && !mine.listed()) return Verdict::pass("not-listed");
  // A name that the client may choose would grant it every address.
  if (settings_.own_address && is_verified(envelope.identity_source) &&
      envelope.user.find('@') != std::string::npos)
    mine.senders.push_back(envelope.user);
  // What is granted to this user is granted to all.
  const UserPolicy everybody = db_->user(kEverybody, facts.deadline);
  if (stage_ == Stage::End) return judge_from(facts, mine, everybody, findings);

  const Address& sender = envelope.sender;
  if (sender.is_null()) {
    if (settings_.null_sender == NullSender::Allow) return Verdict::pass("null-sender");
    return refuse(facts, "<>", "null-sender", findings);
  }
  if (sender.malformed()) return refuse(facts, sender.text(), "malformed-sender", findings);
  if (covers(mine.senders, sender) || covers(everybody.senders, sender)) return Verdict::pass("authorized");
  return refuse(facts, sender.text(), "unauthorized-sender", findings);
}

// A message without From: is the MTA's business; what cannot be read is refused, or
// a reader of the message would see an address that nobody has looked at.
Verdict SenderAuth::judge_from(const Facts& facts, const UserPolicy& mine, const UserPolicy& everybody,
                               Findings& findings) const {
  for (const auto& value : facts.envelope.from) {
    const auto authors = header_addresses(value);
    if (!authors) return refuse(facts, value, "malformed-from", findings);
    for (const auto& author : *authors)
      if (!covers(mine.senders, author) && !covers(everybody.senders, author))
        return refuse(facts, author.text(), "unauthorized-from", findings);
  }
  return Verdict::pass("authorized");
}

Verdict SenderAuth::refuse(const Facts& facts, std::string_view sender, std::string_view reason,
                           Findings& findings) const {
  const std::string& user = facts.envelope.user;
  if (notices_->claim(user, Notice::Unauthorized, facts.now, notice_period(facts.now, facts.now + kNoticed),
                      facts.deadline))
    findings.notices.push_back(
        {.notice = Notice::Unauthorized, .author = stage_ == Stage::End ? std::string(sender) : ""});
  Verdict out =
      stage_ == Stage::End && settings_.check_from == CheckFrom::Log
          ? Verdict::pass(reason)
          : Verdict::refuse(settings_.message.render(
                                {{"sender", sender}, {"user", facts.envelope.user}, {"ref", facts.ref}}),
                            reason);
  // The log has the envelope's sender in any case.
  return stage_ == Stage::End ? std::move(out).with("from", std::string(sender)) : std::move(out);
}

}  // namespace mailreeve
