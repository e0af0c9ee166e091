// SPDX-License-Identifier: BSD-2-Clause
#include "policies/greylist.h"

#include <cppunit/extensions/HelperMacros.h>

#include "policies/correspondents.h"
#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

class GreylistTest : public CppUnit::TestFixture {
  using Kind = Passage::Kind;
  CPPUNIT_TEST_SUITE(GreylistTest);
  CPPUNIT_TEST(a_new_tuple_is_deferred_with_the_time_left_and_the_reference);
  CPPUNIT_TEST(what_may_pass_passes_and_says_why);
  CPPUNIT_TEST(the_store_is_asked_about_the_normalised_tuple);
  CPPUNIT_TEST(an_spf_pass_makes_the_senders_domain_the_client);
  CPPUNIT_TEST(a_verified_name_makes_its_domain_the_client);
  CPPUNIT_TEST(a_host_vouches_for_itself_and_a_provider_for_its_part_of_a_network);
  CPPUNIT_TEST(spf_can_ask_for_greylisting_where_it_does_not_apply);
  CPPUNIT_TEST(exempt_mail_does_not_touch_the_store);
  CPPUNIT_TEST(a_message_counts_once_and_when_it_ends);
  CPPUNIT_TEST(what_was_trusted_or_had_to_wait_counts_for_nothing);
  CPPUNIT_TEST(the_longest_delay_stands_in_the_header);
  CPPUNIT_TEST(the_null_sender_waits_at_the_end_for_all_its_recipients);
  CPPUNIT_TEST(more_recipients_than_a_bounce_has_are_judged_at_once);
  CPPUNIT_TEST(whom_a_local_user_wrote_to_may_answer);
  CPPUNIT_TEST(a_correspondent_is_asked_about_only_where_mail_would_wait);
  CPPUNIT_TEST(a_store_that_forgets_correspondents_lets_mail_wait);
  CPPUNIT_TEST(a_dead_store_is_the_pipelines_business);
  CPPUNIT_TEST(with_opt_in_it_applies_to_domains_that_want_it);
  CPPUNIT_TEST(an_access_rule_can_ask_for_greylisting_and_its_delay);
  CPPUNIT_TEST(with_suspicious_it_applies_to_suspicious_clients);
  CPPUNIT_TEST(a_trusted_client_never_waits);
  CPPUNIT_TEST_SUITE_END();

  std::shared_ptr<FakeStore> store_ = std::make_shared<FakeStore>();
  Message message_;
  Findings findings_;

  std::shared_ptr<FakePolicyDb> db_ = std::make_shared<FakePolicyDb>();

  NullSenderWaits null_sender_ = NullSenderWaits::Rcpt;

  Greylist greylist(GreylistApply apply = GreylistApply::All, Stage stage = Stage::Rcpt) const {
    GreylistSettings settings;
    settings.apply = apply;
    settings.rules.delay = Seconds(300);
    settings.null_sender = null_sender_;
    settings.message = ReplyTemplate("wait {remaining} of {delay} ({ref})", ReplyTemplate::Class::Temporary,
                                     "451 4.7.1", {"remaining", "delay"});
    return Greylist(settings, stage, store_, db_);
  }
  Verdict judge(GreylistApply apply = GreylistApply::All) {
    return greylist(apply).judge(message_.facts(), findings_);
  }

 public:
  void setUp() override {
    store_ = std::make_shared<FakeStore>();
    message_ = Message();
    findings_ = Findings();
    null_sender_ = NullSenderWaits::Rcpt;
  }

  void a_new_tuple_is_deferred_with_the_time_left_and_the_reference() {
    store_->next = {.kind = Kind::Early, .waited = Seconds(60), .remaining = Seconds(240), .early = 1};
    const Verdict verdict = judge();
    CPPUNIT_ASSERT(verdict.kind() == Verdict::Kind::Defer);
    CPPUNIT_ASSERT_EQUAL(451, verdict.reply().code());
    CPPUNIT_ASSERT_EQUAL(std::string("wait 240 of 300 (k3f9x0a2.1)"), verdict.reply().text());
    CPPUNIT_ASSERT_EQUAL(std::string("early"), std::string(verdict.reason()));
    CPPUNIT_ASSERT(findings_.passages.empty());
  }

