// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/policy_contract.h"

#include <algorithm>
#include <future>
#include <tuple>

#include "core/address.h"

using Kind = mailreeve::PolicyAdminError::Kind;

namespace mailreeve {

namespace {

std::string joined(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string out;
  for (const auto& word : words) out += word + " ";
  return out;
}

MessageRecord message(const std::string& user, std::int64_t millis, std::int64_t recipients = 1,
                      const std::string& verdict = "pass") {
  MessageRecord record;
  record.when = from_millis(millis);
  record.user = user;
  record.recipients = recipients;
  record.verdict = verdict;
  return record;
}

auto as_tuple(const MessageRecord& r) {
  return std::tie(r.when, r.host, r.queue_id, r.ref, r.outbound, r.user, r.login, r.sender, r.recipients,
                  r.addresses, r.client, r.client_name, r.helo, r.size, r.verdict, r.policy, r.reason);
}

}  // namespace

PolicyAdminError::Kind admin_error(const std::function<void()>& step) {
  try {
    step();
  } catch (const PolicyAdminError& error) {
    CPPUNIT_ASSERT(std::string(error.what()).size() > 10);
    return error.kind();
  }
  CPPUNIT_FAIL("no PolicyAdminError");
  return {};
}

void PolicyContract::setUp() {
  database_ = make_database();
  policies_ = std::make_unique<SqlPolicyDb>(*database_, clock_);
  admin_ = std::make_unique<PolicyAdmin>(*database_);
  messages_ = std::make_unique<MessageTable>(*database_);
}

void PolicyContract::tearDown() {
  messages_.reset();
  admin_.reset();
  policies_.reset();
  database_.reset();
}

void PolicyContract::assert_senders(const std::vector<std::string>& wanted, const std::string& name) {
  CPPUNIT_ASSERT_EQUAL(joined(wanted), joined(user(name).senders));
}

std::string PolicyContract::shared(const std::string& name) {
  const UserPolicy policy = user(name);
  return policy.shared.empty() ? "" : policy.shared[0].quota + " " + policy.shared[0].limits;
}

void PolicyContract::nobody_is_known_at_first() {
  CPPUNIT_ASSERT(!user("joe@example.com").known);
  CPPUNIT_ASSERT(!domain("example.com").known);
  CPPUNIT_ASSERT(admin_->users().empty());
  CPPUNIT_ASSERT(!policies_->plain());
}

void PolicyContract::a_user_has_senders_and_a_quota() {
  admin_->add_quota("small", "240");
  for (const char* what : {"example.com", ".example.org", "joe@example.net", "*"})
    CPPUNIT_ASSERT(admin_->allow("joe", what, true));
  admin_->allow("jim", "example.edu", true);
  admin_->set_quota("joe", "small");
  const UserPolicy joe = user("joe");
  CPPUNIT_ASSERT(joe.known);
  assert_senders({"*", ".example.org", "example.com", "joe@example.net"}, "joe");
  CPPUNIT_ASSERT_EQUAL(std::string("small"), joe.quota);
  CPPUNIT_ASSERT_EQUAL(std::string("240"), joe.limits);
  CPPUNIT_ASSERT_EQUAL(std::string(), joe.raised);
  const UserPolicy jim = user("jim");
  CPPUNIT_ASSERT(jim.known);
  CPPUNIT_ASSERT_EQUAL(std::string(), jim.quota + jim.limits);
}

void PolicyContract::names_are_stored_and_found_folded() {
  admin_->allow(
      "Joe@B\xc3\xbc"
      "cher.Example",
      "B\xc3\xbc"
      "cher.EXAMPLE",
      true);
  admin_->allow("JOE@xn--bcher-kva.example",
                "Joe.B@b\xc3\xbc"
                "cher.example",
                true);
  assert_senders({"joe.b@xn--bcher-kva.example", "xn--bcher-kva.example"}, "joe@xn--bcher-kva.example");
  CPPUNIT_ASSERT(domain("xn--bcher-kva.example").known);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->users().size());
  // Not folded: a caller that forgot to fold gets nothing rather than a guess.
  CPPUNIT_ASSERT(!user("Joe@xn--bcher-kva.example").known);
}

void PolicyContract::rows_that_others_wrote_are_folded_too() {
  change_rows(*database_, "INSERT INTO users (id, name) VALUES (?, ?)",
              {std::int64_t{1}, std::string("joe@b\xc3\xbc"
                                            "cher.example")});
  change_rows(*database_, "INSERT INTO domains (id, name, greylist) VALUES (?, ?, 1)",
              {std::int64_t{1}, std::string("b\xc3\xbc"
                                            "cher.example")});
  change_rows(*database_, "INSERT INTO emails (id, name) VALUES (1, 'Joe@Example.COM')");
  change_rows(*database_, "INSERT INTO domain_user (user_id, domain_id) VALUES (1, 1)");
  change_rows(*database_, "INSERT INTO email_user (user_id, email_id) VALUES (1, 1)");
  assert_senders({"joe@example.com", "xn--bcher-kva.example"}, "joe@xn--bcher-kva.example");
  CPPUNIT_ASSERT(domain("xn--bcher-kva.example").greylist);
}

