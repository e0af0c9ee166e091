// SPDX-License-Identifier: BSD-2-Clause
#include "core/verdict.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

using namespace mailreeve;

class VerdictTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(VerdictTest);
  CPPUNIT_TEST(codes_are_read_or_come_from_the_defaults);
  CPPUNIT_TEST(codes_that_disagree_are_refused);
  CPPUNIT_TEST(placeholders_are_filled_and_unknown_ones_refused);
  CPPUNIT_TEST(what_stands_for_nothing_leaves_no_blank);
  CPPUNIT_TEST(a_reply_is_one_line_of_printable_ascii);
  CPPUNIT_TEST(the_kind_follows_the_code);
  CPPUNIT_TEST_SUITE_END();

  static Reply render(const char* text, ReplyTemplate::Class cls = ReplyTemplate::Class::Temporary) {
    return ReplyTemplate(text, cls, cls == ReplyTemplate::Class::Temporary ? "451 4.7.1" : "550 5.7.1", {"x"})
        .render({{"x", "1"}});
  }

  void codes_are_read_or_come_from_the_defaults() {
    const struct {
      const char* text;
      int code;
      const char* enhanced;
      const char* rest;
    } table[] = {
        {"Later", 451, "4.7.1", "Later"},
        {"450 Later", 450, "4.7.1", "Later"},
        {"450 4.2.0 Later", 450, "4.2.0", "Later"},
        {"4.7.28 Too much", 451, "4.7.28", "Too much"},
        {"4.7 is no code", 451, "4.7.1", "4.7 is no code"},
        {"4711 is no code", 451, "4.7.1", "4711 is no code"},
    };
    for (const auto& row : table) {
      const Reply reply = render(row.text);
      CPPUNIT_ASSERT_EQUAL(row.code, reply.code());
      CPPUNIT_ASSERT_EQUAL(std::string(row.enhanced), reply.enhanced());
      CPPUNIT_ASSERT_EQUAL(std::string(row.rest), reply.text());
    }
  }

  // Postfix drops a milter that answers "450 5.7.1", and refuses all mail of that connection.
  void codes_that_disagree_are_refused() {
    for (const char* text : {"450 5.7.1 x", "550 5.7.1 x", "550 x", "5.7.1 x", "250 ok", "421 4.7.0 bye",
                             "460 x", "451", "451 4.7.1", ""})
      CPPUNIT_ASSERT_THROW_MESSAGE(text, render(text), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(render("451 4.7.1 x", ReplyTemplate::Class::Permanent), std::invalid_argument);
  }

  void placeholders_are_filled_and_unknown_ones_refused() {
    const ReplyTemplate reply("a {x} b {ref}{x}", ReplyTemplate::Class::Temporary, "451 4.7.1", {"x"});
    CPPUNIT_ASSERT_EQUAL(std::string("a 300 b k77-1300"),
                         reply.render({{"x", "300"}, {"ref", "k77-1"}}).text());
    CPPUNIT_ASSERT_EQUAL(std::string("a {ref} b k"),
                         reply.render({{"x", "{ref}"}, {"ref", "k"}}).text().substr(0, 11));
    for (const char* text : {"a {y}", "a {x", "{}"})
      CPPUNIT_ASSERT_THROW_MESSAGE(text, render(text), std::invalid_argument);
  }

  void what_stands_for_nothing_leaves_no_blank() {
    const struct {
      const char* text;
      const char* rendered;
    } table[] = {
        {"450 4.7.1 a {x} b", "a b"},      {"450 4.7.1 {x} b", "b"},
        {"450 4.7.1 a {x}", "a"},          {"450 4.7.1 a {x} {x} b", "a b"},
        {"450 4.7.1 a{x} b", "a b"},       {"450 4.7.1 a ({x}) b", "a () b"},
        {"450 4.7.1 a: {x}; b", "a: ; b"}, {"450 4.7.1 a  b {x} ({ref})", "a  b (k)"},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          row.text, std::string(row.rendered),
          ReplyTemplate(row.text, ReplyTemplate::Class::Temporary, "451 4.7.1", {"x"})
              .render({{"x", ""}, {"ref", "k"}})
              .text());
  }

  void a_reply_is_one_line_of_printable_ascii() {
    const ReplyTemplate reply("see {x}", ReplyTemplate::Class::Permanent, "550 5.7.1", {"x"});
    CPPUNIT_ASSERT_EQUAL(std::string("see a??b??100%"), reply
                                                            .render({{"x",
                                                                      "a\r\nb\xc3\xbc"
                                                                      "100%"}})
                                                            .text());
    CPPUNIT_ASSERT_EQUAL(Reply::kMaxText, reply.render({{"x", std::string(5000, 'x')}}).text().size());
    CPPUNIT_ASSERT_THROW(render("a\nb"), std::invalid_argument);
  }

  void the_kind_follows_the_code() {
    CPPUNIT_ASSERT(Verdict::refuse(render("x"), "r").kind() == Verdict::Kind::Defer);
    CPPUNIT_ASSERT(Verdict::refuse(render("x", ReplyTemplate::Class::Permanent), "r").kind() ==
                   Verdict::Kind::Reject);
    CPPUNIT_ASSERT(!Verdict::pass("known").refuses());
    CPPUNIT_ASSERT(!Verdict::allow("listed").refuses());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(VerdictTest);
