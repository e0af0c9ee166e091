// SPDX-License-Identifier: BSD-2-Clause
#include "milter/conversation.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <utility>

#include "core/idna.h"
#include "milter/report.h"
#include "policies/greylist.h"
#include "policies/identity.h"
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

// Postfix has {daemon_addr}, Sendmail {if_addr}.
std::optional<IpAddress> local_address(const Macros& macros) {
  const auto daemon = macros.get("{daemon_addr}");
  return IpAddress::parse(daemon.empty() ? macros.get("{if_addr}") : daemon);
}

// Ours where the MTA does not say its own: they are usually on one machine.
std::string mta_name(const Macros& macros) {
  if (const auto name = macros.get("j"); !name.empty()) return std::string(name);
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// What stands in the argument of MAIL or RCPT, as the MTA has read it.
Address address_in(std::string_view path, std::string_view address, std::string_view mailer,
                   const Session& session) {
  return Address::read(path, {.address = address, .mailer = mailer, .host = session.mta});
}

}  // namespace

Conversation::Conversation(std::shared_ptr<const Runtime> runtime) : runtime_(std::move(runtime)) {
  session_.id = next_session_id();
}

bool Conversation::reads_headers() const {
  return runtime_->settings.headers.authentication_results != AuthenticationResults::No ||
         runtime_->pipeline.has(Stage::End);
}

bool Conversation::decides_at_mail() const { return runtime_->pipeline.has(Stage::Mail); }

void Conversation::connect(std::string_view name, std::optional<IpAddress> client, const Macros& macros) {
  session_.client = client;
  session_.client_name = name;
  session_.name_check = name_check(macros.get("{client_resolve}"));
  session_.local = local_address(macros);
  session_.mta = mta_name(macros);
  session_.smtp = came_by_smtp(client, macros);
  session_.trusted = !session_.smtp || (client && contains(runtime_->settings.trusted_networks, *client));
}

void Conversation::helo(std::string_view name) { session_.helo = name; }

std::optional<Reply> Conversation::mail(std::string_view path, const MailParameters& parameters,
                                        const Macros& macros) {
  const Deadline deadline(runtime_->settings.deadline);
  abort(deadline);
  in_transaction_ = true;
  note_queue_id(macros);
  envelope_.sender = address_in(path, macros.get("{mail_addr}"), macros.get("{mail_mailer}"), session_);
  envelope_.size = parameters.size;
  envelope_.smtputf8 = parameters.smtputf8;
  envelope_.login = macros.get("{auth_authen}");
  envelope_.certificate = macros.get("{cert_subject}");
  const Settings& settings = runtime_->settings;
  const bool submits = session_.client && contains(settings.submission_networks, *session_.client);
  if (!envelope_.login.empty() || submits) {
    envelope_.direction = Direction::Outbound;
    Owner owner = identify(session_, envelope_, settings.identity.from, settings.identity.default_realm,
                           settings.quota.ipv6_prefix);
    envelope_.user = std::move(owner.name);
    envelope_.identity_source = owner.source;
  }
  auto refusal = judge(Stage::Mail, nullptr, deadline);
  // Postfix would keep mail of sendmail(1) in its maildrop for ever.
  if (!session_.smtp) std::swap(refusal, refusal_);
  return refusal;
}

std::optional<Reply> Conversation::rcpt(std::string_view path, const Macros& macros) {
  note_queue_id(macros);
  Address rcpt = address_in(path, macros.get("{rcpt_addr}"), macros.get("{rcpt_mailer}"), session_);
  auto refusal = judge(Stage::Rcpt, &rcpt, Deadline(runtime_->settings.deadline));
  if (!refusal) envelope_.recipients.push_back(std::move(rcpt));
  return refusal;
}

void Conversation::data(const Macros& macros) {
  note_queue_id(macros);
  judge_data(Deadline(runtime_->settings.deadline));
}

void Conversation::judge_data(Deadline deadline) {
  knows_data_ = true;
  if (!refusal_) refusal_ = judge(Stage::Data, nullptr, deadline);
}

void Conversation::header(std::string_view name, std::string_view value) {
  const std::string field = ascii_lower(name);
  // More than RFC 5322 section 3.6 allows, so that nothing hides behind the last one.
  constexpr std::size_t kMostFrom = 10;
  if (field == "from" && runtime_->pipeline.has(Stage::End) && envelope_.from.size() <= kMostFrom)
    envelope_.from.emplace_back(envelope_.from.size() < kMostFrom ? value : std::string_view());
  if (field != "authentication-results") return;
  ++results_seen_;
  // Our own hosts may have written one for us. Nobody else can.
  if (!session_.trusted && claims_authserv_id(value, our_name())) forged_results_.push_back(results_seen_);
}

