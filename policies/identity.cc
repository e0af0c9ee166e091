// SPDX-License-Identifier: BSD-2-Clause
#include "policies/identity.h"

#include <utility>

namespace mailreeve {

namespace {

// One account by whichever of its names it logs in.
std::string with_realm(const std::string& login, std::string_view realm) {
  if (login.empty() || realm.empty() || login.find('@') != std::string::npos) return login;
  return login + "@" + std::string(realm);
}

std::string name_from(IdentitySource source, const Session& session, const Envelope& envelope,
                      std::string_view default_realm) {
  switch (source) {
    case IdentitySource::AuthAuthen:
      return fold_name(with_realm(envelope.login, default_realm));
    case IdentitySource::CertSubject:
      return fold_name(envelope.certificate);
    case IdentitySource::Sender:
      return envelope.sender.folded();
    case IdentitySource::ClientAddress:
      return session.client ? session.client->text() : "";
  }
  return "";
}

}  // namespace

Owner identify(const Session& session, const Envelope& envelope, std::span<const IdentitySource> from,
               std::string_view default_realm) {
  for (const IdentitySource source : from) {
    std::string name = name_from(source, session, envelope, default_realm);
    if (name.empty()) continue;
    if (name.size() > kMostIdentity) name.resize(kMostIdentity);
    return {std::move(name), source};
  }
  return {};
}

bool is_verified(std::optional<IdentitySource> source) {
  return source == IdentitySource::AuthAuthen || source == IdentitySource::CertSubject;
}

Verdict RequireIdentity::judge(const Facts& facts, Findings& /*findings*/) const {
  if (!facts.envelope.user.empty()) return Verdict::pass();
  return Verdict::refuse(message_.render({{"ref", facts.ref}}), "no-identity");
}

}  // namespace mailreeve
