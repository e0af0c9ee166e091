// SPDX-License-Identifier: BSD-2-Clause
// What access rules cost: to read a file of them, in memory, and for each recipient.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <fstream>
#include <string>
#include <vector>

#include "access/matcher.h"
#include "access/rule_file.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

namespace {

class NoLookups final : public AccessLookups {
 public:
  std::optional<SpfResult> spf() override { return std::nullopt; }
  std::optional<bool> listed(std::span<const std::string>) override { return std::nullopt; }
};

// Of every kind that a hash finds; one in 20 has two conditions.
std::string line(long number) {
  const std::string n = std::to_string(number);
  const std::string network = std::to_string(number / 65536 % 200 + 1) + "." +
                              std::to_string(number / 256 % 256) + "." + std::to_string(number % 256);
  switch (number % 7) {
    case 0:
      return "reject client=" + network + ".7";
    case 1:
      return "skip=greylist client=" + network + ".0/24" +
             (number % 20 == 0 ? " recipient=user" + n + "@example.net" : "");
    case 2:
      return "skip=greylist,spf client-name=mx" + n + ".example.com,.pool" + n + ".example.org";
    case 3:
      return "reject sender=user" + n + "@example.com No";
    case 4:
      return "defer sender=.domain" + n + ".example recipient=!postmaster@";
    case 5:
      return "accept-all recipient=user" + n + "@example.net";
    default:
      return "skip=reputation helo=host" + n +
             ".example.org client=2001:db8:" + std::to_string(number % 9999) + "::/48";
  }
}

std::vector<AccessRule> read_rules(const std::string& path) {
  RuleFileReader reader;
  reader.read_rules(path);
  if (!reader.errors().empty()) std::abort();
  return reader.take();
}

// The file of as many rules.
std::string file_of(const TempDirectory& directory, long rules) {
  const std::string path = directory.file("rules");
  std::ofstream out(path);
  for (long i = 0; i < rules; ++i) out << line(i) << '\n';
  return path;
}

std::size_t allocated() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

void load(benchmark::State& state) {
  const TempDirectory directory;
  const std::string path = file_of(directory, state.range(0));
  for (auto _ : state) {
    const std::size_t before = allocated();
    const CompiledRules rules(read_rules(path));
    benchmark::DoNotOptimize(rules.rules().size());
    state.counters["MiB"] = static_cast<double>(allocated() - before) / (1 << 20);
  }
}
BENCHMARK(load)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMillisecond);

AccessSubject stranger() {
  AccessSubject out;
  out.client = IpAddress::parse("203.0.113.7");
  out.client_name = "mail-7.out.example.net";
  out.helo = out.client_name;
  out.sender = AccessSubject::Mailbox(Address::parse("<alice+news@mail.example.edu>"));
  out.recipient = AccessSubject::Mailbox(Address::parse("<bob@example.net>"));
  return out;
}

// No rule matches: the longest way.
void match(benchmark::State& state, const char* more) {
  const TempDirectory directory;
  std::vector<AccessRule> all = read_rules(file_of(directory, state.range(0)));
  for (int i = 0; *more != '\0' && i < 34; ++i)
    all.push_back(
        parse_access_rule("skip=greylist client-name=/^mail" + std::to_string(i) + "\\d+\\.example\\.com$/"));
  const CompiledRules rules(std::move(all));
  const AccessSubject subject = stranger();
  NoLookups lookups;
  for (auto _ : state) benchmark::DoNotOptimize(rules.first(subject, lookups));
}
BENCHMARK_CAPTURE(match, plain, "")->Arg(10)->Arg(1000)->Arg(100'000);
BENCHMARK_CAPTURE(match, expressions, "34")->Arg(10)->Arg(100'000);

// What is made of a message before it is matched.
void subject_of_a_message(benchmark::State& state) {
  Session session;
  session.client = IpAddress::parse("203.0.113.7");
  session.client_name = "mail-7.out.example.net";
  session.name_check = NameCheck::Ok;
  session.helo = session.client_name;
  Envelope envelope;
  envelope.sender = Address::parse("<alice+news@mail.example.edu>");
  const Address recipient = Address::parse("<bob@example.net>");
  for (auto _ : state) {
    AccessSubject subject = AccessSubject::of(session, envelope, TimePoint());
    subject.recipient.emplace(recipient);
    benchmark::DoNotOptimize(subject);
  }
}
BENCHMARK(subject_of_a_message);

}  // namespace

BENCHMARK_MAIN();
