// SPDX-License-Identifier: BSD-2-Clause
#include "notify/webhook.h"

#include <config.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "notify/jwt.h"
#include "notify/token.h"
#include "util/secret_file.h"
#include "util/url.h"

namespace mailreeve {

namespace {

std::string secret_of(const NotifySettings& settings) {
  return settings.webhook_secret_file.empty() ? "" : read_secret_file(settings.webhook_secret_file);
}

std::string key_of(const NotifySettings& settings, const std::string& secret) {
  if (settings.webhook_token != WebhookToken::Jwt) return "";
  const auto key = decode_base64(secret);
  if (!key || key->empty())
    throw std::runtime_error("the secret in " + settings.webhook_secret_file + ": for JWT it must be base64");
  return *key;
}

// The receiver understood the request and will never accept it. Other 4xx statuses are
// temporary: 401, 403 and 404 occur while a receiver is deployed or its secret changes.
bool is_final(int status) {
  constexpr std::array kFinal{400, 405, 410, 413, 414, 415, 422};
  return std::find(kFinal.begin(), kFinal.end(), status) != kFinal.end();
}

}  // namespace

std::string fill_url(std::string_view url, const Payload& values) {
  std::string out;
  while (!url.empty()) {
    const auto open = std::min(url.find('{'), url.size());
    out += url.substr(0, open);
    url.remove_prefix(open);
    const auto close = url.find('}');
    if (close == std::string_view::npos) break;
    const auto key = url.substr(1, close - 1);
    const auto found =
        std::find_if(values.begin(), values.end(), [&](const auto& field) { return field.key == key; });
    out += found == values.end() ? std::string(url.substr(0, close + 1)) : percent_encoded(found->text());
    url.remove_prefix(close + 1);
  }
  return out += url;
}

Attempt judge_status(int status) {
  if (status >= 200 && status < 300) return Attempt::delivered();
  const std::string error = "the receiver answers with status " + std::to_string(status);
  return is_final(status) ? Attempt::refused(error) : Attempt::failed(error);
}

Webhook::Webhook(const NotifySettings& settings)
    : settings_(settings), secret_(secret_of(settings)), key_(key_of(settings, secret_)) {}

std::string Webhook::token(const std::string& user, TimePoint now) const {
  switch (settings_.webhook_token) {
    case WebhookToken::None:
      return "";
    case WebhookToken::Simple:
      return simple_token(secret_, user);
    case WebhookToken::Jwt:
      return make_jwt(key_, user, now);
  }
  return "";
}

HttpRequest Webhook::request(const Notification& what, TimePoint now) const {
  Payload values = make_payload(what, settings_.host);
  HttpRequest out;
  out.body = to_json(values);
  // "Expect:" keeps libcurl from waiting for a status 100.
  out.headers = {"User-Agent: mailreeve/" PACKAGE_VERSION, "Accept: application/json",
                 "Content-Type: application/json", "Expect:"};
  if (!secret_.empty())
    out.headers.push_back("X-Mailreeve-Signature: sha256=" + signature(secret_, out.body));
  const std::string proof = token(what.user, now);
  const bool in_url = settings_.webhook_url.find("{token}") != std::string::npos;
  if (!proof.empty() && !in_url) out.headers.push_back("Authorization: Bearer " + proof);
  values.push_back({kTokenPlaceholder, proof});
  out.url = fill_url(settings_.webhook_url, values);
  return out;
}

Attempt Webhook::deliver(const Notification& what, TimePoint now, const Interrupt& stop) {
  const HttpAnswer answer = http_post(request(what, now), settings_.timeout, stop);
  if (answer.interrupted) return Attempt::interrupted();
  if (answer.status == 0) return Attempt::failed(answer.error);
  return judge_status(answer.status);
}

}  // namespace mailreeve
