// SPDX-License-Identifier: BSD-2-Clause
#include "milter/conversation.h"

#include <algorithm>
#include <atomic>
#include <random>

#include "core/idna.h"
#include "policies/greylist.h"
#include "policies/trace_headers.h"

namespace mailreeve {

namespace {

// 40 bits in base 32: a random start, then every value once before any returns.
std::string next_session_id() {
  static std::atomic<std::uint64_t> next = std::random_device{}() * 0x9e3779b97f4a7c15ULL;
  constexpr std::uint64_t kOddStep = 0x9e3779b97f4a7c15ULL;
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::uint64_t value = next.fetch_add(kOddStep, std::memory_order_relaxed);
  std::string out(8, '0');
  for (char& digit : out) {
    digit = kDigits[value & 31];
    value >>= 5;
  }
  return out;
}

NameCheck name_check(std::string_view macro) {
  if (macro == "OK") return NameCheck::Ok;
  if (macro == "FORGED") return NameCheck::Forged;
  if (macro == "FAIL") return NameCheck::Failed;
  if (macro == "TEMP") return NameCheck::Temporary;
  return NameCheck::Unknown;
}

// Postfix hands sendmail(1)'s mail and the like to non_smtpd_milters with a made-up client.
bool came_by_smtp(const std::optional<IpAddress>& client, const Macros& macros) {
  return !(client && client->is_loopback() && macros.get("{client_port}") == "0");
}

}  // namespace

Conversation::Conversation(std::shared_ptr<const Runtime> runtime) : runtime_(std::move(runtime)) {
  session_.id = next_session_id();
}

bool Conversation::reads_headers() const {
  return runtime_->settings.headers.authentication_results != AuthenticationResults::No;
}

bool Conversation::decides_at_mail() const { return runtime_->pipeline.has(Stage::Mail); }

void Conversation::connect(std::string_view name, std::optional<IpAddress> client, const Macros& macros) {
  session_.client = client;
  session_.client_name = name;
  session_.name_check = name_check(macros.get("{client_resolve}"));
  session_.mta = macros.get("j");
  session_.smtp = came_by_smtp(client, macros);
  session_.trusted = !session_.smtp || (client && contains(runtime_->settings.trusted_networks, *client));
}

void Conversation::helo(std::string_view name) { session_.helo = name; }

std::optional<Reply> Conversation::mail(std::string_view path, const Macros& macros) {
  abort();
  note_queue_id(macros);
  envelope_.sender = Address::parse(path);
  envelope_.login = macros.get("{auth_authen}");
  const bool submits = session_.client && contains(runtime_->settings.submission_networks, *session_.client);
  if (!envelope_.login.empty() || submits) envelope_.direction = Direction::Outbound;
  return judge(Stage::Mail, nullptr);
}

std::optional<Reply> Conversation::rcpt(std::string_view path, const Macros& macros) {
  note_queue_id(macros);
  Address rcpt = Address::parse(path);
  auto refusal = judge(Stage::Rcpt, &rcpt);
  // Postfix would keep such mail in its maildrop for ever.
  if (!session_.smtp) refusal.reset();
  if (!refusal) envelope_.recipients.push_back(std::move(rcpt));
  return refusal;
}

std::optional<Reply> Conversation::data(const Macros& macros) {
  note_queue_id(macros);
  return judge(Stage::Data, nullptr);
}

void Conversation::header(std::string_view name, std::string_view value) {
  if (ascii_lower(name) != "authentication-results") return;
  ++results_seen_;
  // Our own hosts may have written one for us. Nobody else can.
  if (!session_.trusted && claims_authserv_id(value, our_name())) forged_results_.push_back(results_seen_);
}

Edits Conversation::end_of_message(const Macros& macros) {
  note_queue_id(macros);
  Edits out{headers(), std::move(forged_results_)};
  std::reverse(out.forged_results.begin(), out.forged_results.end());
  abort();
  return out;
}

std::vector<Header> Conversation::headers() const {
  const auto& wanted = runtime_->settings.headers;
  const bool outbound = envelope_.direction == Direction::Outbound;
  std::vector<Header> out;
  if (wanted.authentication_results == AuthenticationResults::All ||
      (wanted.authentication_results == AuthenticationResults::Inbound && !outbound))
    out.push_back(authentication_results(session_, envelope_, findings_, our_name()));
  if (wanted.received_spf && findings_.spf)
    out.push_back(received_spf(*findings_.spf, session_, envelope_, our_name()));
  if (wanted.greylist && findings_.delayed)
    out.push_back(greylist_header(*findings_.delayed, our_name(), runtime_->clock.now()));
  return out;
}

void Conversation::abort() {
  envelope_ = {};
  findings_ = {};
  results_seen_ = 0;
  forged_results_.clear();
}

const std::string& Conversation::our_name() const {
  const std::string& configured = runtime_->settings.authserv_id;
  return configured.empty() ? session_.mta : configured;
}

// Postfix has none before the second recipient.
void Conversation::note_queue_id(const Macros& macros) {
  if (const auto id = macros.get("i"); !id.empty()) envelope_.queue_id = id;
}

std::optional<Reply> Conversation::judge(Stage stage, const Address* rcpt) {
  // Every recipient has its line in the log; MAIL and DATA only where a policy is asked.
  if (stage != Stage::Rcpt && !runtime_->pipeline.has(stage)) return std::nullopt;
  const std::string ref = session_.id + "." + std::to_string(++decisions_);
  const Facts facts{session_, envelope_, rcpt, runtime_->clock.now(), Deadline(runtime_->settings.deadline),
                    ref};
  const Decision decision = runtime_->pipeline.judge(stage, facts, findings_);
  log_verdict(facts, decision);
  if (!decision.verdict.refuses() || runtime_->settings.mode == Mode::Monitor) return std::nullopt;
  return decision.verdict.reply();
}

void Conversation::log_verdict(const Facts& facts, const Decision& decision) const {
  if (!runtime_->log.wants(row_of(Event::Verdict).severity)) return;
  const std::string client = session_.client ? session_.client->text() : "";
  std::vector<Field> fields;
  fields.reserve(24);
  const auto add = [&fields](std::string_view name, std::string_view value) {
    if (!value.empty()) fields.push_back({name, value});
  };
  add("verdict", to_string(decision.verdict.kind()));
  add("policy", decision.policy);
  add("reason", decision.verdict.reason());
  for (const auto& note : decision.verdict.notes()) {
    if (const auto* text = std::get_if<std::string>(&note.value)) {
      add(note.name, *text);
    } else {
      fields.push_back({note.name, std::get<std::int64_t>(note.value)});
    }
  }
  if (decision.verdict.refuses()) {
    fields.push_back({"code", decision.verdict.reply().code()});
    if (runtime_->settings.mode == Mode::Monitor) add("mode", "monitor");
  }
  if (findings_.spf) add("spf", to_string(findings_.spf->result));
  add("session", session_.id);
  add("ref", facts.ref);
  add("queue", envelope_.queue_id);
  add("direction", envelope_.direction == Direction::Outbound ? "outbound" : "inbound");
  add("client", client);
  add("name", session_.client_name);
  add("helo", session_.helo);
  add("login", envelope_.login);
  add("sender", envelope_.sender.is_null() ? "<>" : std::string_view(envelope_.sender.text()));
  if (facts.rcpt != nullptr) add("recipient", facts.rcpt->text());
  runtime_->log.write(Event::Verdict, fields);
}

}  // namespace mailreeve
