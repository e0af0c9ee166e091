// SPDX-License-Identifier: BSD-2-Clause
// check_host() over a zone that the input describes. First line: client, HELO
// and sender. Each further line: name, type and value, for example
//   example.com TXT v=spf1 a mx -all
// with the types A, AAAA, MX, PTR, TXT, CNAME, and FAIL for a name at which
// each lookup fails.
#include <cstddef>
#include <cstdint>

#include "spf/ascii.h"
#include "spf/check_host.h"
#include "test/fuzz/expect.h"
#include "test/spf/fake_resolver.h"

using namespace mailreeve;

namespace {

std::string_view take(std::string_view& rest, char end) {
  const auto word = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  return word;
}

void add(FakeResolver& zone, std::string_view line) {
  const auto name = take(line, ' ');
  const auto type = take(line, ' ');
  if (type == "TXT") zone.txt(name, line);
  if (type == "MX") zone.mx(name, 10, line);
  if (type == "PTR") zone.ptr(name, line);
  if (type == "CNAME") zone.cname(name, line);
  const auto address = IpAddress::parse(line);
  if (type == "A" && address) zone.a(name, line);
  if (type == "AAAA" && address) zone.aaaa(name, line);
  if (type == "FAIL")
    for (const auto each :
         {RecordType::A, RecordType::AAAA, RecordType::MX, RecordType::PTR, RecordType::TXT})
      zone.fails(name, each);
}

void check(const SpfOutcome& outcome, const FakeResolver& zone) {
  const SpfLimits limits;
  const bool is_answer = outcome.result == SpfResult::Pass || outcome.result == SpfResult::Fail ||
                         outcome.result == SpfResult::Softfail || outcome.result == SpfResult::Neutral;
  EXPECT_FUZZED(outcome.mechanism.empty() == !is_answer);
  EXPECT_FUZZED(outcome.problem.empty() == is_answer);
  EXPECT_FUZZED(!outcome.names_client || outcome.result == SpfResult::Pass);
  EXPECT_FUZZED(outcome.explanation.empty() || outcome.result == SpfResult::Fail);
  EXPECT_FUZZED(outcome.explanation.size() <= 512);
  EXPECT_FUZZED(is_printable(outcome.problem) && is_printable(outcome.mechanism) &&
                is_printable(outcome.explanation) && is_printable(outcome.domain));
  // One term too many is where counting stops; it may come with a PTR lookup.
  EXPECT_FUZZED(outcome.lookups <= limits.terms + 2 && outcome.void_lookups <= limits.void_lookups + 1);
  if (is_answer)
    EXPECT_FUZZED(outcome.lookups <= limits.terms && outcome.void_lookups <= limits.void_lookups);
  // The first TXT, ten terms of one lookup and ten addresses, a PTR with its
  // addresses for %{p}, and the same and a TXT for an explanation.
  EXPECT_FUZZED(zone.questions() <= 1 + 10 * 11 + 11 + 1);
  for (const auto& call : zone.calls()) EXPECT_FUZZED(call.size() <= 10);
  for (const auto& line : outcome.trace) EXPECT_FUZZED(is_printable(line.text) && is_printable(line.outcome));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  auto first = take(rest, '\n');
  const auto client = IpAddress::parse(take(first, ' '));
  if (!client) return 0;
  SpfQuery query{.client = *client,
                 .helo = std::string(take(first, ' ')),
                 .sender = Address::parse(first),
                 .receiver = ""};
  query.trace = size % 2 == 0;
  FakeResolver zone;
  zone.refuses_bad_names = size % 3 == 0;
  while (!rest.empty()) add(zone, take(rest, '\n'));
  SpfRules rules;
  if (size % 5 == 0) rules.best_guess = "v=spf1 a/24 mx/24 ptr";

  const Deadline deadline(Milliseconds(3600000));
  const auto outcome = check_host(query, zone, rules, TimePoint(), deadline);
  check(outcome, zone);
  // Nothing is kept from one evaluation to the next.
  const auto again = check_host(query, zone, rules, TimePoint(), deadline);
  EXPECT_FUZZED(again.result == outcome.result && again.lookups == outcome.lookups);
  return 0;
}
