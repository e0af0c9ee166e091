// SPDX-License-Identifier: BSD-2-Clause
#include "test/bench/milter_wire.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "util/unix_address.h"

namespace mailreeve {

namespace {

constexpr std::uint32_t kVersion = 6;
// As offered by Postfix 3.7.
constexpr std::uint32_t kActions = 0x1ff;
constexpr std::uint32_t kProtocol = 0x1fffff;
constexpr std::size_t kLargestFrame = std::size_t{1} << 20;
constexpr int kMostModifications = 10000;

struct StepRow {
  Step step;
  std::uint32_t no;  // the milter does not want the step
  std::uint32_t no_reply;
  std::size_t macros;  // index in macro_names_, the number of the stage in SMFIR_SETSYMLIST
};

// Postfix sends the end-of-message macros with headers and body.
constexpr std::array<StepRow, 9> kSteps{{
    {Step::Connect, 0x1, 0x1000, 0},
    {Step::Helo, 0x2, 0x2000, 1},
    {Step::Mail, 0x4, 0x4000, 2},
    {Step::Rcpt, 0x8, 0x8000, 3},
    {Step::Data, 0x200, 0x10000, 4},
    {Step::Header, 0x20, 0x80, 5},
    {Step::EndOfHeaders, 0x40, 0x40000, 6},
    {Step::Body, 0x10, 0x80000, 5},
    {Step::EndOfMessage, 0, 0, 5},
}};

const StepRow& row_of(Step step) {
  return *std::find_if(kSteps.begin(), kSteps.end(), [&](const StepRow& row) { return row.step == step; });
}

// Postfix's defaults, in the order of the stages.
constexpr std::array<std::string_view, 7> kMacros{
    "j {daemon_name} {daemon_addr} v _",
    "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
    "i",
    "i",
    "i",
};

// Changes that a milter may request at the end of a message, and the action
// that it must have negotiated for each.
constexpr std::array<std::pair<char, std::uint32_t>, 9> kModifications{{
    {'h', 0x1},
    {'i', 0x1},
    {'b', 0x2},
    {'+', 0x4},
    {'-', 0x8},
    {'m', 0x10},
    {'q', 0x20},
    {'e', 0x40},
    {'2', 0x80},
}};

std::uint32_t read_number(std::string_view from) {
  std::uint32_t number = 0;
  std::memcpy(&number, from.data(), sizeof number);
  return ntohl(number);
}

void append_number(std::string& to, std::uint32_t number) {
  number = htonl(number);
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" ,\t"), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string_view without_braces(std::string_view name) {
  if (name.size() > 2 && name.front() == '{' && name.back() == '}') return name.substr(1, name.size() - 2);
  return name;
}

[[noreturn]] void fail_with_errno(const std::string& what) {
  throw MilterFailure(what + ": " + std::strerror(errno));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Postfix requires this: three digits, and an enhanced code of the same class.
bool well_formed(std::string_view reply) {
  return reply.size() >= 5 && (reply[0] == '4' || reply[0] == '5') && is_digit(reply[1]) &&
         is_digit(reply[2]) && (reply[3] == ' ' || reply[3] == '-') && reply[4] == reply[0];
}

std::string undouble_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && ++i == text.size()) break;
    out += text[i];
  }
  return out;
}

std::string_view until_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

std::string describe(char command) {
  if (command > ' ' && command < 0x7f) return std::string("'") + command + "'";
  return "octet " + std::to_string(static_cast<unsigned char>(command));
}

}  // namespace

void MacroValues::set(std::string_view name, std::string value) {
  for (auto& [known, old] : values_)
    if (known == without_braces(name)) {
      old = std::move(value);
      return;
    }
  values_.emplace_back(without_braces(name), std::move(value));
}

void MacroValues::unset(std::string_view name) {
  std::erase_if(values_, [&](const auto& entry) { return entry.first == without_braces(name); });
}

const std::string* MacroValues::find(std::string_view name) const {
  for (const auto& [known, value] : values_)
    if (known == without_braces(name)) return &value;
  return nullptr;
}

