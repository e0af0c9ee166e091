// SPDX-License-Identifier: BSD-2-Clause
// Notifications as HTTP POST, in the form that receivers of PolicydRateGuard expect.
#ifndef MAILREEVE_NOTIFY_WEBHOOK_H
#define MAILREEVE_NOTIFY_WEBHOOK_H

#include <string>

#include "notify/http_post.h"
#include "notify/payload.h"
#include "notify/settings.h"
#include "notify/target.h"

namespace mailreeve {

class Webhook final : public Target {
 public:
  // Throws std::runtime_error with a sentence if the secret cannot be used.
  explicit Webhook(const NotifySettings& settings);

  std::string_view name() const override { return "webhook"; }
  Attempt deliver(const Notification& what, TimePoint now, const Interrupt& stop) override;

  // Tokens depend on `now`, so each attempt needs a request of its own.
  HttpRequest request(const Notification& what, TimePoint now) const;

 private:
  std::string token(const std::string& user, TimePoint now) const;

  const NotifySettings settings_;
  const std::string secret_;  // empty: none
  const std::string key_;     // Jwt: the secret, decoded from base64
};

// `url` with each {key} replaced by its value, percent-encoded. Unknown keys
// remain.
std::string fill_url(std::string_view url, const Payload& values);
// By the status (RFC 9110): whether it was delivered, or a retry is useless, or not.
Attempt judge_status(int status);

}  // namespace mailreeve

#endif
