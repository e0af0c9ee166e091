// SPDX-License-Identifier: BSD-2-Clause
// One SMTP connection as the MTA tells it: what the client says goes in, what
// the MTA is to answer comes out. Knows no libmilter, so that a test can hold
// it itself. One caller at a time; the calls may come from different threads.
#ifndef MAILREEVE_MILTER_CONVERSATION_H
#define MAILREEVE_MILTER_CONVERSATION_H

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/facts.h"
#include "core/verdict.h"
#include "milter/runtime.h"

namespace mailreeve {

// The MTA's macros at this moment ("{auth_authen}", "i").
class Macros {
 public:
  virtual ~Macros() = default;
  // Empty if the MTA does not say.
  virtual std::string_view get(const char* name) const = 0;
};

class Conversation {
 public:
  explicit Conversation(std::shared_ptr<const Runtime> runtime);

  void connect(std::string_view name, std::optional<IpAddress> client, const Macros& macros);
  void helo(std::string_view name);

  // The reply with which the MTA is to refuse; nothing: go on. `path` is the
  // argument of MAIL FROM or RCPT TO without ESMTP parameters.
  std::optional<Reply> mail(std::string_view path, const Macros& macros);
  std::optional<Reply> rcpt(std::string_view path, const Macros& macros);
  std::optional<Reply> data(const Macros& macros);

  // The headers to put on top of the message, in this order.
  std::vector<Header> end_of_message(const Macros& macros);
  // The message is given up (RSET, a refusal elsewhere, a lost connection), or
  // over; another MAIL may follow.
  void abort();

  const Session& session() const { return session_; }

 private:
  void note_queue_id(const Macros& macros);
  std::optional<Reply> judge(Stage stage, const Address* rcpt);
  void log_verdict(const Facts& facts, const Decision& decision) const;

  std::shared_ptr<const Runtime> runtime_;
  Session session_;
  Envelope envelope_;
  Findings findings_;
  unsigned decisions_ = 0;
};

}  // namespace mailreeve

#endif
