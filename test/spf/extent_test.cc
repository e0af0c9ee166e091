// SPDX-License-Identifier: BSD-2-Clause
// Whether a pass identifies the client: SpfOutcome::names_client.
#include "spf/extent.h"

#include <cppunit/extensions/HelperMacros.h>

#include "test/spf/world.h"

using namespace mailreeve;

class ExtentTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ExtentTest);
  CPPUNIT_TEST(an_address_that_is_listed_names_the_client);
  CPPUNIT_TEST(what_anybody_passes_names_nobody);
  CPPUNIT_TEST(what_is_too_large_names_nobody);
  CPPUNIT_TEST(the_largest_senders_are_not_too_large);
  CPPUNIT_TEST(all_records_that_were_read_count);
  CPPUNIT_TEST(names_that_depend_on_the_client_or_the_message_name_nobody);
  CPPUNIT_TEST(only_a_pass_names_the_client);
  CPPUNIT_TEST(a_best_guess_names_nobody);
  CPPUNIT_TEST(an_address_that_is_no_hosts_is_nobodys);
  CPPUNIT_TEST(no_count_overflows);
  CPPUNIT_TEST_SUITE_END();

  static SpfOutcome passed(World& world, const std::string& record) {
    world.zone.txt("example.com", record);
    const auto outcome = world.check();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(record + outcome.problem, std::string("pass"),
                                 std::string(to_string(outcome.result)));
    return outcome;
  }

  static World with_hosts(const char* client) {
    World world;
    world.client = client;
    world.zone.a("a.example.net", "192.0.2.1").aaaa("a.example.net", "2001:db8::1");
    world.zone.a("nowhere.example.net", "0.0.0.0").aaaa("nowhere.example.net", "::");
    world.zone.a("half.example.net", "0.0.0.0").a("half.example.net", "128.0.0.0");
    world.zone.mx("example.com", 10, "a.example.net").mx("mx.example.net", 10, "a.example.net");
    world.zone.ptr("1.2.0.192.in-addr.arpa", "a.example.net");
    world.zone.txt("listed.example.net", "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all");
    world.zone.txt("everybody.example.net", "v=spf1 +all");
    world.zone.txt("both.example.net", "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 +all");
    return world;
  }

  static bool names_client(const std::string& record, const char* client = "192.0.2.1") {
    World world = with_hosts(client);
    return passed(world, record).names_client;
  }

  void an_address_that_is_listed_names_the_client() {
    for (const char* record :
         {"v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
          "v=spf1 a:a.example.net -all", "v=spf1 mx -all", "v=spf1 mx:mx.example.net/24//64 -all",
          "v=spf1 include:listed.example.net -all", "v=spf1 redirect=listed.example.net",
          "v=spf1 include:both.example.net -all", "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 +all",
          "v=spf1 a:a.%{o1r}.net -all", "v=spf1 redirect=listed.%{d1r}.net"})
      for (const char* client : {"192.0.2.1", "2001:db8::1"})
        CPPUNIT_ASSERT_MESSAGE(record, names_client(record, client));
  }

  void what_anybody_passes_names_nobody() {
    for (const char* record :
         {"v=spf1 +all", "v=spf1 ip4:203.0.113.1 all", "v=spf1 include:everybody.example.net -all",
          "v=spf1 redirect=everybody.example.net", "v=spf1 exists:a.example.net -all",
          "v=spf1 exists:%{d}.example.net exists:a.example.net -all", "v=spf1 ptr:example.net -all"})
      CPPUNIT_ASSERT_MESSAGE(record, !names_client(record));
    CPPUNIT_ASSERT(!names_client("v=spf1 include:both.example.net -all", "203.0.113.7"));
  }

  void what_is_too_large_names_nobody() {
    const struct {
      const char* record;
      const char* client;
      bool names;
    } table[] = {
        {"v=spf1 ip4:0.0.0.0/0 -all", "192.0.2.1", false},
        {"v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "192.0.2.1", false},
        {"v=spf1 ip4:192.0.0.0/8 -all", "192.0.2.1", false},
        {"v=spf1 ip4:192.0.0.0/9 -all", "192.0.2.1", false},
        {"v=spf1 ip4:192.0.0.0/10 -all", "192.0.2.1", true},
        {"v=spf1 ip4:192.0.2.1 ip4:0.0.0.0/0 -all", "192.0.2.1", false},
        {"v=spf1 ip4:192.0.2.1 ~ip4:0.0.0.0/0 -all", "192.0.2.1", true},
        {"v=spf1 ip4:192.0.2.1 ip6:::/0 -all", "192.0.2.1", true},
        {"v=spf1 a:nowhere.example.net/0 -all", "192.0.2.1", false},
        {"v=spf1 a:half.example.net/1 -all", "192.0.2.1", false},
        {"v=spf1 mx/8 -all", "192.0.2.1", false},
        {"v=spf1 mx//8 -all", "192.0.2.1", true},
        {"v=spf1 ip6:::/0 -all", "2001:db8::1", false},
        {"v=spf1 ip6:2000::/3 -all", "2001:db8::1", false},
        {"v=spf1 ip6:2001:db8::/28 -all", "2001:db8::1", false},
        {"v=spf1 ip6:2001:db8::/29 -all", "2001:db8::1", true},
        {"v=spf1 ip6:2001:db8::/29 ip6:2001:db0::/48 -all", "2001:db8::1", false},
        {"v=spf1 a:nowhere.example.net//0 -all", "2001:db8::1", false},
        {"v=spf1 mx//8 -all", "2001:db8::1", false},
        {"v=spf1 mx/8 -all", "2001:db8::1", true},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.record, row.names, names_client(row.record, row.client));
  }

  // Like the records of outlook.com, google.com and a customer of several such senders.
  void the_largest_senders_are_not_too_large() {
    const char* microsoft =
        "v=spf1 ip4:40.92.0.0/14 ip4:52.100.0.0/14 ip4:40.107.0.0/16 ip4:104.47.0.0/17 "
        "ip6:2a01:111:f400::/48 ip6:2a01:111:f403::/49 -all";
    const char* google =
        "v=spf1 ip4:64.233.160.0/19 ip4:72.14.192.0/18 ip4:74.125.0.0/16 ip4:108.177.8.0/21 "
        "ip4:173.194.0.0/16 ip4:209.85.128.0/17 ip4:216.58.192.0/19 ip6:2001:4860:4000::/36 "
        "ip6:2404:6800:4000::/36 ip6:2607:f8b0:4000::/36 ip6:2800:3f0:4000::/36 ip6:2a00:1450:4000::/36 "
        "ip6:2c0f:fb50:4000::/36 ~all";
    const char* salesforce = "v=spf1 ip4:13.108.0.0/14 ip4:136.146.0.0/15 ip4:161.71.0.0/17 -all";
    for (const char* client : {"52.101.2.3", "209.85.220.41", "13.110.5.6", "2a00:1450:4864:20::32d"}) {
      World world;
      world.client = client;
      world.zone.txt("spf.example.org", microsoft).txt("spf.example.net", google);
      world.zone.txt("spf.example.edu", salesforce);
      CPPUNIT_ASSERT_MESSAGE(client, passed(world,
                                            "v=spf1 include:spf.example.org include:spf.example.edu "
                                            "include:spf.example.net -all")
                                         .names_client);
    }
  }

  // Otherwise ten includes could divide the Internet among them.
  void all_records_that_were_read_count() {
    for (const bool first : {false, true}) {
      World world;
      world.client = first ? "10.0.0.1" : "192.0.2.1";
      world.zone.txt("one.example.com", "v=spf1 ip4:10.0.0.0/10 -all")
          .txt("two.example.com", "v=spf1 ip4:192.0.2.0/24 -all");
      const auto outcome = passed(world, "v=spf1 include:one.example.com include:two.example.com -all");
      CPPUNIT_ASSERT_EQUAL(first, outcome.names_client);
    }
  }

  void names_that_depend_on_the_client_or_the_message_name_nobody() {
    for (const char* term :
         {"a:%{i}.x.example", "mx:%{i}.x.example", "include:%{i}.x.example", "include:%{ir}.%{v}.x.example",
          "include:%{l}.x.example", "include:%{s}.x.example", "include:%{h}.x.example",
          "include:%{p}.x.example", "a:%{L}.x.example", "exists:%{i}.x.example", "include:outer.example"}) {
      World world = with_hosts("192.0.2.1");
      for (const char* name : {"192.0.2.1", "1.2.0.192.in-addr", "user", "user@example.com",
                               "mail.example.net", "a.example.net"})
        world.zone.txt(std::string(name) + ".x.example", "v=spf1 ip4:192.0.2.1 -all")
            .a(std::string(name) + ".x.example", "192.0.2.1")
            .mx(std::string(name) + ".x.example", 10, "a.example.net");
      world.zone.txt("outer.example", "v=spf1 redirect=%{i}.x.example");
      CPPUNIT_ASSERT_MESSAGE(term, !passed(world, std::string("v=spf1 ") + term + " -all").names_client);
    }
  }

  void only_a_pass_names_the_client() {
    for (const char* record :
         {"v=spf1 -ip4:192.0.2.1 +all", "v=spf1 ?ip4:192.0.2.1", "v=spf1 ~mx", "v=spf1"}) {
      World world = with_hosts("192.0.2.1");
      world.zone.txt("example.com", record);
      CPPUNIT_ASSERT_MESSAGE(record, !world.check().names_client);
    }
  }

  void a_best_guess_names_nobody() {
    World world = with_hosts("192.0.2.1");
    world.rules.best_guess = "v=spf1 mx -all";
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.best_guess && outcome.result == SpfResult::Pass);
    CPPUNIT_ASSERT(!outcome.names_client);
  }

  void an_address_that_is_no_hosts_is_nobodys() {
    const struct {
      const char* address;
      bool is_a_hosts;
    } table[] = {
        {"192.0.2.1", true},
        {"10.1.2.3", true},
        {"192.168.0.1", true},
        {"223.255.255.255", true},
        {"0.0.0.0", false},
        {"0.1.2.3", false},
        {"127.0.0.1", false},
        {"127.255.0.1", false},
        {"169.254.1.1", false},
        {"169.253.1.1", true},
        {"224.0.0.1", false},
        {"239.1.1.1", false},
        {"255.255.255.255", false},
        {"2001:db8::1", true},
        {"fd00::1", true},
        {"::", false},
        {"::1", false},
        {"fe80::1", false},
        {"febf::1", false},
        {"fec0::1", true},
        {"ff02::1", false},
    };
    for (const auto& row : table) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.address, row.is_a_hosts, is_a_hosts(*IpAddress::parse(row.address)));
      World world;
      world.client = row.address;
      const bool v4 = IpAddress::parse(row.address)->is_v4();
      const auto outcome = passed(world, std::string("v=spf1 ip") + (v4 ? "4:" : "6:") + row.address);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.address, row.is_a_hosts, outcome.names_client);
    }
  }

  void no_count_overflows() {
    for (const bool v4 : {true, false}) {
      std::string record = "v=spf1";
      for (int i = 0; i < 1000; ++i) record += v4 ? " ip4:0.0.0.0/0" : " ip6:::/0";
      CPPUNIT_ASSERT(!names_client(record, v4 ? "192.0.2.1" : "2001:db8::1"));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ExtentTest);
