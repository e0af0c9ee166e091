// SPDX-License-Identifier: BSD-2-Clause
#include "policies/client_signs.h"

#include <string>

#include "core/idna.h"
#include "core/registered_domain.h"

namespace mailreeve {

namespace {

std::string name_in_ascii(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return domain_to_ascii(name).value_or(ascii_lower(name));
}

}  // namespace

std::optional<Sign> helo_sign(const Session& session, std::string_view our_name) {
  if (session.helo.empty()) return Sign::HeloMissing;
  if (const auto literal = IpAddress::parse_literal(session.helo)) {
    if (literal == session.client) return Sign::HeloRelated;
    return literal == session.local ? Sign::HeloOurs : Sign::HeloUnrelated;
  }
  const std::string helo = name_in_ascii(session.helo);
  if (IpAddress::parse(helo)) return Sign::HeloBareAddress;
  if (!our_name.empty() && helo == name_in_ascii(our_name)) return Sign::HeloOurs;
  if (session.name_check != NameCheck::Ok) return Sign::HeloUnrelated;
  const std::string name = name_in_ascii(session.client_name);
  if (helo == name) return std::nullopt;
  const auto domain = registered_domain(name);
  return domain && domain == registered_domain(helo) ? Sign::HeloRelated : Sign::HeloUnrelated;
}

bool is_same_address(const Address& sender, const Address& recipient) {
  return !sender.is_null() && without_extension(sender.folded()) == without_extension(recipient.folded());
}

}  // namespace mailreeve
