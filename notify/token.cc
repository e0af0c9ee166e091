// SPDX-License-Identifier: BSD-2-Clause
#include "notify/token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <stdexcept>

#include "util/digest.h"

namespace mailreeve {

namespace {

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string simple_token(std::string_view secret, std::string_view user) {
  return hex(sha256(std::string(secret) + std::string(user)));
}

std::string signature(std::string_view secret, std::string_view body) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets(body), body.size(),
           reinterpret_cast<unsigned char*>(digest.data()), nullptr) == nullptr)
    throw std::runtime_error("OpenSSL makes no HMAC-SHA256");
  return hex(digest);
}

std::optional<std::string> decode_base64(std::string_view text) {
  // EVP_DecodeBlock() skips whitespace and ignores everything after "=".
  const auto end = text.find_last_not_of('=') + 1;
  const auto is_digit = [](unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  const auto padding = text.size() - end;
  if (text.size() % 4 != 0 || padding > 2 ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), is_digit))
    return std::nullopt;
  if (text.empty()) return "";
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), octets(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

}  // namespace mailreeve
