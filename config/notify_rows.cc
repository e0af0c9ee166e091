// SPDX-License-Identifier: BSD-2-Clause
// Options of notifications.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> notify_rows() {
  constexpr Seconds kDay = std::chrono::hours(24);
  return {
      row(
          "notify.webhook-url", "URL", Takes::AtReload, [](auto& s) -> auto& { return s.notify.webhook_url; },
          "Where to POST notifications; empty: nowhere.", "See\n.Sx NOTIFICATIONS\nin\n.Xr mailreeve 8 ."),
      word_row(
          "notify.webhook-token", Takes::AtReload, [](auto& s) -> auto& { return s.notify.webhook_token; },
          "What proves to the receiver that the notification is ours.",
          "The tokens of PolicydRateGuard, made of the secret in\n.Cm webhook-secret-file ."),
      checked(row(
                  "notify.webhook-secret-file", "PATH", Takes::AtReload,
                  [](auto& s) -> auto& { return s.notify.webhook_secret_file; },
                  "File that holds the secret for tokens and signatures; empty: none.",
                  "The daemon reads it at the start and at each reload; see\n.Sx SECRET FILES ."),
              check_absolute_or_empty),
      row(
          "notify.command", "COMMAND", Takes::AtReload, [](auto& s) -> auto& { return s.notify.command; },
          "Program to run for each notification, with its arguments; empty: none.",
          "An absolute path. No shell is involved. It gets the notification as JSON on its standard input."),
      row(
          "notify.mail-to", "ADDRESS", Takes::AtReload, [](auto& s) -> auto& { return s.notify.mail_to; },
          "Who gets notifications by mail; empty: nobody."),
      row(
          "notify.mail-from", "ADDRESS", Takes::AtReload, [](auto& s) -> auto& { return s.notify.mail_from; },
          "What stands in From: of such mail. Its envelope's sender is null."),
      row(
          "notify.sendmail", "smtp://HOST:PORT|PATH", Takes::AtReload,
          [](auto& s) -> auto& { return s.notify.sendmail; },
          "The SMTP server or program that takes such mail.",
          "Without\n.Cm :PORT\nit is port 25;\n.Cm smtp://\nalone is this host. There is no TLS and no "
          "login, so "
          "it should be an MTA on this host. An absolute path is a program that is called like\n.Xr sendmail "
          "1 .\n"
          "The service as shipped works with a server only: it may not run the set-group-ID programs of "
          "Postfix "
          "and Sendmail."),
      between(row(
                  "notify.timeout", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.notify.timeout; }, "Longest time for one attempt."),
              Milliseconds(100), Milliseconds(600 * 1000)),
      between(
          row(
              "notify.give-up", "DURATION", Takes::AtReload,
              [](auto& s) -> auto& { return s.notify.give_up; }, "How long a notification is tried again."),
          Milliseconds(1000), Milliseconds(30 * kDay)),
      row(
          "notify.spool", "DIRECTORY", Takes::AtStart, [](auto& s) -> auto& { return s.notify.spool; },
          "Where notifications wait that have not been delivered.",
          "One file for each. The directory is made if something is to be notified."),
  };
}

}  // namespace mailreeve
