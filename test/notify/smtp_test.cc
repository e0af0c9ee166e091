// SPDX-License-Identifier: BSD-2-Clause
// Mail to a scripted server.
#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "notify/notifier.h"
#include "notify/smtp_send.h"
#include "test/contract/program.h"
#include "test/contract/temp_directory.h"
#include "test/notify/fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

using Lines = std::vector<std::string>;

// A running test/notify/smtp_server.py.
class SmtpServer {
 public:
  explicit SmtpServer(const std::string& parts)
      : program_({"/usr/bin/env", "python3", source(), "--parts", parts}) {
    const std::string line = program_.read_line();
    if (!line.starts_with("port ")) throw std::runtime_error("the server does not start: " + line);
    name_ = "127.0.0.1:" + std::to_string(std::stoi(line.substr(5)));
  }
  const std::string& name() const { return name_; }
  // Waits for the end of the next session and returns its lines.
  Lines next() { return nlohmann::json::parse(program_.read_line()).get<Lines>(); }

 private:
  static std::string source() {
    const char* top = std::getenv("abs_top_srcdir");
    return std::string(top == nullptr ? "." : top) + "/test/notify/smtp_server.py";
  }

  Program program_;
  std::string name_;
};

SmtpMail mail_to(const SmtpServer& server, const std::string& text = "Subject: x\n\nText.\n") {
  return {.server = server.name(), .helo = "mx1.example.com", .recipient = "root", .text = text};
}

constexpr Milliseconds kLong{60 * 1000};
constexpr Milliseconds kShort{1500};
// Bounded calls end within seconds; unbounded ones, after a minute or never.
constexpr Milliseconds kPatience{20 * 1000};

}  // namespace

class SmtpTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SmtpTest);
  CPPUNIT_TEST(a_mail_arrives_as_it_is_with_a_null_sender);
  CPPUNIT_TEST(a_dot_ends_no_mail_and_a_line_is_no_command);
  CPPUNIT_TEST(a_name_that_is_no_hosts_is_not_said);
  CPPUNIT_TEST(a_proxy_of_the_environment_is_not_used);
  CPPUNIT_TEST(each_refusal_is_a_failure_that_tells_the_reply);
  CPPUNIT_TEST(what_a_server_says_is_cleaned_and_cut);
  CPPUNIT_TEST(a_server_that_is_slow_at_any_step_is_left_after_the_time_out);
  CPPUNIT_TEST(a_server_that_talks_without_an_end_is_left);
  CPPUNIT_TEST(a_mail_that_was_taken_is_delivered_whatever_follows);
  CPPUNIT_TEST(an_interrupt_ends_it_at_any_step);
  CPPUNIT_TEST(nobody_listens);
  CPPUNIT_TEST(a_notification_is_tried_until_the_server_takes_it);
  CPPUNIT_TEST_SUITE_END();

  const Interrupt stop_;

 public:
  void a_mail_arrives_as_it_is_with_a_null_sender() {
    SmtpServer server("fine");
    auto mail = mail_to(server, "Subject: x\n\nb\xc3\xbc\n");
    mail.recipient = "root@example.com";
    CPPUNIT_ASSERT_EQUAL(std::string(), smtp_send(mail, kLong, stop_).error);
    CPPUNIT_ASSERT((Lines{"EHLO mx1.example.com", "MAIL FROM:<>", "RCPT TO:<root@example.com>", "DATA",
                          "Subject: x", "", "b\xc3\xbc", ".", "QUIT"}) == server.next());
  }

  void a_dot_ends_no_mail_and_a_line_is_no_command() {
    SmtpServer server("fine");
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         smtp_send(mail_to(server, ".\n\n.\nRSET\n..x\n"), kLong, stop_).error);
    CPPUNIT_ASSERT((Lines{"EHLO mx1.example.com", "MAIL FROM:<>", "RCPT TO:<root>", "DATA", "..", "", "..",
                          "RSET", "...x", ".", "QUIT"}) == server.next());
  }

  void a_name_that_is_no_hosts_is_not_said() {
    for (const char* name : {"", "a b", "x%0d%0aRSET", "x\r\nRSET", "a/b", "b\xc3\xbc"}) {
      SmtpServer server("fine");
      auto mail = mail_to(server);
      mail.helo = name;
      CPPUNIT_ASSERT_EQUAL(std::string(), smtp_send(mail, kLong, stop_).error);
      CPPUNIT_ASSERT_EQUAL(std::string("EHLO localhost"), server.next().front());
    }
  }

  void a_proxy_of_the_environment_is_not_used() {
    SmtpServer server("fine");
    setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
    const Attempt attempt = smtp_send(mail_to(server), kLong, stop_);
    unsetenv("ALL_PROXY");
    CPPUNIT_ASSERT_EQUAL(std::string(), attempt.error);
  }

  void each_refusal_is_a_failure_that_tells_the_reply() {
    const std::pair<const char*, const char*> table[] = {
        {"GREETING", "554 5.3.2 Not now"},  {"MAIL", "451 4.3.0 No room"}, {"RCPT", "550 5.1.1 No such user"},
        {"RCPT", "450 4.2.1 Mailbox busy"}, {"DATA", "554 5.5.1 None"},    {"END", "550 5.7.1 Refused"},
        {"END", "451 4.7.1 Later"},
    };
    for (const auto& [verb, reply] : table) {
      SmtpServer server(std::string(verb) + "=" + reply);
      const Attempt attempt = smtp_send(mail_to(server), kLong, stop_);
      CPPUNIT_ASSERT_MESSAGE(reply, attempt.result == Attempt::Result::Failed);
      CPPUNIT_ASSERT_EQUAL("the server " + server.name() + " answers: " + reply, attempt.error);
    }
    SmtpServer rude("MAIL=close");
    CPPUNIT_ASSERT(smtp_send(mail_to(rude), kLong, stop_).result == Attempt::Result::Failed);
  }

  void what_a_server_says_is_cleaned_and_cut() {
    SmtpServer server("RCPT=550 a\x1b[2J\tb\xc3\xbc" + std::string(2000, 'x'));
    const std::string error = smtp_send(mail_to(server), kLong, stop_).error;
    const std::string begin = "the server " + server.name() + " answers: 550 a?[2J?b??xxx";
    CPPUNIT_ASSERT_EQUAL(begin, error.substr(0, begin.size()));
    CPPUNIT_ASSERT(error.size() < 600);
  }

  void a_server_that_is_slow_at_any_step_is_left_after_the_time_out() {
    for (const char* verb : {"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "END"}) {
      SmtpServer server(std::string(verb) + "=hang");
      const Deadline patience(kPatience);
      const Attempt attempt = smtp_send(mail_to(server), kShort, stop_);
      CPPUNIT_ASSERT_MESSAGE(verb, attempt.result == Attempt::Result::Failed);
      CPPUNIT_ASSERT_MESSAGE(verb, !patience.passed());
      CPPUNIT_ASSERT_MESSAGE(attempt.error, attempt.error.find("time") != std::string::npos);
    }
  }

  void a_server_that_talks_without_an_end_is_left() {
    for (const char* verb : {"GREETING", "EHLO", "RCPT", "END"}) {
      SmtpServer server(std::string(verb) + "=flood");
      const Deadline patience(kPatience);
      CPPUNIT_ASSERT_MESSAGE(verb,
                             smtp_send(mail_to(server), kLong, stop_).result == Attempt::Result::Failed);
      CPPUNIT_ASSERT_MESSAGE(verb, !patience.passed());
    }
  }

  void a_mail_that_was_taken_is_delivered_whatever_follows() {
    for (const char* end : {"hang", "close", "flood", "500 What?"}) {
      SmtpServer server(std::string("QUIT=") + end);
      const Deadline patience(kPatience);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(end, std::string(), smtp_send(mail_to(server), kShort, stop_).error);
      CPPUNIT_ASSERT_MESSAGE(end, !patience.passed());
    }
  }

  void an_interrupt_ends_it_at_any_step() {
    for (const char* verb : {"GREETING", "RCPT", "END"}) {
      SmtpServer server(std::string(verb) + "=hang");
      Interrupt stop;
      const Deadline patience(kPatience);
      std::thread soon([&] {
        std::this_thread::sleep_for(Milliseconds(200));
        stop.raise();
      });
      const Attempt attempt = smtp_send(mail_to(server), kLong, stop);
      soon.join();
      CPPUNIT_ASSERT_MESSAGE(verb, attempt.result == Attempt::Result::Interrupted);
      CPPUNIT_ASSERT_MESSAGE(verb, !patience.passed());
    }
  }

  void nobody_listens() {
    // The system does not assign this port by itself.
    const SmtpMail mail{.server = "127.0.0.1:1", .helo = "h", .recipient = "root", .text = "x\n"};
    const Attempt attempt = smtp_send(mail, kLong, stop_);
    CPPUNIT_ASSERT(attempt.result == Attempt::Result::Failed);
    CPPUNIT_ASSERT_MESSAGE(attempt.error, attempt.error.starts_with("the server 127.0.0.1:1: "));
  }

  void a_notification_is_tried_until_the_server_takes_it() {
    SmtpServer server("RCPT=550 5.1.1 No such user,END=451 4.3.0 Later,fine");
    const TempDirectory directory;
    NotifySettings settings;
    settings.mail_to = "postmaster@example.com";
    settings.sendmail = "smtp://" + server.name();
    settings.spool = directory.file("spool");
    settings.host = "mx1.example.com";
    Events log;
    const StepClock clock;
    Notifier notifier(settings, log, clock, kImpatient);
    notifier.add(sample());
    log.wait(Event::NotificationSent, 1);
    notifier.stop();
    const auto failed = log.seen(Event::NotificationFailed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
    CPPUNIT_ASSERT_EQUAL(std::string("retry"), failed[0].at("next"));
    CPPUNIT_ASSERT(failed[0].at("error").ends_with(" answers: 550 5.1.1 No such user"));
    CPPUNIT_ASSERT(files_in(settings.spool).empty());
    const auto is_message_id = [](const std::string& line) { return line.starts_with("Message-ID:"); };
    CPPUNIT_ASSERT_EQUAL(std::string("QUIT"), server.next().back());
    const Lines refused = server.next();
    const Lines taken = server.next();
    const auto first = std::find_if(refused.begin(), refused.end(), is_message_id);
    const auto second = std::find_if(taken.begin(), taken.end(), is_message_id);
    CPPUNIT_ASSERT(first != refused.end() && second != taken.end());
    CPPUNIT_ASSERT_EQUAL(*first, *second);
    CPPUNIT_ASSERT(std::find(taken.begin(), taken.end(), "To: postmaster@example.com") != taken.end());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SmtpTest);
