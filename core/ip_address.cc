// SPDX-License-Identifier: BSD-2-Clause
#include "core/ip_address.h"

#include <arpa/inet.h>
#include <strings.h>

#include <algorithm>
#include <charconv>

namespace mailreeve {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  constexpr std::string_view kTag = "IPv6:";
  if (text.size() > kTag.size() && strncasecmp(text.data(), kTag.data(), kTag.size()) == 0)
    text.remove_prefix(kTag.size());
  const std::string copy(text);
  if (copy.size() != text.size() || copy.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, copy.c_str(), four.data()) == 1) return v4(four);
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, copy.c_str(), sixteen.data()) == 1) return v6(sixteen);
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::parse_literal(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return std::nullopt;
  return parse(text.substr(1, text.size() - 2));
}

IpAddress IpAddress::v4(const std::array<std::uint8_t, 4>& octets) {
  IpAddress out;
  std::copy(octets.begin(), octets.end(), out.octets_.begin());
  return out;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& octets) {
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets.begin()))
    return v4({octets[12], octets[13], octets[14], octets[15]});
  IpAddress out;
  out.v4_ = false;
  out.octets_ = octets;
  return out;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v4_ ? AF_INET : AF_INET6, octets_.data(), buffer.data(), buffer.size());
  return buffer.data();
}

bool IpAddress::is_loopback() const {
  if (v4_) return octets_[0] == 127;
  return octets_.back() == 1 &&
         std::all_of(octets_.begin(), octets_.end() - 1, [](auto o) { return o == 0; });
}

IpAddress IpAddress::masked(unsigned prefix) const {
  IpAddress out = *this;
  for (unsigned i = 0; i < out.octets_.size(); ++i) {
    const unsigned kept = prefix > i * 8 ? std::min(prefix - i * 8, 8U) : 0;
    out.octets_[i] = static_cast<std::uint8_t>(out.octets_[i] & (0xff00U >> kept));
  }
  return out;
}

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Network(*address, address->bits());
  const auto digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.size() > 3) return std::nullopt;
  // ::ffff:192.0.2.0/120 counts IPv6 bits and means 192.0.2.0/24.
  if (address->is_v4() && text.substr(0, slash).find(':') != std::string_view::npos) {
    if (prefix < 96) return std::nullopt;
    prefix -= 96;
  }
  if (prefix > address->bits()) return std::nullopt;
  return Network(*address, prefix);
}

Network::Network(const IpAddress& address, unsigned prefix)
    : base_(address.masked(prefix)), prefix_(std::min(prefix, address.bits())) {}

bool Network::contains(const IpAddress& address) const {
  return address.is_v4() == base_.is_v4() && address.masked(prefix_) == base_;
}

std::string Network::text() const { return base_.text() + "/" + std::to_string(prefix_); }

std::string reversed(const IpAddress& address) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  const auto& octets = address.octets();
  std::string out;
  for (unsigned i = address.bits() / 8; i-- > 0;) {
    if (!out.empty()) out += '.';
    if (address.is_v4()) {
      out += std::to_string(octets[i]);
    } else {
      out.append(1, kHexDigits[octets[i] & 15U]).append(1, '.').append(1, kHexDigits[octets[i] >> 4U]);
    }
  }
  return out;
}

bool contains(const std::vector<Network>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

}  // namespace mailreeve
