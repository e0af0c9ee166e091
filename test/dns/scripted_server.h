// SPDX-License-Identifier: BSD-2-Clause
// A DNS server over UDP that does what a test tells it to: be silent, fail,
// answer late, answer nonsense. It counts what it is asked. Its functions may
// be called from any thread.
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

// A question as it came: the whole packet, and the name in it, in lower case.
struct Query {
  std::string packet;
  std::string name;
};

// The packet to send back, and when; empty for silence. Nobody else waits for it.
struct Reply {
  Reply(std::string what, Milliseconds delay = Milliseconds(0)) : packet(std::move(what)), after(delay) {}
  std::string packet;
  Milliseconds after;
};
using Script = std::function<Reply(const Query&)>;

std::string silence(const Query& query);
// An answer without records.
std::string rcode(const Query& query, unsigned code);
// An answer of one record of the type that was asked for, whose data is whatever
// is given, right or wrong.
std::string record(const Query& query, std::string_view rdata, unsigned char ttl = 60);
// 192.0.2.1
std::string address(const Query& query);
std::string address_with_ttl(const Query& query, unsigned char ttl);
Reply address_after(const Query& query, Milliseconds delay);

class ScriptedServer {
 public:
  // On a free port of 127.0.0.1.
  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  // As an element of DnsSettings::servers.
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
  // The thread's own: what is to be sent later.
  std::multimap<Moment, std::pair<std::string, sockaddr_in>> later_;
  int socket_ = -1;
  std::array<int, 2> stop_pipe_{-1, -1};
  std::thread thread_;
};

}  // namespace mailreeve::test

#endif
