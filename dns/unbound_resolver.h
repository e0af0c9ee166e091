// SPDX-License-Identifier: BSD-2-Clause
// The Resolver of the daemon, on libunbound: its cache with its respect for
// TTLs, its DNSSEC validation, its retries. May be called from any thread.
#ifndef MAILREEVE_DNS_UNBOUND_RESOLVER_H
#define MAILREEVE_DNS_UNBOUND_RESOLVER_H

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/backends.h"
#include "dns/answer_cache.h"

struct ub_ctx;
struct ub_result;

namespace mailreeve {

struct DnsSettings {
  // Recursive servers: "192.0.2.1", "127.0.0.1@5353", "2001:db8::1@53". None:
  // those of /etc/resolv.conf at the time of construction. /etc/hosts is never
  // read: senders are judged by DNS.
  std::vector<std::string> servers;
  // How long a call of resolve() waits at most, whatever its deadline.
  Milliseconds timeout{5000};
  // DS or DNSKEY records in zone file format. Empty: nothing is validated here.
  std::string trust_anchor_file;

  bool operator==(const DnsSettings&) const = default;
};

class UnboundResolver final : public Resolver {
 public:
  // Starts two threads: to be constructed after a fork, not before. Throws
  // std::runtime_error with a sentence if the settings cannot be used.
  explicit UnboundResolver(const DnsSettings& settings);
  // Nobody may be inside resolve() any more. Does not wait for any server.
  ~UnboundResolver() override;
  UnboundResolver(const UnboundResolver&) = delete;
  UnboundResolver& operator=(const UnboundResolver&) = delete;

  using Resolver::resolve;
  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline deadline) override;

  // What is wrong with an element of DnsSettings::servers; empty if nothing.
  static std::string check_server(std::string_view server);

 private:
  struct Lookup;
  struct ContextDeleter {
    void operator()(ub_ctx* context) const;
  };

  std::shared_ptr<Lookup> begin(const Question& question);
  DnsAnswer wait(Lookup& lookup, Deadline deadline);
  void ask(Lookup& lookup);
  void finish(Lookup& lookup, DnsAnswer answer);
  static void on_answer(void* lookup, int error, ub_result* result);
  void deliver_answers();

  const Milliseconds timeout_;
  std::mutex mutex_;
  AnswerCache cache_;
  // Everything asked and not answered yet, also what nobody waits for any more.
  std::unordered_map<std::string, std::shared_ptr<Lookup>> in_flight_;
  std::unique_ptr<ub_ctx, ContextDeleter> context_;
  std::array<int, 2> stop_pipe_{-1, -1};
  std::thread delivery_;
};

}  // namespace mailreeve

#endif
