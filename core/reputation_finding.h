// SPDX-License-Identifier: BSD-2-Clause
// The reputation of a client, as determined by policies. A value.
#ifndef MAILREEVE_CORE_REPUTATION_FINDING_H
#define MAILREEVE_CORE_REPUTATION_FINDING_H

#include <string>
#include <string_view>
#include <vector>

namespace mailreeve {

// Trusted: known to be good, so it need not wait.
enum class Repute { Trusted, Clean, Suspicious };

// "trusted", "clean", "suspicious"
constexpr std::string_view to_string(Repute repute) {
  switch (repute) {
    case Repute::Trusted:
      return "trusted";
    case Repute::Clean:
      return "clean";
    case Repute::Suspicious:
      break;
  }
  return "suspicious";
}

// An entry of a DNS list (RFC 5782).
struct Listing {
  std::string zone;
  std::string answer;  // an address in 127.0.0.0/8
  unsigned weight = 1;
};

// What DNS lists say about the client of a message.
struct Listings {
  std::vector<Listing> blocked{};
  std::vector<Listing> white{};
};

// A client with one message, for one recipient.
struct ReputationFinding {
  Repute repute = Repute::Suspicious;
  std::string signs{};  // what speaks for and against it: "no-name:2 bl.example/127.0.0.4:1"
};

}  // namespace mailreeve

#endif
