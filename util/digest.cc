// SPDX-License-Identifier: BSD-2-Clause
#include "util/digest.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace mailreeve {

namespace {

std::string digest(const EVP_MD* how, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size, how,
                 nullptr) != 1)
    throw std::runtime_error("OpenSSL cannot make a digest");
  out.resize(size);
  return out;
}

}  // namespace

std::string sha1(std::string_view text) { return digest(EVP_sha1(), text); }
std::string sha256(std::string_view text) { return digest(EVP_sha256(), text); }

std::string hex(std::string_view octets) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15];
  }
  return out;
}

}  // namespace mailreeve
