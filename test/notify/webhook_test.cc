// SPDX-License-Identifier: BSD-2-Clause
#include "notify/webhook.h"

#include <config.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "test/contract/temp_directory.h"
#include "test/notify/fixture.h"
#include "util/secret_file.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

bool has(const HttpRequest& request, const std::string& header) {
  return std::find(request.headers.begin(), request.headers.end(), header) != request.headers.end();
}

bool has_name(const HttpRequest& request, const std::string& name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const auto& header) { return header.starts_with(name + ":"); });
}

}  // namespace

class WebhookTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebhookTest);
  CPPUNIT_TEST(the_body_has_the_keys_of_policydrateguard_first);
  CPPUNIT_TEST(addresses_that_are_not_there_are_null);
  CPPUNIT_TEST(what_is_no_utf8_breaks_no_json);
  CPPUNIT_TEST(values_in_the_url_are_percent_encoded);
  CPPUNIT_TEST(a_token_goes_where_the_url_wants_it_or_into_the_header);
  CPPUNIT_TEST(without_a_secret_nothing_is_signed);
  CPPUNIT_TEST(a_secret_is_the_first_line_and_must_be_usable);
  CPPUNIT_TEST(statuses_mean_delivered_refused_or_later);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  NotifySettings settings_;

 public:
  void setUp() override {
    setenv("TZ", "UTC-02:00", 1);
    tzset();
    settings_.webhook_url = "https://hook.example/in";
    settings_.host = "mx1.example.com";
  }
  void tearDown() override {
    unsetenv("TZ");
    tzset();
  }

  void use_secret(WebhookToken token, const std::string& text = kSecret + "\n") {
    settings_.webhook_token = token;
    settings_.webhook_secret_file = directory_.file("secret");
    write_file(settings_.webhook_secret_file, text);
  }

  HttpRequest request(const Notification& what = sample()) const {
    return Webhook(settings_).request(what, start_time());
  }

  void the_body_has_the_keys_of_policydrateguard_first() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"msgid":"4XyZ123","sender":"test@example.com","client_address":"192.0.2.7",)"
                    R"("client_name":"client.example.net","rcpt_count":12,"from_addr":"from@example.com",)"
                    R"("to_addr":"to@example.org","timestamp":"2026-09-21 16:13:20","quota":100,)"
                    R"("quota_reset":50,"used":112,"event":"quota-exceeded","host":"mx1.example.com",)"
                    R"("ref":"r-1","program":"mailreeve"})"),
        request().body);
    auto other = sample();
    other.notice = Notice::Unauthorized;
    CPPUNIT_ASSERT(request(other).body.find(R"("event":"unauthorized-sender")") != std::string::npos);
  }

  void addresses_that_are_not_there_are_null() {
    auto bounce = sample();
    bounce.sender = bounce.recipient = bounce.client_name = "";
    const auto body = nlohmann::json::parse(request(bounce).body);
    CPPUNIT_ASSERT(body.at("from_addr").is_null());
    CPPUNIT_ASSERT(body.at("to_addr").is_null());
    CPPUNIT_ASSERT_EQUAL(std::string(), body.at("client_name").get<std::string>());
  }

  void what_is_no_utf8_breaks_no_json() {
    auto odd = sample(
        "\xff\"\\\n\x01"
        "b\xc3\xbc\xc3");
    odd.client_name.assign(5000, '\xe2');
    odd = well_formed(odd);
    CPPUNIT_ASSERT_EQUAL(std::string("\xef\xbf\xbd\"\\\n\x01"
                                     "b\xc3\xbc\xef\xbf\xbd"),
                         odd.user);
    CPPUNIT_ASSERT(odd.client_name.size() <= 3 * 1024);
    const auto body = nlohmann::json::parse(request(odd).body);
    CPPUNIT_ASSERT_EQUAL(odd.user, body.at("sender").get<std::string>());
  }

  void values_in_the_url_are_percent_encoded() {
    const std::pair<const char*, const char*> cases[] = {
        {"http://h/{sender}", "http://h/a%2Fb%3Fc%26d%23%40%25%C3%BC%0D%0A%20-._~"},
        {"http://h/{msgid}?n={rcpt_count}&q={quota}&r={quota_reset}&u={used}",
         "http://h/4XyZ123?n=12&q=100&r=50&u=112"},
        {"http://h/{client_address}/{client_name}/{from_addr}/{to_addr}",
         "http://h/192.0.2.7/client.example.net/from%40example.com/to%40example.org"},
        {"http://h/{timestamp}/{event}/{host}/{ref}/{program}",
         "http://h/2026-09-21%2016%3A13%3A20/quota-exceeded/mx1.example.com/r-1/mailreeve"},
        {"http://h/{ref}{ref}}", "http://h/r-1r-1%7D"},
        {"http://h/plain", "http://h/plain"},
    };
    const auto what = sample("a/b?c&d#@%\xc3\xbc\r\n -._~");
    for (const auto& [url, filled] : cases) {
      settings_.webhook_url = url;
      std::string got = request(what).url;
      if (const auto brace = got.find('}'); brace != std::string::npos) got.replace(brace, 1, "%7D");
      CPPUNIT_ASSERT_EQUAL(std::string(filled), got);
    }
  }

  void a_token_goes_where_the_url_wants_it_or_into_the_header() {
    use_secret(WebhookToken::Simple);
    const std::string token = "34caa5c52fce98bc56fa3bfd8274a92328f09a6e0b27da2b5d89c1b5c5ed05c5";
    CPPUNIT_ASSERT(has(request(), "Authorization: Bearer " + token));
    settings_.webhook_url = "https://hook.example/{token}/x";
    CPPUNIT_ASSERT_EQUAL("https://hook.example/" + token + "/x", request().url);
    CPPUNIT_ASSERT(!has_name(request(), "Authorization"));
    use_secret(WebhookToken::Jwt);
    CPPUNIT_ASSERT(request().url.starts_with("https://hook.example/eyJ"));
    CPPUNIT_ASSERT(!has_name(request(), "Authorization"));
    settings_.webhook_url = "https://hook.example/";
    CPPUNIT_ASSERT(has_name(request(), "Authorization"));
  }

  void without_a_secret_nothing_is_signed() {
    CPPUNIT_ASSERT(!has_name(request(), "X-Mailreeve-Signature"));
    CPPUNIT_ASSERT(!has_name(request(), "Authorization"));
    CPPUNIT_ASSERT(has(request(), "User-Agent: mailreeve/" PACKAGE_VERSION));
    CPPUNIT_ASSERT(has(request(), "Accept: application/json"));
    CPPUNIT_ASSERT(has(request(), "Content-Type: application/json"));
    // A secret signs even without a token.
    use_secret(WebhookToken::None);
    CPPUNIT_ASSERT(has_name(request(), "X-Mailreeve-Signature"));
    CPPUNIT_ASSERT(!has_name(request(), "Authorization"));
  }

  void a_secret_is_the_first_line_and_must_be_usable() {
    use_secret(WebhookToken::Simple);
    settings_.webhook_url = "https://hook.example/{token}";
    const std::string alone = request().url;
    use_secret(WebhookToken::Simple, kSecret + "\r\nits comment\n");
    CPPUNIT_ASSERT_EQUAL(alone, request().url);
    use_secret(WebhookToken::Simple, "");
    CPPUNIT_ASSERT_THROW(Webhook{settings_}, SecretFileError);
    use_secret(WebhookToken::Jwt, "not base64");
    CPPUNIT_ASSERT_THROW(Webhook{settings_}, std::runtime_error);
    settings_.webhook_secret_file = directory_.file("missing");
    CPPUNIT_ASSERT_THROW(Webhook{settings_}, SecretFileError);
  }

  void statuses_mean_delivered_refused_or_later() {
    using Result = Attempt::Result;
    for (const int status : {200, 201, 202, 204, 299})
      CPPUNIT_ASSERT(judge_status(status).result == Result::Delivered);
    for (const int status : {400, 405, 410, 413, 414, 415, 422})
      CPPUNIT_ASSERT(judge_status(status).result == Result::Refused);
    for (const int status : {100, 301, 302, 307, 308, 401, 403, 404, 406, 407, 408, 409,
                             411, 412, 416, 425, 429, 499, 500, 501, 502, 503, 599, 600})
      CPPUNIT_ASSERT(judge_status(status).result == Result::Failed);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebhookTest);
