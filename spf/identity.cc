// SPDX-License-Identifier: BSD-2-Clause
#include "spf/identity.h"

#include "core/idna.h"
#include "spf/ascii.h"

namespace mailreeve {

namespace {

constexpr std::size_t kLongestPart = 255;
constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

std::string domain_of_helo(std::string_view helo) {
  helo = helo.substr(0, kLongestPart);
  auto name = domain_to_ascii(helo).value_or(ascii_lower(helo));
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

}  // namespace

Identity identity_of(const SpfQuery& query) {
  const std::string helo = domain_of_helo(query.helo);
  if (query.identity == SpfIdentity::Helo || query.sender.is_null()) return {"postmaster", helo, helo};
  std::string local(query.sender.local().substr(0, kLongestPart));
  if (local.empty()) local = "postmaster";
  return {local, query.sender.domain().substr(0, kLongestPart), helo};
}

SpfOutcome begin_outcome(const SpfQuery& query, const Identity& identity) {
  SpfOutcome out;
  out.identity = query.identity;
  out.domain = printable(identity.domain);
  if (!is_multi_label_domain(identity.domain))
    out.problem = "\"" + out.domain + "\" is not a domain name of two or more labels";
  return out;
}

bool is_multi_label_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > kLongestName || domain.front() == '[') return false;
  std::size_t label = 0;
  bool several = false;
  for (const char c : domain) {
    if (c != '.') {
      if (++label > kLongestLabel) return false;
      continue;
    }
    if (label == 0) return false;
    label = 0;
    several = true;
  }
  return several && label != 0;
}

std::string_view cut_name(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.size() <= kLongestName) return name;
  const auto dot = name.find('.', name.size() - kLongestName - 1);
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

bool is_within(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

std::string dotted(const IpAddress& address) {
  if (address.is_v4()) return address.text();
  // Upper case, as in the test suite that implementations share; DNS ignores case.
  std::string out;
  for (const auto octet : address.octets()) {
    if (!out.empty()) out += '.';
    out.append(1, kHexDigits[octet >> 4U]).append(1, '.').append(1, kHexDigits[octet & 15U]);
  }
  return out;
}

std::string reverse_name(const IpAddress& address) {
  return reversed(address) + (address.is_v4() ? ".in-addr.arpa" : ".ip6.arpa");
}

}  // namespace mailreeve
