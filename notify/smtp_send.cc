// SPDX-License-Identifier: BSD-2-Clause
#include "notify/smtp_send.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>

#include "notify/transfer.h"

namespace mailreeve {

namespace {

// Limits what the server may send in one session.
constexpr std::size_t kMostOctets = 64UL * 1024;
// RFC 5321 section 4.5.3.1.5.
constexpr std::size_t kLongestReply = 512;

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

// libcurl takes the HELO name from the URL's path.
std::string host_name(const std::string& name) {
  const auto is_plain = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_plain) ? name : "localhost";
}

// Returns one line in printable ASCII, for the log.
std::string legible(std::string_view line) {
  std::string out(line.substr(0, kLongestReply));
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return out;
}

struct Session {
  std::string_view unsent;
  std::string refusal;  // the last line of the last refusal
  std::size_t heard = 0;
  const Interrupt& stop;
  Deadline end;
};

std::size_t give(char* room, std::size_t size, std::size_t count, void* data) {
  auto& session = *static_cast<Session*>(data);
  const auto part = session.unsent.substr(0, size * count);
  std::memcpy(room, part.data(), part.size());
  session.unsent.remove_prefix(part.size());
  return part.size();
}

// Returning less than what arrived ends the session.
std::size_t hear(const char* octets, std::size_t size, std::size_t count, void* data) {
  auto& session = *static_cast<Session*>(data);
  // The reply to QUIT follows a refusal.
  if (size * count > 0 && (octets[0] == '4' || octets[0] == '5'))
    session.refusal.assign(octets, size * count);
  session.heard += size * count;
  return session.heard <= kMostOctets ? size * count : 0;
}

// libcurl waits without our poll(2), and for QUIT even beyond its own time-out,
// but it calls this every second.
int is_over(void* data, curl_off_t /*to_come*/, curl_off_t /*came*/, curl_off_t /*to_go*/,
            curl_off_t /*went*/) {
  const auto& session = *static_cast<const Session*>(data);
  return session.stop.raised() || session.end.passed() ? 1 : 0;
}

}  // namespace

Attempt smtp_send(const SmtpMail& mail, Milliseconds timeout, const Interrupt& stop) {
  const std::string text = with_crlf(mail.text);
  Session session{.unsent = text, .refusal = {}, .heard = 0, .stop = stop, .end = Deadline(timeout)};
  Transfer transfer(timeout, stop);
  transfer.set(CURLOPT_PROTOCOLS_STR, "smtp");
  // The proxy in the environment is for other programs.
  transfer.set(CURLOPT_PROXY, "");
  transfer.set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_NONE));
  // Sends QUIT while these settings are still in effect.
  transfer.set(CURLOPT_FORBID_REUSE, 1L);
  transfer.set(CURLOPT_NOPROGRESS, 0L);
  transfer.set(CURLOPT_XFERINFOFUNCTION, is_over);
  transfer.set(CURLOPT_XFERINFODATA, &session);
  transfer.set(CURLOPT_UPLOAD, 1L);
  transfer.set(CURLOPT_READFUNCTION, give);
  transfer.set(CURLOPT_READDATA, &session);
  transfer.set(CURLOPT_INFILESIZE, static_cast<long>(text.size()));
  transfer.set(CURLOPT_HEADERFUNCTION, hear);
  transfer.set(CURLOPT_HEADERDATA, &session);
  transfer.set(CURLOPT_URL, ("smtp://" + mail.server + "/" + host_name(mail.helo)).c_str());
  transfer.set(CURLOPT_MAIL_FROM, "");
  transfer.set_list(CURLOPT_MAIL_RCPT, {mail.recipient});

  const auto result = transfer.run();
  if (result == CURLE_OK) return Attempt::delivered();
  if (!result || stop.raised()) return Attempt::interrupted();
  const CURLcode code = *result;
  const std::string error = "the server " + mail.server;
  if (session.heard > kMostOctets) return Attempt::failed(error + " talks without an end");
  const bool timed_out = code == CURLE_OPERATION_TIMEDOUT || code == CURLE_ABORTED_BY_CALLBACK;
  const std::string refusal = legible(session.refusal);
  if (!timed_out && !refusal.empty()) return Attempt::failed(error + " answers: " + refusal);
  if (code == CURLE_ABORTED_BY_CALLBACK) return Attempt::failed(error + ": time-out");
  return Attempt::failed(error + ": " + legible(transfer.words_for(code)));
}

}  // namespace mailreeve
