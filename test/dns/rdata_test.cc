// SPDX-License-Identifier: BSD-2-Clause
#include "dns/rdata.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

namespace {

// Octets may be zero, so the length must be known.
template <std::size_t size>
std::string octets(const char (&literal)[size]) {
  return {literal, size - 1};
}

std::string label(std::size_t size, char c = 'a') { return static_cast<char>(size) + std::string(size, c); }

// Asserts that nothing valid was found and nothing changed.
void assert_refused(RecordType type, const std::string& rdata) {
  DnsAnswer answer;
  CPPUNIT_ASSERT(!add_record(type, rdata, answer));
  CPPUNIT_ASSERT(answer.addresses.empty() && answer.exchangers.empty());
  CPPUNIT_ASSERT(answer.names.empty() && answer.texts.empty());
}

}  // namespace

class RdataTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RdataTest);
  CPPUNIT_TEST(names_of_hosts_and_policies_may_be_asked_about);
  CPPUNIT_TEST(what_is_no_name_is_not_asked_about);
  CPPUNIT_TEST(labels_of_any_octets_may_be_asked_about);
  CPPUNIT_TEST(addresses_have_their_exact_length);
  CPPUNIT_TEST(strings_of_a_txt_record_are_joined_without_a_blank);
  CPPUNIT_TEST(a_txt_record_keeps_any_octet);
  CPPUNIT_TEST(a_txt_record_whose_lengths_do_not_add_up_is_refused);
  CPPUNIT_TEST(an_mx_record_has_a_preference_and_a_host_in_lower_case);
  CPPUNIT_TEST(the_null_mx_is_an_empty_host);
  CPPUNIT_TEST(malformed_mx_records_are_refused);
  CPPUNIT_TEST(a_ptr_record_is_a_name_in_lower_case);
  CPPUNIT_TEST(malformed_names_are_refused);
  CPPUNIT_TEST(the_longest_name_fits_and_one_octet_more_does_not);
  CPPUNIT_TEST(a_name_that_nobody_could_look_up_is_left_out);
  CPPUNIT_TEST(no_prefix_of_a_record_is_read_beyond_its_end);
  CPPUNIT_TEST_SUITE_END();

  void names_of_hosts_and_policies_may_be_asked_about() {
    const std::string longest = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' +
                                std::string(63, 'c') + '.' + std::string(61, 'd');
    CPPUNIT_ASSERT_EQUAL(std::size_t(253), longest.size());
    for (const auto& name : {std::string("example.com"), std::string("com"), std::string("MX-1.Example.COM"),
                             std::string("_spf.example.com"), std::string("4.3.2.1.in-addr.arpa"),
                             std::string("[192.0.2.1]"), std::string("prvs=1=a+b/c:d.example.com"), longest})
      CPPUNIT_ASSERT_EQUAL(std::string_view(), name_problem(name));
  }

  void what_is_no_name_is_not_asked_about() {
    const struct {
      std::string name;
      std::string_view problem;
    } table[] = {
        {"", "the name has an empty label"},
        {".", "the name has an empty label"},
        {"example.com.", "the name has an empty label"},
        {".example.com", "the name has an empty label"},
        {"example..com", "the name has an empty label"},
        {std::string(64, 'a') + ".com", "the name has a label of more than 63 octets"},
        {"com." + std::string(64, 'a'), "the name has a label of more than 63 octets"},
        {std::string(127, '.') + std::string(127, 'a'), "the name is longer than 253 octets"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(row.problem, name_problem(row.name));
  }

  void labels_of_any_octets_may_be_asked_about() {
    const struct {
      std::string name;
      const char* escaped;
    } table[] = {
        {"mx-1._spf.Example.com", "mx-1._spf.Example.com"},
        {"exa mple.com", "exa\\032mple.com"},
        {"b\xC3\xBC"
         "cher.example",
         "b\\195\\188cher.example"},
        {"a\\.example.com", "a\\092.example.com"},
        {"a\\046b.com", "a\\092046b.com"},
        {"example.com\n", "example.com\\010"},
        {octets("example\0.com"), "example\\000.com"},
        {"a+b\"c;(@)$.com", "a\\043b\\034c\\059\\040\\064\\041\\036.com"},
    };
    for (const auto& row : table) {
      CPPUNIT_ASSERT_EQUAL(std::string_view(), name_problem(row.name));
      CPPUNIT_ASSERT_EQUAL(std::string(row.escaped), escaped_name(row.name));
    }
  }

  void addresses_have_their_exact_length() {
    DnsAnswer answer;
    CPPUNIT_ASSERT(add_record(RecordType::A, octets("\xC0\x00\x02\x01"), answer));
    CPPUNIT_ASSERT(
        add_record(RecordType::AAAA, octets("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01"), answer));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), answer.addresses.size());
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"), answer.addresses[0].text());
    CPPUNIT_ASSERT_EQUAL(std::string("2001:db8::1"), answer.addresses[1].text());
    for (const std::size_t size : {0U, 1U, 3U, 5U, 15U, 16U, 17U})
      assert_refused(RecordType::A, std::string(size, 'x'));
    for (const std::size_t size : {0U, 1U, 4U, 15U, 17U, 32U})
      assert_refused(RecordType::AAAA, std::string(size, 'x'));
  }

  void strings_of_a_txt_record_are_joined_without_a_blank() {
    DnsAnswer answer;
    CPPUNIT_ASSERT(add_record(RecordType::TXT, octets("\x03v=s\x04pf1 \0\x04-all"), answer));
    CPPUNIT_ASSERT(add_record(RecordType::TXT, octets("\0"), answer));
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), answer.texts.size());
    CPPUNIT_ASSERT_EQUAL(std::string("v=spf1 -all"), answer.texts[0]);
    CPPUNIT_ASSERT_EQUAL(std::string(), answer.texts[1]);
  }

  void a_txt_record_keeps_any_octet() {
    DnsAnswer answer;
    CPPUNIT_ASSERT(add_record(RecordType::TXT, octets("\x05\0\xFF\r\n\""), answer));
    CPPUNIT_ASSERT_EQUAL(octets("\0\xFF\r\n\""), answer.texts.at(0));
  }

  void a_txt_record_whose_lengths_do_not_add_up_is_refused() {
    for (const auto& rdata : {octets(""), octets("\x01"),
                              octets("\xFF"
                                     "abc"),
                              octets("\x01"
                                     "a\x02"
                                     "b")})
      assert_refused(RecordType::TXT, rdata);
  }

  void an_mx_record_has_a_preference_and_a_host_in_lower_case() {
    DnsAnswer answer;
    CPPUNIT_ASSERT(add_record(RecordType::MX,
                              octets("\xFF\xFE\x03MX1\x07"
                                     "Example\0"),
                              answer));
    CPPUNIT_ASSERT_EQUAL(65534U, answer.exchangers.at(0).preference);
    CPPUNIT_ASSERT_EQUAL(std::string("mx1.example"), answer.exchangers.at(0).host);
  }

  void the_null_mx_is_an_empty_host() {
    DnsAnswer answer;
    CPPUNIT_ASSERT(add_record(RecordType::MX, octets("\0\0\0"), answer));
    CPPUNIT_ASSERT_EQUAL(std::string(), answer.exchangers.at(0).host);
  }

  void malformed_mx_records_are_refused() {
    for (const auto& rdata : {octets(""), octets("\0"), octets("\0\x0A"), octets("\0\x0A\x03mx"),
                              octets("\0\x0A\x02mx"), octets("\0\x0A\x02mx\0x")})
      assert_refused(RecordType::MX, rdata);
  }

  void a_ptr_record_is_a_name_in_lower_case() {
    DnsAnswer answer;
    CPPUNIT_ASSERT(add_record(RecordType::PTR,
                              octets("\x06Mail-1\x07"
                                     "Example\x03"
                                     "COM\0"),
                              answer));
    CPPUNIT_ASSERT_EQUAL(std::string("mail-1.example.com"), answer.names.at(0));
  }

  void malformed_names_are_refused() {
    const std::string table[] = {
        octets(""),  // no name
        octets("\x03"
               "com"),  // without the root's label
        octets("\x04"
               "com\0"),  // a label that runs past the end
        octets("\x03"
               "com\0\0"),   // octets after the name
        octets("\xC0\x0C"),  // compressed
        octets("\x03"
               "com\xC0\x00"),  // compressed after a label
        octets("\x40"
               "com\0"),  // reserved label types
        octets("\x80"
               "com\0"),  //
        label(63) + label(63) + label(63),
    };
    for (const auto& rdata : table) assert_refused(RecordType::PTR, rdata);
  }

  void the_longest_name_fits_and_one_octet_more_does_not() {
    const std::string most = label(63) + label(63) + label(63);
    DnsAnswer answer;
    CPPUNIT_ASSERT(add_record(RecordType::PTR, most + label(61) + octets("\0"), answer));
    CPPUNIT_ASSERT_EQUAL(std::size_t(253), answer.names.at(0).size());
    assert_refused(RecordType::PTR, most + label(62) + octets("\0"));
    assert_refused(RecordType::PTR, most + label(63) + octets("\0"));
  }

  void a_name_that_nobody_could_look_up_is_left_out() {
    const std::string table[] = {
        octets("\x01 \x03"
               "com\0"),
        octets("\x03"
               "a.b\x03"
               "com\0"),
        octets("\x03"
               "a\0b\x03"
               "com\0"),
        octets("\x02"
               "\xC3\xBC\0"),
        octets("\x04"
               "a\\b\"\0"),
    };
    for (const auto& name : table) {
      DnsAnswer answer;
      CPPUNIT_ASSERT(add_record(RecordType::PTR, name, answer));
      CPPUNIT_ASSERT(add_record(RecordType::MX, octets("\0\x0A") + name, answer));
      CPPUNIT_ASSERT(answer.names.empty() && answer.exchangers.empty());
    }
    DnsAnswer answer;
    CPPUNIT_ASSERT(add_record(RecordType::PTR, octets("\0"), answer));
    CPPUNIT_ASSERT(answer.names.empty());
  }

  // Each prefix is its own block, so that a sanitizer notices a read beyond its end.
  void no_prefix_of_a_record_is_read_beyond_its_end() {
    const std::string whole = octets(
        "\x00\x0A\x03mx1\x07"
        "example\x00\xFF\xC0\x0C\x3F");
    for (std::size_t size = 0; size <= whole.size(); ++size)
      for (std::size_t from = 0; from <= size; ++from)
        for (const auto type :
             {RecordType::A, RecordType::AAAA, RecordType::MX, RecordType::PTR, RecordType::TXT}) {
          const std::vector<char> block(whole.data() + from, whole.data() + size);
          DnsAnswer answer;
          const bool read = add_record(type, {block.data(), block.size()}, answer);
          CPPUNIT_ASSERT(!read || size > from);
        }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RdataTest);
