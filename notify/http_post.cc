// SPDX-License-Identifier: BSD-2-Clause
#include "notify/http_post.h"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace mailreeve {

namespace {

constexpr std::size_t kLongestAnswer = 64UL * 1024;
constexpr std::size_t kLongestHeader = 64UL * 1024;

struct Free {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, Free>;
using Multi = std::unique_ptr<CURLM, FreeMulti>;
using Headers = std::unique_ptr<curl_slist, Free>;

void require(bool done) {
  if (!done) throw std::runtime_error("libcurl does not work");
}

template <class Value>
void set(const Handle& handle, CURLoption option, Value value) {
  require(curl_easy_setopt(handle.get(), option, value) == CURLE_OK);
}

Headers make_headers(const std::vector<std::string>& lines) {
  Headers list;
  for (const auto& line : lines) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    require(longer != nullptr);
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

// Less than what came ends the transfer.
template <std::size_t most>
std::size_t count_up_to(const char* /*octets*/, std::size_t size, std::size_t count, void* so_far) {
  auto& total = *static_cast<std::size_t*>(so_far);
  total += size * count;
  return total <= most ? size * count : 0;
}

// One transfer; what it points to lives as long as it does.
class Transfer {
 public:
  Transfer(const HttpRequest& request, Milliseconds timeout)
      : handle_(curl_easy_init()), multi_(curl_multi_init()), headers_(make_headers(request.headers)) {
    require(handle_ != nullptr && multi_ != nullptr);
    set(handle_, CURLOPT_NOSIGNAL, 1L);
    // A name server that does not answer keeps nobody from stopping.
    set(handle_, CURLOPT_QUICK_EXIT, 1L);
    set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
    set(handle_, CURLOPT_FOLLOWLOCATION, 0L);
    set(handle_, CURLOPT_SSL_VERIFYPEER, 1L);
    set(handle_, CURLOPT_SSL_VERIFYHOST, 2L);
    set(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    set(handle_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
    set(handle_, CURLOPT_ERRORBUFFER, error_.data());
    set(handle_, CURLOPT_WRITEFUNCTION, count_up_to<kLongestAnswer>);
    set(handle_, CURLOPT_WRITEDATA, &answer_size_);
    set(handle_, CURLOPT_HEADERFUNCTION, count_up_to<kLongestHeader>);
    set(handle_, CURLOPT_HEADERDATA, &header_size_);
    set(handle_, CURLOPT_URL, request.url.c_str());
    set(handle_, CURLOPT_HTTPHEADER, headers_.get());
    set(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    set(handle_, CURLOPT_COPYPOSTFIELDS, request.body.c_str());
    require(curl_multi_add_handle(multi_.get(), handle_.get()) == CURLM_OK);
  }
  ~Transfer() { curl_multi_remove_handle(multi_.get(), handle_.get()); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  HttpAnswer run(const Interrupt& stop) {
    for (;;) {
      int running = 0;
      require(curl_multi_perform(multi_.get(), &running) == CURLM_OK);
      if (running == 0) return answer();
      // libcurl shortens the wait to what its own time-outs want.
      constexpr int kLongestWait = 1000;
      curl_waitfd interrupt{.fd = stop.descriptor(), .events = CURL_WAIT_POLLIN, .revents = 0};
      require(curl_multi_poll(multi_.get(), &interrupt, 1, kLongestWait, nullptr) == CURLM_OK);
      if (stop.raised()) return {.status = 0, .error = "interrupted", .interrupted = true};
    }
  }

 private:
  HttpAnswer answer() const {
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left);
    require(message != nullptr && message->msg == CURLMSG_DONE);
    const CURLcode result = message->data.result;
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    // Our own doing: the status had come before.
    if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && answer_size_ > kLongestAnswer))
      return {.status = static_cast<int>(status), .error = {}, .interrupted = false};
    return {.status = 0, .error = words_for(result), .interrupted = false};
  }

  std::string words_for(CURLcode result) const {
    curl_off_t first_octet = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_STARTTRANSFER_TIME_T, &first_octet);
    // libcurl has no memory for a line of more than 100 KiB.
    if (header_size_ > kLongestHeader || (result == CURLE_OUT_OF_MEMORY && first_octet > 0))
      return "the header of the answer is too long";
    return error_[0] != '\0' ? error_.data() : curl_easy_strerror(result);
  }

  std::array<char, CURL_ERROR_SIZE> error_{};
  std::size_t answer_size_ = 0;
  std::size_t header_size_ = 0;
  Handle handle_;
  Multi multi_;
  Headers headers_;
};

}  // namespace

HttpAnswer http_post(const HttpRequest& request, Milliseconds timeout, const Interrupt& stop) {
  static std::once_flag once;
  std::call_once(once, [] { require(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
  return Transfer(request, timeout).run(stop);
}

}  // namespace mailreeve