MilterWire::MilterWire(const std::string& socket, std::chrono::milliseconds patience) : patience_(patience) {
  for (std::size_t i = 0; i < kMacros.size(); ++i) macro_names_.at(i) = words(kMacros.at(i));
  try {
    connect_to(socket);
    negotiate();
  } catch (...) {
    if (fd_ >= 0) close(fd_);
    throw;
  }
}

MilterWire::~MilterWire() {
  if (fd_ >= 0) close(fd_);
}

void MilterWire::open_socket(int family) {
  fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail_with_errno("socket");
  // Also limits connect() and send(), for a milter with a full backlog or one that does not read.
  const auto millis = patience_.count();
  const timeval limit{.tv_sec = millis / 1000, .tv_usec = millis % 1000 * 1000};
  if (setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) fail_with_errno("SO_SNDTIMEO");
}

void MilterWire::connect_to(const std::string& socket) {
  if (socket.starts_with("unix:")) {
    const std::string path = socket.substr(5);
    const auto address = unix_address(path);
    if (path.empty() || !address) throw MilterFailure("bad path: " + path);
    open_socket(AF_UNIX);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
      fail_with_errno("connect to " + socket);
    return;
  }

  const auto colon = socket.find(':');
  const auto at = socket.find('@');
  if (!socket.starts_with("inet") || colon == std::string::npos || at == std::string::npos || at < colon)
    throw MilterFailure("neither unix:PATH nor inet:PORT@HOST: " + socket);
  addrinfo hints{};
  hints.ai_family = socket.starts_with("inet6:") ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  if (getaddrinfo(socket.substr(at + 1).c_str(), socket.substr(colon + 1, at - colon - 1).c_str(), &hints,
                  &raw) != 0)
    throw MilterFailure("no numeric address and port: " + socket);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found(raw, freeaddrinfo);
  open_socket(found->ai_family);
  // No TCP_NODELAY: Postfix does not set it, either, and its cost is to be measured.
  if (connect(fd_, found->ai_addr, found->ai_addrlen) != 0) fail_with_errno("connect to " + socket);
}

void MilterWire::negotiate() {
  std::string offer;
  for (const auto number : {kVersion, kActions, kProtocol}) append_number(offer, number);
  put('O', offer);
  flush();
  const Frame frame = read_frame();
  if (frame.command != 'O' || frame.payload.size() < 12) throw MilterFailure("no answer to the negotiation");
  const std::string_view payload = frame.payload;
  const auto version = read_number(payload);
  actions_ = read_number(payload.substr(4));
  protocol_ = read_number(payload.substr(8));
  if (version > kVersion) throw MilterFailure("the milter speaks version " + std::to_string(version));
  if ((actions_ & ~kActions) != 0) throw MilterFailure("the milter wants actions that were not offered");
  if ((protocol_ & ~kProtocol) != 0) throw MilterFailure("the milter wants protocol that was not offered");
  read_macro_lists(payload.substr(12));
}

void MilterWire::read_macro_lists(std::string_view lists) {
  while (lists.size() > 4) {
    const auto stage = read_number(lists);
    lists.remove_prefix(4);
    const auto names = until_nul(lists);
    if (stage >= macro_names_.size() || names.size() == lists.size())
      throw MilterFailure("broken list of macros");
    // An empty list means that Postfix sends its defaults.
    if (!names.empty()) macro_names_.at(stage) = words(names);
    lists.remove_prefix(names.size() + 1);
  }
}

bool MilterWire::wants(Step step) const { return (protocol_ & row_of(step).no) == 0; }

bool MilterWire::answers(Step step) const { return wants(step) && (protocol_ & row_of(step).no_reply) == 0; }

Answer MilterWire::tell(Step step, const MacroValues& macros, std::string_view payload) {
  send(step, macros, payload);
  if (!answers(step)) return {};
  return wait(step);
}

void MilterWire::send(Step step, const MacroValues& macros, std::string_view payload) {
  // Postfix skips unwanted headers and body altogether; for other unwanted
  // steps it still sends the macros.
  if ((step == Step::Header || step == Step::Body || step == Step::EndOfHeaders) && !wants(step)) return;
  put_macros(step, macros);
  if (wants(step)) put(static_cast<char>(step), payload);
}

Answer MilterWire::wait(Step step) {
  flush();
  for (int i = 0; i < kMostModifications; ++i)
    if (auto answer = interpret(step, read_frame())) return *std::move(answer);
  throw MilterFailure("no end of modifications");
}

