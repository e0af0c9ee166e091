// SPDX-License-Identifier: BSD-2-Clause
// What access rules are asked about: one recipient of a message, in the form in which the rules
// compare it. Values.
#ifndef MAILREEVE_ACCESS_SUBJECT_H
#define MAILREEVE_ACCESS_SUBJECT_H

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/address.h"
#include "core/facts.h"
#include "core/ip_address.h"
#include "core/spf_outcome.h"
#include "util/time.h"

namespace mailreeve {

struct AccessSubject {
  // An address, folded; of the null sender all is empty.
  struct Mailbox {
    std::string text;
    std::string without_extension;  // "user@example.com" of "user+x@example.com"; else as `text`
    std::string domain;

    Mailbox() = default;
    explicit Mailbox(const Address& address);
  };

  std::optional<IpAddress> client;
  std::string client_name;  // verified; lower case, without the dot at the end; empty: none
  std::string helo;         // see helo_name()
  Mailbox sender;
  std::optional<Mailbox> recipient;  // none: not known yet
  std::string login;                 // folded; empty: none
  Direction direction = Direction::Inbound;
  TimePoint now;

  // Without `recipient`.
  static AccessSubject of(const Session& session, const Envelope& envelope, TimePoint now);
};

// In lower case and without the dot at the end; an address literal in one spelling:
// "[IPv6:2001:DB8::1]" is "[2001:db8::1]".
std::string helo_name(std::string_view helo);

// Facts that cost DNS, asked for only if everything else in a rule holds.
class AccessLookups {
 public:
  virtual ~AccessLookups() = default;
  // nullopt: this client is not checked.
  virtual std::optional<SpfResult> spf() = 0;
  // Whether a list of these zones has the client's address. nullopt: no list has answered that.
  virtual std::optional<bool> listed(std::span<const std::string> zones) = 0;
};

}  // namespace mailreeve

#endif
