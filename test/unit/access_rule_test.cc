// SPDX-License-Identifier: BSD-2-Clause
#include "access/rule.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <stdexcept>

#include "access/regexps.h"

using namespace mailreeve;

namespace {

// The rule in its one spelling; or what is wrong with it.
std::string read(std::string_view text, const AccessListReader& lists = {}) {
  try {
    return to_string(parse_access_rule(text, lists));
  } catch (const std::invalid_argument& error) {
    return std::string("refused: ") + error.what();
  }
}

void assert_refused(std::string_view text, const std::string& because) {
  const std::string said = read(text);
  CPPUNIT_ASSERT_MESSAGE(std::string(text) + " gave " + said,
                         said.starts_with("refused: ") && said.find(because) != std::string::npos);
}

}  // namespace

class AccessRuleTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccessRuleTest);
  CPPUNIT_TEST(actions_are_read);
  CPPUNIT_TEST(conditions_are_read_in_one_spelling);
  CPPUNIT_TEST(what_cannot_be_meant_is_refused_with_the_reason);
  CPPUNIT_TEST(the_text_begins_where_the_conditions_end);
  CPPUNIT_TEST(a_regular_expression_may_have_blanks_commas_and_slashes);
  CPPUNIT_TEST(a_quoted_local_part_may_have_blanks_and_commas);
  CPPUNIT_TEST(a_local_part_that_begins_as_something_else_stays_in_quotes);
  CPPUNIT_TEST(a_list_is_read_once_for_its_key);
  CPPUNIT_TEST(hostile_texts_are_refused);
  CPPUNIT_TEST(expressions_match_anywhere_and_ignore_case);
  CPPUNIT_TEST(no_octet_hides_text_from_an_expression);
  CPPUNIT_TEST(many_expressions_match_as_each_would);
  CPPUNIT_TEST(expressions_that_exhaust_memory_still_match);
  CPPUNIT_TEST(expressions_with_backtracking_are_refused);
  CPPUNIT_TEST_SUITE_END();

  void actions_are_read() {
    struct Row {
      std::string_view text, wanted;
    };
    for (const Row& row :
         {Row{"accept-all", "accept-all"}, Row{"  accept-all\t", "accept-all"},
          Row{"skip=greylist", "skip=greylist"},
          Row{"skip=quota,spf,greylist,sender-auth,reputation",
              "skip=greylist,spf,reputation,quota,sender-auth"},
          Row{"greylist", "greylist"}, Row{"greylist delay=10m", "greylist delay=10m"},
          Row{"greylist client=192.0.2.1 delay=90s", "greylist delay=90s client=192.0.2.1"},
          Row{"defer", "defer"}, Row{"reject", "reject"},
          Row{"defer 450 4.2.1 Mailbox full, retry later", "defer 450 4.2.1 Mailbox full, retry later"},
          Row{"reject Go away", "reject 550 5.7.1 Go away"}, Row{"reject 554 No", "reject 554 5.7.1 No"},
          Row{"reject {client} {sender} {recipient} {ref}",
              "reject 550 5.7.1 {client} {sender} {recipient} {ref}"}}) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.wanted), read(row.text));
      CPPUNIT_ASSERT_EQUAL(std::string(row.wanted), read(row.wanted));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("451 4.7.1 Please try again later ({ref})"),
                         parse_access_rule("defer").reply_or_default().source());
    CPPUNIT_ASSERT_EQUAL(std::string("550 5.7.1 Access denied ({ref})"),
                         parse_access_rule("reject").reply_or_default().source());
  }

  void conditions_are_read_in_one_spelling() {
    struct Row {
      std::string_view text, wanted;
    };
    for (const Row& row : {
             Row{"client=192.0.2.7", "client=192.0.2.7"},
             Row{"client=192.0.2.7/24,2001:DB8::/32", "client=192.0.2.0/24,2001:db8::/32"},
             Row{"client=::ffff:192.0.2.7", "client=192.0.2.7"},
             Row{"client=!10.0.0.0/8", "client=!10.0.0.0/8"},
             Row{"client-name=MX.Example.com,.Example.NET.", "client-name=mx.example.com,.example.net"},
             Row{"client-name=bücher.example", "client-name=xn--bcher-kva.example"},
             Row{"client-name=/^mx[0-9]+\\./", "client-name=/^mx[0-9]+\\./"},
             Row{"client-name=!/dyn/", "client-name=!/dyn/"},
             Row{"helo=Localhost", "helo=localhost"},
             Row{"helo=[IPv6:2001:DB8:0::1]", "helo=[2001:db8::1]"},
             Row{"helo=192.0.2.1", "helo=192.0.2.1"},
             Row{"sender=<>", "sender=<>"},
             Row{"sender=Bob@Example.COM", "sender=bob@example.com"},
             Row{"sender=JÜRGEN@bücher.example", "sender=jürgen@xn--bcher-kva.example"},
             Row{"sender=example.com,.example.com", "sender=example.com,.example.com"},
             Row{"sender=.ru", "sender=.ru"},
             Row{"recipient=Postmaster@,abuse@", "recipient=postmaster@,abuse@"},
             Row{"recipient=/^list-/", "recipient=/^list-/"},
             Row{"recipient=bob@[192.0.2.1]", "recipient=bob@[192.0.2.1]"},
             Row{"login=Bob", "login=bob"},
             Row{"login=!/./", "login=!/./"},
             Row{"direction=outbound", "direction=outbound"},
             Row{"spf=pass,softfail", "spf=pass,softfail"},
             Row{"spf=!pass", "spf=!pass"},
             Row{"listed=Zen.Example", "listed=zen.example"},
             Row{"time=22:00-06:00", "time=22:00-06:00"},
             Row{"time=00:00-24:00,08:00-09:30", "time=00:00-24:00,08:00-09:30"},
             Row{"client=192.0.2.1 client=!192.0.2.2 helo=x", "client=192.0.2.1 client=!192.0.2.2 helo=x"},
         }) {
      CPPUNIT_ASSERT_EQUAL("defer " + std::string(row.wanted), read("defer " + std::string(row.text)));
      CPPUNIT_ASSERT_EQUAL("defer " + std::string(row.wanted), read("defer " + std::string(row.wanted)));
    }
  }

  void what_cannot_be_meant_is_refused_with_the_reason() {
    struct Row {
      std::string_view text;
      std::string because;
    };
    for (const Row& row : {
             Row{"", "needs an action"},
             Row{"allow client=192.0.2.1", "\"allow\" is not an action"},
             Row{"skip=", "must be one of: greylist,spf"},
             Row{"skip=greylist,", "must be one of"},
             Row{"skip=greylisting", "\"greylisting\" must be one of"},
             Row{"skip client=192.0.2.1", "is not an action"},
             Row{"accept-all cleint=192.0.2.1", "\"cleint\" is not a key"},
             Row{"accept-all Client=192.0.2.1", "\"Client\" is not a key"},
             Row{"accept-all client=", "client=: a value is empty"},
             Row{"accept-all client=!", "a value is empty"},
             Row{"accept-all client=192.0.2.1,", "a value is empty"},
             Row{"accept-all client=192.0.2", "is not an address or network"},
             Row{"accept-all client=192.0.2.0/33", "is not an address or network"},
             Row{"accept-all client=mx.example.com", "is not an address or network"},
             Row{"accept-all client-name=192.0.2.1", "use client="},
             Row{"accept-all client-name=a..b", "is not a domain's name"},
             Row{"accept-all client-name=*.example.com", "is not a domain's name"},
             Row{"accept-all client-name=.", "is not a domain's name"},
             Row{"accept-all sender=a@b@c", "is not an address"},
             Row{"accept-all sender=@example.com", "a domain is written without \"@\""},
             Row{"accept-all sender=@/list", "only the rules of a file take lists"},
             Row{"accept-all recipient=<>", "is no recipient"},
             Row{"accept-all direction=in", "must be one of: inbound, outbound"},
             Row{"accept-all spf=Pass", "must be one of: pass, fail"},
             Row{"accept-all listed=[192.0.2.1]", "is not a zone"},
             Row{"accept-all time=8:00-9:00", "two times of day"},
             Row{"accept-all time=08:00-08:00", "no time at all"},
             Row{"accept-all time=08:60-09:00", "two times of day"},
             Row{"accept-all time=24:00-09:00", "two times of day"},
             Row{"accept-all client=/1/", "is not an address or network"},
             Row{"accept-all sender=/a", "needs a \"/\" at its end"},
             Row{"accept-all sender=//", "empty regular expression"},
             Row{"accept-all sender=\"a", "second quote"},
             Row{"accept-all delay=5m", "only greylist has a delay"},
             Row{"greylist delay=0", "from 1s to 30d"},
             Row{"greylist delay=5", "from 1s to 30d"},
             Row{"greylist delay=1500ms", "from 1s to 30d"},
             Row{"greylist delay=5m delay=6m", "more than one delay"},
             Row{"accept-all client=192.0.2.1 # partner", "a comment has a line of its own"},
             Row{"skip=spf whatever", "skip=spf takes no text"},
             Row{"reject 450 no", "reply code 450 is not one of"},
             Row{"defer 550 no", "reply code 550 is not one of"},
             Row{"reject {remaining}", "unknown placeholder"},
             Row{"reject nö", "printable ASCII"},
             Row{"reject see=this", "\"see\" is not a key"},
         })
      assert_refused(row.text, row.because);
  }

  void the_text_begins_where_the_conditions_end() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("reject sender=a@example.com 550 5.7.1 Mail from client=x is not wanted"),
        read("reject sender=a@example.com Mail from client=x is not wanted"));
    CPPUNIT_ASSERT_EQUAL(std::string("reject 550 5.7.1 see=this"), read("reject 550 see=this"));
    CPPUNIT_ASSERT_EQUAL(std::string("reject 550 5.7.1 #1: no"), read("reject #1: no"));
  }

  void a_regular_expression_may_have_blanks_commas_and_slashes() {
    const AccessRule rule = parse_access_rule("reject sender=!/a b,c/d\\/ e/ helo=x No");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rule.conditions.size());
    CPPUNIT_ASSERT(rule.conditions[0].negated);
    CPPUNIT_ASSERT_EQUAL(std::string("a b,c/d\\/ e"), rule.conditions[0].written.at(0).text);
    CPPUNIT_ASSERT_EQUAL(to_string(rule), read(to_string(rule)));
  }

  void a_quoted_local_part_may_have_blanks_and_commas() {
    CPPUNIT_ASSERT_EQUAL(std::string("reject sender=\"a, b\"@example.com,c@example.com 550 5.7.1 No"),
                         read("reject sender=\"a, b\"@example.com,c@example.com No"));
    CPPUNIT_ASSERT_EQUAL(std::string("reject sender=a@example.com"), read("reject sender=\"a\"@example.com"));
  }

  void a_local_part_that_begins_as_something_else_stays_in_quotes() {
    for (const std::string condition :
         {"sender=\"!x\"@example.com", "sender=\"/x\"@example.com,\"/y\"@example.com", "recipient=\"!x\"@",
          "recipient=!\"/x\"@", "login=\"!x\"@example.com"}) {
      const AccessRule rule = parse_access_rule("reject " + condition);
      CPPUNIT_ASSERT_EQUAL("reject " + condition, to_string(rule));
      CPPUNIT_ASSERT_EQUAL(condition.find("=!") != std::string::npos, rule.conditions.at(0).negated);
      CPPUNIT_ASSERT_EQUAL("reject " + condition, read(to_string(rule)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("reject helo=a,!x@example.com"), read("reject helo=a,!x@example.com"));
  }

  void a_list_is_read_once_for_its_key() {
    std::vector<std::string> asked;
    const auto list = std::make_shared<AccessList>(
        AccessList{.path = "/lists/blocked", .patterns = {{AccessPattern::Kind::Exact, "a@example.com"}}});
    const AccessListReader reader = [&](AccessKey key, const std::string& path) {
      asked.push_back(std::string(to_string(key)) + " " + path);
      return list;
    };
    const AccessRule rule = parse_access_rule("reject sender=!@/lists/blocked No", reader);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, asked.size());
    CPPUNIT_ASSERT_EQUAL(std::string("sender /lists/blocked"), asked[0]);
    CPPUNIT_ASSERT(&rule.conditions.at(0).patterns() == &list->patterns);
    CPPUNIT_ASSERT_EQUAL(std::string("reject sender=!@/lists/blocked 550 5.7.1 No"), to_string(rule));
  }

  void hostile_texts_are_refused() {
    assert_refused(std::string("reject sender=a\0b@example.com", 29), "control characters");
    assert_refused("reject sender=a@example.com No\r\n250 OK", "control characters");
    assert_refused("reject sender=" + std::string(kLongestAccessRule, 'a') + "@example.com", "4096 octets");
    assert_refused("reject sender=" + std::string(1000, 'a') + ".example", "not a domain's name");
    assert_refused("reject sender=a@\xff\xfe.example", "is not an address");
    assert_refused("reject client-name=\xff.example", "is not a domain's name");
  }

  void expressions_match_anywhere_and_ignore_case() {
    const Regexps made({"dyn", "^MX[0-9]+\\.", "\\.example\\.com$", "ü"});
    CPPUNIT_ASSERT(made.matching("other").empty());
    CPPUNIT_ASSERT((made.matching("mx1.dyn.EXAMPLE.com") == std::vector<std::size_t>{0, 1, 2}));
    CPPUNIT_ASSERT((made.matching("bÜcher") == std::vector<std::size_t>{3}));
    CPPUNIT_ASSERT(Regexps({}).matching("x").empty());
  }

  // "." is a character; an octet that is none, or a newline, must not be a way out.
  void no_octet_hides_text_from_an_expression() {
    const Regexps made({"^.*@spam\\.example$"});
    for (const std::string_view text :
         {"a@spam.example", "\xff@spam.example", "a\nb@spam.example", "\xc3@spam.example"})
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, made.matching(text).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, made.matching(std::string_view("a\0b@spam.example", 16)).size());
  }

  void many_expressions_match_as_each_would() {
    std::vector<std::string> all;
    for (int i = 0; i < 1000; ++i) all.push_back("^host" + std::to_string(i) + "\\.");
    all.emplace_back("example");
    CPPUNIT_ASSERT((Regexps(all).matching("host777.example.com") == std::vector<std::size_t>{777, 1000}));
  }

  // The automaton of such sets has more states than there is memory for.
  void expressions_that_exhaust_memory_still_match() {
    std::vector<std::string> all;
    for (int i = 0; i < 60; ++i) all.push_back("a.{" + std::to_string(400 + i) + "}b$");
    std::string text;
    for (int i = 0; i < 20000; ++i) text += (i * 7919 % 13) % 2 == 0 ? 'a' : 'c';
    text[text.size() - 430] = 'a';
    for (std::size_t i = text.size() - 429; i < text.size() - 400; ++i) text[i] = 'c';
    text.back() = 'b';
    const auto found = Regexps(all).matching(text);
    CPPUNIT_ASSERT(!found.empty());
    for (std::size_t i = 0; i < all.size(); ++i)
      CPPUNIT_ASSERT_EQUAL(Regexps({all[i]}).matching(text).size(),
                           static_cast<std::size_t>(std::count(found.begin(), found.end(), i)));
  }

  void expressions_with_backtracking_are_refused() {
    for (const std::string_view expression : {"(a)\\1", "(?=a)", "a**", "(", "[b-a]", "a{1001}"})
      CPPUNIT_ASSERT_MESSAGE(std::string(expression), !regexp_error(expression).empty());
    std::string large = "x";
    for (int i = 0; i < 5; ++i) large = "(" + large + "){50}";
    CPPUNIT_ASSERT(!regexp_error(large).empty());
    CPPUNIT_ASSERT(regexp_error("^[a-z]+(\\.[a-z]+)*$").empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccessRuleTest);
