// SPDX-License-Identifier: BSD-2-Clause
#include "policies/client_signs.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

using namespace mailreeve;

namespace {

Session session(std::string_view client, std::string_view name, std::string_view helo) {
  Session out;
  out.client = IpAddress::parse(client);
  out.client_name = name;
  out.name_check = name == "unknown" ? NameCheck::Failed : NameCheck::Ok;
  out.local = IpAddress::parse("198.51.100.25");
  out.helo = helo;
  return out;
}

std::string sign(std::string_view client, std::string_view name, std::string_view helo) {
  const auto found = helo_sign(session(client, name, helo), "mx.example.net");
  return found ? std::string(to_string(*found)) : "";
}

bool same(std::string_view sender, std::string_view recipient) {
  return is_same_address(Address::parse(sender), Address::parse(recipient));
}

}  // namespace

class ClientSignsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientSignsTest);
  CPPUNIT_TEST(a_helo_that_is_the_verified_name_is_no_sign);
  CPPUNIT_TEST(a_helo_of_the_same_registered_domain_is_related);
  CPPUNIT_TEST(the_clients_own_address_in_brackets_is_related);
  CPPUNIT_TEST(any_other_helo_is_unrelated);
  CPPUNIT_TEST(without_a_verified_name_no_name_fits);
  CPPUNIT_TEST(no_helo_and_a_bare_address_are_signs);
  CPPUNIT_TEST(our_own_name_and_address_are_signs);
  CPPUNIT_TEST(a_sender_is_its_recipient_whatever_the_extension);
  CPPUNIT_TEST(points_are_read_and_written_back);
  CPPUNIT_TEST(points_that_are_wrong_are_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_helo_that_is_the_verified_name_is_no_sign() {
    for (const char* client : {"192.0.2.7", "2001:db8::7"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(), sign(client, "mx.example.com", "mx.example.com"));
      CPPUNIT_ASSERT_EQUAL(std::string(), sign(client, "MX.example.com", "mx.EXAMPLE.com."));
      CPPUNIT_ASSERT_EQUAL(std::string(), sign(client, "mx.xn--bcher-kva.example", "mx.b\u00fccher.example"));
    }
  }

  void a_helo_of_the_same_registered_domain_is_related() {
    CPPUNIT_ASSERT_EQUAL(std::string("helo-related"),
                         sign("192.0.2.7", "mta7.out.example.co.uk", "example.co.uk"));
    CPPUNIT_ASSERT_EQUAL(std::string("helo-related"), sign("192.0.2.7", "a.example.com", "b.c.example.com"));
    // Two customers of one registry have nothing in common.
    CPPUNIT_ASSERT_EQUAL(std::string("helo-unrelated"), sign("192.0.2.7", "a.co.uk", "b.co.uk"));
    CPPUNIT_ASSERT_EQUAL(std::string("helo-unrelated"),
                         sign("192.0.2.7", "mx.example.com", "notexample.com"));
  }

  void the_clients_own_address_in_brackets_is_related() {
    CPPUNIT_ASSERT_EQUAL(std::string("helo-related"), sign("192.0.2.7", "unknown", "[192.0.2.7]"));
    for (const char* helo : {"[IPv6:2001:db8::7]", "[ipv6:2001:DB8:0:0::7]", "[2001:db8::7]"})
      CPPUNIT_ASSERT_EQUAL(std::string("helo-related"), sign("2001:db8::7", "mx.example.com", helo));
    CPPUNIT_ASSERT_EQUAL(std::string("helo-unrelated"), sign("192.0.2.7", "mx.example.com", "[192.0.2.8]"));
  }

  void any_other_helo_is_unrelated() {
    for (const char* helo : {"localhost", "ylmf-pc", "[mx.example.com]", "[]", "[", "\xff\xfe", "a b"})
      CPPUNIT_ASSERT_EQUAL(std::string("helo-unrelated"), sign("192.0.2.7", "mx.example.com", helo));
    CPPUNIT_ASSERT_EQUAL(std::string("helo-unrelated"),
                         sign("192.0.2.7", "mx.example.com", std::string(1000, 'a')));
  }

  void without_a_verified_name_no_name_fits() {
    CPPUNIT_ASSERT_EQUAL(std::string("helo-unrelated"), sign("192.0.2.7", "unknown", "unknown"));
    Session forged = session("192.0.2.7", "mx.example.com", "mx.example.com");
    for (const auto check : {NameCheck::Forged, NameCheck::Temporary, NameCheck::Unknown}) {
      forged.name_check = check;
      CPPUNIT_ASSERT(helo_sign(forged, "") == Sign::HeloUnrelated);
    }
  }

  void no_helo_and_a_bare_address_are_signs() {
    CPPUNIT_ASSERT_EQUAL(std::string("helo-missing"), sign("192.0.2.7", "mx.example.com", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("helo-bare-address"), sign("192.0.2.7", "mx.example.com", "192.0.2.7"));
    CPPUNIT_ASSERT_EQUAL(std::string("helo-bare-address"), sign("2001:db8::7", "unknown", "2001:db8::7"));
  }

  void our_own_name_and_address_are_signs() {
    CPPUNIT_ASSERT_EQUAL(std::string("helo-ours"), sign("192.0.2.7", "mx.example.com", "MX.example.net"));
    CPPUNIT_ASSERT_EQUAL(std::string("helo-ours"), sign("192.0.2.7", "mx.example.com", "[198.51.100.25]"));
    Session unknown = session("192.0.2.7", "mx.example.com", "[198.51.100.25]");
    unknown.local.reset();
    CPPUNIT_ASSERT(helo_sign(unknown, "") == Sign::HeloUnrelated);
  }

  void a_sender_is_its_recipient_whatever_the_extension() {
    CPPUNIT_ASSERT(same("<bob@example.net>", "<Bob@EXAMPLE.net>"));
    CPPUNIT_ASSERT(same("<bob+a@example.net>", "<bob+b@example.net>"));
    CPPUNIT_ASSERT(!same("<bob@example.net>", "<alice@example.net>"));
    CPPUNIT_ASSERT(!same("<+bob@example.net>", "<+alice@example.net>"));
    CPPUNIT_ASSERT(!same("<bob@a+b.example.net>", "<bob@a+c.example.net>"));
    CPPUNIT_ASSERT(!same("<>", "<>"));
  }

  void points_are_read_and_written_back() {
    SignPoints points;
    for (const char* word : {"spf-none=7", "no-name=0", "helo-ours=100"}) points.set(word);
    CPPUNIT_ASSERT_EQUAL(7U, points.of(Sign::SpfNone));
    CPPUNIT_ASSERT_EQUAL(0U, points.of(Sign::NoName));
    CPPUNIT_ASSERT_EQUAL(100U, points.of(Sign::HeloOurs));
    CPPUNIT_ASSERT_EQUAL(2U, points.of(Sign::SpfFail));
    CPPUNIT_ASSERT_EQUAL(
        std::string("helo-related=1 helo-unrelated=2 helo-bare-address=2 helo-missing=2 helo-ours=100 "
                    "dynamic-name=2 no-name=0 same-address=1 spf-none=7 spf-softfail=1 spf-fail=2"),
        points.text());
  }

  void points_that_are_wrong_are_refused() {
    for (const char* text : {"", "spf-none", "spf-none=", "spf-none=x", "spf-none=1x", "spf-none=101",
                             "spf-none=-1", "spf-none=99999999999", "spf-none = 1", "nothing=1", "=1"}) {
      SignPoints points;
      CPPUNIT_ASSERT_THROW_MESSAGE(text, points.set(text), std::invalid_argument);
      CPPUNIT_ASSERT(points == SignPoints());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientSignsTest);
