// SPDX-License-Identifier: BSD-2-Clause
// Access rules, as an admin may write them, against names as a client may say them: the first line is
// the rule, the second the client's name and HELO, the third the sender, the fourth the recipient.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "access/matcher.h"
#include "access/shadow.h"
#include "test/fuzz/expect.h"

using namespace mailreeve;

namespace {

class Lookups final : public AccessLookups {
 public:
  std::optional<SpfResult> spf() override { return SpfResult::Pass; }
  std::optional<bool> listed(std::span<const std::string> zones) override { return zones.size() == 1; }
};

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

AccessSubject subject_of(std::string_view name, std::string_view sender, std::string_view recipient) {
  Session session;
  session.client = IpAddress::parse("192.0.2.7");
  session.client_name = name;
  session.name_check = NameCheck::Ok;
  session.helo = name;
  Envelope envelope;
  envelope.sender = Address::parse(sender);
  AccessSubject out = AccessSubject::of(session, envelope, TimePoint());
  out.recipient.emplace(Address::parse(recipient));
  return out;
}

const AccessRule* match(const CompiledRules& rules, const AccessSubject& subject) {
  Lookups lookups;
  return rules.first(subject, lookups);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = take_line(text);
  const auto name = take_line(text);
  const auto sender = take_line(text);
  const AccessSubject subject = subject_of(name, sender, take_line(text));
  AccessRule rule;
  try {
    rule = parse_access_rule(line);
  } catch (const std::invalid_argument& error) {
    EXPECT_FUZZED(error.what()[0] != '\0');
    return 0;
  }
  // What is written is read as the same rule, which matches the same mail.
  const std::string written = to_string(rule);
  AccessRule again;
  try {
    again = parse_access_rule(written);
  } catch (const std::invalid_argument&) {
    // A-labels may be longer than what was written.
    EXPECT_FUZZED(written.size() > kLongestAccessRule);
    return 0;
  }
  EXPECT_FUZZED(to_string(again) == written);
  const CompiledRules alone({rule});
  const bool matches = match(alone, subject) != nullptr;
  EXPECT_FUZZED((match(CompiledRules({again}), subject) != nullptr) == matches);
  // A rule is hidden by itself, and so is another with one condition more.
  EXPECT_FUZZED(shadowed_rules({rule, again}).size() == 1);
  AccessRule first = parse_access_rule("defer client=192.0.2.7");
  EXPECT_FUZZED(match(CompiledRules({rule, first}), subject) != nullptr);
  return 0;
}
