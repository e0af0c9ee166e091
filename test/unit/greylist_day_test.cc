// SPDX-License-Identifier: BSD-2-Clause
// A day's mail of the kinds that greylisting is hated for, played to the policy with its
// keys and the store in memory. How many messages of each kind wait stands in
// doc/greylisting.md, which this compares.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include "policies/greylist.h"
#include "store/state/memory_store.h"
#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

constexpr int kMinute = 60;
constexpr int kHour = 3600;
constexpr int kDay = 24 * kHour;
const TimePoint kMidnight = from_millis(1'800'000'000'000);

struct Host {
  std::string address;
  std::string name;  // verified; empty: it has none
};

// When a system tries again: seconds after the first try.
using Schedule = std::vector<int>;
const Schedule kPostfix{400, 1000, 2200, 4600, 8600, 12600, 16600, 20600, 24600};

struct Mail {
  int at = 0;  // seconds of the day
  std::string sender;
  std::string recipient;
  std::string spf;          // the domain that passes; empty: none
  std::vector<Host> hosts;  // each try comes from one of them
  Schedule retries = kPostfix;
};

struct Outcome {
  int messages = 0;
  int waited = 0;
  int lost = 0;     // no try passed
  int longest = 0;  // seconds from the first try to the one that passed
};

// A bounce is let in or told to wait at once, as it is at the end of its message.
GreylistSettings settings_of(const GreylistRules& rules) {
  GreylistSettings out;
  out.apply = GreylistApply::All;
  out.rules = rules;
  out.null_sender = NullSenderWaits::Rcpt;
  return out;
}

class Day {
 public:
  explicit Day(GreylistRules timing = {})
      : greylist_(settings_of(timing), Stage::Rcpt, std::make_shared<MemoryStore>(),
                  std::make_shared<FakePolicyDb>()) {}

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  std::string token(const std::string& alphabet, int size) {
    std::string out;
    for (int i = 0; i < size; ++i)
      out += alphabet[static_cast<std::size_t>(below(static_cast<int>(alphabet.size())))];
    return out;
  }

  Outcome play(const std::vector<Mail>& mails) {
    Outcome out;
    out.messages = static_cast<int>(mails.size());
    std::multimap<int, std::pair<const Mail*, std::size_t>> due;
    for (const auto& mail : mails) due.emplace(mail.at, std::pair(&mail, 0U));
    while (!due.empty()) {
      const auto [at, what] = *due.begin();
      const auto [mail, tries] = what;
      due.erase(due.begin());
      if (passes(*mail, at)) {
        out.longest = std::max(out.longest, at - mail->at);
      } else {
        if (tries == 0) ++out.waited;
        if (tries == mail->retries.size()) {
          ++out.lost;
        } else {
          due.emplace(mail->at + mail->retries[tries], std::pair(mail, tries + 1));
        }
      }
    }
    return out;
  }

 private:
  bool passes(const Mail& mail, int at) {
    const Host& host = mail.hosts[static_cast<std::size_t>(below(static_cast<int>(mail.hosts.size())))];
    Message message;
    message.now = kMidnight + Seconds(at);
    message.session.client = IpAddress::parse(host.address);
    message.session.client_name = host.name.empty() ? "unknown" : host.name;
    message.session.name_check = host.name.empty() ? NameCheck::Failed : NameCheck::Ok;
    message.envelope.sender = Address::parse(mail.sender);
    message.rcpt = Address::parse(mail.recipient);
    Findings findings;
    findings.spf = SpfOutcome{.domain = "none.example"};
    if (!mail.spf.empty())
      findings.spf =
          SpfOutcome{.result = SpfResult::Pass, .domain = mail.spf, .mechanism = "ip4", .names_client = true};
    const bool passed = greylist_.judge(message.facts(), findings).kind() == Verdict::Kind::Pass;
    if (passed) greylist_.conclude(message.facts(), findings);
    return passed;
  }

  std::mt19937 random_{20261128};
  Greylist greylist_;
};

const std::string kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";
const std::string kHex = "0123456789abcdef";

// `networks` /24s with so many hosts each, below 198.18.0.0/15 (RFC 2544).
std::vector<Host> pool(int networks, int hosts, const std::string& domain) {
  std::vector<Host> out;
  for (int network = 0; network < networks; ++network)
    for (int host = 0; host < hosts; ++host)
      out.push_back({"198.18." + std::to_string(network) + "." + std::to_string(10 + host),
                     domain.empty() ? "" : "mta" + std::to_string(network * hosts + host) + "." + domain});
  return out;
}

Host one_host(int number, const std::string& name) {
  return {"198.19." + std::to_string(number) + ".25", name};
}

std::string nth(const std::string& what, int number) { return what + std::to_string(number); }

std::string recipient(Day& day) { return "user" + std::to_string(day.below(40)) + "@example.net"; }

// 8:00 to 18:00
int office_hours(Day& day) { return 8 * kHour + day.below(10 * kHour); }

