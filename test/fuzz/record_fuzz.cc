// SPDX-License-Identifier: BSD-2-Clause
// The record parser on any octets.
#include <cstddef>
#include <cstdint>

#include "spf/ascii.h"
#include "spf/record.h"
#include "test/fuzz/expect.h"

using namespace mailreeve;

namespace {

void check(const Directive& directive) {
  EXPECT_FUZZED(!directive.text.empty() && directive.text.find(' ') == std::string::npos);
  EXPECT_FUZZED(directive.prefix4 <= 32 && directive.prefix6 <= 128);
  EXPECT_FUZZED(directive.network.prefix <= (directive.network.v4 ? 32U : 128U));
  directive.network.contains(*IpAddress::parse("192.0.2.1"));
  directive.network.contains(*IpAddress::parse("2001:db8::1"));
  // A directive stands for itself, wherever it is.
  EXPECT_FUZZED(parse_record("v=spf1 " + directive.text).record.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_record(text);
  EXPECT_FUZZED(parsed.record.has_value() == parsed.problem.empty());
  EXPECT_FUZZED(is_printable(parsed.problem) && parsed.problem.size() < 200);
  if (!parsed.record) return 0;
  EXPECT_FUZZED(is_spf_record(text) && is_printable(text));
  for (const auto& directive : parsed.record->directives) check(directive);
  return 0;
}