  void what_may_pass_passes_and_says_why() {
    const struct {
      Kind kind;
      const char* reason;
    } table[] = {{Kind::Passed, "passed"}, {Kind::Known, "known"}, {Kind::Trusted, "trusted-client"}};
    for (const auto& row : table) {
      store_->next = {.kind = row.kind};
      const Verdict verdict = judge();
      CPPUNIT_ASSERT(verdict.kind() == Verdict::Kind::Pass);
      CPPUNIT_ASSERT_EQUAL(std::string(row.reason), std::string(verdict.reason()));
    }
  }

  void the_store_is_asked_about_the_normalised_tuple() {
    message_.envelope.sender = Address::parse("<Prvs=1234=Alice+x@Example.COM>");
    message_.rcpt = Address::parse("<Bob+y@Example.NET>");
    judge();
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24"), store_->asked.at(0).client);
    CPPUNIT_ASSERT_EQUAL(std::string("alice@example.com"), store_->asked.at(0).sender);
    CPPUNIT_ASSERT_EQUAL(std::string("bob@example.net"), store_->asked.at(0).recipient);
  }

  void an_spf_pass_makes_the_senders_domain_the_client() {
    const struct {
      SpfResult result;
      SpfIdentity identity;
      bool names_client;
      const char* sender;
      const char* client;
    } table[] = {
        {SpfResult::Pass, SpfIdentity::Mailfrom, true, "<a@example.com>", "spf:example.com"},
        {SpfResult::Pass, SpfIdentity::Mailfrom, false, "<a@example.com>", "192.0.2.0/24"},
        {SpfResult::Pass, SpfIdentity::Helo, true, "<>", "192.0.2.0/24"},
        {SpfResult::Softfail, SpfIdentity::Mailfrom, false, "<a@example.com>", "192.0.2.0/24"},
        {SpfResult::None, SpfIdentity::Mailfrom, false, "<a@example.com>", "192.0.2.0/24"},
    };
    for (const auto& row : table) {
      findings_ = Findings();
      findings_.spf = SpfOutcome{.result = row.result,
                                 .identity = row.identity,
                                 .domain = "example.com",
                                 .names_client = row.names_client};
      message_.envelope.sender = Address::parse(row.sender);
      judge();
      const Approach& asked = store_->asked.back();
      CPPUNIT_ASSERT_EQUAL(std::string(row.client), asked.client);
      // The host speaks for it, too.
      CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7/32"), asked.voucher);
    }
  }

  void a_verified_name_makes_its_domain_the_client() {
    const struct {
      const char* name;
      NameCheck check;
      const char* sender;
      const char* client;
    } table[] = {
        {"mta7.Out.Example.CO.UK", NameCheck::Ok, "<a@customer.example>", "host:example.co.uk"},
        {"mta7.example.com", NameCheck::Ok, "<>", "host:example.com"},
        {"mta7.example.com", NameCheck::Forged, "<a@customer.example>", "192.0.2.0/24"},
        {"mta7.example.com", NameCheck::Temporary, "<a@customer.example>", "192.0.2.0/24"},
        {"mta7.example.com", NameCheck::Unknown, "<a@customer.example>", "192.0.2.0/24"},
        {"192-0-2-1.dsl.example.com", NameCheck::Ok, "<a@customer.example>", "192.0.2.0/24"},
        {"co.uk", NameCheck::Ok, "<a@customer.example>", "192.0.2.0/24"},
        {"[192.0.2.1]", NameCheck::Failed, "<a@customer.example>", "192.0.2.0/24"},
    };
    for (const auto& row : table) {
      message_.session.client_name = row.name;
      message_.session.name_check = row.check;
      message_.envelope.sender = Address::parse(row.sender);
      judge();
      CPPUNIT_ASSERT_EQUAL(std::string(row.client), store_->asked.back().client);
    }
    // SPF knows better, but for the null sender.
    message_.session.client_name = "mta7.example.com";
    message_.session.name_check = NameCheck::Ok;
    findings_.spf = SpfOutcome{.result = SpfResult::Pass,
                               .identity = SpfIdentity::Mailfrom,
                               .domain = "tok.na63.customer.example",
                               .names_client = true};
    message_.envelope.sender = Address::parse("<x@tok.na63.customer.example>");
    judge();
    CPPUNIT_ASSERT_EQUAL(std::string("spf:customer.example@192.0.0.0/10"), store_->asked.back().client);
    // Names below one domain, with a record for another part of the Internet at each.
    message_.session.client = IpAddress::parse("198.51.100.1");
    judge();
    CPPUNIT_ASSERT_EQUAL(std::string("spf:customer.example@198.0.0.0/10"), store_->asked.back().client);
    findings_.spf->domain = "customer.example";
    judge();
    CPPUNIT_ASSERT_EQUAL(std::string("spf:customer.example"), store_->asked.back().client);
  }

