// SPDX-License-Identifier: BSD-2-Clause
// A message, as recorded in the messages table.
#ifndef MAILREEVE_CORE_MESSAGE_RECORD_H
#define MAILREEVE_CORE_MESSAGE_RECORD_H

#include <cstdint>
#include <string>

#include "util/time.h"

namespace mailreeve {

// One message, for the messages table. Texts are as the client or the MTA sent
// them, at most 320 octets each.
struct MessageRecord {
  TimePoint when;
  std::string host;      // the MTA's name
  std::string queue_id;  // empty if refused before the MTA assigned one
  std::string ref;       // of the last verdict
  bool outbound = true;
  std::string user;  // the identity; may be empty
  std::string login;
  std::string sender;
  std::int64_t recipients = 0;
  std::string addresses;  // of the recipients, separated by spaces; empty unless configured
  std::string client;     // address
  std::string client_name;
  std::string helo;
  std::int64_t size = 0;  // octets, as announced by the client; 0 if not announced
  std::string verdict;    // "pass", "defer", "reject"
  std::string policy;     // the policy that decided
  std::string reason;
};

// Records messages.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // Never waits. Safe to call from any thread.
  virtual void add(MessageRecord record) = 0;
};

}  // namespace mailreeve

#endif
