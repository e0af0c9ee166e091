// SPDX-License-Identifier: BSD-2-Clause
// The tests of rfc7208.json, read into what an engine is asked and what it may
// answer.
#ifndef MAILREEVE_TEST_SPF_CONFORMANCE_H
#define MAILREEVE_TEST_SPF_CONFORMANCE_H

#include <optional>
#include <string>
#include <vector>

#include "spf/engine.h"
#include "test/spf/fake_resolver.h"

namespace mailreeve {

struct ConformanceCase {
  std::string name;  // "scenario/test"
  SpfQuery query;
  std::vector<std::string> results;
  std::optional<std::string> explanation;  // "": no explanation

  // What is wrong with this outcome, or "".
  std::string objection(const SpfOutcome& outcome) const;
};

struct ConformanceScenario {
  FakeResolver zone;
  std::vector<ConformanceCase> cases;
};

// Throws std::runtime_error if the file cannot be read or is not what
// README.md says. A path of its own: the environment variable srcdir, which
// make check sets, or the current directory, plus test/spf/rfc7208.json.
std::vector<ConformanceScenario> read_conformance_file();

}  // namespace mailreeve

#endif
