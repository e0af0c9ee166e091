// SPDX-License-Identifier: BSD-2-Clause
#include "config/options.h"

#include <cppunit/extensions/HelperMacros.h>
#include <algorithm>

#include <set>
#include <sstream>

#include "config/command_line.h"
#include "config/load.h"
#include "config/mdoc.h"
#include "config/socket_spec.h"

using namespace mailreeve;

class OptionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OptionsTest);
  CPPUNIT_TEST(every_default_reads_back_as_itself);
  CPPUNIT_TEST(every_row_is_found_by_its_name);
  CPPUNIT_TEST(rows_of_a_section_stand_together);
  CPPUNIT_TEST(a_dumped_configuration_loads_as_the_same);
  CPPUNIT_TEST(a_misspelt_name_finds_its_neighbour);
  CPPUNIT_TEST(a_name_in_a_section_that_is_not_there_finds_the_section);
  CPPUNIT_TEST(values_out_of_range_are_refused);
  CPPUNIT_TEST(sockets_are_read);
  CPPUNIT_TEST(what_is_no_socket_is_refused);
  CPPUNIT_TEST(the_command_line_is_read);
  CPPUNIT_TEST(a_wrong_command_line_is_refused);
  CPPUNIT_TEST(manual_text_has_a_sentence_a_line);
  CPPUNIT_TEST_SUITE_END();

  void every_default_reads_back_as_itself() {
    const Settings defaults;
    for (const auto& row : option_table()) {
      Settings changed;
      const std::string value = row.get(defaults);
      row.set(changed, value);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(row.name), value, row.get(changed));
      CPPUNIT_ASSERT_MESSAGE(std::string(row.name), !row.help.empty() && row.help.back() == '.');
    }
  }

  // A second row of one name could never be set.
  void every_row_is_found_by_its_name() {
    for (const auto& row : option_table()) {
      const std::string name(row.name);
      CPPUNIT_ASSERT_MESSAGE(name, find_option(row.name) == &row);
      CPPUNIT_ASSERT_MESSAGE(
          name, name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(name, std::count(name.begin(), name.end(), '.') <= 1);
      CPPUNIT_ASSERT_MESSAGE(name, row.help.find('\n') == std::string_view::npos);
    }
  }

  void rows_of_a_section_stand_together() {
    std::set<std::string> seen;
    std::string current;
    for (const auto& row : option_table()) {
      const std::string name(row.name);
      const std::string section = name.find('.') == std::string::npos ? "" : name.substr(0, name.find('.'));
      if (section == current) continue;
      current = section;
      CPPUNIT_ASSERT_MESSAGE(section, seen.insert(section).second);
    }
  }

  void a_dumped_configuration_loads_as_the_same() {
    Settings settings;
    find_option("greylist.delay")->set(settings, "90s");
    find_option("greylist.message")->set(settings, "450 4.2.0 a # b = c {ref}");
    find_option("trusted-networks")->set(settings, "");
    find_option("socket-mode")->set(settings, "0600");
    std::ostringstream once;
    dump_config(settings, once);
    std::istringstream in(once.str());
    std::ostringstream twice;
    dump_config(load_settings(in, "dump", {}), twice);
    CPPUNIT_ASSERT_EQUAL(once.str(), twice.str());
    CPPUNIT_ASSERT(once.str().find("message = 450 4.2.0 a # b = c {ref}\n") != std::string::npos);
  }

  void a_misspelt_name_finds_its_neighbour() {
    const struct {
      const char* given;
      const char* meant;
    } table[] = {{"greylist.dely", "greylist.delay"},
                 {"delay", "greylist.delay"},
                 {"trusted-network", "trusted-networks"},
                 {"greylst.max-pending", "greylist.max-pending"},
                 {"greylist.socket", "socket"}};
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL(std::string(row.meant), std::string(nearest_option(row.given)));
  }

  void a_name_in_a_section_that_is_not_there_finds_the_section() {
    const struct {
      const char* given;
      const char* hint;
    } table[] = {{"greylisting.foo", "there is no section greylisting; did you mean greylist?"},
                 {"greylisting.message", "did you mean greylist.message?"},
                 {"greylisting.delay", "did you mean greylist.delay?"},
                 {"quotas.default", "did you mean quota.default?"},
                 {"header.received-spf", "did you mean headers.received-spf?"},
                 {"policydb.uri", "there is no section policydb; did you mean policy-db?"},
                 {"nonsense.foo", "there is no section nonsense"},
                 {"quota.dfault", "did you mean quota.default?"},
                 {"sockets", "did you mean socket?"}};
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(std::string(row.hint), option_hint(row.given));
    CPPUNIT_ASSERT_EQUAL(std::string("did you mean --greylist.delay?"), option_hint("greylist.dely", "--"));
  }

  void values_out_of_range_are_refused() {
    const struct {
      const char* name;
      const char* value;
    } table[] = {
        {"greylist.ipv4-prefix", "0"},
        {"greylist.ipv4-prefix", "33"},
        {"greylist.ipv4-prefix", "-1"},
        {"greylist.ipv4-prefix", "24x"},
        {"greylist.delay", "0"},
        {"greylist.delay", "5"},
        {"greylist.delay", "1500ms"},
        {"deadline", "30s"},
        {"deadline", "0"},
        {"mode", "Enforce"},
        {"core-dumps", "true"},
        {"trusted-networks", "192.0.2.0/24 x"},
        {"socket-mode", "888"},
        {"socket-mode", "1777"},
        {"log-target", "file:relative"},
        {"log-target", "/var/log/x"},
        {"greylist.message", "550 x"},
        {"greylist.message", "450 5.7.1 x"},
        {"greylist.message", "{delya}"},
        {"greylist.max-pending", "1"},
        {"pid-file", "relative.pid"},
        {"log-level", "debug"},
        {"greylist.early-retry", ""},
        {"identity.default-realm", "@example.com"},
        {"identity.default-realm", "example.com example.net"},
        {"identity.default-realm", "example..com"},
        {"identity.default-realm", "[192.0.2.1]"},
    };
    for (const auto& row : table) {
      Settings settings;
      CPPUNIT_ASSERT_THROW_MESSAGE(std::string(row.name) + " = " + row.value,
                                   find_option(row.name)->set(settings, row.value), std::invalid_argument);
    }
  }

  void sockets_are_read() {
    CPPUNIT_ASSERT_EQUAL(std::string("/run/m.sock"), parse_socket("unix:/run/m.sock").path);
    const struct {
      const char* text;
      const char* address;
      unsigned port;
    } table[] = {{"inet:8891@127.0.0.1", "127.0.0.1", 8891},
                 {"inet:8891", "127.0.0.1", 8891},
                 {"inet:1@0.0.0.0", "0.0.0.0", 1},
                 {"inet6:8891@::1", "::1", 8891},
                 {"inet6:8891@[2001:db8::1]", "2001:db8::1", 8891},
                 {"inet6:65535", "::1", 65535}};
    for (const auto& row : table) {
      const SocketSpec spec = parse_socket(row.text);
      CPPUNIT_ASSERT_EQUAL(std::string(row.address), spec.address->text());
      CPPUNIT_ASSERT_EQUAL(row.port, spec.port);
      CPPUNIT_ASSERT(!spec.is_unix());
    }
  }

  void what_is_no_socket_is_refused() {
    for (const char* text :
         {"", "x", "/run/m.sock", "unix:m.sock", "unix:", "inet:", "inet:0", "inet:70000", "inet:x@127.0.0.1",
          "inet:8891@localhost", "inet:8891@::1", "inet6:8891@127.0.0.1", "inet:8891@", "local:/x"})
      CPPUNIT_ASSERT_THROW_MESSAGE(text, parse_socket(text), std::invalid_argument);
    CPPUNIT_ASSERT_THROW(parse_socket("unix:/" + std::string(108, 'x')), std::invalid_argument);
  }

  static CommandLine command(std::vector<const char*> words) {
    words.insert(words.begin(), "mailreeve");
    return parse_command_line(static_cast<int>(words.size()), words.data());
  }

  void the_command_line_is_read() {
    const CommandLine line = command({"-f", "-c", "x.conf", "--greylist.delay=2m", "--mode", "monitor"});
    CPPUNIT_ASSERT(line.foreground);
    CPPUNIT_ASSERT_EQUAL(std::string("x.conf"), line.config);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, line.overrides.size());
    CPPUNIT_ASSERT_EQUAL(std::string("greylist.delay"), line.overrides[0].first);
    CPPUNIT_ASSERT_EQUAL(std::string("2m"), line.overrides[0].second);
    CPPUNIT_ASSERT_EQUAL(std::string("monitor"), line.overrides[1].second);
    CPPUNIT_ASSERT(!command({}).foreground);
    CPPUNIT_ASSERT(command({"--check"}).check);
    CPPUNIT_ASSERT_EQUAL(std::string("man"), command({"--dump=man"}).dump);
  }

  void a_wrong_command_line_is_refused() {
    for (const char* word : {"--grelist.delay=1m", "word", "--dump=all", "-x", "-c", "--conf=x", "--check=1"})
      CPPUNIT_ASSERT_THROW_MESSAGE(word, command({word}), ConfigError);
  }

  void manual_text_has_a_sentence_a_line() {
    CPPUNIT_ASSERT_EQUAL(std::string("One.\nTwo, three\n.Cm x ,\n\\&.dot first.\n"),
                         mdoc_text("One. Two, three\n.Cm x ,\n\\&.dot first."));
    const std::string wrapped = mdoc_text(std::string(70, 'a') + " " + std::string(70, 'b'));
    CPPUNIT_ASSERT_EQUAL(std::string(70, 'a') + "\n" + std::string(70, 'b') + "\n", wrapped);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OptionsTest);
