// SPDX-License-Identifier: BSD-2-Clause
#include "access/subject.h"

#include "core/idna.h"

namespace mailreeve {

namespace {

std::string without_dot(std::string_view name) {
  if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
  return ascii_lower(name);
}

}  // namespace

AccessSubject::Mailbox::Mailbox(const Address& address)
    : text(address.folded()),
      without_extension(mailreeve::without_extension(text)),
      domain(address.domain()) {}

std::string helo_name(std::string_view helo) {
  if (const auto literal = IpAddress::parse_literal(helo)) return "[" + literal->text() + "]";
  return without_dot(helo);
}

AccessSubject AccessSubject::of(const Session& session, const Envelope& envelope, TimePoint now) {
  AccessSubject out;
  out.client = session.client;
  if (session.name_check == NameCheck::Ok) out.client_name = without_dot(session.client_name);
  out.helo = helo_name(session.helo);
  out.sender = Mailbox(envelope.sender);
  out.login = fold_name(envelope.login);
  out.direction = envelope.direction;
  out.now = now;
  return out;
}

}  // namespace mailreeve
