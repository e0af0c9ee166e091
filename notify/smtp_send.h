// SPDX-License-Identifier: BSD-2-Clause
// Submits one mail to an SMTP server (RFC 5321) as a local program does:
// without TLS and without a login.
#ifndef MAILREEVE_NOTIFY_SMTP_SEND_H
#define MAILREEVE_NOTIFY_SMTP_SEND_H

#include <string>

#include "notify/interrupt.h"
#include "notify/target.h"
#include "util/time.h"

namespace mailreeve {

// The envelope sender is null.
struct SmtpMail {
  std::string server;     // as from smtp_server()
  std::string helo;       // our name; "localhost" is sent if it is not a host name
  std::string recipient;  // valid by wrong_with_mail_address()
  std::string text;       // lines end with LF
};

// A refusal returns Failed, with the server's reply, since an admin may fix the
// server. If a time-out or an interrupt hits the end of the transfer, the server may
// still have accepted the mail. An interrupt ends the transfer within a few seconds.
Attempt smtp_send(const SmtpMail& mail, Milliseconds timeout, const Interrupt& stop);

}  // namespace mailreeve

#endif
