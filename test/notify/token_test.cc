// SPDX-License-Identifier: BSD-2-Clause
#include "notify/token.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "notify/jwt.h"
#include "test/notify/fixture.h"
#include "util/digest.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

std::string decode_base64url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return decode_base64(text).value();
}

}  // namespace

class TokenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenTest);
  CPPUNIT_TEST(the_simple_token_is_that_of_policydrateguard);
  CPPUNIT_TEST(the_signature_is_that_of_rfc_4231);
  CPPUNIT_TEST(base64_is_decoded_only_if_it_is_whole);
  CPPUNIT_TEST(a_jwt_says_whom_it_is_for_and_lasts_a_minute);
  CPPUNIT_TEST_SUITE_END();

  void the_simple_token_is_that_of_policydrateguard() {
    CPPUNIT_ASSERT_EQUAL(std::string("34caa5c52fce98bc56fa3bfd8274a92328f09a6e0b27da2b5d89c1b5c5ed05c5"),
                         simple_token(kSecret, "test@example.com"));
  }

  void the_signature_is_that_of_rfc_4231() {
    // Section 4.3.
    CPPUNIT_ASSERT_EQUAL(std::string("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
                         signature("Jefe", "what do ya want for nothing?"));
  }

  void base64_is_decoded_only_if_it_is_whole() {
    const std::pair<const char*, const char*> good[] = {
        {"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYg==", "foob"}};
    for (const auto& [text, octets] : good)
      CPPUNIT_ASSERT_EQUAL(std::string(octets), decode_base64(text).value());
    for (const char* text :
         {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm9v\n", " Zm9v", "Zm 9", "Zm9-", "Z=9v"})
      CPPUNIT_ASSERT_MESSAGE(text, !decode_base64(text));
  }

  void a_jwt_says_whom_it_is_for_and_lasts_a_minute() {
    const std::string key = decode_base64(kSecret).value();
    const std::string token = make_jwt(key, "test@example.com", start_time() + Milliseconds(999));
    const auto first = token.find('.');
    const auto second = token.rfind('.');
    const auto head = nlohmann::json::parse(decode_base64url(token.substr(0, first)));
    const auto claims = nlohmann::json::parse(decode_base64url(token.substr(first + 1, second - first - 1)));
    CPPUNIT_ASSERT_EQUAL(std::string("HS256"), head.at("alg").get<std::string>());
    const nlohmann::json wanted = {{"sub", "test@example.com"},
                                   {"iss", "policyd-rate-guard"},
                                   {"iat", 1'790'000'000},
                                   {"nbf", 1'790'000'000},
                                   {"exp", 1'790'000'060}};
    CPPUNIT_ASSERT_EQUAL(wanted.dump(), claims.dump());
    CPPUNIT_ASSERT_EQUAL(signature(key, token.substr(0, second)),
                         hex(decode_base64url(token.substr(second + 1))));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenTest);
