// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/packets.h"

#include "milter/native/protocol.h"

namespace mailreeve::milter {

namespace {

constexpr std::size_t kNumber = 4;

std::uint32_t number_in(std::string_view octets) {
  std::uint32_t out = 0;
  for (const char octet : octets.substr(0, kNumber)) out = out << 8 | static_cast<unsigned char>(octet);
  return out;
}

}  // namespace

std::optional<Packet> take_packet(std::string_view& in) {
  if (in.size() < kNumber) return std::nullopt;
  const std::uint32_t length = number_in(in);
  if (length == 0 || length > kLongestPacket)
    throw ProtocolError("a packet of " + std::to_string(length) + " octets");
  if (in.size() - kNumber < length) return std::nullopt;
  const Packet out{in[kNumber], in.substr(kNumber + 1, length - 1)};
  in.remove_prefix(kNumber + length);
  return out;
}

std::uint32_t take_number(std::string_view& data) {
  if (data.size() < kNumber) throw ProtocolError("a number is cut off");
  const std::uint32_t out = number_in(data);
  data.remove_prefix(kNumber);
  return out;
}

char take_letter(std::string_view& data) {
  if (data.empty()) throw ProtocolError("a letter is missing");
  const char out = data.front();
  data.remove_prefix(1);
  return out;
}

std::string_view take_string(std::string_view& data) {
  const auto end = data.find('\0');
  if (end == std::string_view::npos) throw ProtocolError("a string has no end");
  const auto out = data.substr(0, end);
  data.remove_prefix(end + 1);
  return out;
}

void expect_end(std::string_view data) {
  if (!data.empty()) throw ProtocolError("a packet has more than belongs to it");
}

void put_number(std::string& out, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(number >> shift & 0xff);
}

void put_string(std::string& out, std::string_view text) { out.append(text).append(1, '\0'); }

void put_packet(std::string& out, char letter, std::string_view data) {
  put_number(out, static_cast<std::uint32_t>(data.size() + 1));
  out += letter;
  out += data;
}

}  // namespace mailreeve::milter