void PolicyContract::names_in_capitals_of_any_alphabet_are_found() {
  change_rows(*database_, "INSERT INTO users (id, name) VALUES (?, ?)",
              {std::int64_t{1}, std::string("\xc3\x96zlem")});
  change_rows(*database_, "INSERT INTO users (id, name) VALUES (?, ?)",
              {std::int64_t{2}, std::string("J\xc3\x9cRGEN")});
  CPPUNIT_ASSERT(user(fold_name("\xc3\x96ZLEM ")).known);
  CPPUNIT_ASSERT(user(fold_name("ju\xcc\x88rgen")).known);
  CPPUNIT_ASSERT(!user("jurgen").known);
  admin_->allow(" J\xc3\xbcrgen", "example.com", true);
  assert_senders({"example.com"}, "j\xc3\xbcrgen");
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, admin_->users().size());
}

// Otherwise, "*" among the addresses would allow everything.
void PolicyContract::rows_of_the_wrong_kind_authorise_nobody() {
  admin_->add_user("joe");
  std::int64_t id = 0;
  for (const char* name :
       {"*", "example.com", ".example.com", "@example.com", "a@b@example.com", "a b", ""}) {
    change_rows(*database_, "INSERT INTO emails (id, name) VALUES (?, ?)", {++id, std::string(name)});
    change_rows(*database_, "INSERT INTO email_user (user_id, email_id) SELECT id, ? FROM users", {id});
  }
  id = 0;
  for (const char* name : {"a@example.com", "ex ample.com", "**", ".", "..example.com", ""}) {
    change_rows(*database_, "INSERT INTO domains (id, name) VALUES (?, ?)", {++id, std::string(name)});
    change_rows(*database_, "INSERT INTO domain_user (user_id, domain_id) SELECT id, ? FROM users", {id});
  }
  assert_senders({}, "joe");
  CPPUNIT_ASSERT(user("joe").listed());
}

void PolicyContract::names_that_inject_are_names() {
  const std::vector<std::string> names{"joe' or '1'='1",
                                       "joe'; drop table users; --",
                                       "joe\\",
                                       "joe\\' or 1 -- ",
                                       "joe\" or \"\"=\"",
                                       "%",
                                       "_oe",
                                       "joe/*",
                                       "joe\xbf' or 1=1 -- "};
  admin_->allow("joe", "example.com", true);
  for (const auto& name : names) {
    CPPUNIT_ASSERT_MESSAGE(name, !user(name).known);
    CPPUNIT_ASSERT_MESSAGE(name, !domain(name).known);
  }
  admin_->add_user(names[0]);
  CPPUNIT_ASSERT(user(names[0]).known);
  assert_senders({}, names[0]);
  assert_senders({"example.com"}, "joe");
}

