// SPDX-License-Identifier: BSD-2-Clause
// The notifier with a real receiver, a real command, and a fake sendmail(1).
#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "notify/notifier.h"
#include "test/contract/program.h"
#include "test/contract/temp_directory.h"
#include "test/notify/fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

std::string source(const std::string& file) {
  const char* top = std::getenv("abs_top_srcdir");
  return std::string(top == nullptr ? "." : top) + "/test/notify/" + file;
}

// A running test/notify/receiver.py.
class Receiver {
 public:
  explicit Receiver(const std::string& answers, int port = 0, const std::string& secret = kSecret,
                    const std::string& certificate = "")
      : program_({"/usr/bin/env", "python3", source("receiver.py"), "--answers", answers, "--port",
                  std::to_string(port), "--secret", secret, "--certificate", certificate}) {
    const std::string line = program_.read_line();
    if (!line.starts_with("port ")) throw std::runtime_error("the receiver does not start: " + line);
    port_ = std::stoi(line.substr(5));
  }

  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  // Waits for the next request and returns it.
  nlohmann::json next() { return nlohmann::json::parse(program_.read_line()); }
  // Ends it, and returns the remaining requests.
  std::vector<nlohmann::json> rest() {
    program_.close_input();
    std::vector<nlohmann::json> out;
    for (std::string line = program_.read_line(); !line.empty(); line = program_.read_line())
      out.push_back(nlohmann::json::parse(line));
    return out;
  }

 private:
  Program program_;
  int port_ = 0;
};

