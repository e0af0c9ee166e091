// SPDX-License-Identifier: BSD-2-Clause
// How check_host() interprets records and DNS: sections 4 and 5 of RFC 7208.
#include "spf/check_host.h"

#include <cppunit/extensions/HelperMacros.h>

#include "test/spf/world.h"

using namespace mailreeve;

class CheckHostTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CheckHostTest);
  CPPUNIT_TEST(qualifiers_decide_the_result);
  CPPUNIT_TEST(the_first_mechanism_that_matches_decides);
  CPPUNIT_TEST(a_syntax_error_behind_a_match_is_still_an_error);
  CPPUNIT_TEST(domains_that_are_none_are_never_looked_up);
  CPPUNIT_TEST(a_name_without_record_gives_none_and_says_why);
  CPPUNIT_TEST(two_records_are_a_permerror_even_if_equal);
  CPPUNIT_TEST(other_texts_beside_the_record_do_not_matter);
  CPPUNIT_TEST(strings_of_a_record_are_joined_without_a_blank);
  CPPUNIT_TEST(a_record_with_64_networks_keeps_its_last_one_and_its_all);
  CPPUNIT_TEST(a_and_mx_ask_for_the_family_of_the_client);
  CPPUNIT_TEST(a_mapped_client_is_an_ipv4_client_everywhere);
  CPPUNIT_TEST(prefixes_apply_to_their_family);
  CPPUNIT_TEST(all_mx_hosts_are_asked_at_once);
  CPPUNIT_TEST(mx_does_not_fall_back_to_the_address_of_the_domain);
  CPPUNIT_TEST(a_null_mx_matches_nothing);
  CPPUNIT_TEST(an_mx_host_that_matches_counts_though_another_one_fails);
  CPPUNIT_TEST(exists_asks_for_a_even_for_ipv6);
  CPPUNIT_TEST(ptr_takes_validated_names_within_the_target_only);
  CPPUNIT_TEST(failures_behind_ptr_are_no_match);
  CPPUNIT_TEST(include_follows_the_table_of_section_5_2);
  CPPUNIT_TEST(the_mechanism_is_the_outer_record_s_for_an_include);
  CPPUNIT_TEST(redirect_comes_after_all_mechanisms);
  CPPUNIT_TEST(redirect_to_nothing_is_a_permerror);
  CPPUNIT_TEST(redirect_is_ignored_where_all_is);
  CPPUNIT_TEST(dns_failures_are_temperrors);
  CPPUNIT_TEST(names_that_dns_cannot_hold_do_not_match);
  CPPUNIT_TEST(labels_may_have_any_octets);
  CPPUNIT_TEST(aliases_are_followed);
  CPPUNIT_TEST(d_is_the_current_domain_and_o_the_sender_s);
  CPPUNIT_TEST(p_prefers_the_domain_then_a_name_below_it);
  CPPUNIT_TEST(a_non_ascii_local_part_never_matches);
  CPPUNIT_TEST(an_internationalised_domain_is_looked_up_as_a_label);
  CPPUNIT_TEST(a_bounce_is_judged_by_its_helo);
  CPPUNIT_TEST(the_helo_identity_is_postmaster_at_helo);
  CPPUNIT_TEST(an_outcome_is_complete);
  CPPUNIT_TEST(case_does_not_matter_in_names);
  CPPUNIT_TEST_SUITE_END();

  void qualifiers_decide_the_result() {
    const struct {
      const char* record;
      const char* result;
    } table[] = {
        {"v=spf1 all", "pass"},
        {"v=spf1 +all", "pass"},
        {"v=spf1 -all", "fail"},
        {"v=spf1 ~all", "softfail"},
        {"v=spf1 ?all", "neutral"},
        {"v=spf1", "neutral"},
        {"v=spf1 ip4:203.0.113.1", "neutral"},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.record, std::string(row.result), World::result_of(row.record));
  }

  void the_first_mechanism_that_matches_decides() {
    World world;
    world.zone.txt("example.com", "v=spf1 ip4:203.0.113.1 ?ip4:192.0.2.0/24 -ip4:192.0.2.1 +all");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Neutral);
    CPPUNIT_ASSERT_EQUAL(std::string("?ip4:192.0.2.0/24"), outcome.mechanism);
  }

  void a_syntax_error_behind_a_match_is_still_an_error() {
    World world;
    world.zone.txt("example.com", "v=spf1 +all a:x..");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Permerror);
    CPPUNIT_ASSERT_EQUAL(std::string("syntax error in \"a:x..\" in the SPF record of example.com"),
                         outcome.problem);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome.mechanism);
  }

  void domains_that_are_none_are_never_looked_up() {
    for (const auto& sender :
         {std::string("u@localhost"), std::string("u@[192.0.2.1]"), std::string("u@a..b"),
          std::string("postmaster"), std::string("u@.example.com"), "u@" + std::string(64, 'x') + ".com",
          "u@" + std::string(250, 'x') + ".com", std::string("u@b@example.com")}) {
      World world;
      world.zone.txt("example.com", "v=spf1 -all");
      const auto outcome = world.check(sender);
      CPPUNIT_ASSERT_MESSAGE(sender, outcome.result == SpfResult::None);
      CPPUNIT_ASSERT_MESSAGE(sender, !outcome.problem.empty());
      CPPUNIT_ASSERT_MESSAGE(sender, outcome.mechanism.empty());
      CPPUNIT_ASSERT_MESSAGE(sender, !world.zone.was_asked("example.com", RecordType::TXT));
    }
  }

  void a_name_without_record_gives_none_and_says_why() {
    World world;
    world.zone.empty("nodata.example.com").txt("other.example.com", "hello");
    CPPUNIT_ASSERT_EQUAL(std::string("example.com does not exist"), world.check().problem);
    CPPUNIT_ASSERT_EQUAL(std::string("nodata.example.com has no SPF record"),
                         world.check("u@nodata.example.com").problem);
    CPPUNIT_ASSERT_EQUAL(std::string("other.example.com has no SPF record"),
                         world.check("u@other.example.com").problem);
    CPPUNIT_ASSERT_EQUAL(std::string("none"), world.result("u@other.example.com"));
    CPPUNIT_ASSERT_EQUAL(0U, world.check().void_lookups);
  }

  void two_records_are_a_permerror_even_if_equal() {
    World world;
    world.zone.txt("example.com", "v=spf1 +all").txt("example.com", "V=SPF1 +all");
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), world.result());
    world.zone.txt("also.example.com", "v=spf1")
        .txt("also.example.com", "x")
        .txt("also.example.com", "v=spf1");
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), world.result("u@also.example.com"));
  }

  void other_texts_beside_the_record_do_not_matter() {
    World world;
    world.zone.txt("example.com", std::string("\0\xff\r\n", 4))
        .txt("example.com", "v=spf10 -all")
        .txt("example.com", "v=spf1 +all")
        .txt("example.com", "spf2.0/pra -all")
        .txt("example.com", "");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result());
  }

  void strings_of_a_record_are_joined_without_a_blank() {
    CPPUNIT_ASSERT_EQUAL(std::string("pass"),
                         World::result_of(std::string("v=spf1 ip4:192.0") + ".2.1 -all"));
  }

  void a_record_with_64_networks_keeps_its_last_one_and_its_all() {
    std::string record = "v=spf1";
    for (int i = 0; i < 100; ++i) record += " ip4:203.0.113." + std::to_string(i);
    CPPUNIT_ASSERT_EQUAL(std::string("fail"), World::result_of(record + " -all"));
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), World::result_of(record + " ip4:192.0.2.1 -all"));
  }

  void a_and_mx_ask_for_the_family_of_the_client() {
    for (const bool v4 : {true, false}) {
      World world;
      world.client = v4 ? "192.0.2.1" : "2001:db8::1";
      world.zone.txt("example.com", "v=spf1 a mx:mx.example.com -all").a("example.com", "203.0.113.1");
      world.zone.aaaa("example.com", "2001:db8::99").mx("mx.example.com", 10, "host.example.com");
      world.zone.a("host.example.com", "192.0.2.1").aaaa("host.example.com", "2001:db8::1");
      CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result());
      CPPUNIT_ASSERT(world.zone.was_asked("example.com", v4 ? RecordType::A : RecordType::AAAA));
      CPPUNIT_ASSERT(!world.zone.was_asked("example.com", v4 ? RecordType::AAAA : RecordType::A));
      CPPUNIT_ASSERT(!world.zone.was_asked("host.example.com", v4 ? RecordType::AAAA : RecordType::A));
    }
  }

  void a_mapped_client_is_an_ipv4_client_everywhere() {
    World world;
    world.client = "::ffff:192.0.2.1";
    world.zone.txt("example.com", "v=spf1 -ip6:::ffff:192.0.2.1 exists:%{ir}.%{v}.example.com -all")
        .a("1.2.0.192.in-addr.example.com", "127.0.0.2");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Pass);
    CPPUNIT_ASSERT_EQUAL(std::string("exists:%{ir}.%{v}.example.com"), outcome.mechanism);
  }

  void prefixes_apply_to_their_family() {
    const struct {
      const char* mechanism;
      const char* client;
      const char* result;
    } table[] = {
        {"a/24", "192.0.2.200", "pass"},     {"a/24", "192.0.3.1", "fail"},
        {"a", "192.0.2.200", "fail"},        {"a/0", "203.0.113.1", "pass"},
        {"a//64", "192.0.2.200", "fail"},    {"a//64", "2001:db8::ff", "pass"},
        {"a/24", "2001:db8::ff", "fail"},    {"a/24//64", "2001:db8::ff", "pass"},
        {"a/24//64", "192.0.2.200", "pass"}, {"a//0", "2001:4860::1", "pass"},
        {"a/0", "2001:4860::1", "fail"},     {"mx/24", "192.0.2.200", "pass"},
        {"mx//64", "2001:db8::ff", "pass"},  {"mx/24", "2001:db8::ff", "fail"},
    };
    for (const auto& row : table) {
      World world;
      world.client = row.client;
      world.zone.txt("example.com", std::string("v=spf1 ") + row.mechanism + " -all")
          .a("example.com", "192.0.2.1")
          .aaaa("example.com", "2001:db8::1")
          .mx("example.com", 10, "example.com");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(row.mechanism) + " " + row.client, std::string(row.result),
                                   world.result());
    }
  }

  void all_mx_hosts_are_asked_at_once() {
    World world;
    world.zone.txt("example.com", "v=spf1 mx -all");
    for (int i = 0; i < 10; ++i) {
      const std::string host = "mx" + std::to_string(i) + ".example.com";
      world.zone.mx("example.com", 10, host).a(host, i == 9 ? "192.0.2.1" : "203.0.113.1");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result());
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), world.zone.calls().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(10), world.zone.calls()[2].size());
  }

  void mx_does_not_fall_back_to_the_address_of_the_domain() {
    World world;
    world.zone.txt("example.com", "v=spf1 mx -all").a("example.com", "192.0.2.1");
    CPPUNIT_ASSERT_EQUAL(std::string("fail"), world.result());
    CPPUNIT_ASSERT(!world.zone.was_asked("example.com", RecordType::A));
  }

  void a_null_mx_matches_nothing() {
    World world;
    world.zone.txt("example.com", "v=spf1 mx -all").mx("example.com", 0, ".");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Fail);
    CPPUNIT_ASSERT_EQUAL(0U, outcome.void_lookups);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), world.zone.questions());
  }

  void an_mx_host_that_matches_counts_though_another_one_fails() {
    World world;
    world.zone.txt("example.com", "v=spf1 mx -all").mx("example.com", 10, "a.example.com");
    world.zone.mx("example.com", 20, "b.example.com").fails("a.example.com", RecordType::A);
    world.zone.a("b.example.com", "192.0.2.1");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result());
    world.client = "192.0.2.2";
    CPPUNIT_ASSERT_EQUAL(std::string("temperror"), world.result());
  }

  void exists_asks_for_a_even_for_ipv6() {
    World world;
    world.client = "2001:db8::1";
    world.zone.txt("example.com", "v=spf1 exists:six.example.com exists:four.example.com -all");
    world.zone.aaaa("six.example.com", "2001:db8::1").a("four.example.com", "127.0.0.2");
    CPPUNIT_ASSERT_EQUAL(std::string("exists:four.example.com"), world.check().mechanism);
  }

  void ptr_takes_validated_names_within_the_target_only() {
    const struct {
      const char* record;
      const char* name;
      const char* address;
      const char* result;
    } table[] = {
        {"v=spf1 ptr -all", "example.com", "192.0.2.1", "pass"},
        {"v=spf1 ptr -all", "a.b.example.com", "192.0.2.1", "pass"},
        {"v=spf1 ptr -all", "badexample.com", "192.0.2.1", "fail"},
        {"v=spf1 ptr -all", "a.example.com", "192.0.2.2", "fail"},
        {"v=spf1 ptr:Other.Example -all", "x.OTHER.example", "192.0.2.1", "pass"},
        {"v=spf1 ptr:other.example. -all", "x.other.example", "192.0.2.1", "pass"},
        {"v=spf1 ptr:a.example.com -all", "example.com", "192.0.2.1", "fail"},
    };
    for (const auto& row : table) {
      World world;
      world.zone.txt("example.com", row.record)
          .ptr("1.2.0.192.in-addr.arpa", row.name)
          .a(row.name, row.address);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(row.record) + " " + row.name, std::string(row.result),
                                   world.result());
    }
    World six;
    six.client = "2001:db8::1";
    six.zone.txt("example.com", "v=spf1 ptr -all").aaaa("mx.example.com", "2001:db8::1");
    six.zone.ptr("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
                 "mx.example.com");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), six.result());
  }

  void failures_behind_ptr_are_no_match() {
    World world;
    world.zone.txt("example.com", "v=spf1 ptr -all").fails("1.2.0.192.in-addr.arpa", RecordType::PTR);
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Fail);
    CPPUNIT_ASSERT_EQUAL(0U, outcome.void_lookups);

    World other;
    other.zone.txt("example.com", "v=spf1 ptr -all").ptr("1.2.0.192.in-addr.arpa", "bad.example.com");
    other.zone.ptr("1.2.0.192.in-addr.arpa", "good.example.com").fails("bad.example.com", RecordType::A);
    other.zone.a("good.example.com", "192.0.2.1");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), other.result());
  }

  void include_follows_the_table_of_section_5_2() {
    const struct {
      const char* inner;
      const char* result;
    } table[] = {
        {"v=spf1 +all", "softfail"}, {"v=spf1 -all", "neutral"}, {"v=spf1 ~all", "neutral"},
        {"v=spf1 ?all", "neutral"},  {"v=spf1", "neutral"},      {"v=spf1 a:fails.example.com", "temperror"},
        {"v=spf1 moo", "permerror"}, {"no record", "permerror"},
    };
    for (const auto& row : table) {
      World world;
      world.zone.txt("example.com", "v=spf1 ~include:in.example.com ?all").txt("in.example.com", row.inner);
      world.zone.fails("fails.example.com", RecordType::A);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.inner, std::string(row.result), world.result());
    }
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), World::result_of("v=spf1 include:gone.example.com +all"));
    World failing;
    failing.zone.txt("example.com", "v=spf1 include:in.example.com").fails("in.example.com", RecordType::TXT);
    CPPUNIT_ASSERT_EQUAL(std::string("temperror"), failing.result());
  }

  void the_mechanism_is_the_outer_record_s_for_an_include() {
    World world;
    world.zone.txt("example.com", "v=spf1 include:in.example.com -all");
    world.zone.txt("in.example.com", "v=spf1 redirect=deep.example.com")
        .txt("deep.example.com", "v=spf1 +all");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Pass);
    CPPUNIT_ASSERT_EQUAL(std::string("include:in.example.com"), outcome.mechanism);
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), outcome.domain);
  }

  void redirect_comes_after_all_mechanisms() {
    World world;
    world.zone.txt("example.com", "v=spf1 redirect=other.example ip4:192.0.2.1");
    world.zone.txt("other.example", "v=spf1 ip4:192.0.2.2 -all");
    CPPUNIT_ASSERT_EQUAL(std::string("ip4:192.0.2.1"), world.check().mechanism);
    world.client = "192.0.2.2";
    CPPUNIT_ASSERT_EQUAL(std::string("ip4:192.0.2.2"), world.check().mechanism);
    world.client = "192.0.2.3";
    CPPUNIT_ASSERT_EQUAL(std::string("-all"), world.check().mechanism);
  }

  void redirect_to_nothing_is_a_permerror() {
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), World::result_of("v=spf1 redirect=gone.example"));
    World world;
    world.zone.txt("example.com", "v=spf1 redirect=other.example").txt("other.example", "hello");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Permerror);
    CPPUNIT_ASSERT_EQUAL(std::string("other.example has no SPF record"), outcome.problem);
    World failing;
    failing.zone.txt("example.com", "v=spf1 redirect=other.example").fails("other.example", RecordType::TXT);
    CPPUNIT_ASSERT_EQUAL(std::string("temperror"), failing.result());
  }

  void redirect_is_ignored_where_all_is() {
    World world;
    world.zone.txt("example.com", "v=spf1 redirect=other.example ?all").txt("other.example", "v=spf1 -all");
    CPPUNIT_ASSERT_EQUAL(std::string("neutral"), world.result());
    CPPUNIT_ASSERT(!world.zone.was_asked("other.example", RecordType::TXT));
  }

  void dns_failures_are_temperrors() {
    const struct {
      const char* record;
      RecordType type;
    } table[] = {
        {"v=spf1 a:x.example.com +all", RecordType::A},
        {"v=spf1 mx:x.example.com +all", RecordType::MX},
        {"v=spf1 mx:y.example.com +all", RecordType::A},
        {"v=spf1 exists:x.example.com +all", RecordType::A},
        {"v=spf1 include:x.example.com +all", RecordType::TXT},
        {"v=spf1 redirect=x.example.com", RecordType::TXT},
    };
    for (const auto& row : table) {
      World world;
      world.zone.txt("example.com", row.record).fails("x.example.com", row.type);
      world.zone.mx("y.example.com", 0, "x.example.com");
      const auto outcome = world.check();
      CPPUNIT_ASSERT_MESSAGE(row.record, outcome.result == SpfResult::Temperror);
      CPPUNIT_ASSERT_MESSAGE(outcome.problem,
                             outcome.problem.find("x.example.com: SERVFAIL") != std::string::npos);
    }
    World world;
    world.zone.fails("example.com", RecordType::TXT);
    CPPUNIT_ASSERT_EQUAL(std::string("DNS lookup failed: TXT example.com: SERVFAIL"), world.check().problem);
  }

  void names_that_dns_cannot_hold_do_not_match() {
    for (const char* record : {"v=spf1 a:%{h} -all", "v=spf1 mx:%{h} -all", "v=spf1 exists:%{h} -all",
                               "v=spf1 ptr:%{h} -all", "v=spf1 a:a..example.com -all", "v=spf1 mx:.com -all"})
      for (const auto& helo : {std::string(), std::string("a..b"), std::string(64, 'a')}) {
        World world;
        world.helo = helo;
        world.zone.refuses_bad_names = true;
        world.zone.txt("example.com", record);
        const auto outcome = world.check();
        CPPUNIT_ASSERT_MESSAGE(record, outcome.result == SpfResult::Fail);
        if (std::string_view(record).find("ptr") == std::string_view::npos)
          CPPUNIT_ASSERT_EQUAL_MESSAGE(record, 0U, outcome.void_lookups);
      }
    World include;
    include.helo = "bad..name";
    include.zone.refuses_bad_names = true;
    include.zone.txt("example.com", "v=spf1 include:%{h} +all");
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), include.result());
    CPPUNIT_ASSERT_EQUAL(std::string("none"), include.result("u@exa mple.com"));
  }

  // Section 7.3 allows them in names. A name that does not exist is void.
  void labels_may_have_any_octets() {
    for (const char* helo : {"JUMPIN' JUPITER", "a\\b", "\xff\xfe", "a\tb"}) {
      World world;
      world.helo = helo;
      world.zone.refuses_bad_names = true;
      world.zone.txt("example.com", "v=spf1 exists:%{h}.no.example a:%{h}.example -all");
      CPPUNIT_ASSERT(world.check().result == SpfResult::Fail);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(helo, 2U, world.check().void_lookups);
      world.zone.a(std::string(helo) + ".example", "192.0.2.1");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(helo, std::string("pass"), world.result());
      world.zone.txt("b.example.com", "v=spf1 a:%{h}.no.example a:x%_y.example a:%{h}.no2.example ~all");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(helo, std::string("permerror"), world.result("u@b.example.com"));
    }
  }

  void aliases_are_followed() {
    World world;
    world.zone.txt("example.com", "v=spf1 a:www.example.com -all")
        .cname("www.example.com", "cdn.example.net");
    world.zone.a("cdn.example.net", "192.0.2.1").cname("alias.example.com", "example.com");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result());
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result("u@alias.example.com"));
    world.zone.txt("loop.example.com", "v=spf1 a:a.example.com -all").cname("a.example.com", "b.example.com");
    world.zone.cname("b.example.com", "a.example.com");
    CPPUNIT_ASSERT_EQUAL(std::string("temperror"), world.result("u@loop.example.com"));
  }

  void d_is_the_current_domain_and_o_the_sender_s() {
    World world;
    world.zone.txt("example.com", "v=spf1 include:in.example.net redirect=re.example.net");
    world.zone.txt("in.example.net", "v=spf1 exists:%{d}.%{o}.in.example -all");
    world.zone.txt("re.example.net", "v=spf1 exists:%{d}.%{o}.%{l}.%{h}.re.example -all");
    world.zone.a("re.example.net.example.com.user.mail.example.net.re.example", "127.0.0.2");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result());
    CPPUNIT_ASSERT(world.zone.was_asked("in.example.net.example.com.in.example", RecordType::A));
  }

  void p_prefers_the_domain_then_a_name_below_it() {
    const struct {
      std::vector<std::string> names;
      const char* asked;
    } table[] = {
        {{"x.example.net", "a.example.com", "example.com"}, "example.com.p.example"},
        {{"x.example.net", "a.example.com"}, "a.example.com.p.example"},
        {{"x.example.net", "y.example.net"}, "x.example.net.p.example"},
        {{}, "unknown.p.example"},
    };
    for (const auto& row : table) {
      World world;
      world.zone.txt("example.com", "v=spf1 exists:%{p}.p.example -all");
      for (const auto& name : row.names) world.zone.ptr("1.2.0.192.in-addr.arpa", name).a(name, "192.0.2.1");
      world.check();
      CPPUNIT_ASSERT_MESSAGE(row.asked, world.zone.was_asked(row.asked, RecordType::A));
    }
    World failing;
    failing.zone.txt("example.com", "v=spf1 exists:%{p}.p.example -all");
    failing.zone.fails("1.2.0.192.in-addr.arpa", RecordType::PTR).a("unknown.p.example", "127.0.0.2");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), failing.result());
  }

  // RFC 8616 section 4
  void a_non_ascii_local_part_never_matches() {
    const std::string sender = "j\xc3\xbcrg@example.com";
    World world;
    world.zone.txt("example.com",
                   "v=spf1 exists:%{l}.x.example include:%{S}.x.example a:%{lr-}.x.example ~all");
    world.zone.unknown_fails = [](const std::string&) { return true; };
    CPPUNIT_ASSERT_EQUAL(std::string("softfail"), world.result(sender));
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), world.zone.questions());
    world.zone.txt("re.example.com", "v=spf1 redirect=%{l}.x.example");
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), world.result("j\xc3\xbcrg@re.example.com"));
    world.zone.txt("o.example.com", "v=spf1 exists:%{o}.x.example -all")
        .a("o.example.com.x.example", "127.0.0.2");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result("j\xc3\xbcrg@o.example.com"));
  }

  void an_internationalised_domain_is_looked_up_as_a_label() {
    World world;
    world.zone.txt("xn--bcher-kva.example", "v=spf1 exists:%{o}.x.example -all");
    world.zone.a("xn--bcher-kva.example.x.example", "127.0.0.2");
    const auto outcome = world.check(
        "j\xc3\xbcrg@b\xc3\xbc"
        "cher.example");
    CPPUNIT_ASSERT(outcome.result == SpfResult::Pass);
    CPPUNIT_ASSERT_EQUAL(std::string("xn--bcher-kva.example"), outcome.domain);
  }

  void a_bounce_is_judged_by_its_helo() {
    World world;
    world.zone.txt("mail.example.net", "v=spf1 exists:%{l}.%{o}.x.example -all");
    world.zone.a("postmaster.mail.example.net.x.example", "127.0.0.2");
    const auto outcome = world.check("<>");
    CPPUNIT_ASSERT(outcome.result == SpfResult::Pass);
    CPPUNIT_ASSERT(outcome.identity == SpfIdentity::Mailfrom);
    CPPUNIT_ASSERT_EQUAL(std::string("mail.example.net"), outcome.domain);
    world.helo = "localhost";
    CPPUNIT_ASSERT_EQUAL(std::string("none"), world.result("<>"));
  }

  void the_helo_identity_is_postmaster_at_helo() {
    World world;
    world.zone.txt("mail.example.net", "v=spf1 -all").txt("example.com", "v=spf1 +all");
    const auto outcome = check_host(world.query("user@example.com", SpfIdentity::Helo), world.zone,
                                    world.rules, world.now, Deadline(world.patience));
    CPPUNIT_ASSERT(outcome.result == SpfResult::Fail);
    CPPUNIT_ASSERT(outcome.identity == SpfIdentity::Helo);
    CPPUNIT_ASSERT_EQUAL(std::string("mail.example.net"), outcome.domain);
    world.helo = "[192.0.2.1]";
    CPPUNIT_ASSERT(world.check_helo().result == SpfResult::None);
  }

  void an_outcome_is_complete() {
    World world;
    world.zone.txt("example.com", "v=spf1 a mx exists:no.example.com include:in.example.com");
    world.zone.txt("in.example.com", "v=spf1 a:a.example.com -all exp=e.example.com")
        .a("a.example.com", "192.0.2.2");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Permerror);  // three void lookups
    world.rules.limits.void_lookups = 3;
    const auto neutral = world.check();
    CPPUNIT_ASSERT(neutral.result == SpfResult::Neutral);
    CPPUNIT_ASSERT_EQUAL(std::string("default"), neutral.mechanism);
    CPPUNIT_ASSERT_EQUAL(5U, neutral.lookups);
    CPPUNIT_ASSERT_EQUAL(3U, neutral.void_lookups);
    CPPUNIT_ASSERT_EQUAL(std::string(), neutral.problem);
    CPPUNIT_ASSERT(neutral.trace.empty());
    CPPUNIT_ASSERT(!neutral.best_guess);
  }

  void case_does_not_matter_in_names() {
    World world;
    world.zone.txt("EXAMPLE.com", "v=spf1 A:Host.Example.COM -all").a("host.example.com", "192.0.2.1");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result("User@Example.Com"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CheckHostTest);
