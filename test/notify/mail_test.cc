// SPDX-License-Identifier: BSD-2-Clause
#include "notify/mail.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "notify/command_target.h"
#include "notify/payload.h"
#include "test/notify/fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

NotifySettings settings() {
  NotifySettings out;
  out.mail_to = "postmaster@example.com";
  out.sendmail = "/usr/sbin/sendmail";
  out.command = "/usr/local/bin/tell  me";
  out.host = "mx1.example.com";
  return out;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

class MailTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MailTest);
  CPPUNIT_TEST(a_mail_says_what_happened_and_where_to_look);
  CPPUNIT_TEST(a_mail_names_who_sends_as_somebody_else);
  CPPUNIT_TEST(nothing_a_client_sent_begins_a_line);
  CPPUNIT_TEST(a_user_is_one_word_of_the_shell);
  CPPUNIT_TEST(lines_are_short_enough_and_whole_in_utf8);
  CPPUNIT_TEST(sendmail_gets_the_recipient_as_an_argument);
  CPPUNIT_TEST(a_service_that_may_not_run_sendmail_says_so);
  CPPUNIT_TEST(a_command_gets_the_values_in_its_environment);
  CPPUNIT_TEST_SUITE_END();

  static std::string text(const Notification& what = sample()) {
    return mail_text(well_formed(what), settings(), start_time() + Seconds(60));
  }

  void a_mail_says_what_happened_and_where_to_look() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "From: mailreeve <mailreeve>\n"
            "To: postmaster@example.com\n"
            "Subject: [mailreeve mx1.example.com] test@example.com exceeds a quota\n"
            "Date: Mon, 21 Sep 2026 14:14:20 +0000\n"
            "Message-ID: <mailreeve.r-1@mx1.example.com>\n"
            "Auto-Submitted: auto-generated\n"
            "Precedence: bulk\n"
            "MIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: 8bit\n"
            "\n"
            "The user test@example.com sends more than a quota permits.\n"
            "\n"
            "The limit in force is 100, instead of 50; 112 are used.\n"
            "It was exceeded by a message from <from@example.com> to <to@example.org>, with 12 recipients,\n"
            "that came from client.example.net [192.0.2.7] at 2026-09-21T14:13:20.000Z.\n"
            "Its queue id is 4XyZ123. The log of mx1.example.com has it as r-1.\n"
            "\n"
            "You hear of this once per user and period. If this is not what the user\n"
            "wants to do, somebody else may know the password.\n"
            "\n"
            "To look at it:\n"
            "\n"
            "  mailreevectl quota show test@example.com\n"
            "  mailreevectl messages --user test@example.com\n"),
        text());
  }

  void a_mail_names_who_sends_as_somebody_else() {
    auto what = sample();
    what.notice = Notice::Unauthorized;
    what.recipients = 0;
    what.recipient = what.queue_id = what.client_name = "";
    const std::string mail = text(what);
    CPPUNIT_ASSERT(contains(mail, "] test@example.com tried to send as somebody else\n"));
    CPPUNIT_ASSERT(
        contains(mail, "It was a message from <from@example.com>\nthat came from [192.0.2.7] at "));
    CPPUNIT_ASSERT(!contains(mail, "limit"));
    CPPUNIT_ASSERT(!contains(mail, "queue id"));
  }

  void nothing_a_client_sent_begins_a_line() {
    const std::string plain = text();
    auto what = sample("a\r\nBcc: victim@example.net\r\n\r\nspam");
    for (std::string* value :
         {&what.queue_id, &what.ref, &what.client, &what.client_name, &what.sender, &what.recipient})
      *value = "a\n.\nBcc: victim@example.net\n\nspam\x1b[2J";
    const std::string mail = text(what);
    CPPUNIT_ASSERT_EQUAL(std::count(plain.begin(), plain.end(), '\n'),
                         std::count(mail.begin(), mail.end(), '\n'));
    CPPUNIT_ASSERT(!contains(mail, "\nBcc"));
    CPPUNIT_ASSERT(!contains(mail, "\r"));
    CPPUNIT_ASSERT(!contains(mail, "\x1b"));
  }

  void a_user_is_one_word_of_the_shell() {
    const std::pair<const char*, const char*> table[] = {
        {"a@b.example", "a@b.example"}, {"a b", "'a b'"}, {"$(reboot)", "'$(reboot)'"},
        {"it's", "'it'\\''s'"},         {"-rf", "'-rf'"}, {"", "''"},
        {"b\xc3\xbc", "'b\xc3\xbc'"},
    };
    for (const auto& [user, word] : table)
      CPPUNIT_ASSERT(contains(text(sample(user)), std::string("quota show ") + word + "\n"));
  }

  void lines_are_short_enough_and_whole_in_utf8() {
    std::string umlauts = "x";
    for (int i = 0; i < 500; ++i) umlauts += "\xc3\xbc";
    auto what = sample(umlauts);
    what.sender = what.recipient = what.client_name = umlauts;
    const std::string mail = text(what);
    const std::string head = mail.substr(0, mail.find("\n\n"));
    CPPUNIT_ASSERT(std::all_of(head.begin(), head.end(), [](unsigned char c) { return c < 0x80; }));
    for (std::size_t begin = 0; begin < mail.size();) {
      const auto end = mail.find('\n', begin);
      CPPUNIT_ASSERT(end - begin < 998);
      begin = end + 1;
    }
    // Throws if this is not UTF-8.
    CPPUNIT_ASSERT(!nlohmann::json(mail).dump().empty());
  }

  void sendmail_gets_the_recipient_as_an_argument() {
    const auto call = Mail(settings()).call(sample(), start_time());
    CPPUNIT_ASSERT((std::vector<std::string>{"/usr/sbin/sendmail", "-i", "-f", "<>", "--",
                                             "postmaster@example.com"}) == call.words);
  }

  void a_service_that_may_not_run_sendmail_says_so() {
    auto failing = settings();
    failing.sendmail = "/bin/false";
    const Interrupt stop;
    signal(SIGPIPE, SIG_IGN);
    std::string before;
    std::string after;
    // The flag belongs to a thread and cannot be cleared.
    std::thread([&] {
      before = Mail(failing).deliver(sample(), start_time(), stop).error;
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      after = Mail(failing).deliver(sample(), start_time(), stop).error;
    }).join();
    CPPUNIT_ASSERT(!contains(before, "set-group-ID") || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CPPUNIT_ASSERT(contains(after, "set-group-ID"));
  }

  void a_command_gets_the_values_in_its_environment() {
    const auto call = CommandTarget(settings()).call(sample("a\nb\x7f"));
    CPPUNIT_ASSERT((std::vector<std::string>{"/usr/local/bin/tell", "me"}) == call.words);
    for (const char* wanted :
         {"MAILREEVE_EVENT=quota-exceeded", "MAILREEVE_USER=a?b?", "MAILREEVE_TIME=2026-09-21T14:13:20.000Z",
          "MAILREEVE_HOST=mx1.example.com", "MAILREEVE_REF=r-1", "MAILREEVE_QUEUE_ID=4XyZ123",
          "MAILREEVE_CLIENT=192.0.2.7", "MAILREEVE_CLIENT_NAME=client.example.net",
          "MAILREEVE_SENDER=from@example.com", "MAILREEVE_RECIPIENT=to@example.org",
          "MAILREEVE_RECIPIENTS=12", "MAILREEVE_QUOTA=100", "MAILREEVE_QUOTA_RESET=50", "MAILREEVE_USED=112"})
      CPPUNIT_ASSERT_MESSAGE(wanted,
                             std::count(call.environment.begin(), call.environment.end(), wanted) == 1);
    CPPUNIT_ASSERT(call.input.ends_with("}\n"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MailTest);
