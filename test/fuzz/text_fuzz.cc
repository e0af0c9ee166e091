// SPDX-License-Identifier: BSD-2-Clause
// What clients and admins write: the addresses of a From: field, limits, names.
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "core/header_address.h"
#include "core/limits.h"
#include "test/fuzz/expect.h"

using namespace mailreeve;

namespace {

void read_header(std::string_view text) {
  const auto addresses = header_addresses(text);
  if (!addresses) return;
  EXPECT_FUZZED(!addresses->empty() && addresses->size() <= 100);
  for (const auto& address : *addresses) {
    EXPECT_FUZZED(!address.malformed() && !address.domain().empty());
    // Folding is folded.
    EXPECT_FUZZED(Address::parse(address.folded()).folded() == address.folded());
    // What was read as one address is read as that one again.
    const auto again = header_addresses("<" + address.text() + ">");
    EXPECT_FUZZED(again && again->size() == 1 && again->front().text() == address.text());
  }
}

void read_limits(std::string_view text) {
  try {
    const auto limits = parse_limits(text, {});
    EXPECT_FUZZED(!limits.empty() && limits.size() <= kMostLimits);
    std::string written;
    for (const auto& limit : limits) written += to_string(limit) + " ";
    EXPECT_FUZZED(parse_limits(written, {}) == limits);
  } catch (const std::invalid_argument&) {
    // As it should be.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_header(text);
  read_limits(text);
  return 0;
}
