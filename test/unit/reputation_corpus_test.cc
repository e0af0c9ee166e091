// SPDX-License-Identifier: BSD-2-Clause
// The first message of each client in corpus.txt, played to the policies with their defaults.
// The results are the table in doc/reputation.md, which this compares.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "policies/greylist.h"
#include "policies/reputation.h"
#include "store/state/memory_store.h"
#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

std::ifstream open(const std::string& name) {
  const char* top = std::getenv("abs_top_srcdir");
  std::ifstream file(std::string(top ? top : "..") + "/" + name);
  CPPUNIT_ASSERT_MESSAGE(name, file.is_open());
  return file;
}

struct Mail {
  Message message;
  SpfOutcome spf;
};

struct Kind {
  std::string name;
  std::vector<Mail> mails{};
};

SpfResult result(const std::string& word) {
  for (const auto each : {SpfResult::None, SpfResult::Neutral, SpfResult::Pass, SpfResult::Softfail})
    if (word == to_string(each)) return each;
  CPPUNIT_FAIL("no such result: " + word);
  return SpfResult::None;
}

NameCheck check_of(const std::string& word) {
  const std::map<std::string, NameCheck> words{
      {"OK", NameCheck::Ok}, {"FAIL", NameCheck::Failed}, {"FORGED", NameCheck::Forged}};
  return words.at(word);
}

Mail read_mail(const std::string& line) {
  std::istringstream words(line);
  std::string client, name, check, helo, sender, spf;
  words >> client >> name >> check >> helo >> sender >> spf;
  CPPUNIT_ASSERT_MESSAGE(line, !spf.empty() && words.peek() == std::istringstream::traits_type::eof());
  Mail out;
  Session& session = out.message.session;
  session.client = IpAddress::parse(client);
  CPPUNIT_ASSERT_MESSAGE(line, session.client.has_value());
  session.client_name = name == "-" ? "unknown" : name;
  session.name_check = check_of(check);
  session.helo = helo;
  out.message.envelope.sender = Address::parse(sender);
  const bool identified = spf.ends_with('+');
  out.spf = {.result = result(spf.substr(0, spf.find('+'))),
             .domain = out.message.envelope.sender.domain(),
             .names_client = identified};
  return out;
}

std::vector<Kind> corpus() {
  std::vector<Kind> out;
  auto file = open("test/unit/corpus.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    if (line.starts_with(": ")) {
      out.push_back({line.substr(2)});
    } else {
      out.back().mails.push_back(read_mail(line));
    }
  }
  return out;
}

// What SPF says of one message.
class Said final : public SpfEngine {
 public:
  explicit Said(SpfOutcome outcome) : outcome_(std::move(outcome)) {}
  SpfOutcome check(const SpfQuery& query, TimePoint, Deadline) const override {
    SpfOutcome out = query.identity == SpfIdentity::Helo && !query.sender.is_null() ? SpfOutcome{} : outcome_;
    out.identity = query.identity;
    return out;
  }

 private:
  SpfOutcome outcome_;
};

bool waits(const Mail& mail) {
  const auto spf =
      std::make_shared<const SpfCheck>(SpfSettings(), "mx.example.net", std::make_shared<Said>(mail.spf));
  const Reputation reputation({}, "mx.example.net", spf, ClientListings({}, nullptr, nullptr));
  const auto store = std::make_shared<MemoryStore>();
  const auto refuses_at = [&](Stage stage, Findings& findings) {
    const Greylist greylist({}, stage, store, std::make_shared<FakePolicyDb>());
    return greylist.judge(mail.message.facts(), findings).refuses();
  };
  Findings findings;
  reputation.judge(mail.message.facts(), findings);
  return refuses_at(Stage::Rcpt, findings) || refuses_at(Stage::Data, findings);
}

// The lines of the table: its first cell, and the others.
std::map<std::string, std::string> documented() {
  auto file = open("doc/reputation.md");
  std::map<std::string, std::string> out;
  for (std::string line; std::getline(file, line);)
    if (const auto end = line.find(" | "); line.starts_with("| ") && end != std::string::npos)
      out[line.substr(2, end - 2)] = line.substr(end + 3);
  return out;
}

}  // namespace

class ReputationCorpusTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReputationCorpusTest);
  CPPUNIT_TEST(so_much_mail_waits_as_the_document_says);
  CPPUNIT_TEST_SUITE_END();

 public:
  void so_much_mail_waits_as_the_document_says() {
    const auto rows = documented();
    std::string wrong;
    std::size_t messages = 0;
    for (const auto& kind : corpus()) {
      const auto waiting = std::count_if(kind.mails.begin(), kind.mails.end(), waits);
      const std::string now = std::to_string(kind.mails.size()) + " | " + std::to_string(waiting) + " |";
      const auto row = rows.find(kind.name);
      if (row == rows.end() || row->second != now) wrong += "\n| " + kind.name + " | " + now;
      messages += kind.mails.size();
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong);
    CPPUNIT_ASSERT_EQUAL(std::size_t{500}, messages);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReputationCorpusTest);
