// SPDX-License-Identifier: BSD-2-Clause
#include "core/address.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class AddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AddressTest);
  CPPUNIT_TEST(addresses_are_taken_apart);
  CPPUNIT_TEST(what_others_may_read_in_another_way_is_malformed);
  CPPUNIT_TEST(what_is_no_address_says_so_and_keeps_its_text);
  CPPUNIT_TEST(quoted_local_parts_have_one_spelling);
  CPPUNIT_TEST(a_plain_path_is_the_address_whatever_the_mta_says);
  CPPUNIT_TEST(what_is_not_plain_is_read_as_the_mta_reads_it);
  CPPUNIT_TEST(what_the_mta_does_not_say_is_not_guessed);
  CPPUNIT_TEST(a_bare_word_belongs_to_the_mta);
  CPPUNIT_TEST(names_are_folded_into_one_spelling);
  CPPUNIT_TEST_SUITE_END();

  void addresses_are_taken_apart() {
    const struct {
      const char* path;
      const char* text;
      const char* local;
      const char* domain;
    } table[] = {
        {"<a@Example.COM>", "a@Example.COM", "a", "example.com"},
        {"bare@sender.test", "bare@sender.test", "bare", "sender.test"},
        {"<>", "", "", ""},
        {"", "", "", ""},
        {"<\"a@b\"@example.com>", "\"a@b\"@example.com", "\"a@b\"", "example.com"},
        {"<\"a\\\"@b\"@example.com>", "\"a\\\"@b\"@example.com", "\"a\\\"@b\"", "example.com"},
        {"<@relay.test,@other.test:a@example.com>", "a@example.com", "a", "example.com"},
        {"<postmaster>", "postmaster", "postmaster", ""},
        {"<a@[192.0.2.1]>", "a@[192.0.2.1]", "a", "[192.0.2.1]"},
        {"<a@example.com.>", "a@example.com", "a", "example.com"},
        {"<j\xc3\xbcrg@b\xc3\xbc"
         "cher.example>",
         "j\xc3\xbcrg@b\xc3\xbc"
         "cher.example",
         "j\xc3\xbcrg", "xn--bcher-kva.example"},
        {"<a@B\xc3\x9c"
         "CHER.example>",
         "a@B\xc3\x9c"
         "CHER.example",
         "a", "xn--bcher-kva.example"},
    };
    for (const auto& row : table) {
      const Address address = Address::parse(row.path);
      CPPUNIT_ASSERT_EQUAL(std::string(row.text), address.text());
      CPPUNIT_ASSERT_EQUAL(std::string(row.local), std::string(address.local()));
      CPPUNIT_ASSERT_EQUAL(std::string(row.domain), address.domain());
      CPPUNIT_ASSERT_MESSAGE(row.path, !address.malformed());
    }
  }

  // Postfix reads comments, and blanks and quotes that join words: another address.
  void what_others_may_read_in_another_way_is_malformed() {
    for (const char* path : {"ceo(\")@bank.example(\"(@example.com",
                             "bob+(\")@bank.example(\"(@example.com",
                             "ceo(@example.com",
                             "(@example.com",
                             "ceo()@example.com",
                             "a b@example.com",
                             "\"a\"b@example.com",
                             "a\"b\"@example.com",
                             "\"a\".b@example.com",
                             "\"a@example.com",
                             "a\\@b@example.com",
                             "a\\b@example.com",
                             "a,b@example.com",
                             "a;b@example.com",
                             "a:b@example.com",
                             "a<b>@example.com",
                             "[a]@example.com",
                             "\"a\x01\"@example.com",
                             "\"a\\\n\"@example.com",
                             "a@[192.0.2.1 (x)]",
                             "a@[(]",
                             "a@[\"]",
                             "a@[example.com]",
                             "a@[192.0.2]",
                             "a@[ipv6:example.com]"})
      CPPUNIT_ASSERT_MESSAGE(path, Address::parse(path).malformed());
    for (const char* path : {"a..b@example.com", ".a.@example.com", "!#$%&'*+-/=?^_`{|}~@example.com",
                             "\"a b\"@example.com", "\"(\"@example.com", "\"\\\\\"@example.com",
                             "bounce=bob=example.org@example.com", "a@[IPv6:2001:db8::1]"})
      CPPUNIT_ASSERT_MESSAGE(path, !Address::parse(path).malformed());
  }

  void what_is_no_address_says_so_and_keeps_its_text() {
    for (const char* path : {"foo", "@example.com", "a@", "a@b@c", "a@exa mple.com", "a@.com", "a@b..c",
                             "a\x01@example.com", "a@\xff\xfe.example", "a@[]", "a@b\"c"}) {
      const Address address = Address::parse(path);
      CPPUNIT_ASSERT_MESSAGE(path, address.malformed());
      CPPUNIT_ASSERT_EQUAL(std::string(path), address.text());
    }
    CPPUNIT_ASSERT(Address::parse("a@" + std::string(64, 'x') + ".com").malformed());
    CPPUNIT_ASSERT(!Address::parse("a@" + std::string(63, 'x') + ".com").malformed());
  }

  void quoted_local_parts_have_one_spelling() {
    const struct {
      const char* path;
      const char* text;
    } table[] = {
        {"<\"a\"@example.com>", "a@example.com"},
        {"<\"\\a\"@example.com>", "a@example.com"},
        {"<\"a.b\"@example.com>", "a.b@example.com"},
        {"<\".a..b.\"@example.com>", ".a..b.@example.com"},
        {"<\"a b\"@example.com>", "\"a b\"@example.com"},
        {"<\"a\\ b\"@example.com>", "\"a b\"@example.com"},
        {"<\"a\\@b\"@example.com>", "\"a@b\"@example.com"},
        {"<\"a\\\"b\"@example.com>", "\"a\\\"b\"@example.com"},
        {"<\"\\\\\"@example.com>", "\"\\\\\"@example.com"},
        {"<\"\"@example.com>", "\"\"@example.com"},
    };
    for (const auto& row : table) {
      const Address address = Address::parse(row.path);
      CPPUNIT_ASSERT_EQUAL(std::string(row.text), address.text());
      CPPUNIT_ASSERT_EQUAL(std::string("example.com"), address.domain());
      CPPUNIT_ASSERT_EQUAL(address.text(), Address::parse(address.text()).text());
    }
  }

  static Address read(std::string_view path, std::string_view address, std::string_view mailer = "smtp") {
    return Address::read(path, {.address = address, .mailer = mailer, .host = "mx.example.net"});
  }

  // Sendmail leaves its own domain out, and Postfix tells in lower case.
  void a_plain_path_is_the_address_whatever_the_mta_says() {
    const struct {
      const char* path;
      const char* said;
      const char* text;
    } table[] = {
        {"<Bob@Dest.test>", "bob@dest.test", "Bob@Dest.test"},
        {"<bob@dest.test>", "bob", "bob@dest.test"},
        {"bob@dest.test", "bob@dest.test", "bob@dest.test"},
        {"<bob@dest.test.>", "bob@dest.test", "bob@dest.test"},
        {"<@a.test,@b.test:bob@dest.test>", "bob", "bob@dest.test"},
        {"<\"bob\"@dest.test>", "bob@dest.test", "bob@dest.test"},
        {"<a..b@dest.test>", "\"a..b\"@dest.test", "a..b@dest.test"},
        {"<bob+x@dest.test>", "bob+x@dest.test", "bob+x@dest.test"},
        {"<bob@[IPv6:2001:db8::1]>", "bob", "bob@[IPv6:2001:db8::1]"},
        {"<>", "", ""},
        {"", "", ""},
        {"<bob@dest.test>", "5.1.2 no such domain", "bob@dest.test"},
    };
    for (const auto& row : table) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.text), read(row.path, row.said).text());
      CPPUNIT_ASSERT_MESSAGE(row.path, !read(row.path, row.said).malformed());
      // Without a word from the MTA, too.
      CPPUNIT_ASSERT_EQUAL(std::string(row.text), read(row.path, "", "").text());
    }
  }

  // What Postfix or Sendmail says of these paths.
  void what_is_not_plain_is_read_as_the_mta_reads_it() {
    const struct {
      const char* path;
      const char* said;
      const char* text;  // null: malformed
    } table[] = {
        {"<\"a@victim.test\">", "a@victim.test", "a@victim.test"},
        {"<a%victim.test>", "a@victim.test", "a@victim.test"},
        {"<victim.test!a>", "a@victim.test", "a@victim.test"},
        {"<a@(c)victim.test>", "a@victim.test", "a@victim.test"},
        {"<<a@victim.test>>", "a@victim.test", "a@victim.test"},
        {"<a@vic\\tim.test>", "a@victim.test", "a@victim.test"},
        {"<a@vic\\tim.test>", "a@vic\\tim.test", nullptr},
        {"<group:a@victim.test;>", "a@victim.test", "a@victim.test"},
        {"<group:a@victim.test;>", "group:a@victim.test", nullptr},
        {"<a@x@victim.test>", "\"a@x\"@victim.test", "\"a@x\"@victim.test"},
        {"<@victim.test,a@x.test>", "a@x.test", "a@x.test"},
        {"<a@victim.test..>", "a@victim.test", "a@victim.test"},
        {"<a@[victim.test]>", "a@[victim.test]", nullptr},
        {"<a@\"victim.test\">", "a@\"victim.test\"", nullptr},
        {"<(a@victim.test>", "", nullptr},
        // A way through the MTA's own domain.
        {"<a%victim.test@mx.example.net>", "a@victim.test", "a@victim.test"},
        {"<\"a%victim.test\"@mx.example.net>", "a@victim.test", "a@victim.test"},
        {"<victim.test!a@mx.example.net>", "a@victim.test", "a@victim.test"},
        {"<\"a@victim.test\"@mx.example.net>", "a@victim.test", "a@victim.test"},
        {"<a%victim.test@x.test>", "a%victim.test@x.test", "a%victim.test@x.test"},
        {"<A!b@x.test>", "a!b@x.test", "A!b@x.test"},
        {"<\"A@b\"@x.test>", "\"a@b\"@x.test", "\"A@b\"@x.test"},
        // To a user of Sendmail's machine, of which domain nobody knows.
        {"<root%dest.test@mx.example.net>", "root", nullptr},
        {"<root@ dest.test>", "root", nullptr},
        {"<\"root@dest.test\">", "root", nullptr},
        {"<50%off@dest.test>", "50%off", "50%off@dest.test"},
        // append_dot_mydomain
        {"<a@victim>", "a@victim.test", "a@victim.test"},
        {"<a@localhost>", "a@localhost", "a@localhost"},
        {"<Root@localhost>", "root", "Root@localhost"},
    };
    for (const auto& row : table) {
      const Address address = read(row.path, row.said);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.path, row.text == nullptr, address.malformed());
      if (row.text != nullptr) CPPUNIT_ASSERT_EQUAL(std::string(row.text), address.text());
    }
  }

  void what_the_mta_does_not_say_is_not_guessed() {
    for (const char* path : {"<\"a@victim.test\">", "<a%victim.test>", "<victim.test!a>", "<<a@victim.test>>",
                             "<a@ victim.test>", "<a@vic\\tim.test>", "< a@victim.test>"}) {
      CPPUNIT_ASSERT_MESSAGE(path, read(path, "", "").malformed());
      // A text, not an address.
      CPPUNIT_ASSERT_MESSAGE(path, read(path, "a@x.test is wrong", "error").malformed());
    }
    CPPUNIT_ASSERT_EQUAL(std::string("a%b@x.test"), read("<a%b@x.test>", "", "").text());
    CPPUNIT_ASSERT_EQUAL(std::string("a@localhost"), read("<a@localhost>", "", "").text());
    const Address wrong = read("<a@ victim.test>", "", "");
    CPPUNIT_ASSERT_EQUAL(std::string("a@ victim.test"), wrong.text());
  }

  void a_bare_word_belongs_to_the_mta() {
    for (const char* said : {"root", "root@mx.example.net", ""}) {
      const Address address = read("<root>", said);
      CPPUNIT_ASSERT_EQUAL(std::string("root@mx.example.net"), address.text());
      CPPUNIT_ASSERT(!address.malformed());
    }
    CPPUNIT_ASSERT_EQUAL(std::string("postmaster@mx.example.net"),
                         read("<postmaster>", "postmaster").folded());
    CPPUNIT_ASSERT_EQUAL(std::string("a@mx.example.net"), read("<@victim.test:a>", "a").text());
    const Address alone = Address::read("<Root>", {.address = "root", .mailer = "local"});
    CPPUNIT_ASSERT_EQUAL(std::string("Root"), alone.text());
    CPPUNIT_ASSERT(!alone.malformed() && alone.domain().empty());
    CPPUNIT_ASSERT(read("<root root>", "root").malformed());
  }

  void names_are_folded_into_one_spelling() {
    const struct {
      const char* name;
      const char* folded;
    } table[] = {
        {"ALICE", "alice"},
        {" alice\t", "alice"},
        {"\xc2\xa0"
         "alice\xe2\x80\x83\r\n",
         "alice"},
        {"J\xc3\x9cRGEN", "j\xc3\xbcrgen"},
        {"ju\xcc\x88rgen", "j\xc3\xbcrgen"},
        {"JU\xcc\x88RGEN@X.test", "j\xc3\xbcrgen@x.test"},
        {" Alice@X.test. ", "alice@x.test"},
        {"\"Alice\"@x.test", "alice@x.test"},
        {"\xc3\x96zlem@B\xc3\x9c"
         "CHER.example",
         "\xc3\xb6zlem@xn--bcher-kva.example"},
        {"\xce\x9d\xce\x8a\xce\x9a\xce\x9f\xce\xa3", "\xce\xbd\xce\xaf\xce\xba\xce\xbf\xcf\x82"},
        {"stra\xc3\x9f"
         "e",
         "stra\xc3\x9f"
         "e"},
        {"STRASSE", "strasse"},
        {"J\xdcRGEN\xa0 ", "j\xdcrgen\xa0"},
        {"a\xc3", "a\xc3"},
        {"<A@x.test>", "<a@x.test>"},
        {"@relay.test:A@x.test", "@relay.test:a@x.test"},
        {" ", ""},
        {"", ""},
    };
    for (const auto& row : table) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.folded), fold_name(row.name));
      CPPUNIT_ASSERT_EQUAL(std::string(row.folded), fold_name(row.folded));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AddressTest);
