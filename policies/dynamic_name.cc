// SPDX-License-Identifier: BSD-2-Clause
#include "policies/dynamic_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/idna.h"
#include "core/registered_domain.h"
#include "util/digest.h"

namespace mailreeve {

namespace {

constexpr std::size_t kMaxName = 253;  // octets, of any name in DNS
constexpr std::size_t kCustomerNumber = 5;

// What providers call their customers' lines and machines. "static" too: a line whose
// address stays is still its customer's.
constexpr auto kCustomerWords = std::to_array<std::string_view>(
    {"adsl",       "adslpool", "broadband",   "cable",  "cablemodem", "catv",      "cgn",    "cgnat",
     "client",     "clients",  "cpe",         "cust",   "customer",   "customers", "dhcp",   "dial",
     "dialin",     "dialup",   "dip",         "dsl",    "dslam",      "dslb",      "dyn",    "dynamic",
     "dynamicip",  "dynip",    "fiber",       "fibre",  "ftth",       "fttx",      "gprs",   "home",
     "homeip",     "hsdpa",    "hsi",         "ip",     "ipv4",       "isdn",      "kvm",    "lte",
     "lxc",        "mobile",   "modem",       "nat",    "pool",       "pools",     "ppp",    "pppoe",
     "rdns",       "resnet",   "residential", "rev",    "revip",      "sdsl",      "static", "staticip",
     "subscriber", "umts",     "unassigned",  "unused", "user",       "users",     "vdi",    "vds",
     "vdsl",       "vm",       "vmi",         "vps",    "wifi",       "wireless",  "wlan",   "xdsl"});

constexpr auto kMailWords = std::to_array<std::string_view>(
    {"bounce", "bounces", "mail", "mailer", "mailout", "mout", "mta", "mx", "mxout", "news", "newsletter",
     "out", "outbound", "postfix", "relay", "smtp", "smtpout", "exim"});

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The longest pieces of the text that `belongs` takes.
template <typename Belongs>
std::vector<std::string_view> pieces(std::string_view text, Belongs belongs) {
  std::vector<std::string_view> out;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = start;
    while (end < text.size() && belongs(text[end])) ++end;
    if (end > start) out.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

std::optional<unsigned> number(std::string_view digits, int base) {
  unsigned value = 0;
  const auto end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, base);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

// How many of the address's parts the words name behind one another, in order or
// reversed.
std::size_t parts_named(const std::vector<std::string_view>& words, int base, std::vector<unsigned> parts) {
  std::size_t best = 0;
  for (int direction = 0; direction < 2; ++direction) {
    for (std::size_t from = 0; from < parts.size(); ++from) {
      std::size_t same = 0;
      for (const auto word : words) {
        if (from + same < parts.size() && number(word, base) == parts[from + same]) {
          best = std::max(best, ++same);
        } else {
          same = number(word, base) == parts[from] ? 1 : 0;
        }
      }
    }
    std::reverse(parts.begin(), parts.end());
  }
  return best;
}

// Whether two of the address's parts stand side by side in the name, with no letter between them.
bool has_neighbours(std::string_view name, const std::vector<unsigned>& parts) {
  const auto numbers = pieces(name, is_digit);
  for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
    const auto behind = static_cast<std::size_t>(numbers[i].data() - name.data()) + numbers[i].size();
    const auto before = static_cast<std::size_t>(numbers[i + 1].data() - name.data());
    const auto between = name.substr(behind, before - behind);
    if (std::none_of(between.begin(), between.end(), is_letter) &&
        parts_named({numbers[i], numbers[i + 1]}, 10, parts) == 2)
      return true;
  }
  return false;
}

std::string hex_of(const IpAddress& address, bool reversed_octets) {
  std::string octets(address.octets().begin(), address.octets().begin() + address.bits() / 8);
  if (reversed_octets) std::reverse(octets.begin(), octets.end());
  return hex(octets);
}

std::string padded(const IpAddress& address, bool reversed_octets) {
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string octet = std::to_string(address.octets()[reversed_octets ? 3 - i : i]);
    out += std::string(3 - octet.size(), '0') + octet;
  }
  return out;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// `squeezed`: the name without what stands between its words.
std::size_t ipv4_octets_shown(std::string_view name, std::string_view squeezed, const IpAddress& address) {
  for (const bool reversed : {false, true})
    if (has(squeezed, hex_of(address, reversed)) || has(squeezed, padded(address, reversed))) return 4;
  const auto& octets = address.octets();
  const std::vector<unsigned> parts(octets.begin(), octets.begin() + 4);
  const auto decimal = parts_named(pieces(name, is_digit), 10, parts);
  const auto in_hex = parts_named(pieces(name, is_hex), 16, parts);
  // Two short hexadecimal words are too easily met by chance, and two numbers of different words.
  if (std::max(decimal, in_hex) >= 3) return std::max(decimal, in_hex);
  return has_neighbours(name, parts) ? 2 : 0;
}

// The 16 digits of the network or of the host, in order or digit by digit from the end
// (as below ip6.arpa); or four groups behind one another.
bool shows_ipv6(std::string_view name, std::string_view squeezed, const IpAddress& address) {
  std::string digits = hex_of(address, false);
  std::vector<unsigned> groups;
  for (std::size_t i = 0; i < 16; i += 2)
    groups.push_back(address.octets()[i] * 256U + address.octets()[i + 1]);
  for (int direction = 0; direction < 2; ++direction) {
    if (has(squeezed, digits.substr(0, 16)) || has(squeezed, digits.substr(16))) return true;
    std::reverse(digits.begin(), digits.end());
  }
  return parts_named(pieces(name, is_hex), 16, groups) >= 4;
}

}  // namespace

bool looks_dynamic(std::string_view given, const IpAddress& address) {
  if (given.ends_with('.')) given.remove_suffix(1);
  if (given.empty() || given.size() > kMaxName) return true;
  const std::string name = ascii_lower(given);

  std::string squeezed;
  std::copy_if(name.begin(), name.end(), std::back_inserter(squeezed),
               [](char c) { return is_digit(c) || is_letter(c); });
  if (!address.is_v4() && shows_ipv6(name, squeezed, address)) return true;
  const std::size_t octets = address.is_v4() ? ipv4_octets_shown(name, squeezed, address) : 0;
  if (octets >= 3) return true;

  // The company's own name may be any word.
  const auto domain = registered_domain(name);
  const std::string_view host =
      std::string_view(name).substr(0, domain ? name.size() - domain->size() : name.size());
  const auto words = pieces(host, is_letter);
  const auto is_mail = [](std::string_view word) { return is_one_of(kMailWords, word); };
  if (std::any_of(words.begin(), words.end(), is_mail)) return false;
  if (octets >= 2) return true;
  const auto numbers = pieces(host, is_digit);
  return std::any_of(words.begin(), words.end(), [](auto word) { return is_one_of(kCustomerWords, word); }) ||
         std::any_of(numbers.begin(), numbers.end(), [](auto n) { return n.size() >= kCustomerNumber; });
}

}  // namespace mailreeve
