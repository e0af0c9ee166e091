// SPDX-License-Identifier: BSD-2-Clause
#include "access/rule_file.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "access/matcher.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

namespace {

class NoLookups final : public AccessLookups {
 public:
  std::optional<SpfResult> spf() override { return std::nullopt; }
  std::optional<bool> listed(std::span<const std::string>) override { return std::nullopt; }
};

}  // namespace

class AccessRuleFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccessRuleFileTest);
  CPPUNIT_TEST(each_rule_knows_its_line);
  CPPUNIT_TEST(files_include_others_and_lists);
  CPPUNIT_TEST(all_errors_are_told_with_file_and_line);
  CPPUNIT_TEST(a_file_that_cannot_be_read_is_an_error_where_it_is_named);
  CPPUNIT_TEST(what_is_read_is_bounded);
  CPPUNIT_TEST(postgreys_clients_are_read_as_postgrey_reads_them);
  CPPUNIT_TEST(postgreys_recipients_are_read_as_postgrey_reads_them);
  CPPUNIT_TEST(an_ambiguous_network_of_postgrey_is_refused);
  CPPUNIT_TEST(the_list_that_is_shipped_spares_large_senders);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::string line_of(const std::string& name, int line, const std::string& rest) {
    return directory_.path() + "/" + name + ":" + std::to_string(line) + ": " + rest;
  }

  static std::vector<std::string> texts(RuleFileReader& reader) {
    CPPUNIT_ASSERT_EQUAL(std::string(), reader.errors().empty() ? std::string() : reader.errors().front());
    std::vector<std::string> out;
    for (const auto& rule : reader.take()) out.push_back(to_string(rule));
    return out;
  }

  static void assert_lines(const std::vector<std::string>& wanted, const std::vector<std::string>& got) {
    for (std::size_t i = 0; i < std::min(wanted.size(), got.size()); ++i)
      CPPUNIT_ASSERT_EQUAL(wanted[i], got[i]);
    CPPUNIT_ASSERT_EQUAL(wanted.size(), got.size());
  }

 public:
  void each_rule_knows_its_line() {
    const std::string path =
        write("rules", "\xef\xbb\xbf# a comment\r\n\r\n  reject client=192.0.2.1  \r\n#\n\tdefer");
    RuleFileReader reader;
    reader.read_rules(path);
    CPPUNIT_ASSERT(reader.errors().empty());
    const auto rules = reader.take();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rules.size());
    CPPUNIT_ASSERT_EQUAL(path + ":3", rules[0].source);
    CPPUNIT_ASSERT_EQUAL(path + ":5", rules[1].source);
  }

  void files_include_others_and_lists() {
    const std::string list =
        write("blocked", "# who is blocked\nEve@example.com  # since May\n\n.spam.example\n/^x#y/\n");
    write("more", "skip=spf client=192.0.2.2\n");
    const std::string path =
        write("rules", "include more\nreject sender=@" + list + " No\nreject helo=x sender=!@" + list +
                           "\ninclude " + directory_.path() + "/more\n");
    RuleFileReader reader;
    reader.read_rules(path);
    CPPUNIT_ASSERT(reader.errors().empty());
    const auto rules = reader.take();
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, rules.size());
    CPPUNIT_ASSERT_EQUAL(directory_.path() + "/more:1", rules[0].source);
    CPPUNIT_ASSERT_EQUAL("reject sender=@" + list + " 550 5.7.1 No", to_string(rules[1]));
    const auto& patterns = rules[1].conditions[0].patterns();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, patterns.size());
    CPPUNIT_ASSERT_EQUAL(std::string("eve@example.com"), to_string(AccessKey::Sender, patterns[0]));
    CPPUNIT_ASSERT_EQUAL(std::string("/^x#y/"), to_string(AccessKey::Sender, patterns[2]));
    CPPUNIT_ASSERT(&patterns == &rules[2].conditions[1].patterns());
    CPPUNIT_ASSERT_EQUAL(directory_.path() + "/more:1", rules[3].source);
  }

  void all_errors_are_told_with_file_and_line() {
    const std::string list = write("list", "a@example.com\na b@example.com\n!c@example.com\n");
    write("inner", "accept-all\nnonsense\n");
    RuleFileReader reader;
    reader.read_rules(write("rules", "reject cleint=1\ninclude inner\nreject sender=@" + list +
                                         "\nreject helo=@" + list + "\nreject spf=@" + list +
                                         "\nreject client=\xff\n"));
    const auto errors = reader.errors();
    const std::string all = [&] {
      std::string out;
      for (const auto& error : errors) out += error + "\n";
      return out;
    }();
    for (const std::string& wanted :
         {line_of("rules", 1, "\"cleint\" is not a key"),
          line_of("inner", 2, "\"nonsense\" is not an action"),
          line_of("list", 2, "\"a b@example.com\" is not an address"),
          line_of("list", 3, "a list takes no \"!\""),
          line_of("rules", 5, "spf=@" + list + ": takes no list"), line_of("rules", 6, "client=")})
      CPPUNIT_ASSERT_MESSAGE(wanted + " in:\n" + all, all.find(wanted) != std::string::npos);
  }

  void a_file_that_cannot_be_read_is_an_error_where_it_is_named() {
    const std::string gone = directory_.path() + "/gone";
    const std::string pipe = directory_.path() + "/pipe";
    CPPUNIT_ASSERT_EQUAL(0, mkfifo(pipe.c_str(), 0600));
    write("again", "include again\n");
    RuleFileReader reader;
    reader.read_rules(gone);
    reader.read_rules(directory_.path());
    reader.read_rules(
        write("rules", "include gone\nreject sender=@" + gone + "\ninclude pipe\ninclude again\n"));
    assert_lines(
        {gone + " cannot be opened: No such file or directory", directory_.path() + " is not a regular file",
         line_of("rules", 1, gone + " cannot be opened: No such file or directory"),
         line_of("rules", 2,
                 "sender=@" + gone + ": " + gone + " cannot be opened: No such file or directory"),
         line_of("rules", 3, pipe + " is not a regular file"),
         line_of("again", 1, directory_.path() + "/again includes itself")},
        reader.errors());
  }

  void what_is_read_is_bounded() {
    const std::string path = write("rules", "accept-all\naccept-all\naccept-all\n");
    RuleFileReader lines({.lines = 2, .octets = 1000, .depth = 8, .errors = 50});
    lines.read_rules(path);
    assert_lines({line_of("rules", 3, "the files of rules and lists may have 2 lines in all")},
                 lines.errors());
    RuleFileReader octets({.lines = 100, .octets = 40, .depth = 8, .errors = 50});
    octets.read_rules(path);
    CPPUNIT_ASSERT(octets.errors().empty());
    octets.read_rules(path);
    assert_lines({path + ": the files of rules and lists may have 40 octets in all"}, octets.errors());
    write("a", "include b\n");
    write("b", "include c\n");
    write("c", "accept-all\n");
    RuleFileReader depth({.lines = 100, .octets = 1000, .depth = 2, .errors = 50});
    depth.read_rules(directory_.path() + "/a");
    assert_lines({line_of("b", 1, "files may include each other 2 deep")}, depth.errors());
    RuleFileReader errors({.lines = 100, .octets = 1000, .depth = 8, .errors = 2});
    errors.read_rules(write("bad", "a\nb\nc\nd\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, errors.errors().size());
    CPPUNIT_ASSERT_EQUAL(std::string("and 2 more errors"), errors.errors().back());
    // As from a device that never ends.
    RuleFileReader endless;
    endless.read_rules("/dev/zero");
    assert_lines({"/dev/zero is not a regular file"}, endless.errors());
  }

  // The shape of the files in Debian's package.
  void postgreys_clients_are_read_as_postgrey_reads_them() {
    RuleFileReader reader;
    reader.read_postgrey_clients(write("clients",
                                       "# 2004-05-20: a comment\n"
                                       "example.org                     # this name and all below it\n"
                                       ".example.edu\n"
                                       "/^out-\\d+\\.mta\\.example\\.com$/  # case is ignored\n"
                                       "/^(?:smtp\\w*|postfix)[0-9]+-g[0-9]+\\.example\\.net$/\n"
                                       "/^.*?.server.example.com$/\n"
                                       "192.0.2.10\n"
                                       "192.0.2.64/26\n"
                                       "198.51.100\n"
                                       "2001:db8:25:0800::/64\n"));
    const std::vector<AccessRule> rules = [&] {
      CPPUNIT_ASSERT(reader.errors().empty());
      return reader.take();
    }();
    const std::vector<std::string> wanted{
        "client-name=example.org,.example.org",
        "client-name=example.edu,.example.edu",
        "client-name=/^out-\\d+\\.mta\\.example\\.com$/",
        "client-name=/^(?:smtp\\w*|postfix)[0-9]+-g[0-9]+\\.example\\.net$/",
        "client-name=/^.*?.server.example.com$/",
        "client=192.0.2.10",
        "client=192.0.2.64/26",
        "client=198.51.100.0/24",
        "client=2001:db8:25:800::/64"};
    CPPUNIT_ASSERT_EQUAL(wanted.size(), rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i)
      CPPUNIT_ASSERT_EQUAL("skip=greylist " + wanted[i], to_string(rules[i]));
    CPPUNIT_ASSERT_EQUAL(directory_.path() + "/clients:2", rules[0].source);
    const CompiledRules compiled(rules);
    NoLookups lookups;
    AccessSubject what;
    for (const char* name :
         {"example.org", "a.b.example.org", "OUT-7.mta.example.com", "SMTP1-g2.example.net"}) {
      what.client_name = name;
      CPPUNIT_ASSERT_MESSAGE(name, compiled.first(what, lookups) != nullptr);
    }
    what.client_name = "notexample.org";
    CPPUNIT_ASSERT(compiled.first(what, lookups) == nullptr);
  }

  void postgreys_recipients_are_read_as_postgrey_reads_them() {
    RuleFileReader reader;
    reader.read_postgrey_recipients(
        write("recipients",
              "postmaster@\nabuse@ # RFC 2142\nexample.org\ninfo@example.net\n/^(sales|support)-\\d+@/\n"));
    assert_lines(
        {"skip=greylist recipient=postmaster@", "skip=greylist recipient=abuse@",
         "skip=greylist recipient=example.org,.example.org", "skip=greylist recipient=info@example.net",
         "skip=greylist recipient=/^(sales|support)-\\d+@/"},
        texts(reader));
  }

  void an_ambiguous_network_of_postgrey_is_refused() {
    RuleFileReader reader;
    reader.read_postgrey_clients(write("clients", "198.51\nmail.example.com extra\n/(?=a)b/\n"));
    const auto errors = reader.errors();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, errors.size());
    CPPUNIT_ASSERT_MESSAGE(errors[0],
                           errors[0].starts_with(line_of("clients", 1, "\"198.51\": postgrey's manual")));
    CPPUNIT_ASSERT_MESSAGE(errors[1],
                           errors[1].starts_with(line_of("clients", 2, "\"mail.example.com extra\"")));
    CPPUNIT_ASSERT_MESSAGE(errors[2],
                           errors[2].starts_with(line_of("clients", 3, "\"(?=a)b\" is not a regular")));
  }

  void the_list_that_is_shipped_spares_large_senders() {
    const char* top = std::getenv("abs_top_srcdir");
    RuleFileReader reader;
    reader.read_rules(std::string(top ? top : "..") + "/contrib/access/large-senders.rules");
    CPPUNIT_ASSERT_EQUAL(std::string(), reader.errors().empty() ? std::string() : reader.errors().front());
    const CompiledRules rules(reader.take());
    NoLookups lookups;
    AccessSubject subject;
    subject.client_name = "mail-a1-f2.google.com";
    const AccessRule* rule = rules.first(subject, lookups);
    CPPUNIT_ASSERT(rule != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("skip=greylist"), action_text(*rule));
    subject.client_name = "google.com.example.org";
    CPPUNIT_ASSERT(rules.first(subject, lookups) == nullptr);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccessRuleFileTest);
