// SPDX-License-Identifier: BSD-2-Clause
#include "core/address.h"

#include <algorithm>

#include "core/idna.h"
#include "core/ip_address.h"
#include "core/unicode.h"

namespace mailreeve {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// RFC 5322's atext and the dot; octets above 127 are letters (RFC 6531). Allows
// dots anywhere, as real addresses have them.
bool is_dot_text(char c) {
  return static_cast<unsigned char>(c) > 0x7f || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

// Returns how much of the text is one quoted string; 0 if none.
std::size_t quoted_size(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\' && ++i == text.size()) return 0;
    if (is_control(text[i])) return 0;
  }
  return 0;
}

bool is_dot_string(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_dot_text);
}

// Accepts only a local part (RFC 5321 section 4.1.2), so that no software reads the
// address in another way: Postfix takes "a(" and ")b" for comments.
bool is_local_part(std::string_view text) {
  const auto quoted = quoted_size(text);
  return quoted > 0 ? quoted == text.size() : is_dot_string(text);
}

// Returns one spelling of a quoted string: without quotes if a plain word says
// the same, with backslashes only before quotes and backslashes.
std::string plainest(std::string_view local) {
  if (!local.starts_with('"')) return std::string(local);
  std::string inside;
  std::string quoted = "\"";
  for (std::size_t i = 1; i + 1 < local.size(); ++i) {
    if (local[i] == '\\') ++i;
    inside += local[i];
    if (local[i] == '"' || local[i] == '\\') quoted += '\\';
    quoted += local[i];
  }
  return is_dot_string(inside) ? inside : quoted + '"';
}

// Finds the "@" that ends the local part.
std::size_t find_at(std::string_view text) { return text.find('@', quoted_size(text)); }

bool is_name_text(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

// "[192.0.2.1]", "[ipv6:2001:db8::1]". Sendmail reads "[example.com]" as a host name.
bool is_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.back() != ']') return false;
  return IpAddress::parse(domain.substr(1, domain.size() - 2)).has_value();
}

// RFC 5321: labels of 1 to 63 octets, or an address literal. By now, case is
// folded and U-labels are A-labels. Real names contain underscores.
bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > 255) return false;
  if (domain.front() == '[') return is_literal(domain);
  std::size_t label = 0;
  for (const char c : domain) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (!is_name_text(c) || ++label > 63) return false;
  }
  return label != 0;
}

// If the domain is their own, MTAs read a route in the local part: "a%d", "d!a", "a@d".
bool may_hold_a_way(std::string_view local) { return local.find_first_of("%!@") != std::string_view::npos; }

// Whether no MTA repairs or completes this address.
bool is_plain(const Address& address) {
  const std::string& domain = address.domain();
  const bool whole = domain.find('.') != std::string::npos || domain.starts_with('[');
  return !address.malformed() && whole && !may_hold_a_way(address.local());
}

bool same_word(std::string_view a, std::string_view b) { return fold_case(a) == fold_case(b); }

}  // namespace

Address Address::parse(std::string_view path) {
  if (path.size() >= 2 && path.front() == '<' && path.back() == '>') path = path.substr(1, path.size() - 2);
  // RFC 5321 appendix C: a source route must be accepted and ignored.
  if (!path.empty() && path.front() == '@') {
    const auto colon = path.find(':');
    if (colon != std::string_view::npos) path.remove_prefix(colon + 1);
  }
  Address out;
  out.text_ = path;
  out.local_size_ = path.size();
  if (path.empty()) return out;

  const auto at = find_at(path);
  if (at == std::string_view::npos) {
    out.malformed_ = ascii_lower(path) != "postmaster";
    return out;
  }
  out.local_size_ = at;
  auto written = path.substr(at + 1);
  if (written.size() > 1 && written.back() == '.') written.remove_suffix(1);
  const auto domain = domain_to_ascii(written);
  out.malformed_ = !is_local_part(path.substr(0, at)) || !domain || !is_domain(*domain);
  // Keeps the domain even if it is not a name: two different senders must stay different.
  out.domain_ = domain ? *domain : ascii_lower(written);
  if (out.malformed_) return out;
  const std::string local = plainest(path.substr(0, at));
  out.local_size_ = local.size();
  out.text_ = local + "@" + std::string(written);
  return out;
}

Address Address::parse_name(std::string_view name) {
  return name.starts_with('<') || name.starts_with('@') ? unreadable(name) : parse(name);
}

Address Address::read(std::string_view path, const MtaReading& mta) {
  Address direct = parse(path);
  if (direct.is_null() || is_plain(direct)) return direct;
  // The "address" of Postfix's error mailer can be a text.
  const bool told = !mta.address.empty() && mta.mailer != "error";
  if (told && mta.address.find('@') != std::string_view::npos) {
    Address theirs = parse_name(mta.address);
    if (theirs.malformed()) return unreadable(path);
    return theirs.folded() == direct.folded() ? direct : theirs;
  }
  // Sendmail omits the domain if it is its own, whatever route led there.
  if (told && !same_word(mta.address, direct.local())) return unreadable(path);
  return direct.domain().empty() ? direct.completed(mta.host) : direct;
}

// Programs on the MTA's own machine write addresses as a word without a domain.
Address Address::completed(std::string_view host) const {
  if (!is_dot_string(text_) || may_hold_a_way(text_)) return *this;
  Address out = parse(text_ + "@" + std::string(host));
  if (!out.malformed()) return out;
  out = *this;
  out.malformed_ = false;
  return out;
}

Address Address::unreadable(std::string_view path) {
  Address out;
  out.text_ = path;
  out.local_size_ = path.size();
  out.malformed_ = true;
  return out;
}

std::string Address::folded() const {
  std::string out = fold_case(local());
  if (local_size_ < text_.size()) out += "@" + domain_;
  return out;
}

std::string fold_name(std::string_view name) {
  name = trimmed(name);
  if (name.find('@') == std::string_view::npos) return fold_case(name);
  const Address address = Address::parse_name(name);
  return address.malformed() ? fold_case(name) : address.folded();
}

std::string without_extension(const std::string& folded) {
  const auto plus = folded.find('+');
  const auto end = std::min(folded.rfind('@'), folded.size());
  if (plus == 0 || plus >= end || folded.front() == '"') return folded;
  return folded.substr(0, plus) + folded.substr(end);
}

}  // namespace mailreeve
