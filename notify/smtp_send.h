// SPDX-License-Identifier: BSD-2-Clause
// Hands one mail to an SMTP server (RFC 5321), as a program on this host does:
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
  std::string server;     // as smtp_server() has it
  std::string helo;       // our name; what is no host's becomes "localhost"
  std::string recipient;  // one that wrong_with_mail_address() finds good
  std::string text;       // lines end with LF
};

// Whatever the server refuses may be mended there: Failed, with its reply. What a
// time-out or an interrupt breaks off late may have been taken. An interrupt ends
// it within some seconds.
Attempt smtp_send(const SmtpMail& mail, Milliseconds timeout, const Interrupt& stop);

}  // namespace mailreeve

#endif
