// SPDX-License-Identifier: BSD-2-Clause
// A connection of an MTA, as every front end serves it: what is asked of the MTA, which
// commands are put off, and that a bug costs the client a 4xx and us a line in the log,
// not the daemon. One caller at a time; the calls may come from different threads.
#ifndef MAILREEVE_MILTER_MTA_CONNECTION_H
#define MAILREEVE_MILTER_MTA_CONNECTION_H

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "milter/conversation.h"
#include "milter/sessions.h"

namespace mailreeve {

// What the MTA need not do.
struct Terms {
  bool no_headers = false;         // send the headers of a message
  bool no_answer_at_mail = false;  // wait for an answer to MAIL

  bool operator==(const Terms&) const = default;
};

// The macros that we read, by the number that the protocol has for their stage.
struct WantedMacros {
  int stage;
  const char* names;
};
inline constexpr std::array<WantedMacros, 6> kWantedMacros{{
    {0, "j {client_port} {client_resolve} {daemon_addr} {if_addr}"},  // connect
    {1, "{cert_subject}"},                                            // HELO
    {2, "i {auth_type} {auth_authen} {mail_addr} {mail_mailer}"},     // MAIL
    {3, "i {rcpt_addr} {rcpt_mailer}"},                               // RCPT
    {4, "i"},                                                         // DATA
    {5, "i"},                                                         // end of message
}};

// An answer to a command.
struct Answer {
  enum class Kind {
    Continue,
    TryLater,  // in the MTA's words
    Refuse,    // with `reply`
  };
  Kind kind = Kind::Continue;
  std::optional<Reply> reply{};
};

// Adds to `parameters` what `word` says, a parameter behind the path of MAIL FROM.
void read_parameter(std::string_view word, MailParameters& parameters);

// A reply's text with each "%" doubled: Sendmail prints it through a format, and Postfix
// takes it back.
std::string escaped_text(const Reply& reply);

class MtaConnection {
 public:
  // To be made at the negotiation, so that what is agreed there and what the connection
  // then does come from one configuration.
  explicit MtaConnection(Sessions& sessions);
  // A message in progress is aborted.
  ~MtaConnection();
  MtaConnection(const MtaConnection&) = delete;
  MtaConnection& operator=(const MtaConnection&) = delete;

  const Terms& terms() const { return terms_; }

  void connect(std::string_view name, std::optional<IpAddress> client, const Macros& macros);
  void helo(std::string_view name);
  Answer mail(std::string_view path, const MailParameters& parameters, const Macros& macros);
  Answer rcpt(std::string_view path, const Macros& macros);
  Answer data(const Macros& macros);
  void header(std::string_view name, std::string_view value);
  // What is sent of a message behind its headers.
  void content() { in_content_ = true; }
  // `ending`: the edits if the message is accepted.
  Answer end_of_message(const Macros& macros, Ending& ending);
  void abort();
  // Another client on the same connection, without another negotiation.
  void next_client();

 private:
  template <typename Body>
  Answer guarded(Body body) noexcept;
  template <typename Body>
  Answer step(Body body) noexcept;
  template <typename Body>
  Answer step_of_message(Body body) noexcept;
  void leave_content();
  // Aborts, and forgets what was sent of the content.
  void give_up(Milliseconds patience);

  Sessions& sessions_;
  const Sessions::Count open_;
  std::shared_ptr<const Runtime> runtime_;
  std::optional<Conversation> conversation_;
  bool in_content_ = false;
  Terms terms_;
};

}  // namespace mailreeve

#endif