void PolicyContract::names_that_no_row_can_have_are_unknown() {
  const std::string nul("joe\0", 4);
  admin_->add_user("joe");
  for (const std::string& name : {nul, std::string(), std::string(129, 'x'), std::string(100'000, 'x'),
                                  std::string("\xff\xfe"), std::string("joe "), std::string("JOE")}) {
    CPPUNIT_ASSERT(!user(name).known);
    CPPUNIT_ASSERT(!domain(name).known);
  }
}

void PolicyContract::limits_are_returned_as_they_are() {
  admin_->add_quota("hourly", "100/1h 1000/24h");
  admin_->allow("joe", "example.com", true);
  admin_->set_quota("joe", "Hourly");
  CPPUNIT_ASSERT_EQUAL(std::string("100/1h 1000/24h"), user("joe").limits);
  // The reader of the limits reports their errors.
  change_rows(*database_, "UPDATE quota_limits SET limits = 'rubbish'");
  CPPUNIT_ASSERT_EQUAL(std::string("rubbish"), user("joe").limits);
  change_rows(*database_, "DELETE FROM quota_limits");
  CPPUNIT_ASSERT_EQUAL(std::string("100"), user("joe").limits);
  change_rows(*database_, "UPDATE quotas SET quota = -5");
  CPPUNIT_ASSERT_EQUAL(std::string("-5"), user("joe").limits);
}

void PolicyContract::a_raise_holds_until_its_end_and_a_locked_one_for_ever() {
  const TimePoint end = clock_.time + Seconds(60);
  admin_->add_user("joe");
  admin_->raise("joe", "500/1h", end);
  CPPUNIT_ASSERT_EQUAL(std::string("500/1h"), user("joe").raised);
  CPPUNIT_ASSERT(user("joe").raised_until == end);
  admin_->set_lock("joe", true, clock_.time);
  clock_.time = end;
  CPPUNIT_ASSERT_EQUAL(std::string("500/1h"), user("joe").raised);
  CPPUNIT_ASSERT(!user("joe").raised_until);
  admin_->set_lock("joe", false, clock_.time);
  CPPUNIT_ASSERT_EQUAL(std::string(), user("joe").raised);
  admin_->raise("joe", "600", std::nullopt);
  CPPUNIT_ASSERT_EQUAL(std::string("600"), user("joe").raised);
  CPPUNIT_ASSERT(!user("joe").raised_until);
  CPPUNIT_ASSERT(admin_->lower("joe"));
  CPPUNIT_ASSERT(!admin_->lower("joe"));
  CPPUNIT_ASSERT_EQUAL(std::string(), user("joe").raised);
}

void PolicyContract::aliases_of_the_user_and_of_his_addresses_count() {
  admin_->allow("joe@example.com", "joe@example.net", true);
  admin_->allow("jim@example.com", "jim@example.net", true);
  admin_->add_alias("Sales@Example.com", "joe@example.net");
  admin_->add_alias("info@example.com", "JOE@example.com");
  admin_->add_alias("all@example.com", "joe@example.com");
  admin_->add_alias("all@example.com", "jim@example.com");
  assert_senders({"all@example.com", "info@example.com", "joe@example.net", "sales@example.com"},
                 "joe@example.com");
  assert_senders({"all@example.com", "jim@example.net"}, "jim@example.com");
  CPPUNIT_ASSERT_EQUAL(std::size_t{4}, admin_->aliases().size());
  CPPUNIT_ASSERT(admin_error([&] { admin_->add_alias("x@example.com", "nobody@example.com"); }) ==
                 Kind::Unknown);
  CPPUNIT_ASSERT(admin_error([&] { admin_->add_alias("all@example.com", "jim@example.com"); }) ==
                 Kind::Exists);
  admin_->remove_alias("all@example.com", "jim@example.com");
  CPPUNIT_ASSERT(admin_error([&] { admin_->remove_alias("all@example.com", "jim@example.com"); }) ==
                 Kind::Unknown);
  assert_senders({"jim@example.net"}, "jim@example.com");
}

void PolicyContract::domains_have_switches_and_a_quota() {
  admin_->add_domain("example.com");
  CPPUNIT_ASSERT(domain("example.com").known);
  CPPUNIT_ASSERT(!domain("example.com").greylist && !domain("example.com").check_spf);
  admin_->set_greylist("example.com", true);
  CPPUNIT_ASSERT(domain("example.com").greylist && !domain("example.com").check_spf);
  admin_->set_check_spf("example.com", true);
  admin_->set_greylist("example.com", false);
  CPPUNIT_ASSERT(!domain("example.com").greylist && domain("example.com").check_spf);
  admin_->add_quota("big", "messages:500/1h");
  admin_->add_quota("bigger", "1000");
  admin_->set_domain_quota("example.com", "big");
  CPPUNIT_ASSERT_EQUAL(std::string("big messages:500/1h"), shared("joe@example.com"));
  admin_->set_domain_quota("example.com", "bigger");
  CPPUNIT_ASSERT_EQUAL(std::string("bigger 1000"), shared("joe@example.com"));
  CPPUNIT_ASSERT_EQUAL(std::string("bigger"), admin_->domain("example.com").quota);
  admin_->set_domain_quota("example.com", "");
  CPPUNIT_ASSERT_EQUAL(std::string(), shared("joe@example.com"));
  admin_->remove_domain("example.com");
  CPPUNIT_ASSERT(!domain("example.com").known);
}

// Limits for a user without a quota: the nearest first, each "TO NAME LIMITS" or "TO +LIMITS".
std::string PolicyContract::all_shared(const std::string& name) {
  std::string out;
  for (const SharedLimits& each : user(name).shared)
    out += (out.empty() ? "" : ", ") + each.to + " " + (each.raise ? "+" : each.quota + " ") + each.limits;
  return out;
}

void PolicyContract::everybody_and_domains_above_have_limits_for_those_without() {
  CPPUNIT_ASSERT_EQUAL(std::string(), all_shared("joe@a.b.example.com"));
  admin_->add_quota("tiny", "5");
  admin_->add_quota("small", "50/1h");
  admin_->add_quota("large", "500");
  for (const char* name : {"example.com", ".example.com", ".com", "*", "other.test"})
    admin_->add_domain(name);
  admin_->add_user("*");
  admin_->set_quota("*", "tiny");
  CPPUNIT_ASSERT_EQUAL(std::string("* tiny 5"), all_shared("joe@a.b.example.com"));
  admin_->raise("*", "9", std::nullopt);
  admin_->set_domain_quota("*", "small");
  admin_->set_domain_quota(".com", "large");
  admin_->set_domain_quota(".example.com", "tiny");
  admin_->set_domain_quota("example.com", "small");
  admin_->set_domain_quota("other.test", "large");
  const std::string everybody = "* +9, * small 50/1h, * tiny 5";
  CPPUNIT_ASSERT_EQUAL(".example.com tiny 5, .com large 500, " + everybody,
                       all_shared("joe@a.b.example.com"));
  CPPUNIT_ASSERT_EQUAL("example.com small 50/1h, .com large 500, " + everybody,
                       all_shared("joe@example.com"));
  CPPUNIT_ASSERT_EQUAL(".com large 500, " + everybody, all_shared("joe@notexample.com"));
  // Names that no row can hold may still be users.
  for (const std::string& name : {std::string("joe"), std::string("joe@com"), std::string("joe@[192.0.2.1]"),
                                  std::string(129, 'x'), std::string("\xff\xfe"), std::string("joe@ex ample"),
                                  "joe@" + std::string(63, 'x') + "." + std::string(63, 'y')})
    CPPUNIT_ASSERT_EQUAL(everybody, all_shared(name));
  // The domain itself is too long for its table; its parents are not.
  CPPUNIT_ASSERT_EQUAL(".example.com tiny 5, .com large 500, " + everybody,
                       all_shared("joe@" + std::string(60, 'x') + ".example.com"));
  // The user's own limits come first, and apply to no other user.
  admin_->add_user("joe@example.com");
  admin_->set_quota("joe@example.com", "large");
  CPPUNIT_ASSERT_EQUAL(std::string("500"), user("joe@example.com").limits);
  CPPUNIT_ASSERT_EQUAL("example.com small 50/1h, .com large 500, " + everybody,
                       all_shared("joe@example.com"));
  CPPUNIT_ASSERT(!user("jim@example.com").known);
  admin_->raise("*", "9", clock_.time);
  CPPUNIT_ASSERT_EQUAL(std::string("* small 50/1h, * tiny 5"), all_shared("joe"));
}

void PolicyContract::a_domain_without_a_word_of_its_own_is_as_the_nearest_above() {
  const auto of = [&](const std::string& name) {
    const DomainPolicy found = domain(name);
    return found.of + (found.greylist ? " greylist" : "") + (found.check_spf ? " spf" : "");
  };
  CPPUNIT_ASSERT_EQUAL(std::string(), of("a.b.example.com"));
  for (const char* name : {"*", ".example.com", "example.com", "out.example.com"}) admin_->add_domain(name);
  admin_->set_greylist("*", true);
  admin_->set_check_spf(".example.com", true);
  CPPUNIT_ASSERT_EQUAL(std::string(".example.com spf"), of("a.b.example.com"));
  CPPUNIT_ASSERT_EQUAL(std::string("example.com"), of("example.com"));
  CPPUNIT_ASSERT_EQUAL(std::string("out.example.com"), of("out.example.com"));
  CPPUNIT_ASSERT_EQUAL(std::string("* greylist"), of("example.org"));
  CPPUNIT_ASSERT_EQUAL(std::string("* greylist"), of("[192.0.2.1]"));
  CPPUNIT_ASSERT_EQUAL(std::string("* greylist"), of(std::string(300, 'x')));
  // A user added later is treated as before.
  admin_->allow("joe", "example.org", true);
  admin_->add_domain("new.example.com");
  CPPUNIT_ASSERT_EQUAL(std::string("example.org greylist"), of("example.org"));
  CPPUNIT_ASSERT_EQUAL(std::string("new.example.com spf"), of("new.example.com"));
  admin_->set_greylist("example.org", false);
  CPPUNIT_ASSERT_EQUAL(std::string("example.org"), of("example.org"));
  admin_->remove_domain("example.org");
  CPPUNIT_ASSERT_EQUAL(std::string("* greylist"), of("example.org"));
}

void PolicyContract::users_are_added_listed_and_removed() {
  admin_->add_user("joe");
  admin_->add_user("jim");
  CPPUNIT_ASSERT(admin_error([&] { admin_->add_user("JOE"); }) == Kind::Exists);
  const auto users = admin_->users();
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, users.size());
  CPPUNIT_ASSERT_EQUAL(std::string("jim joe"), users[0].name + " " + users[1].name);
  admin_->remove_user("jim");
  CPPUNIT_ASSERT(!user("jim").known);
  CPPUNIT_ASSERT(user("joe").known);
  CPPUNIT_ASSERT(admin_error([&] { admin_->remove_user("jim"); }) == Kind::Unknown);
}

