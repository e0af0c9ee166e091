// SPDX-License-Identifier: BSD-2-Clause
#include "core/address.h"

#include <algorithm>

#include "core/idna.h"

namespace mailreeve {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// RFC 5322's atext and the dot; octets above 127 are letters (RFC 6531). Dots may
// stand anywhere, as they do in the wild.
bool is_dot_text(char c) {
  return static_cast<unsigned char>(c) > 0x7f || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

// How much of the text is one quoted string; 0: none.
std::size_t quoted_size(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\' && ++i == text.size()) return 0;
    if (is_control(text[i])) return 0;
  }
  return 0;
}

// The local part (RFC 5321 section 4.1.2) and nothing else, so that nobody reads the
// address in another way: Postfix takes "a(" and ")b" for comments.
bool is_local_part(std::string_view text) {
  const auto quoted = quoted_size(text);
  if (quoted > 0) return quoted == text.size();
  return !text.empty() && std::all_of(text.begin(), text.end(), is_dot_text);
}

// The "@" that ends the local part.
std::size_t find_at(std::string_view text) { return text.find('@', quoted_size(text)); }

bool is_name_text(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

// "[192.0.2.1]", "[ipv6:2001:db8::1]"
bool is_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.back() != ']') return false;
  const auto inside = domain.substr(1, domain.size() - 2);
  return std::all_of(inside.begin(), inside.end(),
                     [](char c) { return is_name_text(c) || c == '.' || c == ':'; });
}

// RFC 5321: labels of 1 to 63 octets, or an address literal. Case is folded
// and U-labels are A-labels by now. Underscores occur in the wild.
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
  auto domain = domain_to_ascii(path.substr(at + 1));
  if (domain && domain->size() > 1 && domain->back() == '.') domain->pop_back();
  out.malformed_ = !is_local_part(path.substr(0, at)) || !domain || !is_domain(*domain);
  // Kept when it is no name, too: two different senders must stay two.
  out.domain_ = domain ? *domain : ascii_lower(path.substr(at + 1));
  return out;
}

std::string Address::folded() const {
  std::string out = ascii_lower(local());
  if (local_size_ < text_.size()) out += "@" + domain_;
  return out;
}

std::string fold_name(std::string_view name) {
  if (name.find('@') == std::string_view::npos) return ascii_lower(name);
  const Address address = Address::parse(name);
  // As a path ("<a@example.com>", "@relay:a@example.com") it would be somebody else's name.
  return address.malformed() || address.text() != name ? ascii_lower(name) : address.folded();
}

}  // namespace mailreeve
