// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/packets.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdint>
#include <string>

#include "milter/native/protocol.h"

using namespace mailreeve::milter;
using namespace std::literals;

class PacketsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PacketsTest);
  CPPUNIT_TEST(a_packet_is_taken_when_its_last_octet_is_there);
  CPPUNIT_TEST(a_packet_has_its_letter_at_least);
  CPPUNIT_TEST(the_longest_packet_is_taken_and_no_longer_one);
  CPPUNIT_TEST(a_length_that_cannot_be_fails_before_the_data_comes);
  CPPUNIT_TEST(packets_are_taken_one_by_one);
  CPPUNIT_TEST(a_number_that_is_cut_off_fails);
  CPPUNIT_TEST(a_string_without_an_end_fails);
  CPPUNIT_TEST(what_is_left_over_fails);
  CPPUNIT_TEST(what_is_put_is_taken);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_packet_is_taken_when_its_last_octet_is_there() {
    const std::string whole = "\0\0\0\4Habc"s;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      std::string_view in = std::string_view(whole).substr(0, size);
      CPPUNIT_ASSERT(!take_packet(in));
      CPPUNIT_ASSERT_EQUAL(size, in.size());
    }
    std::string_view in = whole;
    const auto packet = take_packet(in);
    CPPUNIT_ASSERT(packet);
    CPPUNIT_ASSERT_EQUAL('H', packet->letter);
    CPPUNIT_ASSERT_EQUAL("abc"s, std::string(packet->data));
    CPPUNIT_ASSERT(in.empty());
  }

  void a_packet_has_its_letter_at_least() {
    std::string_view one = "\0\0\0\1A"sv;
    const auto packet = take_packet(one);
    CPPUNIT_ASSERT(packet && packet->letter == 'A' && packet->data.empty());
    const std::string none = "\0\0\0\0A"s;
    std::string_view in = none;
    CPPUNIT_ASSERT_THROW(take_packet(in), ProtocolError);
  }

  void the_longest_packet_is_taken_and_no_longer_one() {
    const std::string data(kLongestPacket - 1, 'x');
    std::string whole;
    put_packet(whole, 'B', data);
    std::string_view almost = std::string_view(whole).substr(0, whole.size() - 1);
    CPPUNIT_ASSERT(!take_packet(almost));
    std::string_view in = whole;
    const auto packet = take_packet(in);
    CPPUNIT_ASSERT(packet && packet->data == data);
    std::string longer;
    put_packet(longer, 'B', data + "x");
    in = longer;
    CPPUNIT_ASSERT_THROW(take_packet(in), ProtocolError);
  }

  void a_length_that_cannot_be_fails_before_the_data_comes() {
    for (const auto& length : {"\0\0\0\0"s, "\0\x10\0\1"s, "\xff\xff\xff\xff"s, "\x80\0\0\0"s, "GET "s}) {
      std::string_view in = length;
      CPPUNIT_ASSERT_THROW(take_packet(in), ProtocolError);
    }
  }

  void packets_are_taken_one_by_one() {
    const std::string three = "\0\0\0\1A\0\0\0\3Mx\0\0\0\0\2N"s;
    std::string_view in = three;
    CPPUNIT_ASSERT_EQUAL('A', take_packet(in)->letter);
    const auto second = take_packet(in);
    CPPUNIT_ASSERT(second->letter == 'M' && second->data == "x\0"s);
    CPPUNIT_ASSERT(!take_packet(in));
    CPPUNIT_ASSERT_EQUAL("\0\0\0\2N"s, std::string(in));
  }

  void a_number_that_is_cut_off_fails() {
    const std::string octets = "\x01\x02\xfe\xff!"s;
    for (std::size_t size = 0; size < 4; ++size) {
      std::string_view in = std::string_view(octets).substr(0, size);
      CPPUNIT_ASSERT_THROW(take_number(in), ProtocolError);
    }
    std::string_view in = octets;
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{0x0102feff}, take_number(in));
    CPPUNIT_ASSERT_EQUAL('!', take_letter(in));
    CPPUNIT_ASSERT_THROW(take_letter(in), ProtocolError);
  }

  void a_string_without_an_end_fails() {
    for (const auto& data : {""s, "x"s, "a longer one"s}) {
      std::string_view in = data;
      CPPUNIT_ASSERT_THROW(take_string(in), ProtocolError);
    }
    const std::string two = "\0a\0b"s;
    std::string_view in = two;
    CPPUNIT_ASSERT_EQUAL(""s, std::string(take_string(in)));
    CPPUNIT_ASSERT_EQUAL("a"s, std::string(take_string(in)));
    CPPUNIT_ASSERT_THROW(take_string(in), ProtocolError);
  }

  void what_is_left_over_fails() {
    expect_end({});
    CPPUNIT_ASSERT_THROW(expect_end("x"), ProtocolError);
    CPPUNIT_ASSERT_THROW(expect_end(std::string_view("\0", 1)), ProtocolError);
  }

  void what_is_put_is_taken() {
    std::string data;
    for (const std::uint32_t number : {0U, 1U, 0x7fU, 0x80U, 0xdeadbeefU, 0xffffffffU})
      put_number(data, number);
    put_string(data, "");
    put_string(data, "\xff text");
    std::string out = "before";
    put_packet(out, 'O', data);
    CPPUNIT_ASSERT(out.starts_with("before"));
    std::string_view in = std::string_view(out).substr(6);
    auto rest = take_packet(in)->data;
    for (const std::uint32_t number : {0U, 1U, 0x7fU, 0x80U, 0xdeadbeefU, 0xffffffffU})
      CPPUNIT_ASSERT_EQUAL(number, take_number(rest));
    CPPUNIT_ASSERT(take_string(rest).empty());
    CPPUNIT_ASSERT_EQUAL("\xff text"s, std::string(take_string(rest)));
    expect_end(rest);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PacketsTest);
