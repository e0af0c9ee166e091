// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/stage_macros.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "milter/native/packets.h"

using namespace mailreeve::milter;
using namespace std::literals;

class StageMacrosTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StageMacrosTest);
  CPPUNIT_TEST(a_macro_holds_for_the_stages_behind_its_own);
  CPPUNIT_TEST(the_latest_stage_counts);
  CPPUNIT_TEST(an_earlier_stage_ends_the_later_ones);
  CPPUNIT_TEST(a_stage_that_is_repeated_has_its_own_macros);
  CPPUNIT_TEST(an_abort_leaves_what_belongs_to_the_client);
  CPPUNIT_TEST(a_letter_has_its_braces_or_not);
  CPPUNIT_TEST(a_name_without_a_value_is_left_out);
  CPPUNIT_TEST(commands_without_a_stage_have_no_macros);
  CPPUNIT_TEST(the_end_of_a_message_is_one_stage);
  CPPUNIT_TEST(there_is_a_bound_and_a_letter);
  CPPUNIT_TEST(a_look_up_in_the_longest_packet_is_quick);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_macro_holds_for_the_stages_behind_its_own() {
    take("Cj\0mx.example.net\0"s);
    take("M{auth_authen}\0alice\0i\0Q1\0"s);
    for (const char command : {'R', 'T', 'L', 'N', 'B', 'E'}) {
      macros_.begin(command);
      CPPUNIT_ASSERT_EQUAL("mx.example.net"s, get("j"));
      CPPUNIT_ASSERT_EQUAL("alice"s, get("{auth_authen}"));
    }
    CPPUNIT_ASSERT_EQUAL(""s, get("{rcpt_addr}"));
    macros_.clear();
    CPPUNIT_ASSERT_EQUAL(""s, get("j"));
  }

  void the_latest_stage_counts() {
    take("Mi\0early\0"s);
    take("Ri\0late\0"s);
    CPPUNIT_ASSERT_EQUAL("late"s, get("i"));
    take("Ti\0\0"s);
    CPPUNIT_ASSERT_EQUAL(""s, get("i"));
  }

  void an_earlier_stage_ends_the_later_ones() {
    take("Cj\0mx\0"s);
    take("H{cert_subject}\0c\0"s);
    take("Mi\0Q1\0{auth_authen}\0alice\0"s);
    take("R{rcpt_addr}\0b@example.net\0"s);
    // The next message has only a queue id.
    take("Mi\0Q2\0"s);
    CPPUNIT_ASSERT_EQUAL("Q2"s, get("i"));
    CPPUNIT_ASSERT_EQUAL(""s, get("{auth_authen}"));
    CPPUNIT_ASSERT_EQUAL(""s, get("{rcpt_addr}"));
    CPPUNIT_ASSERT_EQUAL("c"s, get("{cert_subject}"));
    // STARTTLS, and no certificate this time.
    macros_.begin('H');
    CPPUNIT_ASSERT_EQUAL(""s, get("i"));
    take("H{tls_version}\0TLSv1.3\0"s);
    CPPUNIT_ASSERT_EQUAL(""s, get("{cert_subject}"));
    CPPUNIT_ASSERT_EQUAL("mx"s, get("j"));
  }

  void a_stage_that_is_repeated_has_its_own_macros() {
    take("R{rcpt_addr}\0b\0{rcpt_mailer}\0local\0"s);
    macros_.begin('R');
    CPPUNIT_ASSERT_EQUAL("b"s, get("{rcpt_addr}"));
    take("R{rcpt_addr}\0c\0"s);
    macros_.begin('R');
    CPPUNIT_ASSERT_EQUAL("c"s, get("{rcpt_addr}"));
    CPPUNIT_ASSERT_EQUAL(""s, get("{rcpt_mailer}"));
  }

  void an_abort_leaves_what_belongs_to_the_client() {
    take("Cj\0mx\0"s);
    take("H{cert_subject}\0c\0"s);
    take("M{auth_authen}\0alice\0"s);
    macros_.begin('H');
    CPPUNIT_ASSERT_EQUAL("mx"s, get("j"));
    CPPUNIT_ASSERT_EQUAL("c"s, get("{cert_subject}"));
    CPPUNIT_ASSERT_EQUAL(""s, get("{auth_authen}"));
  }

  void a_letter_has_its_braces_or_not() {
    take("M{i}\0Q1\0auth_authen\0alice\0{}\0x\0{\0y\0"s);
    CPPUNIT_ASSERT_EQUAL("Q1"s, get("i"));
    CPPUNIT_ASSERT_EQUAL("Q1"s, get("{i}"));
    CPPUNIT_ASSERT_EQUAL("alice"s, get("{auth_authen}"));
    CPPUNIT_ASSERT_EQUAL(""s, get("{auth_authe}"));
  }

  void a_name_without_a_value_is_left_out() {
    for (const auto& tail : {""s, "j"s, "j\0"s, "j\0no end"s, "\0"s, "tail without an end"s}) {
      take("Mi\0Q1\0"s + tail);
      CPPUNIT_ASSERT_EQUAL("Q1"s, get("i"));
      CPPUNIT_ASSERT_EQUAL(""s, get("j"));
    }
    for (const auto& odd : {"M"s, "Mi"s, "Mi\0"s, "Mi\0x"s, "M\0\0\0"s}) {
      take(odd);
      CPPUNIT_ASSERT_EQUAL(""s, get("i"));
    }
  }

  void commands_without_a_stage_have_no_macros() {
    take("Mi\0Q1\0"s);
    for (const char command : {'L', 'U', 'A', 'K', 'O', 'Q', 'D', '\0', '\xff'}) {
      take(std::string(1, command) + "i\0x\0j\0y\0"s);
      CPPUNIT_ASSERT_EQUAL("Q1"s, get("i"));
      CPPUNIT_ASSERT_EQUAL(""s, get("j"));
    }
  }

  void the_end_of_a_message_is_one_stage() {
    for (const char command : {'N', 'B', 'E'}) {
      take(std::string(1, command) + "i\0"s + command + "\0"s);
      CPPUNIT_ASSERT_EQUAL(std::string(1, command), get("i"));
    }
  }

  void there_is_a_bound_and_a_letter() {
    constexpr std::size_t kMost = 64UL * 1024;
    take("Mi\0Q1\0"s + std::string(kMost - 5, 'x'));
    CPPUNIT_ASSERT_EQUAL("Q1"s, get("i"));
    CPPUNIT_ASSERT_THROW(take("Mi\0Q2\0"s + std::string(kMost - 4, 'x')), ProtocolError);
    CPPUNIT_ASSERT_THROW(take("L"s + std::string(kMost + 1, 'x')), ProtocolError);
    CPPUNIT_ASSERT_THROW(take(""s), ProtocolError);
    CPPUNIT_ASSERT_EQUAL("Q1"s, get("i"));
  }

  // One pass over its octets: a thousand passes over 64 KiB with each of them looked at
  // for each pair would take an hour.
  void a_look_up_in_the_longest_packet_is_quick() {
    take("M"s + std::string(64UL * 1024, '\0'));
    for (int i = 0; i < 1000; ++i) CPPUNIT_ASSERT_EQUAL(""s, get("i"));
  }

 private:
  void take(const std::string& data) { macros_.take(data); }
  std::string get(const char* name) const { return std::string(macros_.get(name)); }

  StageMacros macros_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StageMacrosTest);
