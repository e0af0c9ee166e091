// SPDX-License-Identifier: BSD-2-Clause
#include "config/load.h"

#include <cppunit/extensions/HelperMacros.h>

#include <sstream>

using namespace mailreeve;

class LoadTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LoadTest);
  CPPUNIT_TEST(an_empty_file_is_the_defaults);
  CPPUNIT_TEST(sections_comments_and_blanks_are_understood);
  CPPUNIT_TEST(the_command_line_goes_over_the_file);
  CPPUNIT_TEST(an_error_says_file_line_option_and_value);
  CPPUNIT_TEST(all_errors_are_reported_at_once);
  CPPUNIT_TEST(options_that_contradict_each_other_are_refused);
  CPPUNIT_TEST(objections_stand_among_the_other_errors);
  CPPUNIT_TEST(a_byte_order_mark_at_the_beginning_is_nothing);
  CPPUNIT_TEST(an_error_does_not_show_a_password);
  CPPUNIT_TEST(a_missing_file_is_an_error);
  CPPUNIT_TEST_SUITE_END();

  static Settings load(const std::string& text, const Overrides& overrides = {}, const Review& review = {}) {
    std::istringstream in(text);
    return load_settings(in, "m.conf", overrides, review);
  }

  static std::string error_of(const std::string& text, const Overrides& overrides = {},
                              const Review& review = {}) {
    try {
      load(text, overrides, review);
    } catch (const ConfigError& error) {
      return error.what();
    }
    CPPUNIT_FAIL("no error: " + text);
    return "";
  }

  static void assert_has(const std::string& text, const std::string& part) {
    CPPUNIT_ASSERT_MESSAGE(text, text.find(part) != std::string::npos);
  }

  void an_empty_file_is_the_defaults() {
    const Settings settings = load("");
    CPPUNIT_ASSERT(settings.greylist.rules.delay == std::chrono::minutes(3));
    CPPUNIT_ASSERT(settings.greylist.rules.retry_window == std::chrono::hours(48));
    CPPUNIT_ASSERT(settings.greylist.rules.keep == std::chrono::hours(35 * 24));
    CPPUNIT_ASSERT_EQUAL(2U, settings.greylist.rules.trust_after);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, settings.trusted_networks.size());
    CPPUNIT_ASSERT(settings.mode == Mode::Enforce);
  }

  void sections_comments_and_blanks_are_understood() {
    const Settings settings = load(
        "# comment\n\n  mode=monitor\r\n[ greylist ]\n\tdelay =  2m  \n#delay = 9m\nmessage = a # b = {ref}\n"
        "[state]\nurl = memory:\n");
    CPPUNIT_ASSERT(settings.mode == Mode::Monitor);
    CPPUNIT_ASSERT(settings.greylist.rules.delay == std::chrono::minutes(2));
    CPPUNIT_ASSERT_EQUAL(std::string("451 4.7.1 a # b = {ref}"), settings.greylist.message.source());
    CPPUNIT_ASSERT_EQUAL(std::string("memory:"), settings.state.url);
  }

  void the_command_line_goes_over_the_file() {
    const Settings settings =
        load("[greylist]\ndelay = 2m\n", {{"greylist.delay", "3m"}, {"mode", "monitor"}});
    CPPUNIT_ASSERT(settings.greylist.rules.delay == std::chrono::minutes(3));
    CPPUNIT_ASSERT(settings.mode == Mode::Monitor);
    assert_has(error_of("", {{"greylist.delay", "x"}}),
               "command line: greylist.delay = x: must be a duration");
  }

  void an_error_says_file_line_option_and_value() {
    const struct {
      const char* text;
      const char* error;
    } table[] = {
        {"\n[greylist]\ndelay = 5\n", "m.conf:3: greylist.delay = 5: must be a duration with its unit"},
        {"[greylist]\ndely = 5m\n", "m.conf:2: unknown option greylist.dely; did you mean greylist.delay?"},
        {"mode = enforce\nmode = monitor\n", "m.conf:2: mode: already set in line 1"},
        {"[greylist\n", "m.conf:1: \"[greylist\": a section's name needs \"]\" behind it"},
        {"monitor\n", "m.conf:1: \"monitor\" is neither \"name = value\" nor \"[section]\""},
        {"[greylist]\nmessage = 451 5.7.1 x\n",
         "m.conf:2: greylist.message = 451 5.7.1 x: enhanced status code 5.7.1"},
        {"= x\n", "m.conf:1: unknown option"},
        {"[identity]\ndefault-realm = a b\n", "m.conf:2: identity.default-realm = a b: must be a domain"},
    };
    for (const auto& row : table) assert_has(error_of(row.text), row.error);
  }

  void all_errors_are_reported_at_once() {
    const std::string error = error_of("mode = x\n[greylist]\ndelay = y\nnonsense\n");
    assert_has(error, "m.conf:1: mode = x");
    assert_has(error, "m.conf:3: greylist.delay = y");
    assert_has(error, "m.conf:4: \"nonsense\"");
    CPPUNIT_ASSERT(error.back() != '\n');
  }

  void options_that_contradict_each_other_are_refused() {
    assert_has(error_of("[greylist]\nretry-window = 3m\n"),
               "m.conf:2: greylist.delay = 3m, greylist.retry-window = 3m: the delay must be shorter");
    assert_has(error_of("[greylist]\nearly-retry = penalty\nmax-delay = 1m\n"),
               "m.conf:3: greylist.max-delay = 1m");
    assert_has(error_of("[greylist]\nearly-retry = penalty\nmax-delay = 2d\n"), "mail might never pass");
    load("[greylist]\nmax-delay = 1m\n");
  }

  void objections_stand_among_the_other_errors() {
    const Review objections = [](const Settings& settings) {
      CPPUNIT_ASSERT(settings.mode == Mode::Monitor);
      return std::vector<Objection>{{.option = "state.url", .why = "no"},
                                    {.option = "dns.servers", .why = "none of them"},
                                    {.option = "deadline", .why = "what was not taken cannot be judged"}};
    };
    const std::string error = error_of("mode = monitor\nx = 1\ndeadline = x\n[state]\nurl = a\n",
                                       {{"dns.servers", "b"}}, objections);
    assert_has(error, "m.conf:2: unknown option x");
    assert_has(error, "\nm.conf:3: deadline = x: ");
    assert_has(error, "\nm.conf:5: state.url = a: no\ncommand line: dns.servers = b: none of them");
    CPPUNIT_ASSERT(error.find("judged") == std::string::npos);
    assert_has(error_of("mode = monitor\n", {}, objections), "m.conf: state.url = ");
  }

  void a_byte_order_mark_at_the_beginning_is_nothing() {
    CPPUNIT_ASSERT(load("\xef\xbb\xbfmode = monitor\n").mode == Mode::Monitor);
    assert_has(error_of("mode = monitor\n\xef\xbb\xbfmode = enforce\n"), "m.conf:2: unknown option");
  }

  void an_error_does_not_show_a_password() {
    const Review no_urls = [](const Settings&) {
      return std::vector<Objection>{{.option = "state.url", .why = "no"},
                                    {.option = "notify.webhook-url", .why = "never"},
                                    {.option = "quota.message", .why = "not that"}};
    };
    CPPUNIT_ASSERT_EQUAL(std::string("m.conf:2: state.url = redis://...@h/0: no\n"
                                     "m.conf:4: notify.webhook-url = http://...@h/: never\n"
                                     "m.conf:6: quota.message = a://b@c: not that"),
                         error_of("[state]\nurl = redis://u:secret@h/0\n[notify]\n"
                                  "webhook-url = http://secret@h/\n[quota]\nmessage = a://b@c\n",
                                  {}, no_urls));
    const std::string error = error_of("[state]\nurl redis://u:secret@h/0\n");
    assert_has(error, "m.conf:2: \"url redis://...@h/0\" is neither");
  }

  void a_missing_file_is_an_error() {
    CPPUNIT_ASSERT_THROW(load_settings("/nonexistent/mailreeve.conf", {}), ConfigError);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoadTest);
