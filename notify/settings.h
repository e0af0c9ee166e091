// SPDX-License-Identifier: BSD-2-Clause
// The targets of notifications, and checks that report problems in sentences for
// the admin. Plain values, known once the configuration is read.
#ifndef MAILREEVE_NOTIFY_SETTINGS_H
#define MAILREEVE_NOTIFY_SETTINGS_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/default_paths.h"
#include "util/time.h"

namespace mailreeve {

enum class WebhookToken { None, Simple, Jwt };

struct NotifySettings {
  // A target whose first setting is empty is off.
  std::string webhook_url;
  WebhookToken webhook_token = WebhookToken::None;
  std::string webhook_secret_file;
  std::string command;  // an absolute path and its arguments; no shell
  std::string mail_to;
  std::string mail_from = "mailreeve";  // in the header; the envelope sender is always null

  // smtp://HOST:PORT, or the absolute path of a program. A server also works for a
  // daemon that may not run set-group-ID programs.
  std::string sendmail = "smtp://127.0.0.1";
  Milliseconds timeout{10 * 1000};           // for one attempt
  Milliseconds give_up{24LL * 3600 * 1000};  // after the event
  std::string spool = state_directory() + "/notifications";
  std::string host;  // the public name of this host; empty for the system's

  bool enabled() const { return !webhook_url.empty() || !command.empty() || !mail_to.empty(); }
};

// Returns nullopt if the value is valid. An empty value is valid.
std::optional<std::string> wrong_with_webhook_url(std::string_view url);
std::optional<std::string> wrong_with_command(std::string_view command);
// Checks mail-to and mail-from: one address, or a local name.
std::optional<std::string> wrong_with_mail_address(std::string_view address);
// Checks sendmail.
std::optional<std::string> wrong_with_sendmail(std::string_view sendmail);
struct WrongSetting {
  std::string_view option;  // a literal, without its section
  std::string why;
};
// Checks everything, including conflicts between values, but reads no files.
std::optional<WrongSetting> wrong_with(const NotifySettings& settings);

// Returns "127.0.0.1:25" for "smtp://" and "[::1]:587" for "smtp://[::1]:587"; nullopt
// if the value names a program or is invalid.
std::optional<std::string> smtp_server(std::string_view sendmail);

// Splits at whitespace; there is no quoting.
std::vector<std::string> split_command(std::string_view command);

}  // namespace mailreeve

#endif
