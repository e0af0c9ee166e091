// SPDX-License-Identifier: BSD-2-Clause
// Tests the resolver against a real server, which resolver_test.py starts and
// whose zones it defines, and against servers that fail in every way.
#include "dns/unbound_resolver.h"

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "test/dns/scripted_server.h"

using namespace mailreeve;
using test::Query;
using test::ScriptedServer;
using Status = DnsAnswer::Status;

namespace {

// Much longer than any lookup takes that works, so that a busy machine causes no failure.
constexpr Milliseconds kPatience{20000};

// Formats the status for a failed assertion.
std::string text(Status status) {
  switch (status) {
    case Status::Found:
      return "Found";
    case Status::NoData:
      return "NoData";
    case Status::NoName:
      return "NoName";
    case Status::TryAgain:
      return "TryAgain";
    case Status::BadName:
      return "BadName";
  }
  return "?";
}

void assert_status(Status expected, const DnsAnswer& answer) {
  CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.problem, text(expected), text(answer.status));
}

DnsSettings settings_for(const std::string& server) {
  DnsSettings settings;
  settings.servers = {server};
  settings.timeout = kPatience;
  return settings;
}

std::string authority() {
  const char* server = std::getenv("MAILREEVE_TEST_DNS");
  CPPUNIT_ASSERT_MESSAGE("MAILREEVE_TEST_DNS is not set: run test/dns/resolver_test.py", server != nullptr);
  return server;
}

DnsAnswer ask(Resolver& resolver, const std::string& name, RecordType type,
              Milliseconds patience = kPatience) {
  return resolver.resolve(Question{name, type}, Deadline(patience));
}

// Questions about n0, n1, n2 ... in the zone.
std::vector<Question> questions_about(int count, const std::string& zone, RecordType type) {
  std::vector<Question> all(static_cast<std::size_t>(count), Question{{}, type});
  for (std::size_t i = 0; i < all.size(); ++i) all[i].name = "n" + std::to_string(i) + "." + zone;
  return all;
}

std::vector<std::string> texts(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> all;
  all.reserve(addresses.size());
  for (const auto& address : addresses) all.push_back(address.text());
  std::sort(all.begin(), all.end());
  return all;
}

Milliseconds since(SteadyClock::time_point start) {
  return std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - start);
}

std::string construction_problem(const DnsSettings& settings) {
  try {
    const UnboundResolver resolver(settings);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

// A file that is removed with this object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const int file = mkstemp(path_.data());
    CPPUNIT_ASSERT(file >= 0);
    close(file);
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "mailreeve-dns-test-XXXXXX";
};

std::set<std::string> threads() {
  std::set<std::string> all;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) all.insert(thread.path());
  return all;
}

std::uint64_t blocked_signals(const std::string& thread) {
  std::ifstream in(thread + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("SigBlk:")) return std::stoull(line.substr(7), nullptr, 16);
  return 0;
}

}  // namespace

class AuthorityTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuthorityTest);
  CPPUNIT_TEST(addresses_of_both_families_are_found);
  CPPUNIT_TEST(names_are_asked_about_in_any_case);
  CPPUNIT_TEST(a_name_without_such_records_is_not_a_name_that_does_not_exist);
  CPPUNIT_TEST(strings_of_a_txt_record_are_joined_and_records_are_not);
  CPPUNIT_TEST(an_answer_too_long_for_udp_comes_over_tcp);
  CPPUNIT_TEST(mail_exchangers_have_preferences);
  CPPUNIT_TEST(addresses_have_names_in_private_networks_too);
  CPPUNIT_TEST(names_nobody_could_look_up_are_left_out);
  CPPUNIT_TEST(aliases_are_followed_to_their_end);
  CPPUNIT_TEST(aliases_in_a_circle_are_a_failure);
  CPPUNIT_TEST(a_server_failure_is_to_be_tried_again);
  CPPUNIT_TEST(answers_come_in_the_order_of_their_questions);
  CPPUNIT_TEST(a_thousand_questions_at_once_are_all_answered);
  CPPUNIT_TEST(threads_do_not_disturb_each_other);
  CPPUNIT_TEST(answers_say_how_long_they_hold);
  CPPUNIT_TEST(the_hosts_file_is_not_read);
  CPPUNIT_TEST(what_is_signed_is_validated_with_a_trust_anchor);
  CPPUNIT_TEST_SUITE_END();

  UnboundResolver resolver_{settings_for(authority())};

  void addresses_of_both_families_are_found() {
    const auto v4 = ask(resolver_, "two.example.com", RecordType::A);
    assert_status(Status::Found, v4);
    CPPUNIT_ASSERT((std::vector<std::string>{"192.0.2.1", "192.0.2.2"} == texts(v4.addresses)));
    const auto v6 = ask(resolver_, "two.example.com", RecordType::AAAA);
    CPPUNIT_ASSERT((std::vector<std::string>{"2001:db8::1"} == texts(v6.addresses)));
  }

  void names_are_asked_about_in_any_case() {
    assert_status(Status::Found, ask(resolver_, "Two.EXAMPLE.com", RecordType::A));
  }

  void a_name_without_such_records_is_not_a_name_that_does_not_exist() {
    assert_status(Status::NoData, ask(resolver_, "two.example.com", RecordType::MX));
    assert_status(Status::NoName, ask(resolver_, "none.example.com", RecordType::MX));
    assert_status(Status::NoName, ask(resolver_, "no.such.domain", RecordType::TXT));
    // The name has no records, but there are names below it.
    assert_status(Status::NoData, ask(resolver_, "below.example.com", RecordType::A));
    // By default, libunbound would answer these itself.
    assert_status(Status::Found, ask(resolver_, "site.test", RecordType::A));
    assert_status(Status::Found, ask(resolver_, "site.home.arpa", RecordType::A));
  }

  void strings_of_a_txt_record_are_joined_and_records_are_not() {
    auto answer = ask(resolver_, "texts.example.com", RecordType::TXT);
    assert_status(Status::Found, answer);
    std::sort(answer.texts.begin(), answer.texts.end());
    CPPUNIT_ASSERT((std::vector<std::string>{"second \"record\"", "v=spf1 -all"} == answer.texts));
  }

  void an_answer_too_long_for_udp_comes_over_tcp() {
    const auto answer = ask(resolver_, "long.example.com", RecordType::TXT);
    assert_status(Status::Found, answer);
    CPPUNIT_ASSERT_EQUAL(std::size_t(40) * 250, answer.texts.at(0).size());
  }

  void mail_exchangers_have_preferences() {
    auto answer = ask(resolver_, "mail.example.com", RecordType::MX);
    assert_status(Status::Found, answer);
    std::sort(answer.exchangers.begin(), answer.exchangers.end(),
              [](const auto& a, const auto& b) { return a.preference < b.preference; });
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), answer.exchangers.size());
    CPPUNIT_ASSERT_EQUAL(10U, answer.exchangers[0].preference);
    CPPUNIT_ASSERT_EQUAL(std::string("mx1.example.com"), answer.exchangers[0].host);
    CPPUNIT_ASSERT_EQUAL(std::string("mx2.example.net"), answer.exchangers[1].host);
    const auto null_mx = ask(resolver_, "nomail.example.com", RecordType::MX);
    CPPUNIT_ASSERT_EQUAL(std::string(), null_mx.exchangers.at(0).host);
  }

  void addresses_have_names_in_private_networks_too() {
    for (const char* name : {"1.2.0.192.in-addr.arpa", "1.0.0.10.in-addr.arpa",
                             "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"}) {
      const auto answer = ask(resolver_, name, RecordType::PTR);
      assert_status(Status::Found, answer);
      CPPUNIT_ASSERT_EQUAL(std::string("two.example.com"), answer.names.at(0));
    }
  }

  void names_nobody_could_look_up_are_left_out() {
    const auto some = ask(resolver_, "2.2.0.192.in-addr.arpa", RecordType::PTR);
    CPPUNIT_ASSERT((std::vector<std::string>{"good.example.com"} == some.names));
    assert_status(Status::NoData, ask(resolver_, "3.2.0.192.in-addr.arpa", RecordType::PTR));
  }

  void aliases_are_followed_to_their_end() {
    const auto answer = ask(resolver_, "alias.example.com", RecordType::A);
    assert_status(Status::Found, answer);
    CPPUNIT_ASSERT((std::vector<std::string>{"192.0.2.1", "192.0.2.2"} == texts(answer.addresses)));
    assert_status(Status::NoData, ask(resolver_, "alias.example.com", RecordType::MX));
    assert_status(Status::NoName, ask(resolver_, "alias-to-none.example.com", RecordType::A));
    assert_status(Status::Found, ask(resolver_, "alias-elsewhere.example.com", RecordType::A));
  }

  void aliases_in_a_circle_are_a_failure() {
    assert_status(Status::TryAgain, ask(resolver_, "circle.example.com", RecordType::A));
  }

  void a_server_failure_is_to_be_tried_again() {
    const auto answer = ask(resolver_, "www.broken.example", RecordType::A);
    assert_status(Status::TryAgain, answer);
    CPPUNIT_ASSERT_EQUAL(std::string("SERVFAIL"), answer.problem);
  }

  void answers_come_in_the_order_of_their_questions() {
    const std::vector<Question> questions{
        {"none.example.com", RecordType::A},
        {"two.example.com", RecordType::A},
        {"", RecordType::A},
        {"mail.example.com", RecordType::MX},
        {"two.example.com", RecordType::MX},
        {"two.example.com", RecordType::A},
    };
    const Status expected[] = {Status::NoName, Status::Found,  Status::BadName,
                               Status::Found,  Status::NoData, Status::Found};
    const auto answers = resolver_.resolve(questions, Deadline(kPatience));
    CPPUNIT_ASSERT_EQUAL(questions.size(), answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) assert_status(expected[i], answers[i]);
    CPPUNIT_ASSERT(resolver_.resolve(std::span<const Question>(), Deadline(kPatience)).empty());
  }

  void a_thousand_questions_at_once_are_all_answered() {
    const auto questions = questions_about(1000, "many.example", RecordType::A);
    const auto answers = resolver_.resolve(questions, Deadline(kPatience));
    for (int i = 0; i < 1000; ++i) {
      const auto& answer = answers[static_cast<std::size_t>(i)];
      assert_status(Status::Found, answer);
      const std::string expected = "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256);
      CPPUNIT_ASSERT_EQUAL(expected, answer.addresses.at(0).text());
    }
  }

  void threads_do_not_disturb_each_other() {
    std::vector<std::thread> all;
    all.reserve(8);
    std::atomic<int> right{0};
    for (int thread = 0; thread < 8; ++thread)
      all.emplace_back([&, thread] {
        for (int i = 0; i < 100; ++i) {
          const int number = (i * 7 + thread) % 200;
          const auto answer = ask(resolver_, "n" + std::to_string(number) + ".many.example", RecordType::A);
          right += texts(answer.addresses) == std::vector<std::string>{"10.0.0." + std::to_string(number)};
        }
      });
    for (auto& thread : all) thread.join();
    CPPUNIT_ASSERT_EQUAL(800, right.load());
  }

  void answers_say_how_long_they_hold() {
    for (int i = 0; i < 2; ++i) {  // from the server, then from the cache
      const auto found = ask(resolver_, "two.example.com", RecordType::A);
      CPPUNIT_ASSERT(found.ttl > 290 && found.ttl <= 300);
      const auto nothing = ask(resolver_, "none.example.com", RecordType::A);
      CPPUNIT_ASSERT(nothing.ttl > 50 && nothing.ttl <= 60);
    }
  }

  void the_hosts_file_is_not_read() {
    std::ifstream hosts("/etc/hosts");
    for (std::string line; std::getline(hosts, line);) {
      std::istringstream words(line.substr(0, line.find('#')));
      std::string name;
      words >> name;  // the address
      while (words >> name)
        if (!name.ends_with("localhost"))
          CPPUNIT_ASSERT(ask(resolver_, name, RecordType::A).addresses.empty());
    }
  }

  // By its trust anchor, the zone unsigned.example must be signed; example.com need not be.
  void what_is_signed_is_validated_with_a_trust_anchor() {
    const std::string digest =
        " 36901 13 2 d14ff8e2324542f1fe90b25be9cc3ff88df8bd97ce3befe18a01e88de6f5ad73\n";
    const TemporaryFile anchors("signed.example. IN DS" + digest + "unsigned.example. IN DS" + digest);
    auto settings = settings_for(authority());
    settings.trust_anchor_file = anchors.path();
    UnboundResolver validating(settings);
    assert_status(Status::Found, ask(validating, "signed.example", RecordType::A));
    assert_status(Status::Found, ask(validating, "two.example.com", RecordType::A));
    const auto bogus = ask(validating, "unsigned.example", RecordType::A);
    assert_status(Status::TryAgain, bogus);
    CPPUNIT_ASSERT_MESSAGE(bogus.problem, bogus.problem.starts_with("DNSSEC validation failed: "));
    assert_status(Status::Found, ask(resolver_, "unsigned.example", RecordType::A));
  }
};

class FailingServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FailingServerTest);
  CPPUNIT_TEST(a_bad_name_never_goes_out);
  CPPUNIT_TEST(labels_of_any_octets_go_out_as_they_are);
  CPPUNIT_TEST(nobody_waits_for_a_silent_server_beyond_the_deadline);
  CPPUNIT_TEST(nobody_waits_for_a_silent_server_beyond_the_timeout);
  CPPUNIT_TEST(a_deadline_that_has_passed_still_gets_what_is_known);
  CPPUNIT_TEST(an_answer_that_comes_too_late_serves_the_next_caller);
  CPPUNIT_TEST(one_silent_name_does_not_delay_the_others);
  CPPUNIT_TEST(slow_names_are_answered_beside_fast_ones);
  CPPUNIT_TEST(an_answer_to_the_first_packet_counts_though_others_were_sent);
  CPPUNIT_TEST(lost_packets_are_sent_again);
  CPPUNIT_TEST(packets_come_to_an_end);
  CPPUNIT_TEST(silent_names_do_not_make_their_server_look_dead);
  CPPUNIT_TEST(callers_with_the_same_question_share_one_lookup);
  CPPUNIT_TEST(what_is_expected_is_asked_once_and_not_waited_for);
  CPPUNIT_TEST(what_is_expected_leaves_room_for_what_is_waited_for);
  CPPUNIT_TEST(a_packet_that_was_expected_and_lost_is_sent_again);
  CPPUNIT_TEST(nobody_waits_for_more_answers_than_are_enough);
  CPPUNIT_TEST(what_is_in_the_cache_may_be_enough);
  CPPUNIT_TEST(answers_are_judged_as_they_come);
  CPPUNIT_TEST(an_answer_nobody_waited_for_serves_the_next_caller);
  CPPUNIT_TEST(packets_are_sent_again_for_those_who_still_wait);
  CPPUNIT_TEST(never_enough_is_as_if_nobody_judged);
  CPPUNIT_TEST(a_question_asked_twice_at_once_is_answered_twice);
  CPPUNIT_TEST(what_is_known_is_not_asked_again_before_its_ttl_is_over);
  CPPUNIT_TEST(an_answer_with_ttl_zero_is_asked_for_every_time);
  CPPUNIT_TEST(failures_are_to_be_tried_again);
  CPPUNIT_TEST(nonsense_is_not_an_answer);
  CPPUNIT_TEST(packets_with_any_octet_wrong_do_no_harm);
  CPPUNIT_TEST(a_server_that_comes_back_is_used_again);
  CPPUNIT_TEST(where_one_of_two_servers_is_dead_the_other_answers);
  CPPUNIT_TEST(a_slow_name_is_answered_though_a_server_is_dead);
  CPPUNIT_TEST(where_one_of_two_servers_fails_the_other_answers);
  CPPUNIT_TEST(nobody_waits_for_a_dead_server_where_the_living_one_fails);
  CPPUNIT_TEST(a_server_that_was_dead_is_used_again);
  CPPUNIT_TEST(there_is_an_end_to_lookups_in_flight);
  CPPUNIT_TEST(an_end_amid_lookups_is_quick);
  CPPUNIT_TEST(signals_are_left_to_the_daemon);
  CPPUNIT_TEST(addresses_of_servers_are_checked);
  CPPUNIT_TEST(without_servers_those_of_the_system_are_used);
  CPPUNIT_TEST(settings_that_cannot_be_used_are_explained);
  CPPUNIT_TEST_SUITE_END();

  void a_bad_name_never_goes_out() {
    ScriptedServer server(test::address);
    UnboundResolver resolver(settings_for(server.server()));
    for (const auto& name : {std::string(), std::string("example.com."), std::string("a..b"),
                             std::string(64, 'a') + ".example"}) {
      const auto answer = ask(resolver, name, RecordType::A);
      assert_status(Status::BadName, answer);
      CPPUNIT_ASSERT(!answer.problem.empty());
    }
    CPPUNIT_ASSERT_EQUAL(0, server.asked());
  }

  void labels_of_any_octets_go_out_as_they_are() {
    ScriptedServer server(test::address);
    UnboundResolver resolver(settings_for(server.server()));
    for (const auto& name :
         {std::string("a b.example"), std::string("a\0b.example", 11), std::string("b\xC3\xBC.example"),
          std::string("a\\046b.example"), std::string("\\.example"), std::string("\"@(;)$.example"),
          std::string("a\n.example")}) {
      assert_status(Status::Found, ask(resolver, name, RecordType::A));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, 1, server.asked(name));
    }
  }

  void nobody_waits_for_a_silent_server_beyond_the_deadline() {
    ScriptedServer server(test::silence);
    UnboundResolver resolver(settings_for(server.server()));
    const auto start = SteadyClock::now();
    const std::vector<Question> questions{{"a.example", RecordType::A}, {"b.example", RecordType::A}};
    const auto answers = resolver.resolve(questions, Deadline(Milliseconds(200)));
    const auto took = since(start);
    for (const auto& answer : answers) {
      assert_status(Status::TryAgain, answer);
      CPPUNIT_ASSERT_EQUAL(std::string("no answer in time"), answer.problem);
    }
    CPPUNIT_ASSERT(took >= Milliseconds(200) && took < Milliseconds(2000));
    CPPUNIT_ASSERT(server.asked() > 0);
  }

  void nobody_waits_for_a_silent_server_beyond_the_timeout() {
    ScriptedServer server(test::silence);
    auto settings = settings_for(server.server());
    settings.timeout = Milliseconds(200);
    UnboundResolver resolver(settings);
    const auto start = SteadyClock::now();
    assert_status(Status::TryAgain, ask(resolver, "a.example", RecordType::A, kPatience));
    CPPUNIT_ASSERT(since(start) < kPatience / 4);
  }

  void a_deadline_that_has_passed_still_gets_what_is_known() {
    ScriptedServer server(test::address);
    UnboundResolver resolver(settings_for(server.server()));
    assert_status(Status::Found, ask(resolver, "a.example", RecordType::A));
    assert_status(Status::Found, ask(resolver, "a.example", RecordType::A, Milliseconds(0)));
    server.follow(test::silence);
    assert_status(Status::TryAgain, ask(resolver, "b.example", RecordType::A, Milliseconds(0)));
  }

  void an_answer_that_comes_too_late_serves_the_next_caller() {
    ScriptedServer server([](const Query& query) { return test::address_after(query, Milliseconds(300)); });
    UnboundResolver resolver(settings_for(server.server()));
    assert_status(Status::TryAgain, ask(resolver, "a.example", RecordType::A, Milliseconds(50)));
    assert_status(Status::Found, ask(resolver, "a.example", RecordType::A));
    CPPUNIT_ASSERT(server.asked("a.example") <= 2);
  }

  void one_silent_name_does_not_delay_the_others() {
    ScriptedServer server([](const Query& query) {
      return query.name == "silent.example" ? test::silence(query) : test::address(query);
    });
    UnboundResolver resolver(settings_for(server.server()));
    const auto start = SteadyClock::now();
    assert_status(Status::TryAgain, ask(resolver, "silent.example", RecordType::A, Milliseconds(500)));
    for (int i = 0; i < 20; ++i)
      assert_status(Status::Found, ask(resolver, "n" + std::to_string(i) + ".example", RecordType::A));
    CPPUNIT_ASSERT(since(start) < Milliseconds(3000));
  }

  // The answer to each packet is late, so sending it again does not help.
  void slow_names_are_answered_beside_fast_ones() {
    ScriptedServer server([](const Query& query) {
      if (!query.name.starts_with("slow")) return test::Reply(test::address(query));
      return test::address_after(query, Milliseconds(std::stoi(query.name.substr(4))));
    });
    UnboundResolver resolver(settings_for(server.server()));
    std::atomic<bool> over{false};
    std::atomic<int> failures{0};
    // Makes the server known as fast.
    std::thread fast([&] {
      for (int i = 0; !over; ++i) {
        failures +=
            ask(resolver, "n" + std::to_string(i) + ".example", RecordType::A).status != Status::Found;
        std::this_thread::sleep_for(Milliseconds(5));
      }
    });
    for (int i = 0; i < 20; ++i)
      assert_status(Status::Found, ask(resolver, "before" + std::to_string(i) + ".example", RecordType::A));
    std::vector<Question> questions;
    for (const char* delay : {"200", "700", "1500", "3000"})
      for (const char* which : {"a", "b", "c"})
        questions.push_back({"slow" + std::string(delay) + "." + which + ".example", RecordType::A});
    const auto answers = resolver.resolve(questions, Deadline(kPatience));
    over = true;
    fast.join();
    for (const auto& answer : answers) assert_status(Status::Found, answer);
    CPPUNIT_ASSERT_EQUAL(0, failures.load());
  }

  void an_answer_to_the_first_packet_counts_though_others_were_sent() {
    std::atomic<int> packets{0};
    ScriptedServer server([&packets](const Query& query) {
      return packets++ == 0 ? test::address_after(query, Milliseconds(1000))
                            : test::Reply(test::silence(query));
    });
    UnboundResolver resolver(settings_for(server.server()));
    assert_status(Status::Found, ask(resolver, "a.example", RecordType::A));
    CPPUNIT_ASSERT(server.asked("a.example") >= 2);
  }

  void lost_packets_are_sent_again() {
    std::mutex mutex;
    std::map<std::string, int> packets;
    ScriptedServer server([&](const Query& query) {
      const std::lock_guard lock(mutex);
      return ++packets[query.name] <= 3 ? test::silence(query) : test::address(query);
    });
    UnboundResolver resolver(settings_for(server.server()));
    for (const auto& answer :
         resolver.resolve(questions_about(20, "example", RecordType::A), Deadline(kPatience)))
      assert_status(Status::Found, answer);
    const std::lock_guard lock(mutex);
    for (const auto& [name, count] : packets) CPPUNIT_ASSERT_MESSAGE(name, count >= 4);
  }

  void packets_come_to_an_end() {
    ScriptedServer server(test::silence);
    UnboundResolver resolver(settings_for(server.server()));
    assert_status(Status::TryAgain, ask(resolver, "a.example", RecordType::A, Milliseconds(5000)));
    CPPUNIT_ASSERT_EQUAL(6, server.asked("a.example"));
  }

  // If allowed, libunbound would conclude this after the first one.
  void silent_names_do_not_make_their_server_look_dead() {
    ScriptedServer server([](const Query& query) {
      return query.name.starts_with("silent") ? test::silence(query) : test::record(query, "\x0Bv=spf1 -all");
    });
    UnboundResolver resolver(settings_for(server.server()));
    assert_status(Status::TryAgain, ask(resolver, "silent1.example", RecordType::TXT, Milliseconds(6000)));
    assert_status(Status::TryAgain, ask(resolver, "silent2.example", RecordType::TXT, Milliseconds(100)));
    for (const auto& question : questions_about(10, "example", RecordType::TXT))
      assert_status(Status::Found, resolver.resolve(question, Deadline(kPatience)));
  }

  void callers_with_the_same_question_share_one_lookup() {
    ScriptedServer server([](const Query& query) { return test::address_after(query, Milliseconds(100)); });
    UnboundResolver resolver(settings_for(server.server()));
    constexpr int kCallers = 100;
    std::latch all_there(kCallers);
    std::atomic<int> found{0};
    std::vector<std::thread> callers;
    callers.reserve(kCallers);
    for (int i = 0; i < kCallers; ++i)
      callers.emplace_back([&] {
        all_there.arrive_and_wait();
        found += ask(resolver, "a.example", RecordType::A).status == Status::Found;
      });
    for (auto& caller : callers) caller.join();
    CPPUNIT_ASSERT_EQUAL(kCallers, found.load());
    CPPUNIT_ASSERT_EQUAL(1, server.asked("a.example"));
  }

  void what_is_expected_is_asked_once_and_not_waited_for() {
    ScriptedServer server([](const Query& query) { return test::address_after(query, Milliseconds(1000)); });
    UnboundResolver resolver(settings_for(server.server()));
    const auto questions = questions_about(30, "example", RecordType::A);
    const auto start = SteadyClock::now();
    resolver.expect(questions);
    for (const auto& question : questions)
      assert_status(Status::Found, resolver.resolve(question, Deadline(kPatience)));
    // One after the other, they would take longer.
    CPPUNIT_ASSERT(since(start) < kPatience);
    resolver.expect(std::vector<Question>{{"a..b", RecordType::A}});
    CPPUNIT_ASSERT_EQUAL(0, server.asked("a..b"));
  }

  void what_is_expected_leaves_room_for_what_is_waited_for() {
    ScriptedServer server([](const Query& query) {
      return query.name == "wanted.example" ? test::address(query) : test::silence(query);
    });
    UnboundResolver resolver(settings_for(server.server()));
    resolver.expect(questions_about(5001, "example", RecordType::A));
    assert_status(Status::Found, ask(resolver, "wanted.example", RecordType::A));
    const auto answers =
        resolver.resolve(questions_about(2501, "other.example", RecordType::A), Deadline(Milliseconds(100)));
    CPPUNIT_ASSERT_EQUAL(std::string("no answer in time"), answers.at(2499).problem);
    CPPUNIT_ASSERT_EQUAL(std::string("too many lookups at once"), answers.at(2500).problem);
  }

  void a_packet_that_was_expected_and_lost_is_sent_again() {
    std::atomic<int> packets{0};
    ScriptedServer server([&packets](const Query& query) {
      return packets++ == 0 ? test::silence(query) : test::address(query);
    });
    UnboundResolver resolver(settings_for(server.server()));
    resolver.expect(std::vector<Question>{{"a.example", RecordType::A}});
    assert_status(Status::Found, ask(resolver, "a.example", RecordType::A));
  }

  // Nor until the second packet is due, which would take too long for so many.
  void nobody_waits_for_more_answers_than_are_enough() {
    ScriptedServer server([](const Query& query) {
      return query.name.starts_with("silent") ? test::silence(query) : test::address(query);
    });
    UnboundResolver resolver(settings_for(server.server()));
    const auto start = SteadyClock::now();
    for (int i = 0; i < 100; ++i) {
      const std::string zone = std::to_string(i) + ".example";
      const std::vector<Question> questions{{"silent1." + zone, RecordType::A},
                                            {"fast." + zone, RecordType::A},
                                            {"silent2." + zone, RecordType::A}};
      const auto answers = resolver.resolve(questions, Deadline(kPatience), [](auto so_far) {
        CPPUNIT_ASSERT_EQUAL(std::size_t(3), so_far.size());
        CPPUNIT_ASSERT(!so_far[0] && !so_far[2]);
        return so_far[1].has_value();
      });
      assert_status(Status::Found, answers.at(1));
      for (const std::size_t open : {0U, 2U}) {
        assert_status(Status::TryAgain, answers.at(open));
        CPPUNIT_ASSERT_EQUAL(std::string("not waited for"), answers.at(open).problem);
      }
    }
    CPPUNIT_ASSERT(since(start) < kPatience);
  }

  void what_is_in_the_cache_may_be_enough() {
    ScriptedServer server(test::address);
    UnboundResolver resolver(settings_for(server.server()));
    assert_status(Status::Found, ask(resolver, "known.example", RecordType::A));
    server.follow(test::silence);
    const auto start = SteadyClock::now();
    for (const auto& silent : questions_about(100, "example", RecordType::A)) {
      const std::vector<Question> questions{silent, {"known.example", RecordType::A}};
      const auto answers =
          resolver.resolve(questions, Deadline(kPatience), [](auto so_far) { return so_far[1].has_value(); });
      assert_status(Status::TryAgain, answers.at(0));
      assert_status(Status::Found, answers.at(1));
    }
    CPPUNIT_ASSERT(since(start) < kPatience);
  }

  void answers_are_judged_as_they_come() {
    ScriptedServer server([](const Query& query) {
      return test::address_after(query, Milliseconds(query.name.starts_with("n0.") ? 600 : 0));
    });
    UnboundResolver resolver(settings_for(server.server()));
    std::vector<std::ptrdiff_t> seen;
    const auto answers = resolver.resolve(
        questions_about(3, "example", RecordType::A), Deadline(kPatience), [&seen](auto so_far) {
          seen.push_back(std::count_if(so_far.begin(), so_far.end(), [](const auto& one) { return !!one; }));
          return false;
        });
    for (const auto& answer : answers) assert_status(Status::Found, answer);
    CPPUNIT_ASSERT(std::is_sorted(seen.begin(), seen.end()));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t(2), seen.back());
  }

  void an_answer_nobody_waited_for_serves_the_next_caller() {
    ScriptedServer server([](const Query& query) {
      return test::address_after(query, Milliseconds(query.name == "slow.example" ? 400 : 0));
    });
    UnboundResolver resolver(settings_for(server.server()));
    const std::vector<Question> questions{{"slow.example", RecordType::A}, {"fast.example", RecordType::A}};
    const auto first =
        resolver.resolve(questions, Deadline(kPatience), [](auto so_far) { return so_far[1].has_value(); });
    assert_status(Status::TryAgain, first.at(0));
    assert_status(Status::Found, ask(resolver, "slow.example", RecordType::A));
    CPPUNIT_ASSERT(server.asked("slow.example") <= 2);
  }

  // The first three packets are lost. The caller behind the first has its answer and is gone.
  void packets_are_sent_again_for_those_who_still_wait() {
    std::atomic<int> packets{0};
    ScriptedServer server([&packets](const Query& query) {
      return query.name == "lossy.example" && ++packets <= 3 ? test::silence(query) : test::address(query);
    });
    UnboundResolver resolver(settings_for(server.server()));
    const std::vector<Question> questions{{"lossy.example", RecordType::A}, {"fast.example", RecordType::A}};
    const auto first =
        resolver.resolve(questions, Deadline(kPatience), [](auto so_far) { return so_far[1].has_value(); });
    assert_status(Status::TryAgain, first.at(0));
    const auto rest = resolver.resolve(questions, Deadline(kPatience), [](auto) { return false; });
    for (const auto& answer : rest) assert_status(Status::Found, answer);
  }

  void never_enough_is_as_if_nobody_judged() {
    ScriptedServer server(test::silence);
    UnboundResolver resolver(settings_for(server.server()));
    const auto answers = resolver.resolve(questions_about(2, "example", RecordType::A),
                                          Deadline(Milliseconds(200)), [](auto) { return false; });
    for (const auto& answer : answers) CPPUNIT_ASSERT_EQUAL(std::string("no answer in time"), answer.problem);
  }

  void a_question_asked_twice_at_once_is_answered_twice() {
    ScriptedServer server([](const Query& query) { return test::address_after(query, Milliseconds(50)); });
    UnboundResolver resolver(settings_for(server.server()));
    const std::vector<Question> questions(3, {"a.example", RecordType::A});
    const auto start = SteadyClock::now();
    for (const auto& answer : resolver.resolve(questions, Deadline(kPatience)))
      assert_status(Status::Found, answer);
    CPPUNIT_ASSERT(since(start) < kPatience / 2);
    CPPUNIT_ASSERT(server.asked() <= 2);
  }

  void what_is_known_is_not_asked_again_before_its_ttl_is_over() {
    ScriptedServer server([](const Query& query) { return test::address_with_ttl(query, 2); });
    UnboundResolver resolver(settings_for(server.server()));
    const auto start = SteadyClock::now();
    for (int i = 0; i < 10; ++i) assert_status(Status::Found, ask(resolver, "a.example", RecordType::A));
    // libunbound counts whole seconds.
    if (since(start) < Milliseconds(1000)) CPPUNIT_ASSERT_EQUAL(1, server.asked("a.example"));
    std::this_thread::sleep_until(start + Seconds(4));
    assert_status(Status::Found, ask(resolver, "a.example", RecordType::A));
    CPPUNIT_ASSERT(server.asked("a.example") >= 2);
  }

  void an_answer_with_ttl_zero_is_asked_for_every_time() {
    ScriptedServer server([](const Query& query) { return test::address_with_ttl(query, 0); });
    UnboundResolver resolver(settings_for(server.server()));
    for (int i = 0; i < 3; ++i) assert_status(Status::Found, ask(resolver, "a.example", RecordType::A));
    CPPUNIT_ASSERT(server.asked("a.example") >= 3);
  }

  void failures_are_to_be_tried_again() {
    for (const unsigned code : {1U, 2U, 4U, 5U, 9U}) {
      ScriptedServer server([code](const Query& query) { return test::rcode(query, code); });
      UnboundResolver resolver(settings_for(server.server()));
      const auto answer = ask(resolver, "a.example", RecordType::A);
      assert_status(Status::TryAgain, answer);
      CPPUNIT_ASSERT(!answer.problem.empty());
    }
  }

  void nonsense_is_not_an_answer() {
    const struct {
      RecordType type;
      std::string rdata;
    } table[] = {
        {RecordType::A, std::string(3, 'x')},
        {RecordType::A, std::string(5, 'x')},
        {RecordType::A, ""},
        {RecordType::AAAA, std::string(15, 'x')},
        {RecordType::AAAA, std::string(17, 'x')},
        {RecordType::TXT, ""},
        {RecordType::TXT,
         "\x05"
         "abc"},
        {RecordType::TXT,
         "\x01"
         "ab"},
        {RecordType::MX, "\x01"},
        {RecordType::MX, std::string("\x00\x0A", 2)},
        {RecordType::MX, std::string("\x00\x0A\x03"
                                     "abc",
                                     6)},
        {RecordType::MX, "\x01\x0A\xC0\xFF"},
        {RecordType::PTR, ""},
        {RecordType::PTR,
         "\x03"
         "abc"},
        {RecordType::PTR, "\xC0\x29"},  // a name that points to itself
        {RecordType::PTR, std::string("\x01"
                                      "a\0b",
                                      4)},
    };
    std::vector<Question> questions;
    std::map<std::string, std::string> rdata;
    for (const auto& row : table) {
      // All names have 11 octets, so that the data begins at octet 41.
      const auto name = "n" + std::to_string(10 + questions.size()) + ".example";
      questions.push_back({name, row.type});
      rdata[name] = row.rdata;
    }
    ScriptedServer server([&rdata](const Query& query) { return test::record(query, rdata.at(query.name)); });
    UnboundResolver resolver(settings_for(server.server()));
    const auto answers = resolver.resolve(questions, Deadline(Milliseconds(3000)));
    for (std::size_t i = 0; i < answers.size(); ++i)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(questions[i].name, text(Status::TryAgain), text(answers[i].status));
  }

  void packets_with_any_octet_wrong_do_no_harm() {
    std::mt19937 random(7208);  // the same in every run
    ScriptedServer server([&random](const Query& query) {
      auto packet = test::record(query, "\x0Bv=spf1 -all");
      for (int i = 0; i < 3; ++i) packet.at(2 + random() % (packet.size() - 2)) = static_cast<char>(random());
      packet.resize(packet.size() - random() % 3);
      return packet;
    });
    UnboundResolver resolver(settings_for(server.server()));
    const auto questions = questions_about(500, "example", RecordType::TXT);
    const auto answers = resolver.resolve(questions, Deadline(Milliseconds(1500)));
    for (const auto& answer : answers)
      CPPUNIT_ASSERT(answer.status != Status::Found || !answer.texts.empty());
    server.follow(test::address);
    assert_status(Status::Found, ask(resolver, "after.example", RecordType::A));
  }

  void a_server_that_comes_back_is_used_again() {
    ScriptedServer server(test::silence);
    UnboundResolver resolver(settings_for(server.server()));
    for (int i = 0; i < 4; ++i)
      ask(resolver, "dead" + std::to_string(i) + ".example", RecordType::A, Milliseconds(500));
    server.follow(test::address);
    assert_status(Status::Found, ask(resolver, "new.example", RecordType::A, Milliseconds(2000)));
    assert_status(Status::Found, ask(resolver, "dead0.example", RecordType::A));
  }

  void where_one_of_two_servers_is_dead_the_other_answers() {
    ScriptedServer dead(test::silence);
    ScriptedServer living(test::address);
    auto settings = settings_for(dead.server());
    settings.servers.push_back(living.server());
    UnboundResolver resolver(settings);
    for (int i = 0; i < 30; ++i)
      assert_status(Status::Found, ask(resolver, "n" + std::to_string(i) + ".example", RecordType::A));
    // By then, three of its silences are known. A busy machine may make a packet or two look lost.
    CPPUNIT_ASSERT(dead.asked() >= 3 && dead.asked() <= 10);
  }

  void a_slow_name_is_answered_though_a_server_is_dead() {
    ScriptedServer dead(test::silence);
    ScriptedServer living([](const Query& query) {
      return query.name.starts_with("slow") ? test::address_after(query, Milliseconds(1500))
                                            : test::Reply(test::address(query));
    });
    for (const bool dead_first : {true, false}) {
      auto settings = settings_for(dead_first ? dead.server() : living.server());
      settings.servers.push_back(dead_first ? living.server() : dead.server());
      UnboundResolver resolver(settings);
      for (int i = 0; i < 5; ++i)
        assert_status(Status::Found, ask(resolver, "n" + std::to_string(i) + ".example", RecordType::A));
      assert_status(Status::Found, ask(resolver, "slow.example", RecordType::A));
    }
  }

  void where_one_of_two_servers_fails_the_other_answers() {
    for (const unsigned code : {2U, 5U}) {
      ScriptedServer failing([code](const Query& query) { return test::rcode(query, code); });
      ScriptedServer working(test::address);
      for (const bool failing_first : {true, false}) {
        auto settings = settings_for(failing_first ? failing.server() : working.server());
        settings.servers.push_back(failing_first ? working.server() : failing.server());
        UnboundResolver resolver(settings);
        for (int i = 0; i < 10; ++i)
          assert_status(Status::Found, ask(resolver, "n" + std::to_string(i) + ".example", RecordType::A));
      }
    }
  }

  void nobody_waits_for_a_dead_server_where_the_living_one_fails() {
    ScriptedServer dead(test::silence);
    ScriptedServer living([](const Query& query) {
      return query.name.starts_with("broken") ? test::rcode(query, 2) : test::address(query);
    });
    auto settings = settings_for(dead.server());
    settings.servers.push_back(living.server());
    UnboundResolver resolver(settings);
    for (int i = 0; i < 5; ++i)
      assert_status(Status::Found, ask(resolver, "n" + std::to_string(i) + ".example", RecordType::A));
    const auto answer = ask(resolver, "broken.example", RecordType::A);
    assert_status(Status::TryAgain, answer);
    CPPUNIT_ASSERT_EQUAL(std::string("SERVFAIL"), answer.problem);
  }

  // It is tried for questions that the other server does not answer at once.
  void a_server_that_was_dead_is_used_again() {
    ScriptedServer first(test::silence);
    ScriptedServer second([](const Query& query) {
      return query.name.starts_with("slow") ? test::address_after(query, Milliseconds(1500))
                                            : test::Reply(test::address(query));
    });
    auto settings = settings_for(first.server());
    settings.servers.push_back(second.server());
    UnboundResolver resolver(settings);
    for (int i = 0; i < 5; ++i)
      assert_status(Status::Found, ask(resolver, "n" + std::to_string(i) + ".example", RecordType::A));
    first.follow(test::address);
    assert_status(Status::Found, ask(resolver, "slow.example", RecordType::A));
    const int before = first.asked();
    for (int i = 0; i < 5; ++i)
      assert_status(Status::Found, ask(resolver, "m" + std::to_string(i) + ".example", RecordType::A));
    CPPUNIT_ASSERT(first.asked() >= before + 5);
  }

  void there_is_an_end_to_lookups_in_flight() {
    ScriptedServer server(test::silence);
    UnboundResolver resolver(settings_for(server.server()));
    const auto questions = questions_about(5001, "example", RecordType::A);
    const auto answers = resolver.resolve(questions, Deadline(Milliseconds(100)));
    CPPUNIT_ASSERT_EQUAL(std::string("no answer in time"), answers.front().problem);
    assert_status(Status::TryAgain, answers.back());
    CPPUNIT_ASSERT_EQUAL(std::string("too many lookups at once"), answers.back().problem);
  }

  void an_end_amid_lookups_is_quick() {
    ScriptedServer server(test::silence);
    auto resolver = std::make_unique<UnboundResolver>(settings_for(server.server()));
    const auto questions = questions_about(500, "example", RecordType::A);
    resolver->resolve(questions, Deadline(Milliseconds(100)));
    const auto start = SteadyClock::now();
    resolver.reset();
    CPPUNIT_ASSERT(since(start) < Milliseconds(1000));
  }

  // libmilter waits for SIGTERM in its own thread.
  void signals_are_left_to_the_daemon() {
    const auto before = threads();
    ScriptedServer server(test::address);
    const auto with_server = threads();
    UnboundResolver resolver(settings_for(server.server()));
    ask(resolver, "a.example", RecordType::A);
    int ours = 0;
    for (const auto& thread : threads()) {
      if (with_server.contains(thread)) continue;
      ++ours;
      CPPUNIT_ASSERT((blocked_signals(thread) >> (SIGTERM - 1) & 1) == 1);
    }
    CPPUNIT_ASSERT_EQUAL(7, ours);
  }

  void addresses_of_servers_are_checked() {
    for (const char* server : {"192.0.2.1", "127.0.0.1@5353", "2001:db8::1", "2001:db8::1@53", "::1@65535"})
      CPPUNIT_ASSERT_EQUAL(std::string(), UnboundResolver::check_server(server));
    for (const char* server :
         {"", "localhost", "127.0.0.1:5353", "127.0.0.1@", "127.0.0.1@0", "127.0.0.1@65536", "127.0.0.1@53x",
          "@53", "127.0.0.1@53@53", " 127.0.0.1", "[::1]@53", "IPv6:::1", "127.0.0.1 ", "127.0.0.1@-1"}) {
      const auto problem = UnboundResolver::check_server(server);
      CPPUNIT_ASSERT_MESSAGE(server, problem.starts_with('"' + std::string(server) + "\" is no DNS server"));
      CPPUNIT_ASSERT_EQUAL(problem, construction_problem(settings_for(server)));
    }
  }

  void without_servers_those_of_the_system_are_used() {
    const auto problem = construction_problem(DnsSettings());
    const bool known = std::filesystem::exists("/etc/resolv.conf");
    CPPUNIT_ASSERT_EQUAL(
        std::string(known ? "" : "no DNS servers: /etc/resolv.conf: No such file or directory"), problem);
  }

  void settings_that_cannot_be_used_are_explained() {
    auto settings = settings_for("127.0.0.1");
    settings.trust_anchor_file = "/nonexistent/anchors";
    CPPUNIT_ASSERT_EQUAL(std::string("the trust anchor file /nonexistent/anchors: No such file or directory"),
                         construction_problem(settings));
    const TemporaryFile nonsense("signed.example. IN DS no digest\n");
    settings.trust_anchor_file = nonsense.path();
    CPPUNIT_ASSERT_EQUAL("the trust anchor file " + nonsense.path() + ": initialization failure",
                         construction_problem(settings));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuthorityTest);
CPPUNIT_TEST_SUITE_REGISTRATION(FailingServerTest);
