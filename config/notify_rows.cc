// SPDX-License-Identifier: BSD-2-Clause
// Options of notifications.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> notify_rows() {
  constexpr Seconds kDay = std::chrono::hours(24);
  return {
      row(
          "notify.webhook-url", "URL", Takes::AtReload, [](auto& s) -> auto& { return s.notify.webhook_url; },
          "URL to POST notifications to; empty: none.", "See\n.Sx NOTIFICATIONS\nin\n.Xr mailreeve 8 ."),
      word_row(
          "notify.webhook-token", Takes::AtReload, [](auto& s) -> auto& { return s.notify.webhook_token; },
          "Token that proves the origin of a notification to the receiver.",
          "The tokens of PolicydRateGuard, derived from the secret in\n.Cm webhook-secret-file ."),
      checked(row(
                  "notify.webhook-secret-file", "PATH", Takes::AtReload,
                  [](auto& s) -> auto& { return s.notify.webhook_secret_file; },
                  "File with the secret for tokens and signatures; empty: none.",
                  "The daemon reads it at the start and at each reload; see\n.Sx SECRET FILES ."),
              check_absolute_or_empty),
      row(
          "notify.command", "COMMAND", Takes::AtReload, [](auto& s) -> auto& { return s.notify.command; },
          "Program to run for each notification, with its arguments; empty: none.",
          "An absolute path. The daemon runs it without a shell, with the notification as JSON on "
          "its standard input."),
      row(
          "notify.mail-to", "ADDRESS", Takes::AtReload, [](auto& s) -> auto& { return s.notify.mail_to; },
          "Recipient of notifications by mail; empty: none."),
      row(
          "notify.mail-from", "ADDRESS", Takes::AtReload, [](auto& s) -> auto& { return s.notify.mail_from; },
          "Address in From: of such mail. Its envelope sender is null."),
      row(
          "notify.sendmail", "smtp://HOST:PORT|PATH", Takes::AtReload,
          [](auto& s) -> auto& { return s.notify.sendmail; },
          "SMTP server or program that accepts such mail.",
          "Without\n.Cm :PORT ,\nthe port is 25;\n.Cm smtp://\n"
          "alone is this host. There is no TLS and no login, so it should be an MTA on this host. "
          "An absolute path is a program that is called like\n.Xr sendmail 1 .\n"
          "The service as shipped works only with a server: it may not run the set-group-ID "
          "programs of Postfix and Sendmail."),
      between(row(
                  "notify.timeout", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.notify.timeout; }, "Maximum time for one attempt."),
              Milliseconds(100), Milliseconds(600 * 1000)),
      between(row(
                  "notify.give-up", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.notify.give_up; },
                  "Time after which an undelivered notification is given up."),
              Milliseconds(1000), Milliseconds(30 * kDay)),
      row(
          "notify.spool", "DIRECTORY", Takes::AtStart, [](auto& s) -> auto& { return s.notify.spool; },
          "Directory of notifications that have not been delivered.",
          "One file for each. The daemon creates the directory if notifications are configured."),
  };
}

}  // namespace mailreeve
