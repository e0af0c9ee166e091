// SPDX-License-Identifier: BSD-2-Clause
#include "notify/settings.h"

#include <cppunit/extensions/HelperMacros.h>

#include "notify/retry.h"

using namespace mailreeve;

class NotifySettingsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NotifySettingsTest);
  CPPUNIT_TEST(the_defaults_are_good_and_tell_nobody);
  CPPUNIT_TEST(a_url_is_http_and_only_what_follows_the_host_varies);
  CPPUNIT_TEST(a_command_begins_with_an_absolute_path);
  CPPUNIT_TEST(an_address_is_one_plain_address);
  CPPUNIT_TEST(mail_goes_to_a_server_or_a_program);
  CPPUNIT_TEST(settings_must_agree);
  CPPUNIT_TEST(pauses_double_up_to_the_longest);
  CPPUNIT_TEST_SUITE_END();

  void the_defaults_are_good_and_tell_nobody() {
    CPPUNIT_ASSERT(!wrong_with(NotifySettings()));
    CPPUNIT_ASSERT(!NotifySettings().enabled());
  }

  void a_url_is_http_and_only_what_follows_the_host_varies() {
    for (const char* good :
         {"", "http://h", "https://h/", "HTTPS://h:8443/a?b={sender}&t={token}#x",
          "http://[::1]:80/{ref}/{used}", "http://user:word@h/", "http://h?{msgid}", "http://h/a}b"})
      CPPUNIT_ASSERT_MESSAGE(good, !wrong_with_webhook_url(good));
    for (const char* bad :
         {"h", "ftp://h/", "file:///etc/passwd", "http:/h", "http://", "http:///x", "http://h/a b",
          "http://h/\xc3\xbc", "http://h/{nobody}", "http://h/{", "http://h/{sender", "http://h/{}",
          "http://{client_name}/", "http://h{ref}/", "http://h/{{sender}}", " http://h"})
      CPPUNIT_ASSERT_MESSAGE(bad, wrong_with_webhook_url(bad));
    // The sentence names the problem.
    const auto sentence = wrong_with_webhook_url("http://h/{nobody}").value();
    CPPUNIT_ASSERT(sentence.find("{nobody}") != std::string::npos);
    CPPUNIT_ASSERT(sentence.find("{from_addr}") != std::string::npos);
  }

  void a_command_begins_with_an_absolute_path() {
    for (const char* good : {"", "/bin/true", "/usr/bin/logger -t x"})
      CPPUNIT_ASSERT_MESSAGE(good, !wrong_with_command(good));
    for (const char* bad : {"true", " ", "./x", "~/x", "-x"})
      CPPUNIT_ASSERT_MESSAGE(bad, wrong_with_command(bad));
    CPPUNIT_ASSERT((std::vector<std::string>{"/a", "b", "'c", "d'"}) == split_command(" /a  b\t'c d' "));
  }

  void an_address_is_one_plain_address() {
    for (const char* good : {"", "root", "a.b+c@example.com"})
      CPPUNIT_ASSERT_MESSAGE(good, !wrong_with_mail_address(good));
    for (const char* bad :
         {"-oQ/tmp", "a@b, c@d", "a b", "A <a@b>", "a\nBcc: x", "|/bin/sh", "\xc3\xbc@b", "\"a\"@b"})
      CPPUNIT_ASSERT_MESSAGE(bad, wrong_with_mail_address(bad));
  }

  void mail_goes_to_a_server_or_a_program() {
    const std::pair<const char*, const char*> servers[] = {
        {"smtp://", "127.0.0.1:25"},
        {"smtp://127.0.0.1", "127.0.0.1:25"},
        {"smtp://mx_1.example.com:587", "mx_1.example.com:587"},
        {"smtp://[::1]", "[::1]:25"},
        {"smtp://[2001:db8::1]:65535", "[2001:db8::1]:65535"},
    };
    for (const auto& [value, server] : servers) {
      CPPUNIT_ASSERT_MESSAGE(value, !wrong_with_sendmail(value));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(value, std::string(server), smtp_server(value).value_or("none"));
    }
    CPPUNIT_ASSERT(!wrong_with_sendmail("/usr/sbin/sendmail"));
    CPPUNIT_ASSERT(!smtp_server("/usr/sbin/sendmail"));
    for (const char* bad : {"",
                            "sendmail",
                            "smtp:",
                            "smtps://127.0.0.1",
                            "SMTP://h",
                            "smtp://h:",
                            "smtp://h:0",
                            "smtp://h:65536",
                            "smtp://h:25x",
                            "smtp://h:+25",
                            "smtp://:25",
                            "smtp://u@h",
                            "smtp://u:p@h",
                            "smtp://h/",
                            "smtp://h/x",
                            "smtp://h?x",
                            "smtp://h\r\nRCPT",
                            "smtp://h h",
                            "smtp://%0d",
                            "smtp://::1",
                            "smtp://[127.0.0.1]",
                            "smtp://[::1",
                            "smtp://[::1]x",
                            "smtp://-h",
                            "smtp://.h"})
      CPPUNIT_ASSERT_MESSAGE(bad, wrong_with_sendmail(bad));
  }

  void settings_must_agree() {
    const auto wrong = [](auto change) {
      NotifySettings settings;
      settings.webhook_url = "http://h/";
      settings.mail_to = "root";
      change(settings);
      const auto found = wrong_with(settings);
      return std::string(found ? found->option : "");
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong([](auto&) {}));
    CPPUNIT_ASSERT_EQUAL(std::string("webhook-url"), wrong([](auto& s) { s.webhook_url = "x"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("command"), wrong([](auto& s) { s.command = "x"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("mail-to"), wrong([](auto& s) { s.mail_to = "-x"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("mail-from"), wrong([](auto& s) { s.mail_from = ""; }));
    CPPUNIT_ASSERT_EQUAL(std::string("mail-from"), wrong([](auto& s) { s.mail_from = "a b"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("sendmail"), wrong([](auto& s) { s.sendmail = "sendmail"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("spool"), wrong([](auto& s) { s.spool = "spool"; }));
    CPPUNIT_ASSERT_EQUAL(std::string("timeout"), wrong([](auto& s) { s.timeout = Milliseconds(0); }));
    CPPUNIT_ASSERT_EQUAL(std::string("webhook-token"),
                         wrong([](auto& s) { s.webhook_token = WebhookToken::Simple; }));
    CPPUNIT_ASSERT_EQUAL(std::string("webhook-token"),
                         wrong([](auto& s) { s.webhook_token = WebhookToken::Jwt; }));
    CPPUNIT_ASSERT_EQUAL(std::string("webhook-url"),
                         wrong([](auto& s) { s.webhook_url = "http://h/{token}"; }));
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong([](auto& s) {
                           s.webhook_url = "http://h/{token}";
                           s.webhook_token = WebhookToken::Jwt;
                           s.webhook_secret_file = "/etc/mailreeve/secret";
                         }));
  }

  void pauses_double_up_to_the_longest() {
    const RetryRules rules;
    const std::pair<int, int> table[] = {{1, 1000},   {2, 2000},    {3, 4000},
                                         {9, 256000}, {10, 300000}, {30, 300000}};
    for (const auto& [failures, millis] : table) {
      CPPUNIT_ASSERT(rules.pause(failures, 0) == Milliseconds(millis));
      CPPUNIT_ASSERT(rules.pause(failures, 1) == Milliseconds(millis - millis / 4));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NotifySettingsTest);
