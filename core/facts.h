// SPDX-License-Identifier: BSD-2-Clause
// Facts about an SMTP session and its message, by which policies judge, and
// findings that policies share.
#ifndef MAILREEVE_CORE_FACTS_H
#define MAILREEVE_CORE_FACTS_H

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/ip_address.h"
#include "core/quota_state.h"
#include "core/reputation_finding.h"
#include "core/skips.h"
#include "core/spf_outcome.h"
#include "util/time.h"

namespace mailreeve {

// What the MTA found out about the client's name (macro {client_resolve}).
enum class NameCheck {
  Unknown,    // the MTA does not say
  Ok,         // address, name and address agree
  Forged,     // the name does not lead back to the address
  Failed,     // the address has no name
  Temporary,  // DNS did not answer
};

// One SMTP connection. Everything but the id comes from the client or the
// MTA.
struct Session {
  std::string id;                   // ours: 8 characters, unique in this process
  std::optional<IpAddress> client;  // none: the MTA has no address for it
  std::string client_name;          // as the MTA resolved it; "[192.0.2.1]" or "unknown" if not
  NameCheck name_check = NameCheck::Unknown;
  std::string helo;
  std::optional<IpAddress> local;  // the address of ours that it has connected to, if the MTA says it
  std::string mta;                 // the MTA's own name, macro {j}; else this host's
  bool smtp = true;                // false: from sendmail(1) and the like, through Postfix's cleanup(8)
  bool trusted = false;            // in trusted-networks
};

enum class Direction { Inbound, Outbound };

// Sources of a message's user.
enum class IdentitySource { AuthAuthen, CertSubject, Sender, ClientAddress };

// One message. RFC 5321 section 2.3.1 calls it envelope.
struct Envelope {
  std::string queue_id;     // empty until the MTA has one
  std::string login;        // the authenticated name; empty: none
  std::string certificate;  // common name of the client's certificate, if the MTA trusts it
  std::string user;         // by identity.from; folded; empty: none
  std::optional<IdentitySource> identity_source;  // the source of `user`
  Direction direction = Direction::Inbound;
  Address sender;
  std::vector<Address> recipients;  // those that were let through
  std::int64_t size = 0;            // octets, as the client announced (RFC 1870); 0: not announced
  bool smtputf8 = false;            // RFC 6531: addresses and headers may hold UTF-8
  std::vector<std::string> from;    // values of the From: header fields, at Stage::End
};

// What a policy reports for a notification of the admin.
struct NoticeDue {
  Notice notice = Notice::Exceeded;
  std::string author{};          // Unauthorized: the offending address in From:, if any
  std::int64_t quota = 0;        // the limit in force
  std::int64_t quota_reset = 0;  // the limit without a temporary raise
  std::int64_t used = 0;
};

struct Header {
  std::string name;
  std::string value;  // folded with "\n" and a space
};

// What the access rules say about one recipient, or about the whole message.
struct AccessFinding {
  Skips skips;                   // these policies are not asked
  bool greylist = false;         // greylist it, even if that does not apply otherwise
  std::optional<Seconds> delay;  // instead of greylist.delay
  std::string rule;              // the rule that decides: "/etc/mailreeve/access.rules:12", "#7"
};

// A recipient that is judged at the end of the message, and what an access rule said of it.
struct HeldRecipient {
  Address recipient;
  std::optional<Seconds> delay;  // instead of greylist.delay
};

// What policies found out about this message, for other policies and for its
// headers. Lives from MAIL to the end of the message.
struct Findings {
  // The SPF result, once a recipient has required it.
  std::optional<SpfOutcome> spf;
  // Once a recipient has required them.
  std::optional<Listings> listings;
  // Of one recipient.
  std::optional<ReputationFinding> reputation;
  // The SPF result requires greylisting, even if it does not apply otherwise. Of one recipient.
  bool must_greylist = false;
  // Of one recipient; and of the message, by what is known of it at Stage::Mail.
  AccessFinding access;
  AccessFinding access_of_message;
  // Clients towards whose trust this message counts when it ends; each once.
  std::vector<std::string> passages;
  // The charge to the quota of the message's user.
  std::optional<Receipt> charged;
  // To be reported to the admin.
  std::vector<NoticeDue> notices;
  // Recipients of the null sender that greylisting judges at the end of the message.
  std::vector<HeldRecipient> held;
  // The longest wait of a recipient whose retry has just been let through.
  std::optional<Seconds> delayed;
};

struct Facts {
  const Session& session;
  const Envelope& envelope;
  const Address* rcpt;  // at Stage::Rcpt, else null
  TimePoint now;
  Deadline deadline;     // of this callback; shared by everything it does
  std::string_view ref;  // in the log and in the reply

  // Until when a policy waits for DNS: whoever asks a store after it has some time left.
  Deadline of_dns() const {
    constexpr Milliseconds kForStores{1000};
    const Milliseconds left = deadline.left();
    return deadline.within(left - std::min(kForStores, left / 2));
  }
};

}  // namespace mailreeve

#endif
