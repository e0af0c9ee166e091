// SPDX-License-Identifier: BSD-2-Clause
// One libcurl transfer, which runs until it ends, times out or is interrupted.
// Used by the files that implement a protocol with it.
#ifndef MAILREEVE_NOTIFY_TRANSFER_H
#define MAILREEVE_NOTIFY_TRANSFER_H

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/interrupt.h"
#include "util/time.h"

namespace mailreeve {

// All members throw std::runtime_error if libcurl does not work at all.
class Transfer {
 public:
  Transfer(Milliseconds timeout, const Interrupt& stop);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // If the value is a pointer, its target must outlive the transfer.
  template <class Value>
  void set(CURLoption option, Value value) {
    require(curl_easy_setopt(handle_.get(), option, value) == CURLE_OK);
  }
  void set_list(CURLoption option, const std::vector<std::string>& lines);

  // Call once. Returns nullopt if interrupted.
  std::optional<CURLcode> run();

  // The protocol's status; 0 if there is none.
  int status() const;
  bool has_begun_to_answer() const;
  std::string words_for(CURLcode result) const;

 private:
  struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  struct FreeMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };
  using Handle = std::unique_ptr<CURL, Free>;
  using Multi = std::unique_ptr<CURLM, FreeMulti>;
  using List = std::unique_ptr<curl_slist, Free>;

  static void require(bool done);

  const Interrupt& stop_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::vector<List> lists_;
  Handle handle_;
  Multi multi_;
};

}  // namespace mailreeve

#endif
