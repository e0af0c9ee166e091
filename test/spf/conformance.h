// SPDX-License-Identifier: BSD-2-Clause
// Reads the tests of rfc7208.json into queries for an engine and their permitted answers.
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
  std::optional<std::string> explanation;  // "" means no explanation

  // Returns the problem with this outcome, or "".
  std::string objection(const SpfOutcome& outcome) const;
};

struct ConformanceScenario {
  FakeResolver zone;
  std::vector<ConformanceCase> cases;
};

// Throws std::runtime_error if the file cannot be read or does not match
// README.md. The file is test/spf/rfc7208.json below the environment variable
// srcdir, which make check sets, or below the current directory.
std::vector<ConformanceScenario> read_conformance_file();

}  // namespace mailreeve

#endif