Ending Conversation::end_of_message(const Macros& macros) {
  note_queue_id(macros);
  const Deadline deadline(runtime_->settings.deadline);
  if (!knows_data_) judge_data(deadline);
  if (!refusal_) refusal_ = judge(Stage::End, nullptr, deadline);
  if (refusal_) {
    Ending out{.refusal = std::move(refusal_)};
    abort(deadline);
    return out;
  }
  const std::string ref = session_.id + "." + std::to_string(decisions_);
  const Facts known = facts(nullptr, ref, deadline);
  runtime_->pipeline.conclude(known, findings_);
  note_message(known, last_);
  Ending out{.on_top = headers(), .forged_results = std::move(forged_results_)};
  std::reverse(out.forged_results.begin(), out.forged_results.end());
  forget_message();
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
    out.push_back(greylist_header(*findings_.delayed, our_name(),
                                  findings_.reputation ? findings_.reputation->signs : "",
                                  runtime_->clock.now()));
  return out;
}

void Conversation::abort(Deadline deadline) {
  if (findings_.charged) runtime_->pipeline.take_back(facts(nullptr, session_.id, deadline), findings_);
  forget_message();
}

void Conversation::forget_message() {
  in_transaction_ = false;
  knows_data_ = false;
  envelope_ = {};
  findings_ = {};
  results_seen_ = 0;
  forged_results_.clear();
  last_ = {};
  refusal_.reset();
}

const std::string& Conversation::our_name() const {
  const std::string& configured = runtime_->settings.authserv_id;
  return configured.empty() ? session_.mta : configured;
}

// Postfix has none before the second recipient.
void Conversation::note_queue_id(const Macros& macros) {
  if (const auto id = macros.get("i"); !id.empty()) envelope_.queue_id = id;
}

Facts Conversation::facts(const Address* rcpt, const std::string& ref, Deadline deadline) const {
  return {session_, envelope_, rcpt, runtime_->clock.now(), deadline, ref};
}

std::optional<Reply> Conversation::judge(Stage stage, const Address* rcpt, Deadline deadline) {
  // Every recipient has its line in the log; else only where a policy is asked.
  if (stage != Stage::Rcpt && !runtime_->pipeline.has(stage)) return std::nullopt;
  const std::string ref = session_.id + "." + std::to_string(++decisions_);
  const Facts known = facts(rcpt, ref, deadline);
  const Decision decision = runtime_->pipeline.judge(stage, known, findings_);
  Opinion opinion = decision.opinion();

  const bool refused = carries_out(opinion.verdict, stage);
  for (const auto& each : decision.asked)
    if (each.monitored) log_opinion(runtime_->log, known, findings_, each, false);
  if (stage == Stage::Rcpt || !opinion.policy.empty())
    log_opinion(runtime_->log, known, findings_, opinion, refused);
  for (const auto& due : std::exchange(findings_.notices, {}))
    runtime_->notifications.add(make_notification(known, due));
  if (!refused) {
    // It goes out, whatever was thought of it.
    if (opinion.verdict.refuses()) opinion.verdict = Verdict::pass(opinion.verdict.reason());
    if (!opinion.policy.empty()) last_ = std::move(opinion);
    return std::nullopt;
  }
  note_message(known, opinion);
  return opinion.verdict.reply();
}

// For a recipient of sendmail(1)'s mail no refusal is possible.
bool Conversation::carries_out(const Verdict& verdict, Stage stage) const {
  return verdict.refuses() && runtime_->settings.mode != Mode::Monitor &&
         (session_.smtp || stage != Stage::Rcpt);
}

void Conversation::note_message(const Facts& known, const Opinion& opinion) const {
  const auto& wanted = runtime_->settings.messages;
  const bool outbound = envelope_.direction == Direction::Outbound;
  // Of inbound mail each recipient has told the log why it was refused.
  const bool told = outbound || !opinion.verdict.refuses();
  const bool kept = wanted.log == LogMessages::All || (outbound && wanted.log != LogMessages::No);
  if (!told && !kept) return;
  MessageRecord record = make_record(known, opinion, kept && wanted.addresses);
  if (told) log_message(runtime_->log, record);
  if (kept) runtime_->messages.add(std::move(record));
}

}  // namespace mailreeve
