// SPDX-License-Identifier: BSD-2-Clause
// Submits one mail to an SMTP server (RFC 5321) as a program on this host does:
// without TLS and without a login.
#ifndef MAILREEVE_NOTIFY_SMTP_SEND_H
#define MAILREEVE_NOTIFY_SMTP_SEND_H

#include <string>

#include "notify/interrupt.h"
#include "notify/target.h"
#include "util/time.h"

namespace mailreeve {

// Its envelope has a null sender.
struct SmtpMail {
  std::string server;     // as from smtp_server()
  std::string helo;       // our name; "localhost" if it is not a host name
  std::string recipient;  // valid by wrong_with_mail_address()
  std::string text;       // lines end with LF
};

// A refusal may be repaired on the server: Failed, with its reply. A mail that a
// time-out or an interrupt breaks off late may have been accepted. An interrupt ends
// the transfer within some seconds.
Attempt smtp_send(const SmtpMail& mail, Milliseconds timeout, const Interrupt& stop);

}  // namespace mailreeve

#endif
