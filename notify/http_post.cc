// SPDX-License-Identifier: BSD-2-Clause
#include "notify/http_post.h"

#include "notify/transfer.h"

namespace mailreeve {

namespace {

constexpr std::size_t kLongestAnswer = 64UL * 1024;
constexpr std::size_t kLongestHeader = 64UL * 1024;

// Returning less than what arrived ends the transfer.
template <std::size_t most>
std::size_t count_up_to(const char* /*octets*/, std::size_t size, std::size_t count, void* so_far) {
  auto& total = *static_cast<std::size_t*>(so_far);
  total += size * count;
  return total <= most ? size * count : 0;
}

}  // namespace

HttpAnswer http_post(const HttpRequest& request, Milliseconds timeout, const Interrupt& stop) {
  std::size_t answer_size = 0;
  std::size_t header_size = 0;
  Transfer transfer(timeout, stop);
  transfer.set(CURLOPT_PROTOCOLS_STR, "http,https");
  transfer.set(CURLOPT_FOLLOWLOCATION, 0L);
  transfer.set(CURLOPT_SSL_VERIFYPEER, 1L);
  transfer.set(CURLOPT_SSL_VERIFYHOST, 2L);
  transfer.set(CURLOPT_WRITEFUNCTION, count_up_to<kLongestAnswer>);
  transfer.set(CURLOPT_WRITEDATA, &answer_size);
  transfer.set(CURLOPT_HEADERFUNCTION, count_up_to<kLongestHeader>);
  transfer.set(CURLOPT_HEADERDATA, &header_size);
  transfer.set(CURLOPT_URL, request.url.c_str());
  transfer.set_list(CURLOPT_HTTPHEADER, request.headers);
  transfer.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  transfer.set(CURLOPT_COPYPOSTFIELDS, request.body.c_str());

  const auto result = transfer.run();
  if (!result) return {.status = 0, .error = "interrupted", .interrupted = true};
  // We ended the transfer ourselves, after the status had arrived.
  const bool cut_off = *result == CURLE_WRITE_ERROR && answer_size > kLongestAnswer;
  if (*result == CURLE_OK || cut_off) return {.status = transfer.status(), .error = {}, .interrupted = false};
  // libcurl reports a line of more than 100 KiB as lack of memory.
  if (header_size > kLongestHeader || (*result == CURLE_OUT_OF_MEMORY && transfer.has_begun_to_answer()))
    return {.status = 0, .error = "the header of the answer is too long", .interrupted = false};
  return {.status = 0, .error = transfer.words_for(*result), .interrupted = false};
}

}  // namespace mailreeve
