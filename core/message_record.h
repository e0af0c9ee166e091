// SPDX-License-Identifier: BSD-2-Clause
// A message, as the messages table has it.
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
  std::string queue_id;  // may be empty: it was refused before there was one
  std::string ref;       // the last verdict's
  bool outbound = true;
  std::string user;  // the identity; may be empty
  std::string login;
  std::string sender;
  std::int64_t recipients = 0;
  std::string addresses;  // of the recipients, separated by blanks; empty unless configured
  std::string client;     // address
  std::string client_name;
  std::string helo;
  std::int64_t size = 0;  // octets, as the client announced; 0: it did not
  std::string verdict;    // "pass", "defer", "reject"
  std::string policy;     // that decided
  std::string reason;
};

// Where messages are noted down.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // Waits for nobody. Safe to call from any thread.
  virtual void add(MessageRecord record) = 0;
};

}  // namespace mailreeve

#endif
