// SPDX-License-Identifier: BSD-2-Clause
// A DNS list as the operator writes it: its zone, which of its answers count, and how much. Values.
#ifndef MAILREEVE_DNSLISTS_LIST_SPEC_H
#define MAILREEVE_DNSLISTS_LIST_SPEC_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ip_address.h"

namespace mailreeve {

// Block and White lists are of addresses, Name lists of names one should not trust (RHSBL).
enum class ListKind { Block, White, Name };

// The options that name them: "dnsbl", "dnswl", "rhsbl".
std::string_view to_string(ListKind kind);

// "127.0.0.2", "127.0.0.2-11", "127.0.2-15.3": each octet a number or a range.
struct AnswerPattern {
  struct Range {
    std::uint8_t from = 0;
    std::uint8_t to = 0;
    bool operator==(const Range&) const = default;
  };
  std::array<Range, 4> octets;

  bool contains(const IpAddress& answer) const;
  bool operator==(const AnswerPattern&) const = default;
};

struct ListSpec {
  std::string zone;                    // lower case, A-labels, without the dot at the end
  std::vector<AnswerPattern> answers;  // none: any
  unsigned weight = 1;                 // 1 to 100

  bool counts(const IpAddress& answer) const;
  bool operator==(const ListSpec&) const = default;
};

// "zone.example", "zone.example=127.0.0.2-11/127.0.0.20:3": ZONE[=ANSWERS][:WEIGHT]. Throws
// std::invalid_argument with a sentence.
ListSpec parse_list_spec(std::string_view text);
// What parse_list_spec() reads as the same.
std::string to_string(const ListSpec& spec);

// As in ListSpec, of a zone in any case, with or without the dot at the end. Throws
// std::invalid_argument with a sentence for what cannot be the zone of a list.
std::string list_zone(std::string_view text);

}  // namespace mailreeve

#endif
