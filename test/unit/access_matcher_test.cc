// SPDX-License-Identifier: BSD-2-Clause
#include "access/matcher.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <random>
#include <set>

#include "access/access_rules.h"

using namespace mailreeve;

namespace {

class FakeLookups final : public AccessLookups {
 public:
  std::optional<SpfResult> result = SpfResult::Pass;
  std::set<std::string> zones;
  bool silent = false;
  int asked = 0;
  std::optional<SpfResult> spf() override {
    ++asked;
    return result;
  }
  std::optional<bool> listed(std::span<const std::string> wanted) override {
    ++asked;
    if (silent) return std::nullopt;
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const auto& zone) { return zones.count(zone) != 0; });
  }
};

AccessSubject subject() {
  AccessSubject out;
  out.client = IpAddress::parse("192.0.2.7");
  out.client_name = "mx.example.com";
  out.helo = "mx.example.com";
  out.sender = AccessSubject::Mailbox(Address::parse("<alice@example.com>"));
  out.recipient = AccessSubject::Mailbox(Address::parse("<bob@example.net>"));
  out.now = from_millis(1'800'000'000'000);
  return out;
}

CompiledRules compiled(std::initializer_list<const char*> texts) {
  std::vector<AccessRule> rules;
  for (const char* text : texts) {
    rules.push_back(parse_access_rule(text));
    rules.back().source = "#" + std::to_string(rules.size());
  }
  return CompiledRules(std::move(rules));
}

// Whether the one condition holds.
bool holds(const std::string& condition, const AccessSubject& what, FakeLookups lookups = {}) {
  return compiled({("accept-all " + condition).c_str()}).first(what, lookups) != nullptr;
}

// A pattern, one by one and without an index, as the manual describes it.
bool plainly_matches(const AccessPattern& pattern, std::string_view name,
                     const std::optional<IpAddress>& client) {
  switch (pattern.kind) {
    case AccessPattern::Kind::Network:
      return client && Network::parse(pattern.text)->contains(*client);
    case AccessPattern::Kind::Below:
      return name.ends_with("." + pattern.text);
    case AccessPattern::Kind::Domain:
      return name.ends_with("@" + pattern.text);
    case AccessPattern::Kind::Local:
      return name.starts_with(pattern.text + "@");
    case AccessPattern::Kind::Regex:
      return name.find(pattern.text) != std::string_view::npos;
    default:
      return name == pattern.text;
  }
}

}  // namespace

class AccessMatcherTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccessMatcherTest);
  CPPUNIT_TEST(the_first_rule_that_matches_decides);
  CPPUNIT_TEST(clients_are_matched_by_network);
  CPPUNIT_TEST(names_are_matched_whole_below_and_by_expression);
  CPPUNIT_TEST(a_name_that_the_mta_has_not_verified_matches_nothing);
  CPPUNIT_TEST(addresses_are_matched_by_their_parts);
  CPPUNIT_TEST(an_extension_matches_the_address_without_it);
  CPPUNIT_TEST(hostile_names_match_only_what_they_are);
  CPPUNIT_TEST(negation_holds_where_no_value_matches);
  CPPUNIT_TEST(all_conditions_must_hold);
  CPPUNIT_TEST(spans_of_time_may_cross_midnight);
  CPPUNIT_TEST(dns_is_asked_last_and_what_it_does_not_say_holds_neither_way);
  CPPUNIT_TEST(rules_about_recipients_wait_for_a_recipient);
  CPPUNIT_TEST(a_rule_ends_at_its_time);
  CPPUNIT_TEST(the_index_finds_what_a_plain_search_finds);
  CPPUNIT_TEST(rules_of_the_database_come_first);
  CPPUNIT_TEST_SUITE_END();

  void the_first_rule_that_matches_decides() {
    const auto rules = compiled(
        {"reject client=203.0.113.0/24", "skip=spf sender=example.com", "reject client=192.0.2.7", "defer"});
    FakeLookups lookups;
    AccessSubject what = subject();
    CPPUNIT_ASSERT_EQUAL(std::string("#2"), rules.first(what, lookups)->source);
    what.sender = AccessSubject::Mailbox(Address::parse("<a@example.org>"));
    CPPUNIT_ASSERT_EQUAL(std::string("#3"), rules.first(what, lookups)->source);
    what.client = IpAddress::parse("198.51.100.1");
    CPPUNIT_ASSERT_EQUAL(std::string("#4"), rules.first(what, lookups)->source);
    CPPUNIT_ASSERT(CompiledRules().first(what, lookups) == nullptr);
  }

  void clients_are_matched_by_network() {
    AccessSubject what = subject();
    for (const char* value :
         {"192.0.2.7", "192.0.2.0/24", "0.0.0.0/0", "::ffff:192.0.2.0/120", "10.0.0.1,192.0.2.7"})
      CPPUNIT_ASSERT_MESSAGE(value, holds(std::string("client=") + value, what));
    for (const char* value : {"192.0.2.8", "192.0.3.0/24", "::/0", "2001:db8::/32"})
      CPPUNIT_ASSERT_MESSAGE(value, !holds(std::string("client=") + value, what));
    what.client = IpAddress::parse("2001:db8:25::1");
    CPPUNIT_ASSERT(holds("client=2001:db8:25::/48", what) && holds("client=::/0", what));
    CPPUNIT_ASSERT(!holds("client=2001:db8:26::/48", what) && !holds("client=0.0.0.0/0", what));
    what.client = IpAddress::parse("::ffff:192.0.2.7");
    CPPUNIT_ASSERT(holds("client=192.0.2.7", what));
    what.client.reset();
    CPPUNIT_ASSERT(!holds("client=0.0.0.0/0,::/0", what));
  }

  void names_are_matched_whole_below_and_by_expression() {
    AccessSubject what = subject();
    for (const char* value :
         {"mx.example.com", "MX.Example.COM.", ".example.com", ".com", "/^MX\\./", "/example/"}) {
      CPPUNIT_ASSERT_MESSAGE(value, holds(std::string("client-name=") + value, what));
      CPPUNIT_ASSERT_MESSAGE(value, holds(std::string("helo=") + value, what));
    }
    for (const char* value :
         {"example.com", ".mx.example.com", ".ample.com", "mx.example.co", "/^example/"}) {
      CPPUNIT_ASSERT_MESSAGE(value, !holds(std::string("client-name=") + value, what));
      CPPUNIT_ASSERT_MESSAGE(value, !holds(std::string("helo=") + value, what));
    }
    Session session;
    session.helo = "[IPv6:2001:DB8:0:0::1]";
    CPPUNIT_ASSERT(holds("helo=[2001:db8::1]", AccessSubject::of(session, {}, what.now)));
    session.helo = "Mail.Example.Org.";
    CPPUNIT_ASSERT(holds("helo=mail.example.org", AccessSubject::of(session, {}, what.now)));
  }

  void a_name_that_the_mta_has_not_verified_matches_nothing() {
    Session session;
    session.client_name = "MX.example.com";
    for (const auto check :
         {NameCheck::Unknown, NameCheck::Forged, NameCheck::Failed, NameCheck::Temporary}) {
      session.name_check = check;
      const AccessSubject what = AccessSubject::of(session, {}, subject().now);
      CPPUNIT_ASSERT(!holds("client-name=mx.example.com,.example.com", what));
      CPPUNIT_ASSERT(!holds("client-name=/./", what) && !holds("client-name=/^$/", what));
      CPPUNIT_ASSERT(holds("client-name=!.example.com", what));
    }
    session.name_check = NameCheck::Ok;
    CPPUNIT_ASSERT(holds("client-name=mx.example.com", AccessSubject::of(session, {}, subject().now)));
  }

  void addresses_are_matched_by_their_parts() {
    AccessSubject what = subject();
    what.sender = AccessSubject::Mailbox(Address::parse("<Alice@Sub.Example.com>"));
    for (const char* value : {"alice@sub.example.com", "sub.example.com", ".example.com", ".com", "alice@",
                              "/^alice@/", "/EXAMPLE\\.com$/"})
      CPPUNIT_ASSERT_MESSAGE(value, holds(std::string("sender=") + value, what));
    for (const char* value :
         {"alice@example.com", "example.com", ".sub.example.com", "lice@", "ali@", "<>", "/^sub/"})
      CPPUNIT_ASSERT_MESSAGE(value, !holds(std::string("sender=") + value, what));
    what.sender = AccessSubject::Mailbox(Address::parse("<>"));
    CPPUNIT_ASSERT(holds("sender=<>", what) && holds("sender=/^$/", what));
    CPPUNIT_ASSERT(!holds("sender=/./", what) && holds("sender=!<>,example.com", subject()) == false);
    what.recipient = AccessSubject::Mailbox(Address::parse("<Postmaster>"));
    CPPUNIT_ASSERT(holds("recipient=postmaster@", what));
    what.sender =
        AccessSubject::Mailbox(Address::parse("<j\xc3\x9crgen@b\xc3\xbc"
                                              "cher.example>"));
    CPPUNIT_ASSERT(holds("sender=j\xc3\xbcrgen@xn--bcher-kva.example", what));
  }

  void an_extension_matches_the_address_without_it() {
    AccessSubject what = subject();
    what.recipient = AccessSubject::Mailbox(Address::parse("<Bob+Shop+x@example.net>"));
    for (const char* value :
         {"bob@example.net", "bob@", "bob+shop+x@example.net", "bob+shop+x@", "example.net"})
      CPPUNIT_ASSERT_MESSAGE(value, holds(std::string("recipient=") + value, what));
    for (const char* value : {"bob+shop@example.net", "bob+other@example.net", "/^bob@/"})
      CPPUNIT_ASSERT_MESSAGE(value, !holds(std::string("recipient=") + value, what));
    CPPUNIT_ASSERT(!holds("recipient=bob+shop@example.net", subject()));
    what.recipient = AccessSubject::Mailbox(Address::parse("<+x@example.net>"));
    CPPUNIT_ASSERT(holds("recipient=+x@example.net", what));
    what.recipient = AccessSubject::Mailbox(Address::parse("<\"a +b\"@example.net>"));
    CPPUNIT_ASSERT(holds("recipient=\"a +b\"@example.net", what) && !holds("recipient=a@example.net", what));
  }

  void hostile_names_match_only_what_they_are() {
    AccessSubject what = subject();
    what.client_name = "mx.example.com.evil.example";
    CPPUNIT_ASSERT(!holds("client-name=.example.com,mx.example.com", what));
    what.helo = std::string("mx.example.com\0.evil", 20);
    CPPUNIT_ASSERT(!holds("helo=mx.example.com", what));
    what.helo = ".*";
    CPPUNIT_ASSERT(!holds("helo=/mx/", what) && !holds("helo=.example.com", what));
    what.helo = "....";
    CPPUNIT_ASSERT(!holds("helo=.com", what));
    what.helo = std::string(100'000, '.');
    CPPUNIT_ASSERT(!holds("helo=.com", what));
    what.helo = std::string(1000, 'a') + ".example.com";
    CPPUNIT_ASSERT(holds("helo=.example.com", what));
    what.helo = "\xff\xfe.example.com";
    CPPUNIT_ASSERT(holds("helo=.example.com", what) && holds("helo=/^..\\.example/", what));
    what.sender = AccessSubject::Mailbox(Address::parse("<a@b@example.com>"));
    CPPUNIT_ASSERT(!holds("sender=example.com", what));
  }

  void negation_holds_where_no_value_matches() {
    const AccessSubject what = subject();
    CPPUNIT_ASSERT(!holds("client=!192.0.2.0/24,10.0.0.0/8", what));
    CPPUNIT_ASSERT(holds("client=!10.0.0.0/8,172.16.0.0/12", what));
    CPPUNIT_ASSERT(!holds("sender=!example.com", what) && holds("sender=!example.org", what));
    CPPUNIT_ASSERT(!holds("sender=!/alice/", what) && holds("sender=!/bob/", what));
    CPPUNIT_ASSERT(holds("login=!/./", what) && !holds("login=/./", what));
    CPPUNIT_ASSERT(holds("direction=!outbound", what) && !holds("direction=!inbound", what));
  }

  void all_conditions_must_hold() {
    const AccessSubject what = subject();
    CPPUNIT_ASSERT(holds("client=192.0.2.7 sender=alice@example.com recipient=bob@example.net", what));
    CPPUNIT_ASSERT(!holds("client=192.0.2.8 sender=alice@example.com recipient=bob@example.net", what));
    CPPUNIT_ASSERT(!holds("client=192.0.2.7 sender=alice@example.com recipient=eve@example.net", what));
    CPPUNIT_ASSERT(!holds("client=192.0.2.0/24 client=!192.0.2.7", what));
    CPPUNIT_ASSERT(holds("client=192.0.2.0/24 client=!192.0.2.8", what));
    CPPUNIT_ASSERT(!holds("sender=example.com recipient=!bob@,alice@", what));
  }

  void spans_of_time_may_cross_midnight() {
    const char* zone = std::getenv("TZ");
    const std::string before = zone == nullptr ? "" : zone;
    setenv("TZ", "UTC-2", 1);
    tzset();
    AccessSubject what = subject();
    // 2027-01-15 08:00 UTC, 10:00 there.
    for (const char* span : {"10:00-10:01", "00:00-24:00", "22:00-10:01", "08:00-09:00,09:30-11:00"})
      CPPUNIT_ASSERT_MESSAGE(span, holds(std::string("time=") + span, what));
    for (const char* span : {"08:00-10:00", "22:00-10:00", "10:01-10:00"})
      CPPUNIT_ASSERT_MESSAGE(span, !holds(std::string("time=") + span, what));
    CPPUNIT_ASSERT(holds("time=!08:00-10:00", what));
    zone == nullptr ? unsetenv("TZ") : setenv("TZ", before.c_str(), 1);
    tzset();
  }

  void dns_is_asked_last_and_what_it_does_not_say_holds_neither_way() {
    const AccessSubject what = subject();
    FakeLookups lookups;
    lookups.zones = {"zen.example"};
    const auto rules =
        compiled({"reject spf=fail,pass sender=example.org", "reject listed=zen.example helo=x",
                  "reject spf=pass time=00:00-00:01 time=12:00-12:01"});
    CPPUNIT_ASSERT(rules.first(what, lookups) == nullptr);
    CPPUNIT_ASSERT_EQUAL(0, lookups.asked);
    CPPUNIT_ASSERT(holds("spf=fail,pass", what, lookups) && !holds("spf=fail", what, lookups));
    CPPUNIT_ASSERT(holds("spf=!fail", what, lookups) && !holds("spf=!pass", what, lookups));
    CPPUNIT_ASSERT(holds("listed=other.example,zen.example", what, lookups));
    CPPUNIT_ASSERT(!holds("listed=other.example", what, lookups) &&
                   holds("listed=!other.example", what, lookups));
    lookups.result.reset();
    lookups.silent = true;
    for (const char* condition : {"spf=pass", "spf=!pass", "listed=zen.example", "listed=!zen.example"})
      CPPUNIT_ASSERT_MESSAGE(condition, !holds(condition, what, lookups));
  }

  void rules_about_recipients_wait_for_a_recipient() {
    const auto rules =
        compiled({"reject recipient=bob@example.net", "reject recipient=!bob@example.net", "skip=quota"});
    FakeLookups lookups;
    AccessSubject what = subject();
    CPPUNIT_ASSERT_EQUAL(std::string("#1"), rules.first(what, lookups)->source);
    what.recipient.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("#3"), rules.first(what, lookups)->source);
  }

  void a_rule_ends_at_its_time() {
    AccessRule rule = parse_access_rule("accept-all client=192.0.2.7");
    AccessSubject what = subject();
    rule.until = what.now + Seconds(1);
    const CompiledRules rules({rule});
    FakeLookups lookups;
    CPPUNIT_ASSERT(rules.first(what, lookups) != nullptr);
    what.now += Seconds(1);
    CPPUNIT_ASSERT(rules.first(what, lookups) == nullptr);
  }

  void the_index_finds_what_a_plain_search_finds() {
    std::mt19937 random(12);
    const auto pick = [&](std::initializer_list<const char*> words) {
      return std::string(words.begin()[random() % words.size()]);
    };
    const auto domain = [&] {
      return pick({"a.example", "b.a.example", "c.b.a.example", "example", "x.org", "y.x.org"});
    };
    const auto local = [&] { return pick({"al", "bo", "cy"}); };
    const auto mailbox = [&] { return random() % 9 == 0 ? std::string("<>") : local() + "@" + domain(); };
    const auto client = [&] {
      return pick({"192.0.2.1", "192.0.2.2", "192.0.3.1", "2001:db8::1", "2001:db8:1::1"});
    };
    const auto network = [&] {
      return pick(
          {"192.0.2.1", "192.0.2.0/24", "192.0.0.0/16", "2001:db8::/32", "2001:db8::1", "2001:db8:1::/48"});
    };
    const auto address_value = [&]() -> std::string {
      switch (random() % 5) {
        case 0:
          return local() + "@" + domain();
        case 1:
          return domain();
        case 2:
          return "." + domain();
        case 3:
          return local() + "@";
        default:
          return "/" + pick({"al", "example", "org"}) + "/";
      }
    };
    std::vector<AccessRule> rules;
    for (int i = 0; i < 400; ++i) {
      std::string text = "reject";
      for (auto n = 1 + random() % 3; n > 0; --n) {
        const std::string bang = random() % 5 == 0 ? "!" : "";
        switch (random() % 4) {
          case 0:
            text += " client=" + bang + network() + (random() % 3 == 0 ? "," + network() : "");
            break;
          case 1:
            text += " client-name=" + bang + (random() % 2 == 0 ? "." : "") + domain();
            break;
          case 2:
            text += " sender=" + bang + address_value();
            break;
          default:
            text += " recipient=" + bang + address_value();
        }
      }
      rules.push_back(parse_access_rule(text));
      rules.back().source = std::to_string(i);
    }
    int matched = 0;
    for (int round = 0; round < 2000; ++round) {
      AccessSubject what;
      what.client = IpAddress::parse(client());
      what.client_name = domain();
      what.sender = AccessSubject::Mailbox(Address::parse(mailbox()));
      what.recipient = AccessSubject::Mailbox(Address::parse(local() + "@" + domain()));
      // Of some of the rules, so that not always the first few decide.
      const std::size_t from = random() % rules.size();
      const std::vector<AccessRule> some(
          rules.begin() + static_cast<std::ptrdiff_t>(from),
          rules.begin() + static_cast<std::ptrdiff_t>(std::min(from + 30, rules.size())));
      const auto holds_plainly = [&](const AccessCondition& condition) {
        const std::string& text = condition.key == AccessKey::ClientName ? what.client_name
                                  : condition.key == AccessKey::Sender   ? what.sender.text
                                                                         : what.recipient->text;
        const auto& patterns = condition.patterns();
        return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
                 return plainly_matches(pattern, text, what.client);
               }) != condition.negated;
      };
      const auto wanted = std::find_if(some.begin(), some.end(), [&](const AccessRule& rule) {
        return std::all_of(rule.conditions.begin(), rule.conditions.end(), holds_plainly);
      });
      FakeLookups lookups;
      const CompiledRules made(some);
      const AccessRule* found = made.first(what, lookups);
      CPPUNIT_ASSERT_EQUAL(wanted == some.end() ? std::string("none") : to_string(*wanted),
                           found == nullptr ? std::string("none") : to_string(*found));
      if (found != nullptr) CPPUNIT_ASSERT_EQUAL(wanted->source, found->source);
      matched += found != nullptr ? 1 : 0;
    }
    CPPUNIT_ASSERT(matched > 500 && matched < 2000);
  }

  void rules_of_the_database_come_first() {
    AccessRules rules;
    FakeLookups lookups;
    AccessSubject what = subject();
    CPPUNIT_ASSERT(rules.in_force().first(what, lookups) == nullptr);
    rules.set_files({parse_access_rule("reject")});
    const AccessRules::Parts before = rules.in_force();
    rules.set_database({parse_access_rule("skip=spf client=192.0.2.7")});
    CPPUNIT_ASSERT_EQUAL(std::string("skip=spf"), action_text(*rules.in_force().first(what, lookups)));
    CPPUNIT_ASSERT_EQUAL(std::string("reject"), action_text(*before.first(what, lookups)));
    what.client = IpAddress::parse("192.0.2.8");
    CPPUNIT_ASSERT_EQUAL(std::string("reject"), action_text(*rules.in_force().first(what, lookups)));
    rules.set_files({});
    CPPUNIT_ASSERT(rules.in_force().first(what, lookups) == nullptr);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccessMatcherTest);
