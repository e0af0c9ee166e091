// SPDX-License-Identifier: BSD-2-Clause
// Macro strings: the input's lines are the local part, the sender's domain,
// the HELO, the current domain, and the rest is the macro string. The first
// octet of all says for which use, and which client.
#include <cstddef>
#include <cstdint>

#include "spf/macro.h"
#include "test/fuzz/expect.h"

using namespace mailreeve;

namespace {

std::string_view take_line(std::string_view& rest) {
  const auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const IpAddress clients[] = {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("2001:db8::cb01")};
  const auto use = static_cast<MacroString::Use>(data[0] / 2 % 3);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Identity identity{std::string(take_line(rest).substr(0, 255)),
                          std::string(take_line(rest).substr(0, 255)),
                          std::string(take_line(rest).substr(0, 255))};
  const auto domain = take_line(rest);
  const auto macro = MacroString::parse(rest, use);
  if (!macro) return 0;
  EXPECT_FUZZED(macro->text() == rest);
  const MacroValues values{identity, clients[data[0] % 2], domain, "host.example.com", "", TimePoint()};
  EXPECT_FUZZED(macro->expand_name(values).size() <= 253);
  const auto text = macro->expand_text(values, 300);
  EXPECT_FUZZED(text.size() <= 300);
  EXPECT_FUZZED(macro->expand_text(values, 10) == text.substr(0, 10));
  if (!macro->uses("slodipvhcrt")) EXPECT_FUZZED(text.size() <= rest.size() * 2);
  return 0;
}
