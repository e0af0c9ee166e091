// SPDX-License-Identifier: BSD-2-Clause
#include "notify/settings.h"

#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "core/ip_address.h"
#include "notify/payload.h"
#include "util/host_port.h"

namespace mailreeve {

namespace {

constexpr std::string_view kSmtp = "smtp://";
constexpr std::uint16_t kSmtpPort = 25;

bool is_printable(char c) { return c > 0x20 && c < 0x7f; }

bool begins_with_scheme(std::string_view url, std::string_view scheme) {
  return url.size() > scheme.size() && strncasecmp(url.data(), scheme.data(), scheme.size()) == 0;
}

std::optional<std::string> wrong_with_placeholders(std::string_view text) {
  for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open)) {
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) return "a { without }; write %7B for a brace itself";
    const auto name = text.substr(open + 1, close - open - 1);
    if (name != kTokenPlaceholder && !is_payload_key(name))
      return "no placeholder is called {" + std::string(name) + "}; there are {token}, " + payload_key_list();
    open = close;
  }
  return std::nullopt;
}

bool is_ipv6(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address && !address->is_v4();
}

bool is_host_name(std::string_view host) {
  const auto is_part_of_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return host.front() != '-' && host.front() != '.' && std::all_of(host.begin(), host.end(), is_part_of_name);
}

}  // namespace

std::optional<std::string> wrong_with_webhook_url(std::string_view url) {
  if (url.empty()) return std::nullopt;
  if (!begins_with_scheme(url, "http://") && !begins_with_scheme(url, "https://"))
    return "it must begin with http:// or https://";
  if (!std::all_of(url.begin(), url.end(), is_printable))
    return "blanks and characters other than ASCII must be percent-encoded";
  const auto host = url.find("//") + 2;
  const auto path = std::min(url.find_first_of("/?#", host), url.size());
  if (path == host) return "it names no host";
  // Clients choose the values of placeholders; they must not choose the receiver.
  if (url.substr(0, path).find_first_of("{}") != std::string_view::npos)
    return "placeholders may stand after the host only";
  return wrong_with_placeholders(url.substr(path));
}

std::optional<std::string> wrong_with_command(std::string_view command) {
  if (command.empty()) return std::nullopt;
  const auto words = split_command(command);
  if (words.empty() || words.front().front() != '/') return "it must begin with an absolute path";
  return std::nullopt;
}

std::optional<std::string> wrong_with_mail_address(std::string_view address) {
  if (address.empty()) return std::nullopt;
  const auto is_safe = [](char c) { return is_printable(c) && std::strchr(",;:<>()[]\\\"|", c) == nullptr; };
  if (!std::all_of(address.begin(), address.end(), is_safe) || address.front() == '-')
    return "it must be one plain address, such as postmaster or postmaster@example.com";
  return std::nullopt;
}

std::optional<std::string> wrong_with_sendmail(std::string_view sendmail) {
  if (sendmail.starts_with('/') || smtp_server(sendmail)) return std::nullopt;
  return "it must be smtp://HOST, smtp://HOST:PORT (an IPv6 address in brackets), or an absolute path";
}

std::optional<std::string> smtp_server(std::string_view sendmail) try {
  if (!sendmail.starts_with(kSmtp)) return std::nullopt;
  const auto server = sendmail.substr(kSmtp.size());
  if (server.empty()) return to_string("127.0.0.1", kSmtpPort);
  const HostPort where = parse_host_port(server);
  const bool good = server.starts_with('[') ? is_ipv6(where.host) : is_host_name(where.host);
  if (!good) return std::nullopt;
  return to_string(where.host, where.port.value_or(kSmtpPort));
} catch (const std::invalid_argument&) {
  return std::nullopt;
}

std::optional<WrongSetting> wrong_with(const NotifySettings& settings) {
  if (const auto why = wrong_with_webhook_url(settings.webhook_url)) return WrongSetting{"webhook-url", *why};
  if (const auto why = wrong_with_command(settings.command)) return WrongSetting{"command", *why};
  if (const auto why = wrong_with_mail_address(settings.mail_to)) return WrongSetting{"mail-to", *why};
  if (const auto why = wrong_with_mail_address(settings.mail_from)) return WrongSetting{"mail-from", *why};
  if (!settings.mail_to.empty() && settings.mail_from.empty())
    return WrongSetting{"mail-from", "a mail must say from whom it is"};
  if (const auto why = wrong_with_sendmail(settings.sendmail)) return WrongSetting{"sendmail", *why};
  if (!settings.webhook_url.empty() && settings.webhook_token != WebhookToken::None &&
      settings.webhook_secret_file.empty())
    return WrongSetting{"webhook-token", "a token needs a webhook-secret-file"};
  const bool url_has_token = settings.webhook_url.find("{token}") != std::string::npos;
  if (url_has_token && settings.webhook_token == WebhookToken::None)
    return WrongSetting{"webhook-url", "{token} needs a webhook-token other than none"};
  if (settings.enabled() && !settings.spool.starts_with('/'))
    return WrongSetting{"spool", "it must be an absolute path"};
  if (settings.timeout <= Milliseconds(0)) return WrongSetting{"timeout", "it must be more than 0"};
  return std::nullopt;
}

std::vector<std::string> split_command(std::string_view command) {
  std::istringstream in{std::string(command)};
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

}  // namespace mailreeve