std::vector<Mail> customers_of_one_host(Day& day) {
  std::vector<Mail> out;
  const auto hosts = pool(1, 12, "host.example");
  for (int i = 0; i < 400; ++i) {
    const std::string domain = nth("customer", day.below(109)) + ".test";
    out.push_back({office_hours(day), "info@" + domain, recipient(day), domain, hosts});
  }
  return out;
}

std::vector<Mail> tokens_in_the_domain(Day& day) {
  std::vector<Mail> out;
  const auto hosts = pool(3, 4, "out.bnc.example");
  for (int i = 0; i < 20; ++i) {
    const std::string domain = day.token(kBase36, 12) + ".na63.bnc.example";
    out.push_back({office_hours(day), "x@" + domain, recipient(day), domain, hosts});
  }
  return out;
}

// Mail services whose customers have their own bounce domain.
std::vector<Mail> tokens_below_customers(Day& day) {
  std::vector<Mail> out;
  const auto hosts = pool(9, 10, "smtp-out.service.example");
  for (int i = 0; i < 240; ++i) {
    const std::string domain = "bounce." + nth("shop", day.below(60)) + ".test";
    out.push_back({office_hours(day),
                   "01020" + day.token(kHex, 11) + "-" + day.token(kHex, 8) + "-" + day.token(kHex, 12) +
                       "-000000@" + domain,
                   recipient(day), domain, hosts});
  }
  return out;
}

std::vector<Mail> pool_without_spf(Day& day) {
  std::vector<Mail> out;
  const auto hosts = pool(13, 1, "out.provider.example");
  for (int i = 0; i < 91; ++i)
    out.push_back(
        {office_hours(day), nth("person", day.below(50)) + "@provider.example", recipient(day), "", hosts});
  return out;
}

std::vector<Mail> bounces_of_one_provider(Day& day) {
  std::vector<Mail> out;
  const auto hosts = pool(13, 1, "out.provider.example");
  for (int i = 0; i < 39; ++i) out.push_back({office_hours(day), "<>", recipient(day), "", hosts});
  return out;
}

// 40 shops with one host each and a sender made up for each message. Who waits for a code
// asks for another after 4 minutes, and once more in the afternoon.
std::vector<Mail> login_codes(Day& day) {
  std::vector<Mail> out;
  for (int shop = 0; shop < 40; ++shop) {
    const std::string domain = nth("shop", shop) + ".test";
    const std::vector<Host> host{one_host(shop, "web." + domain)};
    const int morning = 8 * kHour + day.below(kHour);
    for (const int at : {morning, morning + 4 * kMinute, morning + 7 * kHour})
      out.push_back({at, "login-" + day.token(kBase36, 20) + "@" + domain, nth("user", shop) + "@example.net",
                     "", host});
  }
  return out;
}

std::vector<Mail> people(Day& day) {
  std::vector<Mail> out;
  for (int i = 0; i < 200; ++i) {
    const int company = day.below(60);
    const std::string domain = nth("company", company) + ".test";
    out.push_back({office_hours(day),
                   nth("person", day.below(5)) + "@" + domain,
                   recipient(day),
                   domain,
                   {one_host(company, "mail." + domain)}});
  }
  return out;
}

// From dial-ups of one provider with verified names, in the names of many, and never again.
std::vector<Mail> spam(Day& day) {
  std::vector<Mail> out;
  for (int i = 0; i < 500; ++i) {
    const std::string address =
        "203.0." + std::to_string(day.below(256)) + "." + std::to_string(1 + day.below(250));
    std::string name = address + ".dsl.example.net";
    std::replace(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(address.size()), '.', '-');
    out.push_back({day.below(kDay),
                   day.token(kBase36, 10) + "@" + nth("freemail", day.below(20)) + ".test",
                   recipient(day),
                   "",
                   {{address, name}},
                   {}});
  }
  return out;
}

// A hoster's network: one server of somebody's, without a name, and rented machines that send spam
// from a dozen addresses once each.
std::vector<Mail> spam_beside_a_server(Day& day) {
  std::vector<Mail> out;
  const auto neighbours = pool(1, 13, "");
  for (int i = 0; i < 10; ++i)
    out.push_back({day.below(8 * kHour),
                   nth("person", day.below(3)) + "@company.test",
                   recipient(day),
                   "",
                   {neighbours.back()}});
  for (int i = 0; i < 200; ++i)
    out.push_back({9 * kHour + day.below(15 * kHour),
                   "sales@" + nth("offer", i) + ".test",
                   recipient(day),
                   "",
                   {neighbours[static_cast<std::size_t>(day.below(12))]},
                   {}});
  return out;
}

// What trust in hosts costs: nobody says whose these are.
std::vector<Mail> pool_without_names(Day& day) {
  std::vector<Mail> out;
  const auto hosts = pool(1, 8, "");
  for (int i = 0; i < 200; ++i)
    out.push_back(
        {office_hours(day), nth("person", day.below(50)) + "@company.test", recipient(day), "", hosts});
  return out;
}

// Twenty messages of twenty systems, one each.
std::vector<Mail> twenty_systems(Day& day, const Schedule& retries) {
  std::vector<Mail> out;
  for (int i = 0; i < 20; ++i) {
    const std::string domain = nth("bank", i) + ".test";
    out.push_back({office_hours(day),
                   "mailer@" + domain,
                   recipient(day),
                   "",
                   {one_host(i, "mail." + domain)},
                   retries});
  }
  return out;
}

