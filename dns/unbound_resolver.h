// SPDX-License-Identifier: BSD-2-Clause
// The Resolver of the daemon, on libunbound: its cache with its respect for
// TTLs, its DNSSEC validation. May be called from any thread.
//
// This class decides when to resend a packet, and to which server: the answer to
// the first packet counts even after the third was sent, so that slow domains
// get an answer, and lost packets and dead servers cost little.
#ifndef MAILREEVE_DNS_UNBOUND_RESOLVER_H
#define MAILREEVE_DNS_UNBOUND_RESOLVER_H

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/resolver.h"
#include "dns/answer_cache.h"
#include "dns/unbound_context.h"

struct ub_result;

namespace mailreeve {

struct DnsSettings {
  // Recursive servers: "192.0.2.1", "127.0.0.1@5353", "2001:db8::1@53". None:
  // those of /etc/resolv.conf at the time of construction. /etc/hosts is never
  // read: senders are judged by DNS.
  std::vector<std::string> servers;
  // The maximum time that resolve() waits, whatever its deadline.
  Milliseconds timeout{5000};
  // DS or DNSKEY records in zone file format. Empty: no local validation.
  std::string trust_anchor_file;

  bool operator==(const DnsSettings&) const = default;
};

class UnboundResolver final : public Resolver {
 public:
  // Starts a thread, and one for each packet of a lookup: construct it after a fork, not before. Throws
  // std::runtime_error with a sentence if the settings cannot be used.
  explicit UnboundResolver(const DnsSettings& settings);
  // No thread may be inside resolve(). Does not wait for any server.
  ~UnboundResolver() override;
  UnboundResolver(const UnboundResolver&) = delete;
  UnboundResolver& operator=(const UnboundResolver&) = delete;

  using Resolver::resolve;
  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline deadline) override {
    return resolve(questions, deadline, Enough());
  }
  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline deadline,
                                 const Enough& enough) override;
  // Sends one packet for each; where it is lost, another one goes out when somebody waits. Does nothing
  // while many lookups are in flight.
  void expect(std::span<const Question> questions) override;

  // The problem with an element of DnsSettings::servers; empty if none.
  static std::string check_server(std::string_view server);

 private:
  struct Lookup;
  struct Packet;
  struct Caller;
  class Waiting;

  // The times of a lookup's packets since its beginning. A server that knows the answer
  // sends it before the second packet, and usually so does one that has to look it up;
  // one packet in ten may be lost, or one in two.
  static constexpr std::array<Milliseconds, 6> kTimes{Milliseconds(0),    Milliseconds(300),
                                                      Milliseconds(700),  Milliseconds(1200),
                                                      Milliseconds(2000), Milliseconds(3000)};
  static constexpr std::size_t kPackets = kTimes.size();

  std::shared_ptr<Lookup> begin(const Question& question, std::size_t most_in_flight);
  static std::shared_ptr<Lookup> known(const Question& question, DnsAnswer answer);
  std::vector<std::size_t> order() const;
  void send(const std::shared_ptr<Lookup>& lookup, std::size_t number);
  void finish(const Packet& packet, DnsAnswer answer);
  bool has_failed(const Lookup& lookup) const;
  void settle(Lookup& lookup, std::size_t server, DnsAnswer answer);
  static void on_answer(void* packet, int error, ub_result* result);
  void deliver_answers();

  const Milliseconds timeout_;
  std::mutex mutex_;
  AnswerCache cache_;
  // All questions without an answer, including those that nobody waits for any more.
  std::unordered_map<std::string, std::shared_ptr<Lookup>> in_flight_;
  // The packets whose answers libunbound awaits.
  std::unordered_map<const Packet*, std::unique_ptr<Packet>> packets_;
  // For each server: how many times in a row another one answered and it did not.
  std::vector<unsigned> silences_;
  // For each server.
  std::vector<std::vector<UnboundContext>> contexts_;
  std::array<int, 2> stop_pipe_{-1, -1};
  std::thread delivery_;
};

}  // namespace mailreeve

#endif
