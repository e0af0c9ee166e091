// SPDX-License-Identifier: BSD-2-Clause
// The cost of check_host() without the network: answers come from a map.
#include <benchmark/benchmark.h>

#include <map>
#include <span>
#include <string>

#include "spf/check_host.h"
#include "spf/record.h"
#include "test/spf/world.h"

using namespace mailreeve;

namespace {

// A resolver that has the answers ready and records no questions.
class Ready final : public Resolver {
 public:
  void txt(const std::string& name, const std::string& text) {
    DnsAnswer& answer = texts_[name];
    answer.status = DnsAnswer::Status::Found;
    answer.texts.push_back(text);
  }

  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline /*deadline*/) override {
    std::vector<DnsAnswer> out;
    out.reserve(questions.size());
    for (const auto& question : questions) out.push_back(texts_.at(question.name));
    return out;
  }

 private:
  std::map<std::string, DnsAnswer> texts_;
};

void evaluate(benchmark::State& state, Resolver& resolver, SpfResult expected, bool trace) {
  World world;
  world.trace = trace;
  const SpfQuery query = world.query("user@example.com");
  const Deadline deadline(Milliseconds(3600000));
  for (auto _ : state) {
    const auto outcome = check_host(query, resolver, world.rules, world.now, deadline);
    if (outcome.result != expected) state.SkipWithError("wrong result");
    benchmark::DoNotOptimize(outcome);
  }
}

void one_ip4(benchmark::State& state) {
  Ready resolver;
  resolver.txt("example.com", "v=spf1 ip4:192.0.2.0/24 -all");
  evaluate(state, resolver, SpfResult::Pass, false);
}
BENCHMARK(one_ip4);

void hundred_ip4(benchmark::State& state) {
  Ready resolver;
  std::string record = "v=spf1";
  for (int i = 0; i < 100; ++i) record += " ip4:203.0.113." + std::to_string(i);
  resolver.txt("example.com", record + " -all");
  evaluate(state, resolver, SpfResult::Fail, false);
}
BENCHMARK(hundred_ip4);

void chain_of_10_includes(benchmark::State& state, bool trace) {
  Ready resolver;
  resolver.txt("example.com", "v=spf1 include:1.example.com -all");
  for (int i = 1; i < 10; ++i)
    resolver.txt(std::to_string(i) + ".example.com",
                 "v=spf1 ip4:203.0.113.0/24 include:" + std::to_string(i + 1) + ".example.com ~all");
  resolver.txt("10.example.com", "v=spf1 ip4:192.0.2.0/24 ~all");
  evaluate(state, resolver, SpfResult::Pass, trace);
}
BENCHMARK_CAPTURE(chain_of_10_includes, plain, false);
BENCHMARK_CAPTURE(chain_of_10_includes, traced, true);

void parse_a_record(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(parse_record(
        "v=spf1 a mx/24 include:_spf.example.net exists:%{ir}.%{v}.x.example redirect=%{d2}.example ~all"));
}
BENCHMARK(parse_a_record);

}  // namespace

BENCHMARK_MAIN();
