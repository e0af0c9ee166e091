// SPDX-License-Identifier: BSD-2-Clause
// A Resolver that answers from a zone in memory and records the questions. For
// unit tests; one thread at a time.
#ifndef MAILREEVE_TEST_SPF_FAKE_RESOLVER_H
#define MAILREEVE_TEST_SPF_FAKE_RESOLVER_H

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/idna.h"
#include "core/resolver.h"

namespace mailreeve {

class FakeResolver final : public Resolver {
 public:
  using Resolver::resolve;

  // Accepts names in any case, with or without a trailing dot.
  FakeResolver& a(std::string_view name, std::string_view address) {
    at(name).addresses[RecordType::A].push_back(*IpAddress::parse(address));
    return *this;
  }
  FakeResolver& aaaa(std::string_view name, std::string_view address) {
    at(name).addresses[RecordType::AAAA].push_back(*IpAddress::parse(address));
    return *this;
  }
  FakeResolver& mx(std::string_view name, unsigned preference, std::string_view host) {
    at(name).exchangers.push_back({preference, key(host)});
    return *this;
  }
  FakeResolver& ptr(std::string_view name, std::string_view target) {
    at(name).names.push_back(key(target));
    return *this;
  }
  FakeResolver& txt(std::string_view name, std::string_view text) {
    at(name).texts.emplace_back(text);
    return *this;
  }
  FakeResolver& cname(std::string_view name, std::string_view target) {
    at(name).alias = key(target);
    return *this;
  }
  FakeResolver& fails(std::string_view name, RecordType type) {
    at(name).failing.insert(type);
    return *this;
  }
  // The name exists but has no records.
  FakeResolver& empty(std::string_view name) {
    at(name);
    return *this;
  }
  // Whether the lookup of a name outside the zone fails instead of finding nothing.
  std::function<bool(const std::string& name)> unknown_fails = [](const std::string&) { return false; };
  // Refuses the names that a resolver refuses. If false, looks them up in the zone.
  bool refuses_bad_names = false;
  // Called before each question is answered.
  std::function<void(const Question&)> on_question = [](const Question&) {};

  // One entry per call of resolve().
  const std::vector<std::vector<Question>>& calls() const { return calls_; }
  std::size_t questions() const {
    std::size_t sum = 0;
    for (const auto& call : calls_) sum += call.size();
    return sum;
  }
  bool was_asked(std::string_view name, RecordType type) const {
    for (const auto& call : calls_)
      for (const auto& question : call)
        if (key(question.name) == key(name) && question.type == type) return true;
    return false;
  }
  void forget_calls() { calls_.clear(); }
  // The expected questions, each as "TYPE name", one entry per call of expect().
  const std::vector<std::vector<std::string>>& expected() const { return expected_; }
  void expect(std::span<const Question> questions) override {
    auto& call = expected_.emplace_back();
    for (const auto& question : questions) call.push_back(type_name(question.type) + " " + question.name);
  }

  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline /*deadline*/) override {
    calls_.emplace_back(questions.begin(), questions.end());
    std::vector<DnsAnswer> out;
    for (const auto& question : questions) {
      on_question(question);
      out.push_back(answer(question));
    }
    return out;
  }

 private:
  struct Node {
    std::map<RecordType, std::vector<IpAddress>> addresses;
    std::vector<MailExchanger> exchangers;
    std::vector<std::string> names;
    std::vector<std::string> texts;
    std::string alias;
    std::set<RecordType> failing;
  };

  static std::string type_name(RecordType type) {
    static const std::map<RecordType, std::string> kNames{{RecordType::A, "A"},
                                                          {RecordType::AAAA, "AAAA"},
                                                          {RecordType::MX, "MX"},
                                                          {RecordType::PTR, "PTR"},
                                                          {RecordType::TXT, "TXT"}};
    return kNames.at(type);
  }
  static std::string key(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return ascii_lower(name);
  }
  Node& at(std::string_view name) { return zone_[key(name)]; }

  static DnsAnswer with(DnsAnswer::Status status, std::string problem = {}) {
    DnsAnswer out;
    out.status = status;
    out.problem = std::move(problem);
    return out;
  }

  static bool is_bad(std::string_view name) {
    if (name.empty() || name.size() > 253) return true;
    std::size_t label = 0;
    for (const char c : name) {
      if (c == '.' && label == 0) return true;
      label = c == '.' ? 0 : label + 1;
      if (label > 63) return true;
    }
    return label == 0;
  }

  DnsAnswer answer(const Question& question) const {
    std::string name = key(question.name);
    if (refuses_bad_names && is_bad(name)) return with(DnsAnswer::Status::BadName, "bad name");
    for (int aliases = 0; aliases < 8; ++aliases) {
      const auto found = zone_.find(name);
      if (found == zone_.end())
        return with(unknown_fails(name) ? DnsAnswer::Status::TryAgain : DnsAnswer::Status::NoName);
      const Node& node = found->second;
      if (node.failing.contains(question.type)) return with(DnsAnswer::Status::TryAgain, "SERVFAIL");
      if (node.alias.empty()) return records(node, question.type);
      name = node.alias;
    }
    return with(DnsAnswer::Status::TryAgain, "CNAME loop");
  }

  static DnsAnswer records(const Node& node, RecordType type) {
    DnsAnswer out = with(DnsAnswer::Status::Found);
    switch (type) {
      case RecordType::A:
      case RecordType::AAAA:
        if (node.addresses.contains(type)) out.addresses = node.addresses.at(type);
        break;
      case RecordType::MX:
        out.exchangers = node.exchangers;
        break;
      case RecordType::PTR:
        out.names = node.names;
        break;
      case RecordType::TXT:
        out.texts = node.texts;
        break;
    }
    const bool nothing =
        out.addresses.empty() && out.exchangers.empty() && out.names.empty() && out.texts.empty();
    return nothing ? with(DnsAnswer::Status::NoData) : out;
  }

  std::map<std::string, Node> zone_;
  std::vector<std::vector<Question>> calls_;
  std::vector<std::vector<std::string>> expected_;
};

}  // namespace mailreeve

#endif
