// SPDX-License-Identifier: BSD-2-Clause
// Mails notifications to the admin, by SMTP or through sendmail(1).
#ifndef MAILREEVE_NOTIFY_MAIL_H
#define MAILREEVE_NOTIFY_MAIL_H

#include <string>

#include "notify/run_program.h"
#include "notify/settings.h"
#include "notify/smtp_send.h"
#include "notify/target.h"

namespace mailreeve {

class Mail final : public Target {
 public:
  explicit Mail(const NotifySettings& settings) : settings_(settings) {}

  std::string_view name() const override { return "mail"; }
  Attempt deliver(const Notification& what, TimePoint now, const Interrupt& stop) override;

  // Both use a null sender, so that nothing ever replies. The first is for a
  // program, the second for a server.
  ProgramCall call(const Notification& what, TimePoint now) const;
  SmtpMail mail(const Notification& what, TimePoint now, const std::string& server) const;

 private:
  const NotifySettings settings_;
};

// Returns header and body; lines end with LF, as sendmail(1) requires. All
// attempts to send a notification use the same Message-ID. A client's text can
// neither begin a line nor be a command for the admin's shell.
std::string mail_text(const Notification& what, const NotifySettings& settings, TimePoint now);

}  // namespace mailreeve

#endif
