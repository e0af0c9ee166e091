// SPDX-License-Identifier: BSD-2-Clause
#include "policies/identity.h"

#include <utility>

#include "core/unicode.h"

namespace mailreeve {

namespace {

// One account by whichever of its names it logs in.
std::string with_realm(std::string_view login, std::string_view realm) {
  std::string name(trimmed(login));
  if (name.empty() || realm.empty() || name.find('@') != std::string::npos) return name;
  return name + "@" + std::string(realm);
}

std::string name_from(IdentitySource source, const Session& session, const Envelope& envelope,
                      std::string_view default_realm, unsigned ipv6_prefix) {
  switch (source) {
    case IdentitySource::AuthAuthen:
      return fold_name(with_realm(envelope.login, default_realm));
    case IdentitySource::CertSubject:
      return fold_name(envelope.certificate);
    case IdentitySource::Sender:
      return envelope.sender.folded();
    case IdentitySource::ClientAddress:
      return session.client ? client_user(*session.client, ipv6_prefix) : "";
  }
  return "";
}

}  // namespace

Owner identify(const Session& session, const Envelope& envelope, std::span<const IdentitySource> from,
               std::string_view default_realm, unsigned ipv6_prefix) {
  for (const IdentitySource source : from) {
    const std::string name = name_from(source, session, envelope, default_realm, ipv6_prefix);
    if (!name.empty()) return {std::string(cut(name, kMostIdentity)), source};
  }
  return {};
}

std::string client_user(const IpAddress& client, unsigned ipv6_prefix) {
  const bool whole = client.is_v4() || client.is_loopback() || ipv6_prefix >= client.bits();
  return whole ? client.text() : Network(client, ipv6_prefix).text();
}

bool is_verified(std::optional<IdentitySource> source) {
  return source == IdentitySource::AuthAuthen || source == IdentitySource::CertSubject;
}

Verdict RequireIdentity::judge(const Facts& facts, Findings& /*findings*/) const {
  if (!facts.envelope.user.empty()) return Verdict::pass();
  return Verdict::refuse(message_.render({{"ref", facts.ref}}), "no-identity");
}

}  // namespace mailreeve
