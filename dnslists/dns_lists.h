// SPDX-License-Identifier: BSD-2-Clause
// The DNS lists of others (RFC 5782): asked all at once, and never believed what cannot be a listing. Lives
// as long as the daemon: a reload keeps what is known about a list that stays. Safe to call from any thread.
#ifndef MAILREEVE_DNSLISTS_DNS_LISTS_H
#define MAILREEVE_DNSLISTS_DNS_LISTS_H

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/address_lists.h"
#include "core/log.h"
#include "core/resolver.h"
#include "dnslists/list_health.h"
#include "dnslists/list_spec.h"
#include "util/guarded.h"

namespace mailreeve {

struct DnsListsSettings {
  std::vector<ListSpec> dnsbl;
  std::vector<ListSpec> dnswl;
  std::vector<ListSpec> rhsbl;
};

// Whom lists are asked about.
struct ListSubject {
  std::optional<IpAddress> address{};
  // For lists of names. Any text: what is no name of a host is not asked about.
  std::string client_name{};  // verified
  std::string helo{};
  std::string sender_domain{};
};

struct ListHit {
  ListKind kind;
  std::string zone;
  unsigned weight;
  std::string what;  // the address or name that is listed
  IpAddress answer;
};

// The weights of the lists that have listed the subject, and of those that have not answered yet and may
// still do so. A list counts once, however many names it has.
struct ListSums {
  unsigned blocked = 0;  // dnsbl and rhsbl
  unsigned blocked_open = 0;
  unsigned white = 0;
  unsigned white_open = 0;
};

struct ListFindings {
  std::vector<ListHit> hits;
  ListSums sums;  // what is open has not answered in time, or was not waited for
};

class DnsLists final : public AddressLists {
 public:
  // Whether the sums so far decide, so that nobody need wait for the other lists.
  using Decided = std::function<bool(const ListSums&)>;
  struct Wanted {
    bool dnsbl = true;
    bool dnswl = true;
    bool rhsbl = true;
  };
  struct Status {
    ListKind kind;
    std::string zone;
    std::string problem;  // why it is set aside; empty: it is in use
  };

  // Asks no list but those of ask() and listed(). `log` must outlive it.
  DnsLists(DnsListsSettings settings, std::shared_ptr<Resolver> resolver, Log& log);

  // From now on; calls that have begun go on with what was.
  void reconfigure(DnsListsSettings settings, std::shared_ptr<Resolver> resolver);

  // All lists that are wanted, configured and in use.
  ListFindings ask(const ListSubject& subject, Deadline deadline, Wanted wanted,
                   const Decided& decided = nullptr);
  // Whether one of these zones, which need not be configured, lists the address; the answers that
  // count are those of the configuration, else any. nullopt: none lists it, and one has not answered or is
  // set aside.
  std::optional<bool> listed(const IpAddress& address, std::span<const std::string> zones,
                             Deadline deadline) override;

  // Whether what this list said earlier counts. One that is not configured does not.
  bool is_believed(ListKind kind, std::string_view zone) const;

  // Tests the lists that are due, if any, by their test points (RFC 5782 section 5). For the
  // housekeeping, once a minute: it waits for DNS.
  void test(Deadline deadline);

  // In the order of the configuration, then those that only listed() was asked about.
  std::vector<Status> status();

 private:
  struct List {
    ListSpec spec;
    std::shared_ptr<ListHealth> health;
  };
  struct Configuration {
    std::vector<List> lists;
    std::shared_ptr<Resolver> resolver;
  };
  // Of listed() only.
  struct Named {
    std::shared_ptr<ListHealth> health;
    SteadyTime last_asked;
  };
  using Key = std::pair<ListKind, std::string>;
  struct State {
    std::shared_ptr<const Configuration> configuration;
    std::map<std::string, Named> named;
  };
  static std::shared_ptr<const Configuration> configure(DnsListsSettings settings,
                                                        std::shared_ptr<Resolver> resolver, Log& log,
                                                        std::map<Key, std::shared_ptr<ListHealth>> known);
  static std::optional<List> configured(const Configuration& configuration, const std::string& zone);
  List list_named(State& state, const std::string& zone);
  std::vector<std::shared_ptr<ListHealth>> all(State& state);

  Log& log_;
  mutable Guarded<State> state_;
};

}  // namespace mailreeve

#endif
