// SPDX-License-Identifier: BSD-2-Clause
// The cost of the functions that run for every recipient, with the input of
// ordinary mail and with the most expensive input.
#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/greylist_state.h"
#include "core/ip_address.h"
#include "core/verdict.h"
#include "util/time.h"

using namespace mailreeve;

namespace {

void address_parse(benchmark::State& state, const std::string& path) {
  for (auto _ : state) benchmark::DoNotOptimize(Address::parse(path));
}
BENCHMARK_CAPTURE(address_parse, ordinary, "<john.doe@mail.example.com>");
BENCHMARK_CAPTURE(address_parse, null_sender, "<>");
BENCHMARK_CAPTURE(address_parse, upper_case, "<John.Doe@MAIL.Example.COM>");
BENCHMARK_CAPTURE(address_parse, utf8, "<j\xc3\xb6rg@m\xc3\xbcnchen.example>");
BENCHMARK_CAPTURE(address_parse, longest,
                  "<" + std::string(64, 'a') + "@" + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
                      std::string(63, 'd') + ".example>");

void client_network(benchmark::State& state, const std::string& client) {
  for (auto _ : state) {
    const auto address = IpAddress::parse(client);
    benchmark::DoNotOptimize(Network(*address, address->is_v4() ? 24 : 64).text());
  }
}
BENCHMARK_CAPTURE(client_network, ipv4, "192.0.2.25");
BENCHMARK_CAPTURE(client_network, ipv6, "2001:db8:1:2::25");

void in_networks(benchmark::State& state) {
  const std::vector<Network> networks(static_cast<std::size_t>(state.range(0)),
                                      *Network::parse("10.0.0.0/16"));
  const auto client = *IpAddress::parse("192.0.2.25");
  for (auto _ : state) benchmark::DoNotOptimize(contains(networks, client));
}
BENCHMARK(in_networks)->Arg(2)->Arg(200);

const TimePoint kNow{Milliseconds(1'700'000'000'000)};
const TimePoint kLater = kNow + std::chrono::hours(24);

void greylist(benchmark::State& state, const std::optional<TupleState>& tuple,
              const std::optional<ClientState>& client) {
  const GreylistRules rules;
  const Remembered known{.tuple = tuple, .client = client, .voucher = {}};
  for (auto _ : state) benchmark::DoNotOptimize(greylist_step(known, rules, kNow));
}
BENCHMARK_CAPTURE(greylist, first_sight, std::nullopt, std::nullopt);
BENCHMARK_CAPTURE(greylist, known,
                  TupleState{.first = kNow, .last = kNow, .early = 0, .passed = true, .expires = kLater},
                  std::nullopt);
BENCHMARK_CAPTURE(greylist, trusted, std::nullopt, ClientState{.passes = 2, .expires = kLater});

void reply_render(benchmark::State& state) {
  const ReplyTemplate reply("451 4.7.1 Greylisted, please try again in {remaining} seconds ({ref})",
                            ReplyTemplate::Class::Temporary, "451 4.7.1", {"remaining"});
  for (auto _ : state)
    benchmark::DoNotOptimize(
        reply.render({{.name = "remaining", .value = "300"}, {.name = "ref", .value = "k3f9x0a2-1"}}));
}
BENCHMARK(reply_render);

void duration_parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_duration("1h30m"));
}
BENCHMARK(duration_parse);

void date_for_a_header(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(format_rfc5322(kNow));
}
BENCHMARK(date_for_a_header);

void timestamp_for_the_log(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(format_rfc3339(kNow));
}
BENCHMARK(timestamp_for_the_log);

}  // namespace

BENCHMARK_MAIN();
