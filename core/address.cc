// SPDX-License-Identifier: BSD-2-Clause
#include "core/address.h"

#include <algorithm>

#include "core/idna.h"

namespace mailreeve {

namespace {

// The "@" that ends the local part: the first that no quotes enclose.
std::size_t find_at(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '@' && !quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// RFC 5321: labels of 1 to 63 octets, or an address literal. Case is folded
// and U-labels are A-labels by now. Underscores occur in the wild.
bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > 255) return false;
  if (domain.front() == '[') return domain.size() > 2 && domain.back() == ']';
  std::size_t label = 0;
  for (const char c : domain) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!fine || ++label > 63) return false;
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
  out.malformed_ =
      at == 0 || std::any_of(path.begin(), path.end(), is_control) || !domain || !is_domain(*domain);
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
  return address.malformed() ? ascii_lower(name) : address.folded();
}

}  // namespace mailreeve