void PolicyContract::a_page_is_a_part_of_the_matches() {
  for (int i = 0; i < 25; ++i) admin_->add_user((i % 5 == 0 ? "five" : "user") + std::to_string(100 + i));
  CPPUNIT_ASSERT_EQUAL(std::size_t{25}, admin_->users().size());
  CPPUNIT_ASSERT_EQUAL(std::size_t{5}, admin_->users({.search = "FIVE"}).size());
  const auto page = admin_->users({.search = "five", .offset = 3, .limit = 10});
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, page.size());
  CPPUNIT_ASSERT_EQUAL(std::string("five115"), page[0].name);
  CPPUNIT_ASSERT_EQUAL(std::size_t{4}, admin_->users({.search = "", .offset = 0, .limit = 4}).size());
  CPPUNIT_ASSERT(admin_->users({.search = "none"}).empty());
}

void PolicyContract::what_is_searched_for_is_no_pattern() {
  for (const char* name : {"a%b", "a_b", "a!b", "axb"}) admin_->add_user(name);
  for (const char* search : {"a%b", "a_b", "a!b", "axb"}) {
    const auto found = admin_->users({.search = search});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(search, std::size_t{1}, found.size());
    CPPUNIT_ASSERT_EQUAL(std::string(search), found[0].name);
  }
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, admin_->users({.search = "' or 1=1 -- "}).size());
}

void PolicyContract::removing_a_user_leaves_nothing_of_his() {
  admin_->add_quota("small", "240");
  admin_->allow("joe@example.com", "example.com", true);
  admin_->allow("joe@example.com", "joe@example.net", true);
  admin_->set_quota("joe@example.com", "small");
  admin_->raise("joe@example.com", "500", std::nullopt);
  admin_->add_alias("info@example.com", "joe@example.com");
  admin_->remove_user("joe@example.com");
  for (const char* table : {"users", "domain_user", "email_user", "quota_user", "raises", "aliases"})
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        table, std::int64_t{0},
        as_number(ask_rows(*database_, std::string("SELECT COUNT(*) FROM ") + table).at(0).at(0)));
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->domains().size());
  // A new user inherits nothing from the number of the removed one.
  admin_->add_user("jim");
  assert_senders({}, "jim");
}

void PolicyContract::an_unknown_name_is_an_error_and_changes_nothing() {
  admin_->add_user("joe");
  for (const auto& step : std::vector<std::function<void()>>{
           [&] { admin_->user("nobody"); },
           [&] { admin_->allow("nobody", "example.com"); },
           [&] { admin_->allow("joe", "example.com"); },
           [&] { admin_->allow("joe", "a@example.com"); },
           [&] { admin_->deny("joe", "example.com"); },
           [&] { admin_->set_quota("joe", "none"); },
           [&] { admin_->set_quota("nobody", ""); },
           [&] { admin_->raise("nobody", "5", std::nullopt); },
           [&] { admin_->lower("nobody"); },
           [&] { admin_->domain("example.com"); },
           [&] { admin_->set_greylist("example.com", true); },
           [&] { admin_->set_domain_quota("example.com", ""); },
           [&] { admin_->domain_users("example.com"); },
           [&] { admin_->remove_address("a@example.com"); },
           [&] { admin_->quota("none"); },
           [&] { admin_->change_quota("none", "5"); },
           [&] { admin_->remove_quota("none"); },
       })
    CPPUNIT_ASSERT(admin_error(step) == Kind::Unknown);
  CPPUNIT_ASSERT(admin_->domains().empty() && admin_->addresses().empty() && admin_->quotas().empty());
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->users().size());
}

