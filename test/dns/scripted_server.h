// SPDX-License-Identifier: BSD-2-Clause
// A DNS server over UDP that follows a test's script: stays silent, fails,
// answers late, or answers nonsense. Counts the questions. Its functions are
// safe to call from any thread.
#ifndef MAILREEVE_TEST_DNS_SCRIPTED_SERVER_H
#define MAILREEVE_TEST_DNS_SCRIPTED_SERVER_H

#include <netinet/in.h>

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "util/time.h"

namespace mailreeve::test {

// A question as received: the whole packet, and its name in lower case.
struct Query {
  std::string packet;
  std::string name;
};

// The packet to send back, and when; empty for silence. No other question waits for it.
struct Reply {
  Reply(std::string what, Milliseconds delay = Milliseconds(0)) : packet(std::move(what)), after(delay) {}
  std::string packet;
  Milliseconds after;
};
using Script = std::function<Reply(const Query&)>;

std::string silence(const Query& query);
// An answer without records.
std::string rcode(const Query& query, unsigned code);
// Returns an answer with one record of the requested type and with this data, valid or not.
std::string record(const Query& query, std::string_view rdata, unsigned char ttl = 60);
// 192.0.2.1
std::string address(const Query& query);
std::string address_with_ttl(const Query& query, unsigned char ttl);
Reply address_after(const Query& query, Milliseconds delay);

class ScriptedServer {
 public:
  // Listens on a free port of 127.0.0.1.
  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  // The server as an element of DnsSettings::servers.
  std::string server() const;
  void follow(Script script);
  int asked(const std::string& name) const;
  int asked() const;

 private:
  using Moment = std::chrono::steady_clock::time_point;

  void serve();
  void take();
  void give(const std::string& packet, const sockaddr_in& client) const;
  Reply reply(const std::string& packet);
  int until_next() const;

  mutable std::mutex mutex_;
  Script script_;
  std::map<std::string, int> asked_;
  // Used by the thread only: packets to be sent later.
  std::multimap<Moment, std::pair<std::string, sockaddr_in>> later_;
  int socket_ = -1;
  std::array<int, 2> stop_pipe_{-1, -1};
  std::thread thread_;
};

}  // namespace mailreeve::test

#endif
