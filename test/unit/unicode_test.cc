// SPDX-License-Identifier: BSD-2-Clause
#include "core/unicode.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class UnicodeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnicodeTest);
  CPPUNIT_TEST(folding_what_is_folded_changes_nothing);
  CPPUNIT_TEST(a_cut_leaves_whole_characters);
  CPPUNIT_TEST(only_white_space_is_trimmed);
  CPPUNIT_TEST_SUITE_END();

  static std::string character(unsigned code) {
    if (code < 0x80) return {static_cast<char>(code)};
    const auto more = [](unsigned bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
    if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), more(code)};
    if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), more(code >> 6), more(code)};
    return {static_cast<char>(0xf0 | code >> 18), more(code >> 12), more(code >> 6), more(code)};
  }

  void folding_what_is_folded_changes_nothing() {
    for (unsigned code = 1; code < 0x20000; ++code) {
      if (code >= 0xd800 && code < 0xe000) continue;
      for (const std::string& text :
           {character(code), "a" + character(code) + "b", "A\xcc\x88" + character(code)}) {
        const std::string once = fold_case(text);
        CPPUNIT_ASSERT_EQUAL(once, fold_case(once));
      }
    }
  }

  void a_cut_leaves_whole_characters() {
    const std::string text = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z";
    const std::size_t sizes[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (std::size_t most = 0; most < std::size(sizes); ++most)
      CPPUNIT_ASSERT_EQUAL(sizes[most], cut(text, most).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, cut("\x80\x80\x80\x80\x80", 3).size());
  }

  void only_white_space_is_trimmed() {
    CPPUNIT_ASSERT_EQUAL(std::string_view("a b"), trimmed("\t a b\v\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string_view("a"), trimmed("\xe3\x80\x80"
                                                        "a\xc2\x85"));
    CPPUNIT_ASSERT_EQUAL(std::string_view("\x01\xe2\x80\x8b"), trimmed("\x01\xe2\x80\x8b "));
    CPPUNIT_ASSERT_EQUAL(std::string_view("\xa0\x85"), trimmed(" \xa0\x85 "));
    CPPUNIT_ASSERT_EQUAL(std::string_view(), trimmed(" \xc2\xa0"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UnicodeTest);
