// SPDX-License-Identifier: BSD-2-Clause
#include "policies/sender_auth.h"

#include <cppunit/extensions/HelperMacros.h>

#include "policies/identity.h"
#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

class SenderAuthTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SenderAuthTest);
  CPPUNIT_TEST(a_grant_covers_what_it_says_and_nothing_else);
  CPPUNIT_TEST(an_identity_is_the_first_that_is_known);
  CPPUNIT_TEST(a_login_without_a_realm_gets_the_default_one);
  CPPUNIT_TEST(an_ipv6_client_is_its_network);
  CPPUNIT_TEST(identities_are_folded_and_bounded);
  CPPUNIT_TEST(a_dead_database_is_the_pipelines_business);
  CPPUNIT_TEST(only_listed_users_are_looked_at_if_the_rules_say_so);
  CPPUNIT_TEST(only_a_verified_name_grants_its_own_address);
  CPPUNIT_TEST(an_unauthorized_sender_is_news_once_a_day_for_each_user);
  CPPUNIT_TEST_SUITE_END();

  void a_grant_covers_what_it_says_and_nothing_else() {
    const struct {
      const char* granted;
      const char* sender;
      bool covered;
    } rows[] = {
        {"example.com", "a@example.com", true},
        {"example.com", "a@EXAMPLE.com", true},
        {"example.com", "a@sub.example.com", false},
        {"example.com", "a@badexample.com", false},
        {"example.com", "a@example.com.net", false},
        {".example.com", "a@sub.example.com", true},
        {".example.com", "a@b.sub.example.com", true},
        {".example.com", "a@example.com", false},
        {".example.com", "a@badexample.com", false},
        {"a@example.com", "A@Example.com", true},
        {"a@example.com", "a+b@example.com", true},
        {"a@example.com", "a+b+c@example.com", true},
        {"a@example.com", "b+a@example.com", false},
        {"a@example.com", "+a@example.com", false},
        {"a@example.com", "\"a+b\"@example.com", true},
        {"a@example.com", "\"a b+c\"@example.com", false},
        {"a@example.com", "ab@example.com", false},
        {"*", "anybody@anywhere.example", true},
        {"xn--bcher-kva.example",
         "a@b\xc3\xbc"
         "cher.example",
         true},
        {"xn--bcher-kva.example",
         "a@B\xc3\x9c"
         "CHER.example",
         true},
        {"b\xc3\xb6"
         "b@example.com",
         "b\xc3\xb6"
         "b@example.com",
         true},
        {"[192.0.2.1]", "a@[192.0.2.1]", true},
        {"example.com", "example.com", false},
    };
    for (const auto& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(row.granted) + " " + row.sender, row.covered,
                                   covers({"other.example", row.granted}, Address::parse(row.sender)));
    CPPUNIT_ASSERT(!covers({}, Address::parse("a@example.com")));
  }

  void an_identity_is_the_first_that_is_known() {
    using enum IdentitySource;
    Message message;
    const auto check = [&message](const char* name, std::optional<IdentitySource> source) {
      const std::vector<IdentitySource> all{AuthAuthen, CertSubject, Sender, ClientAddress};
      const Owner owner = identify(message.session, message.envelope, all, "example.com", 64);
      CPPUNIT_ASSERT_EQUAL(std::string(name), owner.name);
      CPPUNIT_ASSERT_MESSAGE(name, owner.source == source);
    };
    check("alice@example.com", Sender);
    message.envelope.certificate = "Mailer";
    check("mailer", CertSubject);
    message.envelope.login = "bob@example.net";
    check("bob@example.net", AuthAuthen);
    message.envelope = Envelope();
    check("192.0.2.7", ClientAddress);
    message.session.client.reset();
    check("", std::nullopt);
  }

  void a_login_without_a_realm_gets_the_default_one() {
    const struct {
      const char* login;
      const char* realm;
      const char* name;
    } rows[] = {
        {"alice", "example.com", "alice@example.com"},
        {"Alice", "Example.COM", "alice@example.com"},
        {"alice@example.com", "example.com", "alice@example.com"},
        {"alice@example.net", "example.com", "alice@example.net"},
        {"alice@", "example.com", "alice@"},
        {"alice",
         "B\xc3\xbc"
         "cher.example",
         "alice@xn--bcher-kva.example"},
        {"alice", "", "alice"},
        {" alice\t", "example.com", "alice@example.com"},
        {"J\xc3\x9cRGEN ", "Example.com", "j\xc3\xbcrgen@example.com"},
        {" \t", "example.com", "mailer"},
        // Who has not authenticated is not the realm.
        {"", "example.com", "mailer"},
    };
    using enum IdentitySource;
    const std::vector<IdentitySource> from{AuthAuthen, CertSubject};
    Message message;
    message.envelope.certificate = "Mailer";
    for (const auto& row : rows) {
      message.envelope.login = row.login;
      CPPUNIT_ASSERT_EQUAL(std::string(row.name),
                           identify(message.session, message.envelope, from, row.realm, 64).name);
    }
  }

  void an_ipv6_client_is_its_network() {
    const struct {
      const char* client;
      unsigned prefix;
      const char* user;
    } rows[] = {
        {"2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::/64"},
        {"2001:db8:1:2::", 64, "2001:db8:1:2::/64"},
        {"2001:db8:1:2:3:4:5:6", 56, "2001:db8:1::/56"},
        {"2001:db8:1:2:3:4:5:6", 128, "2001:db8:1:2:3:4:5:6"},
        {"::1", 64, "::1"},
        {"192.0.2.7", 64, "192.0.2.7"},
        {"::ffff:192.0.2.7", 64, "192.0.2.7"},
    };
    const std::vector<IdentitySource> from{IdentitySource::ClientAddress};
    Message message;
    for (const auto& row : rows) {
      message.session.client = IpAddress::parse(row.client);
      CPPUNIT_ASSERT_EQUAL(std::string(row.user),
                           identify(message.session, message.envelope, from, "", row.prefix).name);
      CPPUNIT_ASSERT_EQUAL(std::string(row.user), fold_name(row.user));
    }
  }

  void identities_are_folded_and_bounded() {
    CPPUNIT_ASSERT_EQUAL(std::string("alice"), fold_name("ALICE"));
    CPPUNIT_ASSERT_EQUAL(std::string("alice@xn--bcher-kva.example"), fold_name("Alice@B\xc3\xbc"
                                                                               "cher.Example"));
    CPPUNIT_ASSERT_EQUAL(std::string("a@b@example.com"), fold_name("A@B@example.com"));
    // Not the user alice@example.com, though a path like that leads to her.
    for (const char* name : {"<alice@example.com>", "@relay.example:alice@example.com"})
      CPPUNIT_ASSERT_EQUAL(std::string(name), fold_name(name));
    Message message;
    message.envelope.login = std::string(5000, 'A');
    const std::vector<IdentitySource> from{IdentitySource::AuthAuthen};
    CPPUNIT_ASSERT_EQUAL(std::string(kMostIdentity, 'a'),
                         identify(message.session, message.envelope, from, "", 64).name);
    message.envelope.login = std::string(kMostIdentity - 1, 'a') + "\xc3\xbc";
    CPPUNIT_ASSERT_EQUAL(std::string(kMostIdentity - 1, 'a'),
                         identify(message.session, message.envelope, from, "", 64).name);
  }

  std::unique_ptr<SenderAuth> policy(SenderAuthApply apply, Stage stage = Stage::Mail) {
    SenderAuthSettings rules;
    rules.apply = apply;
    rules.message = ReplyTemplate("no {sender} for {user}", ReplyTemplate::Class::Permanent, "550 5.7.1",
                                  {"sender", "user"});
    return std::make_unique<SenderAuth>(rules, stage, db_, notices_);
  }
  Verdict judge(SenderAuthApply apply) {
    Findings findings;
    return policy(apply)->judge(message_.facts(), findings);
  }

  void a_dead_database_is_the_pipelines_business() {
    message_.envelope.user = "bob";
    db_->down = true;
    CPPUNIT_ASSERT_THROW(judge(SenderAuthApply::All), BackendError);
  }

  // What everybody may is no entry of a user's own.
  void only_listed_users_are_looked_at_if_the_rules_say_so() {
    message_.envelope.user = "bob";
    db_->users["*"].senders = {"example.org"};
    CPPUNIT_ASSERT(!judge(SenderAuthApply::Listed).refuses());
    CPPUNIT_ASSERT(judge(SenderAuthApply::All).refuses());
    // Nor is what cannot be read a licence.
    db_->users["bob"].unreadable = true;
    CPPUNIT_ASSERT(judge(SenderAuthApply::Listed).refuses());
    db_->users["bob"].senders = {"example.net"};
    const Verdict verdict = judge(SenderAuthApply::Listed);
    CPPUNIT_ASSERT(verdict.refuses());
    CPPUNIT_ASSERT_EQUAL(std::string("no alice@example.com for bob"), verdict.reply().text());
  }

  void only_a_verified_name_grants_its_own_address() {
    using enum IdentitySource;
    const std::pair<std::optional<IdentitySource>, bool> rows[] = {{AuthAuthen, true},
                                                                   {CertSubject, true},
                                                                   {Sender, false},
                                                                   {ClientAddress, false},
                                                                   {std::nullopt, false}};
    message_.envelope.user = "alice@example.com";
    message_.envelope.from = {"Alice <alice@example.com>"};
    for (const auto& [source, granted] : rows) {
      message_.envelope.identity_source = source;
      for (const Stage stage : {Stage::Mail, Stage::End}) {
        Findings findings;
        const Verdict verdict = policy(SenderAuthApply::All, stage)->judge(message_.facts(), findings);
        CPPUNIT_ASSERT_EQUAL(!granted, verdict.refuses());
      }
    }
  }

  // With a dead store it is told again: the admin hears of it twice rather than never.
  void an_unauthorized_sender_is_news_once_a_day_for_each_user() {
    const auto told = [&](const char* user) {
      message_.envelope.user = user;
      Findings findings;
      CPPUNIT_ASSERT(policy(SenderAuthApply::All)->judge(message_.facts(), findings).refuses());
      return !findings.notices.empty();
    };
    CPPUNIT_ASSERT(told("bob"));
    CPPUNIT_ASSERT(!told("bob"));
    CPPUNIT_ASSERT(told("carol"));
    store_->down = true;
    CPPUNIT_ASSERT(told("bob"));
    store_->down = false;
    store_->memos["unauthorized:bob"] = message_.facts().now;
    CPPUNIT_ASSERT(told("bob"));
  }

  std::shared_ptr<FakeStore> store_ = std::make_shared<FakeStore>();
  std::shared_ptr<Notices> notices_ = std::make_shared<Notices>(store_);
  std::shared_ptr<FakePolicyDb> db_ = std::make_shared<FakePolicyDb>();
  Message message_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SenderAuthTest);
