// SPDX-License-Identifier: BSD-2-Clause
#include "test/bench/load_session.h"

#include <array>
#include <cstdio>
#include <initializer_list>
#include <utility>

namespace mailreeve {

namespace {

constexpr std::string_view kSenderDomain = "example.com";
constexpr std::string_view kRecipientDomain = "example.net";
constexpr std::string_view kMta = "mx.example.net";

// Concatenates the texts, each with its NUL.
std::string arguments(std::initializer_list<std::string_view> texts) {
  std::string out;
  for (const auto text : texts) out.append(text).append(1, '\0');
  return out;
}

std::string address_at(std::string_view name, std::uint64_t number, std::string_view domain) {
  return std::string(name) + std::to_string(number) + "@" + std::string(domain);
}

// Returns a host in a /24 or a /64 of its own. Starts at 11.0.0.0, to avoid
// loopback and private networks, which milters treat specially.
std::string client_address(std::uint64_t number, bool ipv6) {
  if (ipv6) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "2001:db8:%x:%x::25", static_cast<unsigned>(number >> 16) + 1,
                  static_cast<unsigned>(number & 0xffff));
    return text.data();
  }
  return std::to_string(11 + (number >> 16)) + "." + std::to_string(number >> 8 & 255) + "." +
         std::to_string(number & 255) + ".25";
}

// Returns the codes of a reply without its text: "451 4.7.1".
std::string codes(std::string_view reply) {
  const auto end = reply.find_first_not_of("0123456789. ");
  auto out = reply.substr(0, end);
  while (!out.empty() && out.back() == ' ') out.remove_suffix(1);
  return std::string(out);
}

}  // namespace

LoadSession::LoadSession(const LoadOptions& options, std::uint64_t number, Verdicts& verdicts)
    : options_(options),
      verdicts_(verdicts),
      dice_(options.seed * 0x9e3779b97f4a7c15 + number),
      number_(number),
      wire_(options.socket, options.patience) {}

// splitmix64: good enough to choose names, and too cheap to affect the measurement.
std::uint64_t LoadSession::roll(std::uint64_t sides) {
  dice_ += 0x9e3779b97f4a7c15;
  std::uint64_t x = dice_;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return (x ^ x >> 31) % sides;
}

void LoadSession::play() {
  if (connect())
    while (message_ < options_.mails && !over_) play_message();
  quit();
}

bool LoadSession::connect() {
  const std::uint64_t client =
      options_.unique ? (options_.seed * options_.sessions + number_) % kMostClients : roll(options_.clients);
  const std::string address = client_address(client, options_.ipv6);
  // Uses its own domain: a greylister treats hosts below one domain as one client.
  const std::string name = "mail.client" + std::to_string(client) + ".example";
  macros_.set("j", std::string(kMta));
  macros_.set("daemon_name", std::string(kMta));
  macros_.set("daemon_addr", "127.0.0.1");
  macros_.set("daemon_port", "25");
  macros_.set("v", "Postfix 3.7.11");
  macros_.set("_", name + " [" + address + "]");
  macros_.set("client_addr", address);
  macros_.set("client_name", name);
  macros_.set("client_ptr", name);
  macros_.set("client_port", "40000");
  macros_.set("client_resolve", "OK");
  macros_.set("client_connections", "1");
  const std::string port{'\x9c', '\x40'};
  if (!pass("connect", Step::Connect,
            arguments({name}) + (options_.ipv6 ? "6" : "4") + port + arguments({address})))
    return false;
  return pass("helo", Step::Helo, arguments({name}));
}

void LoadSession::play_message() {
  if (mail() && recipients() && content()) ++verdicts_["accepted"];
  // Also after a complete message: this is how Postfix resets its own state.
  wire_.abort();
  macros_.unset("i");
}

bool LoadSession::mail() {
  ++message_;
  if (options_.login_users > 0) {
    sender_ = address_at("user", roll(options_.login_users), kSenderDomain);
    macros_.set("auth_type", "PLAIN");
    macros_.set("auth_authen", sender_);
  } else {
    sender_ = address_at("s", roll(options_.senders), sender_domain());
  }
  macros_.set("mail_addr", sender_);
  macros_.set("mail_host", sender_.substr(sender_.find('@') + 1));
  macros_.set("mail_mailer", "smtp");
  return pass("mail", Step::Mail, arguments({"<" + sender_ + ">", "SIZE=1000"}));
}

std::string LoadSession::sender_domain() const {
  std::string out(kSenderDomain);
  if (number_ < options_.silent) out.insert(0, "silent.");
  if (options_.domains > 0) out.insert(0, "d" + std::to_string(number_ % options_.domains) + ".");
  return out;
}

void LoadSession::send_rcpt() {
  rcpt_ = address_at("r", roll(options_.recipients), kRecipientDomain);
  macros_.set("rcpt_addr", rcpt_);
  macros_.set("rcpt_host", std::string(kRecipientDomain));
  macros_.set("rcpt_mailer", "local");
  wire_.send(Step::Rcpt, macros_, arguments({"<" + rcpt_ + ">"}));
}

// Returns whether the milter has a message to examine.
bool LoadSession::recipients() {
  bool any = false;
  for (std::uint64_t i = 0; i < options_.rcpts && !over_; ++i) {
    send_rcpt();
    const Answer answer = wire_.answers(Step::Rcpt) ? wait_rcpt() : Answer{};
    if (answer.goes_on()) {
      any = true;
      // Postfix has a queue id from the first accepted recipient on.
      macros_.set("i", "Q" + std::to_string(number_) + "M" + std::to_string(message_));
      continue;
    }
    note("rcpt", answer);
    // If accepted or discarded, the milter sees no more of this message.
    if (!answer.refuses()) return false;
  }
  return any && !over_;
}

bool LoadSession::content() {
  if (!pass("data", Step::Data, {})) return false;
  wire_.flush();
  const std::string id = std::to_string(number_) + "." + std::to_string(message_);
  const std::array<std::pair<std::string_view, std::string>, 6> headers{{
      {"From", sender_},
      {"To", rcpt_},
      {"Subject", "Message " + id},
      {"Date", "Sat, 21 Nov 2026 10:00:00 +0000"},
      {"Message-ID", "<" + id + "@example.com>"},
      {"MIME-Version", "1.0"},
  }};
  for (const auto& [name, value] : headers)
    if (!pass("header", Step::Header, arguments({name, value}))) return false;
  if (!pass("eoh", Step::EndOfHeaders, {})) return false;
  static const std::string body = std::string(70, 'x') + "\r\n";
  if (!pass("body", Step::Body, body)) return false;
  return pass("end", Step::EndOfMessage, {});
}

bool LoadSession::pass(std::string_view name, Step step, std::string_view payload) {
  const Answer answer = wire_.tell(step, macros_, payload);
  if (answer.goes_on() || (answer.kind == Answer::Kind::Accept && step == Step::EndOfMessage)) return true;
  note(name, answer);
  return false;
}

void LoadSession::note(std::string_view step, const Answer& answer) {
  const std::string what = answer.refuses()                      ? codes(answer.reply)
                           : answer.kind == Answer::Kind::Accept ? "accept"
                                                                 : "discard";
  ++verdicts_[std::string(step) + " " + what];
  over_ = over_ || answer.ends_session();
}

void LoadSession::quit() {
  wire_.abort();
  wire_.quit();
}

}  // namespace mailreeve
