// SPDX-License-Identifier: BSD-2-Clause
// One SMTP connection as reported by the MTA: takes the client's commands, and
// returns the answers of the MTA. Independent of libmilter, so that a test can drive
// it. One caller at a time; the calls may come from different threads.
#ifndef MAILREEVE_MILTER_CONVERSATION_H
#define MAILREEVE_MILTER_CONVERSATION_H

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/facts.h"
#include "core/verdict.h"
#include "setup/runtime.h"

namespace mailreeve {

// The MTA's macros at this moment ("{auth_authen}", "i").
class Macros {
 public:
  virtual ~Macros() = default;
  // Empty if the MTA did not send it.
  virtual std::string_view get(const char* name) const = 0;
};

// The fate of a message, and the changes to it if it is accepted.
struct Ending {
  std::optional<Reply> refusal{};
  std::vector<Header> on_top{};  // in this order
  // Authentication-Results headers to remove, by their number among these, from 1;
  // the highest first, so that the others keep their numbers.
  std::vector<int> forged_results{};
};

// The parameters after the path of MAIL FROM.
struct MailParameters {
  std::int64_t size = 0;  // SIZE= (RFC 1870); 0: not announced
  bool smtputf8 = false;  // RFC 6531
};

class Conversation {
 public:
  explicit Conversation(std::shared_ptr<const Runtime> runtime);

  // If false, the MTA need not send headers, or need not wait for an answer to MAIL.
  bool reads_headers() const;
  bool decides_at_mail() const;

  void connect(std::string_view name, std::optional<IpAddress> client, const Macros& macros);
  void helo(std::string_view name);

  // The reply with which the MTA must refuse; nullopt: continue. `path` is the
  // argument of MAIL FROM or RCPT TO without ESMTP parameters.
  std::optional<Reply> mail(std::string_view path, const MailParameters& parameters, const Macros& macros);
  std::optional<Reply> rcpt(std::string_view path, const Macros& macros);
  // A refusal waits for the end of the message: after a refusal here, Postfix would keep
  // the transaction open, and libmilter answers nothing that may follow in it. An MTA
  // that speaks version 3 of the protocol, or an older one, does not tell of DATA: what is
  // done here is then done at the end of the message.
  void data(const Macros& macros);

  // A header of the message as received.
  void header(std::string_view name, std::string_view value);
  Ending end_of_message(const Macros& macros);
  // The message was abandoned (RSET, a refusal elsewhere, a lost connection); another
  // MAIL may follow. Refunds its charge, if there is time.
  void abort(Deadline deadline);
  // True between MAIL and the end of the message, or its abort.
  bool in_transaction() const { return in_transaction_; }

  const Session& session() const { return session_; }

 private:
  const std::string& our_name() const;
  std::vector<Header> headers() const;
  void note_queue_id(const Macros& macros);
  Facts facts(const Address* rcpt, const std::string& ref, Deadline deadline) const;
  void judge_data(Deadline deadline);
  std::optional<Reply> judge(Stage stage, const Address* rcpt, Deadline deadline);
  bool carries_out(const Verdict& verdict, Stage stage) const;
  void note_message(const Facts& facts, const Opinion& opinion) const;
  void forget_message();

  std::shared_ptr<const Runtime> runtime_;
  Session session_;
  bool in_transaction_ = false;
  bool knows_data_ = false;  // the MTA has told of DATA
  Envelope envelope_;
  Findings findings_;
  int results_seen_ = 0;  // Authentication-Results headers so far
  std::vector<int> forged_results_;
  unsigned decisions_ = 0;
  Opinion last_;                  // about this message
  std::optional<Reply> refusal_;  // pending until the end of the message
};

}  // namespace mailreeve

#endif
