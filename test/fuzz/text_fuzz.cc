// SPDX-License-Identifier: BSD-2-Clause
// What clients and admins write: the addresses of a From: field, limits, names, and what
// greylisting makes of senders, recipients and hosts.
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "core/header_address.h"
#include "core/idna.h"
#include "core/limits.h"
#include "core/registered_domain.h"
#include "policies/dynamic_name.h"
#include "policies/greylist_key.h"
#include "policies/sender_word.h"
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

constexpr std::size_t kMostKey = 1024;

bool has_capitals(std::string_view text) { return ascii_lower(text) != text; }

void make_keys(std::string_view text) {
  const Address address = Address::parse(text);
  const std::string sender = greylist_sender(address);
  EXPECT_FUZZED(!sender.empty() && sender.size() <= kMostKey);
  EXPECT_FUZZED(greylist_sender(address) == sender);

  const std::string recipient = greylist_recipient(address);
  EXPECT_FUZZED(!recipient.empty() && recipient.size() <= kMostKey);
  EXPECT_FUZZED(greylist_recipient(address) == recipient);
  if (address.malformed()) return;
  EXPECT_FUZZED(!has_capitals(sender) && !has_capitals(recipient));
  EXPECT_FUZZED(greylist_recipient(Address::parse(recipient)) == recipient);
  // But for what was rewritten, whose words are judged without what stands in front of them.
  if (!sender.starts_with("srs=")) EXPECT_FUZZED(greylist_sender(Address::parse(sender)) == sender);
}

void judge_words(std::string_view text) {
  for (const WordPlace place : {WordPlace::Alone, WordPlace::Dotted, WordPlace::Numbered})
    EXPECT_FUZZED(is_made_up(text, place) == is_made_up(std::string(text), place));
  EXPECT_FUZZED(is_name_word(text) == is_name_word(std::string(text)));
}

void judge_hosts(std::string_view text) {
  for (const char* client : {"192.0.2.1", "2001:db8::1"}) {
    const IpAddress address = *IpAddress::parse(client);
    EXPECT_FUZZED(looks_dynamic(text, address) == looks_dynamic(std::string(text), address));
  }
  const auto domain = registered_domain(text);
  if (!domain) return;
  // A part of the name, and of itself.
  EXPECT_FUZZED(!domain->empty() && domain->size() <= 253);
  EXPECT_FUZZED(text.find(*domain) != std::string_view::npos);
  EXPECT_FUZZED(registered_domain(*domain) == domain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_header(text);
  read_limits(text);
  make_keys(text);
  judge_words(text);
  judge_hosts(text);
  return 0;
}
