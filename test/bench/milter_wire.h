// SPDX-License-Identifier: BSD-2-Clause
// One milter connection, seen from the MTA: milter protocol version 6, as
// Postfix 3.7 speaks it. Blocking; for one thread at a time.
#ifndef MAILREEVE_TEST_BENCH_MILTER_WIRE_H
#define MAILREEVE_TEST_BENCH_MILTER_WIRE_H

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailreeve {

// The milter is gone, late, or broke the protocol: Postfix would abandon it.
class MilterFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Names include their braces, as in "{mail_addr}" and "i". Macros without a value are not sent.
class MacroValues {
 public:
  void set(std::string_view name, std::string value);
  void unset(std::string_view name);
  const std::string* find(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

struct Answer {
  enum class Kind { Continue, Accept, Refuse, Discard };
  Kind kind = Kind::Continue;
  std::string reply = {};  // as the SMTP client would read it; Refuse only

  bool goes_on() const { return kind == Kind::Continue; }
  bool refuses() const { return kind == Kind::Refuse; }
  // RFC 5321 section 3.8
  bool ends_session() const { return reply.starts_with("421"); }
};

// The letters of the protocol.
enum class Step : char {
  Connect = 'C',
  Helo = 'H',
  Mail = 'M',
  Rcpt = 'R',
  Data = 'T',
  Header = 'L',
  EndOfHeaders = 'N',
  Body = 'B',
  EndOfMessage = 'E',
};

class MilterWire {
 public:
  // Connects to "unix:/path", "inet:port@host" or "inet6:port@host", and
  // negotiates. No answer may take longer than `patience`.
  MilterWire(const std::string& socket, std::chrono::milliseconds patience);
  ~MilterWire();
  MilterWire(const MilterWire&) = delete;
  MilterWire& operator=(const MilterWire&) = delete;

  // Whether the milter wants this step, and whether it answers it.
  bool wants(Step step) const;
  bool answers(Step step) const;

  // Sends a step to the milter and waits for its answer. Steps that it does not
  // want or does not answer continue at once; they are written with the next one.
  Answer tell(Step step, const MacroValues& macros, std::string_view payload);
  // The two halves of tell(), for a step that the milter answers.
  void send(Step step, const MacroValues& macros, std::string_view payload);
  Answer wait(Step step);

  // Postfix hands the connection from smtpd(8) to cleanup(8) before the
  // message; by then, everything must be written.
  void flush();
  void abort() { put('A', {}); }
  // Ends the connection; never throws.
  void quit() noexcept;

  int descriptor() const { return fd_; }
  // Headers that the milter added to messages.
  unsigned headers_added() const { return headers_added_; }

 private:
  struct Frame {
    char command;
    std::string payload;
  };

  void connect_to(const std::string& socket);
  void open_socket(int family);
  void negotiate();
  void read_macro_lists(std::string_view lists);
  void put(char command, std::string_view payload);
  void put_macros(Step step, const MacroValues& macros);
  Frame read_frame();
  void fill(std::size_t size);
  std::optional<Answer> interpret(Step step, const Frame& frame);
  void note_modification(const Frame& frame);

  int fd_ = -1;
  std::chrono::milliseconds patience_;
  std::uint32_t actions_ = 0;
  std::uint32_t protocol_ = 0;
  std::array<std::vector<std::string>, 7> macro_names_;
  std::string out_;
  std::string in_;
  std::size_t in_used_ = 0;
  unsigned headers_added_ = 0;
};

}  // namespace mailreeve

#endif
