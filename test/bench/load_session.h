// SPDX-License-Identifier: BSD-2-Clause
// One SMTP session of the load: the client, what it sends, and the milter's
// verdicts. For one thread at a time.
#ifndef MAILREEVE_TEST_BENCH_LOAD_SESSION_H
#define MAILREEVE_TEST_BENCH_LOAD_SESSION_H

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "test/bench/milter_wire.h"

namespace mailreeve {

struct LoadOptions {
  std::string socket;
  std::uint64_t sessions = 10000;
  std::uint64_t threads = 4;
  std::uint64_t mails = 1;  // per session
  std::uint64_t rcpts = 1;  // per message
  // How many there are to choose from.
  std::uint64_t clients = 256;
  std::uint64_t senders = 1000;
  std::uint64_t recipients = 1000;
  std::uint64_t domains = 0;      // of senders: session n has the n-th; 0 means that all share one
  std::uint64_t silent = 0;       // the first this many sessions have one below silent.example.com
  std::uint64_t login_users = 0;  // 0 means no logins
  std::uint64_t seed = 1;
  std::uint64_t hold = 0;    // idle sessions beside the others
  std::uint64_t burst = 0;   // sessions that send RCPT at the same moment
  std::uint64_t freeze = 0;  // the milter's process, stopped meanwhile
  std::chrono::seconds patience{30};
  std::chrono::seconds time_limit{300};
  bool unique = false;  // each session has its own client network
  bool ipv6 = false;
  bool json = false;
};

// The maximum number of client networks.
inline constexpr std::uint64_t kMostClients = 5'000'000;

// How often each verdict came, such as "rcpt 451 4.7.1"; "accepted" counts messages.
using Verdicts = std::map<std::string, std::uint64_t>;

// The same options and number always give the same session.
class LoadSession {
 public:
  LoadSession(const LoadOptions& options, std::uint64_t number, Verdicts& verdicts);

  // Runs from connect to quit. Throws MilterFailure, as all other members do.
  void play();

  // The steps of play(). connect() and mail() return whether the milter lets it continue.
  bool connect();
  bool mail();
  void send_rcpt();
  Answer wait_rcpt() { return wire_.wait(Step::Rcpt); }
  void note(std::string_view step, const Answer& answer);
  void quit();

  MilterWire& wire() { return wire_; }

 private:
  std::uint64_t roll(std::uint64_t sides);
  std::string sender_domain() const;
  void play_message();
  bool recipients();
  bool content();
  bool pass(std::string_view name, Step step, std::string_view payload);

  const LoadOptions& options_;
  Verdicts& verdicts_;
  std::uint64_t dice_;
  std::uint64_t number_;
  std::uint64_t message_ = 0;
  std::string sender_;
  std::string rcpt_;
  bool over_ = false;  // the session is finished
  MacroValues macros_;
  MilterWire wire_;
};

}  // namespace mailreeve

#endif
