// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/list_answer.h"

namespace mailreeve {

namespace {

using Meaning = ListAnswer::Meaning;
using Status = DnsAnswer::Status;

// What is wrong with it as an answer of a list, or "".
std::string error_in(ListKind kind, const IpAddress& answer) {
  const auto& octets = answer.octets();
  // The zone is somebody else's now, or a resolver on the way invents answers.
  if (!answer.is_v4() || octets[0] != 127)
    return "it answers " + answer.text() + ", which is no list's answer";
  // As Spamhaus says that it does not like the one who asks or how he does.
  const bool refused = octets[1] == 255 && octets[2] == 255;
  // As SURBL and URIBL say it; and dnswl.org.
  const bool refused_short =
      octets[1] == 0 && octets[2] == 0 && octets[3] == (kind == ListKind::White ? 255 : 1);
  if (refused || refused_short) return "it refuses to answer: " + answer.text();
  return "";
}

}  // namespace

ListAnswer read_list_answer(ListKind kind, const DnsAnswer& answer) {
  if (answer.status == Status::TryAgain) return {.meaning = Meaning::Unknown, .problem = answer.problem};
  if (answer.status != Status::Found || answer.addresses.empty()) return {.meaning = Meaning::NotListed};
  for (const auto& address : answer.addresses)
    if (auto problem = error_in(kind, address); !problem.empty())
      return {.meaning = Meaning::Error, .problem = std::move(problem)};
  return {.meaning = Meaning::Listed, .answers = answer.addresses};
}

}  // namespace mailreeve