void PolicyContract::names_that_are_too_long_or_none_are_refused() {
  const std::string label(60, 'a');
  admin_->add_user(std::string(128, 'u'));
  CPPUNIT_ASSERT(user(std::string(128, 'u')).known);
  admin_->add_domain(label + ".com");  // 64
  for (const auto& step : std::vector<std::function<void()>>{
           [&] { admin_->add_user(std::string(129, 'u')); },
           [&] { admin_->add_user(""); },
           [&] { admin_->add_user(" \t"); },
           [&] { admin_->add_user("jo\ne"); },
           [&] {
             admin_->add_user(
                 "jo\xff"
                 "e");
           },
           [&] { admin_->add_domain(label + ".info"); },
           [&] { admin_->add_domain("exa mple.com"); },
           [&] { admin_->add_domain("a@example.com"); },
           [&] { admin_->add_domain(""); },
           [&] { admin_->add_address("example.com"); },
           [&] { admin_->add_address("a@b@example.com"); },
           [&] { admin_->add_address(std::string(120, 'a') + "@example.com"); },
           [&] { admin_->add_quota(std::string(33, 'q'), "5"); },
           [&] { admin_->add_quota("q", ""); },
           [&] { admin_->add_quota("q", "many"); },
           [&] { admin_->add_quota("q", "5/3y"); },
           [&] { admin_->allow("joe", "exa mple.com", true); },
           [&] { admin_->raise(std::string(128, 'u'), "many", std::nullopt); },
       })
    CPPUNIT_ASSERT(admin_error(step) == Kind::Invalid);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->users().size());
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->domains().size());
}

void PolicyContract::allow_and_deny_say_whether_they_changed_anything() {
  CPPUNIT_ASSERT(admin_->allow("joe", "example.com", true));
  CPPUNIT_ASSERT(!admin_->allow("joe", "EXAMPLE.com", true));
  CPPUNIT_ASSERT(!admin_->allow("joe", "example.com"));
  CPPUNIT_ASSERT(admin_->allow("joe", "a@example.com", true));
  CPPUNIT_ASSERT_EQUAL(std::string("joe"), admin_->domain_users("example.com").at(0));
  CPPUNIT_ASSERT_EQUAL(std::string("joe"), admin_->address_users("a@example.com").at(0));
  CPPUNIT_ASSERT(admin_->deny("joe", "example.com"));
  CPPUNIT_ASSERT(!admin_->deny("joe", "example.com"));
  assert_senders({"a@example.com"}, "joe");
  admin_->remove_address("a@example.com");
  assert_senders({}, "joe");
}

void PolicyContract::quotas_with_windows_have_the_number_of_their_first_limit() {
  admin_->add_quota("small", "240");
  admin_->add_quota("hourly", "messages:100/1h 1000/24h");
  CPPUNIT_ASSERT_EQUAL(std::int64_t{240}, admin_->quota("small").number);
  CPPUNIT_ASSERT_EQUAL(std::string("240"), admin_->quota("small").limits);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{100}, admin_->quota("HOURLY").number);
  CPPUNIT_ASSERT_EQUAL(std::string("messages:100/1h 1000/24h"), admin_->quota("hourly").limits);
  admin_->change_quota("hourly", "50");
  CPPUNIT_ASSERT_EQUAL(std::string("50"), admin_->quota("hourly").limits);
  admin_->change_quota("hourly", "60/1h");
  admin_->change_quota("hourly", "60/2h");
  CPPUNIT_ASSERT_EQUAL(std::int64_t{60}, admin_->quota("hourly").number);
  CPPUNIT_ASSERT_EQUAL(std::string("60/2h"), admin_->quota("hourly").limits);
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, admin_->quotas().size());
}