// First tries again after 200 to 285 s (here 220), and then after 3 h.
std::vector<Mail> banks(Day& day) { return twenty_systems(day, {220, 3 * kHour, 6 * kHour, 12 * kHour}); }
// Tries again once a day, and a little later each time.
std::vector<Mail> once_a_day(Day& day) {
  return twenty_systems(day, {kDay + 45, 2 * (kDay + 45), 3 * (kDay + 45), 4 * (kDay + 45)});
}

// The lines of the table in doc/greylisting.md: its first cell, and the others.
std::map<std::string, std::vector<std::string>> documented() {
  const char* top = std::getenv("abs_top_srcdir");
  std::ifstream file(std::string(top ? top : "..") + "/doc/greylisting.md");
  std::map<std::string, std::vector<std::string>> out;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| ")) continue;
    std::vector<std::string> cells;
    for (std::size_t at = 2; at < line.size();) {
      const auto end = std::min(line.find(" |", at), line.size());
      cells.push_back(line.substr(at, end - at));
      at = end + 3;
    }
    out[cells.front()] = {cells.begin() + 1, cells.end()};
  }
  return out;
}

std::string longest_wait(const Outcome& seen) {
  if (seen.lost == seen.messages) return "-";
  const int seconds = seen.longest;
  if (seconds < kHour) return std::to_string(seconds / kMinute) + " min";
  return std::to_string(seconds / kHour) + " h " + std::to_string(seconds % kHour / kMinute) + " min";
}

}  // namespace

class GreylistDayTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GreylistDayTest);
  CPPUNIT_TEST(so_many_messages_of_a_day_wait_as_the_document_says);
  CPPUNIT_TEST(the_defaults_meet_the_retries_of_every_system);
  CPPUNIT_TEST_SUITE_END();

  void so_many_messages_of_a_day_wait_as_the_document_says() {
    const struct {
      const char* kind;
      std::vector<Mail> (*mails)(Day&);
    } kinds[] = {
        {"109 customers' domains, each with the record of one host", customers_of_one_host},
        {"a token in the sender's domain, a pool over three networks", tokens_in_the_domain},
        {"a mail service over nine networks, 60 customers' bounce domains, token senders",
         tokens_below_customers},
        {"a provider without SPF, 13 hosts in as many networks", pool_without_spf},
        {"bounces from the same 13 hosts", bounces_of_one_provider},
        {"login codes of 40 shops with one host each, token senders", login_codes},
        {"people in 60 companies", people},
        {"20 systems that try again after 220 s, then after 3 h", banks},
        {"20 systems that try again once a day, 45 s later each time", once_a_day},
        {"spam from dial-ups of one provider, sent once", spam},
        {"10 messages of a server without a name, and spam from 12 neighbours, sent once",
         spam_beside_a_server},
        {"a pool of 8 hosts in one network, without names and SPF", pool_without_names},
    };
    const auto rows = documented();
    std::string wrong;
    for (const auto& kind : kinds) {
      Day day;
      const Outcome seen = day.play(kind.mails(day));
      const std::vector<std::string> now{std::to_string(seen.messages), std::to_string(seen.waited),
                                         std::to_string(seen.lost), longest_wait(seen)};
      const auto row = rows.find(kind.kind);
      // Behind the messages, three cells tell of another version.
      const auto cells = row == rows.end() ? std::vector<std::string>{} : row->second;
      const bool same = cells.size() == 7 && cells[0] == now[0] &&
                        std::equal(now.begin() + 1, now.end(), cells.begin() + 4);
      if (same) continue;
      wrong += "\n" + std::string(kind.kind) + ":";
      for (const auto& cell : now) wrong += " | " + cell;
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), wrong);
  }

  // Each passes with its first retry.
  void the_defaults_meet_the_retries_of_every_system() {
    const struct {
      const char* system;
      Schedule retries;
      int passes_after;  // s
    } systems[] = {
        {"Postfix, at once and at the latest", {300, 600, 1200}, 300},
        {"Exim", {900, 1800, 2700}, 900},
        {"Exim, queue run every 30 minutes", {1800, 3600}, 1800},
        {"Sendmail, queue run every 10 minutes", {600, 1200}, 600},
        {"Sendmail, queue run every hour", {3600, 7200}, 3600},
        {"qmail", {400, 1600, 3600}, 400},
        {"Exchange, recommended", {300, 600}, 300},
        {"Exchange, as installed", {900, 1800}, 900},
        {"a bank, early", {200, 3 * kHour}, 200},
        {"a bank, late", {285, 3 * kHour}, 285},
        {"once a day, and later each time", {kDay + 45, 2 * (kDay + 45)}, kDay + 45},
    };
    for (const auto& system : systems) {
      Day day;
      const auto seen = day.play(
          {{0, "a@sender.test", "b@example.net", "", {one_host(1, "mx.sender.test")}, system.retries}});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(system.system, 0, seen.lost);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(system.system, system.passes_after, seen.longest);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GreylistDayTest);
