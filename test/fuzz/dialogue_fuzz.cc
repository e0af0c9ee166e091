// SPDX-License-Identifier: BSD-2-Clause
// What an MTA sends on a connection of the native engine. The first octet says how the
// octets behind it arrive (by so many at once; 0: all), and which settings are in force.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "milter/native/stage_macros.h"
#include "test/fuzz/expect.h"
#include "test/unit/dialogue_fixture.h"

using namespace mailreeve;
using namespace mailreeve::milter;

namespace {

struct Outcome {
  std::string letters{};
  std::string error{};
  bool goes_on = true;
};

// Complete packets, of letters that an MTA knows.
void check_answers(std::string_view out, Outcome& outcome) {
  while (const auto packet = take_packet(out)) {
    EXPECT_FUZZED(std::string_view("Ocytim").find(packet->letter) != std::string_view::npos);
    if (packet->letter == 'y') {
      EXPECT_FUZZED(packet->data.size() > 10 && packet->data.find('\0') == packet->data.size() - 1);
      EXPECT_FUZZED(packet->data.front() == '4' || packet->data.front() == '5');
      EXPECT_FUZZED(packet->data.find_first_of("\r\n") == std::string_view::npos);
    }
    outcome.letters += packet->letter;
  }
  EXPECT_FUZZED(out.empty());
}

// With a store of its own, so that each talk begins alike.
Outcome talk(std::string_view octets, std::size_t at_once, bool all_steps) {
  test::Milter milter;
  milter.settings.headers.authentication_results =
      all_steps ? AuthenticationResults::All : AuthenticationResults::No;
  if (!all_steps) {
    milter.settings.sender_auth.apply = SenderAuthApply::Never;
    milter.settings.quota.apply = QuotaApply::Never;
  } else {
    milter.settings.submission_networks = {*Network::parse("192.0.2.0/24")};
  }
  milter.install();
  Outcome outcome;
  std::string out;
  {
    Dialogue dialogue(milter.sessions);
    std::string in;
    try {
      while (outcome.goes_on && !octets.empty()) {
        in += octets.substr(0, at_once);
        octets.remove_prefix(std::min(at_once, octets.size()));
        std::string_view rest = in;
        outcome.goes_on = dialogue.take(rest, out);
        in.erase(0, in.size() - rest.size());
        EXPECT_FUZZED(milter.sessions.open() <= 1 && milter.sessions.running() == 0);
      }
    } catch (const ProtocolError& error) {
      outcome.error = error.what();
      EXPECT_FUZZED(!outcome.error.empty());
    }
  }
  EXPECT_FUZZED(milter.sessions.open() == 0);
  EXPECT_FUZZED(milter.count(Event::Bug) == 0);
  check_answers(out, outcome);
  return outcome;
}

// The macros are what the packet says, if it has pairs.
void check_macros(std::string_view data) {
  StageMacros macros;
  try {
    macros.take(data);
  } catch (const ProtocolError&) {
    EXPECT_FUZZED(data.empty() || data.size() > 64UL * 1024);
    return;
  }
  for (const char* name : {"i", "{i}", "j", "{auth_authen}", "", "{}"})
    EXPECT_FUZZED(macros.get(name).empty() || data.find(macros.get(name)) != std::string_view::npos);
  macros.begin('C');
  macros.clear();
  EXPECT_FUZZED(macros.get("i").empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool all_steps = data[0] % 2 == 0;
  check_macros(octets);
  const Outcome whole = talk(octets, octets.size(), all_steps);
  const std::size_t at_once = data[0] / 2 % 32;
  if (at_once == 0) return 0;
  const Outcome parts = talk(octets, at_once, all_steps);
  EXPECT_FUZZED(parts.letters == whole.letters);
  EXPECT_FUZZED(parts.error == whole.error && parts.goes_on == whole.goes_on);
  return 0;
}
