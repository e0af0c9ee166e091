// SPDX-License-Identifier: BSD-2-Clause
// One HTTP request and its status: only http and https, and no redirects.
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
  std::string error;  // why there was none
  bool interrupted = false;
};

// Reads up to 64 KiB of the answer's body and drops it.
HttpAnswer http_post(const HttpRequest& request, Milliseconds timeout, const Interrupt& stop);

}  // namespace mailreeve

#endif
