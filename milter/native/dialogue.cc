// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/dialogue.h"

#include <algorithm>

#include "milter/native/protocol.h"

namespace mailreeve::milter {

namespace {

constexpr std::string_view kCommands{"ABCDEHKLMNORTU"};

[[noreturn]] void fail_at(const std::string& what, char command) {
  throw ProtocolError(what + " " + std::string(1, command));
}

// Whether it may come before the client is known.
bool needs_no_client(char command) {
  return command == kMacros || command == kAbort || command == kQuitForNext;
}

void put_answer(const Answer& answer, std::string& out) {
  switch (answer.kind) {
    case Answer::Kind::Continue:
      return put_packet(out, kContinue);
    case Answer::Kind::TryLater:
      return put_packet(out, kTryLater);
    case Answer::Kind::Refuse:
      break;
  }
  std::string line = std::to_string(answer.reply->code()) + " " + answer.reply->enhanced() + " ";
  put_string(line, escaped_text(*answer.reply));
  put_packet(out, kReply, line);
}

void put_edit(std::string& out, char letter, std::uint32_t index, std::string_view name,
              std::string_view value) {
  std::string data;
  put_number(data, index);
  put_string(data, name);
  put_string(data, value);
  put_packet(out, letter, data);
}

// Sendmail writes "IPv6:" before an IPv6 address; a link-local one may have a scope.
std::optional<IpAddress> read_address(char family, std::string_view text) {
  constexpr std::string_view kPrefix = "IPv6:";
  if (family == '6' && text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  if (family == '6') text = text.substr(0, text.find('%'));
  const auto out = IpAddress::parse(text);
  if (!out) throw ProtocolError("a client's address that is none");
  return out;
}

}  // namespace

bool Dialogue::take(std::string_view& in, std::string& out) {
  while (const auto packet = take_packet(in)) {
    if (packet->letter == kQuit) return false;
    act(*packet, out);
  }
  return true;
}

void Dialogue::act(const Packet& packet, std::string& out) {
  const auto [letter, data] = packet;
  if (kCommands.find(letter) == std::string_view::npos)
    throw ProtocolError("an unknown command, octet " + std::to_string(static_cast<unsigned char>(letter)));
  if (letter == kNegotiate) return negotiate(data, out);
  if (expected_ == Expected::Negotiation) fail_at("before the negotiation, command", letter);
  if (letter == kConnect) {
    if (expected_ == Expected::Commands) fail_at("behind a client, command", letter);
    connect(data);
    return go_on(kSilentConnect, out);
  }
  if (expected_ == Expected::Connect && !needs_no_client(letter)) fail_at("before a client, command", letter);
  macros_.begin(letter);
  std::string_view rest = data;
  switch (letter) {
    case kMacros:
      return macros_.take(data);
    case kHelo:
      connection_->helo(take_string(rest));
      expect_end(rest);
      return go_on(kSilentHelo, out);
    case kMail: {
      const Answer answer = mail(data);
      if ((steps_ & kSilentMail) == 0) put_answer(answer, out);
      return;
    }
    case kRcpt:
      return put_answer(rcpt(data), out);
    case kData:
      return put_answer(connection_->data(macros_), out);
    case kHeader: {
      const auto name = take_string(rest);
      connection_->header(name, take_string(rest));
      expect_end(rest);
      return go_on(kSilentHeader, out);
    }
    case kEndOfHeaders:
      connection_->content();
      return go_on(kSilentEndOfHeaders, out);
    case kBody:
      connection_->content();
      return go_on(kSilentBody, out);
    case kEndOfMessage:
      return end_message(out);
    case kUnknown:
      return go_on(kSilentUnknown, out);
    case kAbort:
      connection_->abort();
      return macros_.begin(kHelo);
    case kQuitForNext:
      connection_->next_client();
      macros_.clear();
      expected_ = Expected::Connect;
      return;
    default:
      return;
  }
}

void Dialogue::negotiate(std::string_view data, std::string& out) {
  if (expected_ == Expected::Commands) fail_at("behind a client, command", kNegotiate);
  const std::uint32_t version = take_number(data);
  const std::uint32_t actions = take_number(data);
  const std::uint32_t steps = take_number(data);
  if (version < kOldestVersion) throw ProtocolError("protocol version " + std::to_string(version));
  connection_.reset();
  connection_.emplace(sessions_);
  const Terms& terms = connection_->terms();
  // What the MTA does not send, it need not wait for. DATA is answered: else Postfix
  // sends its macros alone, and Nagle's algorithm holds back what follows.
  std::uint32_t wanted =
      kNoBody | kNoUnknown | kSilentConnect | kSilentHelo | kSilentHeader | kSilentEndOfHeaders;
  std::uint32_t edits = kMayAddHeaders | kMayChangeHeaders | kMayListMacros;
  if (terms.no_headers) {
    wanted |= kNoHeaders;
    edits &= ~kMayChangeHeaders;
  }
  if (terms.no_answer_at_mail) wanted |= kSilentMail;
  actions_ = actions & edits;
  steps_ = steps & wanted;
  std::string agreed;
  put_number(agreed, std::min(version, kVersion));
  put_number(agreed, actions_);
  put_number(agreed, steps_);
  if ((actions & kMayListMacros) != 0) {
    for (const auto& [stage, names] : kWantedMacros) {
      put_number(agreed, static_cast<std::uint32_t>(stage));
      put_string(agreed, names);
    }
  }
  put_packet(out, kNegotiate, agreed);
  expected_ = Expected::Connect;
}

void Dialogue::connect(std::string_view data) {
  const auto name = take_string(data);
  const char family = take_letter(data);
  std::optional<IpAddress> client;
  if (family == '4' || family == '6' || family == 'L') {
    constexpr std::size_t kPort = 2;
    if (data.size() < kPort) throw ProtocolError("a client's port is cut off");
    data.remove_prefix(kPort);
    const auto address = take_string(data);
    if (family != 'L') client = read_address(family, address);
    expect_end(data);
  } else if (family != 'U') {
    fail_at("a client of the unknown family", family);
  }
  macros_.begin(kConnect);
  connection_->connect(name, client, macros_);
  expected_ = Expected::Commands;
}

Answer Dialogue::mail(std::string_view data) {
  const auto path = take_string(data);
  MailParameters parameters;
  while (!data.empty()) read_parameter(take_string(data), parameters);
  return connection_->mail(path, parameters, macros_);
}

// DSN's parameters may follow.
Answer Dialogue::rcpt(std::string_view data) {
  const auto path = take_string(data);
  while (!data.empty()) take_string(data);
  return connection_->rcpt(path, macros_);
}

void Dialogue::end_message(std::string& out) {
  Ending ending;
  const Answer answer = connection_->end_of_message(macros_, ending);
  if (answer.kind == Answer::Kind::Continue) {
    if (!ending.forged_results.empty() && may(kMayChangeHeaders, "change a header"))
      for (const int number : ending.forged_results)
        put_edit(out, kChangeHeader, static_cast<std::uint32_t>(number), "Authentication-Results", {});
    // Each at the very top, the last one first, so that they end up in order and
    // above the MTA's own Received.
    if (!ending.on_top.empty() && may(kMayAddHeaders, "insert a header"))
      for (auto header = ending.on_top.rbegin(); header != ending.on_top.rend(); ++header)
        put_edit(out, kInsertHeader, 0, header->name, header->value);
  }
  put_answer(answer, out);
}

bool Dialogue::may(std::uint32_t action, std::string_view what) {
  if ((actions_ & action) != 0) return true;
  sessions_.report(Event::MilterError, {{"call", what}, {"error", "the MTA did not offer it"}});
  return false;
}

// For a step that needs no answer but where the MTA cannot do without.
void Dialogue::go_on(std::uint32_t silent, std::string& out) const {
  if ((steps_ & silent) == 0) put_packet(out, kContinue);
}

}  // namespace mailreeve::milter
