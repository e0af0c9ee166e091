// SPDX-License-Identifier: BSD-2-Clause
// DNS in memory and a client, for tests that call check_host() often and change little in between.
#ifndef MAILREEVE_TEST_SPF_WORLD_H
#define MAILREEVE_TEST_SPF_WORLD_H

#include <string>
#include <string_view>

#include "spf/check_host.h"
#include "test/spf/fake_resolver.h"

namespace mailreeve {

struct World {
  FakeResolver zone;
  SpfRules rules;
  std::string client = "192.0.2.1";
  std::string helo = "mail.example.net";
  std::string receiver = "mx.example.org";
  Milliseconds patience{3600000};
  TimePoint now = from_millis(1'700'000'000'999);
  bool trace = false;

  SpfQuery query(std::string_view sender, SpfIdentity identity = SpfIdentity::Mailfrom) const {
    return {.client = *IpAddress::parse(client),
            .helo = helo,
            .sender = Address::parse(sender),
            .identity = identity,
            .receiver = receiver,
            .trace = trace};
  }
  SpfOutcome check(std::string_view sender = "user@example.com") {
    return check_host(query(sender), zone, rules, now, Deadline(patience));
  }
  SpfOutcome check_helo() {
    return check_host(query("", SpfIdentity::Helo), zone, rules, now, Deadline(patience));
  }
  std::string result(std::string_view sender = "user@example.com") {
    return std::string(to_string(check(sender).result));
  }
  // The result for a domain whose whole policy is `record`.
  static std::string result_of(std::string_view record, std::string_view client = "192.0.2.1") {
    World world;
    world.client = client;
    world.zone.txt("example.com", record);
    return world.result();
  }
};

}  // namespace mailreeve

#endif
