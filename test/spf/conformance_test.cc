// SPDX-License-Identifier: BSD-2-Clause
// Runs every test of rfc7208.json against our own check_host().
#include <cppunit/TestCase.h>
#include <cppunit/TestSuite.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include "spf/check_host.h"
#include "test/spf/conformance.h"

using namespace mailreeve;

namespace {

class Conforms final : public CppUnit::TestCase {
 public:
  Conforms(ConformanceScenario& scenario, const ConformanceCase& test)
      : TestCase(test.name), scenario_(scenario), test_(test) {}

  void runTest() override {
    const auto outcome =
        check_host(test_.query, scenario_.zone, SpfRules{}, TimePoint(), Deadline(Milliseconds(3600000)));
    CPPUNIT_ASSERT_EQUAL(std::string(), test_.objection(outcome));
  }

 private:
  ConformanceScenario& scenario_;
  const ConformanceCase& test_;
};

class Factory final : public CppUnit::TestFactory {
 public:
  CppUnit::Test* makeTest() override {
    static std::vector<ConformanceScenario> scenarios = read_conformance_file();
    auto* suite = new CppUnit::TestSuite("rfc7208");  // CppUnit deletes it
    for (auto& scenario : scenarios)
      for (const auto& test : scenario.cases) suite->addTest(new Conforms(scenario, test));
    return suite;
  }
};

// The registry keeps a pointer but does not own it.
Factory factory;
const bool registered = (CppUnit::TestFactoryRegistry::getRegistry().registerFactory(&factory), true);

}  // namespace
