// SPDX-License-Identifier: BSD-2-Clause
#include "milter/libmilter/odd_packets.h"

#include <algorithm>
#include <string_view>

namespace mailreeve {

namespace {

// The stage's letter, then names and values, each with its NUL. What follows the
// last NUL is no string for libmilter either.
std::size_t in_pairs(std::span<char> data) {
  const auto strings = data.subspan(std::min<std::size_t>(1, data.size()));
  if (std::count(strings.begin(), strings.end(), '\0') % 2 == 0) return data.size();
  const auto last = std::find(strings.rbegin(), strings.rend(), '\0');
  const auto before = std::find(last + 1, strings.rend(), '\0');
  return data.size() - static_cast<std::size_t>(before - strings.rbegin());
}

// The client's name with its NUL, the letter of the family, two octets of port, the
// address with its NUL.
void without_scope(std::span<char> data) {
  const auto name = std::find(data.begin(), data.end(), '\0');
  constexpr std::ptrdiff_t kBeforeAddress = 4;
  if (data.end() - name <= kBeforeAddress || *(name + 1) != '6') return;
  const auto scope = std::find(name + kBeforeAddress, data.end(), '%');
  std::fill(scope, data.end(), '\0');
}

}  // namespace

std::size_t mend_packet(char command, std::span<char> data) {
  constexpr char kMacros = 'D';
  constexpr char kConnect = 'C';
  if (command == kMacros) return in_pairs(data);
  if (command == kConnect) without_scope(data);
  return data.size();
}

}  // namespace mailreeve