// Both may double the number of limits beyond the maximum.
void PolicyContract::limits_are_read_as_the_configuration_has_them() {
  PolicyAdmin both(*database_, Milliseconds(30'000), {.counting = LimitDefaults::Counting::Both});
  const std::string five = "1/1h 2/2h 3/3h 4/4h 5/5h";
  admin_->add_quota("five", five);
  admin_->add_quota("one", "7");
  admin_->add_user("joe");
  CPPUNIT_ASSERT(admin_error([&] { both.add_quota("more", five); }) == Kind::Invalid);
  CPPUNIT_ASSERT(admin_error([&] { both.change_quota("one", five); }) == Kind::Invalid);
  CPPUNIT_ASSERT(admin_error([&] { both.raise("joe", five, std::nullopt); }) == Kind::Invalid);
  CPPUNIT_ASSERT_EQUAL(std::string("7"), admin_->quota("one").limits);
  CPPUNIT_ASSERT(!admin_->user("joe").raise);
}

void PolicyContract::changes_say_whether_anything_is_different() {
  admin_->add_user("joe");
  admin_->add_domain("example.com");
  admin_->add_quota("small", "240");
  admin_->add_quota("hourly", "100/1h");
  const std::vector<std::pair<std::string, bool>> steps{{"", false},      {"small", true},   {"Small", false},
                                                        {"hourly", true}, {"hourly", false}, {"", true}};
  for (const auto& [quota, different] : steps) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(quota, different, admin_->set_quota("joe", quota));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(quota, different, admin_->set_domain_quota("example.com", quota));
  }
  CPPUNIT_ASSERT(!admin_->change_quota("small", "0240"));
  CPPUNIT_ASSERT(admin_->change_quota("small", "240/1h"));
  CPPUNIT_ASSERT(!admin_->change_quota("small", "240/1h"));
  CPPUNIT_ASSERT(admin_->change_quota("small", "240/2h"));
  CPPUNIT_ASSERT(admin_->change_quota("small", "240"));
}

void PolicyContract::two_quotas_never_share_a_number() {
  admin_->add_quota("a", "100");
  CPPUNIT_ASSERT(admin_error([&] { admin_->add_quota("b", "100"); }) == Kind::Exists);
  CPPUNIT_ASSERT(admin_error([&] { admin_->add_quota("A", "7"); }) == Kind::Exists);
  // If the limits are set, the number is only for CHAPPS.
  admin_->add_quota("b", "100/1h");
  admin_->add_quota("c", "100/2h");
  CPPUNIT_ASSERT_EQUAL(std::int64_t{99}, admin_->quota("b").number);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{98}, admin_->quota("c").number);
  CPPUNIT_ASSERT_EQUAL(std::string("100/2h"), admin_->quota("c").limits);
  CPPUNIT_ASSERT(admin_error([&] { admin_->change_quota("c", "100"); }) == Kind::Exists);
  CPPUNIT_ASSERT_EQUAL(std::string("100/2h"), admin_->quota("c").limits);
}

void PolicyContract::a_quota_in_use_is_not_removed() {
  admin_->add_quota("small", "240/1h");
  admin_->allow("joe", "example.com", true);
  admin_->set_domain_quota("example.com", "small");
  admin_->set_quota("joe", "small");
  CPPUNIT_ASSERT(admin_error([&] { admin_->remove_quota("small"); }) == Kind::Invalid);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, admin_->quota("small").users);
  admin_->set_quota("joe", "");
  CPPUNIT_ASSERT(admin_error([&] { admin_->remove_quota("small"); }) == Kind::Invalid);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, admin_->quota("small").users);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, admin_->quotas().at(0).domains);
  CPPUNIT_ASSERT_EQUAL(std::string("small 240/1h"), shared("jim@example.com"));
  admin_->set_domain_quota("example.com", "");
  admin_->remove_quota("small");
  // A later quota does not inherit what the old one had.
  admin_->add_quota("new", "7");
  CPPUNIT_ASSERT_EQUAL(std::string("7"), admin_->quota("new").limits);
}

void PolicyContract::the_admin_sees_all_of_a_user() {
  admin_->add_quota("hourly", "100/1h");
  admin_->allow("joe@example.com", "example.com", true);
  admin_->allow("joe@example.com", "joe@example.net", true);
  admin_->add_alias("info@example.com", "joe@example.net");
  admin_->set_quota("joe@example.com", "hourly");
  admin_->raise("joe@example.com", "7", from_millis(5));
  const std::vector<MessageRecord> sent{message("joe@example.com", 1000, 3)};
  messages_->append(sent, policy_patience());
  const UserEntry joe = admin_->user("JOE@example.com");
  CPPUNIT_ASSERT_EQUAL(std::string("joe@example.com"), joe.name);
  CPPUNIT_ASSERT_EQUAL(std::string("example.com "), joined(joe.domains));
  CPPUNIT_ASSERT_EQUAL(std::string("joe@example.net "), joined(joe.addresses));
  CPPUNIT_ASSERT_EQUAL(std::string("info@example.com"), joe.aliases.at(0).alias);
  CPPUNIT_ASSERT_EQUAL(std::string("100/1h"), joe.quota->limits);
  // Expired, but still shown.
  CPPUNIT_ASSERT_EQUAL(std::string("7"), joe.raise->limits);
  CPPUNIT_ASSERT(joe.raise->until == from_millis(5));
  CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, joe.totals->recipients);
  CPPUNIT_ASSERT_EQUAL(std::string("hourly"), admin_->users().at(0).quota);
}

