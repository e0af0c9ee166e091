// SPDX-License-Identifier: BSD-2-Clause
// One HTTP request and its status. Allows only http and https, and follows no redirects.
#ifndef MAILREEVE_NOTIFY_HTTP_POST_H
#define MAILREEVE_NOTIFY_HTTP_POST_H

#include <string>
#include <vector>

#include "notify/interrupt.h"
#include "util/time.h"

namespace mailreeve {

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
};

struct HttpAnswer {
  int status = 0;     // 0 if there was no answer
  std::string error;  // why there was no answer
  bool interrupted = false;
};

// Reads and discards at most 64 KiB of the answer's body.
HttpAnswer http_post(const HttpRequest& request, Milliseconds timeout, const Interrupt& stop);

}  // namespace mailreeve

#endif
