// SPDX-License-Identifier: BSD-2-Clause
// main() of every CppUnit program: runs the registered tests and prints TAP.
// Arguments choose tests: those whose name contains one of them.
#include <cppunit/Exception.h>
#include <cppunit/Message.h>
#include <cppunit/SourceLine.h>
#include <cppunit/Test.h>
#include <cppunit/TestFailure.h>
#include <cppunit/TestListener.h>
#include <cppunit/TestResult.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

class Tap final : public CppUnit::TestListener {
 public:
  void startTest(CppUnit::Test* /*test*/) override { problem_.clear(); }

  void addFailure(const CppUnit::TestFailure& failure) override {
    const auto* thrown = failure.thrownException();
    problem_ += failure.sourceLine().fileName() + ":" + std::to_string(failure.sourceLine().lineNumber()) +
                ": " + thrown->message().shortDescription() + "\n" + thrown->message().details();
  }

  void endTest(CppUnit::Test* test) override {
    ++count_;
    if (problem_.empty()) {
      std::cout << "ok " << count_ << " - " << test->getName() << std::endl;
      return;
    }
    ++failed_;
    std::cout << "not ok " << count_ << " - " << test->getName() << "\n# ";
    for (const char c : problem_) std::cout << (c == '\n' ? "\n# " : std::string(1, c));
    std::cout << std::endl;
  }

  int finish() const {
    std::cout << "1.." << count_ << std::endl;
    return failed_ == 0 && count_ > 0 ? 0 : 1;
  }

 private:
  int count_ = 0;
  int failed_ = 0;
  std::string problem_;
};

bool chosen(const std::string& name, const std::vector<std::string>& words) {
  if (words.empty()) return true;
  for (const auto& word : words)
    if (name.find(word) != std::string::npos) return true;
  return false;
}

void run(CppUnit::Test& test, CppUnit::TestResult& result, const std::vector<std::string>& words) {
  if (test.getChildTestCount() == 0) {
    if (test.countTestCases() > 0 && chosen(test.getName(), words)) test.run(&result);
    return;
  }
  for (int i = 0; i < test.getChildTestCount(); ++i) run(*test.getChildTestAt(i), result, words);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::unique_ptr<CppUnit::Test> all(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  CppUnit::TestResult result;
  Tap tap;
  result.addListener(&tap);
  run(*all, result, words);
  return tap.finish();
}
