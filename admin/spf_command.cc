// SPDX-License-Identifier: BSD-2-Clause
#include "admin/commands.h"
#include "dns/unbound_resolver.h"
#include "policies/spf_check.h"
#include "policies/spf_policy.h"
#include "setup/checked_settings.h"
#include "setup/runtime.h"

namespace mailreeve {

namespace {

void add_line(std::vector<std::string>& out, const std::string& name, const std::string& value) {
  if (!value.empty()) out.push_back(name + std::string(14 - name.size(), ' ') + value);
}

SpfOutcome run_spf(const Settings& settings, const IpAddress& client, const std::string& helo,
                   const std::string& sender) {
  UnboundResolver resolver(dns_settings(settings));
  const auto engine = make_spf_engine(settings.spf, resolver);
  const SpfQuery query{.client = client,
                       .helo = helo,
                       .sender = Address::parse(sender),
                       .receiver = settings.authserv_id.empty() ? "unknown" : settings.authserv_id,
                       .trace = true};
  return check_identities(*engine, query, settings.spf.check_helo, SystemClock().now(),
                          Deadline(settings.spf.timeout));
}

std::vector<std::string> lines_of(const SpfOutcome& outcome, const IpAddress& client,
                                  const Settings& settings) {
  std::vector<std::string> out;
  add_line(out, "result", std::string(to_string(outcome.result)));
  add_line(out, "identity", std::string(to_string(outcome.identity)));
  add_line(out, "domain", outcome.domain);
  add_line(out, "mechanism", outcome.mechanism);
  add_line(out, "reason", spf_reason(outcome, client.text()));
  add_line(out, "explanation", outcome.explanation);
  add_line(out, "lookups", std::to_string(outcome.lookups) + " of 10");
  add_line(out, "void lookups",
           std::to_string(outcome.void_lookups) + " of " + std::to_string(settings.spf.void_lookups));
  if (!outcome.trace.empty()) out.emplace_back();
  for (const auto& line : outcome.trace)
    out.push_back(std::string(std::size_t{2} * line.depth, ' ') + line.text +
                  (line.outcome.empty() ? "" : ": " + line.outcome) + "  (lookups " +
                  std::to_string(line.lookups) + ", void " + std::to_string(line.void_lookups) + ", " +
                  std::to_string(line.took.count()) + " ms)");
  return out;
}

JsonValue json_of(const SpfOutcome& outcome) {
  JsonValue json{{"result", to_string(outcome.result)},
                 {"identity", to_string(outcome.identity)},
                 {"domain", outcome.domain},
                 {"mechanism", outcome.mechanism},
                 {"problem", outcome.problem},
                 {"explanation", outcome.explanation},
                 {"lookups", outcome.lookups},
                 {"void_lookups", outcome.void_lookups},
                 {"trace", JsonValue::array()}};
  for (const auto& line : outcome.trace)
    json["trace"].push_back({{"depth", line.depth},
                             {"text", line.text},
                             {"outcome", line.outcome},
                             {"lookups", line.lookups},
                             {"void_lookups", line.void_lookups},
                             {"ms", line.took.count()}});
  return json;
}

}  // namespace

// Throws std::runtime_error if DNS cannot be asked at all.
Answer spf(const Call& call) {
  const auto client = IpAddress::parse(call.option("client"));
  if (!client) throw UsageError("--client " + call.option("client") + ": must be an IPv4 or IPv6 address");
  const std::string helo = call.option("helo");
  const Settings& settings = call.site.settings();
  const SpfOutcome outcome = run_spf(settings, *client, helo, call.option("sender"));
  return {.json = json_of(outcome), .lines = lines_of(outcome, *client, settings)};
}

}  // namespace mailreeve
