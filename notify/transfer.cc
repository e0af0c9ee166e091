// SPDX-License-Identifier: BSD-2-Clause
#include "notify/transfer.h"

#include <mutex>
#include <stdexcept>

namespace mailreeve {

namespace {

void initialize() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl does not work");
  });
}

}  // namespace

Transfer::Transfer(Milliseconds timeout, const Interrupt& stop) : stop_(stop) {
  initialize();
  handle_.reset(curl_easy_init());
  multi_.reset(curl_multi_init());
  require(handle_ != nullptr && multi_ != nullptr);
  set(CURLOPT_NOSIGNAL, 1L);
  // Lets the daemon stop even if a name server does not answer.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
  set(CURLOPT_ERRORBUFFER, error_.data());
}

Transfer::~Transfer() { curl_multi_remove_handle(multi_.get(), handle_.get()); }

void Transfer::require(bool done) {
  if (!done) throw std::runtime_error("libcurl does not work");
}

void Transfer::set_list(CURLoption option, const std::vector<std::string>& lines) {
  List& list = lists_.emplace_back();
  for (const auto& line : lines) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    require(longer != nullptr);
    (void)list.release();
    list.reset(longer);
  }
  set(option, list.get());
}

std::optional<CURLcode> Transfer::run() {
  require(curl_multi_add_handle(multi_.get(), handle_.get()) == CURLM_OK);
  for (;;) {
    int running = 0;
    require(curl_multi_perform(multi_.get(), &running) == CURLM_OK);
    if (running == 0) break;
    // libcurl shortens the wait as its own time-outs require.
    constexpr int kLongestWait = 1000;
    curl_waitfd interrupt{.fd = stop_.descriptor(), .events = CURL_WAIT_POLLIN, .revents = 0};
    require(curl_multi_poll(multi_.get(), &interrupt, 1, kLongestWait, nullptr) == CURLM_OK);
    if (stop_.raised()) return std::nullopt;
  }
  int left = 0;
  const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left);
  require(message != nullptr && message->msg == CURLMSG_DONE);
  return message->data.result;
}

int Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

bool Transfer::has_begun_to_answer() const {
  curl_off_t first_octet = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_STARTTRANSFER_TIME_T, &first_octet);
  return first_octet > 0;
}

std::string Transfer::words_for(CURLcode result) const {
  return error_[0] != '\0' ? error_.data() : curl_easy_strerror(result);
}

}  // namespace mailreeve
