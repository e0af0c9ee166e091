// SPDX-License-Identifier: BSD-2-Clause
// Sends notifications by HTTP POST, in the form that receivers of PolicydRateGuard expect.
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

  // Tokens depend on `now`, so each attempt needs a new request.
  HttpRequest request(const Notification& what, TimePoint now) const;

 private:
  std::string token(const std::string& user, TimePoint now) const;

  const NotifySettings settings_;
  const std::string secret_;  // empty if there is none
  const std::string key_;     // Jwt: the secret, decoded from base64
};

// Returns `url` with each {key} replaced by its percent-encoded value. Leaves unknown keys in place.
std::string fill_url(std::string_view url, const Payload& values);
// Decides by the status (RFC 9110): delivered, not worth a retry, or to be retried.
Attempt judge_status(int status);

}  // namespace mailreeve

#endif