  void a_host_vouches_for_itself_and_a_provider_for_its_part_of_a_network() {
    const struct {
      const char* address;
      const char* name;  // verified; empty: it has none
      bool spf;
      unsigned prefix;
      bool host_domain;
      const char* client;
      const char* voucher;
      bool lapses;
    } table[] = {
        {"192.0.2.7", "", false, 24, true, "192.0.2.0/24", "192.0.2.7/32", true},
        {"192.0.2.7", "", false, 32, true, "192.0.2.7/32", "", false},
        {"2001:db8:1:2::7", "", false, 24, true, "2001:db8:1:2::/64", "2001:db8:1:2::7/128", true},
        {"192.0.2.7", "192-0-2-7.dsl.example.com", false, 24, true, "192.0.2.0/24", "192.0.2.7/32", true},
        {"192.0.2.7", "", true, 24, true, "spf:example.org", "192.0.2.7/32", false},
        {"192.0.2.7", "mx.example.com", true, 24, true, "spf:example.org", "host:example.com@192.0.2.0/24",
         false},
        {"192.0.2.7", "mx.example.com", false, 24, true, "host:example.com", "host:example.com@192.0.2.0/24",
         false},
        {"192.0.2.7", "mx.example.com", false, 24, false, "192.0.2.0/24", "host:example.com@192.0.2.0/24",
         true},
    };
    for (const auto& row : table) {
      setUp();
      message_.session.client = IpAddress::parse(row.address);
      message_.session.client_name = row.name;
      message_.session.name_check = *row.name != '\0' ? NameCheck::Ok : NameCheck::Failed;
      message_.envelope.sender = Address::parse("<a@example.org>");
      if (row.spf)
        findings_.spf = SpfOutcome{.result = SpfResult::Pass, .domain = "example.org", .names_client = true};
      GreylistSettings settings;
      settings.apply = GreylistApply::All;
      settings.ipv4_prefix = row.prefix;
      settings.host_domain = row.host_domain;
      const Greylist greylist(settings, Stage::Rcpt, store_, db_);
      store_->next = {.kind = Kind::Known};
      greylist.judge(message_.facts(), findings_);
      const Approach& asked = store_->asked.at(0);
      CPPUNIT_ASSERT_EQUAL(std::string(row.client), asked.client);
      CPPUNIT_ASSERT_EQUAL(std::string(row.voucher), asked.voucher);
      CPPUNIT_ASSERT_EQUAL(row.lapses, asked.lapses);
      // A network of hosts that have nothing in common earns nothing.
      greylist.conclude(message_.facts(), findings_);
      std::vector<std::string> counted;
      if (!row.lapses) counted.emplace_back(row.client);
      if (*row.voucher != '\0') counted.emplace_back(row.voucher);
      CPPUNIT_ASSERT(counted == store_->counted.at(0));
    }
  }

