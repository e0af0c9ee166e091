// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/list_spec.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

using namespace mailreeve;

class ListSpecTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListSpecTest);
  CPPUNIT_TEST(a_list_is_written_back_as_it_was_read);
  CPPUNIT_TEST(a_zone_has_one_spelling);
  CPPUNIT_TEST(answers_count_by_their_octets);
  CPPUNIT_TEST(without_answers_any_counts);
  CPPUNIT_TEST(what_is_wrong_is_said);
  CPPUNIT_TEST_SUITE_END();

  static std::string problem(std::string_view text) {
    try {
      parse_list_spec(text);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "none";
  }
  static bool counts(std::string_view spec, std::string_view answer) {
    return parse_list_spec(spec).counts(*IpAddress::parse(answer));
  }

  void a_list_is_written_back_as_it_was_read() {
    for (const char* text :
         {"zen.example", "zen.example:3", "zen.example=127.0.0.2", "zen.example=127.0.0.2-11:100",
          "zen.example=127.0.0.2/127.0.0.4-5/127.0.2-15.2-3:2", "key_1.zen.example", "local"}) {
      const auto spec = parse_list_spec(text);
      CPPUNIT_ASSERT_EQUAL(std::string(text), to_string(spec));
      CPPUNIT_ASSERT(spec == parse_list_spec(to_string(spec)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("zen.example"), to_string(parse_list_spec("zen.example:1")));
    CPPUNIT_ASSERT_EQUAL(3U, parse_list_spec("zen.example=127.0.0.2:3").weight);
  }

  void a_zone_has_one_spelling() {
    CPPUNIT_ASSERT_EQUAL(std::string("zen.example:2"), to_string(parse_list_spec("ZEN.Example.:2")));
    CPPUNIT_ASSERT_EQUAL(std::string("xn--bcher-kva.example"), parse_list_spec("b\xC3\xBC"
                                                                               "cher.example")
                                                                   .zone);
    CPPUNIT_ASSERT_EQUAL(std::string("zen.example"), list_zone("Zen.example."));
  }

  void answers_count_by_their_octets() {
    const struct {
      const char* spec;
      const char* answer;
      bool counts;
    } table[] = {
        {"l.example=127.0.0.2", "127.0.0.2", true},
        {"l.example=127.0.0.2", "127.0.0.3", false},
        {"l.example=127.0.0.2-11", "127.0.0.2", true},
        {"l.example=127.0.0.2-11", "127.0.0.11", true},
        {"l.example=127.0.0.2-11", "127.0.0.12", false},
        {"l.example=127.0.0.2-11", "127.0.1.2", false},
        {"l.example=127.0.2-15.3", "127.0.9.3", true},
        {"l.example=127.0.2-15.3", "127.0.9.2", false},
        {"l.example=127.0.0.2/127.0.0.9", "127.0.0.9", true},
        {"l.example=127.0.0.2/127.0.0.9", "127.0.0.5", false},
        {"l.example=127.0.0.2", "2001:db8::1", false},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.spec, row.counts, counts(row.spec, row.answer));
  }

  void without_answers_any_counts() {
    CPPUNIT_ASSERT(counts("l.example", "127.0.0.2"));
    CPPUNIT_ASSERT(counts("l.example", "127.9.9.9"));
  }

  void what_is_wrong_is_said() {
    const std::string answer =
        " is no answer of a list: an address is expected, whose octets may be ranges, as in 127.0.0.2 or "
        "127.0.0.2-11";
    const std::string zone = " is no zone of a DNS list: ";
    const struct {
      std::string text;
      std::string problem;
    } table[] = {
        {"l.example:0", "\"0\" is no weight of a list: 1 to 100"},
        {"l.example:101", "\"101\" is no weight of a list: 1 to 100"},
        {"l.example:", "\"\" is no weight of a list: 1 to 100"},
        {"l.example:-1", "\"-1\" is no weight of a list: 1 to 100"},
        {"l.example:2x", "\"2x\" is no weight of a list: 1 to 100"},
        {"l.example:99999999999999999999", "\"99999999999999999999\" is no weight of a list: 1 to 100"},
        {"l.example=", "\"\"" + answer},
        {"l.example=127.0.0", "\"127.0.0\"" + answer},
        {"l.example=127.0.0.2.3", "\"127.0.0.2.3\"" + answer},
        {"l.example=127.0.0.256", "\"127.0.0.256\"" + answer},
        {"l.example=127.0.0.11-2", "\"127.0.0.11-2\"" + answer},
        {"l.example=127.0.0.2-", "\"127.0.0.2-\"" + answer},
        {"l.example=127.0.0.2/", "\"\"" + answer},
        {"l.example=10.0.0.2", "\"10.0.0.2\" is no answer of a list: they begin with 127"},
        {"l.example=0-127.0.0.2", "\"0-127.0.0.2\" is no answer of a list: they begin with 127"},
        {"", "\"\"" + zone + "a domain name is expected"},
        {"=127.0.0.2", "\"\"" + zone + "a domain name is expected"},
        {"a..b", "\"a..b\"" + zone + "a domain name is expected"},
        {"a/b.example", "\"a/b.example\"" + zone + "a domain name is expected"},
        {"192.0.2.1", "\"192.0.2.1\"" + zone + "it is an address"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(row.problem, problem(row.text));
    std::string longest;
    while (longest.size() < 180) longest += "abcdefghi.";
    CPPUNIT_ASSERT_EQUAL(std::string("none"), problem(longest + "example12"));
    CPPUNIT_ASSERT(problem(longest + "example123").ends_with(zone + "it is longer than 189 octets"));
    CPPUNIT_ASSERT(problem(std::string(64, 'a') + ".example").ends_with(zone + "a domain name is expected"));
    std::string many = "l.example=127.0.0.2";
    for (int i = 0; i < 49; ++i) many += "/127.0.0.2";
    CPPUNIT_ASSERT_EQUAL(std::string("none"), problem(many));
    CPPUNIT_ASSERT_EQUAL(std::string("more than 50 answers of one list"), problem(many + "/127.0.0.2"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListSpecTest);
