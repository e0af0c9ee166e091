// SPDX-License-Identifier: BSD-2-Clause
#include "milter/report.h"

namespace mailreeve {

namespace {

// What the client chose may be long; RFC 5321 allows an address 254 octets.
constexpr std::size_t kMostText = 320;
constexpr std::size_t kMostAddresses = 60'000;

std::string bounded(std::string_view text) { return std::string(text.substr(0, kMostText)); }

std::string sender_text(const Envelope& envelope) {
  return envelope.sender.is_null() ? "<>" : bounded(envelope.sender.text());
}

// As many as fit, whole.
std::string addresses_of(const Facts& facts) {
  if (facts.rcpt != nullptr) return bounded(facts.rcpt->text());
  std::string out;
  for (const auto& recipient : facts.envelope.recipients) {
    const std::string text = bounded(recipient.text());
    if (out.size() + text.size() + 1 > kMostAddresses) break;
    out += (out.empty() ? "" : " ") + text;
  }
  return out;
}

}  // namespace

void log_opinion(Log& log, const Facts& facts, const Findings& findings, const Opinion& opinion,
                 bool carried_out) {
  if (!log.wants(row_of(Event::Verdict).severity)) return;
  const Session& session = facts.session;
  const Envelope& envelope = facts.envelope;
  const Verdict& verdict = opinion.verdict;
  const std::string client = session.client ? session.client->text() : "";
  std::vector<Field> fields;
  fields.reserve(24);
  const auto add = [&fields](std::string_view name, std::string_view value) {
    if (!value.empty()) fields.push_back({name, value});
  };
  add("verdict", to_string(verdict.kind()));
  add("policy", opinion.policy);
  add("reason", verdict.reason());
  for (const auto& note : verdict.notes()) {
    if (const auto* text = std::get_if<std::string>(&note.value)) {
      add(note.name, *text);
    } else {
      fields.push_back({note.name, std::get<std::int64_t>(note.value)});
    }
  }
  if (verdict.refuses()) {
    fields.push_back({"code", verdict.reply().code()});
    if (!carried_out) add("mode", "monitor");
  }
  const AccessFinding& access = facts.rcpt != nullptr ? findings.access : findings.access_of_message;
  add("rule", access.rule);
  if (findings.reputation) {
    add("reputation", to_string(findings.reputation->repute));
    add("signs", findings.reputation->signs);
  }
  if (findings.spf) add("spf", to_string(findings.spf->result));
  add("session", session.id);
  add("ref", facts.ref);
  add("queue", envelope.queue_id);
  add("direction", envelope.direction == Direction::Outbound ? "outbound" : "inbound");
  add("client", client);
  add("name", session.client_name);
  add("helo", session.helo);
  add("login", envelope.login);
  add("user", envelope.user);
  add("sender", envelope.sender.is_null() ? "<>" : std::string_view(envelope.sender.text()));
  if (facts.rcpt != nullptr) add("recipient", facts.rcpt->text());
  log.write(Event::Verdict, fields);
}

void log_message(Log& log, const MessageRecord& record) {
  if (!log.wants(row_of(Event::Message).severity)) return;
  std::vector<Field> fields;
  const auto add = [&fields](std::string_view name, const std::string& value) {
    if (!value.empty()) fields.push_back({name, value});
  };
  add("verdict", record.verdict);
  add("policy", record.policy);
  add("reason", record.reason);
  add("queue", record.queue_id);
  add("ref", record.ref);
  fields.push_back({"direction", std::string_view(record.outbound ? "outbound" : "inbound")});
  add("user", record.user);
  add("sender", record.sender);
  fields.push_back({"recipients", record.recipients});
  fields.push_back({"size", record.size});
  add("client", record.client);
  log.write(Event::Message, fields);
}

MessageRecord make_record(const Facts& facts, const Opinion& opinion, bool with_addresses) {
  const Session& session = facts.session;
  const Envelope& envelope = facts.envelope;
  return {.when = facts.now,
          .host = bounded(session.mta),
          .queue_id = bounded(envelope.queue_id),
          .ref = std::string(facts.ref),
          .outbound = envelope.direction == Direction::Outbound,
          .user = envelope.user,
          .login = bounded(envelope.login),
          .sender = sender_text(envelope),
          .recipients = facts.rcpt != nullptr ? 1 : static_cast<std::int64_t>(envelope.recipients.size()),
          .addresses = with_addresses ? addresses_of(facts) : "",
          .client = session.client ? session.client->text() : "",
          .client_name = bounded(session.client_name),
          .helo = bounded(session.helo),
          .size = envelope.size,
          .verdict = std::string(to_string(opinion.verdict.kind())),
          .policy = std::string(opinion.policy),
          .reason = std::string(opinion.verdict.reason())};
}

Notification make_notification(const Facts& facts, const NoticeDue& due) {
  const Session& session = facts.session;
  const Envelope& envelope = facts.envelope;
  return {.notice = due.notice,
          .when = facts.now,
          .queue_id = bounded(envelope.queue_id),
          .ref = std::string(facts.ref),
          .user = envelope.user,
          .client = session.client ? session.client->text() : "",
          .client_name = bounded(session.client_name),
          .recipients = static_cast<std::int64_t>(envelope.recipients.size()),
          .sender = bounded(due.author.empty() ? envelope.sender.text() : due.author),
          .recipient = envelope.recipients.size() == 1 ? bounded(envelope.recipients.front().text()) : "",
          .quota = due.quota,
          .quota_reset = due.quota_reset,
          .used = due.used};
}

}  // namespace mailreeve
