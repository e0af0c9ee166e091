// SPDX-License-Identifier: BSD-2-Clause
#include "dns/rdata.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "core/idna.h"

namespace mailreeve {

namespace {

constexpr std::size_t kLongestName = 253;  // as text; 255 octets on the wire (RFC 1035 section 2.3.4)
constexpr std::size_t kLongestLabel = 63;

// A char of a text that holds octets may be negative.
std::size_t octet(char c) { return static_cast<unsigned char>(c); }

bool is_visible(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// What stands for itself in a zone file (RFC 1035 section 5.1).
bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.';
}

// A name from the wire. Only a usable one has text; that of the root is empty.
struct WireName {
  std::string text;
  bool usable = true;
};

// The name at the front of `wire`, which is then behind it. Nothing if it ends
// too early, is too long or is compressed.
std::optional<WireName> take_name(std::string_view& wire) {
  WireName name;
  while (!wire.empty()) {
    const std::size_t size = octet(wire.front());
    wire.remove_prefix(1);
    if (size == 0) return name;
    if (size > kLongestLabel || size > wire.size()) return std::nullopt;
    const std::string_view label = wire.substr(0, size);
    wire.remove_prefix(size);
    name.usable = name.usable && is_visible(label) && label.find_first_of(".\\") == std::string_view::npos;
    if (!name.text.empty()) name.text += '.';
    name.text += ascii_lower(label);
    if (name.text.size() > kLongestName) return std::nullopt;
  }
  return std::nullopt;
}

template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> exactly(std::string_view rdata) {
  if (rdata.size() != size) return std::nullopt;
  std::array<std::uint8_t, size> octets{};
  std::copy(rdata.begin(), rdata.end(), octets.begin());
  return octets;
}

bool add_v4(std::string_view rdata, DnsAnswer& answer) {
  const auto octets = exactly<4>(rdata);
  if (octets) answer.addresses.push_back(IpAddress::v4(*octets));
  return octets.has_value();
}

bool add_v6(std::string_view rdata, DnsAnswer& answer) {
  const auto octets = exactly<16>(rdata);
  if (octets) answer.addresses.push_back(IpAddress::v6(*octets));
  return octets.has_value();
}

bool add_exchanger(std::string_view rdata, DnsAnswer& answer) {
  if (rdata.size() < 2) return false;
  const auto preference = static_cast<unsigned>(octet(rdata[0]) << 8 | octet(rdata[1]));
  rdata.remove_prefix(2);
  auto host = take_name(rdata);
  if (!host || !rdata.empty()) return false;
  if (host->usable) answer.exchangers.push_back({preference, std::move(host->text)});
  return true;
}

bool add_name(std::string_view rdata, DnsAnswer& answer) {
  auto name = take_name(rdata);
  if (!name || !rdata.empty()) return false;
  if (name->usable && !name->text.empty()) answer.names.push_back(std::move(name->text));
  return true;
}

// One or more strings, each behind the octet with its length.
bool add_text(std::string_view rdata, DnsAnswer& answer) {
  if (rdata.empty()) return false;
  std::string joined;
  while (!rdata.empty()) {
    const std::size_t size = octet(rdata.front());
    rdata.remove_prefix(1);
    if (size > rdata.size()) return false;
    joined += rdata.substr(0, size);
    rdata.remove_prefix(size);
  }
  answer.texts.push_back(std::move(joined));
  return true;
}

}  // namespace

std::string_view name_problem(std::string_view name) {
  if (name.size() > kLongestName) return "the name is longer than 253 octets";
  while (true) {
    const auto label = name.substr(0, name.find('.'));
    if (label.empty()) return "the name has an empty label";
    if (label.size() > kLongestLabel) return "the name has a label of more than 63 octets";
    if (label.size() == name.size()) return {};
    name.remove_prefix(label.size() + 1);
  }
}

std::string escaped_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    out += '\\';
    for (const unsigned place : {100U, 10U, 1U}) out += static_cast<char>('0' + octet(c) / place % 10);
  }
  return out;
}

bool add_record(RecordType type, std::string_view rdata, DnsAnswer& answer) {
  switch (type) {
    case RecordType::A:
      return add_v4(rdata, answer);
    case RecordType::AAAA:
      return add_v6(rdata, answer);
    case RecordType::MX:
      return add_exchanger(rdata, answer);
    case RecordType::PTR:
      return add_name(rdata, answer);
    case RecordType::TXT:
      return add_text(rdata, answer);
  }
  return false;
}

}  // namespace mailreeve
