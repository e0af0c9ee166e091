// SPDX-License-Identifier: BSD-2-Clause
#include "notify/jwt.h"

#include <jwt.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace mailreeve {

namespace {

constexpr long kLifetime = 60;
// Receivers may check the issuer, so it keeps this value.
constexpr const char* kIssuer = "policyd-rate-guard";

struct Free {
  void operator()(jwt_t* token) const { jwt_free(token); }
  // libjwt 1.10 has no function to free a string.
  void operator()(char* text) const { std::free(text); }
};

void require(bool done) {
  if (!done) throw std::runtime_error("libjwt makes no token");
}

}  // namespace

std::string make_jwt(std::string_view key, const std::string& user, TimePoint now) {
  jwt_t* fresh = nullptr;
  require(jwt_new(&fresh) == 0);
  const std::unique_ptr<jwt_t, Free> token(fresh);
  const long issued = std::chrono::floor<Seconds>(now).time_since_epoch().count();
  require(jwt_set_alg(fresh, JWT_ALG_HS256, reinterpret_cast<const unsigned char*>(key.data()),
                      static_cast<int>(key.size())) == 0);
  require(jwt_add_grant(fresh, "sub", user.c_str()) == 0);
  require(jwt_add_grant(fresh, "iss", kIssuer) == 0);
  require(jwt_add_grant_int(fresh, "iat", issued) == 0);
  require(jwt_add_grant_int(fresh, "nbf", issued) == 0);
  require(jwt_add_grant_int(fresh, "exp", issued + kLifetime) == 0);
  const std::unique_ptr<char, Free> text(jwt_encode_str(fresh));
  require(text != nullptr);
  return text.get();
}

}  // namespace mailreeve