void PolicyContract::locking_needs_a_raise() {
  admin_->add_user("joe");
  const TimePoint end = from_millis(5'000);
  const TimePoint before = from_millis(4'999);
  CPPUNIT_ASSERT(admin_error([&] { admin_->set_lock("joe", true, before); }) == Kind::Unknown);
  CPPUNIT_ASSERT(!admin_->raise("joe", "7", end));
  // It would take effect again.
  CPPUNIT_ASSERT(admin_error([&] { admin_->set_lock("joe", true, end); }) == Kind::Unknown);
  CPPUNIT_ASSERT(!admin_->user("joe").raise->locked);
  CPPUNIT_ASSERT(admin_->set_lock("joe", true, before));
  CPPUNIT_ASSERT(!admin_->set_lock("joe", true, end));
  CPPUNIT_ASSERT(admin_->raise("joe", "8", from_millis(6'000)));
  CPPUNIT_ASSERT(admin_->user("joe").raise->locked);
  CPPUNIT_ASSERT(admin_->set_lock("joe", false, end));
  CPPUNIT_ASSERT(!admin_->set_lock("joe", false, end));
  CPPUNIT_ASSERT(!admin_->user("joe").raise->locked);
}

void PolicyContract::an_import_does_what_it_can_and_names_the_lines_it_cannot() {
  admin_->add_quota("small", "240");
  const ImportReport report = admin_->import_lines(
      "# users\n"
      "allow:joe:example.com\r\n"
      "\n"
      "  allow : joe : a@example.com   # his own\n"
      "quota:joe:small\n"
      "quota:joe:unknown\n"
      "permit:joe:example.com\n"
      "allow:joe\n"
      "allow:joe:exa mple.com\n"
      "deny:nobody:example.com\n"
      "allow:urn:x:jim:example.com\n"
      "quota:joe:\n"
      "deny:joe:example.com\n"
      "allow:no-trace:exa mple.com\n"
      "allow:x#y:x#y@example.com\t# not a comment before this",
      true);
  CPPUNIT_ASSERT_EQUAL(std::size_t{6}, report.done);
  std::string lines;
  for (const auto& problem : report.problems) lines += std::to_string(problem.line) + " ";
  CPPUNIT_ASSERT_EQUAL(std::string("6 7 8 9 10 12 14 "), lines);
  assert_senders({"x#y@example.com"}, "x#y");
  CPPUNIT_ASSERT(!user("no-trace").known);
  assert_senders({"a@example.com"}, "joe");
  assert_senders({"example.com"}, "urn:x:jim");
  CPPUNIT_ASSERT_EQUAL(std::string("small"), user("joe").quota);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->import_lines("allow:new:example.com", false).problems.size());
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->import_lines("quota:JOE:None", false).done);
  CPPUNIT_ASSERT_EQUAL(std::string(), user("joe").quota);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->import_lines("quota:new:none", false).problems.size());
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->import_lines("quota:new:none", true).done);
  CPPUNIT_ASSERT(user("new").known);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, admin_->import_lines("\xef\xbb\xbfquota:joe:small\r\n", false).done);
}

void PolicyContract::an_import_names_the_users_of_deny_lines_that_are_done() {
  admin_->allow("joe", "example.com", true);
  admin_->allow("jim", "example.com", true);
  const ImportReport report = admin_->import_lines(
      "deny:joe:example.com\ndeny:jim:example.net\ndeny:nobody:example.com\nallow:jim:example.com\n", false);
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, report.done);
  CPPUNIT_ASSERT_EQUAL(std::string("joe "), joined(report.denied));
}

void PolicyContract::a_large_import_is_done_whole() {
  std::string text;
  for (int i = 0; i < 350; ++i) text += "allow:user" + std::to_string(i) + ":example.com\n";
  const ImportReport report = admin_->import_lines(text, true);
  CPPUNIT_ASSERT_EQUAL(std::size_t{350}, report.done);
  CPPUNIT_ASSERT(report.problems.empty());
  CPPUNIT_ASSERT_EQUAL(std::size_t{350}, admin_->domain_users("example.com", {.limit = 1000}).size());
}

void PolicyContract::a_failed_change_leaves_no_trace() {
  CPPUNIT_ASSERT_THROW(database_->change(policy_patience(),
                                         [](SqlConnection& connection) {
                                           connection.change("INSERT INTO users (name) VALUES ('joe')");
                                           throw std::logic_error("no");
                                         }),
                       std::logic_error);
  CPPUNIT_ASSERT(admin_->users().empty());
  admin_->add_user("joe");
  try {
    change_rows(*database_, "INSERT INTO users (name) VALUES ('joe')");
    CPPUNIT_FAIL("twice the same name");
  } catch (const SqlError& error) {
    CPPUNIT_ASSERT(error.kind() == SqlError::Kind::Duplicate);
  }
  try {
    ask_rows(*database_, "SELECT x FROM no_table");
    CPPUNIT_FAIL("no such table");
  } catch (const SqlError& error) {
    CPPUNIT_ASSERT(error.kind() == SqlError::Kind::Missing);
  }
}

void PolicyContract::changes_at_once_lose_nothing() {
  admin_->add_domain("example.com");
  std::vector<std::future<void>> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t)
    threads.push_back(std::async(std::launch::async, [this, t] {
      for (int i = 0; i < 10; ++i)
        admin_->allow("user" + std::to_string(t) + "-" + std::to_string(i), "example.com", true);
    }));
  for (auto& thread : threads) thread.get();
  CPPUNIT_ASSERT_EQUAL(std::size_t{80}, admin_->domain_users("example.com").size());
}

void PolicyContract::the_same_at_once_is_no_failure() {
  std::vector<std::future<void>> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t)
    threads.push_back(std::async(std::launch::async, [this] {
      for (int i = 0; i < 20; ++i)
        admin_->allow("user" + std::to_string(i), std::to_string(i) + ".example.com", true);
    }));
  for (auto& thread : threads) thread.get();
  CPPUNIT_ASSERT_EQUAL(std::size_t{20}, admin_->users().size());
  assert_senders({"7.example.com"}, "user7");
}

