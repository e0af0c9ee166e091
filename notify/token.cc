// SPDX-License-Identifier: BSD-2-Clause
#include "notify/token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mailreeve {

namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(const Digest& digest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const unsigned octet : digest) {
    out += kHex[octet >> 4];
    out += kHex[octet & 15];
  }
  return out;
}

}  // namespace

std::string simple_token(std::string_view secret, std::string_view user) {
  const std::string text = std::string(secret) + std::string(user);
  Digest digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("OpenSSL makes no SHA-256");
  return hex(digest);
}

std::string signature(std::string_view secret, std::string_view body) {
  Digest digest{};
  unsigned length = digest.size();
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets(body), body.size(),
           digest.data(), &length) == nullptr)
    throw std::runtime_error("OpenSSL makes no HMAC-SHA256");
  return hex(digest);
}

std::optional<std::string> decode_base64(std::string_view text) {
  // EVP_DecodeBlock() skips blanks and ignores what is after "=".
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