void MilterWire::flush() {
  std::string_view rest = out_;
  while (!rest.empty()) {
    const ssize_t wrote = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (wrote < 0) fail_with_errno("write");
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  out_.clear();
}

void MilterWire::quit() noexcept {
  try {
    put('Q', {});
    flush();
  } catch (const std::exception&) {
    // The connection is already gone.
  }
  close(fd_);
  fd_ = -1;
}

void MilterWire::put(char command, std::string_view payload) {
  append_number(out_, static_cast<std::uint32_t>(payload.size() + 1));
  out_ += command;
  out_ += payload;
}

void MilterWire::put_macros(Step step, const MacroValues& macros) {
  std::string payload(1, static_cast<char>(step));
  for (const auto& name : macro_names_.at(row_of(step).macros)) {
    const std::string* value = macros.find(name);
    if (value == nullptr) continue;
    payload.append(name).append(1, '\0').append(*value).append(1, '\0');
  }
  put('D', payload);
}

MilterWire::Frame MilterWire::read_frame() {
  fill(5);
  const std::size_t size = read_number(std::string_view(in_).substr(in_used_));
  if (size == 0 || size > kLargestFrame)
    throw MilterFailure("a frame of " + std::to_string(size) + " octets");
  fill(4 + size);
  Frame frame{.command = in_.at(in_used_ + 4), .payload = in_.substr(in_used_ + 5, size - 1)};
  in_used_ += 4 + size;
  if (in_used_ == in_.size()) {
    in_.clear();
    in_used_ = 0;
  }
  return frame;
}

void MilterWire::fill(std::size_t size) {
  while (in_.size() - in_used_ < size) {
    pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
    const int ready = poll(&readable, 1, static_cast<int>(patience_.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) throw MilterFailure("no answer within " + std::to_string(patience_.count()) + " ms");
    std::array<char, 4096> octets{};
    const ssize_t got = ready < 0 ? -1 : recv(fd_, octets.data(), octets.size(), 0);
    if (got < 0) fail_with_errno("read");
    if (got == 0) throw MilterFailure("the milter closed the connection");
    in_.append(octets.data(), static_cast<std::size_t>(got));
  }
}

// Returns nullopt if the decision is still to come.
std::optional<Answer> MilterWire::interpret(Step step, const Frame& frame) {
  const bool connecting = step == Step::Connect || step == Step::Helo;
  switch (frame.command) {
    case 'c':
      return Answer{};
    case 'a':
      return Answer{.kind = Answer::Kind::Accept};
    case 'r':
      return Answer{.kind = Answer::Kind::Refuse, .reply = "550 5.7.1 Command rejected"};
    case 't':
      return Answer{.kind = Answer::Kind::Refuse, .reply = "451 4.7.1 Service unavailable - try again later"};
    case '4':
      return Answer{.kind = Answer::Kind::Refuse, .reply = "421 4.7.0 Server closing connection"};
    case 'd':
      if (connecting) break;
      return Answer{.kind = Answer::Kind::Discard};
    case 's':
      if (step != Step::Body) break;
      return Answer{};
    case 'p':
      return std::nullopt;
    case 'y': {
      const auto reply = until_nul(frame.payload);
      if (!well_formed(reply)) throw MilterFailure("malformed reply: " + std::string(reply));
      return Answer{.kind = Answer::Kind::Refuse, .reply = undouble_percent(reply)};
    }
    default:
      if (step != Step::EndOfMessage) break;
      note_modification(frame);
      return std::nullopt;
  }
  throw MilterFailure("unexpected answer " + describe(frame.command) + " to " +
                      describe(static_cast<char>(step)));
}

void MilterWire::note_modification(const Frame& frame) {
  const auto* row = std::find_if(kModifications.begin(), kModifications.end(),
                                 [&](const auto& known) { return known.first == frame.command; });
  if (row == kModifications.end()) throw MilterFailure("unknown modification " + describe(frame.command));
  if ((actions_ & row->second) == 0)
    throw MilterFailure("modification " + describe(frame.command) + " was not negotiated");
  if (frame.command == 'h' || frame.command == 'i') ++headers_added_;
}

}  // namespace mailreeve
