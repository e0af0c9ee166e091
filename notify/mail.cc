// SPDX-License-Identifier: BSD-2-Clause
#include "notify/mail.h"

#include <sys/prctl.h>

#include <algorithm>

#include "notify/command_target.h"
#include "notify/payload.h"

namespace mailreeve {

namespace {

// RFC 5322 section 2.1.1 limits lines to 998 octets.
constexpr std::size_t kLongestValue = 320;

// Never cuts a UTF-8 character in two.
std::string shortened(std::string text) {
  if (text.size() <= kLongestValue) return text;
  auto end = kLongestValue;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string clean(const std::string& text) { return shortened(without_controls(text)); }

std::string ascii(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; }, '?');
  return text;
}

// Makes `text` fit for a Message-ID (RFC 5322 section 3.6.4).
std::string atom(const std::string& text) {
  std::string out = ascii(clean(text));
  std::replace_if(
      out.begin(), out.end(),
      [](unsigned char c) {
        return !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                 c == '.');
      },
      '-');
  if (out.empty() || out.front() == '.' || out.back() == '.' || out.find("..") != std::string::npos)
    std::replace(out.begin(), out.end(), '.', '-');
  return out.empty() ? "localhost" : out;
}

// Quotes `text` as one word of a shell command.
std::string quoted(const std::string& text) {
  const auto is_plain = [](unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("@._+=:/-").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), is_plain)) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string header(const Notification& what, const NotifySettings& settings, TimePoint now) {
  const std::string happened =
      what.notice == Notice::Exceeded ? "exceeds a quota" : "tried to send as somebody else";
  return "From: mailreeve <" + settings.mail_from + ">\n" +  //
         "To: " + settings.mail_to + "\n" +                  //
         "Subject: [mailreeve " + ascii(clean(settings.host)) + "] " + ascii(clean(what.user)) + " " +
         happened + "\n" +  //
         "Date: " + format_rfc5322(now) + "\n" + "Message-ID: <mailreeve." + atom(what.ref) + "@" +
         atom(settings.host) + ">\n" +
         "Auto-Submitted: auto-generated\n"
         "Precedence: bulk\n"
         "MIME-Version: 1.0\n"
         "Content-Type: text/plain; charset=utf-8\n"
         "Content-Transfer-Encoding: 8bit\n"
         "\n";
}

std::string message(const Notification& what) {
  const std::string recipients =
      what.recipients == 1 ? "1 recipient" : std::to_string(what.recipients) + " recipients";
  return "a message from <" + clean(what.sender) + ">" +
         (what.recipient.empty() ? "" : " to <" + clean(what.recipient) + ">") +
         (what.recipients > 0 ? ", with " + recipients + "," : "");
}

std::string exceeded(const Notification& what) {
  const std::string limit = std::to_string(what.quota);
  return "The user " + clean(what.user) + " sends more than a quota permits.\n\n" + "The limit in force is " +
         limit + (what.quota == what.quota_reset ? "" : ", instead of " + std::to_string(what.quota_reset)) +
         "; " + std::to_string(what.used) + " are used.\n" + "It was exceeded by " + message(what) + "\n";
}

std::string unauthorized(const Notification& what) {
  return "The user " + clean(what.user) + " tried to send as somebody else, which is not permitted.\n\n" +
         "It was " + message(what) + "\n";
}

std::string body(const Notification& what, const NotifySettings& settings) {
  return (what.notice == Notice::Exceeded ? exceeded(what) : unauthorized(what)) + "that came from " +
         (what.client_name.empty() ? "" : clean(what.client_name) + " ") + "[" + clean(what.client) +
         "] at " + format_rfc3339(what.when) + ".\n" +
         (what.queue_id.empty() ? "" : "Its queue id is " + clean(what.queue_id) + ". ") + "The log of " +
         clean(settings.host) + " has it as " + clean(what.ref) + ".\n\n" +
         "You hear of this once per user and period. If this is not what the user\n"
         "wants to do, somebody else may know the password.\n\n"
         "To look at it:\n\n" +
         "  mailreevectl quota show " + quoted(clean(what.user)) + "\n" + "  mailreevectl messages --user " +
         quoted(clean(what.user)) + "\n";
}

}  // namespace

std::string mail_text(const Notification& what, const NotifySettings& settings, TimePoint now) {
  return header(what, settings, now) + body(what, settings);
}

ProgramCall Mail::call(const Notification& what, TimePoint now) const {
  return {.words = {settings_.sendmail, "-i", "-f", "<>", "--", settings_.mail_to},
          .environment = {},
          .input = mail_text(what, settings_, now)};
}

SmtpMail Mail::mail(const Notification& what, TimePoint now, const std::string& server) const {
  return {.server = server,
          .helo = settings_.host,
          .recipient = settings_.mail_to,
          .text = mail_text(what, settings_, now)};
}

Attempt Mail::deliver(const Notification& what, TimePoint now, const Interrupt& stop) {
  if (const auto server = smtp_server(settings_.sendmail))
    return smtp_send(mail(what, now, *server), settings_.timeout, stop);
  Attempt attempt = run_program(call(what, now), settings_.timeout, stop);
  // In that case Postfix's postdrop retries forever, and Sendmail's message is of little use.
  if (attempt.result == Attempt::Result::Failed && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
    attempt.error += " (this service may not run set-group-ID programs, see NOTIFICATIONS in mailreeve(8))";
  return attempt;
}

}  // namespace mailreeve