  void spf_can_ask_for_greylisting_where_it_does_not_apply() {
    findings_.must_greylist = true;
    judge(GreylistApply::Never);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->asked.size());
  }

  void exempt_mail_does_not_touch_the_store() {
    const auto passes_because = [&](const char* reason, GreylistApply apply = GreylistApply::All) {
      const Verdict verdict = judge(apply);
      CPPUNIT_ASSERT(verdict.kind() == Verdict::Kind::Pass);
      CPPUNIT_ASSERT_EQUAL(std::string(reason), std::string(verdict.reason()));
    };
    message_.session.trusted = true;
    passes_because("trusted-network");
    message_ = Message();
    message_.session.client.reset();
    passes_because("no-client-address");
    for (const char* role : {"<Postmaster@example.net>", "<postmaster>", "<ABUSE@example.net>"}) {
      message_ = Message();
      message_.rcpt = Address::parse(role);
      passes_because("role-address");
    }
    message_ = Message();
    passes_because("not-applied", GreylistApply::Never);
    CPPUNIT_ASSERT(store_->asked.empty());
  }

  void a_message_counts_once_and_when_it_ends() {
    findings_.spf = SpfOutcome{.result = SpfResult::Pass,
                               .identity = SpfIdentity::Mailfrom,
                               .domain = "example.com",
                               .names_client = true};
    store_->next = {.kind = Kind::New, .remaining = Seconds(300)};
    judge();
    for (const Kind kind : {Kind::Known, Kind::Passed, Kind::Known}) {
      store_->next = {.kind = kind};
      judge();
    }
    CPPUNIT_ASSERT(store_->counted.empty());
    greylist().conclude(message_.facts(), findings_);
    const std::vector<std::string> both{"spf:example.com", "192.0.2.7/32"};
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->counted.size());
    CPPUNIT_ASSERT(both == store_->counted.front());
  }

  void what_was_trusted_or_had_to_wait_counts_for_nothing() {
    for (const Kind kind : {Kind::New, Kind::Early, Kind::Trusted}) {
      store_->next = {.kind = kind};
      judge();
    }
    greylist().conclude(message_.facts(), findings_);
    CPPUNIT_ASSERT(store_->counted.empty());
  }

  void the_longest_delay_stands_in_the_header() {
    store_->next = {.kind = Kind::Known};
    judge();
    CPPUNIT_ASSERT(!findings_.delayed);
    for (const int waited : {400, 700, 500}) {
      store_->next = {.kind = Kind::Passed, .waited = Seconds(waited)};
      judge();
    }
    CPPUNIT_ASSERT(findings_.delayed == Seconds(700));
    const Header header = greylist_header(Seconds(700), "mx.example.net", "", from_millis(1795255200000));
    CPPUNIT_ASSERT_EQUAL(std::string("X-Greylist"), header.name);
    CPPUNIT_ASSERT_EQUAL(std::string("delayed 700 seconds by mailreeve at mx.example.net;\n\t"
                                     "Sat, 21 Nov 2026 10:00:00 +0000"),
                         header.value);
    CPPUNIT_ASSERT_EQUAL(
        std::string("delayed 700 seconds by mailreeve at mx.example.net\n\t(no-name:2 spf-fail:2);\n\t"
                    "Sat, 21 Nov 2026 10:00:00 +0000"),
        greylist_header(Seconds(700), "mx.example.net", "no-name:2 spf-fail:2", from_millis(1795255200000))
            .value);
  }

  void the_null_sender_waits_at_the_end_for_all_its_recipients() {
    null_sender_ = NullSenderWaits::End;
    message_.envelope.sender = Address::parse("<>");
    store_->next = {.kind = Kind::New, .remaining = Seconds(300)};
    for (const char* recipient : {"<bob@example.net>", "<carol@example.net>"}) {
      message_.rcpt = Address::parse(recipient);
      const Verdict verdict = judge();
      CPPUNIT_ASSERT(!verdict.refuses());
      CPPUNIT_ASSERT_EQUAL(std::string("null-sender"), std::string(verdict.reason()));
    }
    message_.rcpt = Address::parse("<postmaster@example.net>");
    CPPUNIT_ASSERT_EQUAL(std::string("role-address"), std::string(judge().reason()));
    CPPUNIT_ASSERT(store_->asked.empty());
    const Verdict waits = greylist(GreylistApply::All, Stage::Data).judge(message_.facts(), findings_);
    CPPUNIT_ASSERT(waits.refuses());
    CPPUNIT_ASSERT_EQUAL(std::string("wait 300 of 300 (k3f9x0a2.1)"), waits.reply().text());
    CPPUNIT_ASSERT_EQUAL(std::string("new"), std::string(waits.reason()));
    CPPUNIT_ASSERT_EQUAL(std::string("recipient"), std::string(waits.notes().back().name));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->asked.size());
    CPPUNIT_ASSERT_EQUAL(std::string("carol@example.net"), store_->asked[1].recipient);
    store_->next = {.kind = Kind::Passed, .waited = Seconds(400)};
    CPPUNIT_ASSERT(!greylist(GreylistApply::All, Stage::Data).judge(message_.facts(), findings_).refuses());
    CPPUNIT_ASSERT(findings_.delayed == Seconds(400));
    // Both are told that the message has ended, and one counts it.
    greylist(GreylistApply::All, Stage::Data).conclude(message_.facts(), findings_);
    CPPUNIT_ASSERT(store_->counted.empty());
    greylist().conclude(message_.facts(), findings_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->counted.size());
    // A message of somebody else's has nothing that is held.
    findings_ = Findings();
    CPPUNIT_ASSERT(
        greylist(GreylistApply::All, Stage::Data).judge(message_.facts(), findings_).reason().empty());
  }

  void more_recipients_than_a_bounce_has_are_judged_at_once() {
    null_sender_ = NullSenderWaits::End;
    message_.envelope.sender = Address::parse("<>");
    store_->next = {.kind = Kind::New, .remaining = Seconds(300)};
    int refused = 0;
    for (int i = 0; i < 25; ++i) refused += judge().refuses() ? 1 : 0;
    CPPUNIT_ASSERT_EQUAL(15, refused);
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, findings_.held.size());
  }

  void note_that(const char* local, std::vector<const char*> remotes, TimePoint when) {
    Message out;
    out.now = when;
    out.envelope.direction = Direction::Outbound;
    out.envelope.sender = Address::parse(local);
    for (const char* remote : remotes) out.envelope.recipients.push_back(Address::parse(remote));
    Findings none;
    Correspondents(Seconds(30 * 86400), store_).conclude(out.facts(), none);
  }

  void whom_a_local_user_wrote_to_may_answer() {
    note_that("<Bob+x@Example.net>",
              {"<alice@example.com>", "<Bounce-4711-x@mx7.lists.example>", "<carol@example.net>"},
              message_.now - Seconds(86400));
    CPPUNIT_ASSERT_EQUAL(1, store_->remembered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->memos.size());
    store_->next = {.kind = Kind::New, .remaining = Seconds(300)};
    const struct {
      const char* sender;
      const char* recipient;
      bool passes;
    } table[] = {
        {"<alice@example.com>", "<bob@example.net>", true},
        {"<ALICE+reply@Example.COM>", "<bob+list@example.net>", true},
        {"<bounce-815-y@mx9.lists.example>", "<bob@example.net>", true},
        {"<alice@example.com>", "<carol@example.net>", false},
        {"<mallory@example.com>", "<bob@example.net>", false},
        {"<carol@example.net>", "<bob@example.net>", false},
        {"<>", "<bob@example.net>", false},
    };
    for (const auto& row : table) {
      message_.envelope.sender = Address::parse(row.sender);
      message_.rcpt = Address::parse(row.recipient);
      const Verdict verdict = judge();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.sender, row.passes, !verdict.refuses());
      if (row.passes) CPPUNIT_ASSERT_EQUAL(std::string("correspondent"), std::string(verdict.reason()));
    }
    // It earns no trust.
    CPPUNIT_ASSERT(findings_.passages.empty());
    message_.envelope.sender = Address::parse("<alice@example.com>");
    message_.rcpt = Address::parse("<bob@example.net>");
    for (const SpfResult result : {SpfResult::Fail, SpfResult::Softfail}) {
      findings_.spf = SpfOutcome{.result = result};
      CPPUNIT_ASSERT(judge().refuses());
    }
    findings_.spf = SpfOutcome{.result = SpfResult::None};
    CPPUNIT_ASSERT(!judge().refuses());
    findings_.must_greylist = true;
    CPPUNIT_ASSERT(judge().refuses());
    findings_.must_greylist = false;
    findings_.access.greylist = true;
    CPPUNIT_ASSERT(judge().refuses());
    findings_.access.greylist = false;
    message_.now += Seconds(29 * 86400);
    CPPUNIT_ASSERT(!judge().refuses());
    message_.now += Seconds(86400);
    CPPUNIT_ASSERT(judge().refuses());
  }

  void a_correspondent_is_asked_about_only_where_mail_would_wait() {
    note_that("<bob@example.net>", {"<alice@example.com>"}, message_.now);
    for (const Kind kind : {Kind::Known, Kind::Passed, Kind::Trusted}) {
      store_->next = {.kind = kind};
      judge();
    }
    CPPUNIT_ASSERT_EQUAL(0, store_->recalls);
    // Too many are none.
    note_that("<dave@example.net>", std::vector<const char*>(51, "<alice@example.com>"), message_.now);
    note_that("<>", {"<alice@example.com>"}, message_.now);
    CPPUNIT_ASSERT_EQUAL(1, store_->remembered);
    store_->full = true;
    CPPUNIT_ASSERT_THROW(note_that("<eve@example.net>", {"<alice@example.com>"}, message_.now), BackendError);
  }

  void a_store_that_forgets_correspondents_lets_mail_wait() {
    note_that("<bob@example.net>", {"<alice@example.com>"}, message_.now);
    store_->forgetful = true;
    store_->next = {.kind = Kind::Early, .remaining = Seconds(240)};
    const Verdict verdict = judge();
    CPPUNIT_ASSERT(verdict.refuses());
    CPPUNIT_ASSERT_EQUAL(std::string("early"), std::string(verdict.reason()));
    CPPUNIT_ASSERT_EQUAL(1, store_->recalls);
  }

  void a_dead_store_is_the_pipelines_business() {
    store_->down = true;
    CPPUNIT_ASSERT_THROW(judge(), BackendError);
  }

  void with_opt_in_it_applies_to_domains_that_want_it() {
    store_->next.kind = Kind::New;
    db_->domains["example.org"] = {.known = true, .of = "example.net", .greylist = true, .check_spf = false};
    CPPUNIT_ASSERT(!judge(GreylistApply::OptIn).refuses());
    CPPUNIT_ASSERT(store_->asked.empty());
    message_.rcpt = Address::parse("<bob@Example.ORG>");
    CPPUNIT_ASSERT(judge(GreylistApply::OptIn).refuses());
    message_.rcpt = Address::parse("<bob@sub.example.org>");
    CPPUNIT_ASSERT(!judge(GreylistApply::OptIn).refuses());
    findings_.must_greylist = true;
    CPPUNIT_ASSERT(judge(GreylistApply::OptIn).refuses());
    findings_.must_greylist = false;
    db_->down = true;
    CPPUNIT_ASSERT_THROW(judge(GreylistApply::OptIn), BackendError);
    CPPUNIT_ASSERT(judge(GreylistApply::All).refuses());
  }

  void with_suspicious_it_applies_to_suspicious_clients() {
    store_->next.kind = Kind::New;
    findings_.reputation = {.repute = Repute::Suspicious};
    CPPUNIT_ASSERT(judge(GreylistApply::Suspicious).refuses());
    findings_.reputation = {.repute = Repute::Clean};
    CPPUNIT_ASSERT_EQUAL(std::string("clean"), std::string(judge(GreylistApply::Suspicious).reason()));
    findings_.must_greylist = true;
    CPPUNIT_ASSERT(judge(GreylistApply::Suspicious).refuses());
    findings_ = {};
    CPPUNIT_ASSERT_EQUAL(std::string("not-applied"), std::string(judge(GreylistApply::Suspicious).reason()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->asked.size());
  }

  void a_trusted_client_never_waits() {
    store_->next.kind = Kind::New;
    db_->domains["example.net"] = {.known = true, .of = "example.net", .greylist = true};
    findings_.reputation = {.repute = Repute::Trusted};
    for (const auto apply : {GreylistApply::All, GreylistApply::OptIn, GreylistApply::Suspicious})
      CPPUNIT_ASSERT_EQUAL(std::string("trusted"), std::string(judge(apply).reason()));
    CPPUNIT_ASSERT(store_->asked.empty());
  }

  void an_access_rule_can_ask_for_greylisting_and_its_delay() {
    store_->next = {.kind = Kind::New, .remaining = Seconds(900)};
    CPPUNIT_ASSERT(!judge(GreylistApply::Never).refuses());
    findings_.access.greylist = true;
    CPPUNIT_ASSERT(judge(GreylistApply::Never).refuses());
    CPPUNIT_ASSERT(store_->delay == Seconds(300));
    findings_.access.delay = Seconds(900);
    CPPUNIT_ASSERT_EQUAL(std::string("wait 900 of 900 (k3f9x0a2.1)"),
                         judge(GreylistApply::Never).reply().text());
    CPPUNIT_ASSERT(store_->delay == Seconds(900));
    // Mail must be able to pass within the retry window.
    findings_.access.delay = Seconds(30 * 86400);
    judge();
    CPPUNIT_ASSERT(store_->delay == Seconds(86400));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GreylistTest);
