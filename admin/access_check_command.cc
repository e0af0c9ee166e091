// SPDX-License-Identifier: BSD-2-Clause
// What access rules do with a mail that has not come yet, and whether a file of them can be used.
#include <algorithm>
#include <utility>

#include "access/access_rules.h"
#include "access/rule_file.h"
#include "access/shadow.h"
#include "admin/commands.h"
#include "dns/unbound_resolver.h"
#include "dnslists/dns_lists.h"
#include "policies/access.h"
#include "setup/access_files.h"
#include "setup/access_refresher.h"
#include "setup/checked_settings.h"
#include "setup/runtime.h"
#include "store/policydb/access_rows.h"
#include "util/store_open_error.h"

namespace mailreeve {

namespace {

IpAddress client_of(const Call& call) {
  const auto client = IpAddress::parse(call.option("client"));
  if (!client) throw UsageError("--client " + call.option("client") + ": must be an IPv4 or IPv6 address");
  return *client;
}

Address address_of(const Call& call, const std::string& option) {
  Address address = Address::parse(call.option(option));
  if (address.malformed()) throw UsageError("--" + option + " " + call.option(option) + ": is no address");
  return address;
}

// The mail that the options describe. Its client's name counts as verified.
struct Mail {
  Session session;
  Envelope envelope;
  Address recipient;

  explicit Mail(const Call& call) : recipient(address_of(call, "recipient")) {
    const Settings& settings = call.site.settings();
    session.client = client_of(call);
    session.client_name = call.option("name");
    session.name_check = session.client_name.empty() ? NameCheck::Failed : NameCheck::Ok;
    session.helo = call.option("helo");
    session.mta = settings.authserv_id.empty() ? "unknown" : settings.authserv_id;
    session.trusted = contains(settings.trusted_networks, *session.client);
    envelope.sender = address_of(call, "sender");
    envelope.login = call.option("login");
    const bool submits = contains(settings.submission_networks, *session.client);
    if (!envelope.login.empty() || submits) envelope.direction = Direction::Outbound;
  }
};

class NoLog final : public Log {
 public:
  bool wants(Severity /*severity*/) const override { return false; }
  void write(Event /*event*/, std::span<const Field> /*fields*/) override {}
};

// Those that the daemon would take.
std::vector<AccessRule> rules_of_database(const Call& call) {
  std::vector<AccessRule> out;
  for (const auto& row :
       access_rows(call.site.policy_database(), call.site.now(), Deadline(call.site.patience()))) {
    try {
      out.push_back(access_rule_of(row));
    } catch (const std::invalid_argument&) {
      // The daemon leaves it out, too, and tells the log.
      continue;
    }
  }
  return out;
}

void add_rules_of_database(const Call& call, AccessRules& rules, Answer& out) {
  const auto warn = [&out](const std::string& why) {
    out.warnings.push_back("the rules of the policy database are not among these: " + why);
  };
  if (!absent_sqlite_file(call.site.settings().policy_db.url).empty()) return;
  try {
    rules.set_database(rules_of_database(call));
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Missing) warn(error.what());
  } catch (const BackendError& error) {
    warn(error.what());
  } catch (const StoreOpenError& error) {
    warn(error.what());
  } catch (const NotDone& error) {
    warn(error.what());
  }
}

const AccessRule* find_rule(const AccessRules::Parts& rules, const std::string& source) {
  for (const auto* part : {rules.database.get(), rules.files.get()})
    for (const auto& rule : part->rules())
      if (rule.source == source) return &rule;
  return nullptr;
}

void describe(const AccessRule* rule, const std::string& what, Answer& out) {
  const std::string blanks(16 - what.size(), ' ');
  if (rule == nullptr) {
    out.json[what] = nullptr;
    out.lines.push_back(what + blanks + "none matches");
    return;
  }
  out.json[what] = {{"source", rule->source}, {"text", to_string(*rule)}};
  out.lines.push_back(what + blanks + rule->source + ": " + to_string(*rule));
}

bool skips_message(const AccessRule& rule) {
  return rule.action == AccessAction::Skip &&
         (rule.skips.has(Skip::Quota) || rule.skips.has(Skip::SenderAuth));
}

bool is_about_recipients(const AccessRule& rule) {
  return std::any_of(rule.conditions.begin(), rule.conditions.end(),
                     [](const AccessCondition& each) { return each.key == AccessKey::Recipient; });
}

}  // namespace

// Throws std::runtime_error if DNS cannot be asked at all.
Answer access_check(const Call& call) {
  const Settings& settings = call.site.settings();
  const Mail mail(call);
  Answer out{.json = JsonValue::object()};
  const auto rules = std::make_shared<AccessRules>();
  rules->set_files(read_access_files(settings.access));
  add_rules_of_database(call, *rules, out);
  const auto resolver = std::make_shared<UnboundResolver>(dns_settings(settings));
  NoLog no_log;
  const auto lists = std::make_shared<DnsLists>(dns_lists_settings(settings.reputation), resolver, no_log);
  const bool inbound = mail.envelope.direction == Direction::Inbound;
  const auto spf = inbound ? std::make_shared<const SpfCheck>(settings.spf, settings.authserv_id,
                                                              make_spf_engine(settings.spf, *resolver))
                           : nullptr;
  const auto ask = [&](Stage stage) {
    Findings findings;
    const Facts facts{mail.session,
                      mail.envelope,
                      stage == Stage::Rcpt ? &mail.recipient : nullptr,
                      call.site.now(),
                      Deadline(settings.deadline),
                      ""};
    Access(stage, mail.envelope.direction, Mode::Enforce, {rules, spf, lists}).judge(facts, findings);
    const auto& found = stage == Stage::Rcpt ? findings.access : findings.access_of_message;
    return find_rule(rules->in_force(), found.rule);
  };
  describe(ask(Stage::Rcpt), "rule", out);
  // Which says whether quota and sender authorization are skipped.
  if (!inbound) describe(ask(Stage::Mail), "message-rule", out);
  return out;
}

Answer access_test(const Call& call) {
  RuleFileReader reader;
  reader.read_rules(call.words.at(0));
  Answer out{.json = JsonValue::object()};
  const std::vector<std::string> errors = reader.errors();
  out.json["errors"] = errors;
  out.json["never"] = JsonValue::array();
  if (!errors.empty()) {
    out.lines = errors;
    out.status = exit_status::kNotDone;
    return out;
  }
  const std::vector<AccessRule> rules = reader.take();
  const auto never = [&](const AccessRule& rule, const std::string& why) {
    out.json["never"].push_back({{"rule", rule.source}, {"why", why}});
    out.lines.push_back(rule.source + ": " + why);
  };
  for (const auto& each : shadowed_rules(rules))
    never(rules[each.rule], "never matches, since " + rules[each.by].source + " matches before it");
  for (const auto& rule : rules) {
    if (needs_empty_list(rule)) never(rule, "never matches, since its list is empty");
    if (skips_message(rule) && is_about_recipients(rule))
      never(rule, "cannot skip quota and sender-auth, which judge a message before its recipients are known");
  }
  out.json["rules"] = rules.size();
  out.lines.push_back(std::to_string(rules.size()) + (rules.size() == 1 ? " rule" : " rules"));
  return out;
}

}  // namespace mailreeve
