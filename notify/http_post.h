// SPDX-License-Identifier: BSD-2-Clause
// One HTTP request and its status: no redirects, and nothing but http and https.
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
  int status = 0;     // 0: there was none
  std::string error;  // why not
  bool interrupted = false;
};

// The answer's body is read, up to 64 KiB of it, and dropped.
HttpAnswer http_post(const HttpRequest& request, Milliseconds timeout, const Interrupt& stop);

}  // namespace mailreeve

#endif
