// SPDX-License-Identifier: BSD-2-Clause
// Packets of the milter protocol: a length of four octets, a letter, data. Pure.
#ifndef MAILREEVE_MILTER_NATIVE_PACKETS_H
#define MAILREEVE_MILTER_NATIVE_PACKETS_H

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mailreeve::milter {

// The MTA broke the protocol; what() says how.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Packet {
  char letter;
  std::string_view data;  // in the octets it was read from
};

// Takes a packet from the front of `in`; nullopt: it is not complete yet. Throws
// ProtocolError if its length cannot be.
std::optional<Packet> take_packet(std::string_view& in);

// Each takes from the front of a packet's data, and throws ProtocolError if there is not
// enough. A string ends with a NUL, which is not part of it.
std::uint32_t take_number(std::string_view& data);
char take_letter(std::string_view& data);
std::string_view take_string(std::string_view& data);
// Throws ProtocolError if there is something.
void expect_end(std::string_view data);

// Appends to `out`.
void put_number(std::string& out, std::uint32_t number);
void put_string(std::string& out, std::string_view text);
void put_packet(std::string& out, char letter, std::string_view data = {});

}  // namespace mailreeve::milter

#endif