// A port of loopback where nothing listens during this object's lifetime.
class ClosedPort {
 public:
  ClosedPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_, any, length) != 0 || getsockname(socket_, any, &length) != 0)
      throw std::runtime_error("no free port");
    port_ = ntohs(address.sin_port);
  }
  ~ClosedPort() { close(socket_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

}  // namespace

class DeliveryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DeliveryTest);
  CPPUNIT_TEST(a_notification_arrives_once);
  CPPUNIT_TEST(a_server_in_trouble_is_asked_again);
  CPPUNIT_TEST(a_receiver_that_is_deployed_anew_is_asked_again);
  CPPUNIT_TEST(a_receiver_that_is_down_gets_it_when_it_is_up);
  CPPUNIT_TEST(a_receiver_that_hangs_is_left_after_the_time_out);
  CPPUNIT_TEST(a_receiver_that_hangs_does_not_hold_up_the_stop);
  CPPUNIT_TEST(a_410_ends_it);
  CPPUNIT_TEST(redirects_are_not_followed);
  CPPUNIT_TEST(an_endless_answer_is_cut_off);
  CPPUNIT_TEST(an_endless_header_is_cut_off_and_told_as_such);
  CPPUNIT_TEST(a_server_that_speaks_no_tls_is_told_nothing);
  CPPUNIT_TEST(a_server_with_a_certificate_of_its_own_making_is_told_nothing);
  CPPUNIT_TEST(the_receiver_can_verify_the_signature);
  CPPUNIT_TEST(each_attempt_has_a_jwt_of_its_own);
  CPPUNIT_TEST(a_kill_loses_nothing_that_was_kept);
  CPPUNIT_TEST(a_kill_at_any_moment_leaves_a_usable_spool);
  CPPUNIT_TEST(a_command_is_run);
  CPPUNIT_TEST(a_mail_is_given_to_sendmail);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  const std::string spool_ = directory_.file("spool");
  NotifySettings settings_;
  Events log_;
  StepClock clock_;

 public:
  void setUp() override {
    // Bypasses any proxy.
    setenv("no_proxy", "127.0.0.1", 1);
    settings_.spool = spool_;
    settings_.host = "mx1.example.com";
    settings_.timeout = Milliseconds(10000);
  }

  std::unique_ptr<Notifier> start() {
    return std::make_unique<Notifier>(settings_, log_, clock_, kImpatient);
  }

  void use_secret(WebhookToken token) {
    settings_.webhook_token = token;
    settings_.webhook_secret_file = directory_.file("secret");
    write_file(settings_.webhook_secret_file, kSecret + "\n");
  }

  void a_notification_arrives_once() {
    Receiver receiver("200");
    settings_.webhook_url = receiver.url("/hook/{sender}?n={rcpt_count}");
    const auto notifier = start();
    notifier->add(sample("j\xc3\xb6rg@example.com"));
    log_.wait(Event::NotificationSent, 1);
    notifier->stop();
    const auto request = receiver.next();
    CPPUNIT_ASSERT_EQUAL(std::string("/hook/j%C3%B6rg%40example.com?n=12"),
                         request.at("path").get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string("j\xc3\xb6rg@example.com"),
                         request.at("body").at("sender").get<std::string>());
    CPPUNIT_ASSERT_EQUAL(12, request.at("body").at("rcpt_count").get<int>());
    CPPUNIT_ASSERT(request.at("headers").at("User-Agent").get<std::string>().starts_with("mailreeve/"));
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"),
                         request.at("headers").at("Accept").get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"),
                         request.at("headers").at("Content-Type").get<std::string>());
    CPPUNIT_ASSERT(!request.at("headers").contains("Expect"));
    CPPUNIT_ASSERT(receiver.rest().empty());
    CPPUNIT_ASSERT(files_in(spool_).empty());
  }

  // The receiver gets four requests; the log, only the first failure, whose fields are returned.
  auto told_of_the_first_of_four(const char* answers) {
    Receiver receiver(answers);
    settings_.webhook_url = receiver.url();
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, receiver.rest().size());
    const auto failed = log_.seen(Event::NotificationFailed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
    return failed[0];
  }

  void a_server_in_trouble_is_asked_again() {
    const auto failed = told_of_the_first_of_four("500,429,503,204");
    CPPUNIT_ASSERT_EQUAL(std::string("the receiver answers with status 500"), failed.at("error"));
  }

  // Its address, its secret and its permissions may be wrong for a while.
  void a_receiver_that_is_deployed_anew_is_asked_again() {
    const auto failed = told_of_the_first_of_four("404,401,403,200");
    CPPUNIT_ASSERT_EQUAL(std::string("retry"), failed.at("next"));
  }

  void a_receiver_that_is_down_gets_it_when_it_is_up() {
    auto closed = std::make_unique<ClosedPort>();
    const int port = closed->port();
    settings_.webhook_url = "http://127.0.0.1:" + std::to_string(port) + "/";
    const auto notifier = start();
    for (const char* user : {"a", "b", "c"}) notifier->add(sample(user));
    const auto failed = log_.wait(Event::NotificationFailed, 1);
    CPPUNIT_ASSERT_EQUAL(std::string("retry"), failed[0].at("next"));
    closed.reset();
    Receiver receiver("200", port);
    log_.wait(Event::NotificationSent, 3);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, receiver.rest().size());
  }

  void a_receiver_that_hangs_is_left_after_the_time_out() {
    Receiver receiver("hang,200");
    settings_.webhook_url = receiver.url();
    settings_.timeout = Milliseconds(300);
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, receiver.rest().size());
    const auto failed = log_.seen(Event::NotificationFailed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
    CPPUNIT_ASSERT_MESSAGE(failed[0].at("error"),
                           failed[0].at("error").find("timed out") != std::string::npos);
  }

  void a_receiver_that_hangs_does_not_hold_up_the_stop() {
    Receiver receiver("hang");
    settings_.webhook_url = receiver.url();
    settings_.timeout = Milliseconds(60000);
    const auto notifier = start();
    notifier->add(sample());
    receiver.next();
    const Deadline second(Milliseconds(1000));
    notifier->stop();
    CPPUNIT_ASSERT(!second.passed());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, files_in(spool_).size());
  }

  void a_410_ends_it() {
    Receiver receiver("410");
    settings_.webhook_url = receiver.url();
    const auto notifier = start();
    notifier->add(sample());
    const auto failed = log_.wait(Event::NotificationFailed, 1);
    notifier->stop();
    CPPUNIT_ASSERT_EQUAL(std::string("given-up"), failed[0].at("next"));
    CPPUNIT_ASSERT_EQUAL(std::string("the receiver answers with status 410"), failed[0].at("error"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, receiver.rest().size());
    CPPUNIT_ASSERT(files_in(spool_).empty());
  }

  void redirects_are_not_followed() {
    Receiver receiver("307,307,200");
    settings_.webhook_url = receiver.url("/here");
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    const auto requests = receiver.rest();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, requests.size());
    for (const auto& request : requests)
      CPPUNIT_ASSERT_EQUAL(std::string("/here"), request.at("path").get<std::string>());
  }

  void an_endless_answer_is_cut_off() {
    Receiver receiver("flood");
    settings_.webhook_url = receiver.url();
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, receiver.rest().size());
  }

  void an_endless_header_is_cut_off_and_told_as_such() {
    for (const std::string answer : {"status-line", "header-line", "header-lines", "interim"}) {
      Receiver receiver(answer + ",200");
      settings_.webhook_url = receiver.url();
      Events log;
      Notifier notifier(settings_, log, clock_, kImpatient);
      notifier.add(sample());
      log.wait(Event::NotificationSent, 1);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(answer, std::string("the header of the answer is too long"),
                                   log.wait(Event::NotificationFailed, 1)[0].at("error"));
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, receiver.rest().size());
    }
  }

  void a_server_that_speaks_no_tls_is_told_nothing() {
    Receiver receiver("200");
    settings_.webhook_url = "https" + receiver.url().substr(4);
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationFailed, 1);
    notifier->stop();
    CPPUNIT_ASSERT(receiver.rest().empty());
    CPPUNIT_ASSERT(log_.seen(Event::NotificationSent).empty());
  }

  void a_server_with_a_certificate_of_its_own_making_is_told_nothing() {
    const std::string key = directory_.file("key.pem");
    const std::string certificate = directory_.file("certificate.pem");
    Program({"/usr/bin/env", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate})
        .read_to_end();
    write_file(certificate, read_file(certificate) + read_file(key));
    Receiver receiver("200", 0, kSecret, certificate);
    settings_.webhook_url = "https" + receiver.url().substr(4);
    const auto notifier = start();
    notifier->add(sample());
    const std::string error = log_.wait(Event::NotificationFailed, 1)[0].at("error");
    CPPUNIT_ASSERT_MESSAGE(error, error.find("certificate") != std::string::npos);
    notifier->stop();
    CPPUNIT_ASSERT(receiver.rest().empty());
  }

  void the_receiver_can_verify_the_signature() {
    use_secret(WebhookToken::Simple);
    Receiver good("200");
    settings_.webhook_url = good.url();
    auto notifier = start();
    notifier->add(sample("\xff\"\n"));
    log_.wait(Event::NotificationSent, 1);
    notifier.reset();
    const auto request = good.next();
    CPPUNIT_ASSERT(request.at("signed").get<bool>());
    CPPUNIT_ASSERT(request.at("headers").contains("Authorization"));
    // A receiver with another secret finds it wrong.
    Receiver other("200", 0, "another");
    settings_.webhook_url = other.url();
    notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 2);
    CPPUNIT_ASSERT(!other.next().at("signed").get<bool>());
  }

  void each_attempt_has_a_jwt_of_its_own() {
    use_secret(WebhookToken::Jwt);
    Receiver receiver("500,200");
    settings_.webhook_url = receiver.url();
    const StepClock clock(Milliseconds(30000));
    Notifier notifier(settings_, log_, clock, kImpatient);
    notifier.add(sample());
    log_.wait(Event::NotificationSent, 1);
    const auto requests = receiver.rest();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, requests.size());
    for (const auto& request : requests) {
      const auto& claims = request.at("claims");
      CPPUNIT_ASSERT(claims.is_object());
      CPPUNIT_ASSERT_EQUAL(std::string("test@example.com"), claims.at("sub").get<std::string>());
      CPPUNIT_ASSERT_EQUAL(std::string("policyd-rate-guard"), claims.at("iss").get<std::string>());
      CPPUNIT_ASSERT_EQUAL(claims.at("iat").get<long>() + 60, claims.at("exp").get<long>());
    }
    CPPUNIT_ASSERT(requests[0].at("claims").at("iat") < requests[1].at("claims").at("iat"));
  }

  // Starts the other process, which adds `count` notifications for users
  // "ROUND-NUMBER" and prints "kept N" for each.
  Program child(const std::string& url, int round, int count) const {
    return Program({"notify_crash_child", spool_, url, std::to_string(round), std::to_string(count)});
  }

  void a_kill_loses_nothing_that_was_kept() {
    const ClosedPort closed;
    constexpr int kCount = 20;
    {
      Program sender = child("http://127.0.0.1:" + std::to_string(closed.port()) + "/", 0, kCount);
      std::string line;
      while (line != "kept 20\n") {
        line = sender.read_line();
        CPPUNIT_ASSERT(!line.empty());
      }
      sender.kill();
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{kCount}, files_in(spool_).size());
    Receiver receiver("200");
    settings_.webhook_url = receiver.url();
    const auto notifier = start();
    log_.wait(Event::NotificationSent, kCount);
    notifier->stop();
    std::set<std::string> users;
    for (const auto& request : receiver.rest())
      users.insert(request.at("body").at("sender").get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::size_t{kCount}, users.size());
    CPPUNIT_ASSERT(files_in(spool_).empty());
  }

  void a_kill_at_any_moment_leaves_a_usable_spool() {
    const ClosedPort closed;
    std::set<std::string> promised;
    for (int round = 0; round < 8; ++round) {
      Program sender = child("http://127.0.0.1:" + std::to_string(closed.port()) + "/", round, 1000);
      std::istringstream said(sender.read_line() + sender.read_for(Milliseconds(3 * round)));
      sender.kill();
      int kept = 0;
      for (std::string word; said >> word >> kept;) continue;
      for (int i = 0; i < kept; ++i) promised.insert(std::to_string(round) + "-" + std::to_string(i));
      // This test must not reach the limit of the spool.
      if (promised.size() > 800) break;
    }
    CPPUNIT_ASSERT(promised.size() >= 2);
    std::set<std::string> found;
    int skipped = 0;
    for (const auto& pending : Spool(spool_).load([&](const auto&, const auto&) { ++skipped; }))
      found.insert(pending.what.user);
    CPPUNIT_ASSERT_EQUAL(0, skipped);
    for (const auto& user : promised) CPPUNIT_ASSERT_MESSAGE(user, found.count(user) == 1);
  }

  void a_command_is_run() {
    settings_.command =
        write_script(directory_.file("tell"),
                     "cat >\"$1/json\"\n"
                     "echo \"$MAILREEVE_EVENT $MAILREEVE_USER $MAILREEVE_USED\" >\"$1/environment\"\n"
                     "[ -e \"$1/again\" ] || { touch \"$1/again\"; echo not now; exit 1; }\n") +
        " " + directory_.path();
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    const auto failed = log_.seen(Event::NotificationFailed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
    CPPUNIT_ASSERT(failed[0].at("error").ends_with("exit status 1: not now"));
    CPPUNIT_ASSERT_EQUAL(std::string("quota-exceeded test@example.com 112\n"),
                         read_file(directory_.file("environment")));
    CPPUNIT_ASSERT_EQUAL(112,
                         nlohmann::json::parse(read_file(directory_.file("json"))).at("used").get<int>());
  }

  void a_mail_is_given_to_sendmail() {
    settings_.mail_to = "postmaster@example.com";
    settings_.sendmail =
        write_script(directory_.file("sendmail"), "directory=" + directory_.path() + "\n" +
                                                      "printf '%s\\n' \"$@\" >$directory/arguments\n"
                                                      "cat >$directory/mail\n");
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    CPPUNIT_ASSERT_EQUAL(std::string("-i\n-f\n<>\n--\npostmaster@example.com\n"),
                         read_file(directory_.file("arguments")));
    const std::string mail = read_file(directory_.file("mail"));
    CPPUNIT_ASSERT(mail.starts_with("From: mailreeve <mailreeve>\nTo: postmaster@example.com\n"));
    CPPUNIT_ASSERT(mail.ends_with("mailreevectl messages --user test@example.com\n"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DeliveryTest);
