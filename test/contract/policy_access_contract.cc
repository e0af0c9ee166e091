// SPDX-License-Identifier: BSD-2-Clause
// The access rules of a policy database, as the contract has them.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>
#include <thread>

#include "policy_contract.h"
#include "store/policydb/access_admin.h"

namespace mailreeve {

namespace {

using Kind = PolicyAdminError::Kind;

const std::string kPartner = "skip=greylist client-name=partner.example";
const std::string kList = "skip=greylist,spf sender=list.example";
const std::string kBlock = "reject sender=spam.example 550 5.7.1 No";
constexpr std::size_t kAll = 1'000'000;

TimePoint at(int seconds) { return TimePoint(Seconds(1'700'000'000 + seconds)); }

std::vector<NewAccessRow> rows(const std::vector<std::string>& rules) {
  std::vector<NewAccessRow> out;
  for (const auto& rule : rules) out.push_back({.rule = rule, .until = {}, .why = {}});
  return out;
}

std::string text(const std::vector<AccessRow>& rows) {
  std::string out;
  for (const AccessRow& row : rows) out += row.rule + "\n";
  return out;
}

std::string text(const std::vector<std::string>& rules) {
  std::string out;
  for (const auto& rule : rules) out += rule + "\n";
  return out;
}

}  // namespace

void PolicyContract::access_rules_stand_in_their_order() {
  AccessAdmin admin{AdminDatabase(*database_)};
  CPPUNIT_ASSERT(access_rows(*database_, at(0), policy_patience()).empty());
  admin.add_rules(rows({kBlock}), AccessPlace::Last, at(0));
  admin.add_rules(rows({kPartner, kList}), AccessPlace::First, at(0));
  admin.add_rules(rows({"accept-all client=192.0.2.1"}), AccessPlace::Last, at(0));
  const std::string wanted = text({kPartner, kList, kBlock, "accept-all client=192.0.2.1"});
  CPPUNIT_ASSERT_EQUAL(wanted, text(access_rows(*database_, at(0), policy_patience())));
  CPPUNIT_ASSERT_EQUAL(wanted, text(admin.rules({}, at(0))));
  CPPUNIT_ASSERT_EQUAL(text({kList, kBlock}), text(admin.rules({.search = "SENDER=", .offset = 0}, at(0))));
  CPPUNIT_ASSERT_EQUAL(text({kList, kBlock}), text(admin.rules({.offset = 1, .limit = 2}, at(0))));
}

void PolicyContract::an_access_rule_that_is_there_keeps_its_number() {
  AccessAdmin admin{AdminDatabase(*database_)};
  const auto ids = admin.add_rules(rows({kBlock, kPartner, kList}), AccessPlace::Last, at(0));
  CPPUNIT_ASSERT_EQUAL(std::size_t{3}, std::set(ids.begin(), ids.end()).size());
  const std::vector<NewAccessRow> again{{.rule = kPartner, .until = at(100), .why = "asked for"}};
  CPPUNIT_ASSERT(admin.add_rules(again, AccessPlace::Last, at(1)) == std::vector{ids[1]});
  CPPUNIT_ASSERT_EQUAL(text({kBlock, kPartner, kList}), text(admin.rules({}, at(1))));
  const AccessRow row = admin.rules({}, at(1)).at(1);
  CPPUNIT_ASSERT(row.until == at(100) && row.why == "asked for" && row.added == at(0));
  CPPUNIT_ASSERT(admin.add_rules(rows({kPartner}), AccessPlace::First, at(2)) == std::vector{ids[1]});
  CPPUNIT_ASSERT_EQUAL(text({kPartner, kBlock, kList}), text(admin.rules({}, at(2))));
  CPPUNIT_ASSERT(!admin.rules({}, at(2)).at(0).until);
}

void PolicyContract::access_rules_that_have_ended_are_gone() {
  AccessAdmin admin{AdminDatabase(*database_)};
  const std::vector<NewAccessRow> two{{.rule = kBlock, .until = at(10), .why = {}},
                                      {.rule = kList, .until = at(20), .why = {}}};
  const auto ids = admin.add_rules(two, AccessPlace::Last, at(0));
  CPPUNIT_ASSERT_EQUAL(text({kBlock, kList}), text(access_rows(*database_, at(9), policy_patience())));
  CPPUNIT_ASSERT_EQUAL(text({kList}), text(access_rows(*database_, at(10), policy_patience())));
  CPPUNIT_ASSERT_EQUAL(text({kList}), text(admin.rules({}, at(10))));
  CPPUNIT_ASSERT(admin_error([&] { admin.remove_rules(std::vector{ids[0]}, at(10)); }) == Kind::Unknown);
  const auto fresh = admin.add_rules(rows({kPartner}), AccessPlace::Last, at(20));
  CPPUNIT_ASSERT_EQUAL(text({kPartner}), text(admin.rules({}, at(0))));
  // Its number is never given again.
  CPPUNIT_ASSERT(fresh[0] > ids[1]);
}

void PolicyContract::access_rules_are_removed_together_or_not_at_all() {
  AccessAdmin admin{AdminDatabase(*database_)};
  const auto ids = admin.add_rules(rows({kBlock, kList, kPartner}), AccessPlace::Last, at(0));
  CPPUNIT_ASSERT(admin_error([&] {
                   admin.remove_rules(std::vector{ids[0], ids[2] + 1}, at(0));
                 }) == Kind::Unknown);
  CPPUNIT_ASSERT_EQUAL(std::size_t{3}, admin.rules({}, at(0)).size());
  CPPUNIT_ASSERT_EQUAL(text({kBlock, kPartner}),
                       text(admin.remove_rules(std::vector{ids[0], ids[2]}, at(0))));
  CPPUNIT_ASSERT_EQUAL(text({kList}), text(admin.rules({}, at(0))));
}

void PolicyContract::each_change_of_the_access_rules_moves_their_version() {
  AccessAdmin admin{AdminDatabase(*database_)};
  std::set<std::int64_t> versions{access_version(*database_, policy_patience())};
  const auto moved = [&] { return versions.insert(access_version(*database_, policy_patience())).second; };
  const auto ids = admin.add_rules(rows({kBlock}), AccessPlace::Last, at(0));
  CPPUNIT_ASSERT(moved());
  admin.add_rules(rows({kBlock}), AccessPlace::First, at(0));
  CPPUNIT_ASSERT(moved());
  // On a host whose clock is behind.
  admin.add_rules(rows({kList}), AccessPlace::Last, at(-1000));
  CPPUNIT_ASSERT(moved());
  admin.remove_rules(ids, at(5));
  CPPUNIT_ASSERT(moved());
  admin.rules({}, at(6));
  CPPUNIT_ASSERT(admin_error([&] { admin.remove_rules(ids, at(6)); }) == Kind::Unknown);
  CPPUNIT_ASSERT(!moved());
}

void PolicyContract::access_rules_take_any_text_and_refuse_what_is_none() {
  AccessAdmin admin{AdminDatabase(*database_)};
  const std::string snowman = "\xe2\x98\x83";
  const std::string face = "\xf0\x9f\x98\x80";
  const std::vector<std::string> texts{
      "'; DROP TABLE access_rules; --",        "\"quoted\" \\ 100% _ ? ! {ref}",
      snowman + face + " caf\xc3\xa9",         "CAF\xc3\x89",
      "skip=greylist sender=/^(a|b)'\"\\\\$/", " blanks around ",
      std::string(kLongestReason, 'x')};
  for (const auto& each : texts) {
    const std::vector<NewAccessRow> one{{.rule = "reject " + each, .until = {}, .why = each}};
    const auto id = admin.add_rules(one, AccessPlace::Last, at(0)).at(0);
    const auto found = admin.rules({.search = each, .limit = kAll}, at(0));
    // In any case: another may be found as well.
    const auto it =
        std::find_if(found.begin(), found.end(), [id](const AccessRow& row) { return row.id == id; });
    CPPUNIT_ASSERT_MESSAGE(each, it != found.end() && found.size() <= 2);
    CPPUNIT_ASSERT(it->rule == one[0].rule && it->why == each);
  }
  const std::string longest = "reject " + std::string(kLongestStoredRule - 7, 'r');
  admin.add_rules(rows({longest}), AccessPlace::Last, at(0));
  CPPUNIT_ASSERT_EQUAL(text({longest}), text(admin.rules({.search = "rrrr"}, at(0))));
  const std::size_t before = admin.rules({}, at(0)).size();
  const std::vector<NewAccessRow> bad{
      {.rule = "", .until = {}, .why = {}},
      {.rule = longest + "r", .until = {}, .why = {}},
      {.rule = "reject\n", .until = {}, .why = {}},
      {.rule = std::string("reject\0", 7), .until = {}, .why = {}},
      {.rule = "reject \xff\xfe", .until = {}, .why = {}},
      {.rule = kBlock, .until = {}, .why = std::string(kLongestReason + 1, 'x')},
      {.rule = kBlock, .until = {}, .why = "a\x1b[2J"},
      {.rule = kBlock, .until = {}, .why = "\xc3"}};
  for (const auto& row : bad)
    CPPUNIT_ASSERT(admin_error([&] { admin.add_rules(std::vector{row}, AccessPlace::First, at(0)); }) ==
                   Kind::Invalid);
  CPPUNIT_ASSERT_EQUAL(before, admin.rules({}, at(0)).size());
}

void PolicyContract::access_rules_added_at_once_all_stand() {
  constexpr int kThreads = 4;
  constexpr int kEach = 10;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([this, thread] {
      AccessAdmin admin{AdminDatabase(*database_)};
      for (int i = 0; i < kEach; ++i)
        admin.add_rules(rows({"reject sender=d" + std::to_string(thread * kEach + i) + ".example"}),
                        i % 2 == 0 ? AccessPlace::First : AccessPlace::Last, at(i));
    });
  for (auto& thread : threads) thread.join();
  CPPUNIT_ASSERT_EQUAL(std::size_t{kThreads * kEach},
                       access_rows(*database_, at(0), policy_patience()).size());
}

}  // namespace mailreeve
