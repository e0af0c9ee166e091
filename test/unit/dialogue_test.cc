// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/dialogue.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "milter/native/protocol.h"
#include "test/unit/dialogue_fixture.h"

using namespace mailreeve;
using namespace mailreeve::milter;
using namespace std::literals;
using test::full_negotiation;
using test::negotiation;
using test::packet;

namespace {

const std::string kConnect4 = packet('C',
                                     "client.example.org\0004\x9c\x40"s
                                     "192.0.2.7\0"s);
const std::string kHelo1 = packet('H', "client.example.org\0"s);
const std::string kMail1 = packet('M', "<a@example.org>\0SIZE=100\0"s);
const std::string kRcpt1 = packet('R', "<b@example.net>\0"s);
const std::string kPostmaster = packet('R', "<postmaster@example.net>\0NOTIFY=NEVER\0"s);
const std::string kClient = full_negotiation() + kConnect4 + kHelo1;
const std::string kWholeMessage = kMail1 + kPostmaster + packet('T') + packet('L', "Subject\0x\0"s) +
                                  packet('N') + packet('B', "Text\r\n") + packet('E');

// Everything that an MTA may say, in one breath.
const std::string kLongTalk =
    full_negotiation() + packet('D', "Cj\0mx.example.net\0"s) + kConnect4 + packet('D', "H"s) + kHelo1 +
    kWholeMessage + packet('U', "WHAT\0"s) + packet('D', "Mi\0Q1\0"s) + kMail1 + kRcpt1 + packet('A') +
    kHelo1 + kMail1 + kPostmaster + packet('T') + packet('E') + packet('K') + kConnect4 + kHelo1 +
    kWholeMessage + packet('K') + negotiation(2, 1, 0) + kConnect4 + kHelo1 + kWholeMessage;

struct Said {
  std::vector<Packet> packets() const {
    std::vector<Packet> all;
    std::string_view rest = out;
    while (const auto next = take_packet(rest)) all.push_back(*next);
    CPPUNIT_ASSERT(rest.empty());
    return all;
  }
  std::string letters() const {
    std::string all;
    for (const auto& each : packets()) all += each.letter;
    return all;
  }

  std::string out{};
  bool goes_on = true;
  bool failed = false;
};

}  // namespace

class DialogueTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DialogueTest);
  CPPUNIT_TEST(a_version_is_agreed_up_to_ours);
  CPPUNIT_TEST(only_what_is_offered_is_agreed);
  CPPUNIT_TEST(macros_are_listed_if_the_mta_takes_lists);
  CPPUNIT_TEST(headers_and_an_answer_to_mail_are_asked_for_where_they_matter);
  CPPUNIT_TEST(steps_are_answered_as_agreed);
  CPPUNIT_TEST(a_refusal_is_a_reply_of_three_parts);
  CPPUNIT_TEST(a_percent_sign_in_a_reply_is_doubled);
  CPPUNIT_TEST(edits_come_before_the_answer);
  CPPUNIT_TEST(edits_that_were_not_offered_are_left_out_and_the_log_is_told);
  CPPUNIT_TEST(another_client_may_follow_with_or_without_a_negotiation);
  CPPUNIT_TEST(clients_of_all_families_are_taken);
  CPPUNIT_TEST(what_follows_a_goodbye_is_not_read);
  CPPUNIT_TEST(orders_that_no_mta_has_end_it);
  CPPUNIT_TEST(packets_that_cannot_be_end_it);
  CPPUNIT_TEST(each_truncation_ends_it_and_is_no_bug);
  CPPUNIT_TEST(what_was_right_before_an_error_is_answered);
  CPPUNIT_TEST(octet_by_octet_the_answers_are_the_same);
  CPPUNIT_TEST(a_connection_counts_until_it_ends);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_version_is_agreed_up_to_ours() {
    for (const std::uint32_t version : {2U, 3U, 4U, 5U, 6U, 7U, 100U, 0xffffffffU}) {
      auto data = agreed(negotiation(version, 0, 0));
      CPPUNIT_ASSERT_EQUAL(std::min(version, 6U), take_number(data));
      CPPUNIT_ASSERT_EQUAL(0U, take_number(data));
      CPPUNIT_ASSERT_EQUAL(0U, take_number(data));
      expect_end(data);
    }
    for (const std::uint32_t version : {0U, 1U})
      CPPUNIT_ASSERT(say(negotiation(version, 0x1ff, 0x1fffff)).failed);
  }

  void only_what_is_offered_is_agreed() {
    for (std::uint32_t bit = 0; bit < 32; ++bit) {
      const std::uint32_t one = 1U << bit;
      auto data = agreed(negotiation(6, one, one));
      take_number(data);
      CPPUNIT_ASSERT_EQUAL(0U, take_number(data) & ~one);
      CPPUNIT_ASSERT_EQUAL(0U, take_number(data) & ~one);
    }
    auto data = agreed(full_negotiation());
    take_number(data);
    CPPUNIT_ASSERT_EQUAL(kMayAddHeaders | kMayChangeHeaders | kMayListMacros, take_number(data));
    // Never: steps that a policy needs, nor silence where a refusal may come.
    constexpr std::uint32_t kNeeded = 0x1 | 0x2 | 0x4 | 0x8 | 0x200 | 0x8000 | 0x10000;
    CPPUNIT_ASSERT_EQUAL(0U, take_number(data) & kNeeded);
  }

  void macros_are_listed_if_the_mta_takes_lists() {
    auto data = agreed(negotiation(6, 0x100, 0));
    for (int i = 0; i < 3; ++i) take_number(data);
    for (std::uint32_t stage = 0; stage < 6; ++stage) {
      CPPUNIT_ASSERT_EQUAL(stage, take_number(data));
      const auto names = take_string(data);
      CPPUNIT_ASSERT(!names.empty());
      if (stage == 2) CPPUNIT_ASSERT(names.find("{auth_authen}") != std::string_view::npos);
    }
    expect_end(data);
  }

  void headers_and_an_answer_to_mail_are_asked_for_where_they_matter() {
    milter_.settings.sender_auth.apply = SenderAuthApply::Never;
    milter_.settings.quota.apply = QuotaApply::Never;
    milter_.settings.headers.authentication_results = AuthenticationResults::No;
    milter_.install();
    auto data = agreed(full_negotiation());
    take_number(data);
    CPPUNIT_ASSERT_EQUAL(0U, take_number(data) & kMayChangeHeaders);
    CPPUNIT_ASSERT_EQUAL(kNoHeaders | kSilentMail, take_number(data) & (kNoHeaders | kSilentMail));
    CPPUNIT_ASSERT_EQUAL("O"s, say(kClient + kMail1).letters());
    milter_.settings.headers.authentication_results = AuthenticationResults::Inbound;
    milter_.install();
    data = agreed(full_negotiation());
    take_number(data);
    CPPUNIT_ASSERT(take_number(data) & kMayChangeHeaders);
    CPPUNIT_ASSERT_EQUAL(kSilentMail, take_number(data) & (kNoHeaders | kSilentMail));
  }

  void steps_are_answered_as_agreed() {
    // For each: who agreed to no silence has an answer to each step.
    const std::string all = kConnect4 + kHelo1 + kWholeMessage + packet('U', "X\0"s);
    CPPUNIT_ASSERT_EQUAL("Occcccccccc"s, say(negotiation(6, 0, 0) + all).letters());
    CPPUNIT_ASSERT_EQUAL("Occcccccccc"s, say(negotiation(2, 0, 0x7f) + all).letters());
    const std::pair<std::uint32_t, std::string> silences[] = {
        {kSilentConnect, "C"}, {kSilentHelo, "H"}, {kSilentHeader, "L"}, {kSilentEndOfHeaders, "N"}};
    for (const auto& [bit, step] : silences)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(step, "Occccccccc"s, say(negotiation(6, 0, bit) + all).letters());
  }

  void a_refusal_is_a_reply_of_three_parts() {
    const auto said = say(kClient + kMail1 + kRcpt1);
    CPPUNIT_ASSERT_EQUAL("Ocy"s, said.letters());
    const std::string reply(said.packets().at(2).data);
    CPPUNIT_ASSERT(reply.starts_with("451 4.7.1 "));
    CPPUNIT_ASSERT_EQUAL(reply.size() - 1, reply.find('\0'));
  }

  void a_percent_sign_in_a_reply_is_doubled() {
    CPPUNIT_ASSERT_EQUAL("100%% of %%s"s, escaped_text(reply_of("100% of %s")));
    CPPUNIT_ASSERT_EQUAL("plain"s, escaped_text(reply_of("plain")));
    milter_.settings.greylist.message = {
        "Come back later, 100% sure, %s", ReplyTemplate::Class::Temporary, "451 4.7.1", {}};
    milter_.install();
    const auto said = say(kClient + kMail1 + kRcpt1);
    CPPUNIT_ASSERT(said.packets().at(2).data.find("100%% sure, %%s") != std::string_view::npos);
  }

  void edits_come_before_the_answer() {
    const std::string forged = packet('L', "Authentication-Results\0mx.example.net; spf=pass\0"s);
    const auto said =
        say(full_negotiation() + packet('D', "Cj\0mx.example.net\0"s) + kConnect4 + kHelo1 + kMail1 +
            kPostmaster + packet('T') + forged + packet('L', "X\0y\0"s) + forged + packet('E'));
    const std::string letters = said.letters();
    CPPUNIT_ASSERT_EQUAL("Occcmmi"s, letters.substr(0, 7));
    CPPUNIT_ASSERT_EQUAL('c', letters.back());
    const auto packets = said.packets();
    // The last one first: the others keep their numbers.
    for (const std::uint32_t number : {2U, 1U}) {
      auto data = packets.at(6 - number).data;
      CPPUNIT_ASSERT_EQUAL(number, take_number(data));
      CPPUNIT_ASSERT_EQUAL("Authentication-Results"s, std::string(take_string(data)));
      CPPUNIT_ASSERT(take_string(data).empty());
      expect_end(data);
    }
    auto data = packets.at(packets.size() - 2).data;
    CPPUNIT_ASSERT_EQUAL(0U, take_number(data));
    CPPUNIT_ASSERT_EQUAL("Authentication-Results"s, std::string(take_string(data)));
    CPPUNIT_ASSERT(take_string(data).find("mx.example.net") != std::string_view::npos);
    expect_end(data);
  }

  void edits_that_were_not_offered_are_left_out_and_the_log_is_told() {
    const auto said = say(negotiation(6, 0, 0x1fffff) + kConnect4 + kHelo1 + kWholeMessage);
    CPPUNIT_ASSERT_EQUAL("Occccc"s, said.letters());
    CPPUNIT_ASSERT_EQUAL(1, milter_.count(Event::MilterError));
  }

  void another_client_may_follow_with_or_without_a_negotiation() {
    const std::string again = kConnect4 + kHelo1 + kMail1 + kRcpt1;
    CPPUNIT_ASSERT_EQUAL("OcyKcy"s, marked(kClient + kMail1 + kRcpt1, packet('K') + again));
    CPPUNIT_ASSERT_EQUAL("OcyKOcy"s,
                         marked(kClient + kMail1 + kRcpt1, packet('K') + full_negotiation() + again));
    CPPUNIT_ASSERT_EQUAL("OKKcy"s, marked(full_negotiation(), packet('K') + packet('K') + again, "KK"));
    CPPUNIT_ASSERT(say(kClient + packet('K') + kHelo1).failed);
    CPPUNIT_ASSERT(say(kClient + packet('K') + kMail1).failed);
  }

  void clients_of_all_families_are_taken() {
    for (const auto& data :
         {"x\0U"s, "x\0U and whatever"s, "x\0L\0\0/run/x\0"s, "x\0004\0\0"s + "127.0.0.1\0"s,
          "x\0006\0\0"s + "::1\0"s, "x\0006\0\0"s + "IPv6:2001:db8::1\0"s, "x\0006\0\0"s + "fe80::1%eth0\0"s,
          "\0U"s, "[192.0.2.7]\0U"s})
      CPPUNIT_ASSERT_MESSAGE(data, !say(full_negotiation() + packet('C', data)).failed);
    for (const auto& data :
         {""s, "x"s, "x\0"s, "x\0X"s, "x\0\0"s, "x\0004"s, "x\0004\0"s, "x\0004\0\0"s,
          "x\0004\0\0"s + "127.0.0.1"s, "x\0004\0\0"s + "not an address\0"s, "x\0004\0\0\0"s,
          "x\0004\0\0"s + "127.0.0.1\0more"s, "x\0006\0\0"s + "IPv6:\0"s, "x\0L\0\0/run"s})
      CPPUNIT_ASSERT_MESSAGE(data, say(full_negotiation() + packet('C', data)).failed);
  }

  void what_follows_a_goodbye_is_not_read() {
    for (const auto& before : {""s, full_negotiation(), kClient, kClient + kMail1}) {
      const auto said = say(before + packet('Q') + packet('Z') + "\0\0\0\0"s);
      CPPUNIT_ASSERT(!said.goes_on && !said.failed);
    }
  }

  void orders_that_no_mta_has_end_it() {
    for (const char command : "ABCDEHKLMNRTU"s) CPPUNIT_ASSERT(say(packet(command)).failed);
    for (const char command : "BEHLMNRTU"s)
      CPPUNIT_ASSERT_MESSAGE(std::string(1, command),
                             say(full_negotiation() + packet(command, "x\0y\0"s)).failed);
    CPPUNIT_ASSERT(say(kClient + full_negotiation()).failed);
    CPPUNIT_ASSERT(say(kClient + kConnect4).failed);
    CPPUNIT_ASSERT(say(kClient + kMail1 + kConnect4).failed);
    CPPUNIT_ASSERT_EQUAL(0, milter_.count(Event::Bug));
    // What some MTA may come to is put off, not broken off.
    for (const auto& late : {kRcpt1, packet('T'), packet('E')})
      CPPUNIT_ASSERT_EQUAL("Oy"s, say(kClient + late).letters());
  }

  void packets_that_cannot_be_end_it() {
    for (int octet = 0; octet < 256; ++octet) {
      const char letter = static_cast<char>(octet);
      if ("ABCDEHKLMNOQRTU"s.find(letter) == std::string::npos)
        CPPUNIT_ASSERT(say(kClient + packet(letter, "x\0"s)).failed);
    }
    for (const auto& octets : {"\0\0\0\0"s, "\xff\xff\xff\xff"s, "\0\x10\0\1"s, "GET / HTTP/1.0\r\n\r\n"s})
      CPPUNIT_ASSERT(say(octets).failed && say(kClient + octets).failed);
    for (const auto& broken :
         {packet('H'), packet('H', "x"), packet('H', "x\0y\0"s), packet('M'), packet('M', "<>"),
          packet('M', "<>\0x"s), packet('R'), packet('R', "<>"), packet('R', "<b>\0x"s), packet('L'),
          packet('L', "x"), packet('L', "x\0"s), packet('L', "x\0y"s), packet('L', "x\0y\0z\0"s), packet('D'),
          packet('D', "M"s + std::string(70000, 'x'))})
      CPPUNIT_ASSERT(say(kClient + broken).failed);
    CPPUNIT_ASSERT_EQUAL(0, milter_.count(Event::Bug));
  }

  void each_truncation_ends_it_and_is_no_bug() {
    for (const auto& whole :
         {full_negotiation(), kConnect4, kHelo1, kMail1, kRcpt1, packet('L', "Subject\0x\0"s)}) {
      std::string_view in = whole;
      const Packet full = *take_packet(in);
      std::string before = kClient;
      if (full.letter == 'O') before.clear();
      if (full.letter == 'C') before = full_negotiation();
      const std::size_t least = full.letter == 'M' ? 16 : full.data.size();
      for (std::size_t size = 0; size < full.data.size(); ++size) {
        const auto said = say(before + packet(full.letter, std::string(full.data.substr(0, size))));
        // Between two strings of MAIL there is nothing to miss.
        CPPUNIT_ASSERT_MESSAGE(whole.substr(4, size + 1), said.failed || size == least);
      }
    }
    CPPUNIT_ASSERT_EQUAL(0, milter_.count(Event::Bug));
    CPPUNIT_ASSERT_EQUAL(0, milter_.sessions.open());
  }

  void what_was_right_before_an_error_is_answered() {
    const auto said = say(kClient + kMail1 + packet('Z') + kRcpt1);
    CPPUNIT_ASSERT(said.failed);
    CPPUNIT_ASSERT_EQUAL("Oc"s, said.letters());
  }

  void octet_by_octet_the_answers_are_the_same() {
    const Said at_once = say(kLongTalk);
    CPPUNIT_ASSERT(!at_once.failed);
    CPPUNIT_ASSERT(at_once.packets().size() > 20);
    for (const std::size_t step : {1UL, 2UL, 3UL, 7UL, 64UL}) {
      // The same store would know the tuples.
      test::Milter fresh;
      Dialogue dialogue(fresh.sessions);
      std::string in;
      std::string out;
      for (std::size_t at = 0; at < kLongTalk.size(); at += step) {
        in += kLongTalk.substr(at, step);
        std::string_view rest = in;
        CPPUNIT_ASSERT(dialogue.take(rest, out));
        in.erase(0, in.size() - rest.size());
      }
      CPPUNIT_ASSERT(in.empty());
      CPPUNIT_ASSERT_EQUAL(at_once.letters(), Said{.out = out}.letters());
      CPPUNIT_ASSERT_EQUAL(at_once.out.size(), out.size());
    }
  }

  void a_connection_counts_until_it_ends() {
    {
      Dialogue dialogue(milter_.sessions);
      CPPUNIT_ASSERT_EQUAL(0, milter_.sessions.open());
      std::string out;
      std::string_view in = kClient;
      dialogue.take(in, out);
      CPPUNIT_ASSERT_EQUAL(1, milter_.sessions.open());
      const std::string again = packet('K') + full_negotiation();
      in = again;
      dialogue.take(in, out);
      CPPUNIT_ASSERT_EQUAL(1, milter_.sessions.open());
    }
    CPPUNIT_ASSERT_EQUAL(0, milter_.sessions.open());
    CPPUNIT_ASSERT_EQUAL(0, milter_.sessions.running());
  }

 private:
  Said say(const std::string& octets) {
    Said said;
    Dialogue dialogue(milter_.sessions);
    std::string_view in = octets;
    try {
      said.goes_on = dialogue.take(in, said.out);
    } catch (const ProtocolError&) {
      said.failed = true;
    }
    return said;
  }

  // The answer to a negotiation.
  std::string_view agreed(const std::string& offer) {
    last_ = say(offer);
    return last_.packets().at(0).data;
  }

  // The answers' letters, with `mark` where `then` begins.
  std::string marked(const std::string& first, const std::string& then, const std::string& mark = "K") {
    const std::string before = say(first).letters();
    std::string all = say(first + then).letters();
    CPPUNIT_ASSERT(all.starts_with(before));
    return all.insert(before.size(), mark);
  }

  static Reply reply_of(const std::string& text) {
    return ReplyTemplate(text, ReplyTemplate::Class::Temporary, "451 4.7.1", {}).render({});
  }

  test::Milter milter_;
  Said last_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(DialogueTest);
