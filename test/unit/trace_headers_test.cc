// SPDX-License-Identifier: BSD-2-Clause
#include "policies/trace_headers.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "core/unicode.h"
#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

class TraceHeadersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TraceHeadersTest);
  CPPUNIT_TEST(received_spf_follows_rfc_7208);
  CPPUNIT_TEST(what_is_no_dot_atom_is_quoted);
  CPPUNIT_TEST(no_value_can_end_the_header);
  CPPUNIT_TEST(long_headers_are_folded);
  CPPUNIT_TEST(authentication_results_follow_rfc_8601);
  CPPUNIT_TEST(headers_are_ascii_unless_the_message_is_smtputf8);
  CPPUNIT_TEST(values_are_cut_at_a_character);
  CPPUNIT_TEST(what_is_no_domain_is_quoted);
  CPPUNIT_TEST(nothing_known_is_none);
  CPPUNIT_TEST(claims_to_be_ours_are_recognised);
  CPPUNIT_TEST(claims_of_others_are_left_alone);
  CPPUNIT_TEST_SUITE_END();

  Message message_;
  Findings findings_;

  static std::string unfolded(std::string text) {
    for (auto at = text.find("\n\t"); at != std::string::npos; at = text.find("\n\t"))
      text.replace(at, 2, " ");
    return text;
  }

  SpfOutcome pass() const {
    return {.result = SpfResult::Pass, .domain = "example.com", .mechanism = "ip4:192.0.2.0/24"};
  }

  std::string received(const SpfOutcome& outcome) const {
    return unfolded(received_spf(outcome, message_.session, message_.envelope, "mx.example.net").value);
  }

  std::string results() const {
    return unfolded(
        authentication_results(message_.session, message_.envelope, findings_, "mx.example.net").value);
  }

  static void assert_has(const std::string& text, const std::string& part) {
    CPPUNIT_ASSERT_MESSAGE(text, text.find(part) != std::string::npos);
  }

 public:
  void setUp() override {
    message_ = Message();
    findings_ = Findings();
  }

  void received_spf_follows_rfc_7208() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("pass (mx.example.net: example.com designates 192.0.2.7 as permitted sender) "
                    "client-ip=192.0.2.7; envelope-from=\"alice@example.com\"; helo=mx.example.com; "
                    "receiver=mx.example.net; mechanism=\"ip4:192.0.2.0/24\"; identity=mailfrom"),
        received(pass()));
    message_.envelope.sender = Address::parse("<>");
    SpfOutcome helo{.result = SpfResult::Permerror,
                    .identity = SpfIdentity::Helo,
                    .domain = "mx.example.com",
                    .problem = "two records"};
    CPPUNIT_ASSERT_EQUAL(
        std::string("permerror (mx.example.net: the SPF record of mx.example.com is wrong: "
                    "two records) client-ip=192.0.2.7; helo=mx.example.com; receiver=mx.example.net; "
                    "problem=\"two records\"; identity=helo"),
        received(helo));
  }

  void what_is_no_dot_atom_is_quoted() {
    message_.session.client = IpAddress::parse("2001:db8::7");
    message_.session.helo = "[IPv6:2001:db8::7]";
    message_.envelope.sender = Address::parse("<\"a\\\"b\"@example.com>");
    const std::string text = received(pass());
    assert_has(text, "client-ip=\"2001:db8::7\";");
    assert_has(text, "helo=\"[IPv6:2001:db8::7]\";");
    assert_has(text, "envelope-from=\"\\\"a\\\\\\\"b\\\"@example.com\";");
    message_.session.helo = "a..b";
    assert_has(received(pass()), "helo=\"a..b\";");
  }

  void no_value_can_end_the_header() {
    message_.session.helo = "x\r\nBcc: victim@example.org";
    message_.envelope.login = "a\nX-Evil: 1";
    findings_.spf = pass();
    findings_.spf->domain = "evil) (\\\x01";
    findings_.spf->problem = std::string(100000, 'p');
    findings_.spf->result = SpfResult::Permerror;
    for (const std::string& text :
         {received_spf(*findings_.spf, message_.session, message_.envelope, "mx").value,
          authentication_results(message_.session, message_.envelope, findings_, "mx").value}) {
      CPPUNIT_ASSERT(text.size() < 2000);
      CPPUNIT_ASSERT(text.find('\r') == std::string::npos);
      CPPUNIT_ASSERT(text.find('\x01') == std::string::npos);
      for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
        CPPUNIT_ASSERT_EQUAL('\t', text.at(at + 1));
    }
    assert_has(received(*findings_.spf), "of evil\\) \\(\\\\? is wrong");
  }

  void long_headers_are_folded() {
    const std::string text =
        received_spf(pass(), message_.session, message_.envelope, "mx.example.net").value;
    CPPUNIT_ASSERT(std::count(text.begin(), text.end(), '\n') >= 2);
    CPPUNIT_ASSERT(text.find("\r") == std::string::npos);
  }

  void authentication_results_follow_rfc_8601() {
    findings_.spf = pass();
    message_.session.name_check = NameCheck::Ok;
    CPPUNIT_ASSERT_EQUAL(
        std::string("mx.example.net; spf=pass smtp.mailfrom=example.com; iprev=pass policy.iprev=192.0.2.7"),
        results());
    findings_.spf->identity = SpfIdentity::Helo;
    findings_.spf->result = SpfResult::Fail;
    findings_.spf->domain = "mx.example.com";
    message_.session.client = IpAddress::parse("2001:db8::7");
    message_.session.name_check = NameCheck::Forged;
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "mx.example.net; spf=fail smtp.helo=mx.example.com; iprev=fail policy.iprev=\"2001:db8::7\""),
        results());
    findings_.spf.reset();
    message_.session.name_check = NameCheck::Unknown;
    message_.envelope.login = "alice@example.com";
    CPPUNIT_ASSERT_EQUAL(std::string("mx.example.net; auth=pass smtp.auth=\"alice@example.com\""), results());
  }

  void headers_are_ascii_unless_the_message_is_smtputf8() {
    message_.envelope.sender = Address::parse(
        "<j\xc3\xbcrg@b\xc3\xbc"
        "cher.example>");
    message_.envelope.login = "j\xc3\xbcrg";
    message_.session.helo =
        "b\xc3\xbc"
        "cher";
    findings_.spf = pass();
    findings_.spf->domain = "xn--bcher-kva.example";
    const auto both = [&] { return received(*findings_.spf) + "\n" + results(); };
    const std::string ascii = both();
    for (const char c : ascii) CPPUNIT_ASSERT(static_cast<unsigned char>(c) < 0x80);
    assert_has(ascii, "envelope-from=\"j??rg@xn--bcher-kva.example\";");
    message_.envelope.smtputf8 = true;
    assert_has(both(),
               "envelope-from=\"j\xc3\xbcrg@b\xc3\xbc"
               "cher.example\";");
    assert_has(both(), "smtp.auth=\"j\xc3\xbcrg\"");
    assert_has(both(), "smtp.mailfrom=xn--bcher-kva.example");
    // What is no UTF-8 is no part of such a message either.
    message_.session.helo =
        "b\xfc"
        "cher";
    assert_has(both(), "helo=b?cher;");
  }

  void values_are_cut_at_a_character() {
    message_.envelope.smtputf8 = true;
    for (int ascii = 0; ascii < 3; ++ascii) {
      std::string helo(static_cast<std::size_t>(ascii), 'a');
      for (int i = 0; i < 300; ++i) helo += "\xe2\x82\xac";
      message_.session.helo = helo;
      const std::string text = received(pass());
      CPPUNIT_ASSERT(is_utf8(text));
      assert_has(text, "\xe2\x82\xac\";");
    }
  }

  void what_is_no_domain_is_quoted() {
    const struct {
      const char* domain;
      const char* written;
    } rows[] = {
        {"example.com", "example.com"},
        {"under_score.example", "under_score.example"},
        {"localhost", "localhost"},
        {"a!b", "\"a!b\""},
        {"{x}", "\"{x}\""},
        {"a..b", "\"a..b\""},
        {"[192.0.2.1]", "\"[192.0.2.1]\""},
        {"", "\"\""},
        {"x;y", "\"x;y\""},
    };
    for (const auto& row : rows) {
      findings_.spf = pass();
      findings_.spf->domain = row.domain;
      CPPUNIT_ASSERT_EQUAL(std::string("mx.example.net; spf=pass smtp.mailfrom=") + row.written, results());
    }
  }

  void nothing_known_is_none() { CPPUNIT_ASSERT_EQUAL(std::string("mx.example.net; none"), results()); }

  void claims_to_be_ours_are_recognised() {
    for (const char* value : {"mx.example.net; spf=pass",
                              "MX.Example.NET; none",
                              " mx.example.net;",
                              "mx.example.net 1; none",
                              "mx.example.net(x); none",
                              "(a (nested\\) one)) mx.example.net ; none",
                              "\n\tmx.example.net; none",
                              "\"mx.example.net\"; none",
                              "\"mx.exam\\ple.net\" 1;",
                              "mx.example.net",
                              "mx.example.net.; none",
                              "(c)\r\n (d)\t mx.example.net\n; none",
                              "mx . example . net;",
                              "mx.(c)example.net;",
                              "mx.\r\n\texample.net;",
                              "\"mx\".\"example\".\"net\";",
                              "mx\".\"example.net;",
                              "\vmx.example.net;",
                              "mx.example.net\v;",
                              ")mx.example.net;",
                              "mx.example.net);",
                              "(mx.example.net;",
                              "mx.example.net/1;",
                              "mx.example.net/1 1;",
                              "mx.exam(c)ple.net;",
                              "mx.exam\x01ple.net;",
                              "\x01mx.example.net\x7f;",
                              "mx..example.net;",
                              ".mx.example.net;",
                              "mx.example.net=1;",
                              "; mx.example.net; none",
                              "m\\x.example.net;",
                              "(\\) mx.example.net;",
                              "(;) mx.example.net;",
                              "<mx.example.net>;",
                              "mx.example.net\"\";",
                              "(a) mx (b) . (c) example (d) . (e) net (f) 1 (g);"})
      CPPUNIT_ASSERT_MESSAGE(value, claims_authserv_id(value, "mx.example.net"));
    CPPUNIT_ASSERT(claims_authserv_id("mx; none", "MX."));
    CPPUNIT_ASSERT(
        claims_authserv_id("b\xc3\xbc"
                           "cher.example; none",
                           "xn--bcher-kva.example"));
  }

  void claims_of_others_are_left_alone() {
    for (const char* value :
         {"", "example.net; spf=pass", "xmx.example.net;", "mx.example.net.org; none", "(mx.example.net); x",
          "other; spf=pass mx.example.net", "\"", "((((", "\\", ";", "mx.example.net-1;", "mx.example.net1;",
          "other.example; (mx.example.net;) x", "other (mx.example.net) . example;", "mx.example; net"})
      CPPUNIT_ASSERT_MESSAGE(value, !claims_authserv_id(value, "mx.example.net"));
    // Who has no name is nobody.
    for (const char* value : {"", ";", "(x)", "\"\"; none"}) CPPUNIT_ASSERT(!claims_authserv_id(value, ""));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TraceHeadersTest);
