// SPDX-License-Identifier: BSD-2-Clause
// What tests of DNS lists stand on: a log that keeps what it is told, and DNS that answers in an order.
#ifndef MAILREEVE_TEST_UNIT_DNS_LISTS_FIXTURE_H
#define MAILREEVE_TEST_UNIT_DNS_LISTS_FIXTURE_H

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/log.h"
#include "core/resolver.h"
#include "dnslists/dns_lists.h"

namespace mailreeve::test {

class KeptLog final : public Log {
 public:
  using Log::write;
  bool wants(Severity) const override { return true; }
  // "dns-list-failed list=bl.example option=dnsbl error=..."
  void write(Event event, std::span<const Field> fields) override {
    std::string line(row_of(event).name);
    for (const auto& field : fields) {
      line.append(1, ' ').append(field.name).append(1, '=');
      if (const auto* text = std::get_if<std::string_view>(&field.value))
        line += *text;
      else
        line += std::to_string(std::get<std::int64_t>(field.value));
    }
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

// Answers A questions one by one, and asks whether that is enough after each. What is in no zone does not
// exist.
class OrderedDns final : public Resolver {
 public:
  using Resolver::resolve;

  std::map<std::string, std::vector<std::string>> addresses;
  std::set<std::string> no_data;
  std::set<std::string> failing;
  // These are answered in this order, before the others.
  std::vector<std::string> order;
  // One entry for each call: the names.
  std::vector<std::vector<std::string>> calls;
  std::size_t answered = 0;

  void list(const std::string& name, const std::string& address = "127.0.0.2") {
    addresses[name].push_back(address);
  }
  // A list of addresses, or of names, that works.
  void zone(const std::string& name) {
    list("2.0.0.127." + name);
    list("test." + name);
  }

  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline deadline) override {
    return resolve(questions, deadline, nullptr);
  }
  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline,
                                 const Enough& enough) override {
    auto& call = calls.emplace_back();
    for (const auto& question : questions) call.push_back(question.name);
    std::vector<std::optional<DnsAnswer>> so_far(questions.size());
    answered = 0;
    for (const std::size_t i : sequence(call)) {
      so_far[i] = answer(call[i]);
      ++answered;
      if (enough && enough(so_far)) break;
    }
    std::vector<DnsAnswer> out;
    for (auto& one : so_far) out.push_back(one.value_or(DnsAnswer{.problem = "not waited for"}));
    return out;
  }

 private:
  std::vector<std::size_t> sequence(const std::vector<std::string>& names) const {
    std::vector<std::size_t> out;
    for (const auto& first : order)
      for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == first) out.push_back(i);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (std::find(out.begin(), out.end(), i) == out.end()) out.push_back(i);
    return out;
  }
  DnsAnswer answer(const std::string& name) const {
    if (failing.contains(name)) return {.problem = "SERVFAIL"};
    if (no_data.contains(name)) return {.status = DnsAnswer::Status::NoData};
    const auto found = addresses.find(name);
    if (found == addresses.end()) return {.status = DnsAnswer::Status::NoName};
    DnsAnswer out{.status = DnsAnswer::Status::Found};
    for (const auto& address : found->second) out.addresses.push_back(*IpAddress::parse(address));
    return out;
  }
};

inline std::vector<ListSpec> specs(std::initializer_list<const char*> texts) {
  std::vector<ListSpec> out;
  for (const char* text : texts) out.push_back(parse_list_spec(text));
  return out;
}

}  // namespace mailreeve::test

#endif