void PolicyContract::messages_come_back_as_they_were_the_newest_first() {
  MessageRecord full = message("joe", 2000, 12, "reject");
  full.host = "mx.example.com";
  full.queue_id = "4ABC";
  full.ref = "r1";
  full.outbound = false;
  full.login = "login";
  full.sender = "<a'\"\\@example.com>";
  full.addresses = "a@example.com b@example.com " + std::string(70'000, 'x');
  full.client = "2001:db8::1";
  full.client_name = "client.example.com";
  full.helo =
      "b\xc3\xbc"
      "cher";
  full.size = 5'000'000'000;
  full.policy = "quota";
  full.reason = "over";
  const std::vector<MessageRecord> records{message("jim", 1000), full, message("joe", 3000)};
  messages_->append(records, policy_patience());
  const auto found = messages_->find({}, policy_patience());
  CPPUNIT_ASSERT_EQUAL(std::size_t{3}, found.size());
  CPPUNIT_ASSERT(as_tuple(found[0]) == as_tuple(records[2]));
  CPPUNIT_ASSERT(as_tuple(found[1]) == as_tuple(full));
  CPPUNIT_ASSERT(as_tuple(found[2]) == as_tuple(records[0]));
  messages_->append({}, policy_patience());
}

void PolicyContract::messages_are_found_by_user_and_time() {
  std::vector<MessageRecord> records;
  for (int i = 0; i < 20; ++i) records.push_back(message(i % 2 == 0 ? "joe" : "jim", 1000 + i));
  messages_->append(records, policy_patience());
  const auto count = [&](const MessageQuery& query) {
    return messages_->find(query, policy_patience()).size();
  };
  CPPUNIT_ASSERT_EQUAL(std::size_t{10}, count({.user = "joe"}));
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count({.user = "JOE"}));
  CPPUNIT_ASSERT_EQUAL(std::size_t{5}, count({.since = from_millis(1015)}));
  CPPUNIT_ASSERT_EQUAL(std::size_t{15}, count({.until = from_millis(1015)}));
  CPPUNIT_ASSERT_EQUAL(std::size_t{3}, count({.user = "joe", .since = from_millis(1014), .limit = 7}));
  CPPUNIT_ASSERT_EQUAL(std::size_t{7}, count({.limit = 7}));
}

void PolicyContract::octets_that_are_no_text_are_replaced() {
  MessageRecord odd = message(std::string("j\xff", 2), 1000);
  odd.sender = std::string("a\0b", 3);
  odd.helo = std::string(1000, 'h');
  odd.client_name = std::string(319, 'c') + "\xc3\xbc";  // cut in the middle of a character
  odd.reason = "\xf0\x9f\x93\xa7";
  messages_->append(std::vector{odd}, policy_patience());
  const auto found = messages_->find({}, policy_patience()).at(0);
  CPPUNIT_ASSERT_EQUAL(std::string("j? a?b"), found.user + " " + found.sender);
  CPPUNIT_ASSERT_EQUAL(std::size_t{320}, found.helo.size());
  CPPUNIT_ASSERT_EQUAL(std::string(319, 'c') + "?", found.client_name);
  CPPUNIT_ASSERT_EQUAL(odd.reason, found.reason);
}

void PolicyContract::totals_count_what_went_out_and_what_was_refused() {
  MessageRecord inbound = message("joe", 100, 9);
  inbound.outbound = false;
  messages_->append(
      std::vector{message("joe", 2000, 3), message("joe", 1000, 4), message("joe", 3000, 5, "reject"),
                  message("jim", 1000, 1, "defer"), message("", 1000, 7), inbound},
      policy_patience());
  messages_->append(std::vector{message("joe", 4000, 10)}, policy_patience());
  const auto joe = messages_->totals_of("joe", policy_patience());
  CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, joe->messages);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{17}, joe->recipients);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, joe->refused);
  CPPUNIT_ASSERT(joe->since == from_millis(1000));
  CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, messages_->totals_of("jim", policy_patience())->messages);
  CPPUNIT_ASSERT(!messages_->totals_of("", policy_patience()));
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, messages_->totals({}, policy_patience()).size());
  CPPUNIT_ASSERT_EQUAL(std::string("jim"), messages_->totals({.search = "im"}, policy_patience()).at(0).user);
}

void PolicyContract::totals_of_hosts_that_write_at_once_add_up() {
  std::vector<std::future<void>> hosts;
  hosts.reserve(4);
  for (int h = 0; h < 4; ++h)
    hosts.push_back(std::async(std::launch::async, [this] {
      for (int i = 0; i < 20; ++i)
        messages_->append(std::vector{message("joe", i, 2), message("jim", i, 1), message("ann", i, 3)},
                          policy_patience());
    }));
  for (auto& host : hosts) host.get();
  CPPUNIT_ASSERT_EQUAL(std::int64_t{160}, messages_->totals_of("joe", policy_patience())->recipients);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{80}, messages_->totals_of("jim", policy_patience())->messages);
  CPPUNIT_ASSERT_EQUAL(std::size_t{240}, messages_->find({.limit = 1000}, policy_patience()).size());
}

void PolicyContract::purge_takes_the_oldest_in_steps() {
  std::vector<MessageRecord> records;
  for (int i = 0; i < 30; ++i) records.push_back(message("joe", 1000 + i / 3));
  messages_->append(records, policy_patience());
  const TimePoint before = from_millis(1008);
  CPPUNIT_ASSERT_EQUAL(std::size_t{10}, messages_->purge(before, 10, policy_patience()));
  CPPUNIT_ASSERT_EQUAL(std::size_t{20}, messages_->find({}, policy_patience()).size());
  CPPUNIT_ASSERT(messages_->find({}, policy_patience()).back().when == from_millis(1003));
  CPPUNIT_ASSERT_EQUAL(std::size_t{14}, messages_->purge(before, 100, policy_patience()));
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, messages_->purge(before, 100, policy_patience()));
  CPPUNIT_ASSERT(messages_->find({}, policy_patience()).back().when == before);
  CPPUNIT_ASSERT_EQUAL(std::int64_t{30}, messages_->totals_of("joe", policy_patience())->messages);
}

}  // namespace mailreeve
