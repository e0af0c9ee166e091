// SPDX-License-Identifier: BSD-2-Clause
#include "spf/identity.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class IdentityTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IdentityTest);
  CPPUNIT_TEST(the_sender_is_the_identity_or_the_helo_for_bounces);
  CPPUNIT_TEST(the_helo_identity_ignores_the_sender);
  CPPUNIT_TEST(domains_become_a_labels);
  CPPUNIT_TEST(parts_are_cut_to_what_dns_could_hold);
  CPPUNIT_TEST(domains_have_two_labels_of_63_octets_at_most);
  CPPUNIT_TEST(names_are_cut_at_a_label);
  CPPUNIT_TEST(a_name_is_within_itself_and_what_it_is_below);
  CPPUNIT_TEST(reverse_names_are_those_of_dns);
  CPPUNIT_TEST_SUITE_END();

  static Identity of(const char* sender, const char* helo, SpfIdentity which = SpfIdentity::Mailfrom) {
    return identity_of({.client = *IpAddress::parse("192.0.2.1"),
                        .helo = helo,
                        .sender = Address::parse(sender),
                        .identity = which,
                        .receiver = ""});
  }

  void the_sender_is_the_identity_or_the_helo_for_bounces() {
    const struct {
      const char* sender;
      const char* local;
      const char* domain;
    } table[] = {
        {"<User@Example.COM>", "User", "example.com"},
        {"<>", "postmaster", "mx.example.net"},
        {"", "postmaster", "mx.example.net"},
        {"@example.com", "postmaster", "example.com"},
        {"user@example.com.", "user", "example.com"},
        {"postmaster", "postmaster", ""},
        {"\"a@b\"@example.com", "\"a@b\"", "example.com"},
    };
    for (const auto& row : table) {
      const Identity identity = of(row.sender, "MX.Example.net.");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sender, std::string(row.local), identity.local);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sender, std::string(row.domain), identity.domain);
      CPPUNIT_ASSERT_EQUAL(std::string("mx.example.net"), identity.helo);
    }
  }

  void the_helo_identity_ignores_the_sender() {
    const Identity identity = of("user@example.com", "mx.example.net", SpfIdentity::Helo);
    CPPUNIT_ASSERT_EQUAL(std::string("postmaster"), identity.local);
    CPPUNIT_ASSERT_EQUAL(std::string("mx.example.net"), identity.domain);
  }

  // RFC 8616 section 4
  void domains_become_a_labels() {
    const Identity identity =
        of("j@B\xc3\xbc"
           "cher.example",
           "m\xc3\xbc"
           "ller.example");
    CPPUNIT_ASSERT_EQUAL(std::string("xn--bcher-kva.example"), identity.domain);
    CPPUNIT_ASSERT_EQUAL(std::string("xn--mller-kva.example"), identity.helo);
    CPPUNIT_ASSERT_EQUAL(std::string("\xff.example"), of("a@b.example", "\xff.EXAMPLE").helo);
  }

  void parts_are_cut_to_what_dns_could_hold() {
    const std::string longer(5000, 'x');
    const Identity identity = of((longer + "@" + longer + ".com").c_str(), (longer + ".com").c_str());
    CPPUNIT_ASSERT_EQUAL(std::size_t(255), identity.local.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(255), identity.domain.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(255), identity.helo.size());
  }

  void domains_have_two_labels_of_63_octets_at_most() {
    const std::string label(63, 'x');
    std::string three = label;  // and their dots: 192 octets
    three.append(1, '.').append(label).append(1, '.').append(label).append(1, '.');
    for (const std::string& domain :
         {std::string("a.b"), std::string("_x.example.com"), label + ".com", three + std::string(61, 'y')})
      CPPUNIT_ASSERT_MESSAGE(domain, is_multi_label_domain(domain));
    for (const char* domain : {"", "localhost", "a..b", ".a.b", "a.b.", ".", "[192.0.2.1]", "[x.y]"})
      CPPUNIT_ASSERT_MESSAGE(domain, !is_multi_label_domain(domain));
    CPPUNIT_ASSERT(!is_multi_label_domain("x" + label + ".com"));
    CPPUNIT_ASSERT(!is_multi_label_domain("com.x" + label));
    CPPUNIT_ASSERT(!is_multi_label_domain(three + std::string(62, 'y')));
  }

  void names_are_cut_at_a_label() {
    const std::string tail = "." + std::string(126, 'b') + "." + std::string(125, 'c');
    CPPUNIT_ASSERT_EQUAL(std::string_view("a.b"), cut_name("a.b"));
    CPPUNIT_ASSERT_EQUAL(std::string_view("a.b"), cut_name("a.b."));
    CPPUNIT_ASSERT_EQUAL(std::string_view("a.b."), cut_name("a.b.."));
    CPPUNIT_ASSERT_EQUAL(std::string_view(), cut_name(""));
    CPPUNIT_ASSERT_EQUAL(std::size_t(252), cut_name("x" + tail).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(253), cut_name("x.y" + tail + "z").size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(127), cut_name("x.y" + tail + "zz").size());
    CPPUNIT_ASSERT_EQUAL(std::string_view(), cut_name(std::string(254, 'x')));
    const std::string exact = "z." + std::string(251, 'b');
    CPPUNIT_ASSERT_EQUAL(std::string_view(exact), cut_name(exact));
  }

  void a_name_is_within_itself_and_what_it_is_below() {
    CPPUNIT_ASSERT(is_within("example.com", "example.com"));
    CPPUNIT_ASSERT(is_within("a.b.example.com", "example.com"));
    CPPUNIT_ASSERT(!is_within("badexample.com", "example.com"));
    CPPUNIT_ASSERT(!is_within("com", "example.com"));
    CPPUNIT_ASSERT(!is_within("example.com.net", "example.com"));
  }

  void reverse_names_are_those_of_dns() {
    CPPUNIT_ASSERT_EQUAL(std::string("1.2.0.192.in-addr.arpa"), reverse_name(*IpAddress::parse("192.0.2.1")));
    CPPUNIT_ASSERT_EQUAL(
        std::string("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"),
        reverse_name(*IpAddress::parse("2001:db8::cb01")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IdentityTest);
